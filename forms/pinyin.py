"""The initials by which a name is found on a phone: 城市自来水 → cszls. Worked out when a code list comes in.

``python -m forms.pinyin`` fills the column ``pinyin`` of every packaged list, as after adding one. Only this needs
pypinyin (59 MB); programs that serve and check read the column.
"""

from __future__ import annotations

import csv
import io
from pathlib import Path

from pypinyin import Style, lazy_pinyin

from forms.codelists import FOLDER

COLUMN = "pinyin"


def initials(name: str) -> str:
    """Give the first letter of each character's sound, letters and digits as they are, nothing for signs."""
    sounds = lazy_pinyin(name, style=Style.FIRST_LETTER, errors=lambda signs: "".join(filter(str.isalnum, signs)))
    return "".join(sounds).lower()


def with_initials(text: str) -> str:
    """Give the CSV of a code list with the column filled in; it stands last unless the list has it already."""
    rows = csv.DictReader(io.StringIO(text, newline=""))
    columns = [*(rows.fieldnames or ())]
    if COLUMN not in columns:
        columns.append(COLUMN)
    filled = io.StringIO()
    writer = csv.DictWriter(filled, columns, lineterminator="\n")
    writer.writeheader()
    writer.writerows({**row, COLUMN: initials(row["label"])} for row in rows)
    return filled.getvalue()


def main(folder: Path = FOLDER) -> None:
    for path in sorted(folder.glob("*.csv")):
        text = path.read_text(encoding="utf-8")
        if (filled := with_initials(text)) != text:
            path.write_text(filled, encoding="utf-8", newline="")


if __name__ == "__main__":
    main()

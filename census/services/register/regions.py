"""Administrative regions 行政区划: the code list is their source; both programmes' databases hold the same."""

from __future__ import annotations

from sqlalchemy.dialects.postgresql import insert
from sqlalchemy.orm import Session

from census.models.register import Region
from forms.codelists import codelist


def load_regions(session: Session) -> int:
    """Bring the table to what the code list says, parents first; regions it no longer names stay.

    Return how many it names.
    """
    entries = sorted(codelist("regions"), key=lambda entry: (len(entry.code), entry.code))
    rows = [
        {
            "code": entry.code,
            "name": entry.label,
            "level": entry.attributes["level"],
            "parent_code": entry.parent or None,
        }
        for entry in entries
    ]
    statement = insert(Region)
    session.execute(
        statement.on_conflict_do_update(
            index_elements=["code"],
            set_={
                "name": statement.excluded.name,
                "level": statement.excluded.level,
                "parent_code": statement.excluded.parent_code,
            },
        ),
        rows,
    )
    return len(rows)

from __future__ import annotations

from census.schema import ROOT
from validation.language.functions import FUNCTIONS

PAGE = ROOT / "docs" / "reference" / "check-language.md"
INTERNAL = {
    "chosen",
    "count_chosen",
    "distinct",
    "date_of",
}  # what `in`, `count`, `unique` and `date` of lists and numbers become


def function_table() -> str:
    lines = ["| function | gives | meaning |", "|---|---|---|"]
    for name, function in FUNCTIONS.items():
        if name not in INTERNAL:
            arguments = ", ".join(
                "pattern" if name == "matches" and each == "literal" else "form" if each == "literal" else each
                for each in function.arguments
            )
            lines.append(f"| `{name}({arguments})` | {function.result} | {function.meaning} |")
    lines.append(
        '| `date(year, month, day)` | date | the date of three numbers; unknown if there is none. `date("2017-12-31")` is a literal |'
    )
    return "\n".join(lines)


def test_the_reference_lists_all_functions_as_they_are():
    text = PAGE.read_text("utf-8")
    listed = text.partition("a test compares -->\n")[2].partition("\n<!-- end of functions")[0]
    assert listed == function_table()

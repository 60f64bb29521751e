from __future__ import annotations

from pathlib import Path

from validation.language.functions import FUNCTIONS

PAGE = Path(__file__).parents[3] / "docs" / "reference" / "check-language.md"
# What `in`, `count`, `unique` and `date` of lists and numbers become.
INTERNAL = {"chosen", "count_chosen", "distinct", "date_of"}
DATE_OF_NUMBERS = (
    "| `date(year, month, day)` | date | the date of three numbers; unknown if there is none. "
    '`date("2017-12-31")` is a literal |'
)


def function_table() -> str:
    lines = ["| function | gives | meaning |", "|---|---|---|"]
    for name, function in FUNCTIONS.items():
        if name not in INTERNAL:
            literal = "pattern" if name == "matches" else "form"
            arguments = ", ".join(function.arguments).replace("literal", literal)
            lines.append(f"| `{name}({arguments})` | {function.result} | {function.meaning} |")
    return "\n".join([*lines, DATE_OF_NUMBERS])


def test_the_reference_lists_all_functions_as_they_are():
    text = PAGE.read_text("utf-8")
    listed = text.partition("a test compares -->\n")[2].partition("\n<!-- end of functions")[0]
    assert listed == function_table()

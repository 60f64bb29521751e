from __future__ import annotations

from collections.abc import Iterator

import pytest

from forms.catalogue import Catalogue
from forms.definition import Check, Form, Item, Section
from tests.evaluators import Browser, Case, by_batch, by_record
from validation.language.functions import FUNCTIONS
from validation.rulebook import RuleBook, compile_form

ITEMS = (
    Item("number", "数", "decimal", precision=2),
    Item("text", "文", "text"),
    Item("date", "日", "date"),
    Item("list", "选", "multichoice", options=(("1", "一"),)),
)
# How each function is called in a check that is false for whatever is known: unknown alone can hold.
CALLS = {
    "abs": "abs(number) < 0",
    "year": "year(date) < 0",
    "date_of": 'date(number, number, number) < date("0001-01-01")',
    "length": "length(text) < 0",
    "number": "number(text) < -1000000",
    "prefix": 'prefix(text, 1) == "not this"',
    "matches": 'matches(text, "not this")',
    "valid_uscc": "valid_uscc(text)",
    "valid_org_code": "valid_org_code(text)",
    "valid_person_id": "valid_person_id(text)",
    "any_of": 'any_of(list, ("9",))',
    "chosen": '"9" in list',
    "distinct": "not unique((text, text))",
    "inside": "inside(number, number, text)",
    "distance_m": "distance_m(number, number, number, number) < 0",
}


@pytest.fixture(scope="module")
def browser() -> Iterator[Browser]:
    started = Browser()
    yield started
    started.close()


def book(expression: str) -> RuleBook:
    form = Form(
        "D-1",
        "1",
        "表",
        "census",
        "listing",
        "object",
        (Section("main", "主表", ITEMS),),
        (Check("C", "error", expression, "错", ("number",)),),
    )
    return compile_form(form, Catalogue((form,)))


def test_every_strict_function_is_tried_with_blanks():
    assert set(CALLS) == {name for name, function in FUNCTIONS.items() if function.strict}


@pytest.mark.parametrize("name", sorted(CALLS))
def test_a_strict_function_of_a_blank_is_unknown_in_all_evaluators(browser: Browser, name: str):
    asked, blank = book(CALLS[name]), [Case({})]
    assert by_record(asked, blank) == [[]]
    assert by_batch(asked, blank) == [[]]
    assert browser.findings(asked, blank) == [[]]

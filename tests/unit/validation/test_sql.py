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
# Every strict function, in a check that is false for whatever is known: unknown alone can hold.
BLANKS = [
    pytest.param("abs", "abs(number) < 0", id="a blank number has no size"),
    pytest.param("year", "year(date) < 0", id="a blank date has no year"),
    pytest.param("date_of", 'date(number, number, number) < date("0001-01-01")', id="blank numbers make no date"),
    pytest.param("length", "length(text) < 0", id="a blank text has no length"),
    pytest.param("number", "number(text) < -1000000", id="a blank text is no number"),
    pytest.param("prefix", 'prefix(text, 1) == "not this"', id="a blank text has no beginning"),
    pytest.param("matches", 'matches(text, "not this")', id="a blank text neither fits a pattern nor does not"),
    pytest.param("valid_uscc", "valid_uscc(text)", id="a blank credit code is not called wrong"),
    pytest.param("valid_org_code", "valid_org_code(text)", id="a blank organisation code is not called wrong"),
    pytest.param("valid_person_id", "valid_person_id(text)", id="a blank identity number is not called wrong"),
    pytest.param("any_of", 'any_of(list, ("9",))', id="of nothing chosen, none is known to be listed"),
    pytest.param("chosen", '"9" in list', id="whether one is chosen is unknown while nothing is"),
    pytest.param("distinct", "not unique((text, text))", id="blanks are not called the same"),
    pytest.param("inside", "inside(number, number, text)", id="a blank position is not called outside"),
    pytest.param("distance_m", "distance_m(number, number, number, number) < 0", id="blank positions are not near"),
]


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
    assert {case.values[0] for case in BLANKS} == {name for name, function in FUNCTIONS.items() if function.strict}


@pytest.mark.parametrize(("name", "expression"), BLANKS)
def test_a_strict_function_of_a_blank_is_unknown_in_all_evaluators(browser: Browser, name: str, expression: str):
    asked, blank = book(expression), [Case({})]
    assert FUNCTIONS[name].strict
    assert by_record(asked, blank) == [[]]
    assert by_batch(asked, blank) == [[]]
    assert browser.findings(asked, blank) == [[]]

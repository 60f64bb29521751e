from __future__ import annotations

from typing import Any

import pytest

from forms.catalogue import Catalogue
from forms.catalogue import catalogue as packaged
from forms.definition import Form, Item, Section
from validation.applicability import Applicability, applicability_of

FLAGS = ("has_boiler", "has_waste", "industry")


def a_form(code: str, kind: str = "industrial", when: str = "", *, keys: tuple[str, ...] = (), text: str = "") -> Form:
    items = tuple(
        Item(
            key=key,
            name=key,
            type="text" if key == "industry" else "yesno",
            prefill="unit.industry_code" if key == "industry" else "",
        )
        for key in keys
    )
    return Form(
        code=code,
        version="1",
        title=code,
        programme="census",
        source_kind=kind,
        subject="object",
        sections=(Section(key="all", title="all", items=items),),
        checks=(),
        applies_when=when,
        applies_text=text,
    )


CATALOGUE = Catalogue(
    (
        a_form("Q-1", "listing", keys=("in_scope",)),
        a_form("Q-2", "listing", keys=("in_scope", "has_waste")),
        a_form("A-1", when="Q_1.in_scope", keys=FLAGS),
        a_form("A-2", when="A_1.has_boiler"),
        a_form("A-3", when='prefix(A_1.industry, 2) == "31"'),
        a_form("A-4", when='present("A-2")'),
        a_form("A-5", text="要人来判断"),
        a_form("B-1", "centralized", when="Q_2.in_scope and Q_2.has_waste", keys=FLAGS),
        a_form("S-1", "domestic", when="Q_2.in_scope or B_1.has_boiler"),
    )
)


def verdicts(answers: dict[str, dict[str, Any]], kind: str = "industrial", **known: Any) -> dict[str, str]:
    return dict(Applicability(kind, CATALOGUE).judge(answers, known))


def test_a_kind_of_unit_knows_its_forms_by_what_the_definitions_ask_for():
    assert [form.code for form in Applicability("industrial", CATALOGUE).forms] == [
        "Q-1",
        "A-1",
        "A-2",
        "A-3",
        "A-4",
        "A-5",
    ]
    assert [form.code for form in Applicability("centralized", CATALOGUE).forms] == ["Q-2", "B-1", "S-1"]


def test_a_unit_of_the_register_is_in_scope_until_its_listing_form_says_otherwise():
    assert verdicts({})["A-1"] == "must"
    assert verdicts({"Q-1": {"in_scope": False}, "A-1": {"has_boiler": True}}) == {
        "Q-1": "must",
        "A-1": "must_not",
        "A-2": "must_not",
        "A-3": "must_not",
        "A-4": "must_not",
        "A-5": "may",
    }


def test_what_hangs_on_an_open_answer_may_be_owed():
    assert [verdicts({})[code] for code in ("A-2", "A-3", "A-4", "A-5")] == ["may", "may", "may", "may"]
    assert [verdicts({"A-1": {"has_boiler": None}})[code] for code in ("A-2", "A-4")] == ["may", "may"]


def test_an_answer_settles_the_forms_that_lean_on_it_and_those_that_lean_on_them():
    yes, no = verdicts({"A-1": {"has_boiler": True}}), verdicts({"A-1": {"has_boiler": False}})
    assert (yes["A-2"], yes["A-4"], no["A-2"], no["A-4"]) == ("must", "must", "must_not", "must_not")


def test_a_form_filled_that_applies_no_longer_counts_as_absent():
    after = verdicts({"A-1": {"has_boiler": False}, "A-2": {}, "A-4": {}})
    assert (after["A-2"], after["A-4"]) == ("must_not", "must_not")


def test_what_the_register_knows_settles_a_form_before_the_visit():
    assert verdicts({}, industry_code="3120")["A-3"] == "must"
    assert verdicts({}, industry_code="1310")["A-3"] == "must_not"
    assert verdicts({"A-1": {"industry": "1310"}}, industry_code="3120")["A-3"] == "must_not"


def test_every_packaged_condition_compiles_and_every_form_of_an_object_belongs_to_some_kind_of_unit():
    reached = {
        form.code
        for kind in ("industrial", "livestock", "domestic", "centralized", "mobile", "scattered")
        for form in applicability_of(kind, packaged()).forms
    }
    owed = {form.code for form in packaged().forms() if form.subject == "object" and form.source_kind != "listing"}
    assert owed <= reached


@pytest.mark.parametrize(
    ("answers", "expected"),
    [
        ({}, "may"),
        ({"G101-1": {"has_wastewater": True}}, "must"),
        ({"G101-1": {"has_wastewater": False}}, "must_not"),
    ],
)
def test_wastewater_is_owed_by_who_says_so(answers: dict[str, dict[str, Any]], expected: str):
    assert applicability_of("industrial", packaged()).judge(answers, {})["G102"] == expected

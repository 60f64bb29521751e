"""Examples of all definitions, in all three evaluators: valid ones hold, broken ones break exactly what they say."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import fields, is_dataclass
from random import Random
from typing import cast

import pytest

from census.examples.records import Example, NoExample, answers_for
from forms.catalogue import Catalogue, catalogue
from tests.evaluators import Browser, Case, by_batch, by_record
from validation.language.nodes import And, Choose, Flag, Node, Not, Nothing, Or, Rows
from validation.rulebook import RuleBook, compile_form

BOOKS = {form.code: compile_form(form, catalogue(), form.stages) for form in catalogue().forms()}


@pytest.fixture(scope="module")
def browser() -> Iterator[Browser]:
    started = Browser()
    yield started
    started.close()


def can_be(node: Node, wanted: bool) -> bool:  # noqa: FBT001
    """Tell whether an expression can have this value while some forms have no definition yet."""
    match node:
        case Nothing():
            return False
        case Flag():
            return node.value is wanted
        case Not():
            return can_be(node.part, not wanted)
        case And():
            every = all if wanted else any
            return every(can_be(part, wanted) for part in node.parts)
        case Or():
            one = any if wanted else all
            return one(can_be(part, wanted) for part in node.parts)
        case Choose():
            return can_be(node.then, wanted) or can_be(node.otherwise, wanted)
        case _:
            return answerable(node)


def answerable(node: Node) -> bool:
    """Tell whether a part leans on nothing but forms that are defined; what hides an item does not count."""
    if isinstance(node, Choose):
        return answerable(node.then)
    if isinstance(node, Nothing):
        return False
    inner = (part for part in _inner(node) if is_dataclass(part) and not isinstance(part, type | Rows))
    return all(answerable(cast("Node", part)) for part in inner)


def _inner(node: Node) -> Iterator[object]:
    for each in fields(node):
        value = getattr(node, each.name)
        if isinstance(value, tuple):
            yield from cast("tuple[object, ...]", value)
        else:
            yield value


def written(book: RuleBook) -> list[str]:
    return [rule.id for rule in book.rules if rule.kind == "written" and can_be(rule.node, False)]


def case_of(example: Example) -> Case:
    return Case(example.answers, example.related, example.baseline)


def broken(code: str, checks: list[str]) -> dict[str, Example]:
    """Make an example for each check; those without one are printed and counted by the caller."""
    found: dict[str, Example] = {}
    for check in checks:
        try:
            found[check] = answers_for(code, check, seed=3, reached=BOOKS[code].form.stages)
        except NoExample as none:
            print(none)  # noqa: T201 - what is missing is part of the report
    return found


@pytest.mark.parametrize("code", sorted(BOOKS))
def test_valid_examples_hold_in_all_three_evaluators(browser: Browser, code: str):
    book = compile_form(catalogue().current(code), catalogue())
    cases = [case_of(answers_for(code, seed=seed)) for seed in range(3)]
    nothing: list[list[object]] = [[]] * len(cases)
    assert by_record(book, cases) == nothing
    assert browser.findings(book, cases) == nothing
    assert by_batch(book, cases) == nothing


@pytest.mark.parametrize("code", sorted(BOOKS))
def test_each_written_check_can_be_broken_and_all_three_evaluators_see_it(browser: Browser, code: str):
    book, checks = BOOKS[code], written(BOOKS[code])
    found = broken(code, checks)
    along = sum(bool(each.also) for each in found.values())
    print(f"{code}: {len(found)} of {len(checks)} written checks, {along} of them not alone")  # noqa: T201 - the report
    assert [check for check in checks if check not in found] == []
    cases = [case_of(example) for example in found.values()]
    expected = by_record(book, cases)
    assert [{finding.check for finding in each} for each in expected] == [
        {check, *example.also} for check, example in found.items()
    ]
    assert browser.findings(book, cases) == expected
    assert by_batch(book, cases) == expected


@pytest.mark.parametrize("code", sorted(BOOKS))
def test_implied_checks_can_be_broken(code: str):
    checks = [rule.id for rule in BOOKS[code].rules if rule.kind != "written"]
    sample = Random(code).sample(checks, min(4, len(checks)))
    found = broken(code, sample)
    assert [check for check in sample if check not in found] == []


def test_a_check_that_leans_on_a_form_without_definition_has_no_example():
    listing_and_basics = Catalogue(
        tuple(form for form in catalogue().forms() if form.code in {"QC-1", "G101-1", "G102"})
    )
    with pytest.raises(NoExample):
        answers_for("G101-1", "G101-1-C21", forms=listing_and_basics)


def test_the_same_seed_gives_the_same_record():
    assert answers_for("G102", seed=7) == answers_for("G102", seed=7)


def test_other_seeds_give_other_plants():
    assert len({answers_for("QC-1", seed=seed).answers["unit_name"] for seed in range(20)}) > 10


def test_an_example_follows_what_is_known_of_a_real_unit():
    known = {"unit.name": "广州市番禺某某厂", "unit.credit_code": "91440113MAFNGB87Q2"}
    answers = answers_for("QC-1", known=known).answers
    assert (answers["unit_name"], answers["credit_code"]) == (known["unit.name"], known["unit.credit_code"])


def test_an_example_stays_consistent_with_forms_already_filled():
    listing = answers_for("QC-1", seed=5).answers
    basic = answers_for("G101-1", seed=5, related={"QC-1": listing})
    assert basic.answers["credit_code"] == listing["credit_code"]
    assert basic.answers["has_wastewater"] is False

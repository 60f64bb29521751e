"""The tutorial without a browser: its accounts, its answers, the mistake that it plants and how it is mended."""

from __future__ import annotations

import re

from census.commands.demo import ACCOUNTS
from forms.catalogue import catalogue
from tests.docs.pages import TUTORIAL, read
from validation.evaluators.record import check_record
from validation.rulebook import compile_form

PAGE = read(TUTORIAL)


def test_its_accounts_are_those_of_the_demo() -> None:
    people = set(re.findall(r"「用户名」 `([^`]+)`", PAGE))
    assert len(people) == 4
    assert sorted(name for name in people if name not in ACCOUNTS) == []
    assert {f"password: {word}" in ACCOUNTS for word in re.findall(r"「密码」\s`([^`]+)`", PAGE)} == {True}


def test_it_asks_for_items_that_the_form_has() -> None:
    form = catalogue().current("G101-1")
    names = {item.name for section in form.sections for item in section.items}
    asked = {row for row in re.findall(r"^\| (\S+) \| \S+ \|$", PAGE, re.MULTILINE) if not re.match(r"item|---", row)}
    assert asked
    assert sorted(asked - names) == []


def test_the_mistake_that_it_plants_is_found_and_its_correction_is_right() -> None:
    book = compile_form(catalogue().current("G101-1"), catalogue())
    [wrong, right] = re.findall(r"\| 正常生产时间 \| (\d+) \|", PAGE)

    def said(hours: str) -> str:
        answers = {"operation_status": "2", "production_hours": hours}
        return " ".join(finding.message for finding in check_record(book, answers) if "hours" in finding.path)

    assert "与运行状态不符" in said(wrong)
    assert said(right) == ""

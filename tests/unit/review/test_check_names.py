from __future__ import annotations

from typing import get_args

import pytest

from census.services.review.check_names import MATTERS, check_name
from forms.catalogue import catalogue
from validation.rulebook import compile_form
from validation.rules import RuleKind


@pytest.mark.parametrize(
    ("check", "name"),
    [
        ("G102-C02", "G102-C02"),
        ("QC-4.latitude.range", "QC-4 排污口地理坐标 超出范围"),
        ("G103-1.unknown", "G103-1 多余的内容"),
        ("nothing.at.all", "nothing.at.all"),
    ],
)
def test_a_check_has_a_name_for_people(check: str, name: str) -> None:
    assert check_name(check) == name


def test_no_implied_check_of_any_form_is_shown_by_its_keys() -> None:
    assert set(MATTERS) == set(get_args(RuleKind)) - {"written"}
    rules = [
        rule for form in catalogue().forms() for rule in compile_form(form, catalogue()).rules if rule.kind != "written"
    ]
    assert [rule.id for rule in rules if "." in check_name(rule.id) or "_" in check_name(rule.id)] == []

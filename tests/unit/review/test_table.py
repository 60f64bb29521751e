from __future__ import annotations

from dataclasses import replace
from typing import Any

import pytest

from census.services.review.table import MASK, Beside, Line, SectionView, item_at, only, sections
from forms.catalogue import catalogue
from tests.builders.review import ANSWERS

G102 = catalogue().current("G102")


def laid_out(answers: dict[str, Any], before: dict[str, Any] | None = None, **values: Any) -> dict[str, Line]:
    return {
        line.path: line for section in shown(answers, before, **values) for row in section.rows for line in row.lines
    }


def shown(answers: dict[str, Any], before: dict[str, Any] | None = None, **values: Any) -> tuple[SectionView, ...]:
    form = values.pop("form", G102)
    return sections(form, answers, replace(Beside(before=before), **values))


def test_a_value_stands_beside_what_the_register_knows() -> None:
    line = laid_out(ANSWERS, known={"water_intake_total": "1380"})["/water_intake_total"]
    assert (line.value, line.unit, line.known, line.is_number) == ("12\u2009400", "立方米", "1\u2009380", True)


@pytest.mark.parametrize(
    ("now", "before", "change"),
    [
        ("10", "10", ""),
        ("10", "9", "changed"),
        ("10", None, "added"),
        (None, "9", "removed"),
        ("10", "10 ", "changed"),
    ],
)
def test_a_change_against_the_last_version_is_named(now: str | None, before: str | None, change: str) -> None:
    assert laid_out({"water_intake_total": now}, {"water_intake_total": before})["/water_intake_total"].change == change


def test_rows_that_came_and_went_are_told_apart() -> None:
    one, two = (
        {"facility": [{"facility_id": "TW001"}]},
        {"facility": [{"facility_id": "TW001"}, {"facility_id": "TW002"}]},
    )
    grown = next(section for section in shown(two, one) if section.repeats)
    shrunk = next(section for section in shown(one, two) if section.repeats)
    assert [row.change for row in grown.rows] == ["", "added"]
    assert [row.change for row in shrunk.rows] == ["", "removed"]
    assert (grown.row_count, shrunk.row_count) == (2, 1)
    assert grown.rows[1].title == "2 · TW002"


def test_findings_are_counted_at_their_section() -> None:
    marked = shown(
        ANSWERS, marks={"/water_intake_total": "error", "/facility/0": "warning", "/facility/0/run_hours": "explained"}
    )
    counts = {
        section.key: (section.errors, section.warnings) for section in marked if section.errors or section.warnings
    }
    assert counts == {"intake": (1, 0), "treatment": (0, 2)}


def test_a_filter_leaves_only_its_lines() -> None:
    kept = only(shown(ANSWERS, marks={"/water_intake_total": "error"}), "problems")
    assert [line.path for section in kept for row in section.rows for line in row.lines] == ["/water_intake_total"]
    assert only(shown({}), "filled") == ()


def test_personal_items_are_masked_on_both_sides() -> None:
    form = catalogue().current("G101-1")
    personal = next(item for item in form.items() if item.personal and not item.rows_key and item.type == "text")
    masked = laid_out({personal.key: "赵大明"}, {personal.key: "赵小明"}, form=form, known={personal.key: "赵"})[
        f"/{personal.key}"
    ]
    assert (masked.value, masked.before, masked.known, masked.change) == (MASK, MASK, MASK, "changed")


@pytest.mark.parametrize(
    "answers",
    [
        {"facility": "x"},
        {"facility": [1, None, []]},
        {"water_intake_total": {"a": [1]}},
        {"facility": [{"run_hours": []}]},
    ],
)
def test_answers_of_any_shape_can_be_shown(answers: dict[str, Any]) -> None:
    assert shown(answers, answers)


@pytest.mark.parametrize("path", ["", "/", "/nothing", "/facility", "/facility/0", "/facility/0/nothing", "/a/b/c/d"])
def test_only_items_are_items(path: str) -> None:
    assert item_at(G102, path) is None

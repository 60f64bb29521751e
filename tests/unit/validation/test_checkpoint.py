"""Great Expectations takes seconds to import: one module of tests, importing it inside them."""

from __future__ import annotations

import json
from collections.abc import Sequence
from pathlib import Path
from typing import Any

import pytest

from forms.answers.frames import Row
from forms.catalogue import Catalogue
from forms.definition import Check, Form, Item, Repeat, Section, TableCheck
from validation.evaluators.engine import failing, frame_of
from validation.results import RowFinding
from validation.rulebook import RuleBook, compile_form

FORM = Form(
    "G102",
    "2017.1",
    "废水",
    "census",
    "industrial",
    "object",
    (
        Section(
            "main",
            "主表",
            (
                Item("intake", "取水量", "integer", required=True, minimum=0),
                Item("tap", "自来水", "integer"),
                Item("code", "代码", "text"),
                Item("position", "定位", "gps"),
            ),
        ),
        Section(
            "treatment",
            "设施",
            (Item("hours", "小时", "integer", rows_key="facility"),),
            repeat=Repeat("facility", "设施"),
        ),
    ),
    (
        Check("C1", "error", "intake == tap", "取水量 {intake}", ("intake",)),
        Check("C2", "warning", "hours <= 8760", "小时 {hours}", ("hours",), each="facility"),
    ),
    table_checks=(
        TableCheck("T1", "warning", "unique", ("code",), "重复 {code}"),
        TableCheck("T2", "warning", "near_duplicate", ("code",), "相近", position="position", within_m=30),
    ),
    digest="d" * 64,
)


def book() -> RuleBook:
    return compile_form(FORM, Catalogue((FORM,)))


def rows(*answers: dict[str, Any]) -> list[Row]:
    return [Row(f"k{number}", number + 1, "u", "440113", each) for number, each in enumerate(answers)]


def findings_of(found: Sequence[RowFinding]) -> list[tuple[str, int, str, tuple[int, ...]]]:
    return [(each.key, each.revision, each.check, each.rows) for each in found]


GOOD = {"intake": "5", "tap": "5"}


@pytest.mark.parametrize("odd", [{"tap": "x"}, {"facility": [{"hours": "x"}]}, {"unknown": "1"}])
def test_what_cannot_be_read_in_one_record_changes_nothing_for_its_neighbours(odd: dict[str, Any]):
    """A batch in which everything can be read is asked less."""
    sound = (
        {"intake": "5", "tap": "6", "facility": [{"hours": "9000"}]},
        {"tap": "5"},
        GOOD,
        {"intake": "-1", "tap": "-1"},
    )
    alone, together = (failing(frame_of(book(), rows(*answers)), book().rules) for answers in (sound, (*sound, odd)))
    assert sum(len(each.records) for each in alone) == 4
    for one, other in zip(alone, together, strict=True):
        assert one.records == tuple(record for record in other.records if record < len(sound))
    assert any(len(sound) in each.records for each in together)


def test_a_run_names_records_checks_and_rows():
    from validation.checkpoint import run

    records = rows(GOOD, {"intake": "5", "tap": "6", "facility": [{"hours": "1"}, {"hours": "9000"}]}, {"tap": "x"})
    result = run(frame_of(book(), records), book())
    assert result.complete
    assert findings_of(result.findings) == [
        ("k2", 3, "G102.intake.required", ()),
        ("k2", 3, "G102.tap.type", ()),
        ("k1", 2, "C1", ()),
        ("k1", 2, "C2", (1,)),
    ]
    assert result.counts == {"G102.intake.required": 1, "G102.tap.type": 1, "C1": 1, "C2": 1}


def test_the_suite_is_as_long_as_the_rule_book():
    from validation.checkpoint import run

    result = run(frame_of(book(), rows(GOOD)), book())
    assert result.suite_size == len(book().rules) + len(book().tables) + 3


def test_records_that_share_a_code_are_both_found():
    from validation.checkpoint import run

    here, there = {"lon": "113.360000", "lat": "22.93"}, {"lon": "113.360100", "lat": "22.93"}
    far = {"lon": "113.37", "lat": "22.93"}
    records = rows(
        {**GOOD, "code": "a", "position": here},
        {**GOOD, "code": "a", "position": there},
        {**GOOD, "code": "a", "position": far},
        GOOD,
        GOOD,
    )
    result = run(frame_of(book(), records), book())
    assert [(each.key, each.check) for each in result.findings] == [
        ("k0", "T1"),
        ("k1", "T1"),
        ("k2", "T1"),
        ("k0", "T2"),
        ("k1", "T2"),
    ]


def test_a_check_that_crashes_makes_the_run_incomplete_and_is_no_finding():
    from validation.checkpoint import run

    frame = frame_of(book(), rows({"intake": "5", "tap": "6", "code": "a"}, {"tap": "1"})).drop(columns="code")
    result = run(frame, book())
    assert not result.complete
    assert set(result.crashed) == {"T1", "T2"}
    assert findings_of(result.findings) == [("k1", 2, "G102.intake.required", ()), ("k0", 1, "C1", ())]


def test_a_record_that_stands_twice_makes_the_run_incomplete():
    from validation.checkpoint import run

    result = run(frame_of(book(), [*rows(GOOD), *rows(GOOD)]), book())
    assert result.crashed == ("expect_compound_columns_to_be_unique",)


def test_an_empty_frame_is_a_complete_run():
    from validation.checkpoint import run

    result = run(frame_of(book(), []), book())
    assert result.complete
    assert result.findings == ()


def test_a_run_leaves_a_folder_that_tells_how_it_was_made(tmp_path: Path):
    from validation.checkpoint import run

    result = run(frame_of(book(), rows({"intake": "5", "tap": "6"})), book(), tmp_path)
    assert result.folder
    summary = json.loads((result.folder / "summary.json").read_text("utf-8"))
    assert summary["definition_digest"] == FORM.digest
    assert summary["counts"] == {"C1": 1}
    assert len(json.loads((result.folder / "suite.json").read_text("utf-8"))["expectations"]) == result.suite_size
    assert len(json.loads((result.folder / "results.json").read_text("utf-8"))["results"]) == result.suite_size


def test_a_run_is_quiet(capfd: pytest.CaptureFixture[str]):
    from validation.checkpoint import run

    run(frame_of(book(), rows(GOOD)), book())
    said = capfd.readouterr()
    assert "Calculating Metrics" not in said.err

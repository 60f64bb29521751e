"""Judging records: one Great Expectations run beside the same checks as raw SQL, and one record on its way in."""

from __future__ import annotations

import time
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path

import pytest

from census.examples.records import Example, answers_for
from forms.answers.frames import Row
from forms.catalogue import catalogue
from tests.benchmark.conftest import Figures, scaled
from validation import checkpoint
from validation.evaluators import engine
from validation.evaluators.record import check_record
from validation.rulebook import RuleBook, compile_form

EXAMPLES = 25
REPEATS = 3


@pytest.fixture(scope="module")
def rulebook() -> RuleBook:
    return compile_form(catalogue().current("G102"), catalogue())


@pytest.fixture(scope="module")
def examples() -> list[Example]:
    return [answers_for("G102", seed=seed) for seed in range(EXAMPLES)]


def seconds(work: Callable[[], object]) -> float:
    begun = time.perf_counter()
    work()
    return time.perf_counter() - begun


def sixty(rulebook: RuleBook) -> RuleBook:
    """The first sixty checks of the book: the size that issue 3 asks about."""
    return replace(rulebook, rules=rulebook.rules[:60], tables=())


@pytest.mark.parametrize("count", [scaled(1_000, 100), scaled(1_000_000, 1_000)])
def test_a_run_of_sixty_checks(figures: Figures, rulebook: RuleBook, examples: list[Example], count: int) -> None:
    """A million records are a thousand times the same thousand: laying them out is measured by itself."""
    book, part = sixty(rulebook), min(count, 1_000)
    frame = engine.frame_of(book, a_thousand(examples, part))
    frame = frame.loc[frame.index.repeat(count // part)].reset_index(drop=True)
    frame["_revision"] = frame.index.astype("int64[pyarrow]")  # a record stands once
    checkpoint.run(frame.head(1), book)
    repeats = REPEATS if count <= 1_000 else 1
    ours = min(seconds(lambda: checkpoint.run(frame, book)) for _ in range(repeats))
    bare = min(seconds(lambda: engine.failing(frame, book.rules)) for _ in range(repeats))
    figures.add(f"great_expectations.60_checks.{count}", ours, "s", bare, "the same 60 checks as one query of DuckDB")


def a_thousand(examples: list[Example], count: int) -> list[Row]:
    return [
        Row(str(number), 1, str(number), "440113011001", one.answers, one.related, one.baseline, frozenset(one.related))
        for number in range(count)
        for one in [examples[number % EXAMPLES]]
    ]


@pytest.mark.parametrize("count", [1, scaled(1_000, 100), scaled(100_000, 1_000)])
def test_a_run_of_great_expectations(
    figures: Figures,
    rulebook: RuleBook,
    examples: list[Example],
    count: int,
    tmp_path: Path,
) -> None:
    rows = [
        Row(str(number), 1, str(number), "440113011001", one.answers, one.related, one.baseline, frozenset(one.related))
        for number in range(count)
        for one in [examples[number % EXAMPLES]]
    ]
    frame = engine.frame_of(rulebook, rows)
    rules = engine.rules_of(rulebook, None)
    checkpoint.run(frame.head(1), rulebook, tmp_path)  # the first one opens Great Expectations
    repeats = REPEATS if count <= 1_000 else 1
    ours = min(seconds(lambda: checkpoint.run(frame, rulebook, tmp_path)) for _ in range(repeats))
    bare = min(
        seconds(
            lambda: engine.failing(
                frame, rulebook.rules, [table for table in rulebook.tables if not table.is_of_region]
            )
        )
        for _ in range(repeats)
    )
    figures.add(f"great_expectations.{count}", ours, "s", bare, f"the same {len(rules)} checks as one query of DuckDB")


def test_laying_out_a_frame(figures: Figures, rulebook: RuleBook, examples: list[Example]) -> None:
    count = scaled(10_000, 500)
    rows = [
        Row(str(number), 1, str(number), "440113011001", one.answers, one.related, one.baseline, frozenset(one.related))
        for number in range(count)
        for one in [examples[number % EXAMPLES]]
    ]
    figures.add("frame.records", count / seconds(lambda: engine.frame_of(rulebook, rows)), "records/s")


def test_checking_one_record(figures: Figures, rulebook: RuleBook, examples: list[Example]) -> None:
    count = scaled(2_000, 100)

    def check_all() -> None:
        for number in range(count):
            one = examples[number % EXAMPLES]
            check_record(rulebook, one.answers, one.related, one.baseline)

    check_all()
    figures.add("check_record", 1_000 * seconds(check_all) / count, "ms/record")

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from pathlib import Path
from typing import Any
from uuid import UUID

import pytest
from sqlalchemy import select, text
from sqlalchemy.orm import Session

from census.access import Actor
from census.db import FULL, Database
from census.jobs.check import check_region
from census.jobs.validate import AT_ONCE, Judged, Pauses, judge, judge_in_parts, rulebook_of, validate
from census.jobs.worker import LONGEST_REST_S, rest_after
from census.models.collect import Submission
from census.models.review import Change, Decision, FindingRow
from census.models.work import ValidationRun
from census.services.handup.gate import content_digest, gate
from census.services.review import decisions, verdicts
from census.services.review.verdicts import Case, Waiting
from forms.catalogue import catalogue
from tests.builders.jobs import (
    a_factory,
    a_sent_record,
    add_revision,
    broken_answers,
    findings_of,
    valid_answers,
    waste_water,
)
from tests.builders.review import VILLAGE, an_actor, some_regions
from tests.conftest import Databases
from validation.evaluators.record import check_record
from validation.rulebook import compile_form


@pytest.fixture
def database(own_databases: Databases) -> Database:
    with own_databases.census.transaction(FULL) as session:
        some_regions(session)
    return own_databases.census


def judge_all(database: Database, runs: Path) -> int:
    pauses, done = Pauses(), 0
    while judged := validate(database, runs, pauses):
        done += judged
    return done


def record(database: Database, id_: UUID) -> Submission:
    with database.transaction(FULL) as session:
        return session.get_one(Submission, id_)


def path_found(session: Session, id_: UUID) -> str:
    return session.execute(text("select path from finding where submission_id = :id"), {"id": id_}).scalar_one()


def a_broken_record(database: Database, check: str = "G102-C01", **values: Any) -> UUID:
    with database.transaction(FULL) as session:
        unit = a_factory(session)
        a_sent_record(session, unit, "G101-1").judge_due = False  # its own verdict is no matter here
        return a_sent_record(session, unit, breaking=check, **values).id


def test_a_record_that_holds_becomes_checked(database: Database, tmp_path: Path) -> None:
    with database.transaction(FULL) as session:
        unit = a_factory(session)
        ids = [a_sent_record(session, unit, form).id for form in ("G101-1", "G102")]
    assert judge_all(database, tmp_path) == 2
    for id_ in ids:
        found = record(database, id_)
        assert (found.state, found.judge_due, found.judged_revision, found.error_count) == ("checked", False, 1, 0)


def test_an_error_flags_the_record_and_tells_the_enumerator(database: Database, tmp_path: Path) -> None:
    id_ = a_broken_record(database)
    judge_all(database, tmp_path)
    found = record(database, id_)
    assert (found.state, found.error_count) == ("flagged", 1)
    with database.transaction(FULL) as session:
        assert findings_of(session, id_) == [("G102-C01", "error", "open")]
        [change] = session.scalars(select(Change).where(Change.submission_id == id_))
        assert (change.kind, change.account_id) == ("flagged", found.account_id)


def test_what_is_found_is_what_the_phone_was_told(database: Database, tmp_path: Path) -> None:
    id_ = a_broken_record(database)
    judge_all(database, tmp_path)
    answers = broken_answers("G102", "G102-C01")
    told = check_record(
        compile_form(catalogue().current("G102"), catalogue()),
        answers,
        {"G101-1": valid_answers("G101-1")},
        waste_water(0).baseline,
    )
    with database.transaction(FULL) as session:
        stored = [
            (row.check_id, row.path, row.message)
            for row in session.scalars(select(FindingRow).where(FindingRow.submission_id == id_))
        ]
    assert stored == [(finding.check, finding.path, finding.message) for finding in told]


def test_a_warning_needs_words_and_is_then_no_obstacle(database: Database, tmp_path: Path) -> None:
    check = next(check.id for check in catalogue().current("G102").checks if check.severity == "warning")
    silent = a_broken_record(database, check)
    judge_all(database, tmp_path)
    with database.transaction(FULL) as session:
        unit = a_factory(session)
        a_sent_record(session, unit, "G101-1").judge_due = False
        words = {"check": check, "path": path_found(session, silent), "text": "有水费单。"}
        said = a_sent_record(session, unit, answers=broken_answers("G102", check), explanations=[words]).id
    judge_all(database, tmp_path)
    assert (record(database, silent).unexplained_count, record(database, silent).warning_count) == (1, 1)
    assert (
        record(database, said).state,
        record(database, said).unexplained_count,
        record(database, said).warning_count,
    ) == ("checked", 0, 1)


def test_an_exemption_outlives_the_next_verdict(database: Database, tmp_path: Path) -> None:
    id_ = a_broken_record(database)
    judge_all(database, tmp_path)
    with database.transaction(FULL) as session:
        county: Actor = an_actor(session, "county", "440113")
        path = path_found(session, id_)
        decisions.exempt(
            session, county, id_, check="G102-C01", path=path, reason="有水务局证明。", expected_revision=1
        )
        session.execute(text("update submission set judge_due = true where id = :id"), {"id": id_})
    judge_all(database, tmp_path)
    with database.transaction(FULL) as session:
        assert findings_of(session, id_) == [("G102-C01", "error", "exempt")]
    assert (record(database, id_).state, record(database, id_).error_count) == ("checked", 0)


def test_an_approved_record_that_turns_out_wrong_is_flagged_with_a_trace(database: Database, tmp_path: Path) -> None:
    id_ = a_broken_record(database, state="county_approved")
    judge_all(database, tmp_path)
    with database.transaction(FULL) as session:
        [decision] = session.scalars(select(Decision).where(Decision.submission_id == id_))
    assert (record(database, id_).state, decision.role, decision.from_state) == ("flagged", "worker", "county_approved")


def test_an_approved_record_that_still_holds_keeps_its_state(database: Database, tmp_path: Path) -> None:
    with database.transaction(FULL) as session:
        unit = a_factory(session)
        a_sent_record(session, unit, "G101-1", state="county_approved").judge_due = False
        id_ = a_sent_record(session, unit, state="county_approved").id
    judge_all(database, tmp_path)
    assert (record(database, id_).state, record(database, id_).judge_due) == ("county_approved", False)


def test_a_verdict_on_what_has_changed_meanwhile_is_not_given(database: Database) -> None:
    id_ = a_broken_record(database)
    with database.transaction(FULL) as session:
        read = verdicts.due(session, "G102", "2017.1", 10)
    with database.transaction(FULL) as session:
        submission = session.get_one(Submission, id_)
        add_revision(session, submission, valid_answers("G102"), [], 2)
        submission.revision = 2
    with database.transaction(FULL) as session:
        given = verdicts.give(session, read, {}, UUID(int=0))
    assert (given.skipped, record(database, id_).judge_due) == (1, True)


def test_a_verdict_is_not_given_when_another_form_of_the_unit_has_changed(database: Database) -> None:
    id_ = a_broken_record(database)
    with database.transaction(FULL) as session:
        read = verdicts.due(session, "G102", "2017.1", 10)
        other = session.scalars(select(Submission).where(Submission.form == "G101-1")).one()
        add_revision(session, other, valid_answers("G101-1"), [], 2)
        other.revision = 2
    with database.transaction(FULL) as session:
        assert verdicts.give(session, read, {}, UUID(int=0)).skipped == 1
    assert record(database, id_).judge_due


def test_what_somebody_works_on_is_left_for_later(database: Database) -> None:
    id_ = a_broken_record(database)
    with database.transaction(FULL) as session:
        read = verdicts.due(session, "G102", "2017.1", 10)
    with database.transaction(FULL) as busy:
        busy.execute(text("select from submission where id = :id for update"), {"id": id_})
        with database.transaction(FULL) as session:
            assert verdicts.give(session, read, {}, UUID(int=0)).skipped == 1


def test_a_second_record_of_one_form_of_one_unit_is_an_error(database: Database, tmp_path: Path) -> None:
    with database.transaction(FULL) as session:
        unit = a_factory(session)
        a_sent_record(session, unit, "G101-1").judge_due = False
        first = a_sent_record(session, unit).id
    with database.transaction(FULL) as session:
        second = a_sent_record(session, unit).id
    judge_all(database, tmp_path)
    assert record(database, first).state == "checked"
    with database.transaction(FULL) as session:
        assert ("G102.duplicate", "error", "open") in findings_of(session, second)


def test_a_run_is_kept_with_its_folder(database: Database, tmp_path: Path) -> None:
    with database.transaction(FULL) as session:
        unit = a_factory(session)
        for form in ("G101-1", "G102"):
            a_sent_record(session, unit, form)
    judge_all(database, tmp_path)
    with database.transaction(FULL) as session:
        runs = session.scalars(select(ValidationRun)).all()
    assert {(run.kind, run.form, run.is_complete) for run in runs} == {
        ("batch", "G101-1", True),
        ("batch", "G102", True),
    }
    assert all((Path(run.folder) / "results.json").is_file() for run in runs)


def test_a_returned_record_is_not_judged(database: Database) -> None:
    id_ = a_broken_record(database)
    with database.transaction(FULL) as session:
        read = verdicts.due(session, "G102", "2017.1", 10)
        decisions.decide(
            session, an_actor(session, "supervisor"), id_, outcome="return", note="请重填。", expected_revision=1
        )
    with database.transaction(FULL) as session:
        assert verdicts.give(session, read, {}, UUID(int=0)).skipped == 1
    assert record(database, id_).state == "returned"


def test_a_full_check_judges_exactly_what_the_gate_counts(database: Database, tmp_path: Path) -> None:
    id_ = a_broken_record(database)
    with database.transaction(FULL) as session:
        alone = a_sent_record(session, a_factory(session, 1), "G101-1", seed=1).id
    summary = check_region(database, "440113", tmp_path)
    assert (summary["complete"], summary["records"], summary["lacking_units"]) == (True, 3, 1)
    assert record(database, id_).state == "flagged"
    with database.transaction(FULL) as session:
        assert summary["content_digest"] == content_digest(session, "440113")
        assert content_digest(session, "440114") != summary["content_digest"]
    assert not record(database, alone).judge_due


def test_a_form_that_nobody_filled_yet_is_counted_against_the_register(database: Database, tmp_path: Path) -> None:
    with database.transaction(FULL) as session:
        units = [a_factory(session, seed, outcome=outcome) for seed, outcome in enumerate(["done", "closed", "done"])]
        answers = valid_answers("G101-1")
        for unit, has_wastewater in zip(units, (True, True, False), strict=True):
            a_sent_record(
                session, unit, "G101-1", answers={**answers, "has_wastewater": has_wastewater}, state="returned"
            )
        a_sent_record(session, a_factory(session, 4), "G101-1", seed=4)
    summary = check_region(database, VILLAGE, tmp_path)
    [water] = [each for each in summary["forms"] if each["form"] == "G102"]
    assert (water["records"], water["counts"], summary["lacking_units"]) == (0, {"G102-C39": 2}, 2)


def test_a_full_check_of_one_form_opens_no_gate(database: Database, tmp_path: Path) -> None:
    a_broken_record(database)
    assert check_region(database, VILLAGE, tmp_path, form="G102")["records"] == 1
    with database.transaction(FULL) as session:
        assert session.scalars(select(ValidationRun.kind)).all() == ["check"]


def broken(judged: Judged) -> Judged:
    return replace(judged, result=replace(judged.result, complete=False, crashed=("G102-C01",)))


def test_a_run_in_which_a_check_crashed_gives_no_verdict_and_the_gate_says_so(
    database: Database, tmp_path: Path
) -> None:
    id_ = a_broken_record(database)
    with database.transaction(FULL) as session:
        cases = verdicts.due(session, "G102", "2017.1", 10)
    done = judge_in_parts(
        database, cases, lambda part: broken(judge(rulebook_of(catalogue(), "G102", "2017.1"), part, tmp_path)), []
    )
    assert (done, record(database, id_).state, record(database, id_).judge_due) == ((0, True), "submitted", True)
    with database.transaction(FULL) as session:
        [run] = session.scalars(select(ValidationRun))
        assert (run.is_complete, run.crashed, findings_of(session, id_)) == (False, ["G102-C01"], [])
        assert "1 条规则没能执行" in gate(session, VILLAGE).doors[1].says


def test_a_record_that_breaks_a_check_does_not_hold_up_its_neighbours(database: Database, tmp_path: Path) -> None:
    poison = a_broken_record(database)
    with database.transaction(FULL) as session:
        others = [a_sent_record(session, a_factory(session, seed), seed=seed).id for seed in range(1, 4)]
        cases = verdicts.due(session, "G102", "2017.1", 10)

    def ask(part: Sequence[Case]) -> Judged:
        judged = judge(rulebook_of(catalogue(), "G102", "2017.1"), part, tmp_path)
        return broken(judged) if poison in {case.id for case in part} else judged

    assert judge_in_parts(database, cases, ask, []) == (3, True)
    assert record(database, poison).judge_due
    assert not any(record(database, id_).judge_due for id_ in others)


def test_a_form_that_could_not_be_judged_is_tried_again_after_ever_longer_pauses() -> None:
    pauses = Pauses()
    waiting = Waiting("G102", "2017.1", 1)
    assert not pauses.holds(waiting)
    lengths = []
    for _ in range(9):
        pauses.lengthen("G102", "2017.1")
        lengths.append(pauses.until["G102", "2017.1"][1])
    assert pauses.holds(waiting)
    assert lengths[:3] == [5, 10, 20]
    assert lengths[-1] == 300
    pauses.lift("G102", "2017.1")
    assert not pauses.holds(waiting)


@pytest.mark.parametrize(
    ("judged", "took_s", "rests_s"),
    [
        (0, 0.01, 0.0),  # nothing there: asked again after the usual pause
        (1, 0.8, 2 * 0.8),  # a run for one record costs nearly what one for a thousand does: let some gather
        (3_000, 5.0, LONGEST_REST_S),  # and yet nobody waits long
        (AT_ONCE, 5.0, 0.0),  # more wait already
    ],
)
def test_records_gather_between_two_runs_unless_the_worker_is_behind(
    judged: int, took_s: float, rests_s: float
) -> None:
    assert rest_after(judged, took_s) == pytest.approx(rests_s)

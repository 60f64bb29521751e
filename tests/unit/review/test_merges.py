from __future__ import annotations

from datetime import timedelta
from typing import Any
from uuid import UUID

import pytest
from sqlalchemy import select
from sqlalchemy.orm import Session

from census.access import Actor
from census.db import now
from census.errors import Conflict, InvalidInput, NotAllowed, NotFound
from census.models.collect import Revision, RevisionConflict, Submission
from census.models.register import Unit
from census.models.review import Change, Decision
from census.services.review import decisions as reviews
from census.services.review import merges
from census.services.review.merge_versions import OpenCase, comparisons, open_case
from census.services.review.merges import Choice
from forms.answers.values import digest
from tests.builders.review import ANSWERS, OTHER_TOWN, a_submission, a_unit, a_visit, an_account, an_actor

OTHER: dict[str, Any] = ANSWERS | {"water_intake_total": "15000", "tap_water_intake": "11600", "outlet_count": "2"}


def a_double(session: Session, first: str = "checked") -> tuple[Unit, Submission, Submission]:
    """Two enumerators' records of one form: 12,400 in the first, 15,000 in the second."""
    unit = a_unit(session)
    early = a_record(session, unit, first, ANSWERS, created_at=now() - timedelta(hours=1))
    return unit, early, a_record(session, unit, "flagged", OTHER, errors=1)


def a_record(session: Session, unit: Unit, state: str, answers: dict[str, Any], **values: Any) -> Submission:
    record = a_submission(session, state, unit=unit, revision=0, **values)
    session.add(
        Revision(
            submission_id=record.id,
            number=1,
            region_code=record.region_code,
            answers=answers,
            explanations=[],
            digest=digest(answers, []),
            account_id=record.account_id,
            receipt_number=str(record.id),
        )
    )
    record.revision = record.judged_revision = 1
    session.flush()
    return record


def chosen(case: OpenCase, base: int, picks: dict[str, int] | None = None, **values: Any) -> Choice:
    keys = [version.key for version in case.versions]
    picked = {item: keys[index] for item, index in (picks or {}).items()}
    told: dict[str, Any] = {
        "base": keys[base],
        "picks": picked,
        "seen": frozenset(keys),
        "reason": "水费单以第二次为准",
        **values,
    }
    return Choice(**told)


def resolved(
    session: Session, actor: Actor, unit: Unit, base: int, picks: dict[str, int] | None = None, **values: Any
) -> Submission:
    return merges.resolve(
        session, actor, unit.id, "G102", chosen(open_case(session, unit.id, "G102"), base, picks, **values)
    )


def latest(session: Session, record: Submission) -> Revision:
    return session.get_one(Revision, (record.id, record.revision))


def decisions(session: Session, submission_id: UUID) -> list[tuple[str, str]]:
    rows = session.scalars(
        select(Decision).where(Decision.submission_id == submission_id).order_by(Decision.decided_at)
    )
    return [(row.outcome, row.to_state) for row in rows]


def test_the_versions_stand_side_by_side_and_what_differs_is_known(session: Session) -> None:
    unit, early, _ = a_double(session)
    case = merges.named_case(session, an_actor(session, "supervisor"), unit.id, "G102")
    assert (case.kept, len(case.versions)) == (early.id, 2)
    differing = {line.key: line.values for line in comparisons(case) if line.differs}
    assert differing.keys() == {"water_intake_total", "tap_water_intake", "outlet_count"}
    assert differing["outlet_count"] == ("", "2")


def test_a_whole_version_becomes_the_next_revision_with_its_signature(session: Session) -> None:
    unit, early, late = a_double(session)
    a_visit(session, late, signed=[digest(OTHER, [])])
    a_visit(session, early, signed=[digest(ANSWERS, [])])
    supervisor = an_actor(session, "supervisor")
    kept = resolved(session, supervisor, unit, 1)
    revision = latest(session, kept)
    assert (kept.id, kept.revision, kept.state, kept.judge_due) == (early.id, 2, "submitted", True)
    assert (revision.answers, revision.digest, revision.account_id) == (OTHER, digest(OTHER, []), supervisor.account_id)
    assert latest(session, late).answers == OTHER
    assert (decisions(session, early.id), decisions(session, late.id)) == (
        [("merge", "submitted")],
        [("set_aside", "withdrawn")],
    )
    kept.state, kept.judge_due, kept.judged_revision = "checked", False, 2
    session.flush()
    assert (
        reviews.decide(session, supervisor, kept.id, outcome="approve", expected_revision=2).to_state
        == "supervisor_approved"
    )


def test_a_mixture_goes_back_to_be_signed(session: Session) -> None:
    unit, early, _ = a_double(session)
    kept = resolved(session, an_actor(session, "supervisor"), unit, 0, {"outlet_count": 1})
    assert (kept.id, kept.state, kept.judge_due) == (early.id, "returned", False)
    assert latest(session, kept).answers == ANSWERS | {"outlet_count": "2"}
    told = session.scalars(select(Change).where(Change.submission_id == early.id)).one()
    assert (told.kind, [item["path"] for item in told.items]) == ("returned", ["/outlet_count"])


def test_a_mixture_that_the_respondent_confirmed_goes_to_review(session: Session) -> None:
    unit, _, _ = a_double(session)
    said = {"name": "陈先生", "how": "phone", "at": now().isoformat()}
    kept = resolved(session, an_actor(session, "supervisor"), unit, 0, {"outlet_count": 1}, confirmation=said)
    assert (kept.state, latest(session, kept).confirmation) == ("submitted", said)


def test_keeping_the_first_changes_nothing_of_it_even_when_it_is_approved(session: Session) -> None:
    unit, early, late = a_double(session, "supervisor_approved")
    resolved(session, an_actor(session, "supervisor"), unit, 0)
    assert (early.state, early.revision, late.state) == ("supervisor_approved", 1, "withdrawn")


def test_an_approved_record_is_not_replaced(session: Session) -> None:
    unit, _, _ = a_double(session, "supervisor_approved")
    with pytest.raises(Conflict, match="先退回"):
        resolved(session, an_actor(session, "supervisor"), unit, 1)


def test_a_revision_that_could_not_follow_is_chosen_or_left(session: Session) -> None:
    unit = a_unit(session)
    record = a_record(session, unit, "checked", ANSWERS)
    sender = an_account(session, "enumerator")
    session.add(
        RevisionConflict(
            submission_id=record.id,
            number=1,
            region_code=record.region_code,
            answers=OTHER,
            explanations=[],
            digest=digest(OTHER, []),
            account_id=sender.id,
            device="另一部手机",
            receipt_number="R1",
        )
    )
    session.flush()
    supervisor = an_actor(session, "supervisor")
    with pytest.raises(Conflict, match="两份不同的内容"):
        reviews.decide(session, supervisor, record.id, outcome="approve", expected_revision=1)
    rows, _ = merges.cases(session, supervisor)
    assert [(row.unit_id, row.form) for row in rows] == [(unit.id, "G102")]
    kept = resolved(session, supervisor, unit, 1)
    assert (kept.id, latest(session, kept).answers) == (record.id, OTHER)
    assert merges.cases(session, supervisor)[0] == []
    with pytest.raises(NotFound):
        merges.named_case(session, supervisor, unit.id, "G102")


def test_nobody_decides_without_reason_nor_right_nor_on_what_has_changed(session: Session) -> None:
    unit, _, _ = a_double(session)
    with pytest.raises(InvalidInput):
        resolved(session, an_actor(session, "supervisor"), unit, 1, reason=" ")
    with pytest.raises(NotAllowed):
        resolved(session, an_actor(session, "supervisor", OTHER_TOWN), unit, 1)
    with pytest.raises(NotAllowed):
        resolved(session, an_actor(session, "enumerator"), unit, 1)
    with pytest.raises(Conflict):
        resolved(session, an_actor(session, "supervisor"), unit, 1, seen=frozenset({"another"}))

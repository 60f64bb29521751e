"""The whole story of one submission, for who sent it and who may review it."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any, Final
from uuid import UUID

from sqlalchemy import select
from sqlalchemy.orm import Session

from census.access import Actor
from census.errors import NotFound
from census.models.collect import Revision, RevisionConflict, Submission
from census.models.register import Assignment
from census.models.review import Decision, FindingRow

READING: Final = ("review", "receive")


def history(session: Session, actor: Actor, submission_id: UUID) -> dict[str, Any]:
    """State, revisions, findings and decisions in the API's shape. Raises NotFound for a stranger."""
    submission = session.get(Submission, submission_id)
    if submission is None or not _may_read(session, actor, submission):
        raise NotFound
    revisions = session.scalars(
        select(Revision).where(Revision.submission_id == submission_id).order_by(Revision.number)
    ).all()
    conflicts = session.scalars(
        select(RevisionConflict)
        .where(RevisionConflict.submission_id == submission_id)
        .order_by(RevisionConflict.received_at),
    ).all()
    verdict = session.scalars(
        select(FindingRow).where(FindingRow.submission_id == submission_id).order_by(FindingRow.id),
    ).all()
    decisions = session.scalars(
        select(Decision).where(Decision.submission_id == submission_id).order_by(Decision.decided_at),
    ).all()
    return {
        "id": submission.id,
        "unit": submission.unit_id,
        "form": submission.form,
        "version": submission.version,
        "region_code": submission.region_code,
        "visit": submission.visit_id,
        "state": submission.state,
        "revision": submission.revision,
        "updated_at": submission.updated_at,
        "revisions": [_revision(revision) for revision in revisions],
        "conflicts": [
            {
                "revision": row.number,
                "digest": row.digest,
                "answers": row.answers,
                "explanations": row.explanations,
                "device": row.device,
                "received_at": row.received_at,
                "receipt_number": row.receipt_number,
            }
            for row in conflicts
        ],
        "findings": _findings(submission, verdict, revisions),
        "decisions": [
            {
                "revision": row.revision,
                "role": row.role,
                "outcome": row.outcome,
                "from_state": row.from_state,
                "state": row.to_state,
                "note": row.note,
                "items": row.items,
                "decided_at": row.decided_at,
            }
            for row in decisions
        ],
    }


def _may_read(session: Session, actor: Actor, submission: Submission) -> bool:
    if submission.account_id == actor.account_id:
        return True
    if any(actor.may(action, submission.region_code) for action in READING):
        return True
    return (
        session.scalar(
            select(Assignment.id).where(
                Assignment.unit_id == submission.unit_id, Assignment.account_id == actor.account_id
            ),
        )
        is not None
    )


def _revision(revision: Revision) -> dict[str, Any]:
    return {
        "revision": revision.number,
        "answers": revision.answers,
        "explanations": revision.explanations,
        "files": revision.files,
        "points": revision.points,
        "digest": revision.digest,
        "device": revision.device,
        "visit": revision.visit_id,
        "confirmation": revision.confirmation,
        "receipt_number": revision.receipt_number,
        "received_at": revision.received_at,
    }


def _findings(
    submission: Submission, verdict: Sequence[FindingRow], revisions: Sequence[Revision]
) -> list[dict[str, Any]]:
    """The worker's verdict on the latest revision; until it is there, what the check at submit found."""
    if submission.judged_revision != submission.revision and revisions:
        return list(revisions[-1].findings)
    return [
        {"check": row.check_id, "severity": row.severity, "path": row.path, "message": row.message, "state": row.state}
        for row in verdict
    ]

"""What happened with one record: its versions, the visits, the decisions and remarks, read for the record page.

What a version says stands in ``table``, what is wrong with it in ``findings``.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any
from uuid import UUID

from sqlalchemy import Text, or_, select
from sqlalchemy import cast as sql_cast
from sqlalchemy.dialects.postgresql import ARRAY
from sqlalchemy.orm import Session

from census.models.collect import Revision, Submission, Visit
from census.models.people import Account
from census.models.review import Comment, Decision
from census.services.collect.states import ACTING_ROLE_NAMES, OUTCOME_NAMES


@dataclass(frozen=True, slots=True)
class Version:
    """One revision in the list of versions."""

    number: int
    at: datetime
    author: str
    ended_by: str  # what was decided on it, e.g. 普查指导员退回
    is_shown: bool
    is_signed: bool


@dataclass(frozen=True, slots=True)
class Event:
    """One decision or remark, in order of time."""

    at: datetime
    who: str
    role: str
    kind: str  # an outcome, or "comment"
    revision: int | None
    words: str
    items: Sequence[Mapping[str, str]]


@dataclass(frozen=True, slots=True)
class VisitView:
    """Who went when, and whether the respondent signed what is shown."""

    at: datetime | None
    cards: Sequence[str]
    signed_name: str
    covers_shown: bool
    covers_earlier: bool
    confirmation: Mapping[str, str] | None


@dataclass(frozen=True, slots=True)
class Sent:
    """One revision as it was sent, with its author's name."""

    number: int
    answers: Mapping[str, Any]
    findings: Sequence[Mapping[str, Any]]
    confirmation: Mapping[str, str] | None
    digest: str
    visit_id: UUID | None
    at: datetime
    author: str
    points: Sequence[Mapping[str, Any]]


@dataclass(frozen=True, slots=True)
class Decided:
    """One decision with the name of who took it."""

    decision: Decision
    who: str


def revisions_of(session: Session, submission: Submission) -> dict[int, Sent]:
    """Everything that was sent of the record, by number."""
    rows = session.execute(
        select(Revision, Account.full_name)
        .outerjoin(Account, Account.id == Revision.account_id)
        .where(Revision.submission_id == submission.id)
        .order_by(Revision.number)
    )
    return {
        row.number: Sent(
            row.number,
            row.answers,
            row.findings,
            row.confirmation,
            row.digest,
            row.visit_id,
            row.received_at,
            name or "",
            row.points,
        )
        for row, name in rows
    }


def decisions_on(session: Session, submission: Submission) -> list[Decided]:
    """What was decided on the record, the earliest first."""
    rows = session.execute(
        select(Decision, Account.full_name)
        .outerjoin(Account, Account.id == Decision.account_id)
        .where(Decision.submission_id == submission.id)
        .order_by(Decision.decided_at, Decision.id)
    )
    return [Decided(decision, name or "") for decision, name in rows]


def comments_on(session: Session, submission: Submission) -> list[Event]:
    """What reviewers remarked to each other."""
    rows = session.execute(
        select(Comment, Account.full_name)
        .join(Account, Account.id == Comment.account_id)
        .where(Comment.submission_id == submission.id)
        .order_by(Comment.created_at)
    )
    return [Event(remark.created_at, name, "", "comment", None, remark.text, ()) for remark, name in rows]


def visits_of(session: Session, submission: Submission, digests: list[str]) -> list[Visit]:
    """Visits that this record names or whose signature covers one of its versions, latest first."""
    signs_one = Visit.signed_digests.has_any(sql_cast(digests, ARRAY(Text)))
    query = (
        select(Visit)
        .where(Visit.unit_id == submission.unit_id, or_(Visit.id == submission.visit_id, signs_one))
        .order_by(Visit.received_at.desc())
    )
    return list(session.scalars(query))


def versions(
    revisions: Mapping[int, Sent],
    decisions: Sequence[Decided],
    visits: Sequence[Visit],
    shown: int,
) -> tuple[Version, ...]:
    """The list of versions, the latest first."""
    ended = {row.decision.revision: _ending(row.decision) for row in decisions}  # of several the last one ended it
    signed = {digest for visit in visits for digest in visit.signed_digests}
    return tuple(
        Version(
            row.number,
            row.at,
            row.author,
            ended.get(row.number, ""),
            is_shown=row.number == shown,
            is_signed=row.digest in signed,
        )
        for row in sorted(revisions.values(), key=lambda row: -row.number)
    )


def _ending(decision: Decision) -> str:
    return f"{ACTING_ROLE_NAMES[decision.role]}{OUTCOME_NAMES[decision.outcome]}"


def history(decisions: Sequence[Decided], comments: Sequence[Event]) -> tuple[Event, ...]:
    """Decisions and remarks together, the latest first."""
    events = [
        Event(
            row.decision.decided_at,
            row.who,
            ACTING_ROLE_NAMES[row.decision.role],
            row.decision.outcome,
            row.decision.revision,
            row.decision.note,
            row.decision.items,
        )
        for row in decisions
    ]
    return tuple(sorted([*events, *comments], key=lambda event: event.at, reverse=True))


def visit_shown(visits: Sequence[Visit], shown: Sent, revisions: Mapping[int, Sent]) -> VisitView | None:
    """The visit that belongs to the version shown: the one whose signature covers it, else the latest."""
    if not visits:
        return None
    earlier = {row.digest for row in revisions.values() if row.number < shown.number}
    signing = next((visit for visit in visits if shown.digest in visit.signed_digests), None)
    visit = signing or visits[0]
    return VisitView(
        at=visit.finished_at or visit.started_at,
        cards=visit.cards,
        signed_name=str((visit.signature or {}).get("signed_name") or ""),
        covers_shown=signing is not None,
        covers_earlier=any(earlier & set(row.signed_digests) for row in visits),
        confirmation=shown.confirmation,
    )


def asked_back(decisions: Sequence[Decided]) -> frozenset[str]:
    """Paths of the items that the last return named."""
    for row in reversed(decisions):
        if row.decision.outcome == "return":
            return frozenset(item["path"] for item in row.decision.items)
    return frozenset()

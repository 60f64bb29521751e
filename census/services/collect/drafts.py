"""Drafts of people without JavaScript: the server keeps what the phone would, until the form is sent."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any
from uuid import UUID

from sqlalchemy import delete, select
from sqlalchemy.orm import Session

from census.access import Actor
from census.db import new_id, now
from census.models.collect import Draft, Revision, Submission
from census.models.register import Unit


def drafts_of(session: Session, actor: Actor, unit_id: UUID) -> dict[str, Draft]:
    """The actor's drafts of one unit, by form code."""
    query = select(Draft).where(Draft.account_id == actor.account_id, Draft.unit_id == unit_id)
    return {draft.form: draft for draft in session.scalars(query)}


def open_draft(session: Session, actor: Actor, unit: Unit, form: str, first: dict[str, Any]) -> Draft:
    """Return the draft of a form; begin one from what was last sent, else from the values the program knows.

    One just begun is not stored until it is saved: looking at a page leaves nothing behind. A form that was sent before
    keeps its submission id: what is sent next is a revision of it, not a second record.
    """
    draft = session.get(Draft, (actor.account_id, unit.id, form))
    if draft is not None:
        return draft
    draft = Draft(
        account_id=actor.account_id,
        unit_id=unit.id,
        form=form,
        region_code=unit.region_code,
        submission_id=new_id(),
        answers=first,
        explanations=[],
        updated_at=now(),
    )
    sent = sent_of_unit(session, unit.id).get(form)
    if sent is not None:
        submission, revision = sent
        draft.submission_id = submission.id
        draft.answers, draft.explanations = dict(revision.answers), list(revision.explanations)
    return draft


def save(session: Session, draft: Draft, answers: dict[str, Any], explanations: Sequence[dict[str, Any]]) -> None:
    """Keep what was posted; a section at a time."""
    draft.answers = answers
    draft.explanations = list(explanations)
    draft.updated_at = now()
    session.add(draft)
    session.flush()


def discard(session: Session, actor: Actor, unit_id: UUID, forms: Sequence[str]) -> None:
    """Forget drafts: they were sent."""
    session.execute(
        delete(Draft).where(Draft.account_id == actor.account_id, Draft.unit_id == unit_id, Draft.form.in_(forms)),
    )


def sent_of_unit(session: Session, unit_id: UUID) -> dict[str, tuple[Submission, Revision]]:
    """By form code, the submission of a unit with its latest revision.

    Of duplicates it is the first that was not withdrawn.
    """
    rows = session.execute(
        select(Submission, Revision)
        .join(Revision, (Revision.submission_id == Submission.id) & (Revision.number == Submission.revision))
        .where(Submission.unit_id == unit_id)
        .order_by(Submission.state == "withdrawn", Submission.created_at, Submission.id),
    )
    found: dict[str, tuple[Submission, Revision]] = {}
    for submission, revision in rows:
        found.setdefault(submission.form, (submission, revision))
    return found

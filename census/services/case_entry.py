"""From a register form that an inspector sent to the case it opens. The one bridge between filling and case work."""

from __future__ import annotations

from collections.abc import Sequence

from sqlalchemy.orm import Session

from census.access import Actor
from census.services.cases import register_case
from census.services.submission_fates import Draft, Outcome

REGISTER_FORM = "scattered"


def open_cases(session: Session, actor: Actor, drafts: Sequence[Draft], outcomes: Sequence[Outcome]) -> None:
    """Open a case for each stored register form that says enough; a later revision of it opens no second one."""
    if actor.programme != "scattered":
        return
    for draft, outcome in zip(drafts, outcomes, strict=True):
        if draft.form == REGISTER_FORM and outcome.status == "stored":
            register_case(session, actor, draft.id, draft.answers, unit_id=draft.unit)

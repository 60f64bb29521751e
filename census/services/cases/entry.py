"""From a register form that an inspector sent to the case it opens. The one bridge between filling and case work."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace

from sqlalchemy.orm import Session

from census.access import Actor
from census.errors import InvalidInput, NotAllowed
from census.services.cases.steps import case_of_form
from census.services.collect.fates import Draft, Outcome

REGISTER_FORM = "scattered"


def open_cases(session: Session, actor: Actor, drafts: Sequence[Draft], outcomes: Sequence[Outcome]) -> list[Outcome]:
    """Open a case for each stored register form that says enough; a later revision of it opens no second one.

    The form is kept either way. Where it opens no case, for one because it names another town than the inspector's, its
    outcome says so in a sentence.
    """
    if actor.programme != "scattered":
        return list(outcomes)
    told: list[Outcome] = []
    for draft, outcome in zip(drafts, outcomes, strict=True):
        message = outcome.message
        if draft.form == REGISTER_FORM and outcome.status == "stored":
            try:
                case_of_form(session, actor, draft.id, draft.answers, unit_id=draft.unit)
            except (InvalidInput, NotAllowed) as problem:
                message = f"登记表已保存，还没有立案：{problem.message}"
        told.append(replace(outcome, message=message))
    return told

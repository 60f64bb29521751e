"""What stands on a printed form of one unit: what was last sent, else what the register knows."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, Final, cast
from uuid import UUID

from sqlalchemy.orm import Session

from census.access import Actor
from census.clock import today
from census.errors import NotFound
from census.models.register import Unit
from census.services.collect import drafts
from census.services.register import prefill
from forms.catalogue import catalogue
from forms.definition import Form

AT_THE_DOOR: Final = frozenset({"enumerator", "inspector", "department"})


@dataclass(frozen=True, slots=True)
class Sheet:
    """Answers to print, and the path of the unit's page that the QR code leads to."""

    answers: Mapping[str, Any]
    path: str


def sheet(session: Session, actor: Actor | None, unit_id: UUID, form_code: str) -> Sheet:
    """Collect what is known of a unit for one form. Raises NotFound, also for a unit outside the caller's region.

    ``actor`` None is the command line, which sees all regions and puts no enumerator's name on the sheet. Desks get
    no personal data.
    """
    unit = session.get(Unit, unit_id)
    form = catalogue().current(form_code)
    if unit is None or (actor is not None and form.programme != actor.programme):
        raise NotFound
    names = prefill.region_names(session, {unit.region_code})[unit.region_code]
    answers = prefill.prefill(form, prefill.sources(unit, names, actor, today()))
    sent = drafts.sent_of_unit(session, unit.id).get(form.code)
    if sent is not None:
        _, revision = sent
        answers |= revision.answers
    if actor is not None and actor.roles.isdisjoint(AT_THE_DOOR):
        answers = without_personal(form, answers)
    return Sheet(answers, f"/collect/units/{unit.id}")


def without_personal(form: Form, answers: Mapping[str, Any]) -> dict[str, Any]:
    """Leave out personal data, at the top and in rows: a sheet printed at a desk goes through many hands."""
    hidden = {(item.rows_key, item.key) for item in form.items() if item.personal}
    left = {key: value for key, value in answers.items() if ("", key) not in hidden}
    for group in form.groups():
        rows = left.get(group)
        if isinstance(rows, list):
            left[group] = [
                {key: value for key, value in row.items() if (group, key) not in hidden}
                for row in cast("list[dict[str, Any]]", rows)
            ]
    return left

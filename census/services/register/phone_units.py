"""An enumerator's units in bulk, for a phone that is going to work without a network.

A few queries for a hundred units; one unit at a time, with a network, is read by ``my_units``.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any
from uuid import UUID

from sqlalchemy import select
from sqlalchemy.orm import Session

from census.access import Actor
from census.models.collect import Revision, Submission, Visit
from census.models.register import Assignment, EnumerationArea, Unit
from census.services.register.my_units import Returned, why_returned

Sent = Mapping[UUID, Mapping[str, tuple[Submission, Revision]]]


@dataclass(frozen=True, slots=True)
class Surroundings:
    """What the server knows around some units, by unit."""

    sent: Sent
    returned: Mapping[UUID, Returned]  # by submission
    cards: Mapping[UUID, list[str]]  # the two enumerators of the latest visit


def surroundings(session: Session, units: Sequence[Unit]) -> Surroundings:
    """What was sent for the units, why some of it came back, and who was there last.

    Three queries, however many units.
    """
    ids = [unit.id for unit in units]
    sent: dict[UUID, dict[str, tuple[Submission, Revision]]] = {unit_id: {} for unit_id in ids}
    query = (
        select(Submission, Revision)
        .join(Revision, (Revision.submission_id == Submission.id) & (Revision.number == Submission.revision))
        .where(Submission.unit_id.in_(ids))
        .order_by((Submission.state == "withdrawn").desc(), Submission.created_at.desc())
    )
    for submission, revision in session.execute(query):
        sent[submission.unit_id][submission.form] = (submission, revision)  # of duplicates the first one sent wins
    visits = select(Visit.unit_id, Visit.cards).where(Visit.unit_id.in_(ids)).order_by(Visit.received_at)
    return Surroundings(
        sent,
        why_returned(session, [pair[0] for forms in sent.values() for pair in forms.values()]),
        {row.unit_id: row.cards for row in session.execute(visits)},
    )


def units_of(session: Session, actor: Actor, ids: Sequence[UUID]) -> list[Unit]:
    """Those of some units that are assigned to the actor."""
    mine = select(Unit).join(Assignment, Assignment.unit_id == Unit.id)
    return list(
        session.scalars(mine.where(Assignment.account_id == actor.account_id, Unit.id.in_(ids)).order_by(Unit.id))
    )


def ids_of(session: Session, actor: Actor) -> list[UUID]:
    """The ids of all units of the actor: a phone drops what is no longer among them."""
    return list(
        session.scalars(
            select(Assignment.unit_id).where(Assignment.account_id == actor.account_id).order_by(Assignment.unit_id)
        )
    )


def areas_of(session: Session, units: Sequence[Unit]) -> list[EnumerationArea]:
    """The enumeration areas that the units lie in, with their boundaries."""
    codes = {unit.area_code for unit in units if unit.area_code}
    return list(
        session.scalars(select(EnumerationArea).where(EnumerationArea.code.in_(codes)).order_by(EnumerationArea.code))
    )


def facts(unit: Unit) -> dict[str, Any]:
    """What the register knows of a unit, as its page shows it."""
    return {
        "id": str(unit.id),
        "name": unit.name,
        "address": unit.address,
        "kind": unit.kind,
        "outcome": unit.outcome,
        "region_code": unit.region_code,
        "area_code": unit.area_code,
        "lon": unit.lon,
        "lat": unit.lat,
        "credit_code": unit.credit_code,
        "source": unit.source,
        "expected": len(unit.forms),
    }

"""An enumerator's units as a to-do list: what came back first, then what nobody visited, then what is done.

It is read a page at a time, with a network; how phones follow the register stands in ``units``.
"""

from __future__ import annotations

import math
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from typing import Any, Final, Literal, get_args
from uuid import UUID

from sqlalchemy import ColumnElement, Subquery, and_, case, func, or_, select, text, tuple_
from sqlalchemy.orm import Session

from census.errors import NotFound
from census.models.collect import Submission, Visit
from census.models.register import Assignment, EnumerationArea, Unit
from census.models.review import Decision
from census.services.register.small_map import distance_m

Show = Literal["next", "returned", "unvisited", "all"]
Standing = Literal["returned", "unvisited", "begun", "done"]
SHOWS: Final[tuple[Show, ...]] = get_args(Show)
STANDINGS: Final[tuple[Standing, ...]] = get_args(Standing)
SHOWN: Final[dict[Show, tuple[Standing, ...]]] = {
    "next": ("returned", "unvisited", "begun"),
    "returned": ("returned",),
    "unvisited": ("unvisited",),
    "all": STANDINGS,
}
NOTHING_TO_FILL: Final = ("closed", "moved", "refused", "not_found", "duplicate")
BACK: Final = ("returned", "withdrawn")
PAGE: Final = 60


@dataclass(frozen=True, slots=True)
class UnitLine:
    """One unit of the list, with the forms that were sent for it and their states."""

    unit: Unit
    standing: Standing
    submissions: tuple[Submission, ...]


@dataclass(frozen=True, slots=True)
class Returned:
    """Why one submission came back: who said so, in which words, at which items."""

    submission_id: UUID
    role: str
    note: str
    items: tuple[dict[str, Any], ...]


def counts(session: Session, account_id: UUID) -> dict[Standing, int]:
    """Count the units of an account by what is left to do with them."""
    mine = _mine(account_id)
    rows = session.execute(select(mine.c.rank, func.count()).group_by(mine.c.rank))
    found: dict[int, int] = {row[0]: row[1] for row in rows}
    return {standing: found.get(rank, 0) for rank, standing in enumerate(STANDINGS)}


def listed(
    session: Session,
    account_id: UUID,
    show: Show,
    after: UUID | None = None,
    limit: int = PAGE,
    *,
    area: str = "",
    near: tuple[float, float] | None = None,
) -> tuple[list[UnitLine], UUID | None]:
    """One page of the list and the id to continue after (None at the end).

    With ``near`` (longitude, latitude) it is the nearest ones, and there is no further page.
    """
    mine = _mine(account_id)
    order = tuple_(mine.c.rank, mine.c.region_code, mine.c.unit_id)
    wanted = [STANDINGS.index(standing) for standing in SHOWN[show]]
    query = select(mine.c.unit_id, mine.c.rank).where(mine.c.rank.in_(wanted)).order_by(order).limit(limit + 1)
    if after is not None:
        last = session.execute(
            select(mine.c.rank, mine.c.region_code, mine.c.unit_id).where(mine.c.unit_id == after),
        ).one_or_none()
        if last is None:
            raise NotFound
        query = query.where(order > tuple_(*last))
    if area or near:
        query = query.join(Unit, Unit.id == mine.c.unit_id)
    if area:
        query = query.where(Unit.area_code == area)
    if near:
        query = (
            query.where(Unit.lon.is_not(None), Unit.lat.is_not(None))
            .order_by(None)
            .order_by(_away(near), mine.c.unit_id)
        )
    found = session.execute(query).all()
    page = found[:limit]
    ids = [row.unit_id for row in page]
    units = {unit.id: unit for unit in session.scalars(select(Unit).where(Unit.id.in_(ids)))}
    sent = submissions_of(session, ids)
    lines = [UnitLine(units[row.unit_id], STANDINGS[int(row.rank)], tuple(sent.get(row.unit_id, ()))) for row in page]
    if near or len(found) <= limit:
        return lines, None
    return lines, ids[-1]


def my_unit(session: Session, account_id: UUID, unit_id: UUID) -> Unit:
    """Return a unit that is assigned to the account. Raises NotFound, also for a colleague's unit."""
    unit = session.scalar(
        select(Unit)
        .join(Assignment, Assignment.unit_id == Unit.id)
        .where(Unit.id == unit_id, Assignment.account_id == account_id),
    )
    if unit is None:
        raise NotFound
    return unit


def submissions_of(session: Session, unit_ids: Sequence[UUID]) -> dict[UUID, list[Submission]]:
    """The submissions of some units, by unit and in the order of the forms."""
    found: dict[UUID, list[Submission]] = {}
    query = select(Submission).where(Submission.unit_id.in_(unit_ids)).order_by(Submission.form, Submission.created_at)
    for submission in session.scalars(query):
        found.setdefault(submission.unit_id, []).append(submission)
    return found


def why_returned(session: Session, submissions: Iterable[Submission]) -> dict[UUID, Returned]:
    """The last return of each submission that stands returned."""
    ids = [submission.id for submission in submissions if submission.state == "returned"]
    if not ids:
        return {}
    query = (
        select(Decision)
        .where(Decision.submission_id.in_(ids), Decision.to_state == "returned")
        .order_by(Decision.decided_at)
    )
    return {  # the latest wins
        decision.submission_id: Returned(decision.submission_id, decision.role, decision.note, tuple(decision.items))
        for decision in session.scalars(query)
    }


def nearest(
    session: Session,
    account_id: UUID,
    place: tuple[float, float],
    *,
    area: str = "",
    limit: int = 50,
) -> list[tuple[Unit, int]]:
    """The account's units that are still to be done, by distance from a place (longitude, latitude), in metres."""
    mine = _mine(account_id)
    query = (
        select(Unit)
        .join(mine, mine.c.unit_id == Unit.id)
        .where(mine.c.rank != STANDINGS.index("done"), Unit.lon.is_not(None), Unit.lat.is_not(None))
        .order_by(_away(place), Unit.id)
        .limit(limit)
    )
    if area:
        query = query.where(Unit.area_code == area)
    return [
        (unit, round(distance_m(place, (unit.lon, unit.lat))))
        for unit in session.scalars(query)
        if unit.lon is not None and unit.lat is not None
    ]


def last_place(session: Session, account_id: UUID) -> tuple[float, float] | None:
    """Where the account's latest visit was: without scripts a page knows no better where somebody stands."""
    row = session.execute(
        select(func.coalesce(Visit.lon, Unit.lon).label("lon"), func.coalesce(Visit.lat, Unit.lat).label("lat"))
        .join(Unit, Unit.id == Visit.unit_id)
        .where(Visit.account_id == account_id)
        .order_by(Visit.received_at.desc())
        .limit(1),
    ).one_or_none()
    if row is None or row.lon is None or row.lat is None:
        return None
    return row.lon, row.lat


def areas_of_mine(session: Session, account_id: UUID) -> list[tuple[str, str]]:
    """The enumeration areas of the account's units: code and name."""
    mine = (
        select(Unit.area_code)
        .join(Assignment, Assignment.unit_id == Unit.id)
        .where(Assignment.account_id == account_id)
    )
    rows = session.execute(
        select(EnumerationArea.code, EnumerationArea.name)
        .where(EnumerationArea.code.in_(mine))
        .order_by(EnumerationArea.code),
    )
    return [(row.code, row.name) for row in rows]


def companion(session: Session, account_id: UUID, own_card: str) -> str:
    """The card of who went along on the account's latest visit: most often the same person goes along again."""
    cards = session.scalar(
        select(Visit.cards).where(Visit.account_id == account_id).order_by(Visit.received_at.desc()).limit(1)
    )
    return next((card for card in cards or [] if card != own_card), "")


def _away(place: tuple[float, float]) -> ColumnElement[float]:
    """How far a unit is from a place, to sort by: the square of the degrees, drawn together by the latitude."""
    squeeze = math.cos(math.radians(place[1]))
    return func.power((Unit.lon - place[0]) * squeeze, 2) + func.power(Unit.lat - place[1], 2)


def last_cards(session: Session, unit_id: UUID) -> list[str]:
    """The enumerators' cards of a unit's latest visit: a correction is signed before the same two."""
    latest = select(Visit.cards).where(Visit.unit_id == unit_id).order_by(Visit.received_at.desc()).limit(1)
    return session.scalar(latest) or []


def _mine(account_id: UUID) -> Subquery:
    """Each assigned unit with the rank of what is left to do."""
    sent = (
        select(
            Submission.unit_id,
            func.count().label("total"),
            func.jsonb_agg(Submission.form.distinct()).label("forms"),
            func.count().filter(Submission.state.in_(BACK)).label("back"),
        )
        .where(Submission.unit_id.in_(select(Assignment.unit_id).where(Assignment.account_id == account_id)))
        .group_by(Submission.unit_id)
        .subquery()
    )
    back: ColumnElement[bool] = func.coalesce(sent.c.back, 0) > 0
    nothing_sent: ColumnElement[bool] = func.coalesce(sent.c.total, 0) == 0
    # The listing form is filled before the visit: a unit with that alone is still to be visited.
    something_missing: ColumnElement[bool] = ~func.coalesce(sent.c.forms, text("'[]'::jsonb")).op("@>")(Unit.forms)
    # Numbers are places in STANDINGS; the first that holds is taken.
    rank = case(
        (back, 0),
        (Unit.outcome.in_(NOTHING_TO_FILL), 3),
        (and_(Unit.outcome.is_(None), or_(nothing_sent, something_missing)), 1),
        (nothing_sent, 2),
        else_=3,
    )
    return (
        select(Unit.id.label("unit_id"), Unit.region_code, rank.label("rank"))
        .join(Assignment, Assignment.unit_id == Unit.id)
        .outerjoin(sent, sent.c.unit_id == Unit.id)
        .where(Assignment.account_id == account_id)
        .subquery()
    )

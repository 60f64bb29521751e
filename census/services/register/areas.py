"""Enumeration areas 普查小区 at the desk: how far each has come, whose its units are, which phones hold copies."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any, Final, Literal
from uuid import UUID

from sqlalchemy import ColumnElement, exists, func, or_, select, text, true
from sqlalchemy.dialects.postgresql import distinct_on
from sqlalchemy.orm import Session

from census.access import Actor, require
from census.errors import NotFound
from census.models.people import Account
from census.models.register import Assignment, AssignmentEvent, EnumerationArea, Region, Team, Unit
from census.services.people.administration import AT_THE_DOOR, working
from census.services.register.leases import Held, copies
from census.services.register.small_map import Frame, path_of, rings_of

PAGE: Final = 50
UNITS_PAGE: Final = 100
MOST_POINTS: Final = 2_000
NONE: Final = "none"  # stands for an area's code: units found on the way that lie in none

Filter = Literal["all", "unassigned", "unvisited"]

FIGURES: Final = text("""
    select unit.area_code as code, count(*) as units,
           count(*) filter (where unit.outcome is not null) as visited,
           count(*) filter (where assignment.account_id is null) as unassigned,
           count(*) filter (where coalesce(sent.records, 0) > 0 and sent.records = sent.approved) as approved,
           count(*) filter (where exists (
               select from lease where lease.unit_id = unit.id and lease.ended_at is null)) as out,
           array_agg(distinct account.full_name order by account.full_name)
               filter (where account.id is not null) as people
      from unit
      left join assignment on assignment.unit_id = unit.id
      left join account on account.id = assignment.account_id
      left join lateral (
           select count(*) as records, count(*) filter (where state = any(:approved)) as approved
             from submission where submission.unit_id = unit.id and state <> 'withdrawn' and applies) sent on true
     where unit.area_code = any(:codes) or (:none and unit.area_code is null)
     group by unit.area_code
""")
APPROVED: Final = (
    "supervisor_approved",
    "county_approved",
    "city_approved",
    "province_approved",
    "handed_up",
    "accepted",
)


@dataclass(frozen=True, slots=True)
class Figures:
    """How far the units of one area have come."""

    units: int = 0
    visited: int = 0
    unassigned: int = 0
    approved: int = 0
    out: int = 0  # units of which a phone holds a copy
    people: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class AreaLine:
    """One area of the list."""

    code: str
    name: str
    place: str
    figures: Figures


@dataclass(frozen=True, slots=True)
class AreaUnit:
    """One unit of an area: whose it is, which phones hold it, and why it was handed back if it was."""

    unit: Unit
    account_id: UUID | None
    holder: str
    team: str
    held: Sequence[Held]
    handed_back: AssignmentEvent | None


@dataclass(frozen=True, slots=True)
class Point:
    """One unit in the drawing of its area."""

    x: float
    y: float
    name: str
    colour: str


@dataclass(frozen=True, slots=True)
class AreaMap:
    """An area and its units, drawn from coordinates alone."""

    outline: str
    points: tuple[Point, ...]
    scale_m: int
    scale_width: float
    is_schematic: bool


@dataclass(frozen=True, slots=True)
class AreaFile:
    """One area with a page of its units."""

    area: EnumerationArea | None
    place: str
    figures: Figures
    units: Sequence[AreaUnit]
    more: UUID | None
    map: AreaMap | None


@dataclass(frozen=True, slots=True)
class Crew:
    """Who may get units of a place, with how many each has now."""

    people: Sequence[tuple[Account, int]]
    teams: Sequence[Team]


def areas(
    session: Session,
    actor: Actor,
    *,
    region: str = "",
    after: str = "",
    with_empty: bool = False,
) -> tuple[list[AreaLine], str]:
    """One page of areas by code, and the code to continue after ("" at the end).

    Areas without units only when asked for.
    """
    require(actor, "assign")
    query = (
        select(EnumerationArea.code, EnumerationArea.name)
        .where(EnumerationArea.code > after)
        .order_by(EnumerationArea.code)
    )
    if region:
        query = query.where(EnumerationArea.region_code.startswith(region, autoescape=True))
    if not with_empty:
        query = query.where(exists().where(Unit.area_code == EnumerationArea.code))
    rows = session.execute(query.limit(PAGE + 1)).all()
    page = rows[:PAGE]
    figures = _figures(session, [row.code for row in page], with_none=not after and not region)
    names = _names(session, {row.code[:length] for row in page for length in (9, 12)})
    lines = [
        AreaLine(
            row.code,
            row.name,
            f"{names.get(row.code[:9], '')} {names.get(row.code[:12], '')}".strip(),
            figures.get(row.code, Figures()),
        )
        for row in page
    ]
    if None in figures:
        lines.insert(0, AreaLine(NONE, "未划入小区", "路上新发现的单位", figures[None]))
    if len(rows) <= PAGE:
        return lines, ""
    return lines, page[-1].code


def area_file(
    session: Session,
    actor: Actor,
    code: str,
    *,
    show: Filter = "all",
    after: UUID | None = None,
    at: datetime,
) -> AreaFile:
    """One area with a page of its units by id. Raises NotFound outside the actor's regions."""
    require(actor, "assign")
    # Units that lie in no area are listed like those of one, but there is nothing to name or to draw around them.
    area, place, inside = None, "", Unit.area_code.is_(None)
    if code != NONE:
        area = session.get(EnumerationArea, code)
        if area is None:
            raise NotFound
        place = _place(session, area)
        inside = Unit.area_code == code
    query = (
        select(Unit, Assignment.account_id, Account.full_name, Team.name)
        .outerjoin(Assignment, Assignment.unit_id == Unit.id)
        .outerjoin(Account, Account.id == Assignment.account_id)
        .outerjoin(Team, Team.id == Assignment.team_id)
        .where(inside, _shown(show))
        .order_by(Unit.id)
        .limit(UNITS_PAGE + 1)
    )
    if after:
        query = query.where(Unit.id > after)
    rows = session.execute(query).all()
    page = rows[:UNITS_PAGE]
    ids = [row[0].id for row in page]
    held = copies(session, ids, at)
    backs = _handed_back(session, [row[0].id for row in page if row[1] is None])
    units = [
        AreaUnit(unit, account, who or "", team or "", held.get(unit.id, ()), backs.get(unit.id))
        for unit, account, who, team in page
    ]
    more = ids[-1] if len(rows) > UNITS_PAGE else None
    figures = _figures(session, [code], with_none=area is None).get(area and area.code, Figures())
    return AreaFile(area, place, figures, units, more, _map(session, area, inside))


def areas_of(session: Session, actor: Actor) -> Sequence[EnumerationArea]:
    """The areas of the units that are the actor's or wait in the actor's team, by code."""
    mine = (
        select(Unit.area_code)
        .join(Assignment, Assignment.unit_id == Unit.id)
        .join(Account, Account.id == actor.account_id)
        .where(or_(Assignment.account_id == actor.account_id, Assignment.team_id == Account.team_id))
    )
    return session.scalars(
        select(EnumerationArea).where(EnumerationArea.code.in_(mine)).order_by(EnumerationArea.code)
    ).all()


def crew(session: Session, region: str) -> Crew:
    """Enumerators who work in a region (a code prefix) or above it, with their loads; and its teams."""
    loads = select(Assignment.account_id, func.count().label("units")).group_by(Assignment.account_id).subquery()
    people = session.execute(
        working(region, *AT_THE_DOOR)
        .add_columns(func.coalesce(loads.c.units, 0))
        .outerjoin(loads, loads.c.account_id == Account.id),
    ).all()
    teams = session.scalars(
        select(Team)
        .where(
            or_(func.starts_with(region, Team.region_code), Team.region_code.startswith(region, autoescape=True)),
        )
        .order_by(Team.name, Team.id)
    ).all()
    return Crew([(account, int(units)) for account, units in people], teams)


def _shown(show: Filter) -> ColumnElement[bool]:
    match show:
        case "unassigned":
            return Assignment.account_id.is_(None)
        case "unvisited":
            return Unit.outcome.is_(None)
        case "all":
            return true()


def towns(session: Session) -> list[tuple[str, str]]:
    """The towns in which the caller has areas: code and name."""
    codes = select(func.left(EnumerationArea.region_code, 9)).distinct()
    return [
        (row.code, row.name)
        for row in session.execute(select(Region.code, Region.name).where(Region.code.in_(codes)).order_by(Region.code))
    ]


def _figures(session: Session, codes: Sequence[str], *, with_none: bool) -> dict[str | None, Figures]:
    rows = session.execute(FIGURES, {"codes": list(codes), "none": with_none, "approved": list(APPROVED)})
    return {
        row.code: Figures(row.units, row.visited, row.unassigned, row.approved, row.out, tuple(row.people or ()))
        for row in rows
    }


def _place(session: Session, area: EnumerationArea) -> str:
    """The town and the village of an area, in words."""
    names = _names(session, {area.code[:9], area.code[:12]})
    return " ".join(names[code] for code in sorted(names))


def _names(session: Session, codes: set[str]) -> dict[str, str]:
    return {
        row.code: row.name for row in session.execute(select(Region.code, Region.name).where(Region.code.in_(codes)))
    }


def _handed_back(session: Session, unit_ids: Sequence[UUID]) -> Mapping[UUID, AssignmentEvent]:
    if not unit_ids:
        return {}
    latest = (
        select(AssignmentEvent)
        .where(AssignmentEvent.unit_id.in_(unit_ids))
        .ext(distinct_on(AssignmentEvent.unit_id))
        .order_by(AssignmentEvent.unit_id, AssignmentEvent.id.desc())
    )
    return {event.unit_id: event for event in session.scalars(latest) if event.kind == "handed_back"}


def _map(session: Session, area: EnumerationArea | None, inside: ColumnElement[bool]) -> AreaMap | None:
    rings = rings_of(area and area.boundary)
    places: Sequence[Any] = session.execute(
        select(Unit.lon, Unit.lat, Unit.name, Unit.outcome, Assignment.account_id)
        .outerjoin(Assignment, Assignment.unit_id == Unit.id)
        .where(inside, Unit.lon.is_not(None), Unit.lat.is_not(None))
        .limit(MOST_POINTS)
    ).all()
    shown = [point for ring in rings for point in ring] or [(row.lon, row.lat) for row in places]
    if not shown:
        return None
    frame = Frame(shown)
    points = [Point(*frame.place((row.lon, row.lat)), row.name, _colour(row.account_id, row.outcome)) for row in places]
    scale_m = frame.round_length()
    return AreaMap(
        "".join(path_of(frame, ring) for ring in rings),
        tuple(points),
        scale_m,
        round(scale_m * frame.pixels_per_m, 1),
        is_schematic=bool(area and area.is_schematic),
    )


def _colour(account_id: UUID | None, outcome: str | None) -> str:
    """Amber is what the desk has to act on: a unit that is nobody's."""
    if account_id is None:
        return "amber"
    if outcome:
        return "green"
    return "blue"

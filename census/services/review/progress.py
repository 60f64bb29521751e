"""How far a region has come: records by state and town, the checks that stop most, and what has waited longest."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

from sqlalchemy import BigInteger, cast, func, select
from sqlalchemy.orm import Session

from census.access import Actor
from census.models.collect import SubmissionTally
from census.models.register import Region, Unit
from census.models.review import FindingRow
from census.services.collect.states import STATE_NAMES
from census.services.review.queue import QueueEntry, queue, within

TOP_CHECKS = 8
OLDEST = 6
TOWN_DIGITS = 9


@dataclass(frozen=True, slots=True)
class Town:
    """One town: units in the register, units with at least one record, and records by state."""

    code: str
    name: str
    units: int
    states: Mapping[str, int]

    @property
    def records(self) -> int:
        return sum(self.states.values())


@dataclass(frozen=True, slots=True)
class CheckCount:
    """How many records a check questions, and how many of them have no explanation yet."""

    check: str
    severity: str
    message: str
    records: int
    open: int


@dataclass(frozen=True, slots=True)
class Overview:
    """The page of figures for a reviewer's regions."""

    units: int
    states: Mapping[str, int]
    towns: tuple[Town, ...]
    checks: tuple[CheckCount, ...]
    oldest: tuple[QueueEntry, ...]


def overview(session: Session, actor: Actor) -> Overview:
    """Count everything in the actor's regions, with five queries however many records there are."""
    town, records = func.left(SubmissionTally.region_code, 9), cast(func.sum(SubmissionTally.records), BigInteger)
    rows = session.execute(
        select(town.label("town"), SubmissionTally.state, records.label("records"))
        .where(within(actor, SubmissionTally.region_code))
        .group_by(town, SubmissionTally.state)
        .having(records > 0)
    ).all()
    unit_town = func.left(Unit.region_code, 9)
    units = {
        row.town: row.units
        for row in session.execute(
            select(unit_town.label("town"), func.count().label("units"))
            .where(within(actor, Unit.region_code))
            .group_by(unit_town)
        )
    }
    by_town: dict[str, dict[str, int]] = {code: {} for code in units}
    states: dict[str, int] = {}
    for row in rows:
        by_town.setdefault(row.town, {})[row.state] = row.records
        states[row.state] = states.get(row.state, 0) + row.records
    names = dict(session.execute(select(Region.code, Region.name).where(Region.code.in_(by_town))).all())
    return Overview(
        units=sum(units.values()),
        states={state: states[state] for state in STATE_NAMES if state in states},
        towns=tuple(
            Town(code, _place(code, names.get(code, code)), units.get(code, 0), by_town[code])
            for code in sorted(by_town, key=_towns_first)
        ),
        checks=_checks(session, actor),
        oldest=queue(session, actor, limit=OLDEST).entries,
    )


def _towns_first(code: str) -> tuple[bool, str]:
    return len(code) < TOWN_DIGITS, code


def _place(code: str, name: str) -> str:
    """A region's own forms stand in a line of their own beside its towns."""
    if len(code) < TOWN_DIGITS:
        return f"{name}综合表"
    return name


def _checks(session: Session, actor: Actor) -> tuple[CheckCount, ...]:
    records = func.count(FindingRow.submission_id.distinct())
    rows = session.execute(
        select(
            FindingRow.check_id,
            FindingRow.severity,
            func.min(FindingRow.message).label("message"),
            records.label("records"),
            func.count(FindingRow.submission_id.distinct()).filter(FindingRow.state == "open").label("open"),
        )
        .where(within(actor, FindingRow.region_code))
        .group_by(FindingRow.check_id, FindingRow.severity)
        .order_by(records.desc(), FindingRow.check_id)
        .limit(TOP_CHECKS)
    )
    return tuple(CheckCount(row.check_id, row.severity, row.message, row.records, row.open) for row in rows)

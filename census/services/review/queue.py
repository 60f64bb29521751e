"""The queue of a reviewer: what waits, oldest first, paged by key, with counts for the filters beside it."""

from __future__ import annotations

import base64
import binascii
from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime
from functools import lru_cache
from typing import Any, Final
from uuid import UUID

from sqlalchemy import (
    BigInteger,
    ColumnElement,
    Row,
    Select,
    SQLColumnExpression,
    and_,
    cast,
    exists,
    func,
    or_,
    select,
    true,
    tuple_,
    union_all,
)
from sqlalchemy.orm import InstrumentedAttribute, Session, aliased

from census.access import Actor, require
from census.errors import InvalidInput
from census.models.collect import Submission, SubmissionTally
from census.models.register import Region, Unit
from census.models.review import FindingRow
from census.services.collect.states import STATE_NAMES, WAITING
from census.services.review.obstacles import regional_forms

LONGEST_PAGE: Final = 200
LISTED_CHECKS: Final = 30
MADE: Final = 200  # statements kept, of as many reviewers' devices and filters
CHECKED_FIRST: Final = 1_000  # in a longer queue the findings of so many records are counted, the oldest ones
Rows = type[Submission] | type[SubmissionTally]


@dataclass(frozen=True, slots=True, kw_only=True)
class Filters:
    """What a reviewer asked to see; empty values do not filter. Without a state: what waits for the actor."""

    state: str = ""
    form: str = ""
    region: str = ""  # a code prefix
    check: str = ""

    def as_query(self) -> dict[str, str]:
        """The filters as query parameters, for links that stay inside the same queue."""
        return {name: value for name in ("state", "form", "region", "check") if (value := getattr(self, name))}


@dataclass(frozen=True, slots=True)
class QueueEntry:
    """One waiting record as the list shows it."""

    id: UUID
    unit_id: UUID
    unit_name: str
    form: str
    version: str
    region_code: str
    town_name: str
    village_name: str
    state: str
    revision: int
    judge_due: bool
    error_count: int
    warning_count: int
    unexplained_count: int
    updated_at: datetime

    @property
    def is_clean(self) -> bool:
        """Whether it has no finding at all, so that it may be approved together with others."""
        return not (self.error_count or self.warning_count or self.judge_due)


@dataclass(frozen=True, slots=True)
class QueuePage:
    """One page of the queue; ``next_cursor`` is empty on the last."""

    entries: tuple[QueueEntry, ...]
    next_cursor: str


@dataclass(frozen=True, slots=True)
class Facets:
    """How many records each choice of a filter would show; ``checks`` counts records with that finding."""

    states: Mapping[str, int] = field(default_factory=dict[str, int])
    forms: Mapping[str, int] = field(default_factory=dict[str, int])
    towns: Mapping[str, tuple[str, int]] = field(default_factory=dict[str, tuple[str, int]])
    checks: Mapping[str, int] = field(default_factory=dict[str, int])


@dataclass(frozen=True, slots=True)
class Neighbours:
    """Where a record stands in the queue: its number, of how many, and the ones before and after it."""

    position: int
    total: int
    previous: UUID | None
    next: UUID | None


def queue(
    session: Session,
    actor: Actor,
    *,
    state: str | None = None,
    form: str | None = None,
    region: str | None = None,
    check: str | None = None,
    cursor: str | None = None,
    limit: int = 25,
) -> QueuePage:
    """One page of the actor's queue, oldest first. Raises NotAllowed for who reviews nothing."""
    filters = Filters(state=state or "", form=form or "", region=region or "", check=check or "")
    limit = max(1, min(limit, LONGEST_PAGE))
    rows = session.execute(_wanted(actor, filters, cursor, limit + 1)).all()
    entries = tuple(_entry(row) for row in rows[:limit])
    if len(rows) <= limit:
        return QueuePage(entries, "")
    return QueuePage(entries, _cursor(entries[-1]))


def _wanted(actor: Actor, filters: Filters, cursor: str | None, limit: int) -> Select[*tuple[Any, ...]]:
    if not cursor:
        return _first(actor, filters, limit)
    return _after(actor, filters, _position(cursor), limit)


@lru_cache(maxsize=MADE)
def _first(actor: Actor, filters: Filters, limit: int) -> Select[*tuple[Any, ...]]:
    """The first page, which everybody opens again and again: making its statement takes as long as running it."""
    return _page(_nearest(actor, filters, true(), limit))


def _after(actor: Actor, filters: Filters, position: tuple[datetime, UUID], limit: int) -> Select[*tuple[Any, ...]]:
    return _page(_nearest(actor, filters, tuple_(Submission.updated_at, Submission.id) > position, limit))


def _page(wanted: Select[UUID, datetime]) -> Select[*tuple[Any, ...]]:
    nearest, town, village = wanted.subquery(), aliased(Region), aliased(Region)
    return (
        select(
            Submission, Unit.name.label("unit_name"), town.name.label("town_name"), village.name.label("village_name")
        )
        .join(nearest, nearest.c.id == Submission.id)
        .join(Unit, Unit.id == Submission.unit_id)
        .outerjoin(town, town.code == func.left(Submission.region_code, 9))
        .outerjoin(village, and_(village.code == Submission.region_code, func.length(Submission.region_code) == 12))
        .order_by(Submission.updated_at, Submission.id)
    )


def facets(session: Session, actor: Actor, filters: Filters) -> Facets:
    """Counts for every filter, in two queries. States are counted whatever state is chosen."""
    rows = session.execute(_summed(actor, Filters(form=filters.form, region=filters.region, check=filters.check))).all()
    shown = {filters.state} if filters.state else set(waiting_states(actor))
    states: dict[str, int] = {}
    forms: dict[str, int] = {}
    towns: dict[str, tuple[str, int]] = {}
    # Each row belongs to one of three grouping sets: by state alone, by state and form, by state and town.
    for row in rows:
        if row.form is None and row.town is None:
            states[row.state] = row.records
        elif row.state not in shown:
            continue
        elif row.form is not None:
            forms[row.form] = forms.get(row.form, 0) + row.records
        else:
            name, count = towns.get(row.town, (row.name or row.town, 0))
            towns[row.town] = (name, count + row.records)
    return Facets(
        {name: states[name] for name in STATE_NAMES if name in states},
        dict(sorted(forms.items())),
        dict(sorted(towns.items())),
        _checks(session, actor, filters),
    )


@lru_cache(maxsize=MADE)
def _summed(actor: Actor, filters: Filters) -> Select[*tuple[Any, ...]]:
    # Tallies answer at any size of the district, but know nothing of checks: for those the records are counted.
    of: Rows = SubmissionTally
    records: ColumnElement[int] = cast(func.sum(SubmissionTally.records), BigInteger)
    if filters.check:
        of, records = Submission, func.count()
    town = func.left(of.region_code, 9)
    return (
        select(of.state, of.form, town.label("town"), func.min(Region.name).label("name"), records.label("records"))
        .outerjoin(Region, Region.code == town)
        .where(within(actor, of.region_code), _asked(filters, of))
        .group_by(func.grouping_sets(of.state, tuple_(of.state, of.form), tuple_(of.state, town)))
        .having(records > 0)
    )


def neighbours(session: Session, actor: Actor, filters: Filters, submission: Submission) -> Neighbours:
    """Where a record stands in the queue that the filters describe, also when it is not (any more) part of it."""
    key = tuple_(Submission.updated_at, Submission.id)
    here = tuple_(submission.updated_at, submission.id)  # type: ignore[arg-type]  # values become bound parameters
    before = select(func.count()).select_from(Submission).where(_matches(actor, filters), key < here).scalar_subquery()
    if filters.check:
        total = select(func.count()).select_from(Submission).where(_matches(actor, filters)).scalar_subquery()
    else:
        total = (
            select(func.coalesce(cast(func.sum(SubmissionTally.records), BigInteger), 0))
            .where(_matches(actor, filters, SubmissionTally))
            .scalar_subquery()
        )
    last = _nearest(actor, filters, key < here, 1, backwards=True).subquery()
    following = _nearest(actor, filters, key > here, 1).subquery()
    row = session.execute(
        select(
            before.label("before"),
            total.label("total"),
            select(last.c.id).scalar_subquery().label("last"),
            select(following.c.id).scalar_subquery().label("following"),
        )
    ).one()
    return Neighbours(row.before + 1, row.total, row.last, row.following)


def waiting_states(actor: Actor) -> tuple[str, ...]:
    """The states that wait for one of the actor's roles."""
    waiting = {state for role in actor.roles for state in WAITING.get(role, ())}
    return tuple(state for state in STATE_NAMES if state in waiting)


def _checks(session: Session, actor: Actor, filters: Filters) -> dict[str, int]:
    return {row.check_id: row.records for row in session.execute(_counted(actor, filters))}


@lru_cache(maxsize=MADE)
def _counted(actor: Actor, filters: Filters) -> Select[str, int]:
    shown = Filters(state=filters.state, form=filters.form, region=filters.region)
    first = _nearest(actor, shown, true(), CHECKED_FIRST).subquery()
    # A record may have one finding of a check in several rows. Pairs are told apart by hash, without sorting.
    pairs = (
        select(FindingRow.check_id, FindingRow.submission_id)
        .join(first, first.c.id == FindingRow.submission_id)
        .distinct()
        .subquery()
    )
    records = func.count()
    return (
        select(pairs.c.check_id, records.label("records"))
        .group_by(pairs.c.check_id)
        .order_by(records.desc(), pairs.c.check_id)
        .limit(LISTED_CHECKS)
    )


def _nearest(
    actor: Actor, filters: Filters, where: ColumnElement[bool], limit: int, *, backwards: bool = False
) -> Select[UUID, datetime]:
    """The first records of the queue, or the last.

    Of each state as many as asked for are read in the order of its index, then the first of these are taken: one sort
    over all states would read the whole queue.
    """

    def ordered(at: SQLColumnExpression[Any], number: SQLColumnExpression[Any]) -> tuple[ColumnElement[Any], ...]:
        if backwards:
            return at.desc(), number.desc()
        return at.asc(), number.asc()

    parts = [
        select(Submission.id, Submission.updated_at)
        .where(Submission.state == state, place, _asked(filters), where)
        .order_by(*ordered(Submission.updated_at, Submission.id))
        .limit(limit)
        .subquery()
        for state, place in _places(actor, filters, Submission).items()
    ]
    together = union_all(*(select(part.c.id, part.c.updated_at) for part in parts)).subquery()
    return (
        select(together.c.id, together.c.updated_at)
        .order_by(*ordered(together.c.updated_at, together.c.id))
        .limit(limit)
    )


def _places(actor: Actor, filters: Filters, of: Rows) -> dict[str, ColumnElement[bool]]:
    """The states that are asked for, each with the regions in which it concerns the actor."""
    if filters.state:
        return {filters.state: within(actor, of.region_code)}
    require(actor, "review")
    places: dict[str, list[ColumnElement[bool]]] = {}
    for grant in actor.grants:
        for state in WAITING.get(grant.role, ()):
            places.setdefault(state, []).append(of.region_code.startswith(grant.region_code, autoescape=True))
        # Departments' forms come straight to the county: no supervisor goes there, and their unit is the county itself.
        if grant.role == "county":
            here = and_(of.region_code == grant.region_code, of.form.in_(regional_forms()))
            places.setdefault("checked", []).append(here)
    return {state: or_(*below) for state, below in places.items()}


def _matches(actor: Actor, filters: Filters, of: Rows = Submission) -> ColumnElement[bool]:
    places = _places(actor, filters, of)
    return and_(or_(*(and_(of.state == state, place) for state, place in places.items())), _asked(filters, of))


def within(actor: Actor, region_code: InstrumentedAttribute[str]) -> ColumnElement[bool]:
    """Rows of the regions that the actor reviews. Raises NotAllowed for who reviews nothing.

    Row-level security already hides other regions; this hides those where the actor only has another role.
    """
    require(actor, "review")
    return or_(*(region_code.startswith(prefix, autoescape=True) for prefix in actor.regions("review")))


def _asked(filters: Filters, of: Rows = Submission) -> ColumnElement[bool]:
    conditions: list[ColumnElement[bool]] = []
    if filters.form:
        conditions.append(of.form == filters.form)
    if filters.region:
        conditions.append(of.region_code.startswith(filters.region, autoescape=True))
    if filters.check:
        conditions.append(
            exists().where(FindingRow.submission_id == Submission.id, FindingRow.check_id == filters.check)
        )
    return and_(True, *conditions)


def _entry(row: Row[Submission, str, str, str]) -> QueueEntry:
    submission = row[0]
    return QueueEntry(
        id=submission.id,
        unit_id=submission.unit_id,
        unit_name=row.unit_name,
        form=submission.form,
        version=submission.version,
        region_code=submission.region_code,
        town_name=row.town_name or "",
        village_name=row.village_name or "",
        state=submission.state,
        revision=submission.revision,
        judge_due=submission.judge_due,
        error_count=submission.error_count,
        warning_count=submission.warning_count,
        unexplained_count=submission.unexplained_count,
        updated_at=submission.updated_at,
    )


def _cursor(entry: QueueEntry) -> str:
    return base64.urlsafe_b64encode(f"{entry.updated_at.isoformat()}|{entry.id}".encode()).decode().rstrip("=")


def _position(cursor: str) -> tuple[datetime, UUID]:
    try:
        at, _, number = base64.urlsafe_b64decode(cursor + "=" * (-len(cursor) % 4)).decode().partition("|")
        return datetime.fromisoformat(at), UUID(number)
    except (ValueError, binascii.Error) as error:
        raise InvalidInput("翻页位置已失效，请从第一页重新开始。") from error

"""Finding cases: by state, place, words, lateness, or as the cases that a figure of a report counts."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import date
from uuid import UUID

from sqlalchemy import ColumnElement, TextClause, false, func, or_, select, text, true, tuple_
from sqlalchemy.orm import Session, aliased

from census.clock import today
from census.errors import InvalidInput
from census.models.cases import Case
from census.models.files import Blob
from census.models.people import Account
from census.models.register import Region
from census.services.cases.reports import Window, case_ids_sql
from census.services.cases.states import RUNNING, STATE_NAMES


@dataclass(frozen=True, slots=True, kw_only=True)
class Filters:
    """Which cases are wanted. A figure takes its own window; the other filters narrow it further."""

    state: str = ""
    region: str = ""
    words: str = ""
    is_overdue: bool = False
    figure: str = ""
    window: Window | None = None


@dataclass(frozen=True, slots=True)
class CasePage:
    """One page of cases, newest find first, and the cursor of the next ("" at the end)."""

    cases: Sequence[Case]
    cursor: str


@dataclass(frozen=True, slots=True)
class CaseCounts:
    """How many cases the caller has, by state and by town, and how many are late."""

    by_state: Mapping[str, int]
    by_town: Sequence[tuple[str, str, int]]  # code, name, cases
    overdue: int

    @property
    def total(self) -> int:
        return sum(self.by_state.values())


def find_cases(session: Session, filters: Filters, *, cursor: str = "", limit: int = 50) -> CasePage:
    """One page of the cases in the transaction's regions. Raises InvalidInput for a cursor or state that is none."""
    wanted = select(Case).where(*_conditions(filters)).order_by(Case.found_on.desc(), Case.id.desc()).limit(limit + 1)
    if cursor:
        found_on, case_id = _read_cursor(cursor)
        wanted = wanted.where(tuple_(Case.found_on, Case.id) < tuple_(found_on, case_id))
    rows = list(session.scalars(wanted))
    if len(rows) <= limit:
        return CasePage(rows, "")
    last = rows[limit - 1]
    return CasePage(rows[:limit], f"{last.found_on}_{last.id}")


def count_cases(session: Session) -> CaseCounts:
    """Counts for the list's filters, over all of the caller's cases."""
    states = session.execute(select(Case.state, func.count()).group_by(Case.state))
    town = func.left(Case.region_code, 9)
    towns = session.execute(
        select(town, func.max(Region.name), func.count())
        .outerjoin(Region, Region.code == town)
        .group_by(town)
        .order_by(town)
    )
    overdue = session.scalar(select(func.count()).select_from(Case).where(_is_overdue())) or 0
    counted = {state: count for state, count in states}  # noqa: C416 - dict() would lose the types
    return CaseCounts(
        {state: counted[state] for state in STATE_NAMES if state in counted},
        [(code, name or code, count) for code, name, count in towns],
        overdue,
    )


def is_overdue(case: Case) -> bool:
    """Tell whether the rectification is later than its deadline."""
    return case.deadline is not None and case.deadline < today() and case.state in RUNNING


def names_of(session: Session, account_ids: set[UUID | None]) -> dict[UUID, str]:
    """Who the people behind events are."""
    found = session.execute(select(Account.id, Account.full_name).where(Account.id.in_(account_ids - {None})))
    return {account_id: name for account_id, name in found}  # noqa: C416 - dict() would lose the types


def stored_among(session: Session, names: Sequence[str]) -> dict[str, str]:
    """Which of the named files have arrived: SHA-256 and media type."""
    found = session.execute(select(Blob.sha256, Blob.media_type).where(Blob.sha256.in_(names)))
    return {sha256: media_type for sha256, media_type in found}  # noqa: C416 - dict() would lose the types


def place_of(session: Session, region_code: str) -> str:
    """The town and village of a code, or the region above them, in words."""
    codes = [region_code[:length] for length in (9, 12) if len(region_code) >= length] or [region_code]
    found = session.scalars(select(Region.name).where(Region.code.in_(codes)).order_by(Region.code))
    return " ".join(found) or region_code


def villages_of(session: Session, scope: Sequence[str]) -> list[tuple[str, str, str]]:
    """The villages of the regions, each with its town: code, village, town."""
    town, village = aliased(Region), aliased(Region)
    found = session.execute(
        select(village.code, village.name, town.name)
        .join(town, town.code == village.parent_code)
        .where(village.level == "village", or_(false(), *(village.code.startswith(code) for code in scope)))
        .order_by(village.code)
    )
    return [(code, name, town_name) for code, name, town_name in found]


def _conditions(filters: Filters) -> list[ColumnElement[bool]]:
    conditions: list[ColumnElement[bool]] = [true()]
    if filters.state in STATE_NAMES:
        conditions.append(Case.state == filters.state)
    elif filters.state:  # an address somebody wrote: no case is in a state that there is not
        conditions.append(false())
    if filters.region:
        conditions.append(Case.region_code.startswith(filters.region, autoescape=True))
    if filters.words:
        conditions.append(
            Case.name.contains(filters.words, autoescape=True)
            | Case.case_no.startswith(filters.words, autoescape=True)
            | Case.address.contains(filters.words, autoescape=True)
        )
    if filters.is_overdue:
        conditions.append(_is_overdue())
    if filters.figure and filters.window:
        counted = _bound(case_ids_sql(filters.figure), filters.window).columns(Case.id)
        conditions.append(Case.id.in_(counted))
    return conditions


def _bound(sql: str, window: Window) -> TextClause:
    """The query with those of the window's parameters that it names."""
    return text(sql).bindparams(**{name: value for name, value in window.parameters().items() if f":{name}" in sql})


def _is_overdue() -> ColumnElement[bool]:
    return (Case.deadline < today()) & Case.state.in_(RUNNING)


def _read_cursor(cursor: str) -> tuple[date, UUID]:
    found_on, _, case_id = cursor.partition("_")
    try:
        return date.fromisoformat(found_on), UUID(case_id)
    except ValueError:
        raise InvalidInput("翻页位置无效。请从第一页看起。", fields={"cursor": "无效"}) from None

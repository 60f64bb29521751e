"""The register 名录 as desks read it: find a unit, and see all that is known of one. Nothing is changed here."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Final
from uuid import UUID

from sqlalchemy import select, tuple_
from sqlalchemy.orm import Session

from census.access import Actor, require
from census.db import now
from census.errors import NotFound
from census.models.collect import Submission, Visit, VisitConflict
from census.models.people import Account
from census.models.register import Assignment, EnumerationArea, Region, Unit
from census.services.register.leases import Held, copies

PAGE: Final = 50
KINDS: Final = {
    "industrial": "工业企业",
    "livestock": "规模化畜禽养殖场",
    "domestic": "生活源锅炉及其他",
    "centralized": "集中式污染治理设施",
    "county": "县（区）综合",
    "city": "地市综合",
    "mobile": "油库、加油站和运输企业",
    "scattered": "散乱污场所",
}
OUTCOMES: Final = {
    "done": "已完成",
    "stopped": "停产",
    "closed": "关闭",
    "moved": "搬迁",
    "refused": "拒访",
    "not_found": "查无",
    "duplicate": "重复",
}


@dataclass(frozen=True, slots=True)
class UnitEntry:
    """One unit of the list, with its forms in review and who visits it."""

    unit: Unit
    village: str
    enumerator: str
    submissions: Sequence[Submission]


@dataclass(frozen=True, slots=True)
class UnitFile:
    """One unit: place, who visits it, what was filled, who went when."""

    unit: Unit
    place: str
    area: EnumerationArea | None
    enumerator: str
    submissions: Sequence[Submission]
    visits: Sequence[Visit]
    conflicts: Sequence[VisitConflict]  # other visits that were sent under the same ids
    held: Sequence[Held]  # offline copies on phones


def find_units(
    session: Session,
    actor: Actor,
    *,
    words: str = "",
    region: str = "",
    after: UUID | None = None,
) -> tuple[list[UnitEntry], UUID | None]:
    """One page of units in the actor's regions by place, and the id to continue after.

    ``words``: part of name or credit code.
    """
    require(actor, "read_register")
    order = tuple_(Unit.region_code, Unit.id)
    query = (
        select(Unit, Region.name, Account.full_name)
        .outerjoin(Region, Region.code == Unit.region_code)
        .outerjoin(Assignment, Assignment.unit_id == Unit.id)
        .outerjoin(Account, Account.id == Assignment.account_id)
        .order_by(Unit.region_code, Unit.id)
        .limit(PAGE + 1)  # as columns: of a row the index knows nothing
    )
    if words:
        query = query.where(
            Unit.name.contains(words, autoescape=True) | (Unit.credit_code == words.upper()),
        )
    if region:
        query = query.where(Unit.region_code.startswith(region, autoescape=True))
    if after:
        last = session.get(Unit, after)
        if last is None:
            raise NotFound
        query = query.where(order > tuple_(last.region_code, last.id))
    rows = session.execute(query).all()
    page = rows[:PAGE]
    sent = _submissions(session, [unit.id for unit, _, _ in page])
    entries = [UnitEntry(unit, village or "", who or "", sent.get(unit.id, ())) for unit, village, who in page]
    if len(rows) <= PAGE:
        return entries, None
    return entries, page[-1][0].id


def unit_file(session: Session, actor: Actor, unit_id: UUID) -> UnitFile:
    """All that is known of one unit. Raises NotFound outside the actor's regions."""
    require(actor, "read_register")
    found = session.execute(
        select(Unit, EnumerationArea, Account.full_name)
        .outerjoin(EnumerationArea, EnumerationArea.code == Unit.area_code)
        .outerjoin(Assignment, Assignment.unit_id == Unit.id)
        .outerjoin(Account, Account.id == Assignment.account_id)
        .where(Unit.id == unit_id)
    ).one_or_none()
    if found is None:
        raise NotFound
    unit, area, who = found
    codes = [unit.region_code[:length] for length in (6, 9, 12) if len(unit.region_code) >= length]
    names = session.scalars(select(Region.name).where(Region.code.in_(codes)).order_by(Region.code)).all()
    visits = session.scalars(select(Visit).where(Visit.unit_id == unit.id).order_by(Visit.received_at.desc())).all()
    conflicts = session.scalars(
        select(VisitConflict).where(VisitConflict.unit_id == unit.id).order_by(VisitConflict.received_at.desc())
    ).all()
    held = copies(session, [unit.id], now()).get(unit.id, ())
    return UnitFile(
        unit,
        " ".join(names),
        area,
        who or "",
        _submissions(session, [unit.id]).get(unit.id, ()),
        visits,
        conflicts,
        held,
    )


def _submissions(session: Session, unit_ids: list[UUID]) -> dict[UUID, list[Submission]]:
    sent: dict[UUID, list[Submission]] = {}
    for submission in session.scalars(
        select(Submission).where(Submission.unit_id.in_(unit_ids)).order_by(Submission.form, Submission.id)
    ):
        sent.setdefault(submission.unit_id, []).append(submission)
    return sent

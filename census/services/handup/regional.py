"""Forms about a whole county or city 综合表: departments fill them, the county reviews them without a supervisor.

A region stands in the register as a unit of its own (kind ``county`` or ``city``), so that answers, checks, review,
gate and export treat its forms like any other. Computed forms are worked out here and shown with their working, never
typed.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Final
from uuid import UUID, uuid5

from sqlalchemy import select
from sqlalchemy.dialects.postgresql import insert
from sqlalchemy.orm import Session

from census.access import Actor, require
from census.db import new_id, now
from census.errors import InvalidInput, NotFound
from census.models.people import Account, RoleGrant
from census.models.register import Assignment, Region, Unit
from census.services import evidence
from census.services.collect import drafts
from forms.catalogue import catalogue
from forms.definition import Form
from validation.applicability import REGIONAL, SOURCES
from validation.rulebook import compile_form
from validation.working import Figure, figures

REGIONS: Final = UUID("6f1d9a52-6c4e-5d0b-9d5e-44011300c0de")  # the ids of region units follow from their codes
KIND_OF_LENGTH: Final = {4: "city", 6: "county"}


@dataclass(frozen=True, slots=True)
class RegionalUnit:
    """One region with the unit that stands for it (None: nobody fills its forms yet) and who fills them."""

    region: Region
    unit: Unit | None
    account: Account | None


def regional_units(session: Session, actor: Actor) -> list[RegionalUnit]:
    """The counties and cities whose forms the actor fills or reviews."""
    require(actor, "read_regional")
    codes = [code for code in actor.regions("read_regional") if len(code) in KIND_OF_LENGTH]
    found: list[RegionalUnit] = []
    for region in session.scalars(select(Region).where(Region.code.in_(codes)).order_by(Region.code)):
        unit = session.get(Unit, unit_id_of(region.code))
        account = unit and session.scalar(
            select(Account).join(Assignment, Assignment.account_id == Account.id).where(Assignment.unit_id == unit.id)
        )
        found.append(RegionalUnit(region, unit, account))
    return found


def departments(session: Session, region_code: str) -> Sequence[Account]:
    """Who may be asked to fill a region's forms."""
    query = (
        select(Account)
        .join(RoleGrant)
        .where(RoleGrant.role == "department", RoleGrant.region_code == region_code, Account.is_active)
    )
    return session.scalars(query.order_by(Account.username)).unique().all()


def unit_id_of(region_code: str) -> UUID:
    """The id of the unit that stands for a region: two desks that ask at once make one unit."""
    return uuid5(REGIONS, region_code)


def entrust(session: Session, actor: Actor, region_code: str, account_id: UUID) -> Unit:
    """Let a department fill a region's forms, in place of whoever did. Raises NotAllowed, NotFound, InvalidInput."""
    require(actor, "assign", region_code)
    region = session.get(Region, region_code)
    kind = KIND_OF_LENGTH.get(len(region_code))
    if region is None or kind is None:
        raise NotFound
    if account_id not in {account.id for account in departments(session, region_code)}:
        raise InvalidInput("请选择本地区的部门填报员。账号由系统管理员开设。")
    unit_id = unit_id_of(region_code)
    session.execute(
        insert(Unit)
        .values(id=unit_id, kind=kind, name=region.name, region_code=region_code, source="register")
        .on_conflict_do_nothing(index_elements=[Unit.id]),
    )
    session.execute(
        insert(Assignment)
        .values(id=new_id(), unit_id=unit_id, account_id=account_id, created_at=now())
        .on_conflict_do_update(index_elements=[Assignment.unit_id], set_={"account_id": account_id}),
    )
    evidence.record(session, actor.username, "entrust_region", region_code, {"account": str(account_id)})
    return session.get_one(Unit, unit_id)


def computed_forms(kind: str) -> list[Form]:
    """The forms that the program works out for this kind of unit."""
    return [form for form in _current() if form.subject == "computed" and _is_about(form, kind)]


def worked_out(session: Session, unit_id: UUID, code: str) -> tuple[Unit, Form, list[Figure], bool]:
    """The figures of a computed form, from what the unit sent; and whether all its sources are there.

    Raises NotFound.
    """
    unit = session.get(Unit, unit_id)
    if unit is None:
        raise NotFound
    form = next((form for form in computed_forms(unit.kind) if form.code == code), None)
    if form is None:
        raise NotFound
    sent: dict[str, Mapping[str, Any]] = {
        other: revision.answers for other, (_, revision) in drafts.sent_of_unit(session, unit.id).items()
    }
    book = compile_form(form, catalogue())
    others = {other: answers for other, answers in sent.items() if other != code}
    found = list(figures(book, catalogue(), sent.get(code, {}), others))
    return unit, form, found, all(other in sent for other in book.needs.forms)


def _current() -> list[Form]:
    return [catalogue().current(code) for code in sorted({form.code for form in catalogue().forms()})]


def _is_about(form: Form, kind: str) -> bool:
    if kind in REGIONAL:
        return form.unit_of_report == kind
    return form.unit_of_report not in REGIONAL and form.source_kind in SOURCES.get(kind, ())

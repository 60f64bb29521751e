"""The register 名录 as phones and checks see it: whose units, what changed since, what was known of them before."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Protocol
from uuid import UUID

from sqlalchemy import func, or_, select, text
from sqlalchemy.orm import Session

from census.access import Actor
from census.models.answers import Submission
from census.models.register import Assignment, Unit
from census.services.cursors import Cursor


class Facts(Protocol):
    """What the register holds of a unit in columns of its own and, by item key, in ``known``."""

    @property
    def name(self) -> str: ...
    @property
    def address(self) -> str: ...
    @property
    def credit_code(self) -> str | None: ...
    @property
    def industry_code(self) -> str | None: ...
    @property
    def region_code(self) -> str: ...
    @property
    def known(self) -> Mapping[str, Any]: ...


def baseline(unit: Facts) -> dict[str, Any]:
    """What was known of a unit before anybody asked, by item key: ``baseline.item`` in checks, everywhere the same."""
    columns = {
        "unit_name": unit.name, "address": unit.address, "credit_code": unit.credit_code,
        "industry_code": unit.industry_code, "region_code": unit.region_code,
    }
    return {key: value for key, value in columns.items() if value} | dict(unit.known)


@dataclass(frozen=True, slots=True)
class UnitsPage:
    """Units that changed, in commit order; ask again with ``cursor`` for what comes after them."""

    units: Sequence[tuple[Unit, Sequence[Submission]]]
    cursor: str
    has_more: bool


def assigned_units(session: Session, actor: Actor, cursor: str = "", limit: int = 500) -> UnitsPage:
    """The units assigned to the actor that changed since the cursor ("": all of them), with what was sent for them.

    Only what every running transaction has committed or will commit later than is shown: nothing is ever skipped.
    Raises InvalidInput for a cursor that is not one of ours.
    """
    after = Cursor.read(cursor)
    query = (
        select(Unit).join(Assignment, Assignment.unit_id == Unit.id)
        .where(Assignment.account_id == actor.account_id)
        .where(text("(unit.changed_xid, unit.id) > (cast(:xid as xid8), cast(:id as uuid))").bindparams(xid=str(after.xid), id=after.uuid))
        .where(text("unit.changed_xid < pg_snapshot_xmin(pg_current_snapshot())"))
        .order_by(Unit.changed_xid, Unit.id).limit(limit + 1)
    )
    found = session.scalars(query).all()
    page = found[:limit]
    sent: dict[UUID, list[Submission]] = {}
    if page:
        ids = [unit.id for unit in page]
        for submission in session.scalars(select(Submission).where(Submission.unit_id.in_(ids)).order_by(Submission.form, Submission.id)):
            sent.setdefault(submission.unit_id, []).append(submission)
    last = Cursor(int(page[-1].changed_xid), page[-1].id.int).text if page else after.text
    return UnitsPage([(unit, sent.get(unit.id, ())) for unit in page], last, len(found) > limit)


def similar(session: Session, name: str, limit: int = 5) -> list[Unit]:
    """Units of the caller's regions whose names are like this one: asked before a new unit is registered."""
    name = name.strip()
    if len(name) < 2:
        return []
    likeness = func.similarity(Unit.name, name)
    query = (
        select(Unit).where(or_(Unit.name.op("%")(name), Unit.name.contains(name, autoescape=True)))
        .order_by(likeness.desc(), Unit.id).limit(limit)
    )
    return list(session.scalars(query))

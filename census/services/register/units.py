"""The register 名录 as phones and checks see it: whose units, what changed since, what was known of them before.

A phone asks here what is new. What it takes along for work without a network stands in ``phone_units``, the list that
an enumerator reads in ``my_units``, what desks look up in ``directory``.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any, Final
from uuid import UUID

from sqlalchemy import select, text
from sqlalchemy.orm import Session

from census.access import Actor
from census.db import now
from census.models.collect import Submission
from census.models.register import Assignment, Unit
from census.services.cursors import Cursor
from census.services.register.leases import Held, Removed, copies, removed_since, take

TOWN, VILLAGE = 9, 12  # digits of a code
SETTLED: Final = text("select pg_snapshot_xmin(pg_current_snapshot())::text")  # every older transaction has ended
AFTER: Final = text("(unit.changed_xid, unit.id) > (cast(:xid as xid8), cast(:id as uuid))")


@dataclass(frozen=True, slots=True)
class UnitRow:
    """A unit read without the ORM, on the path that every submission takes."""

    id: UUID
    region_code: str
    name: str
    address: str
    credit_code: str | None
    industry_code: str | None
    known: Mapping[str, Any]
    account_id: UUID | None  # whom it is assigned to
    former: Sequence[UUID] = ()  # whose it was before: what their phones still send is taken in


def baseline(unit: Unit | UnitRow) -> dict[str, Any]:
    """What was known of a unit before anybody asked, by item key: ``baseline.item`` in checks, everywhere the same."""
    return facts(
        {
            "name": unit.name,
            "address": unit.address,
            "credit_code": unit.credit_code,
            "industry_code": unit.industry_code,
            "region_code": unit.region_code,
            "known": unit.known,
        }
    )


def facts(columns: Mapping[str, Any]) -> dict[str, Any]:
    """The same from a unit's columns."""
    named = {"unit_name": columns["name"]} | {
        key: columns[key] for key in ("address", "credit_code", "industry_code", "region_code")
    }
    region = columns["region_code"]
    named |= {"town_code": town_code(region), "village_code": village_code(region)}
    return {key: value for key, value in named.items() if value} | dict(columns["known"])


def town_code(region: str) -> str | None:
    """The town that a region is or lies in; None above the towns."""
    if len(region) < TOWN:
        return None
    return region[:TOWN]


def village_code(region: str) -> str | None:
    """The code of a region that is a village; None for others."""
    if len(region) != VILLAGE:
        return None
    return region


@dataclass(frozen=True, slots=True)
class UnitsPage:
    """Units that changed, in commit order; ask again with ``cursor`` for what comes after them."""

    units: Sequence[tuple[Unit, Sequence[Submission]]]
    removed: Sequence[Removed]
    held: Mapping[UUID, Sequence[Held]]  # offline copies on other people's phones, by unit
    lease_until: datetime
    cursor: str
    has_more: bool


def assigned_units(
    session: Session, actor: Actor, cursor: str = "", limit: int = 500, at: datetime | None = None
) -> UnitsPage:
    """The units assigned to the actor that changed since the cursor ("": all of them), with what was sent for them.

    Units that were taken away or handed back since are named as removed. The device gets a lease of what it downloads.

    No change is ever skipped, also one that an older transaction commits later; while such a one runs, what changed
    after its start is told again. Raises InvalidInput for a cursor that is not one of ours.
    """
    after = Cursor.read(cursor)
    settled = after.settled or int(session.execute(SETTLED).scalar_one())
    query = (
        select(Unit)
        .join(Assignment, Assignment.unit_id == Unit.id)
        .where(Assignment.account_id == actor.account_id)
        .where(AFTER.bindparams(xid=str(after.xid), id=after.uuid))
        .order_by(Unit.changed_xid, Unit.id)
        .limit(limit + 1)
    )
    found = session.scalars(query).all()
    page = found[:limit]
    ids = [unit.id for unit in page]
    sent: dict[UUID, list[Submission]] = {}
    if page:  # most phones ask when nothing has changed
        for submission in session.scalars(
            select(Submission).where(Submission.unit_id.in_(ids)).order_by(Submission.form, Submission.id)
        ):
            sent.setdefault(submission.unit_id, []).append(submission)
    # Between pages the next one goes on after the last unit; after the last page everything is known up to what was
    # settled when the first was read.
    has_more = len(found) > limit
    last = Cursor(settled, 0)
    if has_more:
        last = Cursor(int(page[-1].changed_xid), page[-1].id.int, settled)
    at = at or now()
    removed: list[Removed] = []
    if after.xid:  # a phone that begins has nothing to let go
        removed = removed_since(session, actor, after.xid, at)
    held = copies(session, ids, at)
    others = {unit: [copy for copy in known if copy.account_id != actor.account_id] for unit, known in held.items()}
    until = take(session, actor, ids, at)
    return UnitsPage([(unit, sent.get(unit.id, ())) for unit in page], removed, others, until, last.text, has_more)

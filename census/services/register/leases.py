"""Leases: which phones hold an offline copy of a unit, and until when the desk counts on hearing from them.

A lease is taken when a phone downloads a unit, and every later contact of that phone extends it. It forbids nothing: a
supervisor may give the unit to somebody else at any time, is told first which phone still holds it, and whatever that
phone sends later is kept.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Final
from uuid import UUID

from sqlalchemy import select, text
from sqlalchemy.orm import Session

from census.access import Actor
from census.models.people import Account, DeviceSession
from census.models.register import Lease

LASTS: Final = timedelta(days=7)

# Written again only when half of it is over: a phone that asks every minute changes nothing.
TAKE: Final = text("""
    with extended as (
        update lease set expires_at = :until
         where session_id = :session and ended_at is null and expires_at < :soon and unit_id <> all(:units)
    )
    insert into lease (unit_id, session_id, account_id, region_code, taken_at, expires_at)
    select id, :session, :account, region_code, :at, :until from unit where id = any(:units)
    on conflict (unit_id, session_id) do update set expires_at = excluded.expires_at, taken_at =
           case when lease.ended_at is null then lease.taken_at else excluded.taken_at end, ended_at = null
     where lease.ended_at is not null or lease.expires_at < :soon
""")
END: Final = text(
    "update lease set ended_at = :at where session_id = :session and unit_id = any(:units) and ended_at is null"
)
REMOVED: Final = text("""
    select distinct on (event.unit_id) event.unit_id, event.kind, event.at from assignment_event event
     where event.account_id = :account and event.xid >= cast(:xid as xid8) and event.kind <> 'given'
       and not exists (select from assignment
                        where assignment.unit_id = event.unit_id and assignment.account_id = :account)
     order by event.unit_id, event.id desc
""")


@dataclass(frozen=True, slots=True)
class Held:
    """One offline copy that is out."""

    account_id: UUID
    name: str
    device: str
    expires_at: datetime
    is_over: bool  # expired without a word from the phone

    @property
    def short_device(self) -> str:
        """What kind of device it is, as people say it; a browser's own long name says it badly."""
        for mark, name in (
            ("iPhone", "苹果手机"),
            ("iPad", "苹果平板"),
            ("Android", "安卓手机"),
            ("Mozilla", "浏览器"),
        ):
            if mark in self.device:
                return name
        return self.device[:20] or "手机"


@dataclass(frozen=True, slots=True)
class Removed:
    """A unit that is no longer the caller's: the phone sends what it has of it, then lets it go."""

    unit_id: UUID
    kind: str  # taken | handed_back
    at: datetime


def take(session: Session, actor: Actor, unit_ids: Sequence[UUID], at: datetime) -> datetime:
    """Note that this device holds copies of these units, extend the copies it held before, and say until when."""
    session.execute(
        TAKE,
        {
            "session": actor.session_id,
            "account": actor.account_id,
            "at": at,
            "until": at + LASTS,
            "soon": at + LASTS / 2,
            "units": sorted(unit_ids),
        },
    )
    return at + LASTS


def removed_since(session: Session, actor: Actor, xid: int, at: datetime) -> list[Removed]:
    """Units that were the caller's and are no longer, by events of transactions from ``xid`` on.

    Their leases on this device end.
    """
    rows = [Removed(*row) for row in session.execute(REMOVED, {"account": actor.account_id, "xid": str(xid)})]
    if rows:
        session.execute(END, {"session": actor.session_id, "units": [row.unit_id for row in rows], "at": at})
    return rows


def copies(session: Session, unit_ids: Sequence[UUID], at: datetime) -> dict[UUID, list[Held]]:
    """The offline copies of some units that phones have not given up, by unit, latest expiry first."""
    if not unit_ids:
        return {}
    query = (
        select(Lease, Account.full_name, DeviceSession.device)
        .join(Account, Account.id == Lease.account_id)
        .join(DeviceSession, DeviceSession.id == Lease.session_id)
        .where(Lease.unit_id.in_(unit_ids), Lease.ended_at.is_(None), DeviceSession.revoked_at.is_(None))
        .order_by(Lease.expires_at.desc(), Lease.session_id)
    )
    found: dict[UUID, list[Held]] = {}
    for lease, name, device in session.execute(query):
        found.setdefault(lease.unit_id, []).append(
            Held(lease.account_id, name, device, lease.expires_at, lease.expires_at <= at)
        )
    return found

"""What the administrator and the auditor look after: the list of accounts, the devices signed in, the audit trail.

Changing an account stands in ``account_desk``.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Final
from uuid import UUID

from sqlalchemy import Select, func, or_, select
from sqlalchemy.orm import Session

from census.access import Actor, require
from census.db import now
from census.errors import NotFound
from census.models.evidence import AuditEntry
from census.models.people import Account, DeviceSession, RoleGrant
from census.services import evidence

PAGE: Final = 100
AT_THE_DOOR: Final = ("enumerator", "inspector")


@dataclass(frozen=True, slots=True)
class People:
    """All accounts, and how many devices each is signed in on."""

    accounts: Sequence[Account]
    devices: Mapping[UUID, int]


def people(session: Session, actor: Actor) -> People:
    """List the accounts of this programme."""
    require(actor, "administer")
    open_now = (
        select(DeviceSession.account_id, func.count().label("devices"))
        .where(
            DeviceSession.revoked_at.is_(None),
            DeviceSession.expires_at > now(),
        )
        .group_by(DeviceSession.account_id)
    )
    return People(
        session.scalars(select(Account).order_by(Account.username)).all(),
        {row.account_id: row.devices for row in session.execute(open_now)},
    )


def working(region: str, *roles: str) -> Select[Account]:
    """Who has one of the roles in a region (a code prefix), below it or above it, by user name."""
    covers = or_(
        RoleGrant.region_code.startswith(region, autoescape=True), func.starts_with(region, RoleGrant.region_code)
    )
    return (
        select(Account)
        .join(RoleGrant, RoleGrant.account_id == Account.id)
        .where(RoleGrant.role.in_(roles), covers, Account.is_active)
        .order_by(Account.username)
        .distinct()
    )


def devices_of(session: Session, actor: Actor, account_id: UUID) -> tuple[Account, Sequence[DeviceSession]]:
    """The devices an account is signed in on, latest first."""
    account = session.get(Account, account_id)
    if account is None:
        raise NotFound
    _require_care(actor, account)
    return account, session.scalars(
        select(DeviceSession)
        .where(
            DeviceSession.account_id == account_id, DeviceSession.revoked_at.is_(None), DeviceSession.expires_at > now()
        )
        .order_by(DeviceSession.created_at.desc())
        .limit(PAGE)
    ).all()


def revoke(session: Session, actor: Actor, session_id: UUID, *, wipe: bool = False) -> DeviceSession:
    """End one device's session: it can send nothing more. What it has not sent stays on it.

    ``wipe``: the phone is lost; all sessions of its account on the same kind of device end, and a phone that calls
    again with one of them is told to forget everything.
    """
    opened = session.get(DeviceSession, session_id)
    if opened is None:
        raise NotFound
    _require_care(actor, opened.account)
    if opened.revoked_at is None:
        action, ended = "revoke_device", [opened]
        if wipe:
            # A phone has several sessions, one for its pages and one for what it sends: whichever it calls with, it
            # must hear of it.
            action, ended = "wipe_device", _sessions_of_the_same_phone(session, opened)
        for device in ended:
            device.revoked_at = device.revoked_at or now()
            device.is_wiped = wipe
        session.flush()
        evidence.record(session, actor.username, action, str(opened.id), {"account": opened.account.username})
    return opened


def _sessions_of_the_same_phone(session: Session, opened: DeviceSession) -> list[DeviceSession]:
    return list(
        session.scalars(
            select(DeviceSession).where(
                DeviceSession.account_id == opened.account_id, DeviceSession.device == opened.device
            )
        )
    )


def _require_care(actor: Actor, account: Account) -> None:
    """An administrator looks after everybody's devices, others after those of who visits units in their own regions."""
    require(actor, "revoke_device")
    if actor.may("administer"):
        return
    # One role elsewhere is enough to refuse: a desk must not sign out a colleague or somebody from the next county.
    if not account.grants or not all(
        grant.role in AT_THE_DOOR and actor.may("revoke_device", grant.region_code) for grant in account.grants
    ):
        raise NotFound


def trail(session: Session, actor: Actor, before: int | None = None) -> Sequence[AuditEntry]:
    """One page of the audit trail, latest first. Looking at it leaves no entry: it holds no personal data."""
    require(actor, "read_audit")
    query = select(AuditEntry).order_by(AuditEntry.seq.desc()).limit(PAGE)
    if before:
        query = query.where(AuditEntry.seq < before)
    return session.scalars(query).all()


def chain_status(session: Session, actor: Actor) -> evidence.ChainReport:
    """Walk the whole chain and say whether it holds."""
    require(actor, "read_audit")
    return evidence.verify(session)

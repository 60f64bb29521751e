"""An account as its owner uses it: passwords, signing in and out, the sessions of the own devices.

Who gets an account and which roles stands in ``account_desk``; other people's devices in ``administration``.
"""

from __future__ import annotations

import hashlib
import secrets
from collections.abc import Iterable
from datetime import datetime, timedelta
from typing import Final
from uuid import UUID

from argon2 import PasswordHasher
from argon2.exceptions import InvalidHashError, VerificationError
from sqlalchemy import select, update
from sqlalchemy.orm import Session

from census.access import Actor, Grant, Programme
from census.db import now
from census.errors import DeviceRevoked, InvalidInput, NotSignedIn, PasswordToChange, RateLimited
from census.models.people import Account, DeviceSession, RoleGrant
from census.services import evidence

HASHER: Final = PasswordHasher(time_cost=2, memory_cost=19 * 1024, parallelism=1)  # Argon2id with 19 MiB
# Verified for unknown names, so that both answers take as long; nobody knows the password, and no start waits for its
# hash.
ABSENT: Final = "$argon2id$v=19$m=19456,t=2,p=1$KpkYHRrUcGm5iRjFDohYJA$mt1oG7mPZnpygjh0IDxFJsMF97E+5Vvq0QeGtB6vAcU"
TRIES: Final = 5
LOCK: Final = timedelta(minutes=15)
SHORTEST_PASSWORD: Final = 10
FEWEST_CHARACTERS: Final = 5
LIFETIME: Final = {"api": timedelta(days=30), "web": timedelta(hours=12)}


def create_account(
    session: Session,
    *,
    username: str,
    password: str,
    full_name: str,
    grants: Iterable[tuple[str, str]],
    card_number: str | None = None,
    is_demo: bool = False,
    password_hash: str | None = None,
) -> Account:
    """Make an account with its (role, region code) grants. ``password_hash`` saves hashing one password many times."""
    account = Account(
        username=username,
        password_hash=password_hash or HASHER.hash(password),
        full_name=full_name,
        card_number=card_number,
        is_demo=is_demo,
    )
    account.grants = [RoleGrant(role=role, region_code=region_code) for role, region_code in dict.fromkeys(grants)]
    session.add(account)
    return account


def sign_in(
    session: Session,
    *,
    username: str,
    password: str,
    programme: Programme,
    device: str,
    kind: str = "api",
    at: datetime | None = None,
) -> tuple[str, Actor, datetime]:
    """Check a password and open a device session; return its token, the actor and when it expires.

    Raises NotSignedIn for an unknown name or wrong password (the same answer for both), RateLimited after
    five failures in a row, PasswordToChange while the password is one that an administrator gave out. A failure must
    be kept: see ``note_failure``.
    """
    at = at or now()
    account = _known(session, username, password, at)
    if account.must_change_password:
        raise PasswordToChange
    account.failed_sign_ins = 0
    opened = _open(session, account, programme, device=device, kind=kind, at=at)
    evidence.record(session, account.username, "sign_in", str(opened[1].session_id), {"kind": kind})
    return opened


def change_password(session: Session, *, username: str, password: str, wanted: str, at: datetime | None = None) -> None:
    """Replace one's own password; sessions of pages end, phones stay signed in with what they still have to send.

    Raises NotSignedIn and RateLimited like ``sign_in``, InvalidInput with what is wrong with the new one.
    """
    account = _known(session, username, password, at or now())
    problem = weakness(wanted, username)
    if problem or wanted == password:
        raise InvalidInput(problem or "新密码不能和现在的相同。请换一个。")
    account.password_hash, account.must_change_password, account.failed_sign_ins = HASHER.hash(wanted), False, 0
    end_sessions(session, account.id, "web")
    evidence.record(session, account.username, "change_password", str(account.id), {})


def end_sessions(session: Session, account_id: UUID, *kinds: str) -> None:
    """Sign an account out: of its pages (``web``), its phones (``api``) or both."""
    session.execute(
        update(DeviceSession)
        .where(
            DeviceSession.account_id == account_id, DeviceSession.kind.in_(kinds), DeviceSession.revoked_at.is_(None)
        )
        .values(revoked_at=now()),
    )


def weakness(password: str, username: str) -> str:
    """What is wrong with a password that somebody wants; empty when nothing is."""
    if len(password) < SHORTEST_PASSWORD:
        return f"密码至少 {SHORTEST_PASSWORD} 位。"
    if password.isdigit() or password.isalpha():
        return "密码里字母和数字都要有。"
    if username.lower() in password.lower() or len(set(password)) < FEWEST_CHARACTERS:
        return "密码太容易猜。不要含用户名，也不要总是那几个字符。"
    return ""


def _known(session: Session, username: str, password: str, at: datetime) -> Account:
    account = session.scalar(select(Account).where(Account.username == username))
    # Before the password is looked at: a lock that a right guess opens would not stop guessing.
    if account is not None and account.locked_until is not None and account.locked_until > at:
        raise RateLimited
    kept = ABSENT
    if account is not None:
        kept = account.password_hash
    try:
        HASHER.verify(kept, password)
    except (VerificationError, InvalidHashError):
        raise NotSignedIn from None
    # The same answer as for a wrong password: who is no longer here is nobody's business.
    if account is None or not account.is_active:
        raise NotSignedIn
    return account


def add_device(
    session: Session,
    actor: Actor,
    *,
    device: str,
    kind: str = "api",
    at: datetime | None = None,
) -> tuple[str, Actor, datetime]:
    """Open a further device session for somebody who is signed in: a page hands its own phone an API token."""
    opened = _open(
        session, session.get_one(Account, actor.account_id), actor.programme, device=device, kind=kind, at=at or now()
    )
    evidence.record(session, actor.username, "add_device", str(opened[1].session_id), {"kind": kind})
    return opened


def note_failure(session: Session, username: str, at: datetime | None = None) -> None:
    """Count a failed sign-in and lock the account for a while after the fifth. In a transaction of its own."""
    at = at or now()
    account = session.scalar(select(Account).where(Account.username == username).with_for_update())
    if account is None:
        return
    account.failed_sign_ins += 1
    evidence.record(session, account.username, "sign_in_failed", str(account.id), {"in a row": account.failed_sign_ins})
    if account.failed_sign_ins >= TRIES:
        account.locked_until = at + LOCK
        account.failed_sign_ins = 0


def actor_of(session: Session, token: str, programme: Programme, at: datetime | None = None) -> Actor:
    """Find who a token belongs to.

    Raises NotSignedIn for an unknown, expired or revoked one, DeviceRevoked for a lost phone's.
    """
    opened = session.scalar(select(DeviceSession).where(DeviceSession.token_digest == token_digest(token)))
    # Asked first: a lost phone must hear that it is to forget everything, also long after its session has ended.
    if opened is not None and opened.is_wiped:
        raise DeviceRevoked
    if (
        opened is None
        or opened.revoked_at is not None
        or opened.expires_at <= (at or now())
        or not opened.account.is_active
    ):
        raise NotSignedIn
    return _actor(opened.account, opened, programme)


def actor_on(opened: DeviceSession, programme: Programme) -> Actor:
    """Who a session belonged to, also when it is over: for what its phone left behind."""
    return _actor(opened.account, opened, programme)


def sign_out(session: Session, session_id: UUID) -> None:
    """Revoke one device session."""
    session.execute(update(DeviceSession).where(DeviceSession.id == session_id).values(revoked_at=now()))


def token_digest(token: str) -> bytes:
    """Digest a token as it is stored."""
    return hashlib.sha256(token.encode()).digest()


def _open(
    session: Session,
    account: Account,
    programme: Programme,
    *,
    device: str,
    kind: str,
    at: datetime,
) -> tuple[str, Actor, datetime]:
    token = secrets.token_urlsafe(32)
    opened = DeviceSession(
        account_id=account.id,
        token_digest=token_digest(token),
        kind=kind,
        device=device[:200],
        receipt_key=secrets.token_urlsafe(32).encode(),  # text, so that its bytes are the same on both sides
        expires_at=at + LIFETIME[kind],
    )
    session.add(opened)
    session.flush()
    return token, _actor(account, opened, programme), opened.expires_at


def _actor(account: Account, opened: DeviceSession, programme: Programme) -> Actor:
    return Actor(
        account_id=account.id,
        username=account.username,
        full_name=account.full_name,
        card_number=account.card_number,
        programme=programme,
        grants=tuple(Grant(grant.role, grant.region_code) for grant in account.grants),
        session_id=opened.id,
        device=opened.device,
        receipt_key=opened.receipt_key,
    )

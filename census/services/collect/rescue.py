"""Rescue files: what a phone could not send, sealed with a key that only the phone and this server can work out.

A file is one line of JSON that says whose it is, then AES-GCM over one line of JSON and the bytes of its photos. The
key comes from the receipt key of the phone's session, which stays known here after the session ended.
"""

from __future__ import annotations

import base64
import binascii
import hashlib
import hmac
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Final, cast
from uuid import UUID

import orjson
from cryptography.exceptions import InvalidTag
from cryptography.hazmat.primitives.ciphers.aead import AESGCM
from sqlalchemy.orm import Session

from census.access import Actor, require
from census.db import now
from census.errors import InvalidInput, NotFound
from census.models.people import DeviceSession
from census.models.register import Unit
from census.services import evidence
from census.services.collect import drafts, submissions, visits
from census.services.collect.fates import Draft, Outcome
from census.services.collect.visits import VisitDraft, VisitOutcome
from census.services.people import accounts
from census.settings import Programme

Follow = Callable[[Session, Actor, Sequence[Draft], Sequence[Outcome]], Sequence[Outcome]]

FORMAT: Final = "census-rescue-1"
UNREADABLE: Final = "这不是普查手机导出的救援文件，或文件已损坏。请在手机上重新导出。"


@dataclass(frozen=True, slots=True)
class Opened:
    """What a rescue file holds, and who made it."""

    owner: Actor
    made_at: str
    visits: list[Any]
    submissions: list[Any]
    drafts: list[Mapping[str, Any]]
    files: Mapping[str, bytes]  # by SHA-256


@dataclass(frozen=True, slots=True)
class TakenIn:
    """What became of it."""

    visits: list[VisitOutcome]
    submissions: list[Outcome]
    drafts: int
    files: int

    @property
    def refused(self) -> list[str]:
        """What was not taken in, in words."""
        return [one.message for one in [*self.visits, *self.submissions] if one.status in {"refused", "conflict"}]

    def count(self, status: str) -> int:
        return sum(one.status == status for one in self.submissions)


def rescue_key(receipt_key: bytes) -> bytes:
    """The key of a session's rescue files."""
    return hmac.digest(receipt_key, FORMAT.encode(), hashlib.sha256)


def open_file(session: Session, desk: Actor, programme: Programme, content: bytes) -> Opened:
    """Decrypt a rescue file.

    Raises InvalidInput for anything else, NotFound for a phone that this server does not know.
    """
    require(desk, "review")
    try:
        first, _, box = content.partition(b"\n")
        head = orjson.loads(first)
        session_id, iv = UUID(head["session"]), base64.b64decode(head["iv"], validate=True)
        is_ours = head["format"] == FORMAT
    except (orjson.JSONDecodeError, KeyError, TypeError, ValueError, binascii.Error):
        raise InvalidInput(UNREADABLE) from None
    opened = session.get(DeviceSession, session_id)
    # A phone signs in where its enumerator does: the file of another county's phone is opened there.
    if opened is None or not is_ours:
        raise NotFound("这台服务器没有登记过这部手机。请在普查员登录的那一级导入。")
    try:
        plain = AESGCM(rescue_key(opened.receipt_key)).decrypt(iv, box, f"{FORMAT} {session_id}".encode())
        line, _, rest = plain.partition(b"\n")
        told = cast("dict[str, Any]", orjson.loads(line))
        files: dict[str, bytes] = {}
        for file in told["files"]:
            files[file["sha256"]], rest = rest[: file["size"]], rest[file["size"] :]
    except (InvalidTag, ValueError, KeyError, TypeError):
        raise InvalidInput(UNREADABLE) from None
    for sha256, data in files.items():
        if hashlib.sha256(data).hexdigest() != sha256:
            raise InvalidInput(UNREADABLE)
    return Opened(
        accounts.actor_on(opened, programme),
        str(told["at"]),
        told["visits"],
        told["submissions"],
        told["drafts"],
        files,
    )


def take_in(
    session: Session,
    desk: Actor,
    opened: Opened,
    read: tuple[list[VisitDraft | VisitOutcome], list[Draft | Outcome]],
    follow: Follow,
) -> TakenIn:
    """Store what the phone would have sent, in the name of its enumerator.

    Taking the same file in again changes nothing.

    ``follow`` is what follows from stored submissions in other wings, as the API does it. Only units in the desk's own
    regions are reached: the transaction sees no others.
    """
    require(desk, "review")
    at = now()
    # What could not be read has its refusal already and keeps its place among the answers. Visits come first, as from a
    # phone: submissions name them.
    read_visits, read_submissions = read
    settled = iter(visits.store(session, opened.owner, [one for one in read_visits if isinstance(one, VisitDraft)], at))
    stored_visits = [next(settled) if isinstance(one, VisitDraft) else one for one in read_visits]
    sent = [one for one in read_submissions if isinstance(one, Draft)]
    fates = submissions.submit(session, opened.owner, sent, at)
    outcomes = iter(follow(session, opened.owner, sent, fates))
    stored = [next(outcomes) if isinstance(one, Draft) else one for one in read_submissions]
    kept = sum(_keep_draft(session, opened.owner, draft) for draft in opened.drafts)
    detail = {
        "visits": len(stored_visits),
        "submissions": len(stored),
        "drafts": kept,
        "files": sorted(opened.files),
    }
    evidence.record(session, desk.username, "rescue", opened.owner.username, detail)
    return TakenIn(stored_visits, stored, kept, len(opened.files))


def _keep_draft(session: Session, owner: Actor, told: Mapping[str, Any]) -> bool:
    """Keep an unfinished form as a draft of its enumerator, unless one is here already."""
    unit = session.get(Unit, UUID(str(told["unit"])))
    if unit is None or str(told["form"]) in drafts.drafts_of(session, owner, unit.id):
        return False
    draft = drafts.open_draft(session, owner, unit, str(told["form"]), {})
    drafts.save(session, draft, dict(told["answers"]), list(told["explanations"]))
    return True

"""Packages that came from below: taken in whole or refused whole, reviewed here, answered with a signed receipt.

Reading and verifying the file is the worker's (``jobs.receive``); here is what the database and the other side see.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Final
from uuid import UUID

from sqlalchemy import select, text
from sqlalchemy.orm import Session

from census.access import Actor, require
from census.db import now
from census.errors import CensusError, NotFound, NotSignedIn
from census.models.handup import ReceivedPackage, TrustedKey
from census.models.register import Region
from census.services import evidence, queue
from census.services.handup import keys
from census.services.review.decisions import BulkResult, decide
from census.settings import Settings
from exports.signing import FindKey, SignatureRefused, public_key, sign_document, verify_authorization

APPROVE_AT_ONCE: Final = 1_000
PASSED: Final = ("city_approved", "province_approved", "handed_up", "accepted")
ITEMS: Final = text("""
    select item.submission_id as id, item.revision,
           case when submission.revision = item.revision and submission.state = any(:passed) then 'accepted'
                when last.to_state = 'returned' then 'returned'
                when submission.revision > item.revision then 'superseded'
                else 'pending' end as fate,
           last.note, last.items, submission.state, submission.judge_due
      from received_item item
      join submission on submission.id = item.submission_id
      left join lateral (
           select to_state, note, items from decision
            where decision.submission_id = item.submission_id and decision.revision = item.revision
            order by decided_at desc, id desc limit 1) last on true
     where item.package_id = :package order by item.submission_id
""")


@dataclass(frozen=True, slots=True)
class Standing:
    """How far the review of one received package has come."""

    package: ReceivedPackage
    region_name: str
    sender: str
    accepted: int
    returned: int
    pending: int
    judging: int  # of the pending: no verdict yet
    flagged: int  # of the pending: with an error
    approvable: int  # of the pending: checked

    @property
    def is_final(self) -> bool:
        return self.package.state == "stored" and self.pending == 0


def trusted_keys(session: Session) -> FindKey:
    """All keys that this instance believes, for verifying outside a transaction."""
    found = {row.key_id: public_key(row.public_key) for row in session.scalars(select(TrustedKey))}
    return found.get


def instance_of(session: Session, headers: Mapping[str, str], method: str, path: str) -> TrustedKey:
    """The instance that signed a request, by its trusted key. Raises NotSignedIn with the reason.

    Its ``region_code`` is the scope in which it may act: ``set_scope(session, [key.region_code])``.
    """
    try:
        key_id = verify_authorization(headers, method, path, trusted_keys(session), now())
    except SignatureRefused as error:
        raise NotSignedIn(f"本机没有认出发送方：{error}。") from error
    return session.get_one(TrustedKey, key_id)


def receive_upload(
    session: Session, settings: Settings, upload_id: UUID, file: Path, sender: TrustedKey
) -> ReceivedPackage:
    """Take note of a completely uploaded package and leave it to the worker. Doing it again changes nothing.

    ``file`` is below the data folder; the worker moves it to where packages are kept.
    """
    # The sender did not hear our answer and asks again.
    there = session.get(ReceivedPackage, upload_id)
    if there is not None:
        return there
    queue.defer(session, queue.RECEIVE, lock=f"receive {sender.region_code}", package=str(upload_id))
    return note_arrival(session, settings, upload_id, file, sender)


def note_arrival(
    session: Session, settings: Settings, package_id: UUID, file: Path, sender: TrustedKey
) -> ReceivedPackage:
    """Write down that a package has arrived and is to be verified."""
    there = session.get(ReceivedPackage, package_id)
    if there is not None:
        return there
    package = ReceivedPackage(
        id=package_id,
        digest="",
        key_id=sender.key_id,
        region_code=sender.region_code,
        state="verifying",
        file=str(file.resolve().relative_to(settings.data_dir.resolve())),
    )
    session.add(package)
    session.flush()
    evidence.record(session, sender.name, "package arrived", str(package_id), {"key": sender.key_id})
    return package


def receipt(session: Session, settings: Settings, package_id: UUID) -> dict[str, Any]:
    """The signed receipt as it stands now: what is accepted, what is returned and why, how much is pending.

    ``state`` is verifying, refused (with ``problem``), open, or final once nothing is pending.
    """
    package = session.get(ReceivedPackage, package_id)
    if package is None:
        raise NotFound("没有收到过这个数据包。")
    rows = session.execute(ITEMS, {"package": package.id, "passed": list(PASSED)}).all()
    pending = sum(row.fate == "pending" for row in rows)
    state = package.state
    if state == "stored":
        state = "open" if pending else "final"
    document: dict[str, Any] = {
        "format": 1,
        "id": str(package.id),
        "package": package.digest,
        "region": package.region_code,
        "state": state,
        "problem": package.problem,
        "issuer": keys.public_document(settings)["name"],
        "received_at": package.received_at.isoformat(timespec="seconds"),
        "records": package.record_count,
        "accepted": [{"id": str(row.id), "revision": row.revision} for row in rows if row.fate == "accepted"],
        "returned": [
            {"id": str(row.id), "revision": row.revision, "note": row.note, "items": row.items}
            for row in rows
            if row.fate == "returned"
        ],
        "pending": pending,
        "superseded": sum(row.fate == "superseded" for row in rows),
    }
    return sign_document(document, keys.signing_key(settings))


def standing(session: Session, package_id: UUID) -> Standing:
    """One received package with the counts of its review."""
    package = session.get(ReceivedPackage, package_id)
    if package is None:
        raise NotFound("没有收到过这个数据包。")
    return _standing(session, package)


def received(session: Session, limit: int = 50) -> list[Standing]:
    """The packages received last, the newest first."""
    rows = session.scalars(
        select(ReceivedPackage).order_by(ReceivedPackage.received_at.desc(), ReceivedPackage.id.desc()).limit(limit)
    ).all()
    return [_standing(session, package) for package in rows]


def _standing(session: Session, package: ReceivedPackage) -> Standing:
    rows = session.execute(ITEMS, {"package": package.id, "passed": list(PASSED)}).all()
    pending = [row for row in rows if row.fate == "pending"]
    # A region or key that was taken out since is still told by its code.
    region, sender = session.get(Region, package.region_code), session.get(TrustedKey, package.key_id)
    return Standing(
        package,
        region.name if region else package.region_code,
        sender.name if sender else package.key_id,
        accepted=sum(row.fate == "accepted" for row in rows),
        returned=sum(row.fate == "returned" for row in rows),
        pending=len(pending),
        judging=sum(row.judge_due for row in pending),
        flagged=sum(row.state == "flagged" and not row.judge_due for row in pending),
        approvable=sum(row.state == "checked" and not row.judge_due for row in pending),
    )


def approve_all(session: Session, actor: Actor, package_id: UUID) -> BulkResult:
    """Approve the records of a package that are checked, at most a thousand at once, each as its own decision."""
    require(actor, "receive")
    rows = session.execute(ITEMS, {"package": package_id, "passed": list(PASSED)}).all()
    checked = [row for row in rows if row.fate == "pending" and row.state == "checked" and not row.judge_due]
    approved: list[UUID] = []
    refused: list[tuple[UUID, str]] = []
    for row in checked[:APPROVE_AT_ONCE]:
        try:
            with session.begin_nested():
                decide(session, actor, row.id, outcome="approve", expected_revision=row.revision)
        except CensusError as error:
            refused.append((row.id, error.message))
        else:
            approved.append(row.id)
    return BulkResult(tuple(approved), tuple(refused))


def refuse(session: Session, package_id: UUID, code: str, problem: str) -> None:
    """Keep the reason why a package was not taken in; nothing else of it is kept."""
    package = session.get_one(ReceivedPackage, package_id)
    package.state, package.problem = "refused", problem
    session.flush()
    evidence.record(session, "worker", "package refused", str(package_id), {"reason": code})

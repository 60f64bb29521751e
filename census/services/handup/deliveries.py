"""Handing up 上报: a delivery's way from the gate to the next level's receipt.

What the worker does on it stands in ``jobs.deliver``. The receiving side stands in ``packages``; its two doors for the
API are here by name: ``receive_upload``, ``receipt``.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import timedelta
from typing import Any, Final, cast
from uuid import UUID

from sqlalchemy import func, select
from sqlalchemy.orm import Session

from census.access import Actor, require
from census.db import now
from census.errors import Conflict, GateClosed, InvalidInput, NotAllowed, NotFound
from census.models.collect import Submission
from census.models.handup import Delivery, Package, Receipt
from census.models.register import Region
from census.models.work import ValidationRun
from census.services import evidence, queue
from census.services.handup.gate import APPROVED, Gate, gate
from census.services.handup.packages import receipt, receive_upload
from census.services.review.decisions import apply_from_above
from census.settings import Settings
from exports.signing import document_digest

__all__ = ["Gate", "gate", "receipt", "receive_upload"]

UNDER_WAY: Final = ("queued", "building", "sending")
CHECK_TAKES_AT_MOST: Final = timedelta(hours=2)  # one that began earlier was left behind by a program that ended


@dataclass(frozen=True, slots=True)
class Past:
    """One delivery as the page lists it."""

    number: int  # the region's first, second, third … hand-up
    delivery: Delivery
    package: Package | None
    receipt: Receipt | None


def regions(session: Session, actor: Actor) -> list[Region]:
    """The regions that the actor may hand up: county, towns and villages of the actor's own."""
    prefixes = actor.regions("hand_up")
    rows = session.scalars(select(Region).where(func.length(Region.code) >= 6).order_by(Region.code))
    return [region for region in rows if region.code.startswith(prefixes)]


def request_check(session: Session, actor: Actor, region_code: str) -> None:
    """Have the worker do the full check of a region. Asked again while one waits or runs, nothing more happens."""
    require(actor, "hand_up", region_code)
    if check_is_running(session, region_code):
        return
    run = ValidationRun(kind="gate", region_code=region_code)
    session.add(run)
    session.flush()
    queue.defer(
        session, queue.CHECK, lock=f"check {region_code}", region=region_code, actor=actor.username, run=str(run.id)
    )
    evidence.record(session, actor.username, "full check wanted", region_code, {})


def check_is_running(session: Session, region_code: str) -> bool:
    """Whether a full check of the region was asked for and has not ended."""
    return (
        session.scalar(
            select(ValidationRun.id)
            .where(
                ValidationRun.kind == "gate",
                ValidationRun.region_code == region_code,
                ValidationRun.finished_at.is_(None),
                ValidationRun.started_at > now() - CHECK_TAKES_AT_MOST,
            )
            .limit(1)
        )
        is not None
    )


def request(session: Session, actor: Actor, region_code: str, settings: Settings) -> Delivery:
    """Hand a region up: the worker builds its package and sends it. A hand-up under way is returned as it is.

    Raises GateClosed with the doors that are shut, NotAllowed outside the actor's regions, Conflict where no next
    level is set.
    """
    require(actor, "hand_up", region_code)
    # Two desks that press at once wait for each other here; the second then finds the first one's delivery.
    session.execute(select(func.pg_advisory_xact_lock(func.hashtextextended(f"delivery {region_code}", 0))))
    current = session.scalar(
        select(Delivery).where(Delivery.region_code == region_code, Delivery.state.in_(UNDER_WAY)).limit(1)
    )
    if current is not None:
        return current
    if not settings.upper_url:
        raise Conflict(
            "还没有设置上级实例的地址，不能直接上报。请管理员设置 CENSUS_UPPER_URL，或导出数据包后离线报送。"
        )
    looked = gate(session, region_code, settings.level)
    if not looked.is_open:
        raise GateClosed(f"{looked.sentence}。", **looked.detail())
    delivery = Delivery(region_code=region_code, target_url=settings.upper_url, account_id=actor.account_id)
    session.add(delivery)
    session.flush()
    queue.defer(session, queue.DELIVER, lock=f"deliver {region_code}", delivery=str(delivery.id))
    evidence.record(session, actor.username, "delivery wanted", str(delivery.id), {"region": region_code})
    return delivery


def retry(session: Session, actor: Actor, delivery_id: UUID) -> Delivery:
    """Try a failed delivery again where it stopped."""
    delivery = _own(session, actor, delivery_id)
    if delivery.state == "failed":
        delivery.state, delivery.problem, delivery.updated_at = "queued", "", now()
        queue.defer(session, queue.DELIVER, lock=f"deliver {delivery.region_code}", delivery=str(delivery.id))
        session.flush()
        evidence.record(session, actor.username, "delivery retried", str(delivery.id), {"region": delivery.region_code})
    return delivery


def ask_receipt(session: Session, actor: Actor, delivery_id: UUID) -> Delivery:
    """Have the worker ask for the receipt now instead of at its next turn."""
    delivery = _own(session, actor, delivery_id)
    if delivery.state == "waiting":
        queue.defer(session, queue.ASK, lock=f"receipt {delivery.id}", delivery=str(delivery.id))
    return delivery


def _own(session: Session, actor: Actor, delivery_id: UUID) -> Delivery:
    delivery = session.get(Delivery, delivery_id)
    if delivery is None:
        raise NotFound("没有这次上报。")
    if not actor.may("hand_up", delivery.region_code):
        raise NotAllowed
    return delivery


def past(session: Session, region_code: str, limit: int = 20) -> list[Past]:
    """The region's deliveries, the newest first, each with its package and latest receipt."""
    total = session.scalar(select(func.count()).select_from(Delivery).where(Delivery.region_code == region_code)) or 0
    rows = session.scalars(
        select(Delivery)
        .where(Delivery.region_code == region_code)
        .order_by(Delivery.created_at.desc(), Delivery.id.desc())
        .limit(limit)
    ).all()
    made: list[Past] = []
    for place, delivery in enumerate(rows):
        package = delivery.package_id and session.get(Package, delivery.package_id)
        latest = session.scalar(
            select(Receipt)
            .where(Receipt.delivery_id == delivery.id)
            .order_by(Receipt.received_at.desc(), Receipt.id.desc())
            .limit(1)
        )
        made.append(Past(total - place, delivery, package, latest))
    return made


def corrected(session: Session, listed: Sequence[Past]) -> tuple[int, int]:
    """How many records the latest receipt with returns sent back, and how many of them have passed again since."""
    latest = next((one.receipt for one in listed if one.receipt and one.receipt.returned_count), None)
    if latest is None:
        return 0, 0
    returned = {UUID(line["id"]): int(line["revision"]) for line in _lines(latest.document, "returned")}
    rows = session.execute(
        select(Submission.id, Submission.revision, Submission.state).where(Submission.id.in_(returned))
    )
    passed = {state for states in APPROVED.values() for state in states}
    return len(returned), sum(row.revision > returned[row.id] and row.state in passed for row in rows)


def apply_receipt(session: Session, delivery: Delivery, document: Mapping[str, Any]) -> bool:
    """Store a verified receipt and do what it says; tell whether it was new. Its signature was checked by the caller.

    Records it accepts become ``accepted``; records it returns go back to their enumerators with the items marked.
    Applied again, or for revisions replaced since, a line changes nothing.
    """
    digest = document_digest(document)
    known = session.scalar(select(Receipt.id).where(Receipt.delivery_id == delivery.id, Receipt.digest == digest))
    if document["state"] == "refused":
        delivery.state, delivery.problem, delivery.updated_at = "failed", str(document["problem"]), now()
    elif document["state"] != "verifying":
        delivery.state = "waiting" if document["pending"] else "answered"
    # The worker asks again and again: most answers are the one we had, or that there is none yet.
    if known is not None or document["state"] == "verifying":
        return False
    accepted, returned = _lines(document, "accepted"), _lines(document, "returned")
    issuer = str(document.get("issuer", ""))
    session.add(
        Receipt(
            delivery_id=delivery.id,
            digest=digest,
            document=dict(document),
            accepted_count=len(accepted),
            returned_count=len(returned),
            pending_count=int(document["pending"]),
        )
    )
    changed = sum(apply_from_above(session, UUID(line["id"]), int(line["revision"]), "accept") for line in accepted)
    changed += sum(_return(session, line, issuer) for line in returned)
    delivery.updated_at = now()
    session.flush()
    figures = {
        "digest": digest,
        "accepted": len(accepted),
        "returned": len(returned),
        "pending": document["pending"],
        "changed": changed,
    }
    evidence.record(session, "worker", "receipt", str(delivery.id), figures)
    return True


def _return(session: Session, line: Mapping[str, Any], issuer: str) -> bool:
    """Send one record back to its enumerator, in the next level's words."""
    return apply_from_above(
        session,
        UUID(line["id"]),
        int(line["revision"]),
        "return",
        note=str(line.get("note", "")),
        items=line.get("items", []),
        actor_name=issuer,
    )


def _lines(document: Mapping[str, Any], name: str) -> Sequence[Mapping[str, Any]]:
    lines = document.get(name)
    if not isinstance(lines, list):
        raise InvalidInput("上级的回执格式不对。请联系上级普查办。")
    return cast("Sequence[Mapping[str, Any]]", lines)

"""Carrying out a delivery: build its package, send it, ask for the receipt.

Each step may be interrupted and done again.
"""

from __future__ import annotations

import logging
import shutil
import time
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, Final
from uuid import UUID

from sqlalchemy import select
from sqlalchemy.dialects.postgresql import insert
from sqlalchemy.orm import Session

from census.db import FULL, Database, new_id, now
from census.errors import CensusError
from census.jobs.export import export_region
from census.models.handup import Delivery, Package, PackageItem
from census.services import evidence
from census.services.handup import deliveries, keys, packages
from census.services.handup.gate import gate
from census.services.review.decisions import hand_up
from census.settings import Settings
from exports import upload
from exports.bundle import Bundle
from exports.package import Package as PackageFile
from exports.receive import PackageRefused, ReceivedFile
from exports.signing import SignatureRefused, key_id, verify_document
from exports.upload import Target, UploadFailed, UploadRefused
from forms.catalogue import catalogue

log = logging.getLogger("census.work")
FIRST_PAUSE_S: Final = 2.0
LONGEST_PAUSE_S: Final = 30.0


def carry_out(database: Database, settings: Settings, delivery_id: UUID) -> None:
    """Bring a delivery as far as it gets. Raises UploadFailed when the line is broken: the queue tries again."""
    with database.transaction(FULL) as session:
        delivery = session.get_one(Delivery, delivery_id)
        package_id, target, upload_url = delivery.package_id, delivery.target_url, delivery.upload_url
    # Queued twice, or answered meanwhile: there is nothing left to do.
    if delivery.state not in deliveries.UNDER_WAY:
        return
    # A package that was built before the line broke is sent again as it is: its digest is what the receipt will name.
    if package_id is None:
        try:
            package_id = build(database, settings, delivery_id, delivery.region_code)
        except CensusError as error:
            _mark(database, delivery_id, state="failed", problem=error.message)
            return
    _send(database, settings, delivery_id, package_id, Target(target, keys.signing_key(settings)), upload_url)


def build(database: Database, settings: Settings, delivery_id: UUID, region: str) -> UUID:
    """Build a delivery's package and keep it. Raises CensusError when the region may not be handed up."""
    _mark(database, delivery_id, state="building", problem="")
    with database.transaction(FULL) as session:
        looked = gate(session, region, settings.level)
    if not looked.is_open:
        raise CensusError(f"{looked.sentence}。请处理后重新上报。")
    exported = export_region(database, settings, region, settings.data_dir / "exports" / region)
    made = exported.package
    kept = settings.data_dir / "packages" / made.path.name
    kept.parent.mkdir(parents=True, exist_ok=True)
    shutil.copyfile(made.path, kept)
    with database.transaction(FULL) as session:
        run_id = looked.run and looked.run.id
        package = _keep(session, region, exported, kept.relative_to(settings.data_dir), run_id)
        delivery = session.get_one(Delivery, delivery_id)
        delivery.package_id, delivery.state, delivery.bytes_sent, delivery.updated_at = package, "sending", 0, now()
        session.flush()
        evidence.record(session, "worker", "package built", str(package), {"digest": made.digest, **exported.counts})
    return package


def _keep(session: Session, region: str, exported: Bundle, file: Path, run_id: UUID | None) -> UUID:
    """Remember a package and what it holds; the same content is the same package."""
    made = exported.package
    there = session.scalar(select(Package.id).where(Package.region_code == region, Package.digest == made.digest))
    if there is not None:
        return there
    package = Package(
        id=new_id(),
        region_code=region,
        digest=made.digest,
        file=str(file),
        size=made.size,
        record_count=len(exported.records),
        run_id=run_id,
        counts=dict(exported.counts),
    )
    session.add(package)
    session.flush()
    if exported.records:
        session.execute(
            insert(PackageItem),
            [
                {"package_id": package.id, "submission_id": UUID(id_), "revision": revision, "digest": digest}
                for id_, revision, digest in exported.records
            ],
        )
    return package.id


def _send(
    database: Database, settings: Settings, delivery_id: UUID, package_id: UUID, target: Target, upload_url: str | None
) -> None:
    with database.transaction(FULL) as session:
        package = session.get_one(Package, package_id)
        file, digest = settings.data_dir / package.file, package.digest

    def progress(url: str, sent: int) -> None:
        _mark(database, delivery_id, upload_url=url, bytes_sent=sent, state="sending", problem="")

    try:
        upload.send(target, file, digest, upload_url, progress)
    except UploadRefused as error:  # asked again, the next level would say the same: people decide
        _mark(database, delivery_id, state="failed", problem=f"上级没有接收：{error}。")
        return
    except UploadFailed as error:  # the line broke: the queue tries again, from where it got to
        _mark(database, delivery_id, problem=f"{error}，稍后自动接着传。")
        raise
    note_sent(database, settings, delivery_id)


def note_sent(database: Database, settings: Settings, delivery_id: UUID) -> None:
    """Mark a delivery's records as handed up: the next level has the whole package."""
    with database.transaction(FULL) as session:
        delivery = session.get_one(Delivery, delivery_id)
        package = session.get_one(Package, delivery.package_id)
        ids = session.scalars(select(PackageItem.submission_id).where(PackageItem.package_id == package.id)).all()
        delivery.state, delivery.problem, delivery.updated_at = "waiting", "", now()
        session.flush()
        hand_up(session, ids, role=settings.level, package=package.digest, actor_name="worker")


def _mark(database: Database, delivery_id: UUID, **values: Any) -> None:
    with database.transaction(FULL) as session:
        delivery = session.get_one(Delivery, delivery_id)
        for name, value in {**values, "updated_at": now()}.items():
            setattr(delivery, name, value)


def adopt_sent(database: Database, settings: Settings, file: Path, target_url: str, upload_url: str) -> UUID | None:
    """Write down a package of this instance that was sent from the command line, as if a page had sent it.

    From then on its records are handed up and its receipt is asked for. Done again, nothing changes. None for a package
    that another instance signed: it was only passed on.
    """
    own = keys.signing_key(settings).public_key()
    try:
        with ReceivedFile(file) as opened:
            facts = opened.verify({key_id(own): own}.get, catalogue())
            items = [(record.id, record.revision, record.digest) for record in opened.records()]
    except PackageRefused:
        return None
    kept = settings.data_dir / "packages" / file.name
    kept.parent.mkdir(parents=True, exist_ok=True)
    if kept.resolve() != file.resolve():
        shutil.copyfile(file, kept)
    with database.transaction(FULL) as session:
        there = session.scalar(select(Delivery.id).where(Delivery.upload_url == upload_url))
        if there is not None:
            return there
        sent = Bundle(PackageFile(kept, facts.digest, kept.stat().st_size), facts.counts, kept.parent, items)
        package = _keep(session, facts.region.code, sent, kept.relative_to(settings.data_dir), None)
        delivery = Delivery(
            id=new_id(),
            region_code=facts.region.code,
            package_id=package,
            target_url=target_url,
            upload_url=upload_url,
            state="waiting",
            bytes_sent=sent.package.size,
        )
        session.add(delivery)
        session.flush()
        hand_up(
            session,
            [UUID(id_) for id_, _, _ in items],
            role=settings.level,
            package=facts.digest,
            actor_name="command line",
        )
    return delivery.id


@dataclass(slots=True)
class Turns:
    """When each waiting delivery is asked about again: soon after it was sent, then ever less often."""

    due: dict[UUID, tuple[float, float]] = field(default_factory=dict[UUID, tuple[float, float]])

    def is_due(self, delivery_id: UUID) -> bool:
        return self.due.get(delivery_id, (0.0, 0.0))[0] <= time.monotonic()

    def next(self, delivery_id: UUID, *, news: bool) -> None:
        pause = FIRST_PAUSE_S
        if not news:
            _, last = self.due.get(delivery_id, (0.0, 0.0))
            pause = min(LONGEST_PAUSE_S, 1.5 * max(FIRST_PAUSE_S, last))
        self.due[delivery_id] = (time.monotonic() + pause, pause)


def ask_for_receipts(database: Database, settings: Settings, turns: Turns) -> int:
    """Ask for the receipts of all waiting deliveries whose turn it is; return how many brought news."""
    with database.transaction(FULL) as session:
        waiting = session.scalars(select(Delivery.id).where(Delivery.state == "waiting")).all()
    news = 0
    for delivery_id in waiting:
        if turns.is_due(delivery_id):
            brought = ask_for_receipt(database, settings, delivery_id)
            turns.next(delivery_id, news=brought)
            news += brought
    return news


def ask_for_receipt(database: Database, settings: Settings, delivery_id: UUID) -> bool:
    """Fetch, verify and apply the receipt of one delivery; tell whether it said anything new."""
    with database.transaction(FULL) as session:
        delivery = session.get_one(Delivery, delivery_id)
        url, target, find_key = delivery.upload_url, delivery.target_url, packages.trusted_keys(session)
    if not url:
        return False
    try:
        document = upload.receipt(Target(target, keys.signing_key(settings)), url)
        verify_document(document, find_key)
    except (UploadFailed, SignatureRefused) as error:
        log.warning("receipt of %s: %s", delivery_id, error)
        _mark(database, delivery_id, problem=f"暂时取不到可信的回执：{error}。会自动再问。")
        return False
    with database.transaction(FULL) as session:
        delivery = session.get_one(Delivery, delivery_id, with_for_update=True)
        delivery.problem = ""
        return deliveries.apply_receipt(session, delivery, document)

"""Taking in a package from below: verified without a transaction, stored whole in one, or refused with its reason."""

from __future__ import annotations

import logging
from pathlib import Path
from uuid import UUID

from census.db import FULL, Database
from census.models.handup import ReceivedPackage, TrustedKey
from census.services.handup import packages
from census.services.handup.package_store import store
from census.settings import Settings
from exports.receive import Facts, PackageRefused, ReceivedFile
from forms.catalogue import catalogue

log = logging.getLogger("census.work")


def take_in(database: Database, settings: Settings, package_id: UUID) -> None:
    """Verify and store a package that has arrived; one that was dealt with already is left alone."""
    with database.transaction(FULL) as session:
        package = session.get_one(ReceivedPackage, package_id)
        if package.state != "verifying":
            return
        arrived, find_key = settings.data_dir / package.file, packages.trusted_keys(session)
    kept = _keep(settings, package_id, arrived)
    # Verifying a province takes minutes and holds no transaction meanwhile.
    try:
        with ReceivedFile(kept) as received:
            facts = received.verify(find_key, catalogue())
            with database.transaction(FULL) as session:
                # A job that was left behind may have been started again beside this one: the first to get here stores.
                package = session.get_one(ReceivedPackage, package_id, with_for_update=True)
                if package.state != "verifying":
                    return
                _check_sender(facts, session.get_one(TrustedKey, facts.key_id), settings)
                package.key_id, package.file = facts.key_id, str(kept.relative_to(settings.data_dir))
                new = store(session, package, facts, list(received.regions()), received.units(), received.records())
    except PackageRefused as error:
        log.warning("package %s refused: %s", package_id, error.code)
        with database.transaction(FULL) as session:
            packages.refuse(session, package_id, error.code, error.message)
        # Refused for good: who sent it puts it right and sends another.
        kept.unlink(missing_ok=True)
        return
    log.info("package %s stored: %d records, %d new", package_id, facts.counts["records"], new)


def _keep(settings: Settings, package_id: UUID, arrived: Path) -> Path:
    """Move the file to where packages are kept; done already when an earlier attempt was interrupted."""
    kept = settings.data_dir / "received" / f"{package_id}.zip"
    kept.parent.mkdir(parents=True, exist_ok=True)
    if arrived.exists() and arrived != kept:
        arrived.replace(kept)
    return kept


def _check_sender(facts: Facts, sender: TrustedKey, settings: Settings) -> None:
    """A key is believed for its own region, and this instance takes in what lies in its own."""
    if not facts.region.code.startswith(sender.region_code):
        raise PackageRefused("wrong_region", f"{sender.name}的密钥不能为{facts.region.name}签名。")
    if not facts.region.code.startswith(settings.region):
        raise PackageRefused("wrong_region", f"{facts.region.name}不在本机负责的区划内。")

"""What the synthetic district has handed up so far: two finished villages, one of them answered by the province.

The package goes from one data folder to the other as a file; all else is what the workers do.
"""

from __future__ import annotations

import shutil
from typing import Final
from uuid import UUID

from sqlalchemy import select

from census.db import FULL, Database, new_id
from census.demo.collected import actor_of
from census.demo.district import COUNTY, STORY_TOWN
from census.jobs.check import check_region
from census.jobs.deliver import build, note_sent
from census.jobs.receive import take_in
from census.jobs.validate import Pauses, validate
from census.models.collect import Submission
from census.models.handup import Delivery, Package, TrustedKey
from census.models.people import Account
from census.models.register import Region
from census.services.handup import deliveries, packages
from census.settings import Settings

FINISHED: Final = (2, 4)  # of the story town's villages in the order of their codes: nothing left to visit there
ANSWERED: Final = 4


def hand_up_finished(county: Settings, province: Settings) -> None:
    """Hand the finished villages up and let the province accept one."""
    here, there = Database(county.census_database_url), Database(province.census_database_url)
    try:
        for number in FINISHED:
            region = _village(here, number)
            if region is None:
                continue
            delivery_id = _deliver(here, county, region)
            package_id = _arrive(here, there, county, province, delivery_id)
            if number == ANSWERED:
                _answer(here, there, province, delivery_id, package_id)
    finally:
        here.close()
        there.close()


def _village(database: Database, number: int) -> str | None:
    """The code of a village, if it has records."""
    with database.transaction(FULL) as session:
        codes = session.scalars(select(Region.code).where(Region.parent_code == STORY_TOWN).order_by(Region.code)).all()
        code = codes[number]
        filled = session.scalar(select(Submission.id).where(Submission.region_code == code).limit(1))
    if filled is None:
        return None
    return code


def _deliver(database: Database, settings: Settings, region: str) -> UUID:
    check_region(database, region, settings.data_dir / "runs", actor="county01")
    delivery_id = new_id()
    with database.transaction(FULL) as session:
        account = session.scalars(select(Account).where(Account.username == "county01")).one()
        session.add(
            Delivery(id=delivery_id, region_code=region, target_url=settings.upper_url or "", account_id=account.id)
        )
    build(database, settings, delivery_id, region)
    return delivery_id


def _arrive(here: Database, there: Database, county: Settings, province: Settings, delivery_id: UUID) -> UUID:
    """Carry the package over, as a completed upload would be left."""
    package_id = new_id()
    with here.transaction(FULL) as session:
        package = session.get_one(Package, session.get_one(Delivery, delivery_id).package_id)
        file = county.data_dir / package.file
    arrived = province.data_dir / "uploads" / f"{package_id}.zip"
    arrived.parent.mkdir(parents=True, exist_ok=True)
    shutil.copyfile(file, arrived)
    with there.transaction(FULL) as session:
        sender = session.scalars(select(TrustedKey).where(TrustedKey.region_code == COUNTY)).one()
        packages.note_arrival(session, province, package_id, arrived, sender)
    take_in(there, province, package_id)
    with here.transaction(FULL) as session:
        session.get_one(Delivery, delivery_id).upload_url = f"{county.upper_url or ''}/api/v1/packages/{package_id}"
    note_sent(here, county, delivery_id)
    return package_id


def _answer(here: Database, there: Database, province: Settings, delivery_id: UUID, package_id: UUID) -> None:
    """Judge, accept everything, and take the receipt home."""
    pauses = Pauses()
    while validate(there, province.data_dir / "runs", pauses):
        pass
    with there.transaction(FULL) as session:
        reviewer = session.scalars(select(Account).where(Account.username == "province01")).one()
        packages.approve_all(session, actor_of(reviewer), package_id)
    with there.transaction(FULL) as session:
        document = packages.receipt(session, province, package_id)
    with here.transaction(FULL) as session:
        deliveries.apply_receipt(session, session.get_one(Delivery, delivery_id), document)

"""The synthetic district: drawn from a seed, sent and decided through the same services as real data."""

from __future__ import annotations

import json
from typing import Final

from sqlalchemy import select

from census.db import FULL, Database
from census.demo.collected import Collected, load_collected
from census.demo.decided import decide_all
from census.demo.district import load_province, load_register
from census.demo.regional import load_regional
from census.demo.scattered import load_scattered
from census.models.collect import Submission
from census.models.handup import Delivery
from census.models.people import Account
from census.services.register.regions import load_regions
from census.settings import Settings

UNITS: Final = 500


def load(settings: Settings, *, units: int | None, seed: int) -> None:
    """Fill an instance's two databases, unless they hold accounts already.

    ``units``: census units in the register (None: 500; 0: regions and accounts only).
    """
    census = Database(settings.database_url("census"))
    scattered = Database(settings.database_url("scattered"))
    try:
        if _is_empty(census):
            if settings.level == "county":
                _load_census(settings, census, UNITS if units is None else units, seed)
            else:
                with census.transaction(FULL) as session:
                    load_regions(session)
                    load_province(session)
        if settings.level == "county" and _is_empty(scattered):
            load_scattered(scattered, seed)
    finally:
        census.close()
        scattered.close()


def hand_up(county: Settings, province: Settings) -> None:
    """Hand finished villages up to the province, unless something was handed up before or there is nothing."""
    database = Database(county.database_url("census"))
    try:
        with database.transaction(FULL) as session:
            is_due = (
                session.scalar(select(Delivery.id).limit(1)) is None
                and session.scalar(select(Submission.id).limit(1)) is not None
            )
    finally:
        database.close()
    if is_due:
        from census.demo.handed_up import hand_up_finished  # noqa: PLC0415 - takes seconds: only a first start pays

        hand_up_finished(county, province)


def _is_empty(database: Database) -> bool:
    with database.transaction(FULL) as session:
        return session.scalar(select(Account.id).limit(1)) is None


def _load_census(settings: Settings, database: Database, units: int, seed: int) -> None:
    from census.jobs.validate import Pauses, validate  # noqa: PLC0415 - takes seconds: only a first start pays

    with database.transaction(FULL) as session:
        load_regions(session)
        district = load_register(session, units, seed)
    collected = load_collected(database, district, seed)
    load_regional(database, district)
    pauses = Pauses()
    while validate(database, settings.data_dir / "runs", pauses):
        pass
    decide_all(database, district, collected)
    write_manifest(settings, collected)


def write_manifest(settings: Settings, collected: list[Collected]) -> None:
    """Write down which error was planted where, so that finding them can be scored."""
    rows = [
        {
            "unit": str(one.unit.id),
            "form": one.planted.form,
            "check": one.planted.check,
            "pain": one.planted.pain,
            "error": one.planted.name,
            "submission": next(str(draft.id) for draft in one.sent if draft.form == one.planted.form),
        }
        for one in collected
        if one.planted is not None
    ]
    settings.data_dir.mkdir(parents=True, exist_ok=True)
    text = json.dumps(rows, ensure_ascii=False, indent=1) + "\n"
    (settings.data_dir / "manifest.json").write_text(text, encoding="utf-8")

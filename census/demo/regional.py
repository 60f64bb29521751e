"""The county's own forms in the demo: entrusted to its department, which has sent some and left the others open."""

from __future__ import annotations

from datetime import UTC, datetime
from typing import Any, Final
from uuid import UUID

from census.db import Database
from census.demo.collected import actor_of
from census.demo.district import COUNTY, District
from census.services.collect import submissions
from census.services.collect.fates import Draft
from census.services.collect.samples import samples
from census.services.handup import regional

DEPARTMENT: Final = "department01"
SENT: Final = ("N201-1", "N202", "S202")
AT: Final = datetime(2018, 8, 21, 9, 30, tzinfo=UTC)


def load_regional(database: Database, district: District) -> None:
    """Let the department fill the forms of the county, and send the first of them."""
    office, department = (actor_of(district.accounts[name]) for name in ("county01", DEPARTMENT))
    with database.transaction(office.scope) as session:
        regional.entrust(session, office, COUNTY, department.account_id)
    for form in SENT:  # one after the other: a later one is checked against those before
        with database.transaction(department.scope) as session:
            drafts = [_draft(one) for one in samples(session, form, 1, username=DEPARTMENT)]
            submissions.submit(session, department, drafts, AT)


def _draft(sample: dict[str, Any]) -> Draft:
    known = ("form", "version", "revision", "answers", "explanations", "files", "digest", "device")
    return Draft(id=UUID(sample["id"]), unit=UUID(sample["unit"]), **{name: sample[name] for name in known})

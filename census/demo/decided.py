"""How far the synthetic district's records have come in review: the worker's verdict, then people's decisions."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Final

from sqlalchemy import select

from census.access import Actor
from census.db import FULL, Database
from census.demo.collected import Collected, actor_of
from census.demo.district import District
from census.models.answers import Submission
from census.services import reviews

APPROVALS: Final = {"supervisor_approved": ("supervisor",), "county_approved": ("supervisor", "county")}
RETURNED: Final = {
    "QC-1": ("/address", "missing", "门牌号没有写全，请到现场核对后补上。"),
    "G101-1": ("/gross_output", "evidence_mismatch", "与企业提供的报表差一位，请对照 2017 年 12 月报表核实，单位是千元。"),
    "G102": ("/water_intake_total", "evidence_mismatch", "取水量与水费单不一致，请核对水费单后改正。"),
}


def decide_all(database: Database, district: District, collected: Iterable[Collected]) -> int:
    """Decide on each record as its fate says, and return how many decisions were made.

    Only what the worker found clean can be approved; records with a planted error stay flagged.
    """
    supervisors: dict[str, Actor] = {}
    for username, account in district.accounts.items():
        if username.startswith("supervisor"):
            for grant in account.grants:
                supervisors[grant.region_code] = actor_of(account)
    county = actor_of(district.accounts["county01"])
    made = 0
    for one in collected:
        if one.fate in {"checked", "planted", "without_form"}:
            continue
        with database.transaction(FULL) as session:
            states = {
                row.id: row.state
                for row in session.execute(
                    select(Submission.id, Submission.state).where(Submission.unit_id == one.unit.id)
                )
            }
            for draft in one.sent:
                if one.fate == "withdrawn":
                    visitor = actor_of(district.accounts[district.visitor[one.unit.id]])
                    reviews.withdraw(session, visitor, draft.id, expected_revision=1)
                    made += 1
                elif one.fate == "returned":
                    if draft.form != one.sent[-1].form:
                        continue
                    path, reason, text = RETURNED[draft.form]
                    reviews.decide(
                        session, supervisors[one.unit.village.town_code], draft.id, outcome="return",
                        note="请改正后重新上报。", items=[{"path": path, "reason": reason, "text": text}],
                        expected_revision=1,
                    )
                    made += 1
                elif states[draft.id] == "checked":
                    for role in APPROVALS[one.fate]:
                        actor = county if role == "county" else supervisors[one.unit.village.town_code]
                        reviews.decide(session, actor, draft.id, outcome="approve", note="", expected_revision=1)
                        made += 1
    return made

"""How far the synthetic district's records have come in review: the worker's verdict, then people's decisions."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Final

from sqlalchemy import select
from sqlalchemy.orm import Session

from census.access import Actor
from census.db import FULL, Database
from census.demo.collected import Collected, actor_of
from census.demo.district import District
from census.models.collect import Submission
from census.services.review import decisions

APPROVALS: Final = {
    "supervisor_approved": ("supervisor",),
    "county_approved": ("supervisor", "county"),
    "listed": ("supervisor", "county"),
}
ADDRESS: Final = ("/address", "missing", "门牌号没有写全，请到现场核对后补上。")
RETURNED: Final = {
    **dict.fromkeys(("QC-1", "QC-2", "QC-3", "QC-4", "QC-5"), ADDRESS),
    "G101-1": (
        "/gross_output",
        "evidence_mismatch",
        "与企业提供的报表差一位，请对照 2017 年 12 月报表核实，单位是千元。",
    ),
    "G102": ("/water_intake_total", "evidence_mismatch", "取水量与水费单不一致，请核对水费单后改正。"),
}


def decide_all(database: Database, district: District, collected: Iterable[Collected]) -> int:
    """Decide on each record as its fate says, and return how many decisions were made.

    Only what the worker found clean can be approved; records with a planted error stay flagged, and what is like
    another record waits for its explanation.
    """
    crew = Crew(district)
    made = 0
    for one in collected:
        # Left for people to find in the queue; a unit without a form has nothing to decide on.
        if one.fate in {"checked", "planted", "without_form"}:
            continue
        with database.transaction(FULL) as session:
            if one.fate == "withdrawn":
                made += _withdraw(session, crew, one)
            elif one.fate == "returned":
                made += _return_last(session, crew, one)
            else:
                made += _approve(session, crew, one)
    return made


class Crew:
    """The demo's people as actors."""

    def __init__(self, district: District) -> None:
        self._accounts = district.accounts
        self._visitor = district.visitor
        self.county = actor_of(district.accounts["county01"])
        self.supervisors = {
            grant.region_code: actor_of(account)
            for username, account in district.accounts.items()
            if username.startswith("supervisor")
            for grant in account.grants
        }

    def for_role(self, role: str, one: Collected) -> Actor:
        if role == "county":
            return self.county
        return self.supervisor(one)

    def supervisor(self, one: Collected) -> Actor:
        return self.supervisors[one.unit.village.town_code]

    def visitor(self, one: Collected) -> Actor:
        return actor_of(self._accounts[self._visitor[one.unit.id]])


def _withdraw(session: Session, crew: Crew, one: Collected) -> int:
    for draft in one.sent:
        decisions.withdraw(session, crew.visitor(one), draft.id, expected_revision=1)
    return len(one.sent)


def _return_last(session: Session, crew: Crew, one: Collected) -> int:
    draft = next((draft for draft in reversed(one.sent) if draft.form in RETURNED), None)
    if draft is None:
        return 0
    path, reason, text = RETURNED[draft.form]
    decisions.decide(
        session,
        crew.supervisor(one),
        draft.id,
        outcome="return",
        note="请改正后重新上报。",
        items=[{"path": path, "reason": reason, "text": text}],
        expected_revision=1,
    )
    return 1


def _approve(session: Session, crew: Crew, one: Collected) -> int:
    states = session.execute(
        select(Submission.id, Submission.state, Submission.unexplained_count).where(Submission.unit_id == one.unit.id)
    )
    clean = [row.id for row in states if row.state == "checked" and row.unexplained_count == 0]
    actors = [crew.for_role(role, one) for role in APPROVALS[one.fate]]
    for identity in clean:
        for actor in actors:
            decisions.decide(session, actor, identity, outcome="approve", note="", expected_revision=1)
    return len(clean) * len(actors)

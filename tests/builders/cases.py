"""散乱污 people, cases and small districts for tests: say only what matters, the rest is a plausible workshop."""

from __future__ import annotations

import hashlib
from collections.abc import Mapping
from dataclasses import replace
from datetime import date
from typing import Any
from uuid import uuid4

from sqlalchemy.orm import Session

from census.access import Actor, Grant
from census.demo.scattered_plan import BatchPlan, DistrictPlan, Town, read_plan
from census.models.cases import Case
from census.services.cases import steps
from census.services.people.accounts import create_account
from census.services.register.regions import load_regions

TOWN, OTHER_TOWN, VILLAGE = "440113016", "440113118", "440113016002"
COUNTY = "440113"
CLEARED = dict.fromkeys(
    ("cut_power_date", "cut_water_date", "clear_material_date", "clear_product_date", "clear_equipment_date"),
    "2017-06-01",
)
PLAN: dict[str, Any] = {
    "category": "close",
    "category_reason": "无手续，直排",
    "measures": "两断三清",
    "deadline": "2017-07-01",
    "resp_leader": "周镇长",
    "resp_person": "陈检查",
}
FACTS: Mapping[str, dict[str, Any]] = {
    "find": {
        "name": "兴盛五金加工厂",
        "address": "新桥村工业路8号",
        "lead_source": "district",
        "lon": 113.4,
        "lat": 22.95,
    },
    "verify": {
        "verifiers": "王一、李二",
        "lon": 113.4,
        "lat": 22.95,
        "accuracy_m": 8,
        "is_san": False,
        "is_luan": True,
        "is_wu": True,
        "record": "refused",
        "landlord_name": "何业主",
    },
    "propose_reject": {"reject_reason": "not_found"},
    "reject": {},
    "propose_category": {"category": "close", "category_reason": "无手续，直排"},
    "classify": PLAN,
    "rectify": {"notice_no": "番环改1号", "notice_date": "2017-05-01", "landlord_notice_date": "2017-05-01"},
    "done": {"mode": "stop", **CLEARED},
    "self_check": {"self_check_leader": "周镇长"},
    "accept": {"review_method": "onsite"},
    "return": {},
    "look_back": {"inspector": ["王一", "李二"], "lon": 113.4, "lat": 22.95, "power_restored": False},
    "archive": {},
    "rebound": {"rebound_kind": "same", "lb_action": "重新断电"},
    "reopen": PLAN,
    "enforce": {"enf_kind": "case", "enf_doc_no": "番环罚1号", "enf_date": "2017-05-02"},
    "correct": {"name": "兴盛五金制品加工厂"},
    "remark": {},
}
BY_TOWN = {"propose_reject", "propose_category", "rectify", "done", "self_check"}


def a_person(session: Session, role: str = "inspector", region: str = TOWN) -> Actor:
    account = create_account(
        session,
        username=f"{role}-{uuid4().hex[:8]}",
        password="",
        password_hash="-",
        full_name="陈检查",
        grants=[(role, region)],
    )
    session.flush()
    return Actor(
        account_id=account.id,
        username=account.username,
        full_name=account.full_name,
        card_number=None,
        programme="scattered",
        grants=(Grant(role, region),),
        session_id=uuid4(),
        device="台式机",
        receipt_key=b"",
    )


def photos(count: int) -> list[str]:
    return [hashlib.sha256(f"{uuid4()}".encode()).hexdigest() for _ in range(count)]


class Office:
    """A town's inspector and the district's case office, with a case to work on."""

    def __init__(self, session: Session) -> None:
        load_regions(session)
        self.session = session
        self.inspector = a_person(session)
        self.case_office = a_person(session, "case_office", COUNTY)

    def open_case(self, found_on: date = date(2017, 4, 1), **facts: Any) -> Case:
        return steps.open_case(
            self.session,
            self.inspector,
            region_code=VILLAGE,
            facts={**FACTS["find"], **facts},
            evidence=photos(1),
            found_on=found_on,
        )

    def take(self, case: Case, kind: str, *, by: Actor | None = None, on: date | None = None, **more: Any) -> Case:
        """Take one step with all it needs; ``more`` replaces facts, evidence, note or expected_version."""
        given: dict[str, Any] = {
            "evidence": photos(7),
            "note": "见附件",
            "expected_version": case.version,
            "occurred_on": on or max(case.found_on, date(2017, 6, 1)),
            "facts": FACTS[kind],
        } | more
        return steps.record_event(self.session, by or self.usual_actor(kind), case.id, kind=kind, **given)

    def usual_actor(self, kind: str) -> Actor:
        if kind in BY_TOWN:
            return self.inspector
        return self.case_office

    def take_all(self, case: Case, *kinds: str, on: date | None = None) -> Case:
        for kind in kinds:
            self.take(case, kind, on=on)
        return case


TO_DONE = ("verify", "propose_category", "classify", "rectify", "done")
TO_ACCEPTED = (*TO_DONE, "self_check", "accept")


def a_small_plan(**more: Any) -> DistrictPlan:
    """Another district with other numbers: two towns, another year, some places that are no industry."""
    plan = replace(
        read_plan(),
        year=2018,
        industrial_share=0.5,
        rebounds=2,
        demolished_m2=1234,
        leader_closed=(3, 4),
        leader_closed_is_lower_bound=False,
        towns=(
            Town(
                code=TOWN,
                found=11,
                stop=2,
                move=3,
                demolish=1,
                inplace=2,
                self_found=5,
                self_done=4,
                operations=6,
                person_times=45,
            ),
            Town(
                code=OTHER_TOWN,
                found=7,
                stop=1,
                move=1,
                demolish=0,
                inplace=3,
                self_found=2,
                self_done=2,
                operations=3,
                person_times=20,
            ),
        ),
        rivers_listed_on=date(2018, 1, 1),
        pilot_rivers=1,
        tagged_by_river=(2, 1, 1),
        batches=(
            BatchPlan(
                code="2018-05-zini",
                name="五月摸查",
                snapshot_on=date(2018, 5, 31),
                found=5,
                done=2,
                towns=(OTHER_TOWN,),
            ),
        ),
        inspection={
            "closed_groups": 3,
            "closed_items": 5,
            "open_groups": 1,
            "open_items": 2,
            "rectified": 4,
            "rectifying": 3,
        },
        registers={"petition": {"city": 10, "web": 3, "accepted": 13, "closed": 12}},
        approximate={},
    )
    return replace(plan, **more)

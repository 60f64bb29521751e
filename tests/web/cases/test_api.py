"""The 散乱污 part of the API: cases, steps, operations and reports, as another program uses them."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import dataclass
from functools import cached_property
from pathlib import Path
from typing import Any

import pytest
from flask import Flask
from flask.testing import FlaskClient
from sqlalchemy import func, select
from werkzeug.test import TestResponse

from census.app import create_app
from census.db import FULL
from census.demo.scattered import PASSWORD, load_district
from census.demo.scattered_plan import DistrictPlan, read_plan
from census.models.cases import Case
from census.models.evidence import AuditEntry
from census.services.people.accounts import create_account
from tests.builders.cases import FACTS, OTHER_TOWN, TOWN, VILLAGE, a_small_plan, photos
from tests.conftest import Databases

PLACE = {
    "name": "兴盛五金加工厂",
    "address": "工业路8号",
    "region_code": VILLAGE,
    "lead_source": "district",
    "position": {"lon": 113.4, "lat": 22.95},
    "found_on": "2018-04-01",
    "evidence": photos(1),
}


@dataclass
class Caller:
    """Somebody signed in on a device."""

    client: FlaskClient
    token: str

    def get(self, path: str) -> TestResponse:
        return self.client.get(f"/api/v1{path}", headers={"Authorization": f"Bearer {self.token}"})

    def post(self, path: str, value: Any) -> TestResponse:
        return self.client.post(f"/api/v1{path}", json=value, headers={"Authorization": f"Bearer {self.token}"})


def sign_in(client: FlaskClient, username: str, programme: str = "scattered") -> Caller:
    answer = client.post(
        "/api/v1/session", json={"username": username, "password": PASSWORD, "programme": programme, "device": "t"}
    )
    return Caller(client, answer.get_json()["token"])


@dataclass
class District:
    """A served instance whose 散乱污 database holds a district; a test makes the cases it changes."""

    client: FlaskClient
    databases: Databases

    @cached_property
    def inspector(self) -> Caller:
        return sign_in(self.client, "inspector01")

    @cached_property
    def other_inspector(self) -> Caller:
        return sign_in(self.client, "inspector02")

    @cached_property
    def office(self) -> Caller:
        return sign_in(self.client, "case_office01")


@pytest.fixture(scope="module")
def serve(
    make_databases: Callable[[Path], Databases], tmp_path_factory: pytest.TempPathFactory
) -> Iterator[Callable[[DistrictPlan], District]]:
    apps: list[Flask] = []

    def served(plan: DistrictPlan) -> District:
        databases = make_databases(tmp_path_factory.mktemp("district"))
        with databases.scattered.transaction(FULL) as session:
            load_district(session, plan, seed=7)
        apps.append(create_app(databases.settings))
        return District(apps[-1].test_client(), databases)

    yield served
    for app in apps:
        app.extensions["census"].close()


@pytest.fixture(scope="module")
def district(serve: Callable[[DistrictPlan], District]) -> District:
    return serve(a_small_plan())


@pytest.fixture(scope="module")
def still(serve: Callable[[DistrictPlan], District]) -> District:
    """Another one, which no test changes."""
    return serve(a_small_plan())


@pytest.fixture(scope="module")
def panyu(serve: Callable[[DistrictPlan], District]) -> Caller:
    return serve(read_plan()).office


@pytest.fixture
def inspector(district: District) -> Caller:
    return district.inspector


@pytest.fixture
def office(district: District) -> Caller:
    return district.office


def step(caller: Caller, case: dict[str, Any], kind: str, **more: Any) -> TestResponse:
    body = {
        "kind": kind,
        "expected_version": case["version"],
        "evidence": photos(7),
        "note": "见附件",
        "facts": FACTS[kind],
        "occurred_on": "2018-06-01",
        **more,
    }
    return caller.post(f"/cases/{case['id']}/events", body)


def test_a_case_is_opened_and_led_to_its_end(inspector: Caller, office: Caller) -> None:
    answer = inspector.post("/cases", PLACE)
    assert answer.status_code == 201
    case = answer.get_json()
    assert case["case_no"].startswith("SLW4401132018016")
    for caller, kind in (
        (inspector, "verify"),
        (inspector, "propose_category"),
        (office, "classify"),
        (inspector, "rectify"),
        (inspector, "done"),
        (inspector, "self_check"),
        (office, "accept"),
    ):
        answer = step(caller, case, kind)
        assert answer.status_code == 200, answer.get_json()
        case = answer.get_json()
    assert (case["state"], case["version"], [event["number"] for event in case["events"]]) == (
        "accepted",
        8,
        list(range(1, 9)),
    )


def test_the_next_steps_say_what_they_need_and_who_takes_them(inspector: Caller) -> None:
    case = inspector.post("/cases", PLACE).get_json()
    steps = {step["kind"]: step for step in inspector.get(f"/cases/{case['id']}").get_json()["next"]}
    assert steps["verify"]["evidence"] == 4
    assert {fact["key"] for fact in steps["verify"]["facts"]} >= {"is_san", "is_luan", "is_wu"}
    assert (steps["propose_reject"]["may"], steps["reject"]["may"]) == (True, False)


def test_an_outdated_version_is_answered_409(inspector: Caller) -> None:
    case = inspector.post("/cases", PLACE).get_json()
    assert step(inspector, case, "verify").status_code == 200
    answer = step(inspector, case, "remark")
    assert (answer.status_code, answer.get_json()["code"]) == (409, "conflict")


def test_what_is_missing_is_answered_422_with_the_items(inspector: Caller) -> None:
    case = inspector.post("/cases", PLACE).get_json()
    answer = inspector.post(f"/cases/{case['id']}/events", {"kind": "verify", "expected_version": 1})
    assert answer.status_code == 422
    assert "is_san" in answer.get_json()["fields"]


def test_a_town_sees_and_touches_only_its_own_cases(district: District) -> None:
    inspector, other = district.inspector, district.other_inspector
    case = inspector.post("/cases", PLACE).get_json()
    assert other.get(f"/cases/{case['id']}").status_code == 404
    assert step(other, case, "verify").status_code == 404
    assert other.post("/cases", PLACE).status_code == 403
    assert {one["region_code"][:9] for one in other.get("/cases").get_json()["cases"]} == {OTHER_TOWN}


def test_the_census_has_no_way_in(district: District) -> None:
    with district.databases.census.transaction(FULL) as session:
        create_account(
            session, username="enumerator01", password=PASSWORD, full_name="王", grants=[("enumerator", TOWN)]
        )
    caller = sign_in(district.client, "enumerator01", "census")
    assert {
        caller.get(path).status_code for path in ("/cases", "/reports/R8", "/reports/R8/rows?figure=slw.found")
    } == {403}
    assert caller.post("/cases", PLACE).status_code == 403


def test_pages_follow_each_other_without_gap_or_repeat(still: District) -> None:
    seen: list[str] = []
    cursor = ""
    while True:
        page = still.office.get(f"/cases?limit=5&cursor={cursor}").get_json()
        seen += [case["id"] for case in page["cases"]]
        cursor = page["cursor"]
        if not cursor:
            break
    assert len(seen) == len(set(seen)) == 18


def test_filters_narrow_the_list(still: District) -> None:
    office = still.office
    assert len(office.get(f"/cases?region={OTHER_TOWN}").get_json()["cases"]) == 7
    states = {case["state"] for case in office.get("/cases?state=accepted").get_json()["cases"]}
    assert states <= {"accepted"}
    assert all(case["overdue"] for case in office.get("/cases?overdue=true").get_json()["cases"])
    assert office.get("/cases?cursor=nonsense").status_code == 422


def test_a_repeated_operation_number_is_a_conflict(inspector: Caller, office: Caller) -> None:
    operation = {"operation_no": "ZX-1", "region_code": TOWN, "held_on": "2018-05-05", "person_times": 7}
    before = figures(office)
    assert inspector.post("/operations", operation).status_code == 201
    assert inspector.post("/operations", operation).status_code == 409
    after = figures(office)
    assert after["slw.operations"]["value"] - before["slw.operations"]["value"] == 1
    assert after["slw.person_times"]["value"] - before["slw.person_times"]["value"] == 7


def test_every_change_leaves_an_audit_entry(inspector: Caller, district: District) -> None:
    case = inspector.post("/cases", PLACE).get_json()
    step(inspector, case, "verify")
    with district.databases.scattered.transaction(FULL) as session:
        written = session.scalars(select(AuditEntry.action).where(AuditEntry.subject == case["case_no"])).all()
    assert written == ["open_case", "case_verify"]


def test_a_refused_step_changes_nothing(inspector: Caller, district: District) -> None:
    case = inspector.post("/cases", PLACE).get_json()
    assert step(inspector, case, "reject").status_code == 403
    with district.databases.scattered.transaction(FULL) as session:
        assert session.scalar(select(func.max(Case.version)).where(Case.id == case["id"])) == 1


# --- reports --------------------------------------------------------------------------------------------------------


def figures(caller: Caller, query: str = "") -> dict[str, dict[str, Any]]:
    return {figure["id"]: figure for figure in caller.get(f"/reports/R8{query}").get_json()["figures"]}


def test_the_yearly_report_gives_the_published_numbers(panyu: Caller) -> None:
    found = figures(panyu, "?as_of=2017-12-31")
    assert {key: found[key]["value"] for key in ("slw.found", "slw.done", "slw.operations", "slw.person_times")} == {
        "slw.found": 1287,
        "slw.done": 1225,
        "slw.operations": 677,
        "slw.person_times": 4737,
    }
    rate = found["slw.done_rate"]
    assert (rate["value"], rate["numerator"], rate["denominator"]) == (95.18, 1225, 1287)


@pytest.mark.parametrize(
    "figure", ["slw.outstanding", "slw.done_demolish", "river.total", "shawan.zini_done", "insp.open_items"]
)
def test_the_address_of_a_figure_lists_what_it_counts(panyu: Caller, figure: str) -> None:
    counted = figures(panyu, "?as_of=2017-12-31")[figure]
    answer = panyu.get(counted["cases_url"].removeprefix("/api/v1") + "&limit=200").get_json()
    assert len(answer.get("cases", answer.get("rows"))) == counted["value"]


def test_an_unknown_report_is_not_found_and_a_bad_day_named(panyu: Caller) -> None:
    assert panyu.get("/reports/R9").status_code == 404
    assert panyu.get("/reports/R8?as_of=soon").status_code == 422
    assert panyu.get("/reports/R8?region=4401").status_code == 403


@pytest.mark.parametrize("code", ["R1", "R2", "R3", "R4", "R5", "R6", "R7"])
def test_tables_are_answered_with_their_columns(panyu: Caller, code: str) -> None:
    report = panyu.get(f"/reports/{code}?as_of=2017-09-29").get_json()
    assert set(report["rows"][0]) == {column["key"] for column in report["columns"]}


def test_an_inspectors_report_is_his_towns(still: District) -> None:
    assert figures(still.inspector)["slw.found"]["value"] == 11

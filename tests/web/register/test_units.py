"""What a phone fetches and what it sends about doors: units, visits, changes; and the reference it works from."""

from __future__ import annotations

import re
from typing import Any
from uuid import uuid4

import pytest
from flask.testing import FlaskClient
from sqlalchemy import func, select, text, update

from census.db import FULL
from census.models.collect import Submission, Visit
from census.models.register import Assignment, Unit
from census.schema import ROOT
from tests.builders.api import (
    VILLAGE,
    Phone,
    a_draft,
    a_phone,
    an_account,
    an_assigned_unit,
    an_enumerators_phone,
    remember_nobody,
    settled,
)
from tests.builders.review import counted
from tests.conftest import Databases


@pytest.fixture
def phone(client: FlaskClient, own_databases: Databases) -> Phone:
    return an_enumerators_phone(client, own_databases.census)


def a_visit(unit: Any, **values: Any) -> dict[str, Any]:
    return {
        "id": str(uuid4()),
        "unit": unit and str(unit),
        "outcome": "done",
        "enumerators": ["0173", "0188"],
        "started_at": "2018-08-20T09:12:00+08:00",
        "finished_at": "2018-08-20T09:55:00+08:00",
        "position": {"lon": "113.39", "lat": "23.04", "accuracy_m": 12, "source": "device"},
        "signature": {
            "file": "ab" * 32,
            "signed_name": "陈某",
            "signed_at": "2018-08-20T09:54:00+08:00",
            "over": ["cd" * 32],
        },
        "device": "phone",
        **values,
    }


def visit(phone: Phone, *visits: Any) -> list[dict[str, Any]]:
    answer = phone.post("/visits", {"visits": visits})
    assert answer.status_code == 200, answer.get_data(as_text=True)
    return answer.get_json()["results"]


def queries(phone: Phone, act: Any) -> int:
    """How many statements an action sends to the database."""
    app = phone.client.application
    remember_nobody(app)
    with counted(app.extensions["census"].databases["census"].engine) as statements:
        act()
    return len(statements)


def test_a_phone_gets_its_units_and_then_only_what_changed(phone: Phone) -> None:
    first = phone.get("/units").get_json()
    assert {unit["id"] for unit in first["units"]} == set(map(str, phone.units))
    assert {unit["name"] for unit in first["units"]} == {"工厂 0", "工厂 1"}
    assert first["more"] is False
    again = settled(
        lambda: phone.get(f"/units?cursor={first['cursor']}").get_json(), lambda answer: not answer["units"]
    )
    visit(phone, a_visit(phone.units[1], outcome="moved"))
    changed = phone.get(f"/units?cursor={again['cursor']}").get_json()["units"]
    assert [(unit["id"], unit["outcome"]) for unit in changed] == [(str(phone.units[1]), "moved")]


def test_units_come_in_pages_that_miss_none(phone: Phone, own_databases: Databases) -> None:
    with own_databases.census.transaction(FULL) as session:
        account_id = session.scalars(select(Assignment.account_id).limit(1)).one()
        for _ in range(5):
            unit = an_assigned_unit(session, None)
            session.add(Assignment(unit_id=unit, account_id=account_id))
    seen: list[str] = []
    cursor, more = "", True
    while more:
        page = phone.get(f"/units?limit=3&cursor={cursor}").get_json()
        seen += [unit["id"] for unit in page["units"]]
        cursor, more = page["cursor"], page["more"]
    assert len(seen) == len(set(seen)) == 7


def test_a_unit_committed_late_by_a_slow_transaction_is_not_missed(phone: Phone, own_databases: Databases) -> None:
    with own_databases.census.transaction(FULL) as slow:
        slow.execute(
            update(Unit).where(Unit.id == phone.units[0]).values(name="慢", changed_xid=text("pg_current_xact_id()"))
        )
        visit(phone, a_visit(phone.units[1]))
        cursor = phone.get("/units").get_json()["cursor"]
    names = {unit["name"] for unit in phone.get(f"/units?cursor={cursor}").get_json()["units"]}
    assert "慢" in names


def test_a_unit_tells_what_was_sent_for_it(phone: Phone) -> None:
    draft = a_draft(phone.units[0])
    phone.send(draft)
    units = {unit["id"]: unit for unit in phone.get("/units").get_json()["units"]}
    assert units[str(phone.units[0])]["submissions"] == [
        {"id": draft["id"], "form": "G102", "state": "submitted", "revision": 1},
    ]


@pytest.mark.parametrize("path", ["/units", "/changes"])
def test_lists_cost_the_same_few_statements_however_long(phone: Phone, own_databases: Databases, path: str) -> None:
    phone.get(path)
    few = queries(phone, lambda: phone.get(path))
    with own_databases.census.transaction(FULL) as session:
        account_id = session.scalars(select(Assignment.account_id).limit(1)).one()
        for _ in range(30):
            session.add(Assignment(unit_id=an_assigned_unit(session, None), account_id=account_id))
    assert queries(phone, lambda: phone.get(path)) == few <= 6 + 3  # three find out who asks


def test_a_batch_costs_the_same_few_statements_however_long(phone: Phone) -> None:
    phone.get("/units")
    one = queries(phone, lambda: phone.send(a_draft(phone.units[0])))
    assert queries(phone, lambda: phone.send(*(a_draft(phone.units[1]) for _ in range(50)))) == one <= 8


def test_a_visit_is_stored_once_and_a_repeat_changes_nothing(phone: Phone, own_databases: Databases) -> None:
    sent = a_visit(phone.units[0])
    assert [visit(phone, sent)[0]["status"], visit(phone, sent)[0]["status"]] == ["stored", "repeat"]
    assert visit(phone, sent | {"outcome": "refused"})[0]["status"] == "conflict"
    with own_databases.census.transaction(FULL) as session:
        kept = session.scalars(select(Visit)).one()
        assert (kept.outcome, kept.cards, kept.signed_digests) == ("done", ["0173", "0188"], ["cd" * 32])
        assert session.get_one(Unit, phone.units[0]).lon == 113.39


def test_a_unit_found_on_the_way_has_the_visits_id_and_can_be_filled_at_once(phone: Phone) -> None:
    found = a_visit(
        None, new_unit={"name": "无名作坊", "address": "北亭大街 3 号", "kind": "industrial", "position": None}
    )
    [result] = visit(phone, found)
    assert (result["status"], result["unit"]) == ("stored", found["id"])
    assert visit(phone, found)[0]["status"] == "repeat"
    assert phone.send(a_draft(found["id"]))[0]["status"] == "stored"
    assert "无名作坊" in {unit["name"] for unit in phone.get("/units").get_json()["units"]}


def test_a_unit_found_outside_the_enumerators_regions_is_refused(phone: Phone, own_databases: Databases) -> None:
    found = a_visit(None, new_unit={"name": "别处", "address": "", "kind": "industrial", "region_code": "440113012001"})
    assert visit(phone, found)[0]["status"] == "refused"
    with own_databases.census.transaction(FULL) as session:
        assert session.scalar(select(func.count()).select_from(Unit)) == 2


@pytest.mark.parametrize(
    "wrong",
    [
        {"enumerators": ["0173"]},
        {"enumerators": ["0173", "0173"]},
        {"outcome": "fine"},
        {"unit": None},
        {"id": 1},
        {"new_unit": {"name": "x", "kind": "industrial"}},
        {"started_at": "yesterday"},
        {"started_at": "2018-08-20T09:12:00"},
        {"position": {"lon": 500, "lat": 0}},
        {"position": {"lon": "NaN", "lat": 0}},
        {"signature": {}},
        {"device": "\0"},
        {"signature": {"file": "x", "signed_name": "陈", "signed_at": "2018-08-20T09:54:00+08:00", "over": []}},
    ],
)
def test_a_visit_that_cannot_be_read_is_refused_and_its_neighbour_stored(phone: Phone, wrong: dict[str, Any]) -> None:
    results = visit(phone, a_visit(phone.units[0]) | wrong, a_visit(phone.units[1]))
    assert [result["status"] for result in results] == ["refused", "stored"]


def test_a_colleagues_unit_cannot_be_visited(phone: Phone, own_databases: Databases) -> None:
    with own_databases.census.transaction(FULL) as session:
        theirs = an_assigned_unit(session, an_account(session, "enumerator02"))
    assert visit(phone, a_visit(theirs))[0]["reason"] == "not_yours"


def test_a_return_reaches_the_phone_with_its_items(phone: Phone, own_databases: Databases) -> None:
    draft = a_draft(phone.units[0])
    phone.send(draft)
    start = phone.get("/changes").get_json()["cursor"]
    with own_databases.census.transaction(FULL) as session:
        an_account(session, "supervisor01", "supervisor")
        session.execute(update(Submission).values(state="checked", judge_due=False))
    supervisor = a_phone(phone.client, "supervisor01")
    assert [entry["id"] for entry in supervisor.get("/reviews").get_json()["reviews"]] == [draft["id"]]
    items = [{"path": "/water_intake_total", "reason": "evidence_mismatch", "text": "与水费单不符"}]
    decision = {"outcome": "return", "note": "请核对", "items": items, "expected_revision": 1}
    assert (
        supervisor.post(f"/submissions/{draft['id']}/decisions", decision | {"expected_revision": 2}).status_code == 409
    )
    decided = supervisor.post(f"/submissions/{draft['id']}/decisions", decision)
    assert (decided.status_code, decided.get_json()["state"]) == (200, "returned")
    [change] = settled(lambda: phone.get(f"/changes?since={start}").get_json(), lambda answer: answer["changes"])[
        "changes"
    ]
    assert (change["submission"], change["state"], change["items"]) == (draft["id"], "returned", items)
    [result] = phone.send(draft | {"revision": 2, "answers": {"water_intake_total": "1"}})
    assert result["status"] == "stored"


def test_an_enumerator_withdraws_until_a_reviewer_has_looked(phone: Phone, own_databases: Databases) -> None:
    drafts = [a_draft(unit) for unit in phone.units]
    phone.send(*drafts)
    with own_databases.census.transaction(FULL) as session:
        session.execute(update(Submission).where(Submission.id == drafts[1]["id"]).values(opened_at=func.now()))
    asked = {"outcome": "withdraw", "expected_revision": 1}
    assert phone.post(f"/submissions/{drafts[0]['id']}/decisions", asked).get_json()["state"] == "withdrawn"
    assert phone.post(f"/submissions/{drafts[1]['id']}/decisions", asked).status_code == 409


def test_a_submission_is_shown_to_its_sender_and_its_reviewers_only(phone: Phone, own_databases: Databases) -> None:
    draft = a_draft(phone.units[0])
    phone.send(draft)
    with own_databases.census.transaction(FULL) as session:
        an_account(session, "enumerator02")
        an_account(session, "supervisor01", "supervisor")
        an_account(session, "supervisor02", "supervisor", "440113012")
    path = f"/submissions/{draft['id']}"
    statuses = {
        name: a_phone(phone.client, name).get(path).status_code
        for name in ("enumerator02", "supervisor01", "supervisor02")
    }
    assert (phone.get(path).status_code, statuses) == (
        200,
        {"enumerator02": 404, "supervisor01": 200, "supervisor02": 404},
    )


def test_signing_out_ends_a_token_at_once(phone: Phone) -> None:
    assert phone.client.delete("/api/v1/session", headers=phone.headers).status_code == 204
    assert phone.get("/units").status_code == 401


def test_a_form_is_sent_once_and_then_only_confirmed(phone: Phone) -> None:
    forms = {form["form"]: form for form in phone.get("/forms").get_json()["forms"]}
    assert forms["G102"]["checks"] > 0
    assert "SLW" not in forms
    first = phone.get("/forms/G102")
    assert first.get_json()["digest"] == forms["G102"]["digest"]
    again = phone.get("/forms/G102", **{"If-None-Match": first.headers["ETag"]})
    assert (again.status_code, again.data) == (304, b"")
    assert phone.get("/forms/G999").status_code == 404
    assert phone.get("/forms/G102?version=1").status_code == 404


def test_the_state_table_and_the_reasons_can_be_looked_up(client: FlaskClient) -> None:
    table = client.get("/api/v1/reference/transitions").get_json()
    assert {"state": "checked", "outcome": "approve", "role": "supervisor", "to": "supervisor_approved"} in table[
        "transitions"
    ]
    assert "evidence_mismatch" in {
        reason["code"] for reason in client.get("/api/v1/reference/reasons").get_json()["reasons"]
    }


def test_the_description_names_every_route_and_is_valid(client: FlaskClient) -> None:
    described = client.get("/api/v1/openapi.json").get_json()
    from openapi_spec_validator import OpenAPIV31SpecValidator

    OpenAPIV31SpecValidator(described).validate()
    routed = {
        re.sub(r"<(?:[^:>]+:)?(\w+)>", r"{\1}", rule.rule)
        for rule in client.application.url_map.iter_rules()
        if rule.rule.startswith("/api/v1/")
    }
    assert set(described["paths"]) == routed
    assert all(operation["summary"] for path in described["paths"].values() for operation in path.values())


def test_the_reference_lists_every_request(client: FlaskClient) -> None:
    described = client.get("/api/v1/openapi.json").get_json()["paths"]
    requests = {
        f"{method.upper()} {path.removeprefix('/api/v1')}" for path, methods in described.items() for method in methods
    }
    page = (ROOT / "docs/reference/api.md").read_text(encoding="utf-8")
    assert set(re.findall(r"^\| `([A-Z]+ /[^`]+)` \|", page, re.MULTILINE)) == requests


def test_the_regions_of_a_new_unit_default_to_the_enumerators_own(phone: Phone, own_databases: Databases) -> None:
    found = a_visit(None, new_unit={"name": "作坊", "kind": "industrial", "region_code": VILLAGE})
    visit(phone, found)
    with own_databases.census.transaction(FULL) as session:
        assert session.get_one(Unit, found["id"]).region_code == VILLAGE

"""Sharing units out, over the API and at the desk: what a phone learns, and what a late one still may send."""

from __future__ import annotations

import re
from uuid import UUID, uuid4

import pytest
from flask.testing import FlaskClient
from sqlalchemy import select

from census.db import FULL
from census.models.collect import Submission, VisitConflict
from census.models.register import Assignment, EnumerationArea, Region
from tests.builders.api import (
    PASSWORD,
    TOWN,
    VILLAGE,
    Phone,
    a_draft,
    a_phone,
    an_account,
    an_assigned_unit,
    an_enumerators_phone,
)
from tests.conftest import Databases

AREA = f"{VILLAGE}0001"


@pytest.fixture
def first(client: FlaskClient, own_databases: Databases) -> Phone:
    return an_enumerators_phone(client, own_databases.census)


@pytest.fixture
def second(client: FlaskClient, own_databases: Databases, first: Phone) -> tuple[Phone, UUID]:
    """Another enumerator of the same town, after the first unit of the first was given to him by a supervisor."""
    with own_databases.census.transaction(FULL) as session:
        account = an_account(session, "enumerator02")
        an_account(session, "supervisor01", "supervisor")
        account_id = account.id
    first.get("/units")
    desk = a_phone(client, "supervisor01")
    answer = desk.post("/assignments", {"units": [str(first.units[0])], "account": str(account_id)})
    assert (answer.status_code, answer.get_json()) == (200, {"changed": 1})
    return a_phone(client, "enumerator02", device="other"), account_id


def test_a_late_phone_loses_nothing_and_overwrites_nothing(
    first: Phone, second: tuple[Phone, UUID], own_databases: Databases
) -> None:
    phone, _ = second
    unit = first.units[0]
    assert [row["status"] for row in phone.send(a_draft(unit))] == ["stored"]
    late = a_draft(unit, answers={"water_intake_total": "99"})
    result = first.send(late)[0]
    assert (
        result["status"],
        [finding["check"] for finding in result["findings"] if finding["check"] == "G102.duplicate"],
    ) == (
        "stored",
        ["G102.duplicate"],
    )
    assert first.send(late)[0]["status"] == "repeat"
    with own_databases.census.transaction(FULL) as session:
        assert len(session.scalars(select(Submission.id).where(Submission.unit_id == unit)).all()) == 2


def test_a_supervisor_chooses_between_two_phones_versions_at_the_desk(
    client: FlaskClient,
    first: Phone,
    second: tuple[Phone, UUID],
    own_databases: Databases,
) -> None:
    unit = first.units[0]
    second[0].send(a_draft(unit))
    first.send(a_draft(unit, answers={"water_intake_total": "99", "tap_water_intake": "12400"}))
    signed_in(client, "supervisor01")
    page = client.get(f"/review/merges/{unit}/G102").get_data(as_text=True)
    assert "2 份内容，1 处不同" in page
    keys = re.findall(r'name="seen" value="([^"]+)"', page)
    chosen = {"csrf_token": token_in(page), "seen": keys, "base": keys[1], "pick:water_intake_total": "", "reason": ""}
    assert "请写明为什么这样合并" in client.post(
        f"/review/merges/{unit}/G102", data=chosen, follow_redirects=True
    ).get_data(as_text=True)
    client.post(f"/review/merges/{unit}/G102", data=chosen | {"reason": "以现场水表为准"})
    with own_databases.census.transaction(FULL) as session:
        states = session.execute(select(Submission.state, Submission.revision).order_by(Submission.created_at)).all()
    assert [tuple(row) for row in states] == [("submitted", 2), ("withdrawn", 1)]


def signed_in(client: FlaskClient, username: str) -> None:
    token = token_in(client.get("/sign-in").get_data(as_text=True))
    client.post(
        "/sign-in", data={"username": username, "password": PASSWORD, "programme": "census", "csrf_token": token}
    )


def token_in(page: str) -> str:
    return re.findall(r'name="csrf_token" value="([0-9a-f]+)"', page)[0]


def test_who_never_had_a_unit_sends_nothing_for_it(first: Phone, second: tuple[Phone, UUID]) -> None:
    assert second[0].send(a_draft(first.units[1]))[0]["reason"] == "not_yours"


def test_a_phone_learns_what_was_taken_and_hands_back_what_it_does_not_want(
    first: Phone, second: tuple[Phone, UUID]
) -> None:
    answer = first.get("/units?cursor=1.0").get_json()
    assert [(row["id"], row["why"]) for row in answer["removed"]] == [(str(first.units[0]), "taken")]
    assert answer["lease_until"] > "2018"
    unit = first.units[1]
    assert first.post(f"/units/{unit}/hand-back", {"reason": "nothing"}).status_code == 422
    assert first.post(f"/units/{unit}/hand-back", {"reason": "language"}).status_code == 204
    assert first.post(f"/units/{unit}/hand-back", {"reason": "language"}).status_code == 404
    assert {row["why"] for row in first.get("/units?cursor=1.0").get_json()["removed"]} == {"taken", "handed_back"}
    assert first.post("/assignments", {"units": [str(unit)], "account": str(second[1])}).status_code == 403


def test_another_visit_under_the_same_id_is_kept_beside_the_first(first: Phone, own_databases: Databases) -> None:
    visit = {"id": str(uuid4()), "unit": str(first.units[0]), "outcome": "closed", "enumerators": ["0173", "0188"]}
    other = visit | {"outcome": "refused"}
    statuses = [
        first.post("/visits", {"visits": [sent]}).get_json()["results"][0]["status"]
        for sent in (visit, other, other, visit)
    ]
    assert statuses == ["stored", "conflict", "conflict", "repeat"]
    with own_databases.census.transaction(FULL) as session:
        assert [row.content["outcome"] for row in session.scalars(select(VisitConflict))] == ["refused"]


def test_a_supervisor_shares_out_an_area_at_the_desk(client: FlaskClient, own_databases: Databases) -> None:
    with own_databases.census.transaction(FULL) as session:
        account = an_account(session, "enumerator01")
        an_account(session, "supervisor01", "supervisor")
        for code, name in ((TOWN, "小谷围街道"), (VILLAGE, "北亭村")):
            session.add(Region(code=code, name=name, level="village"))
        session.add(EnumerationArea(code=AREA, name="北亭村第一小区", region_code=VILLAGE, boundary=None))
        session.flush()
        units = [
            an_assigned_unit(session, None, area_code=AREA, name=f"工厂 {number}", lon=113.38, lat=23.04)
            for number in range(2)
        ]
        target = f"account:{account.id}"
    signed_in(client, "supervisor01")
    assert "北亭村第一小区" in client.get("/areas/").get_data(as_text=True)
    page = client.get(f"/areas/{AREA}").get_data(as_text=True)
    token = token_in(page)
    assert "2 户，已入户 0，未分配 2" in page
    client.post(
        f"/areas/{AREA}/assign", data={"csrf_token": token, "unit": [str(units[0])], "target": target, "show": "all"}
    )
    page = client.get(f"/areas/{AREA}").get_data(as_text=True)
    assert "1 户已分给王普查" in page
    assert "未分配 1" in page
    with own_databases.census.transaction(FULL) as session:
        assert session.scalars(select(Assignment.unit_id)).all() == [units[0]]
    assert client.get("/review/merges/").status_code == 200


def test_a_supervisor_makes_a_team_at_the_desk(client: FlaskClient, own_databases: Databases) -> None:
    with own_databases.census.transaction(FULL) as session:
        member, lead = an_account(session, "enumerator01"), an_account(session, "supervisor01", "supervisor")
        session.add(Region(code=TOWN, name="小谷围街道", level="town"))
        session.flush()
        member_id, lead_id = str(member.id), str(lead.id)
    signed_in(client, "supervisor01")
    page = client.get(f"/areas/teams/new?region={TOWN}").get_data(as_text=True)
    form = {
        "csrf_token": token_in(page),
        "region": TOWN,
        "name": "小谷围一组",
        "supervisor": lead_id,
        "member": [member_id],
    }
    refused = client.post("/areas/teams", data=form | {"supervisor": ""})
    assert (refused.status_code, "请选组长" in refused.get_data(as_text=True)) == (422, True)
    client.post("/areas/teams", data=form)
    page = client.get("/areas/teams").get_data(as_text=True)
    assert "小谷围一组已保存，组员 1 人" in page
    address = re.search(r"/areas/teams/[0-9a-f-]{36}", page)
    assert address
    assert f'value="{member_id}" id="m{member_id}" checked' in client.get(address[0]).get_data(as_text=True)
    assert client.get("/areas/teams/new?region=440114").status_code == 403
    elsewhere = client.post(address[0], data=form | {"region": "440114", "supervisor": ""}).get_data(as_text=True)
    assert f'value="{TOWN}"' in elsewhere  # the people shown are those of the team's own place, whatever the form says

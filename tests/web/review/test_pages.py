from __future__ import annotations

import re
from uuid import UUID

import pytest
from flask import Flask
from flask.testing import FlaskClient
from sqlalchemy import select
from sqlalchemy.orm import Session
from werkzeug.test import TestResponse

from census.db import FULL, new_id
from census.models.collect import Submission
from census.models.evidence import AuditEntry
from census.models.register import EnumerationArea
from census.models.review import Change
from census.services.people.accounts import create_account
from tests.builders.api import PASSWORD, PASSWORD_HASH, remember_nobody
from tests.builders.review import (
    ANSWERS,
    TOWN,
    VILLAGE,
    a_revision,
    a_submission,
    a_unit,
    a_visit,
    an_account,
    counted,
    some_regions,
)
from tests.conftest import Databases

SQUARE = {
    "type": "Polygon",
    "coordinates": [[[113.38, 23.04], [113.39, 23.04], [113.39, 23.05], [113.38, 23.05], [113.38, 23.04]]],
}


class Desk:
    """A signed-in reviewer at the desk, with a database to look into."""

    def __init__(self, client: FlaskClient, databases: Databases, username: str) -> None:
        self.client, self.databases = client, databases
        self.post("/sign-in", username=username, password=PASSWORD)

    def get(self, address: str) -> str:
        response = self.client.get(address)
        assert response.status_code == 200, response.get_data(as_text=True)
        return response.get_data(as_text=True)

    def post(self, address: str, **fields: object) -> TestResponse:
        page = self.client.get("/sign-in").get_data(as_text=True)
        token = re.search(r'name="csrf_token" value="([0-9a-f]+)"', page)
        assert token
        return self.client.post(address, data={"csrf_token": token[1], **fields})

    def state(self, submission_id: UUID) -> str:
        with self.databases.census.transaction(FULL) as session:
            return session.get_one(Submission, submission_id).state

    def make(self, state: str = "checked", **values: object) -> Submission:
        with self.databases.census.transaction(FULL) as session:
            return a_submission(session, state, **values)  # type: ignore[arg-type]


def people(session: Session) -> None:
    some_regions(session)
    for username, role, region in (
        ("supervisor01", "supervisor", TOWN),
        ("county01", "county", "440113"),
        ("checker01", "checker", "440113"),
        ("admin01", "admin", "440113"),
        ("auditor01", "auditor", "440113"),
        ("province01", "province", "44"),
    ):
        create_account(
            session,
            username=username,
            password="",
            password_hash=PASSWORD_HASH,
            full_name="陈",
            grants=[(role, region)],
        )


@pytest.fixture
def desk(client: FlaskClient, own_databases: Databases) -> Desk:
    with own_databases.census.transaction(FULL) as session:
        people(session)
    return Desk(client, own_databases, "supervisor01")


def a_full_record(session: Session) -> Submission:
    """A record with everything: two revisions, a visit, an area, findings of each kind, two forms of the unit."""
    session.add(
        EnumerationArea(
            code=VILLAGE + "0001",
            name="北亭村一",
            region_code=VILLAGE,
            boundary=SQUARE,
            is_schematic=True,
        )
    )
    session.flush()
    unit = a_unit(
        session,
        area_code=VILLAGE + "0001",
        lon=113.385,
        lat=23.045,
        known={"water_intake_total": "1380"},
        forms=["G102", "G101-1"],
    )
    enumerator = an_account(session, "enumerator")
    record = a_submission(session, "flagged", unit=unit, enumerator=enumerator, errors=1, explained=1)
    record.revision = record.judged_revision = 2
    a_revision(
        session,
        record,
        2,
        {
            **ANSWERS,
            "self_supplied_intake": "2400",
            "facility": [
                *ANSWERS["facility"],
                {"facility_id": "TW002", "design_capacity": "10"},
            ],
        },
    )
    a_visit(session, record, signed=["0" * 64], id=new_id())
    record.visit_id = a_visit(session, record).id
    return record


def test_the_queue_lists_what_waits_with_counts(desk: Desk) -> None:
    desk.make(errors=0)
    desk.make("flagged", errors=1)
    page = desk.get("/review/")
    assert page.count("data-record") == 2
    assert "强制性 1" in page
    assert 'href="/review/?state=flagged"' in page
    assert desk.get("/review/?check=G102-C02").count("data-record") == 1
    assert "这里没有记录" in desk.get("/review/?form=G101-1")


def test_a_record_shows_its_values_beside_the_register_and_the_last_version(desk: Desk) -> None:
    with desk.databases.census.transaction(FULL) as session:
        record = a_full_record(session)
    page = desk.get(f"/review/{record.id}")
    assert "工业企业废水治理与排放情况" in page
    assert "12\u2009400" in page
    assert "1\u2009380" in page
    assert re.search(r"<del>3\u2009400</del> → <ins>2\u2009400</ins>", page)
    assert "新增" in page
    assert "“有水费单。”" in page
    assert "在小区内" in page
    assert "示意" in page
    assert "有强制性问题，不能通过" in page
    assert "未开始" in page
    assert "第 1 版" in desk.get(f"/review/{record.id}?revision=1")


def test_a_reviewer_sees_where_the_phone_was_and_where_the_map_was_tapped(desk: Desk) -> None:
    device = {"lon": 113.384512, "lat": 23.045112, "accuracy_m": 8.0}
    with desk.databases.census.transaction(FULL) as session:
        record = a_submission(session, "checked", revision=0)
        record.revision = 2
        for number, lat in ((1, 23.047112), (2, 23.045412)):
            tapped = {"lon": 113.384512, "lat": lat, "accuracy_m": None}
            a_revision(
                session, record, number, ANSWERS, points=[{"path": "/longitude", "device": device, "map": tapped}]
            )
    page = desk.get(f"/review/{record.id}")
    assert "手机定位" in page
    assert "113.384512，23.045112" in page
    assert "±8 米" in page
    assert "地图点选" in page
    assert "33 米" in page
    assert "请核对填的是哪一个" not in page
    assert "! 223 米，请核对填的是哪一个" in desk.get(f"/review/{record.id}?revision=1")


def test_a_filtered_table_leaves_out_what_was_not_asked_for(desk: Desk) -> None:
    with desk.databases.census.transaction(FULL) as session:
        record = a_full_record(session)
    assert desk.get(f"/review/{record.id}?show=problems").count('class="value') == 1
    assert "/facility/1/" in desk.get(f"/review/{record.id}?show=filled")


def test_a_record_costs_the_same_queries_however_much_there_is_to_show(desk: Desk, app: Flask) -> None:
    with desk.databases.census.transaction(FULL) as session:
        full = a_full_record(session)
        bare = a_submission(session, "flagged", errors=1)
    costs = []
    for record in (full, bare):
        desk.get(f"/review/{record.id}")
        remember_nobody(app)
        with counted(app.extensions["census"].databases["census"].engine) as statements:
            desk.get(f"/review/{record.id}")
        costs.append(len(statements))
    assert costs[0] == costs[1]
    assert costs[0] <= 14


def test_approving_leads_to_the_next_record(desk: Desk) -> None:
    first, second = desk.make(), desk.make()
    response = desk.post(f"/review/{first.id}/approve", revision=1)
    assert response.headers["Location"] == f"/review/{second.id}"
    assert "已通过" in desk.get(f"/review/{second.id}")
    assert desk.state(first.id) == "supervisor_approved"
    assert desk.post(f"/review/{second.id}/approve", revision=1).headers["Location"] == "/review/"


def test_approving_stays_inside_the_chosen_filters(desk: Desk) -> None:
    first, _, third = desk.make(form="G102"), desk.make(form="G101-1"), desk.make(form="G102")
    response = desk.post(f"/review/{first.id}/approve", revision=1, form="G102")
    assert response.headers["Location"] == f"/review/{third.id}?form=G102"


def test_what_cannot_be_approved_says_so_and_changes_nothing(desk: Desk) -> None:
    record = desk.make("checked", warnings=1)
    response = desk.post(f"/review/{record.id}/approve", revision=1)
    assert response.headers["Location"] == f"/review/{record.id}"
    assert "1 个核实性问题没有说明" in desk.get(f"/review/{record.id}")
    assert desk.state(record.id) == "checked"


def test_a_return_asks_for_a_reason_for_every_ticked_item(desk: Desk) -> None:
    record = desk.make("flagged", errors=1)
    page = desk.get(f"/review/{record.id}/return?path=/self_supplied_intake&path=/water_intake_total")
    assert "03 其中：自备水" in page
    assert "四项之和比取水量多" in page
    response = desk.post(
        f"/review/{record.id}/return",
        revision=1,
        path=["/self_supplied_intake", "/water_intake_total"],
        reason=["evidence_mismatch", "missing"],
        text=["看水表", ""],
        note="请尽快",
    )
    assert response.status_code == 303
    with desk.databases.census.transaction(FULL) as session:
        change = session.scalars(select(Change)).one()
        assert [item["path"] for item in change.items] == ["/self_supplied_intake", "/water_intake_total"]
        assert change.note == "请尽快"


def test_a_refused_return_keeps_what_was_typed(desk: Desk) -> None:
    record = desk.make("flagged", errors=1, revision=2)
    response = desk.post(
        f"/review/{record.id}/return",
        revision=1,
        path="/water_intake_total",
        reason="other",
        text="看水表",
        note="写了很多",
    )
    page = response.get_data(as_text=True)
    assert response.status_code == 409
    assert "看水表" in page
    assert "写了很多" in page
    assert "第 2 版" in page


def test_clean_records_are_approved_together(desk: Desk) -> None:
    clean, other = desk.make(), desk.make("checked", explained=1)
    page = desk.get("/review/?select=clean")
    assert page.count(" checked>") == 1
    desk.post("/review/approve", record=[f"{clean.id}:1", f"{other.id}:1"])
    page = desk.get("/review/")
    assert "已通过 1 条" in page
    assert "有 1 条没有通过：有审核问题" in page
    assert (desk.state(clean.id), desk.state(other.id)) == ("supervisor_approved", "checked")


@pytest.mark.parametrize("record", ["x", "x:1", "01a20a8c-7fb6-757b-b448-84ce1c7c485d:y"])
def test_a_mangled_choice_is_refused(desk: Desk, record: str) -> None:
    assert desk.post("/review/approve", record=record).status_code == 422


def test_opening_a_record_ends_the_recall_but_fetching_it_ahead_does_not(desk: Desk) -> None:
    record = desk.make()
    desk.client.get(f"/review/{record.id}", headers={"Sec-Purpose": "prefetch"})
    with desk.databases.census.transaction(FULL) as session:
        assert session.get_one(Submission, record.id).opened_at is None
    assert desk.post(f"/review/{record.id}/opened").status_code == 204
    with desk.databases.census.transaction(FULL) as session:
        assert session.get_one(Submission, record.id).opened_at is not None


def test_personal_items_are_masked_until_somebody_asks_and_that_is_audited(desk: Desk) -> None:
    record = desk.make(form="G101-1", answers={"legal_representative": "赵大明", "unit_name": "兴盛五金加工厂"})
    assert "赵大明" not in desk.get(f"/review/{record.id}")
    assert "赵大明" in desk.post(f"/review/{record.id}/reveal").get_data(as_text=True)
    with desk.databases.census.transaction(FULL) as session:
        entry = session.scalars(select(AuditEntry).where(AuditEntry.action == "reveal")).one()
        assert (entry.actor, entry.action, entry.subject) == ("supervisor01", "reveal", str(record.id))


def test_the_county_exempts_an_error_with_a_reason(desk: Desk) -> None:
    record = desk.make("flagged", errors=1)
    county = Desk(desk.client, desk.databases, "county01")
    assert "豁免这一项" in county.get(f"/review/{record.id}")
    county.post(
        f"/review/{record.id}/exemptions",
        revision=1,
        check="G102-C02",
        path="/self_supplied_intake",
        reason="井水未装表",
    )
    page = county.get(f"/review/{record.id}")
    assert "井水未装表" in page
    assert "已豁免 1" in page
    assert desk.state(record.id) == "checked"


def test_a_comment_is_kept_on_the_desk(desk: Desk) -> None:
    record = desk.make()
    desk.post(f"/review/{record.id}/comments", text="与环统比对 <b>")
    assert "与环统比对 &lt;b&gt;" in desk.get(f"/review/{record.id}")


def test_what_a_record_says_is_never_markup(desk: Desk) -> None:
    with desk.databases.census.transaction(FULL) as session:
        unit = a_unit(session, name="<script>alert(1)</script>厂")
        record = a_submission(
            session,
            unit=unit,
            answers={
                "unit_name": "<img src=x>",
                "facility": ["不是一行", {"facility_id": "<i>"}],
                "water_intake_total": {"a": 1},
            },
        )
    for address in (f"/review/{record.id}", "/review/", f"/units/{unit.id}", "/units/", "/overview"):
        page = desk.get(address)
        assert "<script>alert" not in page
        assert "<img src=x>" not in page


def test_a_form_that_this_instance_does_not_know_is_still_shown(desk: Desk) -> None:
    record = desk.make(form="G999", version="2030.1")
    assert "还没有 G999" in desk.get(f"/review/{record.id}")


def test_another_towns_record_is_not_there(desk: Desk) -> None:
    with desk.databases.census.transaction(FULL) as session:
        record = a_submission(session, unit=a_unit(session, "440113012001"))
    assert desk.client.get(f"/review/{record.id}").status_code == 404
    assert desk.post(f"/review/{record.id}/approve", revision=1).status_code in {303, 404}
    assert desk.state(record.id) == "checked"


def test_the_desk_is_closed_to_who_reviews_nothing(desk: Desk) -> None:
    record = desk.make()
    checker = Desk(desk.client, desk.databases, "checker01")
    for address in ("/review/", f"/review/{record.id}", "/overview", "/admin/audit", f"/review/{record.id}/return"):
        assert checker.client.get(address).status_code == 403
    assert checker.client.get("/units/").status_code == 200


def test_the_province_reviews_received_records_on_the_same_desk(desk: Desk) -> None:
    record = desk.make("checked", account_id=None)
    province = Desk(desk.client, desk.databases, "province01")
    assert "data-record" in province.get("/review/")
    province.post(f"/review/{record.id}/approve", revision=1)
    assert desk.state(record.id) == "province_approved"


def test_the_overview_counts_by_state_and_town(desk: Desk) -> None:
    desk.make()
    desk.make("flagged", errors=1)
    page = desk.get("/overview")
    assert "小谷围街道" in page
    assert "G102-C02" in page
    assert page.count('class="tile"') == 2


def test_units_are_found_by_part_of_their_name(desk: Desk) -> None:
    desk.make()
    assert "兴盛五金加工厂" in desk.get("/units/?words=五金")
    assert "没有找到" in desk.get("/units/?words=百分%25")


def test_the_administrator_signs_a_lost_phone_out(desk: Desk) -> None:
    admin = Desk(desk.client, desk.databases, "admin01")
    [own] = re.findall(r'/admin/accounts/([0-9a-f-]+)">admin01', admin.get("/admin/"))
    [session_id] = re.findall(r"/admin/devices/([0-9a-f-]+)/revoke", admin.get(f"/admin/accounts/{own}"))
    assert admin.post(f"/admin/devices/{session_id}/revoke").status_code == 303


def test_the_auditor_sees_whether_the_chain_holds(desk: Desk) -> None:
    record = desk.make()
    desk.post(f"/review/{record.id}/approve", revision=1)
    auditor = Desk(desk.client, desk.databases, "auditor01")
    assert auditor.client.get("/admin/").headers["Location"] == "/admin/audit"
    assert "链完整" in auditor.get("/admin/audit?verify=1")


@pytest.mark.parametrize("address", ["/review/", "/overview", "/units/", "{record}", "{record}/return?path=/unit_name"])
def test_every_desk_page_has_a_title_one_heading_labels_and_no_inline_code(desk: Desk, address: str) -> None:
    record = desk.make("flagged", errors=1)
    page = desk.get(address.format(record=f"/review/{record.id}"))
    assert re.search(r"<title>\S.* · 污染源普查</title>", page)
    assert page.count("<h1") == 1
    assert not re.search(r"<script(?![^>]*src=)|<style|\sstyle=|\son[a-z]+=", page)
    labels = set(re.findall(r'for="([^"]+)"', page))
    shown = re.findall(r"<(?:input|select|textarea)(?![^>]*type=\"hidden\")[^>]*>", page)
    assert all(re.search(r'id="([^"]+)"', field) and re.search(r'id="([^"]+)"', field)[1] in labels for field in shown)  # type: ignore[index]

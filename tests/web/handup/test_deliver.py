"""The whole way up and back: a county and a province, each with its own databases, real HTTP between them."""

from __future__ import annotations

import re
import threading
from collections.abc import Callable, Generator
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any
from uuid import UUID

import pytest
from flask import Flask
from flask.testing import FlaskClient
from sqlalchemy import select
from werkzeug.serving import make_server
from werkzeug.test import TestResponse

from census.app import create_app
from census.db import FULL, Database
from census.jobs.deliver import adopt_sent
from census.jobs.export import export_region
from census.jobs.worker import work
from census.models.collect import Revision, Submission
from census.models.handup import Delivery, Receipt, ReceivedPackage
from census.models.review import Change
from census.services.handup import keys
from census.services.people.accounts import create_account
from census.services.review import decisions
from census.settings import Settings
from exports import upload
from tests.builders.jobs import a_factory, a_sent_record, add_revision, valid_answers
from tests.builders.review import VILLAGE, an_account, an_actor, some_regions
from tests.conftest import Databases

PASSWORD = "Demo-2017-census"


@dataclass
class Place:
    """One instance: its application, its databases, its worker at our word."""

    settings: Settings
    database: Database
    app: Flask
    client: FlaskClient

    def work(self) -> None:
        work(self.settings, once=True)

    def get(self, address: str) -> str:
        response = self.client.get(address)
        assert response.status_code == 200, response.get_data(as_text=True)
        return response.get_data(as_text=True)

    def post(self, address: str, **fields: str) -> TestResponse:
        token = re.search(r'name="csrf_token" value="([0-9a-f]+)"', self.client.get("/sign-in").get_data(as_text=True))
        assert token
        return self.client.post(address, data={"csrf_token": token[1], **fields})

    def state(self, id_: UUID) -> str:
        with self.database.transaction(FULL) as session:
            return session.get_one(Submission, id_).state


def a_place(databases: Databases, settings: Settings, role: str, region: str) -> Place:
    with databases.census.transaction(FULL) as session:
        some_regions(session)
        create_account(session, username=f"{role}01", password=PASSWORD, full_name="陈", grants=[(role, region)])
    app = create_app(settings)
    place = Place(settings, databases.census, app, app.test_client())
    place.post("/sign-in", username=f"{role}01", password=PASSWORD)
    return place


@pytest.fixture
def province(lend_databases: Callable[[Path], Databases], tmp_path: Path) -> Generator[Place]:
    databases = lend_databases(tmp_path / "province")
    settings = replace(databases.settings, level="province", region="44", data_dir=tmp_path / "province")
    place = a_place(databases, settings, "province", "44")
    yield place
    place.app.extensions["census"].close()


@pytest.fixture
def address(province: Place) -> Generator[str]:
    server = make_server("127.0.0.1", 0, province.app, threaded=True)
    thread = threading.Thread(target=server.serve_forever)
    thread.start()
    yield f"http://127.0.0.1:{server.server_port}"
    server.shutdown()
    thread.join()


@pytest.fixture
def county(
    lend_databases: Callable[[Path], Databases], tmp_path: Path, province: Place, address: str
) -> Generator[Place]:
    databases = lend_databases(tmp_path / "county")
    settings = replace(
        databases.settings, level="county", region="440113", data_dir=tmp_path / "county", upper_url=address
    )
    place = a_place(databases, settings, "county", "440113")
    for one, other in ((place, province), (province, place)):
        with one.database.transaction(FULL) as session:
            keys.trust(session, keys.public_document(other.settings))
    yield place
    place.app.extensions["census"].close()


def approved_records(county: Place) -> list[UUID]:
    """A unit with both its forms approved by the county; the village has no other."""
    with county.database.transaction(FULL) as session:
        unit = a_factory(session)
        enumerator = an_account(session, "enumerator")
        return [
            a_sent_record(session, unit, form, state="county_approved", enumerator=enumerator).id
            for form in ("G101-1", "G102")
        ]


def hand_up(county: Place) -> None:
    county.post("/deliver/check", region=VILLAGE)
    county.work()
    assert "可以上报：四道关都通过了" in county.get(f"/deliver/?region={VILLAGE}")
    county.post("/deliver/send", region=VILLAGE)
    county.work()


def deliveries(county: Place) -> list[Delivery]:
    with county.database.transaction(FULL) as session:
        return list(session.scalars(select(Delivery).order_by(Delivery.created_at)))


def test_a_region_goes_up_comes_back_and_is_accepted(county: Place, province: Place) -> None:
    kept, returned = approved_records(county)
    county.work()
    assert "还差一步：请先做全量校验" in county.get(f"/deliver/?region={VILLAGE}")
    hand_up(county)
    assert [one.state for one in deliveries(county)] == ["waiting"]
    assert {county.state(kept), county.state(returned)} == {"handed_up"}

    province.work()
    assert {province.state(kept), province.state(returned)} == {"checked"}
    with province.database.transaction(FULL) as session:
        [package] = session.scalars(select(ReceivedPackage))
        decisions.decide(
            session,
            an_actor(session, "province", "44"),
            returned,
            outcome="return",
            note="请核对取水量。",
            expected_revision=1,
            items=[{"path": "/water_intake_total", "reason": "evidence_mismatch", "text": "与水费单不符"}],
        )
    assert "全部通过（1）" in province.get(f"/packages/{package.id}")
    province.post(f"/packages/{package.id}/approve")
    assert province.state(kept) == "province_approved"

    county.work()
    assert (county.state(kept), county.state(returned)) == ("accepted", "returned")
    with county.database.transaction(FULL) as session:
        change = session.scalars(
            select(Change).where(Change.submission_id == returned, Change.kind == "returned")
        ).one()
        assert (change.items[0]["path"], "请核对取水量。" in change.note) == ("/water_intake_total", True)
        again = session.get_one(Submission, returned)
        words = {"check": "G102-C05", "path": "/water_intake_total", "text": "已按水费单核对。"}
        add_revision(session, again, valid_answers("G102"), [words], 2)
        again.revision, again.state, again.judge_due = 2, "county_approved", True
    county.work()
    hand_up(county)
    province.work()
    with province.database.transaction(FULL) as session:
        second = session.scalars(select(ReceivedPackage).order_by(ReceivedPackage.received_at.desc())).first()
        assert second
        assert session.get_one(Submission, returned).revision == 2
        assert len(session.scalars(select(Revision).where(Revision.submission_id == returned)).all()) == 2
    province.post(f"/packages/{second.id}/approve")
    county.work()
    assert (county.state(kept), county.state(returned)) == ("accepted", "accepted")
    assert [one.state for one in deliveries(county)] == ["answered", "answered"]
    assert "退回 1 条中 1 条已改正并重新通过" in county.get(f"/deliver/?region={VILLAGE}")


def test_the_same_content_sent_twice_is_kept_once(county: Place, province: Place) -> None:
    approved_records(county)
    county.work()
    hand_up(county)
    province.work()
    with county.database.transaction(FULL) as session:
        for delivery in session.scalars(select(Delivery)):
            delivery.state = "answered"
    county.post("/deliver/send", region=VILLAGE)
    county.work()
    province.work()
    with province.database.transaction(FULL) as session:
        assert [package.state for package in session.scalars(select(ReceivedPackage))] == ["stored", "stored"]
        assert len(session.scalars(select(Revision)).all()) == 2


def test_a_receipt_is_applied_once(county: Place, province: Place) -> None:
    approved_records(county)
    county.work()
    hand_up(county)
    province.work()
    for _ in range(3):
        county.work()
    with county.database.transaction(FULL) as session:
        assert [(one.accepted_count, one.pending_count) for one in session.scalars(select(Receipt))] == [(0, 2)]


def test_what_the_command_line_sends_is_followed_like_any_other(
    county: Place, province: Place, address: str, tmp_path: Path
) -> None:
    ids = approved_records(county)
    county.work()
    file = export_region(county.database, county.settings, VILLAGE, tmp_path / "out").package
    url = upload.send(upload.Target(address, keys.signing_key(county.settings)), file.path, file.digest)
    first = adopt_sent(county.database, county.settings, file.path, address, url)
    assert first == adopt_sent(county.database, county.settings, file.path, address, url)
    assert {county.state(id_) for id_ in ids} == {"handed_up"}
    province.work()
    with province.database.transaction(FULL) as session:
        [package] = session.scalars(select(ReceivedPackage))
    province.post(f"/packages/{package.id}/approve")
    county.work()
    assert {county.state(id_) for id_ in ids} == {"accepted"}


def test_a_closed_gate_says_which_doors_are_shut(county: Place) -> None:
    with county.database.transaction(FULL) as session:
        unit = a_factory(session)
        a_sent_record(session, unit, "G101-1", state="county_approved")
        a_sent_record(session, unit, breaking="G102-C01", state="county_approved")
        a_factory(session, 1, outcome=None)
    county.work()
    page = county.get(f"/deliver/?region={VILLAGE}")
    assert "还不能上报：审核、强制性问题、最近一次全量校验没有通过" in page
    assert "1 个没有入户结果" in page
    county.post("/deliver/send", region=VILLAGE)
    assert deliveries(county) == []


def test_who_reviews_below_the_county_hands_nothing_up(county: Place) -> None:
    with county.database.transaction(FULL) as session:
        create_account(
            session, username="supervisor01", password=PASSWORD, full_name="李", grants=[("supervisor", VILLAGE)]
        )
    county.post("/sign-in", username="supervisor01", password=PASSWORD)
    assert county.client.get("/deliver/").status_code == 403
    assert county.post("/deliver/send", region=VILLAGE).status_code in {303, 403}
    assert deliveries(county) == []


def test_a_province_that_does_not_know_the_county_says_so(county: Place, province: Place) -> None:
    approved_records(county)
    county.work()
    with province.database.transaction(FULL) as session:
        for key in session.scalars(select(keys.TrustedKey)):
            session.delete(key)
    hand_up(county)
    [delivery] = deliveries(county)
    assert (delivery.state, "不在受信任之列" in delivery.problem) == ("failed", True)
    assert "再试一次" in county.get(f"/deliver/?region={VILLAGE}")


def test_a_package_of_another_region_is_refused_whole(county: Place, province: Place) -> None:
    approved_records(county)
    county.work()
    with province.database.transaction(FULL) as session:
        for key in session.scalars(select(keys.TrustedKey)):
            key.region_code = "440114"
    hand_up(county)
    province.work()
    county.work()
    [delivery] = deliveries(county)
    assert (delivery.state, "不能为" in delivery.problem) == ("failed", True)
    with province.database.transaction(FULL) as session:
        assert session.scalars(select(Submission)).all() == []
    assert "已拒收" in province.get("/packages")


def test_a_receipt_is_for_its_sender_only(province: Place, county: Place) -> None:
    approved_records(county)
    county.work()
    hand_up(county)
    [delivery] = deliveries(county)
    assert delivery.upload_url
    path = delivery.upload_url.partition("/api/")[2]
    answer: Any = province.app.test_client().get(f"/api/{path}/receipt")
    assert (answer.status_code, answer.get_json()["code"]) == (401, "not_signed_in")

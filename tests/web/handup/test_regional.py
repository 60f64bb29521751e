from __future__ import annotations

import re
from decimal import Decimal
from uuid import UUID

import pytest
from flask.testing import FlaskClient
from sqlalchemy import select, update

from census.db import FULL
from census.examples.records import answers_for
from census.models.collect import Submission
from census.models.people import Account
from census.services.handup.regional import unit_id_of
from census.services.people.accounts import create_account
from forms.catalogue import catalogue
from tests.builders.api import PASSWORD_HASH
from tests.builders.collect import PlainBrowser
from tests.conftest import Databases
from tests.web.review.test_pages import Desk, people

UNIT = unit_id_of("440113")


@pytest.fixture
def account(own_databases: Databases) -> UUID:
    with own_databases.census.transaction(FULL) as session:
        people(session)
        for username in ("department01", "department02"):
            create_account(
                session,
                username=username,
                password="",
                password_hash=PASSWORD_HASH,
                full_name="农业农村局",
                grants=[("department", "440113")],
            )
        session.flush()
        return session.scalars(select(Account.id).where(Account.username == "department01")).one()


@pytest.fixture
def county(client: FlaskClient, own_databases: Databases, account: UUID) -> Desk:
    desk = Desk(client, own_databases, "county01")
    desk.post("/regional/440113/entrust", account=account)
    return desk


def fill(county: Desk, code: str, seed: int = 1) -> PlainBrowser:
    browser = PlainBrowser(county.client).sign_in("department01")
    browser.fill_form(
        UNIT,
        code,
        answers_for(code, seed=seed, known={"unit.region_code": "440113", "unit.county_name": "番禺区"}).answers,
    )
    return browser


def state(county: Desk, code: str) -> str:
    with county.databases.census.transaction(FULL) as session:
        return session.scalars(select(Submission.state).where(Submission.form == code)).one()


def test_the_county_entrusts_a_department_with_the_forms_of_its_region(county: Desk) -> None:
    page = county.get("/regional/")
    assert "农业农村局" in page
    assert "N203" in page
    assert "G102" not in page
    assert "Y201-1" not in page  # a city's
    assert county.post("/regional/440113/entrust", account=UUID(int=1)).status_code == 422


def test_a_department_fills_a_form_and_the_county_alone_approves_it(county: Desk) -> None:
    browser = fill(county, "N203")
    assert "报送" in browser.open("/regional/").text
    browser.open(f"/collect/units/{UNIT}/finish")
    county.post(f"/regional/units/{UNIT}/N203/send")
    assert state(county, "N203") == "submitted"
    with county.databases.census.transaction(FULL) as session:
        session.execute(
            update(Submission).values(state="checked", judged_revision=1, judge_due=False, unexplained_count=0)
        )
        submission = session.scalars(select(Submission.id)).one()
    desk = Desk(county.client, county.databases, "county01")
    assert f'href="/review/{submission}' in desk.get("/review/")
    desk.post(f"/review/{submission}/approve", revision=1)
    assert state(county, "N203") == "county_approved"


def test_what_is_not_right_is_not_sent(county: Desk) -> None:
    browser = PlainBrowser(county.client).sign_in("department01")
    broken = next(check.id for check in catalogue().current("N203").checks if check.severity == "error")
    browser.fill_form(UNIT, "N203", answers_for("N203", broken, seed=1, known={"unit.region_code": "440113"}).answers)
    sent = county.post(f"/regional/units/{UNIT}/N203/send")
    assert sent.headers["Location"] == f"/collect/units/{UNIT}/finish"
    assert re.search('class="red"', county.get(f"/collect/units/{UNIT}/finish"))


def test_who_was_not_entrusted_fills_nothing(county: Desk) -> None:
    other = Desk(county.client, county.databases, "department02")
    assert other.client.get(f"/collect/units/{UNIT}/forms/N203/header").status_code == 404
    supervisor = Desk(county.client, county.databases, "supervisor01")
    assert supervisor.client.get("/regional/").status_code == 403


def test_a_computed_form_is_shown_with_its_working(county: Desk) -> None:
    assert "由平台按已报送的表核算" in county.get(f"/regional/units/{UNIT}/computed/Y202-4")
    assert county.client.get(f"/regional/units/{UNIT}/computed/N203").status_code == 404


def test_the_rows_of_a_computed_form_are_there_before_anybody_types(county: Desk) -> None:
    browser = fill(county, "Y202-1")
    county.post(f"/regional/units/{UNIT}/Y202-1/send")
    powers = [
        row["machine_power"]
        for row in answers_for("Y202-1", seed=1).answers["machines"]
        if row["machine_type"] in {"11", "12"}
    ]
    fields = browser.open(f"/collect/units/{UNIT}/forms/Y202-4/emissions/0").fields
    assert [str(sum(map(Decimal, powers)))] in fields.values()

"""Every list costs the same queries, however long it is: none asks once for each of its lines."""

from __future__ import annotations

from datetime import UTC, date, datetime, timedelta
from typing import Final

import pytest
from flask import Flask
from sqlalchemy import select

from census.db import FULL
from census.models.people import Account
from census.models.register import Assignment
from census.services import evidence
from census.settings import Programme
from tests.builders.api import PASSWORD, an_account, remember_nobody
from tests.builders.cases import Office
from tests.builders.collect import PlainBrowser
from tests.builders.review import TOWN, a_submission, a_unit, counted, some_regions
from tests.conftest import Databases

COUNTY: Final = "440113"
LISTS: Final[tuple[tuple[str, str, Programme, str], ...]] = (
    ("enumerator", TOWN, "census", "/collect/"),
    ("supervisor", TOWN, "census", "/review/"),
    ("supervisor", TOWN, "census", "/overview"),
    ("county", COUNTY, "census", "/review/?state=checked"),
    ("county", COUNTY, "census", "/units/"),
    ("county", COUNTY, "census", "/areas/"),
    ("auditor", COUNTY, "census", "/admin/audit"),
    ("inspector", TOWN, "scattered", "/cases/"),
    ("case_office", COUNTY, "scattered", "/cases/"),
)
API_LISTS: Final = (
    ("enumerator", TOWN, "/units"),
    ("enumerator", TOWN, "/changes"),
    ("supervisor", TOWN, "/reviews"),
)
MOST: Final = 12


@pytest.fixture
def people(own_databases: Databases) -> Databases:
    """Somebody of each role, in both programmes."""
    with own_databases.census.transaction(FULL) as census, own_databases.scattered.transaction(FULL) as scattered:
        some_regions(census)
        for role, region, programme in {(role, region, programme) for role, region, programme, _ in LISTS}:
            an_account(census if programme == "census" else scattered, role, role, region)
    return own_databases


def lengthen(databases: Databases, count: int) -> None:
    """Add so many lines to every list."""
    with databases.census.transaction(FULL) as session:
        enumerator = session.scalars(select(Account).where(Account.username == "enumerator")).one()
        for number in range(count):
            unit = a_unit(session, name=f"工厂{number}")
            session.add(Assignment(unit_id=unit.id, account_id=enumerator.id))
            at = datetime.now(UTC) - timedelta(days=number)
            a_submission(session, "checked", unit=unit, enumerator=enumerator, explained=1, updated_at=at)
            evidence.record(session, "somebody", "try", "something", {})
    with databases.scattered.transaction(FULL) as session:
        office = Office(session)
        for _ in range(count):
            office.take(office.open_case(date(2017, 4, 1)), "verify")


def page_costs(app: Flask) -> dict[str, int]:
    found: dict[str, int] = {}
    for role, _, programme, address in LISTS:
        browser = PlainBrowser(app.test_client()).sign_in(role, programme)
        found[f"{role} {address}"] = cost(app, programme, browser, address)
    return found


def cost(app: Flask, programme: Programme, browser: PlainBrowser, address: str) -> int:
    browser.open(address)
    remember_nobody(app)
    with counted(app.extensions["census"].databases[programme].engine) as statements:
        browser.open(address)
    return len(statements)


def api_costs(app: Flask) -> dict[str, int]:
    found: dict[str, int] = {}
    client = app.test_client()
    for role, _, address in API_LISTS:
        asked = {"username": role, "password": PASSWORD, "programme": "census", "device": "phone"}
        token = client.post("/api/v1/session", json=asked).get_json()["token"]
        with counted(app.extensions["census"].databases["census"].engine) as statements:
            assert client.get(f"/api/v1{address}", headers={"Authorization": f"Bearer {token}"}).status_code == 200
        found[f"{role} {address}"] = len(statements)
    return found


def test_a_longer_list_costs_no_more_queries(app: Flask, people: Databases) -> None:
    lengthen(people, 2)
    few = page_costs(app) | api_costs(app)
    lengthen(people, 20)
    assert page_costs(app) | api_costs(app) == few
    assert {name: count for name, count in few.items() if count > MOST} == {}

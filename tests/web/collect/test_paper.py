from __future__ import annotations

import pytest
from flask.testing import FlaskClient

from census.db import FULL
from tests.builders.review import OTHER_TOWN, a_submission, a_unit, an_account, some_regions
from tests.conftest import Databases
from tests.web.review.test_pages import Desk, people

PHONE = "13800000000"


@pytest.fixture
def desk(client: FlaskClient, own_databases: Databases) -> Desk:
    with own_databases.census.transaction(FULL) as session:
        people(session)
    return Desk(client, own_databases, "supervisor01")


def test_every_form_of_the_programme_can_be_had(desk: Desk) -> None:
    page = desk.get("/forms/")
    assert "/forms/G102/paper" in page
    assert "scattered" not in page
    assert desk.client.get("/forms/scattered/paper").status_code == 404
    assert desk.client.get("/forms/nothing/paper").status_code == 404


def test_a_blank_sheet_has_no_script_and_a_style_that_the_policy_allows(desk: Desk) -> None:
    page = desk.get("/forms/G102/paper")
    assert 'href="/forms/paper.css"' in page
    assert "取水量" in page
    assert desk.client.get("/forms/paper.css").mimetype == "text/css"
    assert "@font-face" not in desk.get("/forms/paper.css")


def test_a_unit_brings_its_answers_and_its_code_but_no_personal_data(desk: Desk) -> None:
    with desk.databases.census.transaction(FULL) as session:
        unit = a_unit(session, known={"contact_phone": PHONE})
        a_submission(session, "checked", unit=unit)
    page = desk.get(f"/forms/G102/paper?unit={unit.id}")
    assert "兴盛五金加工厂" in page
    assert "12\u2009400" in page
    assert "<svg" in page
    assert PHONE not in desk.get(f"/forms/G101-1/paper?unit={unit.id}")


def test_a_unit_of_another_town_is_not_there(desk: Desk) -> None:
    with desk.databases.census.transaction(FULL) as session:
        some_regions(session)
        unit = a_unit(session, region_code=OTHER_TOWN + "001")
        an_account(session, "enumerator", OTHER_TOWN)
    assert desk.client.get(f"/forms/G102/paper?unit={unit.id}").status_code == 404
    assert desk.client.get("/forms/G102/paper?unit=1").status_code == 404


def test_other_tools_and_programs_get_the_form_in_their_way(desk: Desk) -> None:
    workbook = desk.client.get("/forms/G102/xlsform")
    assert workbook.data.startswith(b"PK")
    assert "G102" in workbook.headers["Content-Disposition"]
    schema = desk.client.get("/forms/G102/schema").get_json()
    assert schema["properties"]["water_intake_total"]["x-unit"] == "立方米"

"""The 散乱污 desk as people use it: without JavaScript, through the pages' own forms."""

from __future__ import annotations

import hashlib
import io
import re
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest
from flask.testing import FlaskClient
from sqlalchemy import select

from census.app import create_app
from census.db import FULL
from census.demo.scattered import PASSWORD, load_district
from census.models.cases import Case
from tests.builders.cases import FACTS, VILLAGE, a_small_plan, photos
from tests.builders.photos import a_jpeg
from tests.conftest import Databases


class Desk:
    """A browser with somebody signed in."""

    def __init__(self, client: FlaskClient, username: str) -> None:
        self.client = client
        self.post("/sign-in", "/sign-in", username=username, password=PASSWORD, programme="scattered")

    def get(self, path: str) -> str:
        answer = self.client.get(path)
        assert answer.status_code == 200, answer.get_data(as_text=True)
        return answer.get_data(as_text=True)

    def post(self, page: str, path: str, **fields: Any):
        token = re.search(r'name="csrf_token" value="([0-9a-f]+)"', self.get(page))
        assert token
        return self.client.post(path, data={"csrf_token": token[1], **fields})


@pytest.fixture(scope="module")
def databases_of_a_district(
    make_databases: Callable[[Path], Databases], tmp_path_factory: pytest.TempPathFactory
) -> Databases:
    databases = make_databases(tmp_path_factory.mktemp("desk"))
    with databases.scattered.transaction(FULL) as session:
        load_district(session, a_small_plan(), seed=7)
    return databases


@pytest.fixture(scope="module")
def office(databases_of_a_district: Databases) -> Iterator[Desk]:
    app = create_app(databases_of_a_district.settings)
    yield Desk(app.test_client(), "case_office01")
    app.extensions["census"].close()


@pytest.fixture
def case(databases_of_a_district: Databases) -> Case:
    """A case that the district may still call a rebound."""
    with databases_of_a_district.scattered.transaction(FULL) as session:
        return session.scalars(select(Case).where(Case.state.in_(("accepted", "lookback"))).limit(1)).one()


def test_the_list_counts_states_and_towns(office: Desk) -> None:
    page = office.get("/cases/")
    assert re.search(r"全部</span><span[^>]*>18<", page)
    assert re.search(r"大龙街道</span><span[^>]*>11<", page)


def test_a_figure_leads_to_the_cases_it_counts(office: Desk) -> None:
    report = office.get("/cases/reports/R8?year=2018")
    link = re.search(r'href="(/cases/\?[^"]*figure=slw\.done_move[^"]*)"', report)
    assert link
    assert office.get(link[1].replace("&amp;", "&")).count("row-link") == 4


def test_the_report_shows_the_paragraph_of_the_chosen_day(office: Desk) -> None:
    assert "排查“散乱污”工业企业18家" in office.get("/cases/reports/R8?year=2018")
    assert "没有登记" in office.get("/cases/reports/R8?year=2016")


@pytest.mark.parametrize("code", ["R1", "R2", "R3", "R4", "R5", "R6", "R7", "R8"])
def test_every_report_has_a_page(office: Desk, code: str) -> None:
    assert "<h1>" in office.get(f"/cases/reports/{code}?year=2018")


@pytest.mark.parametrize(
    "figure", ["slw.operations", "river.total", "shawan.zini_found", "pet.city", "shawan.zone2_checked"]
)
def test_rows_that_are_no_cases_have_a_page_of_their_own(office: Desk, figure: str) -> None:
    assert "这个数字所计的各行" in office.get(f"/cases/reports/R8/{figure}?year=2018")


def test_a_step_is_taken_by_its_form(office: Desk, case: Case) -> None:
    answer = office.post(
        f"/cases/{case.id}",
        f"/cases/{case.id}",
        kind="rebound",
        expected_version=case.version,
        evidence=photos(1),
        **FACTS["rebound"],
    )
    assert answer.status_code == 303
    assert "案件现为“已反弹”" in office.get(f"/cases/{case.id}")


def test_a_fault_brings_the_form_back_as_it_was_filled(office: Desk, case: Case) -> None:
    answer = office.post(
        f"/cases/{case.id}", f"/cases/{case.id}", kind="rebound", expected_version=case.version, lb_action="重新断电"
    )
    page = answer.get_data(as_text=True)
    assert answer.status_code == 422
    assert 'value="重新断电"' in page
    assert "请填写反弹形式" in page


def test_photos_are_kept_when_the_form_comes_back_and_shown_once_the_step_is_taken(office: Desk, case: Case) -> None:
    photo = a_jpeg()
    sent = {"kind": "look_back", "expected_version": case.version, "photos": (io.BytesIO(photo), "现场.png")}
    refused = office.post(f"/cases/{case.id}", f"/cases/{case.id}", **sent).get_data(as_text=True)
    name = hashlib.sha256(photo).hexdigest()
    assert f'name="evidence" value="{name}"' in refused
    facts = {**FACTS["look_back"], "inspector": "王一、李二", "power_restored": "no", "lon": case.lon, "lat": case.lat}
    again = office.post(
        f"/cases/{case.id}",
        f"/cases/{case.id}",
        kind="look_back",
        expected_version=case.version,
        evidence=name,
        **facts,
    )
    assert again.status_code == 303
    assert f'src="/files/{name}"' in office.get(f"/cases/{case.id}")
    assert office.client.get(f"/files/{name}").data == photo


def test_what_is_no_photo_is_refused(office: Desk, case: Case) -> None:
    answer = office.post(
        f"/cases/{case.id}",
        f"/cases/{case.id}",
        kind="remark",
        expected_version=case.version,
        note="x",
        photos=(io.BytesIO(b"MZ program"), "a.png"),
    )
    assert answer.status_code == 415


def test_an_outdated_page_is_told_so(office: Desk, case: Case) -> None:
    answer = office.post(f"/cases/{case.id}", f"/cases/{case.id}", kind="remark", expected_version=1, note="晚了一步")
    assert answer.status_code == 409
    assert "刚被别人改动" in answer.get_data(as_text=True)


def test_a_new_find_is_registered_by_its_form(office: Desk) -> None:
    answer = office.post(
        "/cases/new",
        "/cases/new",
        region_code=VILLAGE,
        evidence=photos(1)[0],
        occurred_on="2018-03-03",
        **FACTS["find"],
    )
    assert answer.status_code == 303
    assert "SLW4401132018016" in office.get(answer.headers["Location"])
    refused = office.post("/cases/new", "/cases/new", name="只有名称")
    assert refused.status_code == 422
    assert 'value="只有名称"' in refused.get_data(as_text=True)


@pytest.mark.parametrize(
    "path", ["/cases/", "/cases/new", "/cases/reports/R8?year=2018", "/cases/reports/R2?year=2018"]
)
def test_pages_hold_no_inline_script_style_or_handler(office: Desk, path: str) -> None:
    page = office.get(path)
    assert not re.search(r"<script(?![^>]*\bsrc=)|<style|\sstyle=|\son[a-z]+=", page)
    assert len(re.findall(r"<h1[ >]", page)) == 1

"""``census report`` in each of its forms, over a small district."""

from __future__ import annotations

import io
import json
from datetime import date

import pytest
from python_calamine import CalamineWorkbook
from sqlalchemy.orm import Session

from census.__main__ import main
from census.commands.report import written
from census.demo.scattered import load_district
from census.services.cases import reports
from tests.builders.cases import COUNTY, a_small_plan


@pytest.fixture
def session_of_a_district(scattered_session: Session) -> Session:
    load_district(scattered_session, a_small_plan(), seed=7)
    return scattered_session


def test_the_yearly_report_as_text_is_its_paragraph(session_of_a_district: Session) -> None:
    report = reports.report(session_of_a_district, "R8", reports.window_of(session_of_a_district, COUNTY))
    assert written(report, "text").decode() == report.paragraph + "\n"


def test_the_yearly_report_as_json_is_what_the_api_answers(session_of_a_district: Session) -> None:
    report = reports.report(
        session_of_a_district, "R8", reports.window_of(session_of_a_district, COUNTY, date(2018, 12, 31))
    )
    read = json.loads(written(report, "json"))
    assert (read["report"], read["as_of"], read["year"]) == ("R8", "2018-12-31", 2018)
    assert next(figure["value"] for figure in read["figures"] if figure["id"] == "slw.found") == 18


def test_the_workbook_holds_figures_as_numbers_and_the_paragraph(session_of_a_district: Session) -> None:
    report = reports.report(session_of_a_district, "R8", reports.window_of(session_of_a_district, COUNTY))
    rows = CalamineWorkbook.from_filelike(io.BytesIO(written(report, "xlsx"))).get_sheet_by_index(0).to_python()
    assert ["slw.found", "排查“散乱污”工业企业", 18.0, "家"] in [row[:4] for row in rows]
    assert rows[-1][0] == report.paragraph


@pytest.mark.parametrize("code", ["R2", "R4"])
def test_a_table_has_the_same_rows_as_text_and_as_workbook(session_of_a_district: Session, code: str) -> None:
    report = reports.report(session_of_a_district, code, reports.window_of(session_of_a_district, COUNTY))
    lines = written(report, "text").decode().splitlines()
    sheet = CalamineWorkbook.from_filelike(io.BytesIO(written(report, "xlsx"))).get_sheet_by_index(0).to_python()
    assert len(lines) - 1 == len(report.rows) == len(sheet) - 4


def test_a_pdf_is_refused_with_what_to_do_instead(capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["report", "R8", "--format", "pdf"]) == 2
    assert "--format xlsx" in capsys.readouterr().err

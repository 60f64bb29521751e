"""Field tools of the ODK family take the forms in: pyxform converts each (ODK's own validator: tests/others)."""

from __future__ import annotations

from contextlib import closing
from pathlib import Path
from typing import Any

import openpyxl
import pytest
from pyxform.xls2xform import convert

from forms.catalogue import catalogue
from validation.evaluators import xpath
from validation.rulebook import compile_form

FORMS = sorted({form.code for form in catalogue().forms()})


def written(code: str, folder: Path) -> Path:
    path = folder / f"{code}.xlsx"
    path.write_bytes(xpath.xlsform_of(catalogue().current(code)))
    return path


def sheet(path: Path, name: str) -> list[dict[str, Any]]:
    with closing(openpyxl.load_workbook(path, read_only=True)) as workbook:  # it reads row by row from an open file
        head, *rows = workbook[name].iter_rows(values_only=True)
    return [dict(zip(map(str, head), row, strict=True)) for row in rows]


@pytest.mark.parametrize("code", FORMS)
def test_pyxform_takes_every_form_without_a_warning(code: str, tmp_path: Path):
    assert convert(written(code, tmp_path), validate=False).warnings == []


def test_every_item_that_is_asked_is_a_question(tmp_path: Path):
    form = catalogue().current("G102")
    names = xpath.names(form)
    asked = {row["name"] for row in sheet(written("G102", tmp_path), "survey")}
    assert {names[item.rows_key, item.key] for item in form.items()} <= asked


def test_conditions_and_checks_travel_along():
    form = catalogue().current("G102")
    found = xpath.expressions(compile_form(form, catalogue()), xpath.names(form))
    assert found.relevant["facility", ""] == "number(${treatment_facility_count}) > 0 + 0.5"
    [(balance, message)] = found.constraints["", "other_enterprise_intake"]
    assert balance.startswith("not(abs(number(${water_intake_total}) - ")
    assert "取水量" in message
    assert found.required["outlet", "receiver_name"]


def test_two_questions_do_not_ask_for_each_other():
    form = catalogue().current("QC-1")
    required = xpath.expressions(compile_form(form, catalogue()), xpath.names(form)).required
    assert ("", "contact_phone") not in required
    assert ("", "contact_mobile") not in required

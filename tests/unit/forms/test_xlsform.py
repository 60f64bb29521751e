"""Field tools of the ODK family take the forms in: pyxform converts each, and ODK's own validator parses every expression."""

from __future__ import annotations

import subprocess
from pathlib import Path
from typing import Any

import openpyxl
import pytest
from pyxform.validators.odk_validate import ODK_VALIDATE_PATH
from pyxform.xls2xform import convert

from forms.catalogue import catalogue
from validation.evaluators import xpath
from validation.rulebook import compile_form

FORMS = sorted({form.code for form in catalogue().forms()})


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return tmp_path_factory.mktemp("xlsform")


def sheet(path: Path, name: str) -> list[dict[str, Any]]:
    head, *rows = openpyxl.load_workbook(path, read_only=True)[name].iter_rows(values_only=True)
    return [dict(zip(map(str, head), row, strict=True)) for row in rows]


@pytest.mark.parametrize("code", FORMS)
def test_pyxform_takes_every_form_without_a_warning(code: str, folder: Path):
    path = folder / f"{code}.xlsx"
    path.write_bytes(xpath.xlsform_of(catalogue().current(code)))
    converted = convert(path, validate=False)
    assert converted.warnings == []
    (folder / f"{code}.xml").write_text(converted.xform, encoding="utf-8")


def test_the_tools_own_validator_understands_every_expression(folder: Path):
    files = sorted(folder.glob("*.xml"))
    assert len(files) == len(FORMS)
    done = subprocess.run(
        ["java", "-Djava.awt.headless=true", "-jar", ODK_VALIDATE_PATH, *files],
        capture_output=True,
        text=True,
        check=False,
    )
    assert done.returncode == 0, done.stderr[-3000:]
    assert done.stderr.count("Xform is valid") + done.stdout.count("Xform is valid") == len(files)


def test_every_item_that_is_asked_is_a_question(folder: Path):
    form = catalogue().current("G102")
    names = xpath.names(form)
    asked = {row["name"] for row in sheet(folder / "G102.xlsx", "survey")}
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

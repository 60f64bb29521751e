"""The ODK family's own validator, a Java program, parses every expression of every form."""

from __future__ import annotations

import subprocess
from pathlib import Path

from pyxform.validators.odk_validate import ODK_VALIDATE_PATH
from pyxform.xls2xform import convert

from forms.catalogue import catalogue
from validation.evaluators import xpath


def test_the_tools_own_validator_understands_every_expression(tmp_path: Path):
    codes = sorted({form.code for form in catalogue().forms()})
    files = [xform(code, tmp_path) for code in codes]
    done = subprocess.run(
        ["java", "-Djava.awt.headless=true", "-jar", ODK_VALIDATE_PATH, *files],
        capture_output=True,
        text=True,
        check=False,
    )
    assert done.returncode == 0, done.stderr[-3000:]
    assert done.stderr.count("Xform is valid") + done.stdout.count("Xform is valid") == len(files) > 0


def xform(code: str, folder: Path) -> Path:
    path = folder / f"{code}.xlsx"
    path.write_bytes(xpath.xlsform_of(catalogue().current(code)))
    xml = path.with_suffix(".xml")
    xml.write_text(convert(path, validate=False).xform, encoding="utf-8")
    return xml

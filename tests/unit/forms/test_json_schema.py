from __future__ import annotations

import copy
from typing import Any

import pytest
from jsonschema import Draft202012Validator

from census.examples.records import answers_for
from forms.catalogue import catalogue
from forms.views.json_schema import json_schema

FORMS = sorted({form.code for form in catalogue().forms()})


def errors(form: str, answers: dict[str, Any]) -> list[str]:
    return [
        str(error.json_path)
        for error in Draft202012Validator(json_schema(catalogue().current(form))).iter_errors(answers)
    ]


@pytest.mark.parametrize("code", FORMS)
def test_every_form_has_a_sound_schema(code: str):
    Draft202012Validator.check_schema(json_schema(catalogue().current(code)))


def test_a_valid_record_fits_its_schema():
    assert errors("G102", answers_for("G102").answers) == []


@pytest.mark.parametrize(
    ("path", "value"),
    [
        (("water_intake_total",), 12),
        (("water_intake_total",), "12.5"),
        (("report_date",), 2018),
        (("outlet", 0, "outlet_longitude"), {"d": 113, "m": 61, "s": "1.00"}),
        (("outlet", 0, "cod_generated"), "1.2345"),
        (("outlet", 0, "drainage_type"), "Z"),
        (("nothing_like_it",), "1"),
        (("outlet",), {}),
    ],
)
def test_what_cannot_be_read_does_not_fit(path: tuple[str | int, ...], value: object):
    answers = copy.deepcopy(answers_for("G102").answers)
    place: Any = answers
    for step in path[:-1]:
        place = place[step]
    place[path[-1]] = value
    assert errors("G102", answers)


def test_blanks_may_be_null():
    assert errors("G102", dict.fromkeys(answers_for("G102").answers)) == []

"""Answers as one frame: exact dtypes, whatever the answers are; columns shared with exports without pandas."""

import subprocess
import sys

import pytest

from forms.answers.columns import columns
from forms.answers.frames import Related, Row, to_frame
from forms.catalogue import catalogue
from forms.definition import Form

FORMS = catalogue().forms()
G102 = catalogue().current("G102")
G101 = catalogue().current("G101-1")
every_form = pytest.mark.parametrize("form", FORMS, ids=lambda form: form.code)


def row(answers: dict[str, object], **facts: object) -> Row:
    return Row("k1", 1, "u1", "440113011001", answers, **facts)  # pyright: ignore[reportArgumentType]


@every_form
def test_an_empty_frame_has_the_dtypes_of_a_full_one(form: Form):
    assert list(to_frame(form, []).dtypes) == list(to_frame(form, [row({"unknown": 1})]).dtypes)


def test_each_item_has_the_dtype_of_its_type():
    types = {name: str(dtype) for name, dtype in to_frame(G101, []).dtypes.items()}
    assert types["unit_name"] == "string[pyarrow]"
    assert types["production_hours"] == "double[pyarrow]"
    assert types["has_wastewater"] == "bool[pyarrow]"
    assert types["report_date"] == "date32[day][pyarrow]"
    assert types["longitude"] == "double[pyarrow]"
    assert types["_revision"] == "int64[pyarrow]"
    assert types["baseline__unit_name"] == "string[pyarrow]"


def test_rows_of_a_group_are_structs_in_their_order():
    frame = to_frame(G102, [row({"facility": [{"run_hours": "12"}, {"sealing_status": ["1", "2"]}]})])
    first, second = frame["facility"][0]
    assert first["run_hours"] == 12.0
    assert second["run_hours"] is None
    assert list(second["sealing_status"]) == ["1", "2"]


def test_what_is_wrong_with_the_shape_is_told_beside_the_values():
    frame = to_frame(
        G102, [row({"water_intake_total": "1,2", "facility": [{"run_hours": 5}, "x"], "outlet": "none", "nonsense": 1})]
    )
    assert list(frame["_problems"][0]) == ["water_intake_total:type", "unknown", "facility:rows", "outlet:rows"]
    assert list(frame["facility"][0][0]["_problems"]) == ["run_hours:type"]


def test_other_forms_and_the_register_stand_beside_the_record():
    known = row(
        {},
        related={"G101-1": {"production_hours": "8000"}},
        baseline={"unit_name": "甲厂"},
        present={"G106-1", "G101-1"},
    )
    frame = to_frame(G102, [known], [Related(G101, {("", "production_hours")})])
    assert frame["G101_1__production_hours"].tolist() == [8000.0]
    assert frame["baseline__unit_name"].tolist() == ["甲厂"]
    assert list(frame["_present"][0]) == ["G101-1", "G106-1"]


def test_only_what_the_checks_read_of_a_related_group_is_carried():
    frame = to_frame(
        G101,
        [row({}, related={"G102": {"outlet": [{"outlet_id": "DW001", "outlet_name": "总口"}]}})],
        [Related(G102, {("outlet", "outlet_id")})],
    )
    assert set(frame["G102__outlet"][0][0]) == {"outlet_id", "_problems"}


def test_a_position_becomes_its_parts():
    scattered = catalogue().current("scattered")
    frame = to_frame(
        scattered, [row({"gps": {"lon": "113.36", "lat": "22.93", "accuracy_m": "12", "source": "device"}})]
    )
    assert (frame["gps__lon"][0], frame["gps__accuracy_m"][0], frame["gps__source"][0]) == (113.36, 12.0, "device")


@every_form
def test_column_names_are_unique_and_typed(form: Form):
    for group in ("", *form.groups()):
        found = columns(form, group)
        assert len({column.name for column in found}) == len(found)
        assert all(column.sql_type for column in found)


def test_the_column_list_does_not_load_pandas():
    modules = "forms.answers.columns, forms.views.fields, forms.views.client, forms.catalogue"
    code = f"import sys, {modules}; sys.exit(not {{'pandas', 'pyarrow'}}.isdisjoint(sys.modules))"
    assert subprocess.run([sys.executable, "-c", code], check=False).returncode == 0

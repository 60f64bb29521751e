from __future__ import annotations

import zipfile
from dataclasses import fields, replace
from datetime import timedelta
from pathlib import Path

import duckdb
import frictionless
import orjson
import pyarrow.parquet
import pytest
import python_calamine

from exports import bundle
from exports.receive import ReceivedFile
from exports.record import Record
from exports.warehouse import FormTables
from forms.catalogue import catalogue
from tests.builders.exports import ANSWERS, KEY, MADE_AT, a_bundle, a_record, a_source, a_unit, trusting


@pytest.fixture(scope="module")
def made(tmp_path_factory: pytest.TempPathFactory) -> bundle.Bundle:
    return a_bundle(tmp_path_factory.mktemp("export"))


def test_the_same_records_give_the_same_bytes(made: bundle.Bundle, tmp_path: Path) -> None:
    again = a_bundle(tmp_path, made_at=MADE_AT + timedelta(days=1))
    assert again.package.path.name == made.package.path.name
    assert again.package.path.read_bytes() == made.package.path.read_bytes()


def test_a_record_is_written_in_one_order_however_it_came(made: bundle.Bundle, tmp_path: Path) -> None:
    """Else a new version of the program would give the same records another digest."""
    source = a_source()
    backwards = [orjson.dumps(dict(reversed(orjson.loads(line).items()))) + b"\n" for line in source.records]
    again = a_bundle(tmp_path, replace(source, records=backwards))
    assert again.package.digest == made.package.digest
    with zipfile.ZipFile(again.package.path) as archive:
        assert list(orjson.loads(archive.read("records.jsonl").splitlines()[0])) == [
            field.name for field in fields(Record)
        ]


def test_another_answer_gives_another_digest(made: bundle.Bundle, tmp_path: Path) -> None:
    unit = a_unit(1)
    other = a_bundle(
        tmp_path, a_source(units=[unit], records=[a_record(unit, {"water_intake_total": "1"})], findings=[])
    )
    assert other.package.digest != made.package.digest


def test_a_package_is_a_valid_frictionless_data_package(made: bundle.Bundle, tmp_path: Path) -> None:
    with zipfile.ZipFile(made.package.path) as archive:
        archive.extractall(tmp_path)
    report = frictionless.validate(str(tmp_path / "datapackage.json"))
    assert report.valid, report.flatten(["type", "note"])
    assert {task.name for task in report.tasks} == {
        "units",
        "regions",
        "records",
        "findings",
        "tables-g102",
        "tables-g102.facility",
        "tables-g102.outlet",
    }


def test_answers_come_out_as_they_went_in(made: bundle.Bundle) -> None:
    with ReceivedFile(made.package.path) as received:
        facts = received.verify(trusting(KEY.public_key()), catalogue())
        assert (facts.digest, facts.region.code, facts.forms) == (made.package.digest, "440113", (("G102", "2017.1"),))
        assert list(received.records()) == [
            a_record(unit, explanations=[], exemptions=[])
            for unit in (a_unit(1), a_unit(2, "440113012", kind="livestock"))
        ]
        assert next(received.units()) == a_unit(1)


def test_tables_are_typed_and_their_columns_say_unit_and_name(made: bundle.Bundle) -> None:
    schema = pyarrow.parquet.read_schema(made.folder / "tables" / "G102.parquet")
    field = schema.field("tap_water_intake")
    assert (str(field.type), field.metadata[b"unit"].decode()) == ("int64", "立方米")
    with duckdb.connect(str(made.folder / "aggregate.duckdb"), read_only=True) as connection:
        assert connection.execute("select sum(tap_water_intake) from G102").fetchone() == (18000,)
        assert connection.execute(
            "select facility_id, run_hours from G102_facility where _row = 2 limit 1"
        ).fetchone() == ("TW002", None)


def test_a_record_written_in_an_odd_way_spoils_no_neighbour(tmp_path: Path) -> None:
    """Arrow reads the first batch, Python the second: the odd record is in it."""
    units = [a_unit(number) for number in (1, 2, 3)]
    odd = ANSWERS | {
        "unknown": 1,
        "tap_water_intake": 9000,
        "facility": [None, *ANSWERS["facility"], "TW003"],
        "outlet": None,
    }
    rows: list[list[tuple[object, ...]]] = []
    for name, answers in (("usual", ANSWERS | {"facility": [None, *ANSWERS["facility"]]}), ("odd", odd)):
        records = [a_record(units[0]), a_record(units[1], answers), a_record(units[2])]
        made = a_bundle(tmp_path / name, a_source(units=units, records=records, findings=[]))
        with duckdb.connect(str(made.folder / "aggregate.duckdb"), read_only=True) as connection:
            rows.append(connection.execute("select * from G102_facility").fetchall())
            assert connection.execute("select tap_water_intake from G102").fetchall() == [
                (9000,),
                (None if name == "odd" else 9000,),
                (9000,),
            ]
    assert rows[0] == rows[1]
    assert [row[4] for row in rows[0]] == [1, 2, 2, 3, 1, 2]


def test_a_line_that_cannot_be_laid_out_stops_the_tables(tmp_path: Path) -> None:
    """They are written in another thread, whose failure must not be lost."""
    with pytest.raises(orjson.JSONDecodeError), FormTables(catalogue().current("G102"), tmp_path) as tables:
        tables.add([b"{\n"])


def test_the_summary_counts_objects_by_town_and_kind(made: bundle.Bundle) -> None:
    sheet = (
        python_calamine.load_workbook(made.folder / "summary" / "objects_by_town.xlsx")
        .get_sheet_by_index(0)
        .to_python()
    )
    rows = [row for row in sheet if row[0] in {"440113011", "440113012", "合计"}]
    assert [row[:4] + row[-1:] for row in rows] == [
        ["440113011", "小谷围街道", 1, 0, 1],
        ["440113012", "南村镇", 0, 1, 1],
        ["合计", "", 1, 1, 2],
    ]
    assert "小谷围街道" in (made.folder / "report.html").read_text(encoding="utf-8")
    assert "<script" not in (made.folder / "report.html").read_text(encoding="utf-8")


def test_personal_data_stand_in_the_records_only(made: bundle.Bundle) -> None:
    form = catalogue().get("G102", "2017.1")
    personal = {item.key for item in form.items() if item.personal}
    schema = pyarrow.parquet.read_schema(made.folder / "tables" / "G102.parquet")
    assert not personal & set(schema.names)


def test_placeholder_codes_are_counted(tmp_path: Path) -> None:
    unit = a_unit(1)
    item = next(
        item for item in catalogue().get("G102", "2017.1").items() if item.type in {"code", "choice"} and item.rows_key
    )
    answers = {item.rows_key: [{item.key: "x-1"}, {item.key: "1"}]}
    made = a_bundle(tmp_path, a_source(units=[unit], records=[a_record(unit, answers)], findings=[]))
    assert made.counts["placeholder_codes"] == 1


def test_a_descriptor_says_what_is_inside(made: bundle.Bundle) -> None:
    with zipfile.ZipFile(made.package.path) as archive:
        about = orjson.loads(archive.read("datapackage.json"))["census"]
    assert about["counts"] == {
        "units": 2,
        "records": 2,
        "warnings": 1,
        "exemptions": 0,
        "placeholder_codes": 0,
        "records G102": 2,
    }
    assert about["validation"] == {"complete": True, "checks": 120}


def test_a_spreadsheet_runs_nothing_of_what_people_typed() -> None:
    from exports.workbook import harmless

    assert [harmless(text) for text in ("=1+1", "+86", "@x", "南村镇", 5)] == ["'=1+1", "'+86", "'@x", "南村镇", 5]

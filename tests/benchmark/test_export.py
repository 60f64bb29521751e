"""What leaves: tables, summaries and signed package of a region, beside a raw COPY of the same answers."""

from __future__ import annotations

import json
import subprocess
import sys
import time
from pathlib import Path
from typing import Any, Final, cast
from uuid import UUID

import duckdb
import psycopg
from sqlalchemy import insert

from census.db import FULL, new_id
from census.examples.records import answers_for
from census.jobs.export import export_region
from census.models.collect import Revision, Submission
from census.models.register import Region
from tests.benchmark.conftest import Figures, scaled
from tests.builders.api import VILLAGE
from tests.served import Instance

SUBMISSIONS: Final = 50_000
PART: Final = 5_000
EXAMPLES: Final = 25
TABLES: Final = """
import itertools, json, sys, time
from pathlib import Path
from sqlalchemy.orm import Session
from census.db import FULL, Database, set_scope
from census.jobs.export import read_records, uncollected
from exports import warehouse
from exports.bundle import BATCH
from forms.catalogue import catalogue
url, region, folder = sys.argv[1], sys.argv[2], Path(sys.argv[3])
begun, count = time.perf_counter(), 0
with uncollected(), Session(Database(url).engine) as session, session.begin():
    set_scope(session, FULL)
    with warehouse.FormTables(catalogue().current("G102"), folder) as tables:
        lines = read_records(session, {"region": region, "states": ["county_approved"]})
        while batch := list(itertools.islice(lines, BATCH)):
            tables.add(batch)
            count += len(batch)
    warehouse.write_csv_tables(folder, tables.tables())
took = time.perf_counter() - begun
# Its own memory: ru_maxrss begins with that of whoever started this process.
status = Path("/proc/self/status").read_text().splitlines()
peak = next(int(line.split()[1]) for line in status if line.startswith("VmHWM"))
print(json.dumps([took, peak / 1024, count]))
"""


def test_export(county: Instance, figures: Figures, tmp_path: Path) -> None:
    count = scaled(SUBMISSIONS, 500)
    store_approved(county, count)
    begun = time.perf_counter()
    made = export_region(county.database, county.settings, VILLAGE, tmp_path / "out")
    ours = time.perf_counter() - begun
    assert made.counts["records"] == count
    figures.add(
        f"export.{count}", ours, "s", raw_copy_s(county, tmp_path / "raw"), "COPY of the same answers into a file"
    )


def test_csv_and_parquet(county: Instance, figures: Figures, tmp_path: Path) -> None:
    """In a process of its own, whose memory is this work's alone; the records are those of the export before."""
    count = scaled(SUBMISSIONS, 500)
    (tmp_path / "tables").mkdir()
    asked = [sys.executable, "-c", TABLES, county.database.url, VILLAGE, str(tmp_path / "tables")]
    took, peak_mib, written = json.loads(subprocess.run(asked, check=True, capture_output=True, text=True).stdout)
    assert written == count
    figures.add(
        f"csv_and_parquet.{count}",
        took,
        "s",
        raw_duckdb_s(tmp_path / "tables"),
        "DuckDB reading the Parquet files and writing them as CSV and Parquet",
    )
    figures.add(f"csv_and_parquet.{count}.peak", peak_mib, "MiB", 300, "what issue 3 allows")


def raw_duckdb_s(folder: Path) -> float:
    files = sorted(folder.glob("*.parquet"))
    begun = time.perf_counter()
    with duckdb.connect(config={"threads": 2}) as connection:
        for file in files:
            for kind in ("csv", "parquet"):
                connection.execute(f"copy (from '{file}') to '{file.with_suffix('.raw')}.{kind}' (format {kind})")
    return time.perf_counter() - begun


def store_approved(county: Instance, count: int) -> None:
    """Put approved records straight into the tables: how they came is not what is measured."""
    contents = [answers_for("G102", seed=seed).answers for seed in range(EXAMPLES)]
    units = county.add_units(count, "exporter")
    with county.database.transaction(FULL) as session:
        session.merge(Region(code=VILLAGE, name="贝岗村民委员会", level="village", parent_code=None))
    for start in range(0, count, PART):
        rows = [
            (new_id(), unit, contents[number % EXAMPLES]) for number, unit in enumerate(units[start : start + PART])
        ]
        with county.database.transaction(FULL) as session:
            session.execute(insert(Submission), [_submission(id_, unit) for id_, unit, _ in rows])
            session.execute(insert(Revision), [_revision(id_, answers) for id_, _, answers in rows])


def _submission(id_: UUID, unit: UUID) -> dict[str, Any]:
    return {
        "id": id_,
        "unit_id": unit,
        "form": "G102",
        "version": "2017.1",
        "region_code": VILLAGE,
        "revision": 1,
        "state": "county_approved",
        "judge_due": False,
        "judged_revision": 1,
    }


def _revision(id_: UUID, answers: dict[str, Any]) -> dict[str, Any]:
    return {
        "submission_id": id_,
        "number": 1,
        "region_code": VILLAGE,
        "answers": answers,
        "explanations": [],
        "files": [],
        "findings": [],
        "digest": id_.hex * 2,
        "receipt_number": f"bench-{id_.hex}",
    }


def raw_copy_s(county: Instance, file: Path) -> float:
    begun = time.perf_counter()
    with county.database.transaction(FULL) as session, file.open("wb") as out:
        connection = cast("psycopg.Connection", session.connection().connection.driver_connection)
        statement = b"copy (select answers from revision where receipt_number like 'bench-%') to stdout"
        with connection.cursor() as cursor, cursor.copy(statement) as copy:
            for part in copy:
                out.write(part)
    return time.perf_counter() - begun

"""Everything that leaves for one region in one folder: typed tables, aggregated database, summary tables, signed package."""

from __future__ import annotations

import itertools
import shutil
import tempfile
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from functools import cache
from pathlib import Path
from typing import Any, Final, cast

from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey

from exports import engines, package, warehouse, workbook
from exports.package import Description, Package, Table
from exports.record import OpenFinding, Record, Region, Unit
from forms.catalogue import Catalogue
from forms.codelists import codelist
from forms.definition import Form, Item

BATCH: Final = 2_000
PARTS: Final = (warehouse.DATABASE, "tables", "summary", "report.html")


@dataclass(frozen=True, slots=True)
class Source:
    """What the application hands over. ``records`` come by form, then by id; each is read once."""

    region: Region
    units: Sequence[Unit]
    regions: Sequence[Region]
    records: Iterable[Record]
    findings: Sequence[OpenFinding]
    validation: Mapping[str, Any] = field(default_factory=dict[str, Any])


@dataclass(frozen=True, slots=True)
class Bundle:
    """What was made, and what it holds."""

    package: Package
    counts: Mapping[str, int]
    folder: Path


def build(source: Source, out: Path, forms: Catalogue, key: Ed25519PrivateKey, made_at: datetime) -> Bundle:
    """Write all that leaves for the region into ``out``; what an earlier export left there is replaced."""
    out.mkdir(parents=True, exist_ok=True)
    with tempfile.TemporaryDirectory(prefix=".export-", dir=out) as scratch:
        draft = Path(scratch)
        for part in ("tables", "summary", "lines"):
            (draft / part).mkdir()
        writing = _RecordWriter(draft, forms)
        record_count = package.write_lines(draft / "lines" / package.RECORDS, writing.tee(source.records))
        parquet_files = [*warehouse.write_register(draft / "tables", source.units, source.regions),
                         *(table.path for table in writing.tables)]
        database = warehouse.build_database(draft, parquet_files)
        lines = _write_lines(draft / "lines", source)
        counts = {"units": len(source.units), "records": record_count, **_finding_counts(source.findings), **writing.counts()}
        made = package.write_package(
            out, Description(source.region, writing.forms_used(), counts, source.validation), lines, writing.csv_tables(), key,
        )
        heading = workbook.Heading(source.region, made.digest, len(source.units), record_count, made_at)
        _write_summaries(draft, database, heading)
        for part in PARTS:
            _replace(draft / part, out / part)
    return Bundle(made, counts, out)


class _RecordWriter:
    """Writes records into the tables of their forms while they pass by on their way into the package."""

    def __init__(self, draft: Path, forms: Catalogue) -> None:
        self._draft, self._catalogue = draft, forms
        self._versions: dict[tuple[str, str], int] = {}
        self.placeholders = 0
        self.tables: list[warehouse.Writer] = []

    def tee(self, records: Iterable[Record]) -> Iterator[Record]:
        for code, of_form in itertools.groupby(records, key=lambda record: record.form):
            with warehouse.FormTables(self._catalogue.current(code), self._draft / "tables") as form_tables:
                while batch := list(itertools.islice(of_form, BATCH)):
                    form_tables.add(batch)
                    for record in batch:
                        self._note(record)
                    yield from batch
            self.tables.extend(form_tables.tables())

    def _note(self, record: Record) -> None:
        version = (record.form, record.version)
        self._versions[version] = self._versions.get(version, 0) + 1
        self.placeholders += placeholder_count(self._catalogue.get(*version), record.answers)

    def counts(self) -> dict[str, int]:
        return {"placeholder_codes": self.placeholders, **{f"records {code}": count for (code, _), count in sorted(self._versions.items())}}

    def forms_used(self) -> list[dict[str, str]]:
        used = [self._catalogue.get(*version) for version in sorted(self._versions)]
        return [{"form": form.code, "version": form.version, "title": form.title, "digest": form.digest} for form in used]

    def csv_tables(self) -> list[Table]:
        return warehouse.write_csv_tables(self._draft / "lines", self.tables)


def placeholder_count(form: Form, answers: Mapping[str, Any]) -> int:
    """How many answers use a code that stands in for an official one (``x-…``)."""
    return sum(
        _stands_in(item, row[key])
        for group, items in _coded_items(form).items() for row in _rows(answers, group) for key, item in items.items() if key in row
    )


@cache
def _coded_items(form: Form) -> Mapping[str, Mapping[str, Item]]:
    """The items of a form that are answered with codes: by group ("" for single items), then by key."""
    found: dict[str, dict[str, Item]] = {}
    for item in form.items():
        if item.type in {"code", "choice", "multichoice"}:
            found.setdefault(item.rows_key, {})[item.key] = item
    return found


def _rows(answers: Mapping[str, Any], group: str) -> list[Mapping[str, Any]]:
    if not group:
        return [answers]
    rows = answers.get(group)
    return [cast("Mapping[str, Any]", row) for row in cast("list[object]", rows) if isinstance(row, Mapping)] if isinstance(rows, list) else []


def _stands_in(item: Item, value: object) -> int:
    codes = cast("list[object]", value) if isinstance(value, list) else [value]
    known = codelist(item.codelist) if item.codelist else None
    return sum(isinstance(code, str) and (known.is_placeholder(code) if known else code.startswith("x-")) for code in codes)


def _write_lines(folder: Path, source: Source) -> dict[str, Path]:
    package.write_lines(folder / package.UNITS, source.units)
    package.write_lines(folder / package.REGIONS, source.regions)
    package.write_lines(folder / package.FINDINGS, source.findings)
    return {name: folder / name for name in (package.UNITS, package.REGIONS, package.RECORDS, package.FINDINGS)}


def _finding_counts(findings: Sequence[OpenFinding]) -> dict[str, int]:
    return {
        "warnings": sum(finding.severity == "warning" for finding in findings),
        "exemptions": sum(finding.state == "exempt" for finding in findings),
    }


def _write_summaries(draft: Path, database: Path, heading: workbook.Heading) -> None:
    summaries = list(engines.run(database, engines.queries()))
    for summary in summaries:
        workbook.write_xlsx(draft / "summary" / f"{summary.query.name}.xlsx", heading, summary)
        workbook.write_csv(draft / "summary" / f"{summary.query.name}.csv", summary)
    workbook.write_report(draft / "report.html", heading, summaries)


def _replace(new: Path, old: Path) -> None:
    if old.is_dir():
        shutil.rmtree(old)
    new.replace(old)

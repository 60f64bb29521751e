"""Everything that leaves for one region in one folder: typed tables, their database, summaries, signed package."""

from __future__ import annotations

import itertools
import shutil
import tempfile
from collections import Counter
from collections.abc import Callable, Collection, Iterable, Iterator, Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, field
from datetime import datetime
from operator import attrgetter
from pathlib import Path
from typing import Any, Final

import orjson
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey

from exports import engines, package, report, warehouse, workbook
from exports.engines import Summary, SummaryQuery
from exports.package import Description, Package, Table
from exports.record import Computed, OpenFinding, Record, Region, Standing, Unit, line
from exports.report import check_title
from exports.warehouse import Found
from forms.catalogue import Catalogue

BATCH: Final = 2_000
PARTS: Final = (warehouse.DATABASE, "tables", "summary", "report.html")


@dataclass(frozen=True, slots=True)
class Source:
    """What the application hands over. ``records`` come by form, then by id, as lines of JSON; each is read once."""

    region: Region
    units: Sequence[Unit]
    regions: Sequence[Region]
    records: Iterable[bytes]
    findings: Sequence[OpenFinding]
    validation: Mapping[str, Any] = field(default_factory=dict[str, Any])
    standing: Standing | None = None
    computed: Sequence[Computed] = ()


@dataclass(frozen=True, slots=True)
class Bundle:
    """What was made, and what it holds."""

    package: Package
    counts: Mapping[str, int]
    folder: Path
    records: Sequence[tuple[str, int, str]]  # (id, revision, digest) of those in the package


def accept_all(_counts: Mapping[str, int]) -> None:
    """Let everything leave."""


def build(
    source: Source,
    out: Path,
    forms: Catalogue,
    key: Ed25519PrivateKey,
    made_at: datetime,
    accept: Callable[[Mapping[str, int]], None] = accept_all,
) -> Bundle:
    """Write all that leaves for the region into ``out``; what an earlier export left there is replaced.

    ``accept`` sees the counts before anything is published, and raises to refuse them.
    """
    out.mkdir(parents=True, exist_ok=True)
    with tempfile.TemporaryDirectory(prefix=".export-", dir=out) as scratch:
        draft = Path(scratch)
        for part in ("tables", "summary", "lines"):
            (draft / part).mkdir()
        writing = _RecordWriter(draft, forms, {finding.id for finding in source.findings})
        _write(draft / "lines" / package.RECORDS, writing.tee(source.records))
        found = [_found(finding, writing.regions.get(finding.id, ""), forms) for finding in source.findings]
        parquet_files = [
            *warehouse.write_register(draft / "tables", source.units, source.regions, found, source.computed),
            *(table.path for table in (*writing.tables, *writing.unfilled(engines.queries()))),
        ]
        lines = _write_lines(draft / "lines", source)
        counts = {
            "units": len(source.units),
            "records": len(writing.records),
            **_finding_counts(source.findings),
            **writing.counts(),
        }
        accept(counts)
        # DuckDB works without Python's lock: its database is built while the package is hashed and packed.
        with ThreadPoolExecutor(1, "database") as thread:
            database = thread.submit(warehouse.build_database, draft, parquet_files)
            made = package.write_package(
                out,
                Description(source.region, writing.forms_used(), counts, source.validation),
                lines,
                writing.csv_tables(source.computed),
                key,
            )
        heading = workbook.Heading(source.region, made.digest, len(source.units), len(writing.records), made_at)
        summaries = _write_summaries(draft, database.result(), heading)
        report.write(
            draft / "report.html",
            heading,
            summaries,
            report.Matter(source.units, source.regions, source.findings, source.standing, found),
        )
        # Only now, when all is written, what an earlier export left is touched.
        for part in PARTS:
            _replace(draft / part, out / part)
    return Bundle(made, counts, out, writing.records)


class _RecordWriter:
    """Writes records into the tables of their forms while they pass by on their way into the package."""

    def __init__(self, draft: Path, forms: Catalogue, found: Collection[str]) -> None:
        self._found = found
        self._draft, self._catalogue = draft, forms
        self._versions: Counter[tuple[str, str]] = Counter()
        self._placeholders = 0
        self.records: list[tuple[str, int, str]] = []
        self.tables: list[warehouse.Writer] = []
        self.regions: dict[str, str] = {}  # of the records on which something was found

    def tee(self, lines: Iterable[bytes]) -> Iterator[bytes]:
        """Give the records as the package holds them."""
        records = (Record(**orjson.loads(each)) for each in lines)
        for code, of_form in itertools.groupby(records, key=attrgetter("form")):
            with warehouse.FormTables(self._catalogue.current(code), self._draft / "tables") as form_tables:
                while batch := list(map(self._noted, itertools.islice(of_form, BATCH))):
                    form_tables.add(batch)
                    yield from batch
            self._placeholders += form_tables.placeholders
            self.tables.extend(form_tables.tables())

    def _noted(self, record: Record) -> bytes:
        if record.id in self._found:
            self.regions[record.id] = record.region_code
        self._versions[record.form, record.version] += 1
        self.records.append((record.id, record.revision, record.digest))
        return line(record)

    def unfilled(self, queries: Iterable[SummaryQuery]) -> list[warehouse.Writer]:
        """Give empty tables of the forms that summaries read and nobody has filled."""
        wanted = {code for query in queries for code in query.forms} - {code for code, _ in self._versions}
        tables: list[warehouse.Writer] = []
        for code in sorted(wanted):
            with warehouse.FormTables(self._catalogue.current(code), self._draft / "tables") as empty:
                tables.extend(empty.tables())
        return tables

    def counts(self) -> dict[str, int]:
        counts = {"placeholder_codes": self._placeholders}
        for (code, _), count in sorted(self._versions.items()):
            counts[f"records {code}"] = counts.get(f"records {code}", 0) + count
        return counts

    def forms_used(self) -> list[dict[str, str]]:
        used = [self._catalogue.get(*version) for version in sorted(self._versions)]
        return [
            {"form": form.code, "version": form.version, "title": form.title, "digest": form.digest} for form in used
        ]

    def csv_tables(self, computed: Sequence[Computed]) -> list[Table]:
        """Write the tables of the package; that of computed figures only where there are any."""
        tables: list[warehouse.Writer | warehouse.Written] = list(self.tables)
        if computed:
            tables.append(warehouse.computed_table(self._draft / "tables"))
        return warehouse.write_csv_tables(self._draft / "lines", tables)


def _write_lines(folder: Path, source: Source) -> dict[str, Path]:
    _write(folder / package.UNITS, map(line, source.units))
    _write(folder / package.REGIONS, map(line, source.regions))
    _write(folder / package.FINDINGS, map(line, source.findings))
    return {name: folder / name for name in (package.UNITS, package.REGIONS, package.RECORDS, package.FINDINGS)}


def _write(path: Path, lines: Iterable[bytes]) -> None:
    with path.open("wb") as file:
        file.writelines(lines)


def _finding_counts(findings: Sequence[OpenFinding]) -> dict[str, int]:
    return {
        "warnings": sum(finding.severity == "warning" for finding in findings),
        "exemptions": sum(finding.state == "exempt" for finding in findings),
    }


def _found(finding: OpenFinding, region: str, forms: Catalogue) -> Found:
    form = None
    if finding.form in forms:
        form = forms.current(finding.form)
    return Found(
        finding.id,
        region,
        finding.form,
        finding.check,
        check_title(form, finding.check),
        finding.severity,
        finding.state,
    )


def _write_summaries(draft: Path, database: Path, heading: workbook.Heading) -> list[Summary]:
    summaries = list(engines.run(database, engines.queries()))
    for summary in summaries:
        workbook.write_xlsx(draft / "summary" / f"{summary.query.name}.xlsx", heading, summary)
        workbook.write_csv(draft / "summary" / f"{summary.query.name}.csv", summary)
    return summaries


def _replace(new: Path, old: Path) -> None:
    if old.is_dir():
        shutil.rmtree(old)
    new.replace(old)

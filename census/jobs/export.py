"""Building what leaves for a region: rows by COPY out of one snapshot, then tables, summaries and package without a transaction."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Final, cast

import orjson
import psycopg
from sqlalchemy import RowMapping, select, text
from sqlalchemy.orm import Session

from census.db import FULL, Database, now, set_scope
from census.errors import GateClosed
from census.models.register import Region as RegionRow
from census.services import gate, keys
from census.settings import Settings
from exports import bundle, record
from exports.bundle import Bundle, Source
from forms.catalogue import catalogue
from validation.rulebook import compile_form

RECORDS: Final = """
    copy (
        select submission.id::text, submission.form, submission.version, submission.revision, revision.digest, submission.unit_id::text,
               submission.region_code, revision.answers::text, revision.explanations::text,
               coalesce((select jsonb_agg(jsonb_build_object('check', check_id, 'path', path, 'text', explanation) order by check_id, path)
                           from finding where finding.submission_id = submission.id and finding.state = 'exempt'), '[]')::text
          from submission
          join revision on revision.submission_id = submission.id and revision.number = submission.revision
         where submission.region_code ^@ %(region)s and submission.state = any(%(states)s) and submission.applies
         order by submission.form, submission.version, submission.id
    ) to stdout (format binary)
"""
TYPES: Final = ("text", "text", "text", "int4", "text", "text", "text", "text", "text", "text")
UNITS: Final = text("""
    select id::text as id, kind, name, address, credit_code, industry_code, region_code, lon, lat, source, outcome, forms, known from unit
     where region_code ^@ :region and (outcome is not null or exists (
           select from submission where submission.unit_id = unit.id and submission.state = any(:states) and submission.applies))
     order by unit.id
""")
FINDINGS: Final = text("""
    select finding.submission_id::text as id, finding.form, finding.revision, check_id as "check", severity, path, message,
           finding.state, explanation
      from finding join submission on submission.id = finding.submission_id
     where submission.region_code ^@ :region and submission.state = any(:states) and submission.applies and (severity = 'warning' or finding.state = 'exempt')
     order by finding.submission_id, check_id, path, message
""")
JUDGED: Final = text("""
    select form, version, count(*) as records, count(*) filter (where judged_revision = revision and not judge_due) as judged,
           sum(warning_count) as warnings, sum(error_count) as errors
      from submission where region_code ^@ :region and state = any(:states) and applies group by form, version order by form, version
""")


@dataclass(frozen=True, slots=True)
class Exported:
    """A bundle on disk and the records that its package holds."""

    bundle: Bundle
    items: Sequence[tuple[str, int, str]]   # (submission, revision, digest)


def export_region(database: Database, settings: Settings, region: str, out: Path, *, final: bool = False) -> Exported:
    """Write aggregated database, tables, summaries and package of a region's approved records into ``out``.

    With ``final``, raises GateClosed unless the gate is open and no answer uses a placeholder code.
    """
    raw, source = read_source(database, region, settings.level, must_be_open=final)
    if final:
        refuse_placeholders(raw)
    made = bundle.build(source, out, catalogue(), keys.signing_key(settings), now())
    return Exported(made, [(row[0], row[3], row[4]) for row in raw])


def read_source(database: Database, region: str, level: str, *, must_be_open: bool) -> tuple[list[tuple[Any, ...]], Source]:
    """Read everything in one snapshot; the records stay as raw text until each is written."""
    states = list(gate.APPROVED[level])
    wanted = {"region": region, "states": states}
    snapshot = database.engine.execution_options(isolation_level="REPEATABLE READ")
    with Session(snapshot) as session, session.begin():
        set_scope(session, FULL)
        looked = gate.gate(session, region, level)
        if must_be_open and not looked.is_open:
            raise GateClosed(f"{looked.sentence}。", **looked.detail())
        raw = copy_records(session, wanted)
        units = [_unit(row) for row in session.execute(UNITS, wanted).mappings()]
        source = Source(
            region=_region(looked.region), units=units, regions=_regions(session, region, units), records=_records(raw),
            findings=[record.OpenFinding(**row) for row in session.execute(FINDINGS, wanted).mappings()],
            validation=_validation(session, wanted),
        )
    return raw, source


def copy_records(session: Session, wanted: dict[str, Any]) -> list[tuple[Any, ...]]:
    connection = cast("psycopg.Connection", session.connection().connection.driver_connection)
    with psycopg.ClientCursor(connection) as cursor, cursor.copy(RECORDS.encode(), wanted) as copy:
        copy.set_types(TYPES)
        return list(copy.rows())


def _records(raw: Sequence[tuple[Any, ...]]) -> Iterator[record.Record]:
    for row in raw:
        known: list[Any] = [*row[:7], *map(orjson.loads, row[7:])]
        yield record.Record(*known)


def refuse_placeholders(raw: Sequence[tuple[Any, ...]]) -> None:
    """Raise GateClosed when an answer uses a code that stands in for an official one."""
    forms = catalogue()
    count = sum(bundle.placeholder_count(forms.get(each.form, each.version), each.answers) for each in _records(raw))
    if count:
        raise GateClosed(f"还有 {count} 处用了占位代码（x- 开头），不能作最终上报。请先换成正式代码。", placeholder_codes=count)


def _unit(row: RowMapping) -> record.Unit:
    facts: dict[str, Any] = {**row, "forms": tuple(row["forms"])}
    return record.Unit(**facts)


def _region(row: RegionRow) -> record.Region:
    return record.Region(row.code, row.name, row.level, row.parent_code)


def _regions(session: Session, region: str, units: Sequence[record.Unit]) -> list[record.Region]:
    """The region, all above it and all in which its units lie."""
    codes = {code[:length] for code in [region, *(unit.region_code for unit in units)] for length in (2, 4, 6, 9, 12) if len(code) >= length}
    rows = session.scalars(select(RegionRow).where(RegionRow.code.in_(codes)).order_by(RegionRow.code))
    return [_region(row) for row in rows]


def _validation(session: Session, wanted: dict[str, Any]) -> dict[str, Any]:
    """What Great Expectations said of these very revisions, form by form. No time and no name of a run: the content decides."""
    forms = [
        {"form": row.form, "version": row.version, "records": row.records, "judged": row.judged, "warnings": int(row.warnings),
         "errors": int(row.errors), "checks": len(compile_form(catalogue().get(row.form, row.version), catalogue()).rules)}
        for row in session.execute(JUDGED, wanted)
    ]
    return {"complete": all(form["records"] == form["judged"] for form in forms), "checks": sum(form["checks"] for form in forms), "forms": forms}

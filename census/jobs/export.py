"""Building what leaves for a region: rows out of one snapshot, written into tables and package while they come."""

from __future__ import annotations

import gc
from collections.abc import Generator, Iterator, Mapping, Sequence
from contextlib import contextmanager
from pathlib import Path
from typing import Any, Final, cast

import orjson
import psycopg
from sqlalchemy import select, text
from sqlalchemy.orm import Session

from census.db import FULL, Database, now, set_scope
from census.errors import GateClosed
from census.jobs.computed import computed_figures
from census.models.register import Region as RegionRow
from census.services.handup import gate, keys
from census.settings import Settings
from exports import bundle, record
from exports.bundle import Bundle, Source
from forms.catalogue import catalogue
from validation.rulebook import compile_form

# A record is a line of JSON. The narrow rows are sorted, and only then is each one's answer written out, while it is
# sent.
RECORDS: Final = """
    select '{"answers":' || written.answers
           || ',"digest":"' || written.digest
           || '","exemptions":' || ordered.exemptions
           || ',"explanations":' || written.explanations
           || ',"form":' || to_json(ordered.form)
           || ',"id":"' || ordered.id
           || '","region_code":' || to_json(ordered.region_code)
           || ',"revision":' || ordered.revision
           || ',"unit":"' || ordered.unit_id
           || '","version":' || to_json(ordered.version) || '}'
      from (select submission.id, form, version, revision, unit_id, submission.region_code,
                   coalesce(exempt.items, '[]') as exemptions
              from submission
              left join (select submission_id,
                                jsonb_agg(jsonb_build_object('check', check_id, 'path', path, 'text', explanation)
                                          order by check_id, path)::text as items
                           from finding where state = 'exempt' and region_code ^@ %(region)s
                          group by submission_id) as exempt
                     on exempt.submission_id = submission.id
             where submission.region_code ^@ %(region)s and submission.state = any(%(states)s) and submission.applies
             order by form, version, id) as ordered
     cross join lateral (select answers::text, digest, explanations::text from revision
                          where revision.submission_id = ordered.id and revision.number = ordered.revision
                          limit 1) as written
     order by form, version, id
"""
UNITS: Final = """
    select id::text, kind, name, address, credit_code, industry_code, region_code, lon, lat, source, outcome,
           case when forms <> '[]' then convert_to(forms::text, 'UTF8') end,
           case when known <> '{}' then convert_to(known::text, 'UTF8') end
      from unit
     where region_code ^@ %(region)s and (outcome is not null or exists (
           select from submission
            where submission.unit_id = unit.id and submission.state = any(%(states)s) and submission.applies))
     order by unit.id
"""
# PostgreSQL writes no control character into JSON text, so that nothing needs quotes and a line leaves as it is.
COPY: Final = "copy ({}) to stdout (format csv, quote e'\\x01', delimiter e'\\x02')"
AT_ONCE: Final = 2_000
NOTHING: Final[dict[str, Any]] = {}
FINDINGS: Final = text("""
    select finding.submission_id::text as id, finding.form, finding.revision, check_id as "check", severity, path,
           message, finding.state, explanation
      from finding join submission on submission.id = finding.submission_id
     where submission.region_code ^@ :region and submission.state = any(:states) and submission.applies
       and (severity = 'warning' or finding.state = 'exempt')
     order by finding.submission_id, check_id, path, message
""")
PROGRESS: Final = text("""
    with passed as (select distinct unit_id from submission where region_code ^@ :region and state = any(:states))
    select substr(unit.region_code, 1, 9) as town_code, count(*) as units, count(unit.outcome) as visited,
           count(passed.unit_id) as passed
      from unit left join passed on passed.unit_id = unit.id
     where unit.region_code ^@ :region group by 1 order by 1
""")
JUDGED: Final = text("""
    select form, version, count(*) as records,
           count(*) filter (where judged_revision = revision and not judge_due) as judged,
           sum(warning_count) as warnings, sum(error_count) as errors
      from submission where region_code ^@ :region and state = any(:states) and applies
     group by form, version order by form, version
""")


def export_region(database: Database, settings: Settings, region: str, out: Path, *, final: bool = False) -> Bundle:
    """Write aggregated database, tables, summaries and package of a region's approved records into ``out``.

    With ``final``, raises GateClosed unless the gate is open and no answer uses a placeholder code.
    """
    accept = refuse_placeholders if final else bundle.accept_all
    with uncollected(), read_source(database, region, settings.level, must_be_open=final) as source:
        return bundle.build(source, out, catalogue(), keys.signing_key(settings), now(), accept)


@contextmanager
def uncollected() -> Generator[None]:
    """Let Python's collector of cycles rest: answers have none, and looking for some takes longer than reading them."""
    was = gc.isenabled()
    gc.disable()
    try:
        yield
    finally:
        if was:
            gc.enable()


@contextmanager
def read_source(database: Database, region: str, level: str, *, must_be_open: bool) -> Generator[Source]:
    """Read everything in one snapshot, the records while they are written.

    The snapshot only reads, so it holds up nobody while it is open; a province's answers would not fit into memory.
    """
    states = list(gate.APPROVED[level])
    wanted = {"region": region, "states": states}
    snapshot = database.engine.execution_options(isolation_level="REPEATABLE READ")
    with Session(snapshot) as session, session.begin():
        set_scope(session, FULL)
        looked = gate.gate(session, region, level)
        if must_be_open and not looked.is_open:
            raise GateClosed(f"{looked.sentence}。", **looked.detail())
        units = _units(session, wanted)
        findings = [record.OpenFinding(**row) for row in session.execute(FINDINGS, wanted).mappings()]
        yield Source(
            region=_region(looked.region),
            units=units,
            regions=_regions(session, region, units),
            records=read_records(session, wanted),
            findings=findings,
            validation=_validation(session, wanted),
            standing=_standing(session, looked, wanted),
            computed=computed_figures(session, wanted),
        )


def read_records(session: Session, wanted: dict[str, Any]) -> Iterator[bytes]:
    """Give the records in their order while they come out of the database.

    Each is a line of JSON, its keys in any order.
    """
    with _connection(session).cursor() as cursor, cursor.copy(COPY.format(RECORDS).encode(), wanted) as lines:
        yield from map(bytes, lines)


def _units(session: Session, wanted: dict[str, Any]) -> list[record.Unit]:
    return [_unit(row) for row in _rows(session, UNITS, wanted)]


def _unit(row: tuple[Any, ...]) -> record.Unit:
    *facts, forms, known = row
    owed, told = (), NOTHING
    if forms:  # null where there are none
        owed = tuple(orjson.loads(forms))
    if known:
        told = orjson.loads(known)
    facts += [owed, told]
    return record.Unit(*facts)


def _connection(session: Session) -> psycopg.Connection[tuple[Any, ...]]:
    return cast("psycopg.Connection[tuple[Any, ...]]", session.connection().connection.driver_connection)


def _rows(session: Session, query: str, wanted: dict[str, Any]) -> Iterator[tuple[Any, ...]]:
    """Read many rows in binary, some at a time; JSON as the bytes that orjson takes."""
    with _connection(session).cursor(name="export", binary=True) as cursor:
        cursor.execute(query.encode(), wanted)
        while rows := cursor.fetchmany(AT_ONCE):
            yield from rows


def refuse_placeholders(counts: Mapping[str, int]) -> None:
    """Raise GateClosed when an answer uses a code that stands in for an official one."""
    if count := counts["placeholder_codes"]:
        raise GateClosed(
            f"还有 {count} 处用了占位代码（x- 开头），不能作最终上报。请先换成正式代码。", placeholder_codes=count
        )


def _standing(session: Session, looked: gate.Gate, wanted: dict[str, Any]) -> record.Standing:
    progress = tuple(record.Progress(**row) for row in session.execute(PROGRESS, wanted).mappings())
    return record.Standing(
        looked.sentence, tuple(record.Door(door.name, door.is_open, door.says) for door in looked.doors), progress
    )


def _region(row: RegionRow) -> record.Region:
    return record.Region(row.code, row.name, row.level, row.parent_code)


def _regions(session: Session, region: str, units: Sequence[record.Unit]) -> list[record.Region]:
    """The region, all above it and all in which its units lie."""
    codes = {
        code[:length]
        for code in [region, *(unit.region_code for unit in units)]
        for length in (2, 4, 6, 9, 12)
        if len(code) >= length
    }
    rows = session.scalars(select(RegionRow).where(RegionRow.code.in_(codes)).order_by(RegionRow.code))
    return [_region(row) for row in rows]


def _validation(session: Session, wanted: dict[str, Any]) -> dict[str, Any]:
    """What Great Expectations said of these very revisions, form by form.

    No time and no name of a run: the content decides.
    """
    forms = [
        {
            "form": row.form,
            "version": row.version,
            "records": row.records,
            "judged": row.judged,
            "warnings": int(row.warnings),
            "errors": int(row.errors),
            "checks": len(compile_form(catalogue().get(row.form, row.version), catalogue()).rules),
        }
        for row in session.execute(JUDGED, wanted)
    ]
    return {
        "complete": all(form["records"] == form["judged"] for form in forms),
        "checks": sum(form["checks"] for form in forms),
        "forms": forms,
    }

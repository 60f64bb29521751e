"""Storing what a verified package holds: units, records, revisions, all in the caller's one transaction.

What is there already, by (submission, revision, digest), stays as it is with its decisions; a newer revision puts the
record back to ``received``. A package that contradicts what is stored is refused whole.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from itertools import islice
from typing import Any, Final
from uuid import UUID

import orjson
from sqlalchemy import insert, text
from sqlalchemy.orm import Session

from census.db import now
from census.models.handup import ReceivedItem, ReceivedPackage
from census.models.review import Decision
from census.services import evidence
from census.services.collect.receipts import new_number
from census.services.collect.states import TRANSITIONS
from exports.receive import Facts, PackageRefused
from exports.record import Record, Region, Unit

BATCH: Final = 1_000
REGIONS: Final = text("""
    insert into region (code, name, level, parent_code)
    select code, name, level, parent_code
      from jsonb_to_recordset(cast(:rows as jsonb)) as row(code text, name text, level text, parent_code text)
     order by length(code) on conflict (code) do nothing
""")
FOREIGN_UNITS: Final = text("select name from unit where id = any(:ids) and not region_code ^@ :region limit 1")
UNITS: Final = text("""
    insert into unit (id, kind, name, address, credit_code, industry_code, region_code, lon, lat, source, outcome,
                      forms, known, created_at, updated_at)
    select id, kind, name, address, credit_code, industry_code, region_code, lon, lat, source, outcome,
           forms, known, :at, :at
      from jsonb_to_recordset(cast(:rows as jsonb)) as row(
           id uuid, kind text, name text, address text, credit_code text, industry_code text, region_code text,
           lon float8, lat float8, source text, outcome text, forms jsonb, known jsonb)
    on conflict (id) do update set kind = excluded.kind, name = excluded.name, address = excluded.address,
           credit_code = excluded.credit_code, industry_code = excluded.industry_code,
           region_code = excluded.region_code, lon = excluded.lon, lat = excluded.lat,
           outcome = excluded.outcome, forms = excluded.forms, known = excluded.known,
           updated_at = excluded.updated_at, changed_xid = pg_current_xact_id()
""")
THERE: Final = text("""
    select submission.id, submission.unit_id, submission.form, submission.revision, revision.number, revision.digest
      from submission left join revision on revision.submission_id = submission.id
     where submission.id = any(:ids) for update of submission
""")
SUBMISSIONS: Final = text("""
    insert into submission (id, unit_id, form, version, region_code, revision, state, judge_due, error_count,
                            warning_count, unexplained_count, created_at, updated_at)
    select id, unit, form, version, region_code, revision, 'received', true, 0, 0, 0, :at, :at
      from jsonb_to_recordset(cast(:rows as jsonb)) as row(
           id uuid, unit uuid, form text, version text, region_code text, revision int)
    on conflict (id) do update set revision = excluded.revision, version = excluded.version,
           region_code = excluded.region_code, state = 'received', judge_due = true, judged_revision = null,
           opened_at = null, updated_at = excluded.updated_at
""")
REVISIONS: Final = text("""
    insert into revision (submission_id, number, region_code, answers, explanations, files, findings, digest, device,
                          receipt_number, received_at)
    select id, revision, region_code, answers, explanations, '[]', '[]', digest, :device, number, :at
      from jsonb_to_recordset(cast(:rows as jsonb)) as row(
           id uuid, revision int, region_code text, answers jsonb, explanations jsonb, digest text, number text)
""")
JUDGE_AGAIN: Final = text("""
    update submission set judge_due = true where unit_id = any(:units) and not judge_due and state = any(:states)
""")


def store(
    session: Session,
    package: ReceivedPackage,
    facts: Facts,
    regions: Sequence[Region],
    units: Iterable[Unit],
    records: Iterable[Record],
) -> int:
    """Store a verified package; return how many revisions were new.

    Raises PackageRefused, and then nothing may be committed.
    """
    at = now()
    session.execute(REGIONS, {"rows": _json(regions)})
    for part in _parts(units):
        foreign = session.execute(
            FOREIGN_UNITS, {"ids": [unit.id for unit in part], "region": facts.region.code}
        ).scalar()
        if foreign is not None:
            raise PackageRefused("wrong_region", f"普查对象 {foreign} 在本机属于别的区划。请先核对名录。")
        session.execute(UNITS, {"rows": _json(part), "at": at})
    new = sum(_store_records(session, package, part) for part in _parts(records))
    package.digest, package.region_code, package.record_count = facts.digest, facts.region.code, facts.counts["records"]
    package.state = "stored"
    session.flush()
    detail = {
        "digest": facts.digest,
        "key": facts.key_id,
        "records": facts.counts["records"],
        "new": new,
    }
    evidence.record(session, "worker", "package stored", str(package.id), detail)
    return new


def _there(session: Session, records: Sequence[Record]) -> tuple[dict[str, dict[int, str]], dict[str, int]]:
    """What is here already: by record the digest of each revision, and the number of the latest.

    Raises PackageRefused where a record contradicts what is here: an id that means something else, or a number under
    which other content was sent before.
    """
    known: dict[str, dict[int, str]] = {}
    current: dict[str, int] = {}
    by_id = {record.id: record for record in records}
    for row in session.execute(THERE, {"ids": list(by_id)}):
        record = by_id[str(row.id)]
        if (str(row.unit_id), row.form) != (record.unit, record.form):
            raise PackageRefused("conflict", f"填报 {record.id} 在本机属于另一个普查对象或另一张表。")
        current[record.id] = row.revision
        if row.number is not None:
            known.setdefault(record.id, {})[row.number] = row.digest
    for record in records:
        if known.get(record.id, {}).get(record.revision, record.digest) != record.digest:
            raise PackageRefused("conflict", f"填报 {record.id} 第 {record.revision} 版与本机已收到的内容不同。")
    return known, current


def _store_records(session: Session, package: ReceivedPackage, records: Sequence[Record]) -> int:
    known, current = _there(session, records)
    new = [record for record in records if record.revision not in known.get(record.id, {})]
    # An older revision that comes late is kept for the history; the record stays where it is.
    latest = [record for record in new if record.revision > current.get(record.id, 0)]
    at = now()
    if latest:
        session.execute(SUBMISSIONS, {"rows": _json(latest), "at": at})
    if new:
        numbered = [
            {
                "id": record.id,
                "revision": record.revision,
                "region_code": record.region_code,
                "answers": record.answers,
                "explanations": record.explanations,
                "digest": record.digest,
                "number": new_number(),
            }
            for record in new
        ]
        session.execute(REVISIONS, {"rows": _json(numbered), "device": f"package {package.id}", "at": at})
        states = sorted({state for state, outcome, role in TRANSITIONS if (outcome, role) == ("flag", "worker")})
        session.execute(JUDGE_AGAIN, {"units": sorted({UUID(record.unit) for record in new}), "states": states})
    _keep_exemptions(session, new)
    session.execute(
        insert(ReceivedItem),
        [
            {
                "package_id": package.id,
                "submission_id": UUID(record.id),
                "revision": record.revision,
                "digest": record.digest,
            }
            for record in records
        ],
    )
    return len(new)


def _keep_exemptions(session: Session, records: Sequence[Record]) -> None:
    """Errors that the county let stand come with their reasons and hold here as well."""
    rows = [
        {
            "submission_id": UUID(record.id),
            "revision": record.revision,
            "region_code": record.region_code,
            "role": "county",
            "outcome": "exempt",
            "from_state": "flagged",
            "to_state": "checked",
            "note": "随数据包带来的豁免",
            "items": [dict(exemption) for exemption in record.exemptions],
        }
        for record in records
        if record.exemptions
    ]
    if rows:
        session.execute(insert(Decision), rows)


def _parts(values: Iterable[Any]) -> Iterator[list[Any]]:
    iterator = iter(values)
    while part := list(islice(iterator, BATCH)):
        yield part


def _json(values: Sequence[Any]) -> str:
    return orjson.dumps(values).decode()

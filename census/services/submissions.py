"""Taking in what phones send: stored once, however often it is sent, and never at the price of a neighbour.

``submit`` is on the path that the whole district shares on the last evening, so it works on sets: a batch costs the
same handful of statements whether it holds one submission or two hundred. What each draft's fate is stands in
``submission_fates``; what reviewers do later stands in ``reviews``.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from datetime import datetime
from typing import Any, Final, NamedTuple
from uuid import UUID

import orjson
from sqlalchemy import text
from sqlalchemy.orm import Session

from census.access import Actor
from census.services import evidence
from census.services.receipts import new_number
from census.services.register import UnitRow, baseline
from census.services.review_states import TRANSITIONS
from census.services.submission_checks import UnitForms, check
from census.services.submission_fates import Draft, Fate, Ledger, Outcome
from forms.catalogue import Catalogue, catalogue

LOCK_UNITS: Final = text("""
    select unit.id, unit.region_code, unit.name, unit.address, unit.credit_code, unit.industry_code, unit.known,
           assignment.account_id, coalesce(assignment.former, '{}') as former
      from unit left join assignment on assignment.unit_id = unit.id
     where unit.id = any(:units) order by unit.id for no key update of unit
""")
# Of each form of the units the latest record, beside the first (of several, those after the first are duplicates); and
# the records that this batch names.
PRESENT: Final = text("""
    select latest.id, latest.unit_id, latest.form, latest.state, latest.judge_due, latest.first_id, revision.answers
      from (select distinct on (unit_id, form) id, unit_id, form, state, judge_due, revision,
                   first_value(id) over (partition by unit_id, form order by created_at, id) as first_id
              from submission where unit_id = any(:units) and state <> 'withdrawn'
             order by unit_id, form, created_at desc, id desc) latest
      join revision on revision.submission_id = latest.id and revision.number = latest.revision
    union all
    select id, unit_id, form, state, judge_due, null, null from submission where id = any(:ids)
""")
LOCK: Final = text("""
    select id, unit_id, form, state, revision from submission where id = any(:ids) order by id for update
""")
EARLIER: Final = text("""
    select submission_id, number, digest, receipt_number, received_at, account_id, findings, false as lost
      from revision where submission_id = any(:ids)
    union all
    select submission_id, number, digest, receipt_number, received_at, account_id, null, true
      from revision_conflict where submission_id = any(:ids)
""")
VISITS: Final = text("select id, unit_id from visit where id = any(:ids)")
SUBMISSIONS: Final = text("""
    with sent as (
        select * from jsonb_to_recordset(cast(:rows as jsonb)) as row(
            id uuid, unit_id uuid, form text, version text, region_code text, visit_id uuid, revision int,
            is_first boolean, is_latest boolean, place int)
    ), moved as (
        update submission
           set revision = sent.revision, version = sent.version, state = 'submitted', judge_due = true,
               visit_id = coalesce(sent.visit_id, submission.visit_id), account_id = cast(:account as uuid),
               opened_at = null, updated_at = cast(:at as timestamptz)
          from sent where submission.id = sent.id and sent.is_latest
           and not exists (select from sent first where first.id = sent.id and first.is_first)
    )
    insert into submission (id, unit_id, form, version, region_code, account_id, visit_id, revision, state,
                            judge_due, error_count, warning_count, unexplained_count, created_at, updated_at)
    select distinct on (id) id, unit_id, form, version, region_code, cast(:account as uuid), visit_id, revision,
           'submitted', true, 0, 0, 0, cast(:at as timestamptz) + place * interval '1 microsecond', cast(:at as timestamptz)
      from sent where exists (select from sent first where first.id = sent.id and first.is_first)
     order by id, revision desc
    on conflict (id) do nothing
    returning id
""")
REVISIONS: Final = text("""
    insert into revision (submission_id, number, region_code, answers, explanations, files, findings, confirmation,
                          digest, account_id, device, visit_id, receipt_number, received_at)
    select submission_id, number, region_code, answers, explanations, files, findings, nullif(confirmation, 'null'::jsonb),
           digest, :account, device, visit_id, receipt_number, :at
      from jsonb_to_recordset(cast(:rows as jsonb)) as row(
           submission_id uuid, number int, region_code text, answers jsonb, explanations jsonb, files jsonb,
           findings jsonb, confirmation jsonb, digest text, device text, visit_id uuid, receipt_number text)
""")
CONFLICTS: Final = text("""
    insert into revision_conflict (id, submission_id, number, region_code, answers, explanations, digest, account_id,
                                   device, receipt_number, received_at)
    select gen_random_uuid(), submission_id, number, region_code, answers, explanations, digest, :account, device,
           receipt_number, :at
      from jsonb_to_recordset(cast(:rows as jsonb)) as row(
           submission_id uuid, number int, region_code text, answers jsonb, explanations jsonb, digest text,
           device text, receipt_number text)
""")
ATTACHMENTS: Final = text("""
    insert into attachment (id, sha256, subject_kind, subject_id, region_code)
    select distinct on (subject_id, sha256) gen_random_uuid(), sha256, 'submission', subject_id, region_code
      from jsonb_to_recordset(cast(:rows as jsonb)) as row(sha256 text, subject_id uuid, region_code text)
     where not exists (select from attachment there
                        where there.subject_id = row.subject_id and there.sha256 = row.sha256)
""")
JUDGE_AGAIN: Final = text("update submission set judge_due = true where id = any(:ids)")


class _Present(NamedTuple):
    """The latest record of one form of a unit; without ``first_id``: a record that the batch names."""

    id: UUID
    unit_id: UUID
    form: str
    state: str
    judge_due: bool
    first_id: UUID | None
    answers: dict[str, Any]


def submit(
    session: Session, actor: Actor, drafts: Sequence[Draft], at: datetime, forms: Catalogue | None = None,
) -> list[Outcome]:
    """Store a batch of submissions and hand them to review; give one outcome per draft, in the same order.

    Sending the same again is safe: phones retry until they hear back, so a repeat gets the first receipt. Of two
    drafts with one number the first stays, the other is kept beside it for a person to resolve. Findings are values
    and bar approval, never storing. Two batches about the same unit wait for each other at the unit's row.
    """
    units = {row.id: UnitRow(*row) for row in session.execute(LOCK_UNITS, {"units": sorted({draft.unit for draft in drafts})})}
    ids = sorted({draft.id for draft in drafts})
    found = [_Present(*row) for row in session.execute(PRESENT, {"units": sorted(units), "ids": ids})]
    present = [row for row in found if row.first_id is not None]
    ledger = Ledger(actor, forms or catalogue(), units)
    known = sorted(row.id for row in found if row.first_id is None)
    if known:
        for row in session.execute(LOCK, {"ids": known}):
            ledger.open(*row)
        for row in session.execute(EARLIER, {"ids": known}):
            ledger.remember(*row[:-1], lost=row.lost)
    fates = [ledger.settle(draft, new_number, at) for draft in drafts]
    stored = _store(session, ledger, fates, present, at)
    conflicts = [fate for fate in fates if fate.status == "conflict" and fate.is_news]
    if conflicts:
        rows = [_revision(fate, units) for fate in conflicts]
        session.execute(CONFLICTS, {"rows": _json(rows), "account": actor.account_id, "at": at})
    if stored or conflicts:
        evidence.record(session, actor.username, "submit", f"{len(stored)} stored, {len(conflicts)} in conflict", {
            "stored": _digests(stored), "conflict": _digests(conflicts),
        })
    return [fate.outcome() for fate in fates]


def _store(session: Session, ledger: Ledger, fates: Sequence[Fate], present: Sequence[_Present], at: datetime) -> list[Fate]:
    """Write what is new; give the fates that were stored."""
    new = [fate for fate in fates if fate.is_stored_now]
    if not new:
        return []
    visits = _visits(session, new)
    account = ledger.actor.account_id
    rows = [_submission(fate, ledger.units, visits) | {"place": place} for place, fate in enumerate(new)]
    opened = {row.id for row in session.execute(SUBMISSIONS, {"rows": _json(rows), "account": account, "at": at})}
    taken = {fate.draft.id for fate in new if fate.is_first} - opened
    if taken:  # the id belongs to a unit that the caller cannot see
        for fate in fates:
            if fate.draft.id in taken:
                fate.refuse("id_in_use")
        new = [fate for fate in new if fate.is_stored_now]
    _check(new, present, ledger)
    revisions = [_revision(fate, ledger.units, visits) for fate in new]
    if revisions:
        session.execute(REVISIONS, {"rows": _json(revisions), "account": account, "at": at})
    attached = [row for fate in new for row in _attachments(fate, ledger.units)]
    if attached:
        session.execute(ATTACHMENTS, {"rows": _json(attached)})
    again = _to_judge_again(new, present)
    if again:
        session.execute(JUDGE_AGAIN, {"ids": again})
    return new


def _check(new: Sequence[Fate], present: Sequence[_Present], ledger: Ledger) -> None:
    """Find what is wrong with each new revision, in the light of all forms of its unit."""
    units: dict[UUID, UnitForms] = {unit_id: UnitForms() for unit_id in ledger.units}
    for row in present:
        units[row.unit_id].put(row.first_id or row.id, row.form, row.answers)
    for fate in new:
        units[fate.draft.unit].put(fate.draft.id, fate.draft.form, fate.draft.answers)
    for fate in new:
        if fate.form is not None:
            unit = ledger.units[fate.draft.unit]
            fate.findings.extend(check(fate.draft, fate.form, ledger.forms, units[unit.id], baseline(unit)))


def _to_judge_again(new: Sequence[Fate], present: Sequence[_Present]) -> list[UUID]:
    """The other forms of the same units: their verdict may now change."""
    renewed: dict[UUID, set[str]] = {}
    for fate in new:
        renewed.setdefault(fate.draft.unit, set()).add(fate.draft.form)
    return sorted(
        row.id for row in present
        if row.unit_id in renewed and row.form not in renewed[row.unit_id] and not row.judge_due
        and (row.state, "flag", "worker") in TRANSITIONS
    )


def _visits(session: Session, new: Sequence[Fate]) -> Mapping[UUID, UUID]:
    """The units of the visits named. A visit that is not here yet is left out: its signature is found by digest."""
    named = {fate.draft.visit for fate in new if fate.draft.visit is not None}
    return {row.id: row.unit_id for row in session.execute(VISITS, {"ids": sorted(named)})} if named else {}


def _visit(fate: Fate, visits: Mapping[UUID, UUID]) -> UUID | None:
    visit = fate.draft.visit
    return visit if visit is not None and visits.get(visit) == fate.draft.unit else None


def _submission(fate: Fate, units: Mapping[UUID, UnitRow], visits: Mapping[UUID, UUID]) -> dict[str, Any]:
    draft = fate.draft
    latest = fate.entry.revision if fate.entry else draft.revision
    return {
        "id": draft.id, "unit_id": draft.unit, "form": draft.form, "version": draft.version,
        "region_code": units[draft.unit].region_code, "visit_id": _visit(fate, visits), "revision": draft.revision,
        "is_first": fate.is_first, "is_latest": draft.revision == latest,
    }


def _revision(fate: Fate, units: Mapping[UUID, UnitRow], visits: Mapping[UUID, UUID] | None = None) -> dict[str, Any]:
    draft = fate.draft
    return {
        "submission_id": draft.id, "number": draft.revision, "region_code": units[draft.unit].region_code,
        "answers": draft.answers, "explanations": draft.explanations, "files": draft.files, "findings": fate.findings,
        "confirmation": draft.confirmation, "digest": draft.digest, "device": draft.device,
        "visit_id": _visit(fate, visits or {}), "receipt_number": fate.receipt.number if fate.receipt else "",
    }


def _attachments(fate: Fate, units: Mapping[UUID, UnitRow]) -> Iterable[dict[str, Any]]:
    for sha256 in fate.draft.files:
        yield {"sha256": sha256, "subject_id": fate.draft.id, "region_code": units[fate.draft.unit].region_code}


def _digests(fates: Iterable[Fate]) -> list[tuple[str, int, str]]:
    return [(str(fate.draft.id), fate.draft.revision, fate.draft.digest) for fate in fates]


def _json(rows: Sequence[Mapping[str, Any]]) -> str:
    return orjson.dumps(rows).decode()

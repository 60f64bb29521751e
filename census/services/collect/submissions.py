"""Taking in what phones send: stored once, however often it is sent, and never at the price of a neighbour.

``submit`` is on the path that the whole district shares on the last evening, so it works on sets: a batch costs the
same handful of statements whether it holds one submission or two hundred. It goes in three steps, each with its SQL
above it: read what is stored of the batch's units, decide in memory (``fates``), write. What reviewers do later stands
in ``review.decisions``.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from datetime import datetime
from typing import Any, Final, NamedTuple
from uuid import UUID

import orjson
from sqlalchemy.orm import Session

from census.access import Actor
from census.db import NO_IDS, run, uuids
from census.services import evidence
from census.services.collect.checks import UnitForms, check
from census.services.collect.fates import Draft, Fate, Ledger, Outcome
from census.services.collect.receipts import new_number
from census.services.collect.states import TRANSITIONS
from census.services.register.units import UnitRow, baseline
from forms.catalogue import Catalogue, catalogue


def submit(
    session: Session,
    actor: Actor,
    drafts: Sequence[Draft],
    at: datetime,
    forms: Catalogue | None = None,
) -> list[Outcome]:
    """Store a batch of submissions and hand them to review; give one outcome per draft, in the same order.

    Sending the same again is safe: phones retry until they hear back, so a repeat gets the first receipt. Of two
    drafts with one number the first stays, the other is kept beside it for a person to resolve. Findings are values
    and bar approval, never storing. Two batches about the same unit wait for each other at the unit's row.
    """
    if not drafts:
        return []
    ledger, present = _read(session, actor, drafts, forms or catalogue())
    fates = [ledger.settle(draft, new_number, at) for draft in drafts]
    stored = _store(session, ledger, fates, present, at)
    # A repeat of a conflict is in conflict, too, but was kept when it first came.
    conflicts = [fate for fate in fates if fate.status == "conflict" and fate.is_news]
    if conflicts:
        _keep_beside(session, ledger, conflicts, at)
    if stored or conflicts:
        words = f"{len(stored)} stored, {len(conflicts)} in conflict"
        digests = {"stored": _digests(stored), "conflict": _digests(conflicts)}
        evidence.record(session, actor.username, "submit", words, digests)
    return [fate.outcome() for fate in fates]


LOCK_UNITS: Final = """
    select unit.id, unit.region_code, unit.name, unit.address, unit.credit_code, unit.industry_code, unit.known,
           assignment.account_id, coalesce(assignment.former, '{}') as former
      from unit left join assignment on assignment.unit_id = unit.id
     where unit.id = any(%(units)s::uuid[]) order by unit.id for no key update of unit
"""
# Of each form of the units the latest record, beside the first (of several, those after the first are duplicates); and
# the records that this batch names, whatever their state, so that they can be locked.
PRESENT: Final = """
    select latest.id, latest.unit_id, latest.form, latest.state, latest.judge_due, latest.first_id, revision.answers,
           false as is_named
      from (select distinct on (unit_id, form) id, unit_id, form, state, judge_due, revision,
                   first_value(id) over (partition by unit_id, form order by created_at, id) as first_id
              from submission where unit_id = any(%(units)s::uuid[]) and state <> 'withdrawn'
             order by unit_id, form, created_at desc, id desc) latest
      join revision on revision.submission_id = latest.id and revision.number = latest.revision
    union all
    select id, unit_id, form, state, judge_due, null, null, true from submission where id = any(%(ids)s::uuid[])
"""
VISITS: Final = "select id, unit_id from visit where id = any(%(ids)s::uuid[])"
LOCK: Final = """
    select id, unit_id, form, state, revision from submission where id = any(%(ids)s::uuid[]) order by id for update
"""
EARLIER: Final = """
    select submission_id, number, digest, receipt_number, received_at, account_id, findings, false as lost
      from revision where submission_id = any(%(ids)s::uuid[])
    union all
    select submission_id, number, digest, receipt_number, received_at, account_id, null, true
      from revision_conflict where submission_id = any(%(ids)s::uuid[])
"""


class _Present(NamedTuple):
    """The latest record of one form of a unit."""

    id: UUID
    unit_id: UUID
    form: str
    state: str
    judge_due: bool
    first_id: UUID
    answers: dict[str, Any]
    is_named: bool


def _read(
    session: Session, actor: Actor, drafts: Sequence[Draft], forms: Catalogue
) -> tuple[Ledger, Sequence[_Present]]:
    """Lock the units of a batch and read what is stored of them: a ledger to settle by, and each form's latest."""
    unit_ids = uuids({draft.unit for draft in drafts})
    asked: list[Any] = [
        (LOCK_UNITS, {"units": unit_ids}),
        (PRESENT, {"units": unit_ids, "ids": uuids({draft.id for draft in drafts})}),
    ]
    visits_named = {draft.visit for draft in drafts if draft.visit is not None}
    if visits_named:
        asked.append((VISITS, {"ids": uuids(visits_named)}))
    locked, found, *visits = run(session, *asked)
    units = {row.id: UnitRow(*row) for row in locked}
    ledger = Ledger(actor, forms, units, {row.id: row.unit_id for rows in visits for row in rows})
    known = uuids(row.id for row in found if row.is_named)
    # Most batches name nothing that is stored: they are spared a round trip.
    if known != NO_IDS:
        entries, earlier = run(session, (LOCK, {"ids": known}), (EARLIER, {"ids": known}))
        for row in entries:
            ledger.open(*row)
        for row in earlier:
            ledger.remember(*row[:-1], lost=row.lost)
    return ledger, [row for row in found if not row.is_named]


# Submissions and their revisions at once, all of them or none: the count in ``written`` is the whole safety. An id that
# is in use where the caller cannot see it is not opened; then the counts differ and no revision is written. What
# ``moved`` has done by then is done again, with the same values, by the second attempt: see ``_store``.
STORE: Final = """
    with sent as (
        select * from jsonb_to_recordset(%(rows)s::jsonb) as row(
            id uuid, unit_id uuid, form text, version text, region_code text, visit_id uuid, revision int,
            is_first boolean, is_latest boolean, place int, answers jsonb, explanations jsonb, files jsonb,
            points jsonb, findings jsonb, confirmation jsonb, digest text, device text, receipt_number text)
    ), moved as (
        update submission
           set revision = sent.revision, version = sent.version, state = 'submitted', judge_due = true,
               visit_id = coalesce(sent.visit_id, submission.visit_id), account_id = %(account)s,
               opened_at = null, updated_at = %(at)s
          from sent where submission.id = sent.id and sent.is_latest
           and not exists (select from sent first where first.id = sent.id and first.is_first)
    ), opened as (
        insert into submission (id, unit_id, form, version, region_code, account_id, visit_id, revision, state,
                                judge_due, error_count, warning_count, unexplained_count, created_at, updated_at)
        select distinct on (id) id, unit_id, form, version, region_code, %(account)s, visit_id, revision,
               'submitted', true, 0, 0, 0, %(at)s + place * interval '1 microsecond', %(at)s
          from sent where exists (select from sent first where first.id = sent.id and first.is_first)
         order by id, revision desc
        on conflict (id) do nothing
        returning id
    ), written as (
        insert into revision (submission_id, number, region_code, answers, explanations, files, points, findings,
                              confirmation, digest, account_id, device, visit_id, receipt_number, received_at)
        select id, revision, region_code, answers, explanations, files, points, findings,
               nullif(confirmation, 'null'::jsonb), digest, %(account)s, device, visit_id, receipt_number, %(at)s
          from sent where (select count(*) from opened) = %(to_open)s
    )
    select id from opened
"""
ATTACHMENTS: Final = """
    insert into attachment (id, sha256, subject_kind, subject_id, region_code)
    select distinct on (subject_id, sha256) gen_random_uuid(), sha256, 'submission', subject_id, region_code
      from jsonb_to_recordset(%(rows)s::jsonb) as row(sha256 text, subject_id uuid, region_code text)
     where not exists (select from attachment there
                        where there.subject_id = row.subject_id and there.sha256 = row.sha256)
"""
JUDGE_AGAIN: Final = "update submission set judge_due = true where id = any(%(ids)s::uuid[])"


def _store(
    session: Session, ledger: Ledger, fates: Sequence[Fate], present: Sequence[_Present], at: datetime
) -> list[Fate]:
    """Check and write what is new; give the fates that were stored."""
    new = [fate for fate in fates if fate.is_stored_now]
    if not new:
        return []
    taken = _write(session, ledger, new, present, at)
    if taken:
        # Phones make the ids. One that is in use for a unit outside the caller's regions is hidden from LOCK by
        # row-level security; only the insert stumbles over it. Its drafts are refused for that and the others are
        # written in a second and last attempt, which opens nothing: the first has opened what could be opened.
        for fate in fates:
            if fate.draft.id in taken:
                fate.refuse("id_in_use")
        for fate in new:
            fate.is_first = False
            # Found beside the answers that are now refused. Emptied in place: repeats in the batch share the list.
            fate.findings.clear()
        new = [fate for fate in new if fate.is_stored_now]
        if new:
            _write(session, ledger, new, present, at)
    return new


def _write(
    session: Session, ledger: Ledger, new: Sequence[Fate], present: Sequence[_Present], at: datetime
) -> set[UUID]:
    """Write all of it and what follows from it, or no revision at all; give the ids that turned out to be taken."""
    _check(new, present, ledger)
    to_open = {fate.draft.id for fate in new if fate.is_first}
    rows = _json([_row(fate, ledger, place) for place, fate in enumerate(new)])
    store: Any = (STORE, {"rows": rows, "account": ledger.actor.account_id, "at": at, "to_open": len(to_open)})
    [opened] = run(session, store)
    taken = to_open - {row.id for row in opened}
    if taken:
        return taken
    beside: list[Any] = []
    attached = [row for fate in new for row in _attachments(fate, ledger.units)]
    if attached:
        beside.append((ATTACHMENTS, {"rows": _json(attached)}))
    again = _to_judge_again(new, present)
    if again:
        beside.append((JUDGE_AGAIN, {"ids": uuids(again)}))
    if beside:
        run(session, *beside)
    return taken


def _check(new: Sequence[Fate], present: Sequence[_Present], ledger: Ledger) -> None:
    """Find what is wrong with each new revision, in the light of all forms of its unit."""
    units: dict[UUID, UnitForms] = {unit_id: UnitForms() for unit_id in ledger.units}
    for row in present:
        units[row.unit_id].put(row.first_id, row.form, row.answers)
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
        row.id
        for row in present
        if row.unit_id in renewed
        and row.form not in renewed[row.unit_id]
        and not row.judge_due
        and (row.state, "flag", "worker") in TRANSITIONS
    )


CONFLICTS: Final = """
    insert into revision_conflict (id, submission_id, number, region_code, answers, explanations, digest, account_id,
                                   device, receipt_number, received_at)
    select gen_random_uuid(), id, revision, region_code, answers, explanations, digest, %(account)s, device,
           receipt_number, %(at)s
      from jsonb_to_recordset(%(rows)s::jsonb) as row(
           id uuid, revision int, region_code text, answers jsonb, explanations jsonb, digest text,
           device text, receipt_number text)
"""


def _keep_beside(session: Session, ledger: Ledger, conflicts: Sequence[Fate], at: datetime) -> None:
    """Keep what came second under a number that is taken: nothing that was sent is thrown away."""
    rows = _json([_row(fate, ledger) for fate in conflicts])
    run(session, (CONFLICTS, {"rows": rows, "account": ledger.actor.account_id, "at": at}))


def _row(fate: Fate, ledger: Ledger, place: int = 0) -> dict[str, Any]:
    draft = fate.draft
    return {
        "id": draft.id,
        "unit_id": draft.unit,
        "form": draft.form,
        "version": draft.version,
        "region_code": ledger.units[draft.unit].region_code,
        "visit_id": ledger.visit(draft),
        "revision": draft.revision,
        "is_first": fate.is_first,
        "is_latest": fate.entry is None or draft.revision == fate.entry.revision,
        "place": place,
        "answers": draft.answers,
        "explanations": draft.explanations,
        "files": draft.files,
        "points": draft.points,
        "findings": fate.findings,
        "confirmation": draft.confirmation,
        "digest": draft.digest,
        "device": draft.device,
        "receipt_number": fate.receipt.number if fate.receipt else "",
    }


def _attachments(fate: Fate, units: Mapping[UUID, UnitRow]) -> Iterable[dict[str, Any]]:
    for sha256 in fate.draft.files:
        yield {"sha256": sha256, "subject_id": fate.draft.id, "region_code": units[fate.draft.unit].region_code}


def _digests(fates: Iterable[Fate]) -> list[tuple[str, int, str]]:
    return [(str(fate.draft.id), fate.draft.revision, fate.draft.digest) for fate in fates]


def _json(rows: Sequence[Mapping[str, Any]]) -> str:
    return orjson.dumps(rows).decode()

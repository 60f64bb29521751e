"""Verdicts: which records wait for one, what a run needs to know of them, and what its findings change.

No check runs here and no transaction is held while one does: records are read, judged elsewhere, and the verdict is
given only where nothing has changed meanwhile. What changed stays due and is found again.
"""

from __future__ import annotations

import hashlib
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any, Final
from uuid import UUID

import orjson
from sqlalchemy import Row, insert, select, text
from sqlalchemy.orm import Session

from census.db import now
from census.models.register import Unit
from census.models.review import Change, Decision, FindingRow
from census.services.collect.checks import DUPLICATE
from census.services.collect.states import TRANSITIONS
from census.services.register.unit_forms import rederive
from census.services.register.units import baseline
from census.services.review.decisions import exemptions
from validation.results import Finding

LEFT_OUT: Final = ("withdrawn", "returned")
"""States in which a record waits for its enumerator: nothing of it is judged or counted."""

DUE_FORMS: Final = text("""
    select form, version, count(*) as waiting from submission where judge_due and state <> all(:left_out)
     group by form, version order by min(updated_at)
""")
DUE: Final = text("""
    select id, unit_id from submission
     where judge_due and form = :form and version = :version and state <> all(:left_out)
     order by updated_at, id limit :limit for update skip locked
""")
IN_SCOPE: Final = text("""
    select id, unit_id from submission
     where region_code ^@ :region and form = :form and version = :version and state <> all(:left_out) order by id
""")
FORMS_IN_SCOPE: Final = text("""
    select distinct form, version from submission where region_code ^@ :region and state <> all(:left_out)
     order by form, version
""")
OF_UNITS: Final = text("""
    select submission.id, submission.unit_id, submission.form, submission.revision, submission.state,
           submission.region_code, submission.account_id, revision.answers, revision.digest, revision.explanations
      from submission
      join revision on revision.submission_id = submission.id and revision.number = submission.revision
     where submission.unit_id = any(:units) and submission.state <> 'withdrawn'
     order by submission.created_at, submission.id
""")
LOCK_UNITS: Final = text("select id from unit where id = any(:units) order by id for no key update skip locked")
LOCK_SUBMISSIONS: Final = text("""
    select id, unit_id, revision, state, judge_due from submission
     where unit_id = any(:units) and state <> 'withdrawn' order by id for update skip locked
""")
FORGET: Final = text("""
    delete from finding where submission_id = any(:ids)
       and not (check_id = any(:kept)
                and (submission_id, revision) in (select id, revision from submission where id = any(:ids)))
""")
GIVE: Final = text("""
    update submission
       set state = given.state, judge_due = false, judged_revision = submission.revision, updated_at = :at,
           error_count = given.errors, warning_count = given.warnings, unexplained_count = given.unexplained
      from jsonb_to_recordset(cast(:rows as jsonb)) as given(
           id uuid, state text, errors int, warnings int, unexplained int)
     where submission.id = given.id
""")
TOUCH_UNITS: Final = text("update unit set changed_xid = pg_current_xact_id(), updated_at = :at where id = any(:units)")


@dataclass(frozen=True, slots=True)
class Waiting:
    """How many records of one form version wait for their verdict."""

    form: str
    version: str
    count: int


@dataclass(frozen=True, slots=True)
class Case:
    """One revision to be judged, and all that its checks may look at."""

    id: UUID
    unit_id: UUID
    form: str
    revision: int
    digest: str
    region_code: str
    account_id: UUID | None
    answers: Mapping[str, Any]
    explanations: Sequence[Mapping[str, Any]]
    related: Mapping[str, Mapping[str, Any]]  # the unit's other forms by code; of two of one form, the later
    baseline: Mapping[str, Any]
    present: frozenset[str]
    is_duplicate: bool  # an earlier record of the same unit and form is there
    mark: frozenset[tuple[UUID, int]]  # the unit's records as they were read: a verdict holds only for these

    def explanation(self, finding: Finding) -> str:
        """What the enumerator wrote about a warning; "" if nothing."""
        places = {finding.path, *finding.paths}
        return next(
            (
                str(said["text"]).strip()
                for said in self.explanations
                if said.get("check") == finding.check and said.get("path") in places
            ),
            "",
        )


@dataclass(slots=True)
class Given:
    """What giving verdicts came to."""

    checked: int = 0
    flagged: int = 0
    findings: int = 0
    skipped: int = 0  # changed while they were judged, or busy: they are judged again
    digests: list[str] = field(default_factory=list[str])


def waiting(session: Session) -> list[Waiting]:
    """Form versions with records that wait, the longest waiting first."""
    return [
        Waiting(row.form, row.version, row.waiting) for row in session.execute(DUE_FORMS, {"left_out": list(LEFT_OUT)})
    ]


def due(session: Session, form: str, version: str, limit: int) -> list[Case]:
    """Read the records of one form version that have waited longest."""
    return _cases(
        session,
        session.execute(DUE, {"form": form, "version": version, "limit": limit, "left_out": list(LEFT_OUT)}).all(),
    )


def forms_in(session: Session, region: str) -> list[tuple[str, str]]:
    """Form versions that have records in a region."""
    rows = session.execute(FORMS_IN_SCOPE, {"region": region, "left_out": list(LEFT_OUT)})
    return [(row.form, row.version) for row in rows]


def in_scope(session: Session, region: str, form: str, version: str) -> list[Case]:
    """Read all records of one form version in a region that do not wait for their enumerator, by id."""
    return _cases(
        session,
        session.execute(
            IN_SCOPE,
            {"region": region, "form": form, "version": version, "left_out": list(LEFT_OUT)},
        ).all(),
    )


def content_digest(cases: Sequence[tuple[UUID, int, str]]) -> str:
    """SHA-256 over (submission, revision, digest) in the order of ids: which content a run judged."""
    lines = "\n".join(
        f"{id_} {revision} {digest}" for id_, revision, digest in sorted(cases, key=lambda case: case[0].bytes)
    )
    return hashlib.sha256(lines.encode()).hexdigest()


def _cases(session: Session, wanted: Sequence[Row[Any]]) -> list[Case]:
    if not wanted:
        return []
    unit_ids = sorted({row.unit_id for row in wanted})
    units = {unit.id: unit for unit in session.scalars(select(Unit).where(Unit.id.in_(unit_ids)))}
    by_unit: dict[UUID, list[Row[Any]]] = {}
    for row in session.execute(OF_UNITS, {"units": unit_ids}):
        by_unit.setdefault(row.unit_id, []).append(row)
    made: list[Case] = []
    for row in wanted:
        of_unit = by_unit.get(row.unit_id, [])
        own = next((other for other in of_unit if other.id == row.id), None)
        if own is not None:
            made.append(_case(own, of_unit, units[row.unit_id]))
    return made


def _case(own: Row[Any], of_unit: Sequence[Row[Any]], unit: Unit) -> Case:
    facts: Any = unit  # a mapped class fits a protocol only at run time
    related = {row.form: row.answers for row in of_unit if row.form != own.form}
    first = next(row for row in of_unit if row.form == own.form)
    return Case(
        id=own.id,
        unit_id=own.unit_id,
        form=own.form,
        revision=own.revision,
        digest=own.digest,
        region_code=own.region_code,
        account_id=own.account_id,
        answers=own.answers,
        explanations=own.explanations,
        related=related,
        baseline=baseline(facts),
        present=frozenset(related) | {own.form},
        is_duplicate=first.id != own.id,
        mark=frozenset((row.id, row.revision) for row in of_unit),
    )


def duplicate_of(case: Case) -> Finding:
    """The finding on a second record of the same form of one unit."""
    return Finding(f"{case.form}.duplicate", "error", "", DUPLICATE.format(form=case.form))


def give(
    session: Session,
    cases: Sequence[Case],
    findings: Mapping[UUID, Sequence[Finding]],
    run_id: UUID,
    kept: Sequence[str] = (),
) -> Given:
    """Give verdicts where neither the record nor another form of its unit has changed since it was read.

    Exemptions of the same revision stay. ``kept`` are checks whose earlier findings on the same revision stay too,
    because this run could not ask them of the whole region. Nothing is waited for: what somebody else works on is
    skipped and stays due.
    """
    given = Given()
    states = _unchanged(session, cases)
    judged = [case for case in cases if case.id in states]
    given.skipped = len(cases) - len(judged)
    if not judged:
        return given
    ids = [case.id for case in judged]
    exempted = exemptions(session, ids)
    session.execute(FORGET, {"ids": ids, "kept": list(kept)})
    earlier = _kept(session, ids)
    rows: list[dict[str, Any]] = []
    verdicts: list[dict[str, Any]] = []
    for case in judged:
        found = [_row(case, finding, exempted.get(case.id, {}), run_id) for finding in findings.get(case.id, ())]
        new = [row for row in found if (row["check_id"], row["path"]) not in earlier.get(case.id, {})]
        rows.extend(new)
        counted = [*new, *earlier.get(case.id, {}).values()]
        verdicts.append(_verdict(session, case, states[case.id], counted, given))
    if rows:
        session.execute(insert(FindingRow), rows)
    at = now()
    session.execute(GIVE, {"rows": orjson.dumps(verdicts).decode(), "at": at})
    touched = [
        case.unit_id for case, verdict in zip(judged, verdicts, strict=True) if verdict["state"] != states[case.id]
    ]
    session.execute(TOUCH_UNITS, {"units": sorted(set(touched)), "at": at})
    rederive(session, {case.unit_id: {**case.related, case.form: case.answers} for case in judged})
    given.findings = len(rows)
    given.digests = [f"{case.id} {case.revision} {case.digest[:12]}" for case in judged]
    return given


def _unchanged(session: Session, cases: Sequence[Case]) -> dict[UUID, str]:
    """Lock what is free and tell the state of each record that still is what was judged."""
    units = sorted({case.unit_id for case in cases})
    free = [row.id for row in session.execute(LOCK_UNITS, {"units": units})]
    marks: dict[UUID, set[tuple[UUID, int]]] = {}
    states: dict[UUID, str] = {}
    for row in session.execute(LOCK_SUBMISSIONS, {"units": free}):
        marks.setdefault(row.unit_id, set()).add((row.id, row.revision))
        states[row.id] = row.state
    return {
        case.id: states[case.id]
        for case in cases
        if frozenset(marks.get(case.unit_id, ())) == case.mark and states.get(case.id) not in {None, *LEFT_OUT}
    }


def _kept(session: Session, ids: Sequence[UUID]) -> dict[UUID, dict[tuple[str, str], dict[str, Any]]]:
    """Findings that stay, by submission and (check, path)."""
    found: dict[UUID, dict[tuple[str, str], dict[str, Any]]] = {}
    for row in session.scalars(select(FindingRow).where(FindingRow.submission_id.in_(ids))):
        found.setdefault(row.submission_id, {})[row.check_id, row.path] = {
            "severity": row.severity,
            "state": row.state,
            "path": row.path,
            "message": row.message,
        }
    return found


def _row(case: Case, finding: Finding, exempted: Mapping[tuple[str, str], str], run_id: UUID) -> dict[str, Any]:
    # An error can be exempted, a warning can be explained; what is neither stands open.
    state, words = "open", ""
    if finding.severity == "error" and (finding.check, finding.path) in exempted:
        state, words = "exempt", exempted[finding.check, finding.path]
    elif finding.severity == "warning" and (said := case.explanation(finding)):
        state, words = "explained", said
    return {
        "submission_id": case.id,
        "revision": case.revision,
        "region_code": case.region_code,
        "form": case.form,
        "check_id": finding.check,
        "severity": finding.severity,
        "path": finding.path,
        "message": finding.message,
        "state": state,
        "explanation": words,
        "run_id": run_id,
    }


def _verdict(
    session: Session, case: Case, state: str, rows: Sequence[Mapping[str, Any]], given: Given
) -> dict[str, Any]:
    """The numbers and the state that follow; tells the enumerator when a record became flagged."""
    errors = [row for row in rows if row["severity"] == "error" and row["state"] == "open"]
    warnings = [row for row in rows if row["severity"] == "warning"]
    # A record that somebody approved keeps its state unless it turned out wrong.
    outcome = "flag" if errors else "pass"
    target = TRANSITIONS.get((state, outcome, "worker"), state)
    if target == "flagged":
        given.flagged += 1
    else:
        given.checked += 1
    # The enumerator hears of it once, not again with every further run.
    if target == "flagged" and state != "flagged":
        _tell(session, case, state, [{"path": row["path"], "text": row["message"]} for row in errors])
    return {
        "id": case.id,
        "state": target,
        "errors": len(errors),
        "warnings": len(warnings),
        "unexplained": sum(row["state"] == "open" for row in warnings),
    }


def _tell(session: Session, case: Case, state: str, errors: list[dict[str, Any]]) -> None:
    """Tell the enumerator, and where somebody had approved it the history, that a record turned out wrong."""
    if case.account_id is not None:
        session.add(
            Change(
                account_id=case.account_id,
                submission_id=case.id,
                kind="flagged",
                state="flagged",
                revision=case.revision,
                note=f"自动校验发现 {len(errors)} 个强制性问题，请改正后重新提交。",
                items=errors,
            )
        )
    # An approval is being undone: the history must say by whom.
    if state.endswith("_approved"):
        session.add(
            Decision(
                submission_id=case.id,
                revision=case.revision,
                region_code=case.region_code,
                role="worker",
                outcome="flag",
                from_state=state,
                to_state="flagged",
                note="同一对象的其他表有变动，重新校验后发现强制性问题。",
                items=errors,
            )
        )

"""The full check 全量校验 of a region: Great Expectations over all its records at once.

It is the gate before anything leaves.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, Final
from uuid import UUID

from census.db import FULL, Database, new_id, now
from census.jobs.validate import GIVEN_AT_ONCE, Judged, judge, rulebook_of
from census.models.work import ValidationRun
from census.services import evidence
from census.services.handup.gate import lacking_units, owed_forms
from census.services.register import surroundings
from census.services.review import verdicts
from census.services.review.verdicts import Case
from forms.answers.frames import Row
from forms.boundaries import rings_of
from forms.catalogue import Catalogue, catalogue
from forms.definition import Form
from validation.evaluators.engine import Surroundings, register_of
from validation.rulebook import RuleBook

LACKING_SHOWN: Final = 200


@dataclass(slots=True)
class _Sum:
    """What has been judged so far."""

    content: list[tuple[UUID, int, str]] = field(default_factory=list[tuple[UUID, int, str]])
    forms: list[dict[str, Any]] = field(default_factory=list[dict[str, Any]])
    crashed: list[str] = field(default_factory=list[str])
    findings: int = 0
    skipped: int = 0
    flagged: int = 0
    lacking: dict[str, list[str]] = field(default_factory=dict[str, list[str]])


def check_region(
    database: Database,
    region: str,
    runs: Path,
    *,
    form: str | None = None,
    actor: str = "worker",
    run_id: UUID | None = None,
    forms: Catalogue | None = None,
) -> dict[str, Any]:
    """Judge every record of a region that does not wait for its enumerator, and keep the run; return its summary.

    Over all forms the run is the one that the gate asks for (kind ``gate``); over one form it is only looked at.
    ``run_id`` names a run that was asked for on a page; without it a new one is begun.
    """
    forms = forms or catalogue()
    run_id = run_id or new_id()
    kind = "check" if form else "gate"
    with database.transaction(FULL) as session:
        session.merge(ValidationRun(id=run_id, kind=kind, region_code=region, form=form or ""))
        versions = [each for each in _versions(verdicts.forms_in(session, region), forms) if form in {None, each[0]}]
    total = _Sum()
    for code, version in versions:
        rulebook = rulebook_of(forms, code, version)
        with database.transaction(FULL) as session:
            cases = verdicts.in_scope(session, region, code, version)
        judged = judge(rulebook, cases, runs / str(run_id), _surroundings(database, rulebook, region))
        _count(cases, judged, total)
        for unit in judged.result.lacking:
            total.lacking.setdefault(str(unit), []).append(code)
        if judged.result.complete:
            _give(database, cases, judged, run_id, total)
    return _finish(database, run_id, region, total, actor, forms)


def _versions(filled: Sequence[tuple[str, str]], forms: Catalogue) -> list[tuple[str, str]]:
    """Give the form versions to ask about.

    Those that have records, and those of the same programme that are owed and have none: that nobody filled them is
    for their coverage checks to say.
    """
    codes = {code for code, _ in filled}
    programmes = {forms.get(*each).programme for each in filled}
    owed = map(forms.current, sorted(owed_forms(forms) - codes))
    covered = [
        form
        for form in owed
        if form.programme in programmes and any(check.kind == "coverage" for check in form.table_checks)
    ]
    return [*filled, *((form.code, form.version) for form in covered)]


def _surroundings(database: Database, rulebook: RuleBook, region: str) -> Surroundings | None:
    """Read what else is in the region, where some check looks at it."""
    if not rulebook.tables:
        return None
    wanted = {
        code: [name for key in keys for name in _names(rulebook.related[code], *key)]
        for code, keys in rulebook.register.items()
    }
    with database.transaction(FULL) as session:
        lines = surroundings.register_lines(session, region, wanted)
        outlines = surroundings.outlines(session, region)
    rows = [Row(line.unit, 1, line.unit, line.region_code, {}, line.forms, present=line.forms.keys()) for line in lines]
    areas = {village: [rings_of(part) for part in parts] for village, parts in outlines.items()}
    return Surroundings(register_of(rulebook, rows, [line.owes for line in lines]), areas)


def _names(form: Form, group: str, key: str) -> tuple[str, ...]:
    """Give the names under which an answer may stand in a record: the group's, or the item's present and former key."""
    if group:
        return (group,)
    return tuple(filter(None, (key, form.item(key).alias)))


def _count(cases: Sequence[Case], judged: Judged, total: _Sum) -> None:
    result = judged.result
    found = sum(map(len, judged.findings.values()))
    total.content.extend((case.id, case.revision, case.digest) for case in cases)
    total.crashed.extend(result.crashed)
    total.findings += found
    total.forms.append(
        {
            "form": result.form,
            "version": result.version,
            "records": len(cases),
            "checks": result.suite_size,
            "findings": found,
            "complete": result.complete,
            "counts": result.counts,
        }
    )


def _give(database: Database, cases: Sequence[Case], judged: Judged, run_id: UUID, total: _Sum) -> None:
    for start in range(0, len(cases), GIVEN_AT_ONCE):
        with database.transaction(FULL) as session:
            given = verdicts.give(session, cases[start : start + GIVEN_AT_ONCE], judged.findings, run_id)
            total.skipped += given.skipped
            total.flagged += given.flagged


def _finish(database: Database, run_id: UUID, region: str, total: _Sum, actor: str, forms: Catalogue) -> dict[str, Any]:
    with database.transaction(FULL) as session:
        lacking = lacking_units(session, region, forms)
    for unit, codes in total.lacking.items():  # counted against the register
        lacking[unit] = sorted({*lacking.get(unit, []), *codes})
    complete = not total.crashed and not total.skipped
    digest = verdicts.content_digest(total.content)
    summary: dict[str, Any] = {
        "forms": total.forms,
        "checks": sum(each["checks"] for each in total.forms),
        "skipped": total.skipped,
        "flagged": total.flagged,
        "lacking_units": len(lacking),
        "lacking": dict(sorted(lacking.items())[:LACKING_SHOWN]),
    }
    with database.transaction(FULL) as session:
        run = session.get_one(ValidationRun, run_id)
        run.finished_at, run.is_complete, run.crashed = now(), complete, total.crashed
        run.record_count, run.finding_count = len(total.content), total.findings
        run.content_digest, run.summary = digest, summary
        session.flush()
        detail = {
            "region": region,
            "records": len(total.content),
            "complete": complete,
            "content": digest,
        }
        evidence.record(session, actor, "full check", str(run_id), detail)
    return {
        "run": str(run_id),
        "region": region,
        "complete": complete,
        "records": len(total.content),
        "checks": summary["checks"],
        "findings": total.findings,
        "flagged": total.flagged,
        "crashed": total.crashed,
        "skipped": total.skipped,
        "lacking_units": len(lacking),
        "content_digest": digest,
        "forms": total.forms,
    }

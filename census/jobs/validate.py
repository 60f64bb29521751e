"""Judging records: claim or read in one short transaction, run Great Expectations in none, give the verdict in another.

What waits is found from the state of the data. A run in which a check crashed gives no verdict: its records stay due,
the gate says so, and the form is tried again later. One record that breaks a check must not hold up its neighbours,
so a broken batch is halved until the record stands alone.
"""

from __future__ import annotations

import logging
import time
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, Final
from uuid import UUID

import pandas as pd
import pyarrow  # noqa: ICN001 - it has no type stubs, so ``pa`` is Any

from census.db import FULL, Database, new_id, now
from census.models.work import ValidationRun
from census.services import evidence
from census.services.review import verdicts
from census.services.review.verdicts import Case, Waiting
from forms.answers.frames import Row
from forms.catalogue import Catalogue, UnknownForm, catalogue
from validation import checkpoint
from validation.evaluators import engine
from validation.evaluators.record import render
from validation.results import Finding, RunResult
from validation.rulebook import RuleBook, compile_form

pa: Any = pyarrow

log = logging.getLogger("census.work")
AT_ONCE: Final = 10_000
"""A run costs nearly the same for 1 record and for 1,000: who is behind judges many at once.

Ten thousand take 300 MB.
"""
GIVEN_AT_ONCE: Final = 1_000
"""Verdicts of one transaction: a phone that sends one of these units again waits for no more than these."""
HALVINGS: Final = 24
FIRST_PAUSE_S: Final = 5.0
LONGEST_PAUSE_S: Final = 300.0


@dataclass(slots=True)
class Pauses:
    """Form versions whose last run broke, and when they are tried again."""

    until: dict[tuple[str, str], tuple[float, float]] = field(
        default_factory=dict[tuple[str, str], tuple[float, float]]
    )

    def holds(self, waiting: Waiting) -> bool:
        return self.until.get((waiting.form, waiting.version), (0.0, 0.0))[0] > time.monotonic()

    def lengthen(self, form: str, version: str) -> None:
        pause = min(LONGEST_PAUSE_S, max(FIRST_PAUSE_S, 2 * self.until.get((form, version), (0.0, 0.0))[1]))
        self.until[form, version] = (time.monotonic() + pause, pause)

    def lift(self, form: str, version: str) -> None:
        self.until.pop((form, version), None)


@dataclass(frozen=True, slots=True)
class Judged:
    """One run of Great Expectations and what it says of each record."""

    result: RunResult
    findings: Mapping[UUID, Sequence[Finding]]


def validate(database: Database, runs: Path, pauses: Pauses, forms: Catalogue | None = None) -> int:
    """Judge what waits of the form that has waited longest, up to ``AT_ONCE``.

    Return how many records got their verdict.
    """
    with database.transaction(FULL) as session:
        found = next((waiting for waiting in verdicts.waiting(session) if not pauses.holds(waiting)), None)
        if found is None:
            return 0
        cases = verdicts.due(session, found.form, found.version, AT_ONCE)
    if not cases:  # somebody holds them locked just now
        pauses.lengthen(found.form, found.version)
        return 0
    try:
        rulebook = rulebook_of(forms or catalogue(), found.form, found.version)
        done, broken = judge_in_parts(database, cases, lambda part: judge(rulebook, part, runs), tables_of(rulebook))
    except UnknownForm:  # from an instance with newer definitions: they wait until ours are brought up to date
        pauses.lengthen(found.form, found.version)
        log.warning("no definition of %s %s: %d records wait", found.form, found.version, found.count)
        return 0
    except Exception:  # whatever it was, the other forms must not wait behind this one
        pauses.lengthen(found.form, found.version)
        raise
    if broken:
        pauses.lengthen(found.form, found.version)
    else:
        pauses.lift(found.form, found.version)
    return done


def rulebook_of(forms: Catalogue, form: str, version: str) -> RuleBook:
    return compile_form(forms.get(form, version), forms)


def judge(
    rulebook: RuleBook, cases: Sequence[Case], runs: Path, surroundings: engine.Surroundings | None = None
) -> Judged:
    """Run Great Expectations over some records of one form and word what it finds. No database is touched.

    ``surroundings`` tell, when the records are those of a whole region, what else is there.
    """
    frame = engine.frame_of(
        rulebook,
        [
            Row(
                str(case.id),
                case.revision,
                str(case.unit_id),
                case.region_code,
                case.answers,
                case.related,
                case.baseline,
                case.present,
            )
            for case in cases
        ],
    )
    frame["_explained"] = pd.Series(
        [
            sorted({str(said.get("path", "")) for said in case.explanations if str(said.get("text", "")).strip()})
            for case in cases
        ],
        dtype=pd.ArrowDtype(pa.list_(pa.string())),
    )
    result = checkpoint.run(frame, rulebook, runs, surroundings)
    by_id = {str(case.id): case for case in cases}
    findings: dict[UUID, list[Finding]] = {case.id: [] for case in cases}
    for case in cases:
        if case.is_duplicate:
            findings[case.id].append(verdicts.duplicate_of(case))
    for found in result.findings:
        case = by_id[found.key]
        findings[case.id].extend(render(rulebook, found.check, case.answers, case.related, case.baseline, found.rows))
    return Judged(result, findings)


def tables_of(rulebook: RuleBook) -> list[str]:
    """Checks between records: a batch can ask them only of itself, so what a full check found stays."""
    return [table.rule.id for table in rulebook.tables]


def judge_in_parts(
    database: Database, cases: Sequence[Case], ask: Callable[[Sequence[Case]], Judged], kept: Sequence[str]
) -> tuple[int, bool]:
    """Judge a batch; where a check crashed, judge its halves, until the records that break it stand alone.

    Return how many verdicts were given, and whether some records cannot be judged.
    """
    done, halvings, broken = 0, 0, False
    parts = [list(cases)]
    while parts:
        part = parts.pop()
        judged = ask(part)
        # So many halvings find one bad record among ten thousand; a check that breaks on all of them must end, too.
        if judged.result.complete or len(part) == 1 or halvings >= HALVINGS:
            done += _give(database, part, judged, kept)
            broken = broken or not judged.result.complete
        else:
            halvings += 1
            middle = len(part) // 2
            parts += [part[middle:], part[:middle]]
    return done, broken


def _give(database: Database, cases: Sequence[Case], judged: Judged, kept: Sequence[str]) -> int:
    """Write the run and then, if every check answered, its verdicts; return how many were given."""
    result, run_id = judged.result, new_id()
    with database.transaction(FULL) as session:
        session.add(
            ValidationRun(
                id=run_id,
                kind="batch",
                form=result.form,
                version=result.version,
                finished_at=now(),
                is_complete=result.complete,
                crashed=list(result.crashed),
                record_count=result.records,
                finding_count=len(result.findings),
                folder=str(result.folder or ""),
                content_digest=verdicts.content_digest([(case.id, case.revision, case.digest) for case in cases]),
                summary={"suite_size": result.suite_size, "counts": result.counts},
            )
        )
        if not result.complete:
            log.error("run %s of %s is incomplete, crashed: %s", result.run_id, result.form, ", ".join(result.crashed))
            evidence.record(
                session,
                "worker",
                "validation incomplete",
                str(run_id),
                {"records": result.records, "crashed": list(result.crashed)},
            )
            return 0
    done = 0
    for start in range(0, len(cases), GIVEN_AT_ONCE):
        part = cases[start : start + GIVEN_AT_ONCE]
        with database.transaction(FULL) as session:
            given = verdicts.give(session, part, judged.findings, run_id, kept)
            detail = {
                "form": result.form,
                "checked": given.checked,
                "flagged": given.flagged,
                "findings": given.findings,
                "records": given.digests,
            }
            evidence.record(session, "worker", "verdict", str(run_id), detail)
        done += len(part) - given.skipped
    return done

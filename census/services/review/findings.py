"""The findings on one version of a record, as the record page shows them beside its items."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Final, cast

from sqlalchemy import select
from sqlalchemy.orm import Session

from census.models.collect import Submission
from census.models.review import FindingRow
from census.services.review.table import Mark, anchor, item_at
from census.services.review.timeline import Sent
from forms.definition import Form

WORST_FIRST: Final[tuple[Mark, ...]] = ("error", "warning", "explained")


@dataclass(frozen=True, slots=True)
class FindingView:
    """One finding with the enumerator's words, or the county's where it was exempted."""

    check: str
    severity: str
    path: str
    message: str
    state: str  # open, explained, exempt
    explanation: str
    label: str
    anchor: str


def findings_on(session: Session, submission: Submission, shown: Sent, form: Form | None) -> tuple[FindingView, ...]:
    """The worker's verdict where it is about this version, else what the check at submission found."""
    raw: Sequence[Mapping[str, Any]] = shown.findings
    if submission.judged_revision == shown.number:
        raw = _verdict(session, submission)
    views = [
        FindingView(
            check=finding["check"],
            severity=finding["severity"],
            path=finding["path"],
            message=finding["message"],
            state=finding.get("state") or "open",
            explanation=finding.get("explanation") or finding.get("text") or "",
            label=label(form, finding["path"]),
            anchor=anchor(finding["path"]),
        )
        for finding in raw
    ]
    return tuple(sorted(views, key=lambda view: (view.severity != "error", view.state != "open")))


def _verdict(session: Session, submission: Submission) -> list[dict[str, Any]]:
    rows = session.scalars(select(FindingRow).where(FindingRow.submission_id == submission.id).order_by(FindingRow.id))
    return [
        {
            "check": row.check_id,
            "severity": row.severity,
            "path": row.path,
            "message": row.message,
            "state": row.state,
            "explanation": row.explanation,
        }
        for row in rows
    ]


def label(form: Form | None, path: str) -> str:
    """Number and name of the item at a path; "" for the whole record and what no form knows."""
    item = form and item_at(form, path)
    if item is None:
        return ""
    return f"{item.no} {item.name}".strip()


def marks(findings: Sequence[FindingView]) -> dict[str, Mark]:
    """How each path is marked in the table: by the worst that was found there."""
    found: dict[str, Mark] = {}
    for finding in findings:
        mark = _mark(finding)
        if finding.path not in found or WORST_FIRST.index(mark) < WORST_FIRST.index(found[finding.path]):
            found[finding.path] = mark
    return found


def _mark(finding: FindingView) -> Mark:
    if finding.state != "open":
        return "explained"
    return cast("Mark", finding.severity)

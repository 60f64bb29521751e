"""What checks leave behind: findings of one record, and the result of a run over a batch."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path

from forms.checks import Severity


@dataclass(frozen=True, slots=True)
class Finding:
    """One failed check. ``path`` is a JSON Pointer into the answers; ``paths`` are all places it is shown at."""

    check: str
    severity: Severity
    path: str
    message: str
    paths: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class RowFinding:
    """One check that fails on one record of a batch.

    ``rows`` are the failing rows of its group, empty for a check of the whole record. ``record.render`` gives the
    findings with their messages.
    """

    key: str
    revision: int
    check: str
    rows: tuple[int, ...] = ()


@dataclass(frozen=True, slots=True)
class RunResult:
    """What one Great Expectations run found. A run is complete only when every check gave an answer."""

    run_id: str
    form: str
    version: str
    records: int
    suite_size: int
    complete: bool
    crashed: tuple[str, ...]  # checks that broke: never a finding
    counts: dict[str, int]  # failing records by check id; checks without any are left out
    findings: tuple[RowFinding, ...]
    folder: Path | None = None
    lacking: tuple[str, ...] = ()  # units of the register that owe this form and have none (checks of coverage)

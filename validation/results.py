"""What a check leaves behind: findings of one record."""

from __future__ import annotations

from dataclasses import dataclass

from forms.definition import Severity


@dataclass(frozen=True, slots=True)
class Finding:
    """One failed check at one place. ``path`` is a JSON Pointer into the answers; ``paths`` all places it is shown at."""

    check: str
    severity: Severity
    path: str
    message: str
    paths: tuple[str, ...] = ()

"""Tables, one module per group. Importing this package makes them all known to ``Base.metadata``."""

from __future__ import annotations

from census.models import answers, cases, evidence, files, leaving, people, register, review, visits, work

__all__ = ["answers", "cases", "evidence", "files", "leaving", "people", "register", "review", "visits", "work"]

"""Tables, one module per group. Importing this package makes them all known to ``Base.metadata``."""

from __future__ import annotations

from census.models import cases, evidence, files, people, register, review, visits, work
from census.models import collect as answers
from census.models import handup as leaving

__all__ = ["answers", "cases", "evidence", "files", "leaving", "people", "register", "review", "visits", "work"]

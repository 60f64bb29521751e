"""Tables, one module per wing. Importing this package makes them all known to ``Base.metadata``."""

from __future__ import annotations

from census.models import cases, collect, evidence, files, handup, people, register, review, work

__all__ = ["cases", "collect", "evidence", "files", "handup", "people", "register", "review", "work"]

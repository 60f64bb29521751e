"""The worker: judging records with Great Expectations, building what leaves, sending it, taking in what comes.

The only room where database, frames, Great Expectations and DuckDB meet. The web process never enters it: it leaves a
mark in the data or a job in the queue.
"""

from __future__ import annotations

from census.jobs.worker import work

__all__ = ["work"]

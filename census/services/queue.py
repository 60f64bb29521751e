"""Leaving a job for the worker in the caller's own transaction: both are there after the commit, or neither.

The tasks themselves stand in ``census.jobs``, which the web process never loads; here are only their names.
"""

from __future__ import annotations

from functools import cache
from typing import Final, cast

import psycopg
from procrastinate import SyncPsycopgConnector
from procrastinate.manager import JobManager
from procrastinate.tasks import configure_task
from sqlalchemy.orm import Session

CHECK: Final = "check"
DELIVER: Final = "deliver"
RECEIVE: Final = "receive"
ASK: Final = "ask"


@cache
def _manager() -> JobManager:
    """A manager without a connection of its own: each call brings the session's."""
    return JobManager(SyncPsycopgConnector())


def defer(session: Session, task: str, *, lock: str | None = None, **arguments: str) -> int:
    """Leave a job; of jobs with one lock only one runs at a time. Return its number."""
    connection = cast("psycopg.Connection", session.connection().connection.driver_connection)
    return configure_task(
        name=task, job_manager=_manager(), connection=connection, lock=lock,
    ).defer(**arguments)

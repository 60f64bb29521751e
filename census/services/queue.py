"""Leaving a job for the worker in the caller's own transaction: both are there after the commit, or neither.

The tasks themselves stand in ``census.jobs``, which the web process never loads; here are only their names.
"""

from __future__ import annotations

from functools import cache
from typing import TYPE_CHECKING, Final, cast

import psycopg
from sqlalchemy.orm import Session

if TYPE_CHECKING:  # a web server that starts need not wait for it
    from procrastinate.manager import JobManager

CHECK: Final = "check"
DELIVER: Final = "deliver"
RECEIVE: Final = "receive"
ASK: Final = "ask"


@cache
def _manager() -> JobManager:
    """A manager without a connection of its own: each call brings the session's."""
    from procrastinate import SyncPsycopgConnector
    from procrastinate.manager import JobManager

    return JobManager(SyncPsycopgConnector())


def defer(session: Session, task: str, *, lock: str | None = None, **arguments: str) -> int:
    """Leave a job; of jobs with one lock only one runs at a time. Return its number."""
    from procrastinate.tasks import configure_task

    connection = cast("psycopg.Connection", session.connection().connection.driver_connection)
    return configure_task(
        name=task,
        job_manager=_manager(),
        connection=connection,
        lock=lock,
    ).defer(**arguments)

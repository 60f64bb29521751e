"""The long jobs in the queue, one application of procrastinate per programme: retried with growing pauses, never lost.

A job that its worker left behind (killed, power cut) is found by the missing heartbeat and started again, so every job
here may run twice: each looks at the state of the data before it acts.
"""

from __future__ import annotations

import logging
from pathlib import Path
from typing import Final
from uuid import UUID

from procrastinate import App, BaseRetryStrategy, PsycopgConnector, RetryDecision
from procrastinate.jobs import Job
from sqlalchemy import make_url

from census.db import Database
from census.jobs.check import check_region
from census.jobs.deliver import ask_for_receipt, carry_out
from census.jobs.receive import take_in
from census.services import queue
from census.settings import Programme, Settings

log = logging.getLogger("census.work")
LONGEST_PAUSE_S: Final = 300
ATTEMPTS: Final = 500  # with five minutes between them: more than a day and a half of a broken line
STALLED_AFTER_S: Final = 60


class GrowingPauses(BaseRetryStrategy):
    """5, 10, 20 … 300 seconds."""

    def get_retry_decision(self, *, exception: BaseException, job: Job) -> RetryDecision | None:
        del exception
        if job.attempts >= ATTEMPTS:
            return None
        return RetryDecision(retry_in={"seconds": min(LONGEST_PAUSE_S, 5 * 2 ** min(job.attempts, 8))})


def app(settings: Settings, programme: Programme, database: Database) -> App:
    """The queue of one programme with all its tasks."""
    url = make_url(settings.database_url(programme)).set(drivername="postgresql").render_as_string(hide_password=False)
    made = App(connector=PsycopgConnector(conninfo=url, min_size=1, max_size=4))
    again = GrowingPauses()

    @made.task(name=queue.CHECK, retry=again)
    def check(region: str, actor: str, run: str) -> None:
        check_region(database, region, runs_folder(settings), actor=actor, run_id=UUID(run))

    @made.task(name=queue.DELIVER, retry=again)
    def deliver(delivery: str) -> None:
        carry_out(database, settings, UUID(delivery))

    @made.task(name=queue.ASK)
    def ask(delivery: str) -> None:
        ask_for_receipt(database, settings, UUID(delivery))

    @made.task(name=queue.RECEIVE, retry=again)
    def receive(package: str) -> None:
        take_in(database, settings, UUID(package))

    @made.periodic(cron="* * * * *")
    @made.task(name="retry_stalled", queueing_lock="retry_stalled", pass_context=False)
    async def retry_stalled(timestamp: int) -> None:
        del timestamp
        for job in await made.job_manager.get_stalled_jobs(seconds_since_heartbeat=STALLED_AFTER_S):
            log.warning("job %s (%s) was left behind: starting it again", job.id, job.task_name)
            await made.job_manager.retry_job(job)

    del ask, check, deliver, receive, retry_stalled  # the application knows them by name
    return made


def runs_folder(settings: Settings) -> Path:
    """Where the folders of validation runs are kept."""
    return settings.data_dir / "runs"

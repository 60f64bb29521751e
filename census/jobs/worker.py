"""The worker's loops: judging, asking for receipts, and the queue of long jobs, each for both programmes.

A loop that fails (PostgreSQL restarts, a disk is full) says so in the log, waits a little longer each time and goes on.
SIGTERM and Ctrl-C let what is running finish.
"""

from __future__ import annotations

import asyncio
import logging
import os
import signal
import threading
import time
from collections.abc import Callable
from dataclasses import dataclass, field

from census.db import FULL, Database
from census.jobs.deliver import Turns, ask_for_receipts
from census.jobs.tallies import fold
from census.jobs.tasks import app, runs_folder
from census.jobs.validate import AT_ONCE, Pauses, validate
from census.services.register.unit_forms import rederive_outdated
from census.settings import PROGRAMMES, Programme, Settings

log = logging.getLogger("census.work")
IDLE_S = 0.5
RECEIPTS_S = 1.0
FOLD_S = 10.0
FIRST_PAUSE_S, LONGEST_PAUSE_S = 1.0, 30.0
RESTS, LONGEST_REST_S = 2.0, 4.0
NICENESS = 5  # phones that wait for a receipt go first, but the backlog must not grow all day


def work(settings: Settings, *, once: bool = False) -> None:
    """Run the worker until it is told to stop; with ``once``, until nothing is left to do."""
    logging.basicConfig(level=logging.INFO, format="%(asctime)s %(levelname)s %(name)s %(message)s")
    for foreign in ("procrastinate", "great_expectations"):
        logging.getLogger(foreign).setLevel(logging.WARNING)
    databases: dict[Programme, Database] = {
        programme: Database(settings.database_url(programme)) for programme in PROGRAMMES
    }
    try:
        if once:
            _until_nothing_is_left(settings, databases)
        else:
            os.nice(NICENESS)
            _Worker(settings, databases).run()
    finally:
        for database in databases.values():
            database.close()


def _until_nothing_is_left(settings: Settings, databases: dict[Programme, Database]) -> None:
    """Judge, do the jobs, ask once for receipts, and begin again while any of it led to more."""
    pauses, turns = {programme: Pauses() for programme in PROGRAMMES}, Turns()
    done = True
    while done:
        done = False
        for programme, database in databases.items():
            while validate(database, runs_folder(settings), pauses[programme]) or derive_forms(database):
                done = True
            app(settings, programme, database).run_worker(wait=False, listen_notify=False, delete_jobs="successful")
            # A package that has just been taken in brings records to judge.
            done = bool(validate(database, runs_folder(settings), pauses[programme])) or done
        done = bool(ask_for_receipts(databases["census"], settings, turns)) or done


def derive_forms(database: Database) -> int:
    """Derive which forms some units owe whose definitions have changed since; return how many were looked at."""
    with database.transaction(FULL) as session:
        return rederive_outdated(session)


def rest_after(judged: int, took_s: float) -> float:
    """How long to let records gather before the next run, which costs nearly as much for one as for a thousand.

    Who is behind does not rest; who keeps up leaves most of the time to the phones, and nobody waits long for a
    verdict.
    """
    if not 0 < judged < AT_ONCE:
        return 0.0
    return min(LONGEST_REST_S, RESTS * took_s)


@dataclass
class _Worker:
    """All loops of a running worker."""

    settings: Settings
    databases: dict[Programme, Database]
    stop: threading.Event = field(default_factory=threading.Event)

    def run(self) -> None:
        threads = [threading.Thread(target=self._receipts, name="receipts")]
        threads += [
            threading.Thread(target=self._judge, args=(programme,), name=f"judge {programme}")
            for programme in PROGRAMMES
        ]
        threads += [
            threading.Thread(target=self._fold, args=(programme,), name=f"fold {programme}") for programme in PROGRAMMES
        ]
        for thread in threads:
            thread.start()
        try:
            asyncio.run(self._queues())
        finally:
            self.stop.set()
            for thread in threads:
                thread.join()

    def _judge(self, programme: Programme) -> None:
        pauses = Pauses()

        def step() -> int:
            begun = time.monotonic()
            judged = validate(self.databases[programme], runs_folder(self.settings), pauses)
            self.stop.wait(rest_after(judged, time.monotonic() - begun))
            # New definitions are caught up with only while no record waits.
            return judged or derive_forms(self.databases[programme])

        self._repeat(f"judging {programme}", IDLE_S, step)

    def _fold(self, programme: Programme) -> None:
        self._repeat(f"folding tallies {programme}", FOLD_S, lambda: fold(self.databases[programme]))

    def _receipts(self) -> None:
        turns = Turns()
        self._repeat("receipts", RECEIPTS_S, lambda: ask_for_receipts(self.databases["census"], self.settings, turns))

    def _repeat(self, name: str, idle_s: float, step: Callable[[], int]) -> None:
        """Do a step again and again, at once while it finds something to do."""
        pause_s = FIRST_PAUSE_S
        while not self.stop.is_set():
            try:
                found = step()
            except Exception:
                log.exception("%s failed, trying again in %.0f s", name, pause_s)
                self.stop.wait(pause_s)
                pause_s = min(LONGEST_PAUSE_S, 2 * pause_s)
                continue
            pause_s = FIRST_PAUSE_S
            if not found:
                self.stop.wait(idle_s)

    async def _queues(self) -> None:
        stopping = asyncio.Event()
        loop = asyncio.get_running_loop()
        for number in (signal.SIGTERM, signal.SIGINT):
            loop.add_signal_handler(number, stopping.set)
        queues = [asyncio.create_task(self._queue(programme, stopping)) for programme in PROGRAMMES]
        await stopping.wait()
        self.stop.set()
        for queue in queues:
            queue.cancel()
        await asyncio.gather(*queues, return_exceptions=True)

    async def _queue(self, programme: Programme, stopping: asyncio.Event) -> None:
        """Run the jobs of one programme; cancelling lets the job that runs finish."""
        pause_s = FIRST_PAUSE_S
        while not stopping.is_set():
            made = app(self.settings, programme, self.databases[programme])
            try:
                async with made.open_async():
                    pause_s = FIRST_PAUSE_S
                    await made.run_worker_async(
                        install_signal_handlers=False,
                        delete_jobs="successful",
                        fetch_job_polling_interval=2.0,
                        name=programme,
                    )
            except Exception:
                log.exception("queue %s failed, trying again in %.0f s", programme, pause_s)
                await asyncio.sleep(pause_s)
                pause_s = min(LONGEST_PAUSE_S, 2 * pause_s)

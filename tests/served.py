"""A real instance as processes: durable PostgreSQL of its own, gunicorn and the worker, on a free port."""

from __future__ import annotations

import os
import signal
import socket
import threading
import time
from collections.abc import Callable, Generator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Final
from uuid import UUID

import requests
from sqlalchemy import insert

from census.commands.demo import kept_environment, wait_until_ready
from census.db import FULL, Database, new_id
from census.embedded.cluster import Cluster
from census.embedded.processes import Child, end
from census.models.register import Assignment, Unit
from census.schema import upgrade_all
from census.settings import Settings
from tests.builders.api import PASSWORD, VILLAGE, an_account

PORTS: Final = range(8150, 8250)
CLAIMS: Final[list[socket.socket]] = []
ENUMERATOR: Final = "enumerator01"


def free_ports(count: int) -> int:
    """The first of ``count`` neighbouring ports that nobody listens on and no other test run has claimed."""
    for first in PORTS[: len(PORTS) - count + 1]:
        if not claimed(range(first, first + count)):
            continue
        with_probes = [socket.socket() for _ in range(count)]
        try:
            for number, probe in enumerate(with_probes):
                probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
                probe.bind(("127.0.0.1", first + number))
        except OSError:
            continue
        else:
            return first
        finally:
            for probe in with_probes:
                probe.close()
    raise RuntimeError(f"no {count} free ports in {PORTS}")


def claimed(ports: range) -> bool:
    """Claim ports against other runs until this process ends: between looking and listening lie seconds.

    A name of Linux's abstract sockets belongs to one process at a time, and goes with it, also by kill -9.
    """
    claims = [socket.socket(socket.AF_UNIX) for _ in ports]
    try:
        for port, claim in zip(ports, claims, strict=True):
            claim.bind(f"\0census-test-port-{port}")
    except OSError:
        for claim in claims:
            claim.close()
        return False
    CLAIMS.extend(claims)
    return True


def eventually(holds: Callable[[], bool], within_s: float) -> bool:
    """Ask again and again until it holds, or tell that it did not in time."""
    deadline = time.monotonic() + within_s
    tick = threading.Event()
    while not holds():
        if time.monotonic() > deadline:
            return False
        tick.wait(0.1)
    return True


@dataclass
class Instance:
    """A county's instance whose parts can be killed and started again."""

    cluster: Cluster
    settings: Settings
    port: int
    web: Child
    worker: Child
    database: Database

    @property
    def url(self) -> str:
        return f"http://127.0.0.1:{self.port}"

    def start_web(self) -> None:
        self.web.start()
        wait_until_ready(self.port, self.web)

    def start_what_ended(self) -> None:
        """Start again what ended by itself or was killed, as ``census demo`` and a service manager do."""
        for child in (self.web, self.worker):
            if child.process is not None and child.process.poll() is not None:
                child.start()
        wait_until_ready(self.port, self.web)

    def sign_in(self, username: str = ENUMERATOR) -> str:
        """A device's token."""
        asked = {"username": username, "password": PASSWORD, "programme": "census", "device": "phone"}
        answer = requests.post(f"{self.url}/api/v1/session", json=asked, timeout=120)
        answer.raise_for_status()
        return str(answer.json()["token"])

    def add_units(self, count: int, username: str = ENUMERATOR) -> list[UUID]:
        """Add units of one village, all assigned to a new enumerator."""
        ids = [new_id() for _ in range(count)]
        with self.database.transaction(FULL) as session:
            account = an_account(session, username)
            session.execute(
                insert(Unit),
                [
                    {
                        "id": unit,
                        "kind": "industrial",
                        "name": f"工厂 {number}",
                        "region_code": VILLAGE,
                        "known": {},
                        "forms": ["G102"],
                    }
                    for number, unit in enumerate(ids)
                ],
            )
            session.execute(
                insert(Assignment), [{"id": new_id(), "unit_id": unit, "account_id": account.id} for unit in ids]
            )
        return ids

    def kill_web(self) -> None:
        kill_group(self.web)

    def kill_worker(self) -> None:
        kill_group(self.worker)

    def kill_postmaster(self) -> None:
        os.kill(int((self.cluster._home / "data/postmaster.pid").read_text().split()[0]), signal.SIGKILL)


def kill_group(child: Child) -> None:
    """Kill a process and all it forked, at once and without a word."""
    assert child.process is not None
    os.killpg(child.process.pid, signal.SIGKILL)
    child.process.wait()


@contextmanager
def instance(folder: Path) -> Generator[Instance]:
    """Start a county's instance in an empty folder; everything it started ends and goes with it."""
    cluster = Cluster(folder / "postgres", binaries=Settings.from_env().pg_bin)
    cluster.start()
    children: list[Child] = []
    try:
        cluster.create_programme_databases()
        environment = kept_environment(folder) | {
            "CENSUS_ENV": "test",
            "CENSUS_LEVEL": "county",
            "CENSUS_REGION": "440113",
            "CENSUS_RATE_LIMITS": "off",
            "CENSUS_DATABASE_URL": cluster.app_url("census"),
            "SCATTERED_DATABASE_URL": cluster.app_url("scattered"),
            "CENSUS_OWNER_DATABASE_URL": cluster.owner_url("census"),
            "SCATTERED_OWNER_DATABASE_URL": cluster.owner_url("scattered"),
        }
        settings = Settings.from_env(environment)
        upgrade_all(settings)
        port = free_ports(1)
        web = Child("web", ("serve", "--port", str(port)), environment, folder / "web.log")
        worker = Child("worker", ("work",), environment, folder / "worker.log")
        children += [web, worker]
        database = Database(settings.census_database_url)
        running = Instance(cluster, settings, port, web, worker, database)
        running.start_web()
        worker.start()
        yield running
        database.close()
    finally:
        end(children)
        cluster.destroy()

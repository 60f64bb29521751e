"""``census demo``: a county and its province on this machine, with a synthetic district, ended by Ctrl-C."""

from __future__ import annotations

import argparse
import fcntl
import json
import os
import signal
import socket
import time
import urllib.error
import urllib.request
from collections.abc import Callable, Generator, Mapping, Sequence
from contextlib import contextmanager
from pathlib import Path
from types import FrameType
from typing import Final

from census.commands import Commands
from census.embedded.cluster import Cluster, embedded_cluster
from census.embedded.processes import Child, end, watch
from census.errors import NotReady
from census.settings import PROGRAMMES, SETTINGS_FILE, Settings

KEPT: Final = ("CENSUS_PG_BIN", "SPARK_MASTER")  # of the operator's settings, what the demo uses too
READY_LIMIT_S: Final = 120
ACCOUNTS: Final = """\
  普查   enumerator01…40  supervisor01…08  county01  checker01  admin01  auditor01
  散乱污 inspector01…16   case_office01
  省级   province01
  password: Demo-2017-census"""


def register(commands: Commands) -> None:
    parser = commands.add_parser("demo", help="run a county and its province here, with a synthetic district")
    parser.add_argument("--units", type=int, default=None, help="units in the register; 0 gives an empty one")
    parser.add_argument(
        "--port", type=int, default=int(os.environ.get("PORT", "8000")), help="the province's is one more"
    )
    parser.add_argument("--data", type=Path, default=None, help="data folder (default var/demo)")
    parser.add_argument("--no-province", action="store_true", help="the county alone")
    parser.add_argument("--seed", type=int, default=2017, help="another seed, another district")
    parser.set_defaults(run=run)


def run(arguments: argparse.Namespace) -> int:
    data = (arguments.data or Settings.from_env(kept_environment("var/demo")).data_dir).resolve()
    ports = [arguments.port]
    if not arguments.no_province:
        ports.append(arguments.port + 1)
    data.mkdir(parents=True, exist_ok=True)
    with only_demo_in(data):
        for port in ports:
            check_free(port)
        answer_signals(interrupt)
        cluster = embedded_cluster(Settings.from_env(kept_environment(data)))
        print("starting PostgreSQL …", flush=True)
        cluster.start()
        children: list[Child] = []
        try:
            instances = prepare(cluster, data, arguments)
            start_all(instances, ports, children)
            tell(ports, data)
            watch(children, lambda line: print(line, flush=True))
        except KeyboardInterrupt:
            return 0
        finally:
            answer_signals(signal.SIG_IGN)  # from here on the end is under way
            print("\nending …", flush=True)
            end(children)
            cluster.stop()
    return 3


def interrupt(_number: int, _frame: FrameType | None) -> None:
    """Treat every polite request to end as Ctrl-C."""
    raise KeyboardInterrupt


def answer_signals(handler: Callable[[int, FrameType | None], None] | signal.Handlers) -> None:
    for number in (signal.SIGINT, signal.SIGTERM, signal.SIGHUP):
        signal.signal(number, handler)


# --- one demo per data folder -----------------------------------------------------------------------------------


@contextmanager
def only_demo_in(data: Path) -> Generator[None]:
    """Hold the folder's lock while the demo runs. Raises NotReady if another demo has it."""
    with (data / "demo.lock").open("w") as lock:
        try:
            fcntl.flock(lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError as error:
            raise NotReady(f"a demo is already running in {data}") from error
        yield


def running_in(data: Path) -> bool:
    """Whether a demo runs in this data folder."""
    file = data / "demo.lock"
    if not file.is_file():  # never one here; asking must not make the file
        return False
    with file.open("r") as lock:
        try:
            fcntl.flock(lock, fcntl.LOCK_SH | fcntl.LOCK_NB)
        except BlockingIOError:
            return True
    return False


def check_free(port: int) -> None:
    with socket.socket() as probe:
        probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        try:
            probe.bind(("127.0.0.1", port))
        except OSError as error:
            raise NotReady(f"port {port} is taken; choose another: make demo PORT=9000") from error


# --- two instances ----------------------------------------------------------------------------------------------


def kept_environment(data: Path | str) -> dict[str, str]:
    """This process's environment without the operator's instance, pointing at the demo's data folder."""
    kept = {
        name: value
        for name, value in os.environ.items()
        if name in KEPT or not name.startswith(("CENSUS_", "SCATTERED_"))
    }
    return kept | {"CENSUS_DATA_DIR": str(data)}


def write_settings(data: Path, values: Mapping[str, str]) -> None:
    """Keep an instance's settings beside its data, so that every later command finds them there."""
    data.mkdir(parents=True, exist_ok=True)
    file = data / SETTINGS_FILE
    draft = file.with_suffix(".new")
    draft.touch(mode=0o600)
    draft.write_text("".join(f"{name}={value}\n" for name, value in values.items()), encoding="utf-8")
    draft.rename(file)


def prepare(cluster: Cluster, data: Path, arguments: argparse.Namespace) -> list[Settings]:
    """Databases, settings, schema, synthetic district and each other's keys; what is there already stays."""
    from census import demo, schema

    county: dict[str, str] = {"CENSUS_ENV": "demo", "CENSUS_LEVEL": "county", "CENSUS_REGION": "440113"}
    if not arguments.no_province:
        county["CENSUS_UPPER_URL"] = f"http://127.0.0.1:{arguments.port + 1}"
    write_settings(data, county)
    cluster.create_programme_databases()
    instances = [instance_settings(cluster, data, "")]
    if not arguments.no_province:
        province = {"CENSUS_ENV": "demo", "CENSUS_LEVEL": "province", "CENSUS_REGION": "44"}
        write_settings(data / "province", province | database_addresses(cluster, "province_"))
        cluster.create_programme_databases("province_")
        instances.append(instance_settings(cluster, data / "province", "province_"))
    for settings in instances:
        print(f"preparing the {settings.level}'s data …", flush=True)
        schema.upgrade_all(settings)
        demo.load(settings, units=arguments.units, seed=arguments.seed)
    exchange_keys(instances)
    if len(instances) > 1:
        demo.hand_up(*instances)
    return instances


def database_addresses(cluster: Cluster, prefix: str) -> dict[str, str]:
    addresses: dict[str, str] = {}
    for programme in PROGRAMMES:
        addresses[f"{programme.upper()}_DATABASE_URL"] = cluster.app_url(programme, prefix)
        addresses[f"{programme.upper()}_OWNER_DATABASE_URL"] = cluster.owner_url(f"{prefix}{programme}")
    return addresses


def instance_settings(cluster: Cluster, data: Path, prefix: str) -> Settings:
    return Settings.from_env(kept_environment(data) | database_addresses(cluster, prefix))


def exchange_keys(instances: Sequence[Settings]) -> None:
    """Let each instance believe the other's signatures, as two offices do by exchanging their key files."""
    from census.db import FULL, Database
    from census.services.handup import keys

    for settings in instances:
        database = Database(settings.census_database_url)
        with database.transaction(FULL) as session:
            for other in instances:
                if other is not settings:
                    keys.trust(session, keys.public_document(other))
        database.close()


def start_all(instances: Sequence[Settings], ports: Sequence[int], children: list[Child]) -> None:
    """Start the web servers, and once they are ready the slower workers; add each to ``children`` as it starts."""
    for settings, port in zip(instances, ports, strict=True):
        children.append(start_one(settings, "web", ["serve", "--port", str(port)]))
    for port, child in zip(ports, tuple(children), strict=True):
        wait_until_ready(port, child)
    children.extend(start_one(settings, "worker", ["work"]) for settings in instances)


def start_one(settings: Settings, name: str, arguments: Sequence[str]) -> Child:
    logs = settings.data_dir / "log"
    logs.mkdir(exist_ok=True)
    child = Child(f"{settings.level} {name}", arguments, kept_environment(settings.data_dir), logs / f"{name}.log")
    child.start()
    return child


def wait_until_ready(port: int, child: Child) -> None:
    deadline = time.monotonic() + READY_LIMIT_S
    problems: object = "no answer"
    while time.monotonic() < deadline and child.process is not None and child.process.poll() is None:
        try:
            with urllib.request.urlopen(f"http://127.0.0.1:{port}/readyz", timeout=10):
                return
        except urllib.error.HTTPError as error:
            problems = json.load(error)
        except OSError:  # it does not listen yet
            pass
        time.sleep(0.2)
    raise NotReady(f"{child.name} is not ready on port {port}: {problems}\n{child.last_words()}")


def tell(ports: Sequence[int], data: Path) -> None:
    print(f"\ncounty   http://127.0.0.1:{ports[0]}    data in {data}")
    if len(ports) > 1:
        print(f"province http://127.0.0.1:{ports[1]}    data in {data / 'province'}")
    print(f"\n{ACCOUNTS}\n\nCtrl-C ends everything.", flush=True)

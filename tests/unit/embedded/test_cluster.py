from __future__ import annotations

import os
import signal
from collections.abc import Generator
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from threading import Barrier

import psycopg
import pytest

from census.embedded.cluster import Cluster
from census.embedded.postgres import Binaries, ClusterError, Runner


@pytest.fixture(scope="module")
def own_cluster(tmp_path_factory: pytest.TempPathFactory) -> Generator[Cluster]:
    """A cluster in a folder whose path is too long for a socket."""
    cluster = Cluster(tmp_path_factory.mktemp("long-" * 20) / "postgres", durable=False)
    cluster.start()
    cluster.create_programme_databases()
    yield cluster
    cluster.destroy()


def connect(url: str) -> psycopg.Connection:
    return psycopg.connect(url.replace("+psycopg", ""), connect_timeout=60)


def test_each_programme_enters_its_own_database(own_cluster: Cluster) -> None:
    with connect(own_cluster.app_url("census")) as connection:
        assert connection.execute("select current_user, current_database()").fetchone() == ("census_app", "census")


def test_neither_programme_enters_the_other_s_database(own_cluster: Cluster) -> None:
    foreign = own_cluster.url("census_app", "scattered")
    with pytest.raises(psycopg.OperationalError, match="permission denied"):
        connect(foreign)


def test_nobody_enters_without_the_password(own_cluster: Cluster) -> None:
    stranger = own_cluster.app_url("census").replace("census_app:", "census_app:not")
    with pytest.raises(psycopg.OperationalError, match="authentication failed"):
        connect(stranger)


def test_passwords_are_for_their_owner_s_eyes_only(own_cluster: Cluster) -> None:
    files = list((own_cluster.folder / "passwords").iterdir())
    assert {file.name for file in files} >= {"postgres", "census_owner", "census_app", "scattered_app"}
    assert {file.stat().st_mode & 0o777 for file in files} == {0o600}


def test_trigrams_find_chinese(own_cluster: Cluster) -> None:
    with connect(own_cluster.owner_url("census")) as connection:
        connection.execute("create extension if not exists pg_trgm")
        row = connection.execute("select word_similarity('番禺区', '广州市番禺区小谷围街道') > 0.2").fetchone()
    assert row == (True,)


def test_it_listens_to_this_machine_s_files_only(own_cluster: Cluster) -> None:
    with connect(own_cluster.app_url("census")) as connection:
        assert connection.execute("show listen_addresses").fetchone() == ("",)


def test_starting_twice_is_starting_once(own_cluster: Cluster) -> None:
    own_cluster.start()
    own_cluster.create_programme_databases()
    assert own_cluster.running


def test_it_comes_back_after_a_kill(tmp_path: Path) -> None:
    cluster = Cluster(tmp_path / "postgres", durable=False)
    cluster.start()
    cluster.create_programme_databases()
    with connect(cluster.app_url("census")):  # a child that holds shared memory a moment longer
        pid = int((cluster._home / "data" / "postmaster.pid").read_text().split()[0])
        os.kill(pid, signal.SIGKILL)
        cluster.start()
    try:
        with connect(cluster.app_url("census")) as connection:
            assert connection.execute("select 1").fetchone() == (1,)
    finally:
        cluster.destroy()


def test_binaries_that_are_not_there_are_named(tmp_path: Path) -> None:
    with pytest.raises(ClusterError, match="CENSUS_PG_BIN"):
        Binaries.find(tmp_path)


def test_a_folder_that_many_make_at_once_is_made_once(tmp_path: Path) -> None:
    """The first tests of a new checkout, in as many processes as it has cores, all start the cluster."""
    runner, folder = Runner.for_this_user(), tmp_path / "new" / "postgres"
    together = Barrier(8)

    def make(_: int) -> None:
        together.wait()
        runner.make(folder)
        (folder / "lock").touch()

    with ThreadPoolExecutor(8) as threads:
        list(threads.map(make, range(8)))
    assert [path.name for path in folder.parent.iterdir()] == ["postgres"]

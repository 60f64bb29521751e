from __future__ import annotations

import gzip
import subprocess
import sys
from collections.abc import Callable

import brotli
import psycopg
import pytest
from flask.testing import FlaskClient

from census.web.assets import FOR_EVER, static_url
from tests.conftest import Databases


def test_a_healthy_instance_is_alive_and_ready(client: FlaskClient) -> None:
    assert client.get("/healthz").status_code == 200
    ready = client.get("/readyz")
    assert (ready.status_code, ready.get_json()) == (200, {"status": "ready", "problems": {}})


def test_no_page_may_run_inline_scripts_or_be_framed(client: FlaskClient) -> None:
    policy = client.get("/healthz").headers["Content-Security-Policy"]
    assert "default-src 'self'" in policy
    assert "frame-ancestors 'none'" in policy
    assert "unsafe" not in policy


def test_a_static_file_may_be_kept_for_ever(client: FlaskClient) -> None:
    assert client.get(static_url("js/shared/rules.js")).headers["Cache-Control"] == FOR_EVER
    assert client.get("/static/formerrelease/js/shared/rules.js").headers["Cache-Control"] == "no-cache"


@pytest.mark.parametrize(("encoding", "unpack"), [("br", brotli.decompress), ("gzip", gzip.decompress)])
def test_text_travels_compressed(client: FlaskClient, encoding: str, unpack: Callable[[bytes], bytes]) -> None:
    address = static_url("js/shared/rules.js")
    plain = client.get(address)
    packed = client.get(address, headers={"Accept-Encoding": encoding})
    assert packed.headers["Content-Encoding"] == encoding
    assert unpack(packed.data) == plain.data


def test_an_instance_behind_its_migrations_is_not_ready(client: FlaskClient, own_databases: Databases) -> None:
    owner = own_databases.settings.owner_database_url("scattered").replace("+psycopg", "")
    with psycopg.connect(owner) as connection:
        connection.execute("update alembic_version set version_num = '0000'")
    answer = client.get("/readyz")
    assert answer.status_code == 503
    assert "migrations scattered" in answer.get_json()["problems"]


def test_the_web_process_loads_no_data_frames() -> None:
    heavy = "{'pandas', 'great_expectations', 'duckdb', 'pyarrow', 'numpy'}"
    program = f"import sys, census.app; print(sorted({heavy} & set(sys.modules)))"
    ran = subprocess.run([sys.executable, "-c", program], capture_output=True, text=True, check=True)
    assert ran.stdout.strip() == "[]"

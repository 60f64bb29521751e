"""Taking in submissions: web server, worker and database on the same cores, beside a bare INSERT of the same bytes."""

from __future__ import annotations

import json
from collections.abc import Sequence
from typing import Any, Final
from uuid import UUID, uuid4

import psycopg
import pytest
from sqlalchemy import make_url, text

from census.db import FULL
from census.examples.records import answers_for
from tests.benchmark.clients import all_at_once, request_bytes, send_all
from tests.benchmark.conftest import Figures, scaled
from tests.served import Instance

CLIENTS: Final = 8
SINGLE: Final = 3_000
BATCHES: Final = 200
BATCH: Final = 50
EXAMPLES: Final = 25


@pytest.fixture(scope="module")
def contents() -> list[dict[str, Any]]:
    return [answers_for("G102", seed=seed).answers for seed in range(EXAMPLES)]


def draft(unit: UUID, answers: dict[str, Any]) -> dict[str, Any]:
    return {
        "id": str(uuid4()),
        "unit": str(unit),
        "form": "G102",
        "version": "2017.1",
        "revision": 1,
        "answers": answers,
        "explanations": [],
        "files": [],
        "device": "bench",
    }


def bare_inserts(county: Instance, batches: Sequence[Sequence[dict[str, Any]]]) -> float:
    """Insert the same drafts as JSON into a table without anything, one commit per batch; give the seconds."""
    url = (
        make_url(county.settings.census_owner_database_url)
        .set(drivername="postgresql")
        .render_as_string(hide_password=False)
    )
    rows = [[(row["id"], json.dumps(row, ensure_ascii=False)) for row in batch] for batch in batches]
    with psycopg.connect(url, autocommit=True) as connection:
        connection.execute("drop table if exists bare")
        connection.execute("create table bare (id uuid primary key, body jsonb)")

    def one(number: int) -> None:
        with psycopg.connect(url) as connection, connection.cursor() as cursor:
            for batch in rows[number::CLIENTS]:
                cursor.executemany("insert into bare values (%s, %s)", batch)
                connection.commit()

    return all_at_once(one, CLIENTS)


@pytest.mark.parametrize(
    ("name", "count", "size"),
    [
        ("ingest.single", scaled(SINGLE, 80), 1),
        ("ingest.batch_50", scaled(BATCHES, 8), BATCH),
    ],
    ids=["one at a time", "fifty at a time"],
)
def test_ingest(
    county: Instance, figures: Figures, contents: list[dict[str, Any]], name: str, count: int, size: int
) -> None:
    measure(county, figures, contents, name, count, size)


def measure(
    county: Instance, figures: Figures, contents: list[dict[str, Any]], name: str, count: int, size: int
) -> None:
    """Send so many batches of a size from eight clients, and insert the same bytes barely right afterwards."""
    username = name.replace(".", "_")
    units = county.add_units((CLIENTS + count) * size, username)
    drafts = [draft(unit, contents[number % EXAMPLES]) for number, unit in enumerate(units)]
    batches = [drafts[start : start + size] for start in range(0, len(drafts), size)]
    token = county.sign_in(username)
    bodies = [json.dumps({"submissions": batch}, ensure_ascii=False).encode() for batch in batches]
    requests = [request_bytes("/api/v1/submissions", token, body) for body in bodies]
    send_all(county.port, requests[:CLIENTS], CLIENTS)  # the first ones compile the rule book
    due_before, took_s = due(county), list[float]()
    seconds, answers = send_all(county.port, requests[CLIENTS:], CLIENTS, took_s)
    due_after = due(county)
    results = [result for answer in answers for result in json.loads(answer)["results"]]
    sent = count * size
    assert [result["status"] for result in results] == ["stored"] * sent
    bare = bare_inserts(county, batches[CLIENTS:])
    figures.add(
        name, sent / seconds, "submissions/s", sent / bare, f"bare INSERT of the same bytes, {CLIENTS} connections"
    )
    figures.add(
        f"{name}.p95",
        1_000 * sorted(took_s)[int(0.95 * len(took_s))],
        "ms",
        1_000 * bare * CLIENTS / count,
        "mean of the bare INSERT and its commit",
    )
    judged = sent - max(0, due_after - due_before)
    figures.add(f"{name}.judged_meanwhile", judged / seconds, "submissions/s", sent / seconds, "what came in")


def due(county: Instance) -> int:
    """How many records wait for their verdict."""
    with county.database.transaction(FULL) as session:
        return session.execute(text("select count(*) from submission where judge_due")).scalar_one()

"""The same county with much stored already: taking in, the queue, the next record, at 50,000 and 1,000,000 submissions.

One cluster serves all figures. It takes minutes to fill; ``BENCH_SCALE`` shrinks it.
"""

from __future__ import annotations

import re
import statistics
import time
from collections.abc import Generator
from typing import Any, Final

import pytest
import requests

from census.db import FULL
from census.examples.records import answers_for
from tests.benchmark.conftest import Figures, scaled
from tests.benchmark.stored import store
from tests.benchmark.test_ingest import BATCH, BATCHES, EXAMPLES, SINGLE, measure
from tests.builders.api import PASSWORD, an_account
from tests.served import Instance, instance

SMALL, LARGE = scaled(50_000, 1_000), scaled(1_000_000, 3_000)
LOOKS: Final = 25
SENDER: Final = "stored_sender"


@pytest.fixture(scope="module")
def old_county(tmp_path_factory: pytest.TempPathFactory) -> Generator[Instance]:
    with instance(tmp_path_factory.mktemp("stored")) as running:
        with running.database.transaction(FULL) as session:
            an_account(session, SENDER)
            an_account(session, "county01", "county", "440113")
        store(running, 0, SMALL, SENDER)
        yield running


@pytest.fixture(scope="module")
def large_county(old_county: Instance) -> Instance:
    store(old_county, SMALL, LARGE, SENDER)
    return old_county


def test_the_queue_of_a_small_county(old_county: Instance, figures: Figures) -> None:
    look_at_the_queue(old_county, figures, SMALL)


def test_the_queue_of_a_large_county(large_county: Instance, figures: Figures) -> None:
    look_at_the_queue(large_county, figures, LARGE)


@pytest.mark.parametrize(
    ("name", "count", "size"),
    [
        ("ingest.single", scaled(SINGLE, 80), 1),
        ("ingest.batch_50", scaled(BATCHES, 8), BATCH),
    ],
    ids=["one at a time", "fifty at a time"],
)
def test_ingest_into_a_large_county(large_county: Instance, figures: Figures, name: str, count: int, size: int) -> None:
    contents: list[dict[str, Any]] = [answers_for("G102", seed=seed).answers for seed in range(EXAMPLES)]
    measure(large_county, figures, contents, f"{name}.at_{LARGE}", count, size)


def look_at_the_queue(county: Instance, figures: Figures, stored: int) -> None:
    """Open the queue, turn its page and open records one after the other, as the county's reviewer."""
    session = requests.Session()
    page = session.get(f"{county.url}/sign-in", timeout=60).text
    token = re.search(r'name="csrf_token" value="([^"]+)"', page)
    assert token is not None
    asked = {"username": "county01", "password": PASSWORD, "programme": "census", "csrf_token": token[1]}
    html = session.post(f"{county.url}/sign-in", data=asked, timeout=60).text
    html = session.get(f"{county.url}/review/", timeout=60).text
    following = re.search(r'href="(/review/\?[^"]*cursor=[^"]+)"', html)
    records = list(dict.fromkeys(re.findall(r'href="(/review/[0-9a-f]{8}-[0-9a-f-]{27})', html)))
    assert following is not None
    assert len(records) == LOOKS
    empty = median_ms(session, [f"{county.url}/healthz"] * LOOKS)
    for name, addresses in (
        ("queue_page", ["/review/"] * LOOKS),
        ("queue_page.next", [following[1].replace("&amp;", "&")] * LOOKS),
        ("next_record", records),
    ):
        measured = median_ms(session, [county.url + address for address in addresses])
        figures.add(f"{name}.at_{stored}", measured, "ms", empty, "the same server's /healthz")


def median_ms(session: requests.Session, addresses: list[str]) -> float:
    """Half of the pages took no longer; the first look, which compiles what lasts, is not counted."""
    took: list[float] = []
    for address in [*addresses[:1] * 4, *addresses]:
        begun = time.perf_counter()
        session.get(address, timeout=60).raise_for_status()
        took.append(time.perf_counter() - begun)
    return 1_000 * statistics.median(took[4:])

"""What a phone downloads first, how long the web server takes to start, and what it keeps in memory."""

from __future__ import annotations

import re
import subprocess
import sys
import time
from pathlib import Path
from typing import Final
from urllib.parse import urljoin

import pytest
import requests

from census.app import create_app
from census.web.collect.addresses import blank_address
from census.web.collect.forms import blank_page
from forms.catalogue import catalogue
from tests.benchmark.clients import get_bytes, send_all
from tests.benchmark.conftest import Figures, scaled
from tests.builders.api import PASSWORD
from tests.served import ENUMERATOR, Instance

LARGEST_BYTES: Final = 60_000  # ten seconds on a bad line of 48 kbit/s
LINKED: Final = re.compile(r'(?:src|href)="(/static/[^"]+\.(?:js|css))"')
IMPORTED: Final = re.compile(r"""^\s*(?:import|export)\b[^'"(]*['"](\.[^'"]+)['"]""", re.MULTILINE)
RENDERED_MS: Final = 30
SMALL_BYTES: Final = 1_000  # compressing less than this saves nothing
REQUESTS: Final = 1_000
CLIENTS: Final = 8
BARE: Final = "import flask, sqlalchemy, psycopg, gunicorn, time; print('up', flush=True); import sys; sys.stdin.read()"


@pytest.fixture(scope="module")
def browser(county: Instance) -> requests.Session:
    """Somebody signed in who has units."""
    county.add_units(50)
    session = requests.Session()
    page = session.get(f"{county.url}/sign-in", timeout=30).text
    token = re.search(r'name="csrf_token" value="([^"]+)"', page)
    assert token is not None
    asked = {"username": ENUMERATOR, "password": PASSWORD, "programme": "census", "csrf_token": token[1]}
    assert session.post(f"{county.url}/sign-in", data=asked, timeout=30).url.endswith("/collect/")
    return session


def test_the_first_form_page(county: Instance, figures: Figures, browser: requests.Session) -> None:
    unit = re.search(r"/collect/units/[0-9a-f-]+", browser.get(f"{county.url}/collect/", timeout=30).text)
    assert unit is not None
    known = browser.get(f"{county.url}{unit[0]}/data", timeout=30).json()
    form = next(form for form in known["forms"] if form["form"] == "G102")
    text, page_bytes = fetched(browser, county.url + form["blank"])
    sizes = {form["blank"]: page_bytes}
    waiting = [county.url + address for address in LINKED.findall(text)]
    while waiting:
        address = waiting.pop()
        if address not in sizes:
            content, sizes[address] = fetched(browser, address)
            waiting += (
                [urljoin(address, found) for found in IMPORTED.findall(content)] if address.endswith(".js") else []
            )
    figures.add(
        "first_form.gzip",
        sum(sizes.values()),
        "bytes",
        LARGEST_BYTES,
        "page, styles and scripts that fit a bad line's ten seconds",
    )
    figures.add("first_form.checks_gzip", fetched(browser, county.url + form["definition"])[1], "bytes")
    figures.add("first_form.files", len(sizes), "files")


def test_the_page_of_every_form(county: Instance, figures: Figures) -> None:
    """Drawn anew each time here; the web process draws each once."""
    app = create_app(county.settings)
    client = app.test_client()
    with app.test_request_context():
        addresses = {form.code: blank_address(form) for form in catalogue().forms()}
    took: dict[str, float] = {}
    for code, address in addresses.items():
        for _ in range(3):  # the first also makes the form's class and compiles the templates
            blank_page.cache_clear()
            begun = time.perf_counter()
            response = client.get(address)
            took[code] = (time.perf_counter() - begun) * 1_000
            assert response.status_code == 200, address
    slowest = max(took, key=took.__getitem__)
    figures.add(
        f"form_page.slowest_of_{len(took)}",
        took[slowest],
        "ms",
        RENDERED_MS,
        f"what a tap may wait for; the slowest is {slowest}",
    )


def fetched(browser: requests.Session, address: str) -> tuple[str, int]:
    """The text behind an address, and the bytes that travelled."""
    answer = browser.get(address, headers={"Accept-Encoding": "gzip"}, timeout=30, stream=True)
    answer.raise_for_status()
    content = answer.raw.read(decode_content=False)
    assert len(content) < SMALL_BYTES or answer.headers.get("Content-Encoding") == "gzip", address
    return browser.get(address, headers={"Accept-Encoding": "identity"}, timeout=30).text, len(content)


def test_memory_after_many_requests(county: Instance, figures: Figures, browser: requests.Session) -> None:
    cookie = "; ".join(f"{name}={value}" for name, value in browser.cookies.items())
    count = scaled(REQUESTS, 100)
    seconds, _ = send_all(county.port, [get_bytes("/collect/", cookie)] * count, CLIENTS)
    figures.add("list_page", count / seconds, "requests/s")
    assert county.web.process is not None
    processes = group_of(county.web.process.pid)
    with bare_process() as bare:
        figures.add(
            f"web.memory_{len(processes)}_processes",
            sum(map(pss_mb, processes)),
            "MB",
            pss_mb(bare.pid),
            "one Python with Flask, SQLAlchemy and gunicorn imported",
        )


def test_start(county: Instance, figures: Figures) -> None:
    county.kill_web()
    begun = time.perf_counter()
    county.web.start()
    while not is_up(f"{county.url}/readyz"):
        assert time.perf_counter() - begun < 60
    ours = time.perf_counter() - begun
    begun = time.perf_counter()
    with bare_process():
        figures.add(
            "web.start",
            ours,
            "s",
            time.perf_counter() - begun,
            "one Python with Flask, SQLAlchemy and gunicorn imported",
        )


def bare_process() -> subprocess.Popen[str]:
    process = subprocess.Popen([sys.executable, "-c", BARE], stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True)
    assert process.stdout is not None
    assert process.stdout.readline() == "up\n"
    return process


def is_up(address: str) -> bool:
    try:
        return requests.get(address, timeout=5).ok
    except requests.ConnectionError:
        return False


def group_of(leader: int) -> list[int]:
    """The processes of one process group."""
    found: list[int] = []
    for stat in Path("/proc").glob("[0-9]*/stat"):
        try:
            fields = stat.read_text().rpartition(")")[2].split()
        except (FileNotFoundError, ProcessLookupError):
            continue
        if int(fields[2]) == leader:
            found.append(int(stat.parent.name))
    return found


def pss_mb(pid: int) -> float:
    """Memory of a process, what it shares divided among those that share it."""
    rollup = Path(f"/proc/{pid}/smaps_rollup").read_text()
    found = re.search(r"^Pss:\s+(\d+) kB", rollup, re.MULTILINE)
    assert found is not None
    return int(found[1]) / 1024

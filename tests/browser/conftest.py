"""The demo as people run it, and browsers beside it: a phone and a desk, each watched for errors that a page hides."""

from __future__ import annotations

import itertools
import os
import re
import signal
import subprocess
import sys
from collections.abc import Callable, Generator, Iterator
from contextlib import contextmanager, suppress
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, Final

import pytest
from playwright.sync_api import Browser, BrowserContext, ConsoleMessage, Page, expect, sync_playwright
from playwright.sync_api import Error as PlaywrightError

from census.schema import ROOT
from tests.builders.api import PASSWORD
from tests.served import free_ports

SHOTS: Final = ROOT / "var/screenshots"
CHROMIUM: Final = "/usr/bin/chromium"
PHONE: Final[dict[str, Any]] = {"viewport": {"width": 360, "height": 740}, "is_mobile": True, "has_touch": True}
DESK: Final[dict[str, Any]] = {"viewport": {"width": 1280, "height": 800}}
HERE: Final[dict[str, Any]] = {"locale": "zh-CN", "timezone_id": "Asia/Shanghai"}
PATIENCE_MS: Final = 60_000
PICTURE_WITHIN_MS: Final = 30_000
FIGURES: Final[list[str]] = []
"""What tests measured: JSON lines, printed in the end."""


@dataclass(frozen=True, slots=True)
class Demo:
    """A county and its province, both served."""

    county: str
    province: str
    data: Path


@pytest.fixture(scope="session")
def demo(tmp_path_factory: pytest.TempPathFactory) -> Generator[Demo]:
    """``census demo`` with 60 units, from an empty folder.

    ``RUNNING_DEMO`` names one that runs already (``http://127.0.0.1:8000``): quick while writing a test.
    """
    if running := os.environ.get("RUNNING_DEMO"):
        port = int(running.rpartition(":")[2])
        yield Demo(running, f"http://127.0.0.1:{port + 1}", ROOT / "var/demo")
        return
    with a_demo(tmp_path_factory.mktemp("demo"), units=60) as demo:
        yield demo


@contextmanager
def a_demo(data: Path, units: int) -> Generator[Demo]:
    """``census demo`` as people run it: two web servers and two workers, ended as by Ctrl-C."""
    port = free_ports(2)
    command = [sys.executable, "-m", "census", "demo", "--units", str(units), "--data", data, "--port", str(port)]
    environment = {name: value for name, value in os.environ.items() if not name.startswith(("CENSUS_", "SCATTERED_"))}
    kept = {name: os.environ[name] for name in ("CENSUS_PG_BIN",) if name in os.environ}
    with subprocess.Popen(command, env=environment | kept, cwd=ROOT, stdout=subprocess.PIPE, text=True) as process:
        assert process.stdout is not None
        said = list(itertools.takewhile(lambda line: "Ctrl-C" not in line, process.stdout))
        try:
            assert process.poll() is None, "".join(said)
            yield Demo(f"http://127.0.0.1:{port}", f"http://127.0.0.1:{port + 1}", data)
            ended = process.poll()
        finally:
            process.send_signal(signal.SIGINT)
            last_words = process.stdout.read()
            process.wait(60)
    assert ended is None, f"the demo ended by itself with {ended}:\n{last_words}"


@pytest.fixture(scope="session")
def browser() -> Generator[Browser]:
    expect.set_options(timeout=PATIENCE_MS)
    with sync_playwright() as playwright:
        options = [
            "--disable-gpu",
            "--disable-dev-shm-usage",
            *(["--no-sandbox"] if os.geteuid() == 0 else []),
        ]  # as in a container
        browser = playwright.chromium.launch(executable_path=CHROMIUM, args=options)
        yield browser
        browser.close()


@dataclass
class Watched:
    """A device whose pages may not complain in their consoles."""

    context: BrowserContext
    page: Page
    name: str
    complaints: list[str] = field(default_factory=list[str])
    is_cut: bool = (
        False  # was without a network: the browser reports each request that found none, the page says it in words
    )
    _numbers: Iterator[int] = field(default_factory=lambda: itertools.count(1))

    def __post_init__(self) -> None:
        self.context.set_default_timeout(PATIENCE_MS)
        self.page.on("console", self._heard)
        self.page.on("pageerror", lambda error: self.complaints.append(f"{self.page.url}: {error}"))

    def _heard(self, message: ConsoleMessage) -> None:
        if message.type == "error" and not (self.is_cut and "ERR_INTERNET_DISCONNECTED" in message.text):
            self.complaints.append(f"{self.page.url}: {message.text}")

    def shot(self, name: str) -> None:
        """Keep what is on the screen, for people to look at."""
        SHOTS.mkdir(parents=True, exist_ok=True)
        path = SHOTS / f"{self.name}-{next(self._numbers):02d}-{re.sub(r'[^a-z0-9-]', '', name)}.png"
        with suppress(
            PlaywrightError
        ):  # on a busy machine Chromium now and then draws no picture: no fault of the page
            self.page.screenshot(path=path, timeout=PICTURE_WITHIN_MS)


Device = Callable[..., Watched]


@pytest.fixture
def device(browser: Browser) -> Generator[Device]:
    """Make a phone or a desk of somebody's own; in the end none of their pages may have complained."""
    made: list[Watched] = []

    def make(name: str, kind: dict[str, Any], **more: Any) -> Watched:
        context = browser.new_context(**HERE | kind | more)
        made.append(Watched(context, context.new_page(), name))
        return made[-1]

    yield make
    for watched in made:
        watched.shot("last")
        watched.context.close()
    assert [complaint for watched in made for complaint in watched.complaints] == []


def sign_in(page: Page, address: str, username: str, programme: str = "census") -> None:
    page.goto(address)
    page.locator(f'[name="programme"][value="{programme}"]').check()
    page.get_by_label("用户名").fill(username)
    page.get_by_label("密码").fill(PASSWORD)
    page.get_by_role("button", name="登录").click()
    page.wait_for_url(lambda url: "/sign-in" not in url)


def pytest_terminal_summary(terminalreporter: pytest.TerminalReporter) -> None:
    for figure in FIGURES:
        terminalreporter.write_line(figure)


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    for item in items:
        if item.path.is_relative_to(Path(__file__).parent):
            item.add_marker(pytest.mark.browser)

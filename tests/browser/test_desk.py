from __future__ import annotations

import shutil
import threading
from collections.abc import Generator
from contextlib import contextmanager

import pytest
from flask import Flask
from playwright.sync_api import Page, sync_playwright
from werkzeug.serving import make_server

from census.db import FULL
from census.services.people.accounts import create_account
from tests.builders.review import TOWN, a_submission, some_regions
from tests.conftest import Databases

pytestmark = pytest.mark.browser
PASSWORD = "Demo-2017-census"
WIDEST = "document.documentElement.scrollWidth"


@pytest.fixture
def address(app: Flask) -> Generator[str]:
    server = make_server("127.0.0.1", 0, app, threaded=True)
    thread = threading.Thread(target=server.serve_forever)
    thread.start()
    yield f"http://127.0.0.1:{server.server_port}"
    server.shutdown()
    thread.join()
    server.server_close()


@contextmanager
def browser_page(address: str, *, width: int = 1280, scripts: bool = True) -> Generator[Page]:
    """A page of the signed-in supervisor; fails on any error in the browser's console."""
    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=shutil.which("chromium"), args=["--no-sandbox"])
        page = browser.new_page(viewport={"width": width, "height": 900}, java_script_enabled=scripts)
        problems: list[str] = []
        page.on("pageerror", lambda error: problems.append(str(error)))
        page.on("console", lambda message: problems.append(message.text) if message.type == "error" else None)
        page.goto(f"{address}/sign-in")
        page.fill("#username", "supervisor01")
        page.fill("#password", PASSWORD)
        page.click("button.main")
        page.wait_for_url("**/review/")
        yield page
        browser.close()
        assert problems == []


@pytest.fixture
def records(own_databases: Databases) -> list[str]:
    """Three waiting records, oldest first: one with an error, two clean."""
    with own_databases.census.transaction(FULL) as session:
        some_regions(session)
        create_account(
            session, username="supervisor01", password=PASSWORD, full_name="陈", grants=[("supervisor", TOWN)]
        )
        made = [a_submission(session, "flagged", errors=1), a_submission(session), a_submission(session)]
        return [str(record.id) for record in made]


def test_a_reviewer_works_through_the_queue_by_keys_alone(address: str, records: list[str]) -> None:
    flagged, clean, last = records
    with browser_page(address) as page:
        page.keyboard.press("j")
        page.keyboard.press("Enter")
        page.wait_for_url(f"**/review/{flagged}")
        page.keyboard.press("n")
        assert page.evaluate("document.activeElement.id") == "i-self_supplied_intake"
        page.keyboard.press("a")  # not possible: nothing happens
        page.keyboard.press("r")
        page.wait_for_url(f"**/review/{flagged}/return?path=*")
        assert page.locator("select[name=reason]").input_value() == "implausible"
        page.keyboard.press("Enter")
        page.wait_for_url(f"**/review/{clean}")
        assert "已退回 1 项" in page.locator(".flash").inner_text()
        page.keyboard.press("a")
        page.wait_for_url(f"**/review/{last}")
        page.keyboard.press("c")
        page.keyboard.type("jka 都是字")
        page.click("text=保存批注")
        page.wait_for_url(f"**/review/{last}")
        assert "jka 都是字" in page.locator(".history").inner_text()
        page.keyboard.press("a")
        page.wait_for_url("**/review/")
        assert "这一列已经审完" in page.locator(".flash").inner_text()


def test_the_desk_works_without_scripts(address: str, records: list[str]) -> None:
    flagged, clean, _ = records
    with browser_page(address, scripts=False) as page:
        page.goto(f"{address}/review/{flagged}")
        page.check("#ti-water_intake_total")
        page.click("button[data-key=r]")
        assert page.locator("fieldset.marked").count() == 2
        for reason in page.locator("select[name=reason]").all():
            reason.select_option("other")
        page.click("button.main")
        page.wait_for_url(f"**/review/{clean}")


def test_no_page_is_wider_than_the_screen(address: str, records: list[str]) -> None:
    paths = [
        "/review/",
        f"/review/{records[0]}",
        "/overview",
        "/units/",
        f"/review/{records[0]}/return?path=/unit_name",
    ]
    too_wide: list[tuple[str, int]] = []
    with browser_page(address) as page:
        for path in paths:
            page.goto(address + path)
            for width in (1440, 1280, 768):
                page.set_viewport_size({"width": width, "height": 900})
                if page.evaluate(WIDEST) > width:
                    too_wide.append((path, width))
    assert too_wide == []

"""Every page that a role reaches by links: whole, labelled, quiet, within its screen, and open to all readers."""

from __future__ import annotations

import re
from collections import deque
from dataclasses import dataclass
from typing import Any, Final
from urllib.parse import urldefrag, urlsplit

import pytest
from playwright.sync_api import Page, Response, expect

from census.schema import ROOT
from tests.browser.conftest import DESK, PHONE, Demo, Device, sign_in

AXE: Final = ROOT / "node_modules/axe-core/axe.min.js"
NARROWEST: Final[dict[str, Any]] = PHONE | {"viewport": {"width": 320, "height": 640}}
DEEPEST: Final = 3
OF_A_KIND: Final = 2
IDENTIFIER: Final = re.compile(r"[0-9a-f]{8}-[0-9a-f-]{27}|[0-9a-f]{16,}|(?<=/forms/)[^/]+|\d{2,}")
SMALLEST_PX: Final = 48
BARE: Final = """() => [...document.querySelectorAll('input, select, textarea')]
    .filter((one) => !['hidden', 'submit', 'button'].includes(one.type) && one.closest('[hidden]') === null)
    .filter((one) => !one.labels?.length && !one.ariaLabel && !one.getAttribute('aria-labelledby'))
    .map((one) => `no label: ${one.outerHTML.slice(0, 90)}`)"""
INLINE: Final = """() => [...document.querySelectorAll('*')]
    .filter((one) => one.matches('style, script:not([src]), [style]')
      || one.getAttributeNames().some((name) => name.startsWith('on')))
    .map((one) => `inline: ${one.outerHTML.slice(0, 90)}`)"""
NARROW: Final = """(smallest) => [...document.querySelectorAll(
      'footer a.button, footer button, button.main, a.button.main, .choices label')]
    .filter((one) => one.getClientRects().length && one.getBoundingClientRect().height < smallest)
    .map((one) => `${one.getBoundingClientRect().height} px high: ${one.textContent.trim()}`)"""
SERIOUS: Final = """async () => (await axe.run(document, {resultTypes: ['violations']})).violations
    .filter((one) => ['serious', 'critical'].includes(one.impact))
    .map((one) => [one, one.nodes.slice(0, 3).map((node) => node.html.slice(0, 120)).join(' | ')])
    .map(([one, where]) => `${one.id}: ${one.help}: ${where}`)"""


@dataclass(frozen=True, slots=True)
class Reader:
    """Somebody who follows links from a first page."""

    username: str
    kind: dict[str, Any]
    programme: str = "census"
    province: bool = False

    def begin(self, demo: Demo, device: Device) -> tuple[Page, str]:
        address = demo.province if self.province else demo.county
        page = device(f"pages-{self.username}", self.kind).page
        sign_in(page, address, self.username, self.programme)
        return page, address


READERS: Final = (
    Reader("enumerator01", NARROWEST),
    Reader("inspector01", NARROWEST, "scattered"),
    Reader("supervisor01", DESK),
    Reader("county01", DESK),
    Reader("admin01", DESK),
    Reader("auditor01", DESK),
    Reader("checker01", DESK),
    Reader("case_office01", DESK, "scattered"),
    Reader("province01", DESK, province=True),
)


@pytest.mark.parametrize("reader", READERS, ids=lambda reader: reader.username)
def test_every_page_within_reach_is_whole(demo: Demo, device: Device, reader: Reader) -> None:
    page, address = reader.begin(demo, device)
    faults: list[str] = []
    waiting = deque([(page.url, 0)])
    kinds: dict[str, int] = {}
    while waiting:
        url, depth = waiting.popleft()
        kind = IDENTIFIER.sub("*", urlsplit(url).path)
        if kinds.get(kind, 0) >= OF_A_KIND:
            continue
        kinds[kind] = kinds.get(kind, 0) + 1
        response = page.goto(url)
        if response is None or "text/html" not in response.headers.get("content-type", ""):
            continue
        if reader.kind is NARROWEST:  # a phone's page goes on asking after it is there
            page.wait_for_load_state("networkidle")
        faults += [f"{url}: {fault}" for fault in faults_of(page, response, is_phone=reader.kind is NARROWEST)]
        if depth < DEEPEST:
            links = page.locator("a[href]").evaluate_all(
                "links => links.filter((link) => !link.download).map((link) => link.href)"
            )
            waiting.extend(
                (urldefrag(link).url, depth + 1)
                for link in links
                if link.startswith(f"{address}/")
                and "/static/" not in link
                and "/api/" not in link
                and "/files/" not in link
            )
    assert faults == []
    assert len(kinds) > 1


def faults_of(page: Page, response: Response, *, is_phone: bool) -> list[str]:
    faults = [] if response.status == 200 else [f"status {response.status}"]
    if not page.title().partition("·")[0].strip():
        faults.append("no title")
    if (headings := page.locator("h1").count()) != 1:
        faults.append(f"{headings} h1")
    faults += page.evaluate(BARE) + page.evaluate(INLINE)
    if is_phone:
        if (width := page.evaluate("document.documentElement.scrollWidth")) > 320:
            faults.append(f"{width} px wide")
        faults += page.evaluate(NARROW, SMALLEST_PX)
    return faults


@pytest.mark.parametrize(
    ("reader", "paths"),
    [
        (READERS[0], ("/collect/", "/collect/me", "/collect/new", "unit", "visit", "form", "finish")),
        (READERS[3], ("/review/", "record", "/overview", "/units/", "/deliver/")),
        (READERS[7], ("/cases/", "case", "/cases/reports/R8")),
    ],
    ids=("phone", "desk", "cases"),
)
def test_readers_of_all_kinds_are_served(demo: Demo, device: Device, reader: Reader, paths: tuple[str, ...]) -> None:
    page, address = reader.begin(demo, device)
    unit = first_link(page, f"{address}/collect/?show=all", "li.unit h2 a") if reader.kind is NARROWEST else ""
    faults: list[str] = []
    for path in paths:
        match path:
            case "unit" | "visit" | "finish":
                page.goto(f"{unit}/{path}" if path != "unit" else unit)
            case "form":
                page.goto(first_link(page, unit, '#forms [data-form="G101-1"] a'))
                expect(page.locator("#form section:visible")).to_have_count(1)
            case "record":
                page.goto(first_link(page, f"{address}/review/", "table a"))
            case "case":
                page.goto(first_link(page, f"{address}/cases/", "table a"))
            case _:
                page.goto(f"{address}{path}")
        page.evaluate(AXE.read_text())  # a script tag of another page's text would be against the policy
        faults += [f"{path}: {fault}" for fault in page.evaluate(SERIOUS)]
    assert faults == []


def first_link(page: Page, address: str, where: str) -> str:
    page.goto(address)
    return str(page.locator(where).first.evaluate("link => link.href"))

"""A slow phone in Chromium: adding the 200th row, checking a full record, typing, and a first visit on a bad line."""

from __future__ import annotations

import json
import os
import statistics
from collections.abc import Generator
from typing import Any, Final
from uuid import UUID, uuid4

import pytest
import requests
from playwright.sync_api import Browser, CDPSession, Page, expect, sync_playwright

from census.examples.records import answers_for
from forms.catalogue import catalogue
from forms.definition import Form, Group
from tests.benchmark.conftest import Figures
from tests.browser.conftest import CHROMIUM, HERE, PHONE, sign_in
from tests.served import Instance

USERNAME: Final = "phone"
ROWS: Final = 199
TIMES: Final = 5
BOILERS: Final = "G103-1"
SLOWER: Final = 4  # the processor, by CDP
SLOW_4G: Final = {
    "offline": False,
    "latency": 562.5,
    "downloadThroughput": 180_000,
    "uploadThroughput": 84_375,
}  # as DevTools has it
ADD_MS, CHECK_MS, INP_MS, LCP_MS = 100, 50, 100, 1_500
WANTED: Final = "asked of a phone four times as slow as this machine"
COPY_LAST_ROW: Final = """async () => {
  const begun = performance.now();
  const shown = new Promise((done) =>
    addEventListener('hashchange', () => requestAnimationFrame(() => setTimeout(done)), { once: true }));
  document.querySelector('#form section:not([hidden]) [data-copy]').click();
  await shown;
  return performance.now() - begun;
}"""
CHECK: Final = """async ([definition, scripts, answers]) => {
  const { rules } = await (await fetch(definition)).json();
  const { Checks } = await import(scripts);
  const times = [];
  const begun = performance.now();
  const checks = new Checks(rules, { answers, explanations: [] }, {});
  const first = performance.now() - begun;
  for (let turn = 0; turn < 15; turn += 1) {
    const again = performance.now();
    checks.all();
    times.push(performance.now() - again);
  }
  return { first, again: times.sort((a, b) => a - b)[7] };
}"""
LISTEN: Final = """() => {
  window.slowest = 0;
  new PerformanceObserver((list) => list.getEntries().forEach((one) => {
    if (one.interactionId) window.slowest = Math.max(window.slowest, one.duration);
  })).observe({ type: 'event', durationThreshold: 16 });
}"""
LARGEST_PAINT: Final = """() => new Promise((done) =>
  new PerformanceObserver((list) => done(list.getEntries().pop().startTime))
    .observe({ type: 'largest-contentful-paint', buffered: true }))"""


@pytest.fixture(scope="module")
def browser() -> Generator[Browser]:
    with sync_playwright() as playwright:
        options = ["--disable-gpu", "--disable-dev-shm-usage", *(["--no-sandbox"] if os.geteuid() == 0 else [])]
        started = playwright.chromium.launch(executable_path=CHROMIUM, args=options)
        yield started
        started.close()


@pytest.fixture(scope="module")
def largest() -> tuple[Form, Group]:
    """The form whose rows ask the most."""
    groups = [
        (form, group)
        for form in catalogue().forms()
        if form.programme == "census" and form.source_kind == "industrial"
        for group in form.groups().values()
    ]
    return max(groups, key=lambda pair: len(pair[1].items))


@pytest.fixture(scope="module")
def full(largest: tuple[Form, Group]) -> dict[str, Any]:
    """A record of that form with 199 rows."""
    return filled(*largest)


def filled(form: Form, group: Group) -> dict[str, Any]:
    examples = (answers_for(form.code, seed=seed).answers for seed in range(50))
    answers = next(one for one in examples if one.get(group.key))
    return answers | {group.key: [dict(answers[group.key][0]) for _ in range(ROWS)]}


@pytest.fixture(scope="module")
def unit(county: Instance, largest: tuple[Form, Group], full: dict[str, Any]) -> UUID:
    """A unit whose two forms were sent with so many rows, so that the phone opens them."""
    unit = county.add_units(1, USERNAME)[0]
    boilers = catalogue().current(BOILERS)
    records = {largest[0]: full, boilers: filled(boilers, boilers.groups()["unit"])}
    sent = [
        {
            "id": str(uuid4()),
            "unit": str(unit),
            "form": form.code,
            "version": form.version,
            "revision": 1,
            "answers": answers,
            "explanations": [],
            "files": [],
            "device": "bench",
        }
        for form, answers in records.items()
    ]
    headers = {"Authorization": f"Bearer {county.sign_in(USERNAME)}"}
    answer = requests.post(f"{county.url}/api/v1/submissions", json={"submissions": sent}, headers=headers, timeout=60)
    assert {one["status"] for one in answer.json()["results"]} == {"stored"}, answer.text[:500]
    return unit


@pytest.fixture
def phone(county: Instance, browser: Browser, unit: UUID) -> Generator[Page]:
    assert unit
    context = browser.new_context(**HERE | PHONE, service_workers="block")
    page = context.new_page()
    sign_in(page, county.url, USERNAME)
    yield page
    context.close()


def slow_down(page: Page) -> CDPSession:
    session = page.context.new_cdp_session(page)
    session.send("Emulation.setCPUThrottlingRate", {"rate": SLOWER})
    return session


def known_form(page: Page, county: Instance, unit: UUID, code: str) -> dict[str, Any]:
    answer = page.request.get(f"{county.url}/collect/units/{unit}/data").json()
    return next(form for form in answer["forms"] if form["form"] == code)


def test_two_hundred_rows_of_boilers(county: Instance, phone: Page, figures: Figures, unit: UUID) -> None:
    form = catalogue().current(BOILERS)
    group = form.groups()["unit"]
    times = add_rows(county, phone, unit, form, group)
    figures.add(
        "phone.row_200_boilers",
        statistics.median(times),
        "ms",
        ADD_MS,
        f"{WANTED}: {form.code}, {len(group.items)} items a row",
    )


def test_two_hundred_rows(
    county: Instance, phone: Page, figures: Figures, unit: UUID, largest: tuple[Form, Group]
) -> None:
    form, group = largest
    times = add_rows(county, phone, unit, form, group)
    figures.add(
        "phone.row_200",
        statistics.median(times),
        "ms",
        ADD_MS,
        f"{WANTED}: {form.code}, {len(group.items)} items a row",
    )

    phone.evaluate(LISTEN)
    phone.locator("#form section:visible .rows a").last.click()
    box = phone.locator(
        '#form section:visible .item:visible input[inputmode="numeric"], '
        '#form section:visible .item:visible input[inputmode="decimal"]'
    ).first
    box.focus()
    for key in "1234567890":
        phone.keyboard.press(key)
    phone.keyboard.press("Tab")
    phone.evaluate("() => new Promise((done) => requestAnimationFrame(() => setTimeout(done, 100)))")
    figures.add(
        "phone.inp_typing",
        float(phone.evaluate("window.slowest")),
        "ms",
        INP_MS,
        f"{WANTED}: {form.code} with {ROWS + TIMES} rows",
    )


def add_rows(county: Instance, phone: Page, unit: UUID, form: Form, group: Group) -> list[float]:
    """How long it takes from the tap until the 200th row and the ones after it are on the screen."""
    blank = known_form(phone, county, unit, form.code)["blank"]
    phone.goto(f"{county.url}{blank}#unit={unit}&page={group.key}")
    expect(phone.locator("#form section:visible .rows > li")).to_have_count(ROWS)
    slow_down(phone)
    times: list[float] = []
    for _ in range(TIMES):
        times.append(float(phone.evaluate(COPY_LAST_ROW)))
        phone.locator("#forward").click()
        expect(phone.locator("#form section:visible .rows > li")).to_have_count(ROWS + len(times))
    return times


def test_a_full_record_is_checked(
    county: Instance, phone: Page, figures: Figures, unit: UUID, largest: tuple[Form, Group], full: dict[str, Any]
) -> None:
    form, _ = largest
    known = known_form(phone, county, unit, form.code)
    phone.goto(f"{county.url}{known['blank']}#unit={unit}")
    scripts = phone.locator('link[rel="modulepreload"][href$="/checks.js"]').get_attribute("href")
    slow_down(phone)
    took = phone.evaluate(CHECK, [known["definition"], scripts, json.loads(json.dumps(full))])
    rules = len(
        requests.get(f"{county.url}{known['definition']}", timeout=30, cookies=cookies(phone)).json()["rules"]["rules"]
    )
    figures.add(
        "phone.check_full_record", took["again"], "ms", CHECK_MS, f"{WANTED}: {form.code}, {rules} checks, {ROWS} rows"
    )
    figures.add("phone.check_first", took["first"], "ms")


def cookies(page: Page) -> dict[str, str]:
    return {str(one.get("name")): str(one.get("value")) for one in page.context.cookies()}


def test_a_first_visit_on_a_bad_line(county: Instance, phone: Page, figures: Figures, unit: UUID) -> None:
    blank = known_form(phone, county, unit, "G102")["blank"]
    phone.goto("about:blank")
    session = slow_down(phone)
    session.send("Network.enable")
    session.send("Network.setCacheDisabled", {"cacheDisabled": True})
    session.send("Network.emulateNetworkConditions", SLOW_4G)
    paints: list[float] = []
    ready: list[float] = []
    for _ in range(TIMES):
        phone.goto("about:blank")
        phone.goto(f"{county.url}{blank}#unit={unit}", wait_until="commit")
        expect(phone.locator("#opening")).to_be_hidden(timeout=60_000)
        ready.append(float(phone.evaluate("performance.now()")))
        paints.append(float(phone.evaluate(LARGEST_PAINT)))
    figures.add(
        "phone.first_form_lcp",
        statistics.median(paints),
        "ms",
        LCP_MS,
        f"{WANTED}, cold, on Slow 4G (562 ms, 1.4 Mbit/s)",
    )
    figures.add("phone.first_form_ready", statistics.median(ready), "ms")

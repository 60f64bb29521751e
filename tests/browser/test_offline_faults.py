"""What villages, proxies, clocks and full phones do to a day's work: nothing is lost, nothing doubled; with figures."""

from __future__ import annotations

import hashlib
import json
import os
import re
import signal
import threading
import time
from collections.abc import Generator
from contextlib import contextmanager, suppress
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any, Final
from uuid import UUID

import pytest
from playwright.sync_api import Browser, BrowserContext, Page, expect
from playwright.sync_api import Error as PlaywrightError
from sqlalchemy import text

from census.db import FULL
from census.examples.records import answers_for
from census.models.people import DeviceSession
from forms.answers.values import digest
from tests.browser.conftest import CHROMIUM, FIGURES, HERE, PATIENCE_MS, PHONE, sign_in
from tests.browser.line import Line, line_to
from tests.browser.offline import SCRIPTS, run
from tests.served import Instance, eventually, instance

UNITS: Final = int(os.environ.get("DAY_UNITS", "20"))  # of the day without a network: three forms and two photos each
WITHIN_S: Final = 120
BOX: Final = '#form section:visible .item[data-key="water_intake_total"] input[name]'
ENUMERATOR: Final = "enumerator01"
FORMS: Final = ("QC-1", "G101-1", "G102")
OPTIONS: Final = ["--disable-gpu", "--disable-dev-shm-usage", *(["--no-sandbox"] if os.geteuid() == 0 else [])]
# One visit: forms filled and photos taken by the phone's own modules, signed into the outbox. Gives what was signed.
VISIT: Final = """
const [units, photos] = VALUES;
const [{ openDraft, unitInfo, Saver }, { enqueue }, { upload }, store] = await Promise.all(
  ['phone/form/draft', 'phone/keep/send', 'phone/keep/api', 'phone/keep/store']
    .map((name) => import(BASE + name + '.js')),
);
const noise = (seed) => new Promise((resolve) => {
  const canvas = document.createElement('canvas');
  [canvas.width, canvas.height] = [320, 240];
  const pen = canvas.getContext('2d');
  const picture = pen.createImageData(320, 240);
  let value = seed * 7919 + 1;
  for (let index = 0; index < picture.data.length; index += 1) {
    value = (value * 1103515245 + 12345) % 2147483648;
    picture.data[index] = index % 4 === 3 ? 255 : value >> 16;
  }
  pen.putImageData(picture, 0, 0);
  canvas.toBlob(resolve, 'image/jpeg', 0.9);
});
const signed = [];
for (const [place, { unit, forms }] of units.entries()) {
  const info = await unitInfo(unit);
  const ready = [];
  for (const [form, answers] of Object.entries(forms)) {
    const draft = await openDraft(info, form);
    draft.answers = answers;
    await new Saver(draft, () => undefined).now();
    ready.push({ draft, title: form, checks: { hidden: new Set(), standing: () => [], rules: { items: [] } } });
  }
  for (let number = 0; number < photos; number += 1) {
    const seed = place * 10 + number + Math.floor(Math.random() * 1e6);
    signed.push(await upload(await noise(seed), 'photo.jpg'));
  }
  const visit = {
    outcome: 'done',
    enumerators: ['440113-0173', '440113-0174'],
    started_at: new Date().toISOString(),
    position: null,
  };
  const png = await noise(place + 5000);
  await enqueue(info, ready, { name: '示例', how: 'paper', png, visit, card: '440113-0173' });
}
const waiting = (await store.all('outbox')).filter((one) => one.kind === 'submission');
return { photos: signed, records: waiting.map((one) => one.body) };
"""


@dataclass(frozen=True)
class Field:
    """A county's server, the line to it, and a browser on the other end."""

    county: Instance
    line: Line
    browser: Browser
    units: list[UUID]

    def take(self, count: int) -> list[UUID]:
        """Units that no other test touches."""
        return [self.units.pop() for _ in range(count)]

    def rows(self, statement: str, **values: Any) -> list[Any]:
        with self.county.database.transaction(FULL) as session:
            return list(session.execute(text(statement), values).all())

    def digests(self, ids: list[str]) -> dict[tuple[str, int], str]:
        rows = self.rows(
            "select submission_id, number, answers, explanations, digest from revision where submission_id = any(:ids)",
            ids=[UUID(one) for one in ids],
        )
        assert all(digest(row.answers, row.explanations) == row.digest for row in rows)
        return {(str(row.submission_id), row.number): row.digest for row in rows}


@pytest.fixture(scope="module")
def field(browser: Browser, tmp_path_factory: pytest.TempPathFactory) -> Generator[Field]:
    with instance(tmp_path_factory.mktemp("field")) as county, line_to(county.port) as line:
        yield Field(county, line, browser, county.add_units(UNITS + 30))


@dataclass
class Handset:
    """A browser context signed in as the enumerator, with everything downloaded."""

    context: BrowserContext
    page: Page
    field: Field

    def module(self, name: str, body: str) -> Any:
        return run(self.page, name, body)

    def visit(self, units: list[UUID], photos: int = 0, forms: tuple[str, ...] = ("G102",)) -> dict[str, Any]:
        """Fill and sign forms of some units; what was signed."""
        wanted = [
            {"unit": str(unit), "forms": {form: answers_for(form, seed=number + 1).answers for form in forms}}
            for number, unit in enumerate(units)
        ]
        return self.page.evaluate(f"async (VALUES) => {{ const BASE = {SCRIPTS}; {VISIT} }}", [wanted, photos])

    def send(self) -> None:
        self.module("outbox", "await module.hurry(); await module.sendDue();")

    def states(self, store: str = "outbox") -> list[str]:
        return self.module("store", f"return (await module.all('{store}')).map((one) => one.state)")

    def all_arrives(self) -> None:
        def arrived() -> bool:
            self.send()
            return set(self.states() + self.states("uploads")) == {"received"}

        assert eventually(arrived, WITHIN_S), (self.states(), self.states("uploads"))


@pytest.fixture
def handset(field: Field) -> Generator[Handset]:
    with handset_of(field) as made:
        yield made


@contextmanager
def handset_of(field: Field) -> Generator[Handset]:
    field.line.become("open")
    context = field.browser.new_context(**HERE | PHONE)
    context.set_default_timeout(PATIENCE_MS)
    page = context.new_page()
    sign_in(page, field.line.url, ENUMERATOR)
    prepare(page, field.line.url)
    yield Handset(context, page, field)
    field.line.become("open")
    context.close()


def prepare(page: Page, address: str) -> None:
    """Wait until the list and the forms are on the phone."""
    page.goto(f"{address}/collect/check")
    expect(page.get_by_text("✓ 齐了")).to_be_visible()


def tell(name: str, value: float, unit: str) -> None:
    """Keep one figure; all are printed in the end."""
    FIGURES.append(json.dumps({"name": name, "value": round(value, 3), "unit": unit}))


def test_a_whole_day_without_a_network_arrives_whole_in_one_evening(field: Field, handset: Handset) -> None:
    handset.context.set_offline(True)
    before = time.monotonic()
    signed = handset.visit(field.take(UNITS), photos=2, forms=FORMS)
    tell("offline_day_filled", time.monotonic() - before, "s")
    assert set(handset.states()) == {"waiting"}
    handset.page.goto(f"{field.line.url}/collect/me")
    expect(handset.page.locator("#waiting li")).to_have_count(4 * UNITS)
    handset.context.set_offline(False)
    before = time.monotonic()
    handset.all_arrives()
    tell("offline_day_sent", time.monotonic() - before, "s")
    told = {(one["id"], one["revision"]): one["digest"] for one in signed["records"]}
    assert len(told) == 3 * UNITS
    assert field.digests([one["id"] for one in signed["records"]]) == told
    assert len(signed["photos"]) == len(set(signed["photos"])) == 2 * UNITS
    stored = {
        row.sha256 for row in field.rows("select sha256 from blob where sha256 = any(:names)", names=signed["photos"])
    }
    assert stored == set(signed["photos"])
    folder = field.county.settings.data_dir / "files/census"
    assert all(hashlib.sha256((folder / name[:2] / name).read_bytes()).hexdigest() == name for name in stored)
    tell("offline_day_records", len(told), "records")
    tell("offline_day_photos", len(stored), "photos")


def test_a_photo_cut_at_every_tenth_goes_on_where_it_was(field: Field, handset: Handset) -> None:
    [unit] = field.take(1)
    signed = handset.visit([unit], photos=1)
    handset.send()
    size = handset.module(
        "api",
        """
        const canvas = document.createElement('canvas');
        [canvas.width, canvas.height] = [1200, 900];
        const pen = canvas.getContext('2d');
        const picture = pen.createImageData(1200, 900);
        for (let from = 0; from < picture.data.length; from += 65536) {
          const part = picture.data.subarray(from, Math.min(from + 65536, picture.data.length));
          crypto.getRandomValues(part);
        }
        pen.putImageData(picture, 0, 0);
        const bytes = await (await new Promise((resolve) => canvas.toBlob(resolve, 'image/jpeg', 0.7))).arrayBuffer();
        window.sha = await module.upload(new Blob([bytes], { type: 'image/jpeg' }), 'photo.jpg');
        return bytes.byteLength;""",
    )
    before, cuts = field.line.sent, 0
    for _ in range(9):
        field.line.become("open")
        field.line.cut_after(size // 10)
        cuts += eventually(lambda: handset.send() or field.line.mode == "cut", WITHIN_S)
    field.line.become("open")
    handset.all_arrives()
    name = handset.page.evaluate("window.sha")
    assert [row.sha256 for row in field.rows("select sha256 from blob where sha256 = :name", name=name)] == [name]
    assert cuts == 9
    assert signed["records"]
    sent = (field.line.sent - before) / size
    tell("upload_with_nine_cuts", sent, "times its size")
    assert sent < 2.6  # a cut costs at most the chunk it cuts


def test_a_server_killed_in_the_middle_of_a_batch_stores_each_record_once(field: Field, handset: Handset) -> None:
    signed = handset.visit(field.take(8))
    killed = threading.Event()

    def kill() -> None:
        field.county.kill_web()
        killed.set()

    field.line.cut_after(12_000, then=kill)
    handset.send()
    assert killed.wait(WITHIN_S)
    field.county.start_web()
    field.line.become("open")
    handset.all_arrives()
    assert field.digests([one["id"] for one in signed["records"]]) == {
        (one["id"], one["revision"]): one["digest"] for one in signed["records"]
    }
    tell("records_after_a_kill", len(signed["records"]), "records")


def test_the_same_batch_from_three_tabs_five_times_each_is_one_batch(field: Field, handset: Handset) -> None:
    handset.context.set_offline(True)
    signed = handset.visit(field.take(3))
    handset.context.set_offline(False)
    tabs = [handset.page, *(handset.context.new_page() for _ in range(2))]
    for tab in tabs[1:]:
        tab.goto(f"{field.line.url}/collect/me")
    for tab in tabs:
        tab.evaluate(f"""() => {{ window.storm = (async () => {{
          const base = {SCRIPTS};
          const [{{ api }}, store] = await Promise.all(
            [import(base + 'phone/keep/api.js'), import(base + 'phone/keep/store.js')],
          );
          const ids = {[one["id"] for one in signed["records"]]};
          const submissions = (await store.all('outbox'))
            .filter((one) => one.kind === 'submission' && ids.includes(one.body.id))
            .map((one) => one.body);
          const answers = await Promise.all([1, 2, 3, 4, 5].map(async () =>
            (await api('/submissions', {{ method: 'POST', json: {{ submissions }} }})).json()));
          return answers.flatMap((answer) => answer.results.map((result) => result.receipt.number));
        }})(); }}""")
    numbers = [tab.evaluate("window.storm") for tab in tabs]
    assert len({number for told in numbers for number in told}) == len(signed["records"])
    handset.all_arrives()
    assert len(field.digests([one["id"] for one in signed["records"]])) == len(signed["records"])
    tell("same_batch_sent", 15, "times")


def test_a_captive_portal_is_believed_nothing(field: Field, handset: Handset) -> None:
    handset.context.set_offline(True)
    signed = handset.visit(field.take(2), photos=1)
    handset.context.set_offline(False)
    for mode in ("portal", "forged"):
        field.line.become(mode)  # type: ignore[arg-type]
        handset.module(
            "store",
            "await module.commit((await module.all('outbox')).filter((one) => one.kind === 'visit').map((one) => "
            "({ store: 'outbox', put: { ...one, state: 'received', received_at: new Date().toISOString() } })))"
            if mode == "forged"
            else "return 0",
        )
        assert eventually(lambda said="核对不上" if mode == "forged" else "": answered(handset, said), WITHIN_S), mode
    assert handset.module("store", "return (await module.all('receipts')).length") == 0
    handset.page.goto(f"{field.line.url}/collect/me")  # the page comes from the phone, not from the portal
    expect(handset.page.locator("#waiting li").first).to_be_visible()
    field.line.become("open")
    handset.module(
        "store",
        "await module.commit((await module.all('outbox')).filter((one) => one.kind === 'visit').map((one) => "
        "({ store: 'outbox', put: { ...one, state: 'waiting' } })))",
    )
    handset.all_arrives()
    assert len(field.digests([one["id"] for one in signed["records"]])) == 2


def answered(handset: Handset, said: str) -> bool:
    """Try to send; whatever came back, nothing counts as received. Tells whether these words stand at an entry."""
    handset.send()
    entries = handset.module(
        "store",
        "return (await module.all('outbox')).filter((one) => one.kind === 'submission')"
        ".map((one) => [one.state, one.problem || ''])",
    )
    assert {state for state, _ in entries} == {"waiting"}, entries
    return any(said in problem for _, problem in entries)


@pytest.mark.parametrize("days", [2, -2])
def test_a_clock_two_days_wrong_loses_nothing(field: Field, handset: Handset, days: int) -> None:
    handset.page.clock.install(time=datetime.now(UTC) + timedelta(days=days))
    handset.page.goto(f"{field.line.url}/collect/me")
    signed = handset.visit(field.take(1), photos=1)
    handset.all_arrives()
    assert len(field.digests([one["id"] for one in signed["records"]])) == 1
    assert (
        handset.module("store", "return (await module.all('files')).length") > 0
    )  # kept for a week, whatever the clock says


def test_a_full_phone_says_so_and_keeps_what_is_typed(field: Field, handset: Handset) -> None:
    page = handset.page
    form, box = open_form(handset, field.take(1)[0])
    box.fill("12")
    expect(page.get_by_text("已存手机")).to_be_visible()
    wire = handset.context.new_cdp_session(page)
    wire.send("Storage.overrideQuotaForOrigin", {"origin": field.line.url, "quotaSize": 1000})
    full = page.get_by_role("alert").filter(has_text="手机存储空间满了")

    def is_told() -> bool:
        """The browser believes for half a minute that there is as much room as there was."""
        box.fill("1234")
        box.fill("123456")
        return full.is_visible()

    assert eventually(is_told, WITHIN_S)
    assert box.input_value().replace("\u2009", "") == "123456"
    wire.send("Storage.overrideQuotaForOrigin", {"origin": field.line.url})
    page.get_by_role("button", name="再存一次").click()
    expect(page.get_by_role("alert").filter(has_text="手机存储空间满了")).to_have_count(0)
    page.goto("about:blank")
    page.goto(form)
    expect(page.locator(BOX)).to_have_value(re.compile("^123.?456$"))


def open_form(handset: Handset, unit: UUID) -> tuple[str, Any]:
    """The G102 of a unit, on the page of its first number."""
    info = handset.page.evaluate(f"async () => (await import({SCRIPTS} + 'phone/form/draft.js')).unitInfo('{unit}')")
    blank = next(form["blank"] for form in info["forms"] if form["form"] == "G102")
    address = f"{handset.field.line.url}{blank}#unit={unit}&page=intake"
    handset.page.goto(address)
    box = handset.page.locator(BOX)
    expect(box).to_be_visible()
    return address, box


def test_a_browser_killed_while_typing_loses_at_most_a_second(field: Field, tmp_path: Path) -> None:
    field.line.become("open")
    unit = field.take(1)[0]
    options: dict[str, Any] = {"executable_path": CHROMIUM, "args": OPTIONS, **HERE, **PHONE}
    playwright = field.browser.browser_type
    context = playwright.launch_persistent_context(tmp_path / "profile", **options)
    page = context.pages[0]
    sign_in(page, field.line.url, ENUMERATOR)
    prepare(page, field.line.url)
    address, box = open_form(Handset(context, page, field), unit)
    box.focus()
    typed, last = "", time.monotonic()
    until = time.monotonic() + 1.5
    while time.monotonic() < until:
        figure = str(len(typed) % 9 + 1)
        page.keyboard.press(figure)
        typed += figure
        last = time.monotonic()
        if len(typed) == 12:
            break
    kill_browser(tmp_path / "profile")
    killed = time.monotonic()
    tell("killed_after_last_key", killed - last, "s")
    context = playwright.launch_persistent_context(tmp_path / "profile", **options)
    page = context.pages[0]
    sign_in(page, field.line.url, ENUMERATOR)  # the cookie of a minute ago was not on the disk yet
    page.goto(address.replace("&page=intake", ""))
    box = page.locator(BOX)
    expect(box).to_be_visible()  # at the item where the work was left
    kept = box.input_value().replace("\u2009", "").replace("\u2060", "")
    context.close()
    assert typed.startswith(kept)
    pace = 1.5 / len(typed)
    tell("typing_lost_by_a_kill", (len(typed) - len(kept)) * pace, "s")
    assert (len(typed) - len(kept)) * pace <= 1


def kill_browser(profile: Path) -> None:
    """Kill the browser that runs on this profile, and no other."""
    for entry in Path("/proc").iterdir():
        if entry.name.isdigit():
            try:
                arguments = (entry / "cmdline").read_bytes().split(b"\0")
            except OSError:
                continue
            if f"--user-data-dir={profile}".encode() in arguments and not any(
                one.startswith(b"--type=") for one in arguments
            ):
                os.kill(int(entry.name), signal.SIGKILL)


def test_two_devices_of_one_enumerator_never_overwrite_each_other(field: Field, handset: Handset) -> None:
    [unit] = field.take(1)
    first = handset.visit([unit])["records"][-1]
    handset.all_arrives()
    with handset_of(field) as other:
        second = correct(handset, unit, first, "1")
        third = correct(other, unit, first, "2")
        assert (second["id"], second["revision"]) == (third["id"], third["revision"]) == (first["id"], 2)
        handset.all_arrives()

        def is_told() -> bool:
            """The page itself may be sending already: then its press waits."""
            other.send()
            return "conflict" in other.states()

        assert eventually(is_told, WITHIN_S), other.states()
        other.page.goto(f"{field.line.url}/collect/me")
        expect(other.page.get_by_text("两份不同，等核对")).to_be_visible()
    assert field.digests([first["id"]])[first["id"], 2] == second["digest"]
    kept = field.rows("select digest from revision_conflict where submission_id = :id", id=UUID(first["id"]))
    assert [row.digest for row in kept] == [third["digest"]]


def correct(phone: Handset, unit: UUID, sent: dict[str, Any], litres: str) -> dict[str, Any]:
    """Change a sent record on a phone and sign it again, without sending."""
    phone.module("pack", f"return module.only(['{unit}'])")
    phone.context.set_offline(True)
    answers = sent["answers"] | {"tap_water_intake": litres}
    signed = phone.page.evaluate(
        f"async (VALUES) => {{ const BASE = {SCRIPTS}; {VISIT} }}",
        [[{"unit": str(unit), "forms": {"G102": answers}}], 0],
    )
    phone.context.set_offline(False)
    return next(one for one in signed["records"] if one["unit"] == str(unit) and one["revision"] == 2)


def test_a_lost_phone_forgets_everything_on_its_next_contact(field: Field, handset: Handset) -> None:
    handset.context.set_offline(True)
    handset.visit(field.take(1))
    handset.context.set_offline(False)
    session_id = handset.module("store", "return (await module.get('session', 'api')).session")
    with field.county.database.transaction(FULL) as session:
        lost = session.get_one(DeviceSession, UUID(session_id))
        lost.revoked_at, lost.is_wiped = datetime.now(UTC), True

    def is_out() -> bool:
        """The server remembers for some seconds who a token belonged to."""
        handset.page.goto(f"{field.line.url}/collect/")
        with suppress(PlaywrightError):
            handset.page.wait_for_url("**/sign-in*", timeout=15_000)
        return "/sign-in" in handset.page.url

    assert eventually(is_out, WITHIN_S)
    names = handset.page.evaluate("async () => (await indexedDB.databases()).map((one) => one.name)")
    assert f"census census:{ENUMERATOR}" not in names

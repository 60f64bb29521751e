"""The phone works with no network and loses nothing: prepared at home, used in the village, sent in the evening."""

from __future__ import annotations

import json
import re
from typing import Final

from playwright.sync_api import expect

from tests.browser.conftest import Demo, Device
from tests.browser.enumerator import Enumerator
from tests.browser.offline import PIN, RAW, a_prepared_phone
from tests.browser.test_scattered import fill_the_register_form, register_the_place

HEAD: Final = "示例负责人"
FOUND_OFFLINE: Final = "番禺示例离线木器作坊"


def test_a_place_found_without_a_network_arrives_in_the_evening(demo: Demo, device: Device) -> None:
    phone = a_prepared_phone(demo, device, "offline-place", "inspector02", programme="scattered")
    phone.watched.shot("ready")
    phone.cut()
    page = phone.open("/collect/")
    register_the_place(page, FOUND_OFFLINE)
    fill_the_register_form(page)
    page.get_by_role("link", name="核对并签字").click()
    Enumerator(page).sign(HEAD)
    page.get_by_role("button", name="签字并提交").click()
    expect(page.get_by_role("heading", name="签好了，待传")).to_be_visible()
    phone.watched.shot("signed-offline")
    page = phone.open("/collect/")
    expect(page.locator("#sync")).to_contain_text("离线，可填 · 待传 3")  # registered, visited, filled
    waiting = {one["id"]: one["body"] for one in phone.kept("outbox") if one["kind"] == "submission"}
    waiting_files = [one["sha256"] for one in phone.kept("uploads")]
    assert len(waiting_files) == 3  # the gate, the signature in the form, the signature over it
    phone.mend()
    assert phone.all_arrives()
    receipts = phone.kept("receipts")
    assert [body["digest"] for body in waiting.values()] == [receipt["digest"] for receipt in receipts]
    phone.open("/collect/me")
    expect(page.locator("#receipts li")).to_have_count(1)
    phone.watched.shot("received")


def test_what_lies_on_the_phone_is_sealed_and_the_pin_opens_it(demo: Demo, device: Device) -> None:
    phone = a_prepared_phone(demo, device, "pin", "enumerator01")
    page = phone.open("/collect/")
    name = page.locator("li.unit h2 a").first.inner_text()
    phone.cut()
    phone.open("/collect/me")
    page.get_by_role("button", name="现在锁上").click()
    expect(page.get_by_role("heading", name="输入开锁密码")).to_be_visible()
    phone.watched.shot("locked")
    lying = json.dumps(page.evaluate(RAW), ensure_ascii=False)
    assert name not in lying
    assert '"units"' in lying
    page.get_by_label("开锁密码").fill("314159")
    page.get_by_role("button", name="打开", exact=True).click()
    expect(page.get_by_role("alert")).to_contain_text("还可以试 9 次")
    page.get_by_label("开锁密码").fill(PIN)
    page.get_by_role("button", name="打开", exact=True).click()
    expect(page.get_by_role("link", name=name)).to_be_visible()


def test_a_wrong_pin_waits_longer_each_time_and_a_sign_in_opens_what_was_forgotten(demo: Demo, device: Device) -> None:
    phone = a_prepared_phone(demo, device, "pin-forgotten", "enumerator01")
    page = phone.open("/collect/me")
    page.get_by_role("button", name="现在锁上").click()
    for _ in range(3):
        page.get_by_label("开锁密码").fill("314159")
        page.get_by_role("button", name="打开", exact=True).click()
        expect(page.get_by_role("alert")).to_contain_text("还可以试")
        expect(page.get_by_role("button", name="打开", exact=True)).to_be_enabled()
    page.get_by_label("开锁密码").fill(PIN)
    page.get_by_role("button", name="打开", exact=True).click()
    expect(page.get_by_role("alert")).to_contain_text(re.compile("请等 [0-9]+ 秒再试"))
    page.get_by_role("button", name="打开并设新密码").click()  # still signed in with a password
    expect(page.get_by_role("heading", name="可以出门了")).to_be_visible()
    page.get_by_label("新的开锁密码").fill("161803")
    page.get_by_label("再输一次").fill("161803")
    page.get_by_role("button", name="换开锁密码").click()
    expect(page.get_by_label("新的开锁密码")).to_have_value("")
    assert phone.kept("units")


BEFORE: Final = """async ([form, other]) => {
  const cache = await caches.open('census');
  const paths = (await cache.keys()).map((one) => new URL(one.url).pathname);
  const now = /[/]static[/]([0-9a-f]+)/.exec(paths.find((path) => path.startsWith('/static/')))[1];
  const copy = async (from, to) => cache.put(to, new Response(
    (await (await cache.match(from)).text()).split(now).join('01d'),
    { headers: { 'Content-Type': (await cache.match(from)).headers.get('Content-Type') } },
  ));
  for (const path of paths.filter((one) => one.startsWith(`/static/${now}/`))) {
    await copy(path, path.replace(now, '01d'));
  }
  await copy(paths.find((path) => path.startsWith(`/static/${now}/`)), '/static/01de4/js/phone/form/form.js');
  const [page, newer] = [form, other].map((code) => paths.find((path) => path.startsWith(`/collect/blank/${code}/`)));
  await copy(page, `/collect/blank/${form}/01d`);
  await cache.delete(page);
  await copy(newer, `/collect/blank/${other}/01d`);
  const again = await cache.match(newer);
  await cache.delete(newer);
  await cache.put(newer, again);
  await cache.put('/collect/shell/units/01d', new Response('old'));
  const { port1, port2 } = new MessageChannel();
  const done = new Promise((resolve) => { port1.onmessage = resolve; });
  navigator.serviceWorker.controller.postMessage({ type: 'prune' }, [port2]);
  await done;
  const left = (await cache.keys()).map((one) => new URL(one.url).pathname);
  return { page, left, had: paths };
}"""


def test_files_of_old_releases_go_but_not_those_that_a_draft_still_opens_with(demo: Demo, device: Device) -> None:
    phone = a_prepared_phone(demo, device, "old-release", "enumerator01", pin="")
    unit = next(unit for unit in phone.kept("units") if {"G102", "G101-1"} <= {form["form"] for form in unit["forms"]})[
        "id"
    ]
    after = phone.page.evaluate(BEFORE, ["G102", "G101-1"])
    old = {path for path in after["left"] if "/01d" in path}
    assert {path for path in old if not path.startswith("/static/01d/")} == {"/collect/blank/G102/01d"}
    assert "/static/01d/js/phone/form/form.js" in old
    assert set(after["had"]) - {after["page"]} <= set(after["left"])

    phone.cut()
    page = phone.open(f"{after['page']}#unit={unit}")
    expect(page.locator("#form section:visible")).to_have_count(1)
    page.get_by_role("button", name=re.compile("下一节")).click()
    expect(page.get_by_role("heading", level=1)).to_contain_text(
        "取水情况"
    )  # the second page, by the old release's own scripts

"""The phone works with no network and loses nothing: prepared at home, used in the village, sent in the evening."""

from __future__ import annotations

import json
import re
from typing import Final

from playwright.sync_api import Page, expect

from tests.browser.conftest import Demo, Device
from tests.browser.enumerator import Enumerator
from tests.browser.offline import PIN, RAW, a_prepared_phone
from tests.browser.story import Story, story

HEAD: Final = "示例负责人"


def test_a_visit_without_a_network_arrives_in_the_evening(demo: Demo, device: Device) -> None:
    phone = a_prepared_phone(demo, device, "offline-visit", "enumerator02")
    phone.watched.shot("ready")
    page = phone.open("/collect/?show=unvisited")
    page.locator("li.unit h2 a").first.click()
    expect(page.get_by_role("link", name="开始入户")).to_be_visible()
    told = story(page.evaluate("async () => (await fetch(location.pathname + '/data')).json()"))
    phone.cut()
    page.reload()
    visit(page)
    fill(page, told)
    page.get_by_role("link", name="核对并签字").click()
    enumerator = Enumerator(page)
    enumerator.sign(HEAD)
    page.get_by_role("button", name="签字并提交").click()
    expect(page.get_by_role("heading", name="签好了，待传")).to_be_visible()
    phone.watched.shot("signed-offline")
    page = phone.open("/collect/")
    expect(page.locator("#sync")).to_contain_text("离线，可填 · 待传 3")
    waiting = {one["id"]: one["body"] for one in phone.kept("outbox") if one["kind"] == "submission"}
    phone.mend()
    assert phone.all_arrives()
    receipts = {one["id"]: one for one in phone.kept("receipts")}
    assert {body["id"]: body["digest"] for body in waiting.values()} == {id_: receipt["digest"] for id_, receipt in receipts.items()}
    phone.open("/collect/me")
    expect(page.locator("#receipts li")).to_have_count(len(receipts))
    phone.watched.shot("received")
    phone.forgive()


def test_what_lies_on_the_phone_is_sealed_and_the_pin_opens_it(demo: Demo, device: Device) -> None:
    phone = a_prepared_phone(demo, device, "pin", "enumerator03")
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
    page.get_by_role("button", name="打开").click()
    expect(page.get_by_role("alert")).to_contain_text("还可以试 9 次")
    page.get_by_label("开锁密码").fill(PIN)
    page.get_by_role("button", name="打开").click()
    expect(page.get_by_role("link", name=name)).to_be_visible()
    phone.forgive()


def test_a_wrong_pin_waits_longer_each_time_and_a_sign_in_opens_what_was_forgotten(demo: Demo, device: Device) -> None:
    phone = a_prepared_phone(demo, device, "pin-forgotten", "enumerator04")
    page = phone.open("/collect/me")
    page.get_by_role("button", name="现在锁上").click()
    for _ in range(3):
        page.get_by_label("开锁密码").fill("314159")
        page.get_by_role("button", name="打开").click()
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


def visit(page: Page) -> None:
    page.get_by_role("link", name="开始入户").click()
    page.get_by_label("正常入户").check()
    page.get_by_label("另一名普查员证号").fill("44010002")
    page.get_by_role("button", name="登记入户").click()


def fill(page: Page, told: Story) -> None:
    for form in ("G101-1", "G102"):
        page.get_by_role("link", name=f"填 {form}").click()
        enumerator = Enumerator(page)
        enumerator.fill_form(told.of(form))
        expect(page.get_by_role("button", name="填好了，回到单位")).to_be_visible()
        page.get_by_role("button", name="填好了，回到单位").click()
        expect(page.locator("#next-step")).to_be_visible()



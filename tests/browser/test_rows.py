"""A group of many rows: one set of fields shows them all in turn, and each keeps its own."""

from __future__ import annotations

import re
from typing import Final

from playwright.sync_api import Locator, Page, expect

from tests.browser.conftest import PHONE, Demo, Device, sign_in
from tests.served import eventually

ROWS: Final = 30
SAVED_WITHIN_S: Final = 60
COPY: Final = """async () => {
  document.querySelector('#form section:not([hidden]) [data-copy]').click();
  await new Promise((done) => addEventListener('hashchange', done, { once: true }));
}"""
KEPT: Final = """async () => {
  const { all } = await import(document.querySelector('link[rel=modulepreload][href$="/store.js"]').href);
  const row = (one) => one.form === 'G102' && one.answers.facility[28];
  return (await all('drafts')).some((one) => row(one) && row(one).design_capacity === '4321');
}"""


def test_each_of_many_rows_keeps_its_own_answers_and_errors(demo: Demo, device: Device) -> None:
    phone = device(
        "rows", PHONE, permissions=["geolocation"], geolocation={"longitude": 113.39, "latitude": 23.05, "accuracy": 8}
    )
    page = phone.page
    sign_in(page, demo.county, "enumerator01")
    page.goto(f"{demo.county}/collect/?show=returned")
    page.locator("li.unit").first.get_by_role("link").first.click()
    page.get_by_role("link", name=re.compile("G102 ")).first.click()
    expect(page.locator("#form section:visible")).to_have_count(1)
    page.evaluate("location.hash = location.hash.replace(/&page=[^&]*|$/, '&page=facility')")
    cards = page.locator("#form section:visible .rows > li")
    expect(page.get_by_role("button", name=re.compile("加一个"))).to_be_visible()
    while cards.count() < ROWS:
        if cards.count():
            page.evaluate(COPY)
        else:
            page.get_by_role("button", name=re.compile("加一个")).click()
        page.get_by_role("button", name="填好了，回到列表").click()
        expect(page.get_by_role("button", name="填好了，回到列表")).to_be_hidden()

    write(page, 3, "abc")
    expect(capacity(page)).to_have_class(re.compile("bad"))
    page.get_by_role("button", name="上一个").click()
    expect(page.get_by_role("heading", level=1)).to_contain_text("第 3 个")
    expect(capacity(page)).not_to_have_class(re.compile("bad"))
    expect(capacity(page).get_by_role("textbox")).not_to_have_value("abc")
    write(page, 28, "4321")

    expect(page.locator("#saved")).to_contain_text("已存手机")
    assert eventually(lambda: bool(page.evaluate(KEPT)), SAVED_WITHIN_S)
    page.reload()
    expect(capacity(page).get_by_role("textbox")).to_have_value(re.compile("4.321"))
    page.get_by_role("button", name="填好了，回到列表").click()
    expect(cards).to_have_count(ROWS)
    expect(cards.nth(3).locator(".chip")).to_contain_text("错误")
    phone.shot("one-of-many")


def write(page: Page, row: int, text: str) -> None:
    page.evaluate("row => { location.hash = location.hash.replace(/&row=[^&]*|$/, `&row=${row}`); }", row)
    expect(page.get_by_role("heading", level=1)).to_contain_text(f"第 {row + 1} 个")
    capacity(page).get_by_role("textbox").fill(text)
    page.keyboard.press("Tab")


def capacity(page: Page) -> Locator:
    return page.locator('#form section:visible .item[data-key="design_capacity"]')

"""One phone, several people: what each typed stays theirs, and is there again when they come back."""

from __future__ import annotations

import re
from typing import Final

from playwright.sync_api import Page, expect

from tests.browser.conftest import PHONE, Demo, Device, sign_in

TYPED: Final = "示例负责人"


def test_drafts_of_a_shared_phone_belong_to_who_typed_them(demo: Demo, device: Device) -> None:
    phone = device("shared-phone", PHONE)
    page = phone.page
    sign_in(page, demo.county, "enumerator01")
    page.goto(f"{demo.county}/collect/?show=unvisited")
    page.locator("li.unit").first.get_by_role("link").click()
    unit = page.url
    page.goto(form_of(page, "G101-1"))
    box = page.locator('#form section:visible input[type="text"]:not([readonly]):visible').first
    box.fill(TYPED)
    expect(page.get_by_text("已存手机")).to_be_visible()
    form = page.url
    assert waiting(page, demo) == 1
    sign_out(page)

    sign_in(page, demo.county, "enumerator10")
    expect(page.locator("#sync")).not_to_contain_text("待传")
    assert waiting(page, demo) == 0
    page.goto("about:blank")
    page.goto(form)
    expect(page.locator("#opening")).to_contain_text("没有找到")
    phone.complaints.clear()  # the browser reports the refusal itself
    page.goto(f"{demo.county}/collect/me")
    sign_out(page)

    sign_in(page, demo.county, "enumerator01")
    expect(page.locator("#sync")).to_contain_text("待传 1")
    assert waiting(page, demo) == 1
    page.goto(unit)
    page.goto(form_of(page, "G101-1"))
    expect(page.locator('#form section:visible input[type="text"]:not([readonly]):visible').first).to_have_value(TYPED)


def form_of(page: Page, code: str) -> str:
    """Where the phone's page of a form stands, once the unit's page knows it."""
    link = page.locator(f'#forms [data-form="{code}"] a')
    expect(link).to_have_attribute("href", re.compile("#unit="))
    return page.url.partition("/collect/")[0] + str(link.get_attribute("href"))


def waiting(page: Page, demo: Demo) -> int:
    """How many drafts the page of this phone says are not sent."""
    page.goto(f"{demo.county}/collect/me")
    expect(page.locator("#waiting li, #no-waiting:visible").first).to_be_visible()
    return page.locator("#waiting li").count()


def sign_out(page: Page) -> None:
    page.get_by_role("button", name="退出登录").click()
    expect(page.get_by_role("heading", name="登录")).to_be_visible()

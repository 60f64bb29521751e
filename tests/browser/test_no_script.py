"""An enumerator without JavaScript: the same visit, forms, corrections, signature and receipts by plain pages."""

from __future__ import annotations

import re
from typing import Any, Final

from playwright.sync_api import Locator, Page, expect

from tests.browser.conftest import PHONE, Demo, Device, sign_in
from tests.browser.products import products_are_known
from tests.browser.story import HOURS, story

WHY: Final = "停产期间设施仍连续运行，已看运行记录。"
TOO_MUCH_M3: Final = 1_000


def test_a_unit_is_visited_filled_signed_on_paper_and_sent_without_scripts(demo: Demo, device: Device) -> None:
    phone = device("no-script", PHONE, java_script_enabled=False)
    page = phone.page
    sign_in(page, demo.county, "enumerator01")
    page.goto(f"{demo.county}/collect/?show=unvisited")
    page.locator("li.unit").last.get_by_role("link").click()
    unit = page.url
    told = story(page.request.get(f"{unit}/data").json())
    products_are_known(demo.county, unit.rpartition("/")[2], told)
    page.goto(unit)
    facility = told.wastewater["facility"][0] | {"run_hours": str(HOURS + 600)}
    wrong = told.wastewater | {
        "tap_water_intake": str(int(told.wastewater["tap_water_intake"]) + TOO_MUCH_M3),
        "facility": [facility],
    }

    visit(page)
    page.get_by_role("link", name="填 G101-1").click()
    fill_form(page, told.basics)
    page.goto(unit)
    page.get_by_role("link", name="填 G102").click()
    fill_form(page, wrong)
    phone.shot("errors-before-signing")

    page.get_by_role("main").get_by_role("link", name=re.compile("相差 1")).first.click()
    expect(page).to_have_title(re.compile("^有错：G102"))
    expect(item(page, "water_intake_total")).to_contain_text("四种来源之和")
    phone.shot("error-at-its-item")
    answer(item(page, "tap_water_intake"), told.wastewater["tap_water_intake"])
    page.get_by_role("button", name="保存并检查这一页").click()
    expect(item(page, "water_intake_total")).not_to_contain_text("四种来源之和")

    page.goto(f"{unit}/finish")
    page.get_by_role("main").get_by_role("link", name=re.compile("治理设施全年运行")).click()
    page.get_by_label("若属实，写一句说明").fill(WHY)
    page.locator("#page").get_by_role("button", name="保存并检查这一页").click()
    phone.shot("warning-explained")

    page.goto(unit)
    page.get_by_role("link", name="核对并签字").click()
    page.get_by_label("填报人姓名").fill(told.basics["unit_head"])
    page.get_by_label("填报人已在纸质表上签字").check()
    page.get_by_role("button", name="签字并提交").click()
    expect(page.get_by_role("heading", name="已提交")).to_be_visible()
    expect(page.get_by_text("✓ 已收到", exact=True)).to_have_count(2)
    expect(page.get_by_text(re.compile("^回执 R"))).to_have_count(2)
    phone.shot("receipts")


def visit(page: Page) -> None:
    page.get_by_role("link", name="开始入户").click()
    page.get_by_label("正常入户").check()
    page.get_by_label("另一名普查员证号").fill("")  # the last companion is proposed
    page.get_by_role("button", name="登记入户").click()
    expect(page.get_by_text("入户要有两名普查员")).to_be_visible()
    page.get_by_label("另一名普查员证号").fill("44010002")
    page.get_by_label("经度").fill("113.39")
    page.get_by_label("纬度").fill("23.05")
    page.get_by_role("button", name="登记入户").click()
    expect(page.get_by_role("link", name="填 G101-1")).to_be_visible()


def fill_form(page: Page, answers: dict[str, Any]) -> None:
    """Fill page after page up to the one before signing; what a page says is read once and passed over."""
    while not page.url.endswith("/finish"):
        group = page.url.rpartition("/")[2]
        for row in answers.get(group, []):
            page.get_by_role("button", name=re.compile("加一个")).click()
            fill_items(page, row)
            turn(page)
            if page.url != page.url.partition("?")[0] or re.search(r"/[0-9]+$", page.url):
                turn(page)
        fill_items(page, answers)
        here = page.url
        turn(page)
        if page.url == here:
            turn(page)


def fill_items(page: Page, answers: dict[str, Any]) -> None:
    """Answer what stands here; a check of the page brings up items that depend on the answers."""
    filled: set[str] = set()
    while waiting := [key for key in keys(page) if key in answers and key not in filled]:
        for key in waiting:
            answer(item(page, key), answers[key])
        filled.update(waiting)
        page.get_by_role("button", name="保存并检查这一页").click()


def keys(page: Page) -> list[str]:
    return [str(block.get_attribute("data-key")) for block in page.locator(".item[data-key]").all()]


def item(page: Page, key: str) -> Locator:
    return page.locator(f'.item[data-key="{key}"]')


def turn(page: Page) -> None:
    page.locator("footer").get_by_role("button").last.click()


def answer(block: Locator, value: object) -> None:
    codes = value if isinstance(value, list) else [str(value).lower() if isinstance(value, bool) else value]
    choices = block.locator("input[type=radio], input[type=checkbox]")
    if choices.count():
        for code in codes:
            block.locator(f'input[value="{code}"]').check()
    elif isinstance(value, dict):
        for part, text in value.items():
            block.locator(f'input[data-part="{part}"]').fill(str(text))
    else:
        box = block.locator("input[name]").first
        if box.get_attribute("readonly") is None:
            box.fill(str(value))

"""The thread: from a factory gate to the province and back, everything done on pages, nothing skipped."""

from __future__ import annotations

import re
from dataclasses import dataclass
from typing import Any, Final

from playwright.sync_api import Page, expect

from tests.browser.conftest import DESK, PHONE, Demo, Device, Watched, sign_in
from tests.browser.enumerator import Enumerator
from tests.browser.reviewer import Reviewer
from tests.browser.story import HOURS, Story, story

NEAR_THE_GATE: Final[dict[str, Any]] = {
    "permissions": ["geolocation"], "geolocation": {"longitude": 113.39, "latitude": 23.05, "accuracy": 12},
}
TOO_MUCH_M3: Final = 1_000
SUM_IS_WRONG: Final = "四种来源之和"
RUNS_TOO_LONG: Final = "治理设施全年运行"
WHY: Final = "停产期间设施仍连续运行，已看运行记录。"
RETURNED_FOR: Final = "请对照水费单复核取水量，并上传水费单照片。"


def test_from_the_factory_gate_to_accepted(demo: Demo, device: Device) -> None:
    phone = device("thread-phone", PHONE, **NEAR_THE_GATE)
    supervisor = device("thread-supervisor", DESK)
    county = device("thread-county", DESK)
    sign_in(phone.page, demo.county, "enumerator01")
    sign_in(supervisor.page, demo.county, "supervisor01")
    sign_in(county.page, demo.county, "county01")

    unit = open_an_unvisited_unit(phone)
    begin_the_visit(phone)
    fill_the_basics(phone, unit)
    fill_the_wastewater_with_an_error_and_a_warning(phone, unit)
    correct_the_error(phone, unit)
    explain_the_warning(phone)
    sign_and_submit(phone, unit)

    return_one_item(supervisor, demo, unit)
    correct_what_came_back(phone, unit)
    approve_both(supervisor, demo, unit, "supervisor")
    approve_both(county, demo, unit, "county")


@dataclass(frozen=True, slots=True)
class Visited:
    """The unit of the story, what its people answer, and where its pages are."""

    name: str
    address: str
    village: str
    told: Story


def open_an_unvisited_unit(phone: Watched) -> Visited:
    page = phone.page
    phone.shot("units")
    page.get_by_role("link", name=re.compile("^未访")).click()
    first = page.locator("li.unit").first
    name = first.get_by_role("heading").inner_text()
    first.get_by_role("link", name=name).click()
    expect(page.get_by_role("heading", name=name)).to_be_visible()
    expect(page.get_by_text("G101-1 工业企业基本情况")).to_be_visible()
    phone.shot("unit")
    known = page.evaluate("async () => (await fetch(location.pathname + '/data')).json()")
    return Visited(name, page.url, str(known["region_code"]), story(known))


def begin_the_visit(phone: Watched) -> None:
    page = phone.page
    page.get_by_role("link", name="开始入户").click()
    page.get_by_label("正常入户").check()
    page.get_by_label("另一名普查员证号").fill("44010002")
    page.get_by_role("button", name="获取定位").click()
    expect(page.get_by_text("12 米")).to_be_visible()
    phone.shot("visit")
    page.get_by_role("button", name="登记入户").click()
    expect(page.get_by_role("link", name="填 G101-1")).to_be_visible()


def fill_the_basics(phone: Watched, unit: Visited) -> None:
    page = phone.page
    page.get_by_role("link", name="填 G101-1").click()
    phone.shot("basics")
    Enumerator(page).fill_form(unit.told.basics)
    phone.shot("basics-summary")
    back_to(phone, unit)
    phone.shot("unit-begun")


def fill_the_wastewater_with_an_error_and_a_warning(phone: Watched, unit: Visited) -> None:
    page, told = phone.page, unit.told.wastewater
    facility = told["facility"][0] | {"run_hours": str(HOURS + 600)}
    wrong = told | {"tap_water_intake": str(int(told["tap_water_intake"]) + TOO_MUCH_M3), "facility": [facility]}
    page.get_by_role("link", name=re.compile("G102 ")).first.click()
    enumerator = Enumerator(page)
    enumerator.fill_page(wrong)
    enumerator.forward()
    enumerator.fill_page(wrong)
    page.keyboard.press("Tab")
    expect(page.locator('.item[data-key="water_intake_total"]')).to_contain_text(SUM_IS_WRONG)
    phone.shot("error-at-its-item")
    enumerator.forward()
    enumerator.fill_form(wrong)
    expect(page.get_by_role("tab", name=re.compile("错误"))).to_have_text(re.compile(r"错误\s*1"))
    expect(page.get_by_role("tab", name=re.compile("待说明"))).to_have_text(re.compile(r"待说明\s*1"))
    expect(page.get_by_role("tabpanel")).to_contain_text(f"相差 1\u2009000 立方米")
    phone.shot("list-of-errors")


def correct_the_error(phone: Watched, unit: Visited) -> None:
    page = phone.page
    page.get_by_role("tabpanel").get_by_role("link", name=re.compile("取水量")).click()
    expect(page.get_by_label(re.compile("01取水量|取水量")).first).to_be_focused()
    phone.shot("jumped-to-the-error")
    Enumerator(page).fill_item("tap_water_intake", unit.told.wastewater["tap_water_intake"])
    expect(page.locator('.item[data-key="water_intake_total"]')).not_to_contain_text(SUM_IS_WRONG)


def explain_the_warning(phone: Watched) -> None:
    page = phone.page
    page.get_by_role("button", name=re.compile("全部章节")).click()
    phone.shot("all-sections")
    page.get_by_role("dialog").get_by_role("link", name="核对整张表").click()
    expect(page.get_by_role("tabpanel")).to_contain_text(RUNS_TOO_LONG)
    page.get_by_role("tabpanel").get_by_label("若属实，写一句说明").fill(WHY)
    page.get_by_role("tabpanel").get_by_label("若属实，写一句说明").blur()
    phone.shot("warning-explained")
    expect(page.get_by_role("button", name="填好了，回到单位")).to_be_visible()


def sign_and_submit(phone: Watched, unit: Visited) -> None:
    page, enumerator = phone.page, Enumerator(phone.page)
    back_to(phone, unit)
    phone.shot("unit-filled")
    page.get_by_role("link", name="核对并签字").click()
    enumerator.sign(unit.told.basics["unit_head"])
    phone.shot("signed")
    enumerator.submit()
    expect(page.get_by_text("已收到，等待审核")).to_have_count(2)
    phone.shot("receipt")


def return_one_item(desk: Watched, demo: Demo, unit: Visited) -> None:
    reviewer = Reviewer(desk.page, demo.county)
    reviewer.open_record(unit.name, "G102")
    expect(desk.page.get_by_text(WHY)).to_be_visible()
    desk.shot("record")
    reviewer.tick("取水量")
    reviewer.send_back("数据与凭证不符", RETURNED_FOR)
    desk.shot("returned")


def correct_what_came_back(phone: Watched, unit: Visited) -> None:
    page, enumerator = phone.page, Enumerator(phone.page)
    page.goto(unit.address.partition("/collect/")[0] + "/collect/")
    card = page.get_by_role("listitem").filter(has_text=unit.name)
    expect(card).to_contain_text("退回")
    phone.shot("units-with-returned")
    card.get_by_role("link", name=unit.name).click()
    expect(page.get_by_text(RETURNED_FOR).first).to_be_visible()
    phone.shot("unit-returned")
    page.get_by_role("link", name="填 G102").click()
    enumerator.open_section("取水情况")
    expect(page.locator('.item[data-key="water_intake_total"]')).to_contain_text(RETURNED_FOR)
    phone.shot("item-returned")
    more = {key: str(int(unit.told.wastewater[key]) + 20) for key in ("water_intake_total", "tap_water_intake")}
    for key, value in more.items():
        enumerator.fill_item(key, value)
    enumerator.open_section("核对整张表")
    back_to(phone, unit)
    page.get_by_role("link", name="核对并签字").click()
    page.get_by_label(re.compile("当面|到场")).check()
    page.get_by_label("填报人姓名").fill(unit.told.basics["unit_head"])
    phone.shot("confirmed")
    enumerator.submit()
    phone.shot("receipt-of-the-correction")


def approve_both(desk: Watched, demo: Demo, unit: Visited, who: str) -> None:
    reviewer = Reviewer(desk.page, demo.county)
    reviewer.open_record(unit.name, "G102")
    row = desk.page.get_by_role("row").filter(has_text="城市自来水")
    before, after = (int(unit.told.wastewater["tap_water_intake"]) + more for more in (0, 20))
    expect(row.locator("del")).to_have_text(grouped(before))
    expect(row.locator("ins")).to_have_text(grouped(after))
    desk.shot("changed")
    reviewer.approve()
    reviewer.open_record(unit.name, "G101-1")
    reviewer.approve()
    desk.shot("approved")


def back_to(phone: Watched, unit: Visited) -> None:
    phone.page.get_by_role("button", name=re.compile("回到单位")).click()
    expect(phone.page.get_by_role("heading", name=unit.name)).to_be_visible()


def grouped(number: int) -> str:
    return f"{number:,}".replace(",", "\u2009")

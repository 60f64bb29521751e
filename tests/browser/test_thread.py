"""The thread: from a factory gate to the province and back, everything done on pages, nothing skipped."""

from __future__ import annotations

import re
from dataclasses import dataclass
from typing import Final

from playwright.sync_api import expect

from tests.browser.conftest import DESK, PHONE, Demo, Device, Watched, sign_in
from tests.browser.enumerator import Enumerator
from tests.browser.products import products_are_known
from tests.browser.reviewer import Reviewer
from tests.browser.story import HOURS, Story, story

TOO_MUCH_M3: Final = 1_000
GROUPED_1000: Final = "1[\u2009\u2060]+000"
SUM_IS_WRONG: Final = "四种来源之和"
RUNS_TOO_LONG: Final = "治理设施全年运行"
WHY: Final = "停产期间设施仍连续运行，已看运行记录。"
LONG_MS: Final = 120_000
PROVINCE_ASKS: Final = "自来水量与供水公司的台账不符，请再核对。"
RETURNED_FOR: Final = "请对照水费单复核取水量，并上传水费单照片。"


def test_from_the_factory_gate_to_accepted(demo: Demo, device: Device) -> None:
    phone = device("thread-phone", PHONE, permissions=["geolocation"])
    supervisor = device("thread-supervisor", DESK)
    county = device("thread-county", DESK)
    province = device("thread-province", DESK)
    sign_in(phone.page, demo.county, "enumerator01")
    sign_in(supervisor.page, demo.county, "supervisor01")
    sign_in(county.page, demo.county, "county01")

    unit = open_an_unvisited_unit(phone)
    products_are_known(demo.county, unit.address.rpartition("/")[2], unit.told)
    phone.page.reload()
    begin_the_visit(phone)
    fill_the_basics(phone, unit)
    fill_the_wastewater_with_an_error_and_a_warning(phone, unit)
    correct_the_error(phone, unit)
    explain_the_warning(phone)
    sign_and_submit(phone, unit)

    return_one_item(supervisor, demo, unit)
    correct_what_came_back(phone, unit)
    approve_both(supervisor, demo, unit)
    approve_both(county, demo, unit)

    hand_up(county, demo, unit)
    sign_in(province.page, demo.province, "province01")
    return_one_record(province, demo, unit)
    hear_of_the_return(county, demo, unit)
    correct_what_the_province_returned(phone, unit)
    approve_again(supervisor, demo, unit)
    approve_again(county, demo, unit)
    hand_up(county, demo, unit)
    accept_the_rest(province, demo)
    everything_is_accepted(county, phone, demo, unit)


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
    phone.context.set_geolocation({"longitude": known["lon"], "latitude": known["lat"], "accuracy": 8})
    return Visited(name, page.url, str(known["region_code"]), story(known))


def begin_the_visit(phone: Watched) -> None:
    page = phone.page
    page.get_by_role("link", name="开始入户").click()
    page.get_by_label("正常入户").check()
    page.get_by_label("另一名普查员证号").fill("44010002")
    page.get_by_role("button", name="获取定位").click()
    expect(page.get_by_text("精度 8 米，很准")).to_be_visible()
    phone.shot("visit")
    page.get_by_role("button", name="登记入户").click()
    expect(page.get_by_role("link", name="填 G101-1")).to_be_visible()


def fill_the_basics(phone: Watched, unit: Visited) -> None:
    page = phone.page
    page.get_by_role("link", name="填 G101-1").click()
    phone.shot("basics")
    enumerator = Enumerator(page)
    enumerator.fill_form(unit.told.basics)
    enumerator.open_section("基本信息")
    locate_and_tap(phone)
    enumerator.open_section("核对整张表")
    phone.shot("basics-summary")
    back_to(phone, unit)
    phone.shot("unit-begun")


def locate_and_tap(phone: Watched) -> None:
    """Let the phone find the gate, then put it right on the map: both points are kept."""
    page = phone.page
    block = page.locator('.item[data-key="longitude"]')
    block.get_by_role("button", name="手机定位").click()
    expect(block).to_contain_text("很准")
    block.get_by_role("button", name="在地图上点").click()
    page.locator("#map-dialog canvas").press("ArrowRight")
    phone.shot("map")
    page.get_by_role("button", name="就是这里").click()
    expect(block).to_contain_text(re.compile(r"两点相距 \d+ 米，都已记下"))


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
    expect(page.get_by_role("tabpanel")).to_contain_text(re.compile(f"相差 {GROUPED_1000} 立方米"))
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
    expect(page.get_by_role("link", name=re.compile("^下一户"))).to_have_attribute(
        "href", re.compile("/collect/units/[0-9a-f-]{36}$")
    )
    phone.shot("receipt")


def return_one_item(desk: Watched, demo: Demo, unit: Visited) -> None:
    reviewer = Reviewer(desk.page, demo.county)
    reviewer.open_record(unit.name, "G101-1")
    expect(desk.page.get_by_text("地图点选")).to_be_visible()
    expect(desk.page.get_by_text("两点相距")).to_be_visible()
    desk.shot("two-points")
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


def approve_both(desk: Watched, demo: Demo, unit: Visited) -> None:
    reviewer = Reviewer(desk.page, demo.county)
    reviewer.open_record(unit.name, "G102")
    row = desk.page.get_by_role("row").filter(has_text="城市自来水")
    before, after = (int(unit.told.wastewater["tap_water_intake"]) + more for more in (0, 20))
    expect(row.locator("del")).to_have_text(str(before))
    expect(row.locator("ins")).to_have_text(str(after))
    desk.shot("changed")
    reviewer.approve()
    reviewer.open_record(unit.name, "G101-1")
    reviewer.approve()
    desk.shot("approved")


def hand_up(desk: Watched, demo: Demo, unit: Visited) -> None:
    """Check the whole village, build its package, send it."""
    page = desk.page
    page.goto(f"{demo.county}/deliver/?region={unit.village}")
    expect(page.get_by_role("heading", level=1)).to_have_text("还差一步：请先做全量校验")
    desk.shot("gate-before-check")
    page.get_by_role("button", name="全量校验").click()
    expect(page.get_by_role("heading", level=1)).to_have_text("可以上报：四道关都通过了", timeout=LONG_MS)
    desk.shot("gate-open")
    page.get_by_role("button", name="构建并上报").click()
    expect(page.get_by_role("listitem").filter(has_text="上级验签、复核")).to_contain_text("进行中", timeout=LONG_MS)
    desk.shot("sent")


def return_one_record(desk: Watched, demo: Demo, unit: Visited) -> None:
    page, reviewer = desk.page, Reviewer(desk.page, demo.province)
    open_package(desk, demo)
    desk.shot("package")
    reviewer.open_record(unit.name, "G102")
    desk.shot("record")
    reviewer.tick("城市自来水")
    reviewer.send_back("数据与凭证不符", PROVINCE_ASKS)
    approve_the_package(desk, demo)
    expect(page.get_by_role("listitem").filter(has_text="已退回")).to_contain_text("1")
    desk.shot("package-reviewed")


def open_package(desk: Watched, demo: Demo) -> None:
    """The newest package of the village, once its records have been judged."""
    page = desk.page
    page.goto(f"{demo.province}/packages")
    newest = page.get_by_role("row").nth(1)
    expect(newest).to_contain_text("待复核", timeout=LONG_MS)
    newest.get_by_role("link").click()
    expect(page.get_by_text("都已通过校验")).to_be_visible(timeout=LONG_MS)


def approve_the_package(desk: Watched, demo: Demo) -> None:
    open_package(desk, demo)
    desk.page.get_by_role("button", name=re.compile("^全部通过")).click()
    expect(desk.page.get_by_text(re.compile(r"已通过 \d+ 条"))).to_be_visible()
    expect(desk.page.get_by_text("复核完毕")).to_be_visible()


def hear_of_the_return(desk: Watched, demo: Demo, unit: Visited) -> None:
    page = desk.page
    page.goto(f"{demo.county}/deliver/?region={unit.village}")
    ask = page.get_by_role("button", name="查询回执")
    if ask.is_visible():
        ask.click()
    expect(page.get_by_text(re.compile("接收 [0-9]+，退回 1"))).to_be_visible(timeout=LONG_MS)
    desk.shot("receipt-with-a-return")


def correct_what_the_province_returned(phone: Watched, unit: Visited) -> None:
    page, enumerator = phone.page, Enumerator(phone.page)
    page.goto(unit.address)
    expect(page.get_by_text(PROVINCE_ASKS).first).to_be_visible()
    phone.shot("returned-by-the-province")
    page.get_by_role("link", name="填 G102").click()
    enumerator.open_section("取水情况")
    expect(page.locator('.item[data-key="tap_water_intake"]')).to_contain_text(PROVINCE_ASKS)
    for key in ("water_intake_total", "tap_water_intake"):
        enumerator.fill_item(key, str(int(unit.told.wastewater[key]) + 30))
    enumerator.open_section("核对整张表")
    back_to(phone, unit)
    page.get_by_role("link", name="核对并签字").click()
    page.get_by_label("重新签字").check()
    enumerator.sign(unit.told.basics["unit_head"])
    enumerator.submit()
    phone.shot("receipt-after-the-province")


def approve_again(desk: Watched, demo: Demo, unit: Visited) -> None:
    reviewer = Reviewer(desk.page, demo.county)
    reviewer.open_record(unit.name, "G102")
    reviewer.approve()


def accept_the_rest(desk: Watched, demo: Demo) -> None:
    approve_the_package(desk, demo)
    desk.shot("all-accepted")


def everything_is_accepted(desk: Watched, phone: Watched, demo: Demo, unit: Visited) -> None:
    page = desk.page
    page.goto(f"{demo.county}/deliver/?region={unit.village}")
    ask = page.get_by_role("button", name="查询回执")
    if ask.is_visible():
        ask.click()
    expect(page.get_by_text(re.compile("接收 [0-9]+，退回 0"))).to_be_visible(timeout=LONG_MS)
    desk.shot("final-receipt")
    phone.page.goto(unit.address)
    phone.shot("accepted")
    expect(phone.page.get_by_role("listitem").filter(has_text="G102")).to_contain_text("已接收")


def back_to(phone: Watched, unit: Visited) -> None:
    phone.page.get_by_role("button", name=re.compile("回到单位")).click()
    expect(phone.page.get_by_role("heading", name=unit.name)).to_be_visible()

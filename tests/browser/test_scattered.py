"""散乱污 in the street: an inspector registers a place with a phone, and the district's office finds it as a case."""

from __future__ import annotations

import re
from datetime import date
from typing import Any, Final

from playwright.sync_api import Locator, Page, expect

from tests.browser.conftest import DESK, PHONE, Demo, Device, sign_in
from tests.browser.enumerator import Enumerator, answer

NAME: Final = "番禺示例五金喷涂作坊"
ADDRESS: Final = "示例村工业路 3 号后座"
FOUND: Final[dict[str, Any]] = {
    "has_licence": False,
    "operator_name": "陈示例",
    "operator_id_type": "refused",
    "scale_above": False,
    "in_planned_park": False,
    "gps_source": "device",
    "in_river_basin": False,
    "source_zone": "none",
    "air_station_zone": "none",
    "in_residential": True,
    "lead_source": "petition",
    "lead_no": "XF2018-0321",
    "found_date": date(2018, 3, 21).isoformat(),
    "found_by": "陈示例",
    "record_refused": False,
}


def test_a_place_registered_on_a_phone_becomes_one_case_of_the_office(demo: Demo, device: Device) -> None:
    phone = device(
        "scattered-phone",
        PHONE,
        permissions=["geolocation"],
        geolocation={"longitude": 113.39, "latitude": 23.05, "accuracy": 8},
    )
    office = device("scattered-office", DESK)
    page = phone.page
    sign_in(page, demo.county, "inspector01", "scattered")
    register_the_place(page)
    phone.shot("place")
    village = fill_the_register_form(page)
    phone.shot("filled")
    sign_and_send(page)
    phone.shot("receipt")
    sign_in(office.page, demo.county, "case_office01", "scattered")
    case = one_case(office.page, demo)
    expect(case).to_contain_text("已发现")
    expect(case).to_contain_text("信访投诉")
    case.get_by_role("link", name=NAME).click()
    for words in (ADDRESS, "XF2018-0321", "2018-03-21", f"SLW440113{2018}{village[6:9]}"):
        expect(office.page.get_by_role("main")).to_contain_text(words)
    office.shot("case")

    correct_and_send_again(page)
    phone.shot("sent-again")
    one_case(office.page, demo)


def register_the_place(page: Page, name: str = NAME) -> None:
    page.get_by_role("link", name="登记新场所").click()
    page.get_by_label("场所名称").fill(name)
    page.get_by_label("地址", exact=True).fill(ADDRESS)
    page.get_by_label("同行人员证号").fill("44010077")
    page.get_by_role("button", name="获取定位").click()
    expect(page.get_by_text("精度 8 米")).to_be_visible()
    page.get_by_role("button", name="登记并开始填表").click()
    expect(page.get_by_role("heading", level=1)).to_have_text(name)


def fill_the_register_form(page: Page) -> str:
    """Fill what is asked when a place is found; leave the rest to the verification. Gives the village."""
    page.get_by_role("link", name="填 登记表").click()
    inspector, village = Enumerator(page), ""
    while not inspector.at_summary():
        section = page.locator("#form section:visible")
        if section.get_attribute("data-page") == "ident":
            take_photo(page, section.locator('.item[data-key="photo_signboard"]'))
        if section.get_attribute("data-page") == "location":
            village = choose_village(section)
            section.locator('.item[data-key="gps"]').get_by_role("button", name="获取定位").click()
            expect(section.locator('.item[data-key="gps"] input[data-part="lon"]')).to_have_value("113.390000")
        inspector.fill_items(section, FOUND)
        if section.get_attribute("data-page") == "lead":
            sign_in_the_form(page, section.locator('.item[data-key="record_signed"]'))
        inspector.forward()
    expect(page.get_by_role("button", name="填好了，回到单位")).to_be_visible()
    page.get_by_role("button", name="填好了，回到单位").click()
    return village


def choose_village(section: Locator) -> str:
    """Take the first village suggested for the inspector's town."""
    town = section.locator('.item[data-key="town_code"] input[name]').input_value()
    box = section.locator('.item[data-key="village_code"]')
    box.locator("input[name]").focus()
    box.locator("input[name]").press_sequentially(town)
    first = box.get_by_role("option").first
    code = first.get_attribute("data-code") or ""
    first.click()
    return code


def take_photo(page: Page, block: Locator) -> None:
    with page.expect_file_chooser() as camera:
        block.get_by_role("button", name=re.compile("拍")).click()
    camera.value.set_files({"name": "gate.png", "mimeType": "image/png", "buffer": page.screenshot()})
    expect(block.get_by_role("img", name="刚拍的照片")).to_be_visible()


def sign_in_the_form(page: Page, block: Locator) -> None:
    block.get_by_role("button", name=re.compile("签")).click()
    dialog = page.get_by_role("dialog")
    pad = dialog.locator("canvas").bounding_box()
    assert pad is not None
    page.mouse.move(pad["x"] + 20, pad["y"] + 20)
    page.mouse.down()
    page.mouse.move(pad["x"] + pad["width"] - 20, pad["y"] + pad["height"] - 20, steps=8)
    page.mouse.up()
    dialog.get_by_role("button", name="签好了").click()
    expect(block).to_contain_text("已签")


def sign_and_send(page: Page) -> None:
    page.get_by_role("link", name="核对并签字").click()
    inspector = Enumerator(page)
    inspector.sign("陈示例")
    inspector.submit()
    expect(page.get_by_text("已收到，等待审核")).to_be_visible()


def correct_and_send_again(page: Page) -> None:
    page.get_by_role("link", name="看这一户").click()
    page.get_by_role("link", name=re.compile("散乱污")).click()
    inspector = Enumerator(page)
    expect(page.locator("#form section:visible")).to_have_count(1)
    inspector.open_section("位置与区域标签")
    answer(page.locator('.item[data-key="park_name"]'), "示例村工业园")
    inspector.open_section("核对整张表")
    page.get_by_role("button", name="填好了，回到单位").click()
    sign_and_send(page)


def one_case(page: Page, demo: Demo) -> Locator:
    page.goto(f"{demo.county}/cases/?words={NAME}")
    rows = page.get_by_role("row").filter(has_text=NAME)
    expect(rows).to_have_count(1)
    return rows

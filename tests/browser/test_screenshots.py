"""The two pictures of the README, taken from the demo: a form that says what is wrong, a record in review.

``CENSUS_SCREENSHOTS=1`` writes them into ``docs/images``.
"""

from __future__ import annotations

import io
import os
import re
from typing import Final

from PIL import Image
from playwright.sync_api import Page, expect

from census.schema import ROOT
from tests.browser.conftest import DESK, PHONE, Demo, Device, sign_in
from tests.browser.enumerator import Enumerator

IMAGES: Final = ROOT / "docs/images"
LARGEST_BYTES: Final = 120_000
COLOURS: Final = 64  # text on few plain surfaces: more are not seen
DRAWN_COLOURS: Final = 20  # a blank page, or one that failed to load, has a handful

WATER_M3: Final = {
    "water_intake_total": "1500",
    "tap_water_intake": "1150",
    "self_supplied_intake": "200",
    "hydraulic_project_intake": "0",
    "other_enterprise_intake": "0",
}


def test_the_phone_says_what_is_wrong_while_a_form_is_filled(demo: Demo, device: Device) -> None:
    page = device("picture-phone", PHONE).page
    sign_in(page, demo.county, "enumerator01")
    page.locator("li.unit").first.get_by_role("heading").get_by_role("link").click()
    link = page.locator('#forms [data-form="G102"] a')
    expect(link).to_have_attribute("href", re.compile("#unit="))
    page.goto(demo.county + str(link.get_attribute("href")))
    enumerator = Enumerator(page)
    enumerator.open_section("取水情况")
    for key, amount in WATER_M3.items():
        enumerator.fill_item(key, amount)
    wrong = page.locator('.item[data-key="water_intake_total"]')
    expect(wrong).to_contain_text("四种来源之和")
    wrong.scroll_into_view_if_needed()
    keep("phone", page)


def test_the_desk_shows_a_record_with_all_that_a_decision_needs(demo: Demo, device: Device) -> None:
    page = device("picture-desk", DESK).page
    sign_in(page, demo.county, "county01")
    page.goto(f"{demo.county}/review/?state=flagged")
    page.locator("a[data-record]").first.click()
    expect(page.get_by_role("heading", name=re.compile("^问题"))).to_be_visible()
    expect(page.get_by_text("强制性").first).to_be_visible()
    keep("desk", page)


def keep(name: str, page: Page) -> None:
    """Check that something is on the picture, and that it is small; write it when asked to."""
    picture = Image.open(io.BytesIO(page.screenshot())).convert("RGB")
    assert len(picture.getcolors(picture.width * picture.height) or []) > DRAWN_COLOURS
    small = io.BytesIO()
    picture.quantize(COLOURS).save(small, "PNG", optimize=True)
    assert small.tell() <= LARGEST_BYTES
    if os.environ.get("CENSUS_SCREENSHOTS"):
        IMAGES.mkdir(parents=True, exist_ok=True)
        (IMAGES / f"{name}.png").write_bytes(small.getvalue())

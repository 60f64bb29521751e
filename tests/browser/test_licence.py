"""A business licence is photographed: its code fills the boxes, after a look at what it says."""

from __future__ import annotations

import re
from typing import Final

from playwright.sync_api import FilePayload, Page, expect

from tests.browser.conftest import PHONE, Demo, Device, sign_in
from tests.builders.licences import CODE, NAME, a_licence, as_jpeg, turned

PHOTO: Final = FilePayload(name="licence.jpg", mimeType="image/jpeg", buffer=as_jpeg(turned(a_licence())))
TO_THE_CODE: Final = """() => {
  const { page } = document.querySelector('[data-scan]').closest('section').dataset;
  location.hash = location.hash.replace(/&page=[^&]*|$/, `&page=${page}`);
}"""


def test_a_licence_is_read_by_our_reader_once_there_is_a_network(demo: Demo, device: Device) -> None:
    phone = device("licence", PHONE)
    page = phone.page
    sign_in(page, demo.county, "enumerator01")
    page.goto(f"{demo.county}/collect/?show=returned")
    page.locator("li.unit").first.get_by_role("link").first.click()
    page.get_by_role("link", name=re.compile("G102 ")).first.click()
    expect(page.locator("#form section:visible")).to_have_count(1)
    page.evaluate(TO_THE_CODE)
    block = page.locator('#form section:visible .item[data-key="credit_code"]')
    expect(block).to_be_visible()
    assert not page.evaluate("'BarcodeDetector' in window"), "the browser reads codes itself: nothing of ours is tried"

    phone.is_cut = True
    phone.context.set_offline(True)
    photograph(page)
    expect(block.locator("output")).to_contain_text("识别程序没有下载到手机。请手工填写。")
    phone.context.set_offline(False)
    phone.complaints.clear()  # the worker found no network; the page has said so in words
    photograph(page)
    dialog = page.get_by_role("dialog", name="执照上写的")
    expect(dialog).to_contain_text(CODE)
    expect(dialog).to_contain_text(NAME)
    phone.shot("what-it-says")
    dialog.get_by_role("button", name="填入").click()
    expect(block.get_by_role("textbox")).to_have_value(CODE)


def photograph(page: Page) -> None:
    """Press the button, and let the camera give its picture."""
    with page.expect_file_chooser() as camera:
        page.get_by_role("button", name="拍营业执照二维码").click()
    camera.value.set_files(PHOTO)

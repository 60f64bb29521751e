"""By keys alone: signing in and filling a section, with the place of the keyboard always to be seen."""

from __future__ import annotations

import re
from typing import Final

from playwright.sync_api import Page, expect

from tests.browser.conftest import PHONE, Demo, Device
from tests.builders.api import PASSWORD

TABS: Final = 60
# An outline or a ring around the focused element, its stretched ::after, its box, or the label of a choice.
OUTLINED: Final = """() => {
  const at = document.activeElement;
  const styles = [getComputedStyle(at), getComputedStyle(at, '::after')];
  const mark = at.matches('[type=radio], [type=checkbox]') ? at.nextElementSibling : null;
  for (const near of [at.closest('.box'), mark]) if (near) styles.push(getComputedStyle(near));
  return styles.some((style) =>
    (style.outlineStyle !== 'none' && parseFloat(style.outlineWidth) >= 1) || style.boxShadow !== 'none');
}"""


def test_signing_in_and_filling_a_section_needs_no_pointer(demo: Demo, device: Device) -> None:
    phone = device("keyboard", PHONE | {"has_touch": False, "is_mobile": False})
    page = phone.page
    page.goto(demo.county)
    tab_to(page, "用户名")
    page.keyboard.type("enumerator01")
    tab_to(page, "密码")
    page.keyboard.type(PASSWORD)
    page.keyboard.press("Enter")
    expect(page.get_by_role("heading", level=1)).to_contain_text("户")

    page.goto(f"{demo.county}/collect/?show=returned")
    name = page.locator("li.unit").first.get_by_role("heading").inner_text()
    tab_to(page, name)
    page.keyboard.press("Enter")
    expect(page.get_by_role("heading", name=name)).to_be_visible()
    tab_to(page, "填 G102")
    page.keyboard.press("Enter")
    expect(page.locator("#form section:visible")).to_have_count(1)
    tab_to(page, "全部章节")
    page.keyboard.press("Enter")
    tab_to(page, "一、取水情况")
    page.keyboard.press("Enter")
    expect(page.get_by_role("dialog")).to_be_hidden()

    tab_to(page, "取水量")
    page.keyboard.type("5200")
    tab_to(page, "城市自来水")
    page.keyboard.type("5100")
    tab_to(page, "下一节")
    expect(page.locator('.item[data-key="water_intake_total"]')).to_contain_text("四种来源之和")
    phone.shot("error-by-keys")
    page.keyboard.press("Enter")
    expect(page.get_by_role("heading", level=1)).to_contain_text("废水治理情况")


def tab_to(page: Page, name: str) -> None:
    """Press Tab until what bears this name has the focus; it must then be seen to have it."""
    wanted = re.compile(re.escape(name))
    for _ in range(TABS):
        page.keyboard.press("Tab")
        if wanted.search(focused(page)):
            assert page.evaluate(OUTLINED), f"nobody sees that {name} has the focus"
            return
    raise AssertionError(f"{TABS} times Tab never led to {name}")


def focused(page: Page) -> str:
    """What a screen reader would say of the focused element."""
    return str(
        page.evaluate("""() => {
      const at = document.activeElement;
      const labels = at.labels ? [...at.labels].map((label) => label.textContent) : [];
      return [...labels, at.getAttribute('aria-label') || '', at.matches('input') ? '' : at.textContent].join(' ');
    }""")
    )

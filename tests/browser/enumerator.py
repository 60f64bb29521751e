"""What an enumerator does with a thumb: opens a unit, fills a form page by page, signs, submits."""

from __future__ import annotations

import re
from typing import Any

from playwright.sync_api import Locator, Page, expect

Answers = dict[str, Any]


class Enumerator:
    """Somebody with a phone in hand. Every method leaves the page where the person would be."""

    def __init__(self, page: Page) -> None:
        self.page = page

    # --- a form ---------------------------------------------------------------------------------------------------

    def fill_form(self, answers: Answers) -> None:
        """Fill every page of the form in front, up to its summary."""
        while not self.at_summary():
            self.fill_page(answers)
            self.forward()

    def at_summary(self) -> bool:
        return self.page.locator("#form section:visible").get_attribute("data-page") == "summary"

    def forward(self) -> None:
        before = self.page.url
        self.page.locator("#forward").click()
        self.page.wait_for_function("before => location.href !== before", arg=before)
        expect(self.page.locator("#form section:visible")).to_have_count(1)

    def fill_page(self, answers: Answers) -> None:
        section = self.page.locator("#form section:visible")
        expect(section).to_have_count(1)
        group = section.get_attribute("data-group")
        if not group:
            self.fill_items(section, answers)
            return
        for row in answers.get(group, []):
            section.get_by_role("button", name=re.compile("加一个")).click()
            host = section.locator(".row-host")
            expect(host).to_be_visible()
            self.fill_items(host, row)
            self.page.get_by_role("button", name="填好了，回到列表").click()
            expect(host).to_be_hidden()

    def fill_items(self, place: Locator, answers: Answers) -> None:
        """Answer the items from top to bottom; one that an answer brings up is met further down."""
        keys = place.locator(".item").evaluate_all("blocks => blocks.map((block) => block.dataset.key)")
        for key in keys:
            block = place.locator(f'.item[data-key="{key}"]')
            if key in answers and block.is_visible():
                answer(block, answers[key])

    def fill_item(self, key: str, value: object) -> None:
        answer(self.page.locator(f'#form section:visible .item[data-key="{key}"]:visible'), value)
        self.page.keyboard.press("Tab")

    def explain(self, key: str, words: str) -> None:
        block = self.page.locator(f'#form section:visible .item[data-key="{key}"]:visible')
        box = block.get_by_label("若属实，写一句说明")
        box.fill(words)
        box.blur()

    def open_section(self, title: str) -> None:
        """Go to a section, or to the summary, by the list of all sections."""
        expect(self.page.locator("#form section:visible")).to_have_count(1)
        self.page.get_by_role("button", name=re.compile("全部章节")).click()
        self.page.get_by_role("dialog").get_by_role("link", name=re.compile(title)).click()
        expect(self.page.get_by_role("dialog")).to_be_hidden()

    # --- signing --------------------------------------------------------------------------------------------------

    def sign(self, name: str) -> None:
        """Write a name and draw a signature with a finger."""
        self.page.get_by_label("填报人姓名").fill(name)
        pad = self.page.locator("#pad")
        pad.scroll_into_view_if_needed()
        box = pad.bounding_box()
        assert box is not None
        strokes = [
            ((0.2, 0.3), (0.35, 0.7)),
            ((0.3, 0.25), (0.3, 0.75)),
            ((0.45, 0.35), (0.75, 0.4)),
            ((0.6, 0.25), (0.55, 0.8)),
        ]
        for start, end in strokes:
            self.page.mouse.move(box["x"] + start[0] * box["width"], box["y"] + start[1] * box["height"])
            self.page.mouse.down()
            self.page.mouse.move(box["x"] + end[0] * box["width"], box["y"] + end[1] * box["height"], steps=8)
            self.page.mouse.up()

    def submit(self) -> None:
        self.page.get_by_role("button", name=re.compile("并提交$")).click()
        expect(self.page.get_by_role("heading", name="已收到")).to_be_visible()


def answer(block: Locator, value: object) -> None:
    """Answer one item the way its control wants it; what stands there already stays."""
    if isinstance(value, list):
        for code in value:
            choose(block, str(code))
    elif block.get_by_role("radio").count():
        choose(block, str(value).lower() if isinstance(value, bool) else str(value))
    elif isinstance(value, dict):
        for part, text in value.items():
            box = block.locator(f'input[data-part="{part}"]')
            if box.count():
                write(box, str(text))
    else:
        box = block.locator("input[name]").first
        if box.get_attribute("readonly") is None and box.get_attribute("data-computed") is None:
            write(box, str(value))
            pick(block, str(value))


def choose(block: Locator, code: str) -> None:
    option = block.locator(f'input[value="{code}"]')
    option.check()


def write(box: Locator, text: str) -> None:
    if re.sub(r"[\s\u2009]", "", box.input_value()) != text:
        box.focus()  # a number shows its plain digits once somebody is in it
        box.fill(text)


def pick(block: Locator, code: str) -> None:
    """Take the suggestion with this code, where a list of suggestions came up."""
    suggestion = block.locator(f'[role="option"][data-code="{code}"]')
    if block.get_by_role("listbox").is_visible() and suggestion.count():
        suggestion.click()

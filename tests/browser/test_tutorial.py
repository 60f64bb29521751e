"""The tutorial, done as it says: what its page tells a newcomer to press, type and see is pressed, typed and seen."""

from __future__ import annotations

import re
from collections.abc import Generator
from dataclasses import dataclass, field
from typing import Final
from urllib.parse import urljoin

import pytest
from playwright.sync_api import Locator, Page, expect

from census.schema import ROOT
from forms.catalogue import catalogue
from tests.browser.conftest import DESK, PHONE, Demo, Device, a_demo
from tests.browser.enumerator import Enumerator
from tests.served import eventually

PAGE: Final = ROOT / "docs/tutorial/first-form.md"
FORM: Final = "G101-1"
TOWN_UNITS: Final = 15  # the town that is all but finished, and nothing else
WORKER_WITHIN_S: Final = 120
SIGN_HERE: Final = "请填报人在框内签字"
COUNTY, PROVINCE = "8000", "8001"
WORD: Final = re.compile(
    r"(?P<address>http://127\.0\.0\.1:(?P<port>\d+))"
    r"|\*\*the (?P<known>first factory|factory|village|county's window)\*\*"
    r"|\*\*「(?P<press>[^」]+)」\*\*"
    r"|「(?P<box>[^」]+)」\s`(?P<typed>[^`]+)`"
    r"|「(?P<see>[^」]+)」(?P<grey> is grey)?"
    r"|(?P<table>(?:^\|.*\n)+)",
    re.MULTILINE,
)


@pytest.fixture(scope="module")
def untouched_demo(tmp_path_factory: pytest.TempPathFactory) -> Generator[Demo]:
    """A demo of the tutorial's own: other tests finish the factories that it visits."""
    with a_demo(tmp_path_factory.mktemp("tutorial"), TOWN_UNITS) as demo:
        yield demo


def test_a_newcomer_can_do_all_that_the_tutorial_says(untouched_demo: Demo, device: Device) -> None:
    newcomer = Newcomer(untouched_demo, device)
    _, *steps = re.split(r"^## ", PAGE.read_text(encoding="utf-8"), flags=re.MULTILINE)
    assert len(steps) == 7
    for step in steps:
        newcomer.follow(step)


@dataclass
class Newcomer:
    """Somebody who does what is written, word by word, and remembers which factory and which village it was."""

    demo: Demo
    device: Device
    windows: list[Page] = field(default_factory=list[Page])  # the phone, the county's desk, the province's
    factory: str = ""
    village: str = ""

    @property
    def page(self) -> Page:
        return self.windows[-1]

    def follow(self, step: str) -> None:
        for word in WORD.finditer(step):
            if word["address"]:
                self.open_window(word["port"])
            elif word["known"]:
                self.go_to(word["known"])
            elif word["press"]:
                self.press(word["press"])
            elif word["box"]:
                self.page.get_by_label(word["box"]).first.fill(word["typed"])
            elif word["table"]:
                self.fill(word["table"])
            else:
                self.see(word["see"], is_grey=bool(word["grey"]))

    def open_window(self, port: str) -> None:
        watched = self.device(f"tutorial-{len(self.windows)}", DESK if self.windows else PHONE)
        self.windows.append(watched.page)
        self.page.goto({COUNTY: self.demo.county, PROVINCE: self.demo.province}[port])

    def go_to(self, known: str) -> None:
        page = self.page
        if known == "first factory":
            link = page.locator("li.unit").first.get_by_role("heading").get_by_role("link")
            self.factory = link.inner_text()
            link.click()
            address = page.get_by_text(re.compile("工业路"))
            self.village = address.first.inner_text().partition("工业路")[0]
        elif known == "county's window":
            self.windows.append(self.windows[1])
        elif known == "village" and page.get_by_label("上报的区划").count():
            options = page.get_by_label("上报的区划").locator("option").all_inner_texts()
            [chosen] = [option for option in options if self.village in option]
            page.get_by_label("上报的区划").select_option(label=chosen)
        else:
            self.open_row(self.village if known == "village" else self.factory)

    def open_row(self, name: str) -> None:
        """Open what a list shows under this name, once the worker has done with it."""
        row = self.page.get_by_role("row").filter(has_text=name).first

        def is_there() -> bool:
            self.page.reload()
            return row.count() == 1 and row.get_by_text(re.compile("校验中|正在")).count() == 0

        assert eventually(is_there, WORKER_WITHIN_S), f"{name} never came into the list"
        follow(row.get_by_role("link", name=re.compile(name)))

    def press(self, word: str) -> None:
        """Press the button, link, choice or tab that begins with the word, whatever sign stands before it."""
        name = re.compile(rf"^[^\u4e00-\u9fffA-Za-z]*{re.escape(word)}")
        found = [self.page.get_by_role(role, name=name) for role in ("button", "link", "radio", "tab")]
        first = found[0].or_(found[1]).or_(found[2]).or_(found[3]).filter(visible=True).first
        if first.get_attribute("href", timeout=WORKER_WITHIN_S * 1000):
            follow(first)
        else:
            first.click()
        if word in {"登录", "退出"}:
            self.page.wait_for_url(lambda url: ("/sign-in" in url) == (word == "退出"))

    def see(self, word: str, *, is_grey: bool) -> None:
        if word == SIGN_HERE:
            Enumerator(self.page).sign(self.page.get_by_label("填报人姓名").input_value())
        elif is_grey:
            expect(self.page.get_by_role("button", name=word)).to_be_disabled()
        else:
            text = self.page.get_by_text(word).or_(self.page.get_by_role("tab", name=word))
            expect(text.filter(visible=True).first).to_be_visible(timeout=WORKER_WITHIN_S * 1000)

    def fill(self, table: str) -> None:
        """Answer the items of a table from section to section, up to the page that counts what is wrong."""
        waiting = answers_of(table)
        enumerator = Enumerator(self.page)
        while not enumerator.at_summary():
            for key in self.page.locator("#form section:visible .item").evaluate_all(
                "blocks => blocks.map((block) => block.dataset.key)"
            ):
                block = self.page.locator(f'#form section:visible .item[data-key="{key}"]')
                if key in waiting and block.is_visible():
                    answer(block, waiting.pop(key))
            enumerator.forward()
        assert waiting == {}


def follow(link: Locator) -> None:
    """Click a link and wait for the page behind it: what is read next must not be the page before."""
    page, before = link.page, link.page.url
    leads_on = urljoin(before, link.get_attribute("href") or "") != before
    link.click()
    if leads_on:
        page.wait_for_url(lambda url: url != before)


def answers_of(table: str) -> dict[str, str]:
    """The table's answers by the key of the item; a row may be about every item of a section."""
    form = catalogue().current(FORM)
    rows = [[cell.strip() for cell in line.strip().strip("|").split("|")] for line in table.splitlines()[2:]]
    found: dict[str, str] = {}
    for name, said in rows:
        _, is_section, title = name.partition("every question of ")
        for section in form.sections:
            for item in section.items:
                if (is_section and section.title.endswith(title)) or item.name == name:
                    found[item.key] = said
    return found


def answer(block: Locator, said: str) -> None:
    choice = block.get_by_label(said, exact=True)
    if block.get_by_role("radio").count():
        choice.check()
        return
    block.locator("input[name]").first.fill(said)
    if block.locator(".combo").count():
        block.get_by_role("option", name=re.compile(said)).first.click()  # waits for the list to be fetched
    block.page.keyboard.press("Tab")

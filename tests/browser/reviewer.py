"""What a reviewer does at a desk: finds a record, reads what was found, approves or returns it."""

from __future__ import annotations

import re
from dataclasses import dataclass

from playwright.sync_api import Page, expect

from tests.served import eventually

VERDICT_WITHIN_S = 300


@dataclass(frozen=True, slots=True)
class Reviewer:
    """Somebody at a desk who reviews."""

    page: Page
    address: str

    def open_record(self, unit: str, form: str) -> None:
        """Open a record of the queue; it may take the worker a moment until it is there."""
        row = self.page.get_by_role("row").filter(has_text=unit).filter(has=self.page.get_by_text(form, exact=True))

        def is_there() -> bool:
            self.page.goto(f"{self.address}/review/?form={form}")
            return row.count() == 1 and row.get_by_text("校验中…").count() == 0

        assert eventually(is_there, VERDICT_WITHIN_S), f"{form} of {unit} never came into the queue"
        row.get_by_role("link", name=unit).click()
        expect(self.page.get_by_role("heading", level=1)).to_contain_text(form)

    def approve(self) -> None:
        self.page.get_by_role("button", name=re.compile("^通过")).click()
        expect(self.page.get_by_role("status")).to_contain_text("已通过")

    def tick(self, item: str) -> None:
        """Mark one item to be returned, and no other."""
        for box in self.page.locator("#marks").get_by_role("checkbox", checked=True).all():
            box.uncheck()
        self.page.get_by_role("checkbox", name=re.compile(item)).check()

    def send_back(self, reason: str, words: str) -> None:
        self.page.get_by_role("button", name=re.compile("^退回")).click()
        self.page.get_by_label("原因").select_option(label=reason)
        self.page.get_by_label("请普查员做什么").fill(words)
        self.page.get_by_role("button", name=re.compile("^退回 1 项")).click()
        expect(self.page.get_by_role("status")).to_contain_text("已退回 1 项")

"""A phone that goes where no network is: prepared, cut off, brought back; and what the server has of it in the end."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any, Final

from playwright.sync_api import Page, expect

from tests.browser.conftest import PHONE, Demo, Device, Watched, sign_in
from tests.scripts import located
from tests.served import eventually

PIN: Final = "271828"
ONLINE_WITHIN_S: Final = 180
# What lies in the account's database, as the browser keeps it.
RAW: Final = """async () => {
  const account = localStorage.getItem('account');
  const database = await new Promise((resolve, reject) => {
    const request = indexedDB.open(`census ${account}`);
    request.onsuccess = () => resolve(request.result);
    request.onerror = () => reject(request.error);
  });
  const found = {};
  for (const name of database.objectStoreNames) {
    found[name] = await new Promise((resolve) => {
      const request = database.transaction(name).objectStore(name).getAll();
      request.onsuccess = () => resolve(request.result);
    });
  }
  database.close();
  return found;
}"""
# Where this release's modules lie: a page knows it by its own script.
SCRIPTS: Final = (
    "[...document.querySelectorAll('script[src], link[href]')]"
    ".map((one) => /\\/static\\/[0-9a-f]+\\//.exec(one.src || one.href)).find(Boolean)[0] + 'js/'"
)


def run(page: Page, module: str, body: str) -> Any:
    """Run some lines with one of the phone's own modules: the same instance that the page works with."""
    return page.evaluate(f"async () => {{ const module = await import({SCRIPTS} + '{located(module)}'); {body} }}")


@dataclass(frozen=True, slots=True)
class Phone:
    """A phone whose forms, units and lists are on it."""

    watched: Watched
    address: str

    @property
    def page(self) -> Page:
        return self.watched.page

    def open(self, path: str) -> Page:
        self.page.goto(f"{self.address}{path}")
        return self.page

    def cut(self) -> None:
        self.watched.is_cut = True
        self.watched.context.set_offline(True)

    def mend(self) -> None:
        self.watched.context.set_offline(False)

    def kept(self, store: str) -> list[dict[str, Any]]:
        return run(self.page, "store", f"return (await module.all('{store}')).map(({{ bytes, ...rest }}) => rest)")

    def waiting(self) -> list[dict[str, Any]]:
        return [one for one in [*self.kept("outbox"), *self.kept("uploads")] if one["state"] == "waiting"]

    def all_arrives(self, within_s: float = ONLINE_WITHIN_S) -> bool:
        return eventually(lambda: not self.waiting(), within_s)


def a_prepared_phone(
    demo: Demo, device: Device, name: str, username: str, *, pin: str = PIN, programme: str = "census"
) -> Phone:
    """Sign in, fetch everything, set the PIN, and see the green tick."""
    watched = device(
        name, PHONE, permissions=["geolocation"], geolocation={"longitude": 113.39, "latitude": 23.05, "accuracy": 8}
    )
    phone = Phone(watched, demo.county)
    sign_in(watched.page, demo.county, username, programme)
    page = phone.open("/collect/check")
    expect(page.get_by_role("heading", name="可以出门了").or_(page.get_by_role("heading", name="还差"))).to_be_visible()
    if pin:
        page.get_by_label("新的开锁密码").fill(pin)
        page.get_by_label("再输一次").fill(pin)
        page.get_by_role("button", name="设开锁密码").click()
        expect(page.get_by_role("heading", name="可以出门了")).to_be_visible()
    return phone

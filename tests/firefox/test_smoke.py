"""One journey in Debian's Firefox: signed in, prepared, cut off, a form filled and found again."""

from __future__ import annotations

import json
from collections.abc import Generator
from pathlib import Path
from typing import Any, Final
from uuid import UUID

import pytest

from tests.browser.line import Line, line_to
from tests.browser.offline import PIN, SCRIPTS
from tests.builders.api import PASSWORD
from tests.firefox.driver import Firefox, firefox
from tests.served import ENUMERATOR, instance

BOX: Final = '#form section:not([hidden]) .item[data-key="water_intake_total"] input[name]'


@pytest.fixture(scope="module")
def line(tmp_path_factory: pytest.TempPathFactory) -> Generator[Line]:
    with instance(tmp_path_factory.mktemp("firefox")) as county, line_to(county.port) as line:
        county.add_units(2)
        yield line


@pytest.fixture
def browser(tmp_path: Path) -> Generator[Firefox]:
    with firefox(tmp_path) as started:
        yield started


def test_a_day_without_a_network_in_firefox(line: Line, browser: Firefox) -> None:
    browser.open(f"{line.url}/sign-in?next=/collect/")
    fill(browser, {"#username": ENUMERATOR, "#password": PASSWORD})
    browser.ask("document.querySelector('form.sign-in button').click()")
    assert browser.sees("location.pathname === '/collect/' && document.querySelectorAll('li.unit').length === 2")
    assert browser.sees("navigator.serviceWorker.controller !== null")
    browser.open(f"{line.url}/collect/check")
    assert browser.sees("document.body.textContent.includes('✓ 齐了')"), browser.ask("document.body.innerText")
    fill(browser, {"#pin": PIN, "#again": PIN})
    browser.ask("document.querySelector('#pin-go').click()")
    assert browser.sees("document.querySelector('#points').textContent.includes('✓ 已设')"), browser.ask(
        "document.body.innerText"
    )

    line.become("cut")
    browser.open(f"{line.url}/collect/")
    assert browser.sees("document.querySelectorAll('li.unit').length === 2")
    unit = UUID(str(browser.ask("document.querySelector('li.unit').dataset.unit")))
    browser.open(f"{line.url}/collect/units/{unit}")
    assert browser.sees("document.querySelector('[data-form=\"G102\"] a')?.href.includes('#unit=')")
    form = str(browser.ask("document.querySelector('[data-form=\"G102\"] a').href"))
    browser.open(f"{form}&page=intake")
    assert browser.sees(f"Boolean(document.querySelector('{BOX}')) && !document.querySelector('#form form').hidden")
    fill(browser, {BOX: "5200"})
    assert browser.sees("document.querySelector('#saved').textContent.includes('已存手机')")
    browser.open(f"{line.url}/collect/me")
    assert browser.sees("document.querySelectorAll('#waiting li').length === 1")
    lying = browser.ask(f"(await import({SCRIPTS} + 'phone/keep/store.js')).all('drafts')")
    assert [draft["answers"]["water_intake_total"] for draft in lying] == ["5200"]
    line.become("open")


def fill(browser: Firefox, values: dict[str, Any]) -> None:
    for selector, value in values.items():
        browser.ask(f"""(() => {{
          const box = document.querySelector({json.dumps(selector)});
          box.focus();
          box.value = {json.dumps(value)};
          box.dispatchEvent(new Event('input', {{ bubbles: true }}));
        }})()""")

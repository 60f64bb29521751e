"""What the phone keeps to work without a network: pages without data, the worker, what it downloads of its units."""

from __future__ import annotations

import gzip
import json
import re
from pathlib import Path
from urllib.parse import urljoin
from uuid import UUID

import pytest
from flask.testing import FlaskClient
from sqlalchemy import select

from census.db import FULL
from census.models.register import Assignment
from census.services.collect.states import WITHDRAWABLE
from census.web.collect.addresses import sources
from census.web.collect.shell import SHELLS, precache, shell_address
from tests.builders.api import an_account, an_assigned_unit, remember_nobody, settled
from tests.builders.collect import PlainBrowser
from tests.builders.review import counted, some_regions
from tests.conftest import Databases

HEAVIEST_SHELL = 250_000
ROOT = Path(__file__).parents[3]


@pytest.fixture
def unit(own_databases: Databases) -> UUID:
    with own_databases.census.transaction(FULL) as session:
        some_regions(session)
        account = an_account(session, "enumerator01")
        return an_assigned_unit(session, account, name="兴盛五金加工厂", address="谢村工业路 18 号")


@pytest.fixture
def token(client: FlaskClient, unit: UUID) -> dict[str, str]:  # noqa: ARG001 - the account comes with its unit
    asked = {"username": "enumerator01", "password": "Demo-2017-census", "programme": "census", "device": "phone"}
    return {"Authorization": f"Bearer {client.post('/api/v1/session', json=asked).get_json()['token']}"}


@pytest.mark.parametrize("name", SHELLS)
def test_a_page_of_the_phone_is_the_same_for_everybody_and_kept(client: FlaskClient, unit: UUID, name: str) -> None:  # noqa: ARG001
    before = client.get(shell_address(name))
    PlainBrowser(client).sign_in("enumerator01")
    after = client.get(shell_address(name))
    assert before.data == after.data
    assert "immutable" in after.headers["Cache-Control"]
    text = after.get_data(as_text=True)
    assert not [word for word in ("csrf-token", "enumerator01", "王普查", "兴盛五金") if word in text]
    assert text.count("<h1") in {1, 2}  # the page to unlock has one for each way in


@pytest.mark.parametrize(
    "maker",
    [
        "census/web/templates/collect/blank.html",
        "census/web/collect/form_pages.py",
        "forms/views/fields.py",
        "forms/codelists/fuel_type.csv",
        "validation/evaluators/browser.py",
    ],
)
def test_the_addresses_of_kept_pages_change_with_whatever_makes_them(maker: str) -> None:
    assert ROOT / maker in sources()


def test_an_old_address_of_a_page_is_answered_but_not_kept(client: FlaskClient) -> None:
    assert client.get("/collect/shell/units/0000").headers["Cache-Control"] == "no-cache"
    assert client.get("/collect/shell/nothing/0000").status_code == 404


def test_the_worker_reaches_every_page_and_names_what_is_there(client: FlaskClient) -> None:
    response = client.get("/sw.js")
    assert (response.mimetype, response.headers["Cache-Control"]) == ("text/javascript", "no-cache")
    assert "default-src 'self'" in response.headers["Content-Security-Policy"]
    told = json.loads(re.findall(r"const SERVER = (.*);", response.get_data(as_text=True))[0])
    assert told["precache"] == precache()
    assert [client.get(address).status_code for address in told["precache"]] == [200] * len(precache())
    for address in ("/collect/", f"/collect/units/{UUID(int=1)}", f"/collect/units/{UUID(int=1)}/visit", "/collect/me"):
        assert [shell for pattern, shell in told["shells"] if re.search(pattern, address)], address
    assert not [pattern for pattern, _ in told["shells"] if re.search(pattern, "/collect/units/x/forms/G102/intake")]


def test_all_that_a_page_without_data_loads_is_kept(client: FlaskClient) -> None:
    kept = set(precache())
    for name in SHELLS:
        linked = set(
            re.findall(
                r'(?:href|src)="(/static/[^"]+\.(?:css|js))"', client.get(shell_address(name)).get_data(as_text=True)
            )
        )
        assert linked <= kept, name
        for address in {one for one in linked if one.endswith(".js")}:
            source = client.get(address).get_data(as_text=True)
            named = re.findall(r"""(?:from|import\(?) ?['"](\.[\w./]+)['"]""", source)
            assert {urljoin(address, module) for module in named} <= kept, address


def test_the_whole_shell_is_light(client: FlaskClient) -> None:
    weight = sum(len(gzip.compress(client.get(address).get_data())) for address in [*precache(), "/sw.js"])
    assert weight <= HEAVIEST_SHELL, weight


def test_the_program_can_be_put_on_the_home_screen(client: FlaskClient) -> None:
    manifest = client.get("/app.webmanifest").get_json(force=True)
    assert manifest["start_url"] == "/collect/"
    assert [client.get(icon["src"]).status_code for icon in manifest["icons"]] == [200, 200, 200]


def test_the_phone_fetches_its_units_in_bulk_and_then_only_what_changed(
    client: FlaskClient, token: dict[str, str], unit: UUID
) -> None:
    first = client.get("/collect/phone/units", headers=token).get_json()
    assert [one["id"] for one in first["units"]] == first["mine"] == [str(unit)]
    forms = {form["form"]: form for form in first["units"][0]["forms"]}
    assert forms["G102"]["submission"] is None
    assert first["forms"]["G102"]["blank"].startswith("/collect/blank/G102/")
    assert first["words"]["withdrawable"] == list(WITHDRAWABLE)
    since = f"/collect/phone/units?cursor={first['cursor']}"
    again = settled(lambda: client.get(since, headers=token).get_json(), lambda answer: not answer["units"])
    assert (again["units"], again["mine"]) == ([], [str(unit)])
    assert [
        one["id"] for one in client.get(f"/collect/phone/units?only={unit}", headers=token).get_json()["units"]
    ] == [str(unit)]
    assert client.get("/collect/phone/units?only=x", headers=token).status_code == 400
    assert client.get("/collect/phone/units", headers={"Accept": "application/json"}).status_code == 401


def test_a_colleagues_units_never_reach_the_phone(
    client: FlaskClient, token: dict[str, str], own_databases: Databases
) -> None:
    with own_databases.census.transaction(FULL) as session:
        theirs = an_assigned_unit(session, an_account(session, "enumerator02"), name="别人的厂")
    assert "别人的厂" not in client.get(f"/collect/phone/units?only={theirs}", headers=token).get_data(as_text=True)
    assert str(theirs) not in client.get("/collect/phone/units", headers=token).get_data(as_text=True)


def test_names_around_are_sent_once_for_each_version(client: FlaskClient, token: dict[str, str], unit: UUID) -> None:
    told = client.get("/collect/phone/names", headers=token).get_json()
    assert [row[:3] for row in told["names"]] == [[str(unit), "兴盛五金加工厂", "谢村工业路 18 号"]]
    assert client.get(f"/collect/phone/names?kept={told['version']}", headers=token).get_json() == {
        "version": told["version"]
    }


def test_a_hundred_units_cost_the_queries_of_one(
    client: FlaskClient, token: dict[str, str], own_databases: Databases, unit: UUID
) -> None:
    alone = queries_of(client, token)
    with own_databases.census.transaction(FULL) as session:
        account = session.scalars(select(Assignment).where(Assignment.unit_id == unit)).one().account_id
        for number in range(60):
            session.add(Assignment(unit_id=an_assigned_unit(session, None, name=f"工厂 {number}"), account_id=account))
    assert queries_of(client, token) <= alone


def queries_of(client: FlaskClient, token: dict[str, str]) -> int:
    """How many statements it takes to give a phone its units."""
    remember_nobody(client.application)
    with counted(client.application.extensions["census"].databases["census"].engine) as statements:
        client.get("/collect/phone/units", headers=token)
    return len(statements)


def test_wechats_browser_is_led_out_and_may_stay(client: FlaskClient) -> None:
    wechat = {"User-Agent": "Mozilla/5.0 (Linux; Android 10) Chrome/86 MicroMessenger/8.0.2"}
    assert "在浏览器打开" in client.get("/collect/", headers=wechat).get_data(as_text=True)
    assert client.get("/sign-in?stay=1", headers=wechat).status_code == 303
    assert "用户名" in client.get("/sign-in", headers=wechat).get_data(as_text=True)
    assert "用户名" in client.application.test_client().get("/sign-in").get_data(as_text=True)

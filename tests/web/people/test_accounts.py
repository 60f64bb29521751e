"""Accounts at the administrator's desk, and the password that its owner has to replace before anything else."""

from __future__ import annotations

import re

import pytest
from flask.testing import FlaskClient
from sqlalchemy import select
from werkzeug.test import TestResponse

from census.db import FULL
from census.models.people import Account
from census.services.people.accounts import ABSENT, HASHER
from tests.builders.api import PASSWORD, TOWN, an_account
from tests.builders.review import some_regions
from tests.conftest import Databases

OWN = "my-own-word-17"


class Person:
    """Somebody at a browser."""

    def __init__(self, client: FlaskClient, username: str, password: str = PASSWORD) -> None:
        self.client = client
        self.signed_in = self.post("/sign-in", username=username, password=password)

    def post(self, address: str, **fields: object) -> TestResponse:
        token = re.search(r'name="csrf_token" value="([0-9a-f]+)"', self.client.get("/sign-in").get_data(as_text=True))
        assert token
        return self.client.post(address, data={"csrf_token": token[1], **fields})


@pytest.fixture
def admin(client: FlaskClient, own_databases: Databases) -> Person:
    with own_databases.census.transaction(FULL) as session:
        some_regions(session)
        an_account(session, "admin01", "admin", "440113")
    return Person(client, "admin01")


def made(admin: Person, **fields: object) -> TestResponse:
    wanted = {
        "username": "zhang.san",
        "full_name": "张三",
        "card_number": "44010173",
        "role": ["enumerator", ""],
        "region": [TOWN, ""],
    }
    return admin.post("/admin/accounts", **wanted | fields)


def first_password(response: TestResponse) -> str:
    found = re.search(r"<strong>([a-z2-9-]{19})</strong>", response.get_data(as_text=True))
    assert found
    return found[1]


def test_a_new_account_opens_nothing_before_its_owner_has_set_a_password(admin: Person) -> None:
    given = first_password(made(admin))
    person = Person(admin.client, "zhang.san", given)
    assert person.signed_in.headers["Location"] == "/password?username=zhang.san&programme=census&first=1"
    assert "第一次登录" in admin.client.get(person.signed_in.headers["Location"]).get_data(as_text=True)
    answer = admin.client.post(
        "/api/v1/session", json={"username": "zhang.san", "password": given, "programme": "census", "device": "phone"}
    )
    assert (answer.status_code, answer.get_json()["code"]) == (403, "password_to_change")

    def set_password(**fields: object) -> int:
        wanted = {"username": "zhang.san", "password": given, "wanted": OWN, "again": OWN}
        return person.post("/password", **wanted | fields).status_code

    assert set_password(password="wrong") == 401
    for weak in ("short-1", "onlylettershere", "01234567890123", "zhang.san-2026", "a1a1a1a1a1a1", given):
        assert set_password(wanted=weak, again=weak) == 422, weak
    assert set_password(again="another") == 422
    assert set_password() == 303
    assert Person(admin.client, "zhang.san", given).signed_in.status_code == 401
    assert Person(admin.client, "zhang.san", OWN).signed_in.headers["Location"] == "/"


@pytest.mark.parametrize(
    ("fields", "problem"),
    [
        ({"username": "Zhang San"}, "用户名用小写字母开头"),
        ({"username": "admin01"}, "已经有人用了"),
        ({"full_name": " "}, "请写姓名"),
        ({"role": [""], "region": [""]}, "至少给一个角色"),
        ({"role": ["inspector"], "region": [TOWN]}, "没有“inspector”这个角色"),
        ({"region": ["440113999", ""]}, "不在区划表里"),
        ({"card_number": ""}, "普查员要有普查员证号"),
    ],
)
def test_what_is_wrong_with_a_new_account_is_told(admin: Person, fields: dict[str, object], problem: str) -> None:
    response = made(admin, **fields)
    assert (response.status_code, problem in response.get_data(as_text=True)) == (422, True)


def test_an_administrator_gives_roles_in_the_own_regions_only(admin: Person, own_databases: Databases) -> None:
    assert made(admin, role=["province"], region=["44"]).status_code == 403
    with own_databases.census.transaction(FULL) as session:
        above = an_account(session, "admin09", "admin", "44").id
    for address in (f"/admin/accounts/{above}/password", f"/admin/accounts/{above}/active"):
        assert admin.post(address).status_code == 404
    assert admin.client.get(f"/admin/accounts/{above}/change").status_code == 404
    with own_databases.census.transaction(FULL) as session:
        an_account(session, "enumerator01")
    assert made(Person(admin.client, "enumerator01")).status_code == 403


def test_roles_change_and_an_account_is_put_aside_and_let_in_again(admin: Person, own_databases: Databases) -> None:
    made(admin)

    def account() -> Account:
        with own_databases.census.transaction(FULL) as session:
            return session.scalars(select(Account).where(Account.username == "zhang.san")).one()

    address = f"/admin/accounts/{account().id}"
    assert "张三" in admin.client.get(f"{address}/change").get_data(as_text=True)
    admin.post(f"{address}/change", full_name="张三丰", card_number="", role=["supervisor"], region=[TOWN])
    assert (account().full_name, [grant.role for grant in account().grants]) == ("张三丰", ["supervisor"])
    admin.post(f"{address}/active")
    assert not account().is_active
    admin.post(f"{address}/active", active="1")
    given = first_password(admin.post(f"{address}/password"))
    assert Person(admin.client, "zhang.san", given).signed_in.headers["Location"].startswith("/password")


def test_an_administrator_cannot_lock_the_own_door(admin: Person, own_databases: Databases) -> None:
    with own_databases.census.transaction(FULL) as session:
        own = session.scalars(select(Account.id).where(Account.username == "admin01")).one()
    assert "不能停用自己的账号" in admin.client.get(
        admin.post(f"/admin/accounts/{own}/active").headers["Location"]
    ).get_data(as_text=True)
    assert (
        admin.post(f"/admin/accounts/{own}/change", full_name="陈", role=["auditor"], region=["440113"]).status_code
        == 422
    )


def test_a_role_given_twice_is_one(admin: Person, own_databases: Databases) -> None:
    assert made(admin, role=["enumerator"] * 2, region=[TOWN] * 2).status_code == 200
    with own_databases.census.transaction(FULL) as session:
        assert len(session.scalars(select(Account).where(Account.username == "zhang.san")).one().grants) == 1


def test_a_sign_in_takes_as_long_for_a_name_that_nobody_has() -> None:
    assert not HASHER.check_needs_rehash(ABSENT)

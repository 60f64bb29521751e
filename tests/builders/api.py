"""An enumerator with assigned units, and what a phone would send for them. Say only what matters."""

from __future__ import annotations

import json
import time
from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Any
from uuid import UUID, uuid4

from argon2 import PasswordHasher
from flask import Flask
from flask.testing import FlaskClient
from sqlalchemy.orm import Session
from werkzeug.test import TestResponse

from census.db import FULL, Database
from census.models.people import Account
from census.models.register import Assignment, Unit
from census.services.people.accounts import create_account

PASSWORD = "Demo-2017-census"
PASSWORD_HASH = PasswordHasher(time_cost=1, memory_cost=8, parallelism=1).hash(PASSWORD)
"""A hash tells what checking it costs, and most tests begin by signing in. ``HASHER`` makes those of real people."""

TOWN, OTHER_TOWN, VILLAGE = "440113011", "440113012", "440113011001"


def an_account(session: Session, username: str, role: str = "enumerator", region: str = TOWN) -> Account:
    account = create_account(
        session,
        username=username,
        password="",
        password_hash=PASSWORD_HASH,
        full_name="王普查",
        grants=[(role, region)],
        card_number="440113-0173",
    )
    session.flush()
    return account


def an_assigned_unit(session: Session, account: Account | None, region: str = VILLAGE, **values: Any) -> UUID:
    unit = Unit(**{"kind": "industrial", "name": "兴盛五金加工厂", "region_code": region, "forms": ["G102"], **values})
    session.add(unit)
    session.flush()
    if account is not None:
        session.add(Assignment(unit_id=unit.id, account_id=account.id))
        session.flush()
    return unit.id


@dataclass
class Phone:
    """A signed-in device and the units of its enumerator."""

    client: FlaskClient
    token: str
    receipt_key: str
    units: list[UUID] = field(default_factory=list[UUID])

    @property
    def headers(self) -> dict[str, str]:
        return {"Authorization": f"Bearer {self.token}"}

    def get(self, path: str, **headers: str) -> TestResponse:
        return self.client.get(f"/api/v1{path}", headers=self.headers | headers)

    def post(self, path: str, value: Any) -> TestResponse:
        return self.post_bytes(path, json.dumps(value).encode())

    def post_bytes(self, path: str, content: bytes) -> TestResponse:
        return self.client.post(f"/api/v1{path}", data=content, headers=self.headers, content_type="application/json")

    def send(self, *drafts: dict[str, Any]) -> list[dict[str, Any]]:
        answer = self.post("/submissions", {"submissions": drafts})
        assert answer.status_code == 200, answer.get_data(as_text=True)
        return answer.get_json()["results"]


def a_phone(
    client: FlaskClient, username: str = "enumerator01", units: list[UUID] | None = None, device: str = "phone"
) -> Phone:
    answer = client.post(
        "/api/v1/session",
        json={"username": username, "password": PASSWORD, "programme": "census", "device": device},
    )
    assert answer.status_code == 201, answer.get_data(as_text=True)
    opened = answer.get_json()
    return Phone(client, opened["token"], opened["receipt_key"], units or [])


def an_enumerators_phone(client: FlaskClient, database: Database, units: int = 2) -> Phone:
    """A phone of enumerator01, who has some units in a village."""
    with database.transaction(FULL) as session:
        account = an_account(session, "enumerator01")
        ids = [an_assigned_unit(session, account, name=f"工厂 {number}") for number in range(units)]
    return a_phone(client, units=ids)


def settled(ask: Callable[[], dict[str, Any]], wanted: Callable[[dict[str, Any]], bool]) -> dict[str, Any]:
    """Ask as a phone does, again and again, until every older transaction of the server has ended.

    The server is shared by test runs. Until then the same changes come once more, which does no harm and misses none.
    """
    until = time.monotonic() + 120
    while not wanted(answer := ask()) and time.monotonic() < until:
        pass
    return answer


def remember_nobody(app: Flask) -> None:
    """Have the next request look up who sends it: it is remembered for seconds, and a slow machine lets them pass."""
    app.extensions["census.actors"].clear()


def a_draft(unit: UUID | str, **values: Any) -> dict[str, Any]:
    """One submission in the API's shape. It has findings: what the checks say is not the matter of these tests."""
    return {
        "id": str(uuid4()),
        "unit": str(unit),
        "form": "G102",
        "version": "2017.1",
        "revision": 1,
        "answers": {"water_intake_total": "12400", "tap_water_intake": "12400"},
        "explanations": [],
        "files": [],
        "device": "phone",
        **values,
    }

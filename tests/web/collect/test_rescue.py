"""A phone that cannot send: its sealed file is taken in at the desk, once however often; a lost phone forgets all."""

from __future__ import annotations

import base64
import hashlib
import io
import json
import os
from uuid import UUID

import pytest
from cryptography.hazmat.primitives.ciphers.aead import AESGCM
from flask.testing import FlaskClient
from sqlalchemy import select

from census.db import FULL
from census.models.collect import Draft, Revision
from census.models.files import Blob
from census.models.people import DeviceSession
from census.services.collect.rescue import FORMAT, rescue_key
from tests.builders.api import OTHER_TOWN, TOWN, a_draft, an_account, an_assigned_unit
from tests.builders.collect import PASSWORD, PlainBrowser
from tests.builders.photos import a_jpeg
from tests.conftest import Databases

JPEG = a_jpeg()


@pytest.fixture
def unit(own_databases: Databases) -> UUID:
    with own_databases.census.transaction(FULL) as session:
        an_account(session, "supervisor01", "supervisor", TOWN)
        an_account(session, "supervisor02", "supervisor", OTHER_TOWN)
        return an_assigned_unit(session, an_account(session, "enumerator01"))


@pytest.fixture
def phone(client: FlaskClient, unit: UUID, own_databases: Databases) -> DeviceSession:  # noqa: ARG001 - the account comes with its unit
    asked = {"username": "enumerator01", "password": PASSWORD, "programme": "census", "device": "phone"}
    client.post("/api/v1/session", json=asked)
    with own_databases.census.transaction(FULL) as session:
        return session.scalars(select(DeviceSession)).one()


def rescue_file(phone: DeviceSession, unit: UUID, submission: dict[str, object]) -> bytes:
    head = {
        "at": "2018-08-20T09:51:00Z",
        "visits": [],
        "submissions": [submission],
        "drafts": [{"unit": str(unit), "form": "G101-1", "answers": {"unit_name": "兴盛"}, "explanations": []}],
        "files": [{"sha256": hashlib.sha256(JPEG).hexdigest(), "size": len(JPEG)}],
    }
    iv = os.urandom(12)
    box = AESGCM(rescue_key(phone.receipt_key)).encrypt(
        iv, json.dumps(head).encode() + b"\n" + JPEG, f"{FORMAT} {phone.id}".encode()
    )
    about = {"format": FORMAT, "session": str(phone.id), "iv": base64.b64encode(iv).decode()}
    return json.dumps(about).encode() + b"\n" + box


def take_in(client: FlaskClient, content: bytes, username: str = "supervisor01") -> tuple[int, str]:
    desk = PlainBrowser(client).sign_in(username).open("/rescue/")
    answer = client.post(
        "/rescue/", data={"csrf_token": desk.fields["csrf_token"][0], "file": (io.BytesIO(content), "day.census")}
    )
    return answer.status_code, answer.get_data(as_text=True)


def test_what_a_phone_could_not_send_is_taken_in_once(
    client: FlaskClient, unit: UUID, phone: DeviceSession, own_databases: Databases
) -> None:
    content = rescue_file(phone, unit, a_draft(unit))
    assert "新收 1 份表，已有 0 份" in take_in(client, content)[1]
    assert "新收 0 份表，已有 1 份" in take_in(client, content)[1]
    with own_databases.census.transaction(FULL) as session:
        assert session.scalars(select(Revision)).one().account_id == phone.account_id
        assert session.scalars(select(Blob)).one().sha256 == hashlib.sha256(JPEG).hexdigest()
        assert session.scalars(select(Draft)).one().form == "G101-1"


def test_a_desk_of_another_town_takes_nothing_in(
    client: FlaskClient, unit: UUID, phone: DeviceSession, own_databases: Databases
) -> None:
    assert "新收 0 份表" in take_in(client, rescue_file(phone, unit, a_draft(unit)), "supervisor02")[1]
    with own_databases.census.transaction(FULL) as session:
        assert not session.scalars(select(Revision)).all()


def test_a_spoiled_file_is_refused(client: FlaskClient, unit: UUID, phone: DeviceSession) -> None:
    whole = rescue_file(phone, unit, a_draft(unit))
    for content in (whole[:-1] + bytes([whole[-1] ^ 1]), whole[:200], b"{}\n", b""):
        status, said = take_in(client, content)
        assert status == 422
        assert "救援文件" in said


def test_an_enumerator_takes_no_files_in(client: FlaskClient, unit: UUID) -> None:  # noqa: ARG001
    PlainBrowser(client).sign_in("enumerator01")
    assert client.get("/rescue/").status_code == 403


def test_a_lost_phone_is_told_to_forget(
    client: FlaskClient,
    unit: UUID,  # noqa: ARG001 - its account is signed in on the phone
    phone: DeviceSession,
    own_databases: Databases,
) -> None:
    with own_databases.census.transaction(FULL) as session:
        an_account(session, "admin01", "admin", TOWN)
    asked = {"username": "enumerator01", "password": PASSWORD, "programme": "census", "device": "phone"}
    bearer = {"Authorization": f"Bearer {client.post('/api/v1/session', json=asked).get_json()['token']}"}
    admin = PlainBrowser(client).sign_in("admin01").open(f"/admin/accounts/{phone.account_id}")
    client.post(f"/admin/devices/{phone.id}/revoke", data={"csrf_token": admin.fields["csrf_token"][0], "wipe": "1"})
    answer = client.get("/api/v1/units", headers=bearer)  # another session of the same account on the same phone
    assert (answer.status_code, answer.get_json()["code"]) == (401, "device_revoked")

"""Resumable upload: with a foreign client over a real server, and by the letter of the protocol."""

from __future__ import annotations

import base64
import hashlib
import io
import threading
from collections.abc import Iterator
from dataclasses import replace
from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest
from flask import Flask
from flask.testing import FlaskClient
from sqlalchemy import select, update
from tusclient.client import TusClient
from werkzeug.serving import make_server
from werkzeug.test import TestResponse

from census.db import FULL, now
from census.models.files import Blob, Upload
from census.models.handup import ReceivedPackage
from census.services.handup import keys
from exports.upload import Target, send
from tests.builders.api import Phone, a_draft, a_phone, an_account, an_enumerators_phone
from tests.builders.photos import a_jpeg
from tests.conftest import Databases

PHOTO = a_jpeg(1280, 960)
SHA256 = hashlib.sha256(PHOTO).hexdigest()
TUS = {"Tus-Resumable": "1.0.0"}


@pytest.fixture
def phone(client: FlaskClient, own_databases: Databases) -> Phone:
    return an_enumerators_phone(client, own_databases.census)


@pytest.fixture
def address(app: Flask) -> Iterator[str]:
    """The application behind a real server."""
    server = make_server("127.0.0.1", 0, app, threaded=True)
    thread = threading.Thread(target=server.serve_forever)
    thread.start()
    yield f"http://127.0.0.1:{server.server_port}/api/v1/files"
    server.shutdown()
    thread.join()
    server.server_close()


def ask(phone: Phone, method: str, path: str, data: bytes = b"", **headers: Any) -> TestResponse:
    given = {name.replace("_", "-"): str(value) for name, value in headers.items()}
    return phone.client.open(path, method=method, data=data, headers=TUS | phone.headers | given)


def begin(phone: Phone, size: int = len(PHOTO), **headers: Any) -> str:
    answer = ask(phone, "POST", "/api/v1/files", Upload_Length=size, **headers)
    assert answer.status_code == 201
    return answer.headers["Location"]


def part(phone: Phone, path: str, data: bytes, offset: int, **headers: Any) -> TestResponse:
    return ask(
        phone, "PATCH", path, data, Upload_Offset=offset, Content_Type="application/offset+octet-stream", **headers
    )


def checksum(data: bytes) -> str:
    return f"sha256 {base64.b64encode(hashlib.sha256(data).digest()).decode()}"


def test_a_foreign_client_uploads_in_parts_and_resumes(phone: Phone, address: str) -> None:
    client = TusClient(address, headers=phone.headers)
    first = client.uploader(
        file_stream=io.BytesIO(PHOTO), chunk_size=50_000, metadata={"sha256": SHA256}, upload_checksum=True
    )
    first.upload_chunk()
    second = client.uploader(file_stream=io.BytesIO(PHOTO), chunk_size=50_000, url=first.url, upload_checksum=True)
    assert second.offset == 50_000
    second.upload()
    assert phone.get(f"/files/{SHA256}").data == PHOTO


def test_the_same_photo_twice_is_kept_once(phone: Phone, own_databases: Databases) -> None:
    for _ in range(2):
        assert part(phone, begin(phone), PHOTO, 0).status_code == 204
    with own_databases.census.transaction(FULL) as session:
        blob = session.scalars(select(Blob)).one()
        assert (blob.sha256, blob.size, blob.media_type) == (SHA256, len(PHOTO), "image/jpeg")
    folder = own_databases.settings.data_dir
    assert [path.name for path in (folder / "files" / "census").rglob("*") if path.is_file()] == [SHA256]
    assert list((folder / "uploads" / "census").iterdir()) == []


def test_a_part_at_the_wrong_place_is_answered_409_with_the_right_one(phone: Phone) -> None:
    path = begin(phone)
    part(phone, path, PHOTO[:1000], 0)
    answer = part(phone, path, PHOTO[500:], 500)
    assert (answer.status_code, answer.get_json()["offset"]) == (409, 1000)
    assert ask(phone, "HEAD", path).headers["Upload-Offset"] == "1000"


def test_a_part_that_changed_on_its_way_is_answered_460_and_not_kept(phone: Phone) -> None:
    path = begin(phone)
    assert part(phone, path, PHOTO, 0, Upload_Checksum=checksum(b"something else")).status_code == 460
    assert ask(phone, "HEAD", path).headers["Upload-Offset"] == "0"
    assert part(phone, path, PHOTO, 0, Upload_Checksum=checksum(PHOTO)).status_code == 204


def test_a_file_that_is_not_what_was_promised_is_thrown_away(phone: Phone) -> None:
    path = begin(phone, Upload_Metadata=f"sha256 {base64.b64encode(b'0' * 64).decode()}")
    assert part(phone, path, PHOTO, 0).status_code == 460
    assert ask(phone, "HEAD", path).status_code == 404


@pytest.mark.parametrize(
    "content", [b"MZ\x90\x00" + bytes(100), b"<html><script>alert(1)</script></html>", b"RIFF1234WAVE" + bytes(9)]
)
def test_a_file_that_is_no_photo_is_refused_whatever_its_name_says(phone: Phone, content: bytes) -> None:
    name = base64.b64encode(b"photo.jpg").decode()
    path = begin(phone, len(content), Upload_Metadata=f"filename {name},filetype aW1hZ2UvanBlZw==")
    assert part(phone, path, content, 0).status_code == 415
    assert ask(phone, "HEAD", path).status_code == 404


def test_more_than_was_announced_is_not_kept(phone: Phone) -> None:
    path = begin(phone, 1000)
    assert part(phone, path, PHOTO[:2000], 0).status_code == 413
    assert int(ask(phone, "HEAD", path).headers["Upload-Offset"]) <= 1000


def test_an_upload_can_be_given_up(phone: Phone) -> None:
    path = begin(phone)
    assert ask(phone, "DELETE", path).status_code == 204
    assert ask(phone, "HEAD", path).status_code == 404
    assert part(phone, path, PHOTO, 0).status_code == 404


def test_an_upload_is_its_senders_alone(phone: Phone, own_databases: Databases) -> None:
    path = begin(phone)
    with own_databases.census.transaction(FULL) as session:
        an_account(session, "enumerator02")
    stranger = a_phone(phone.client, "enumerator02")
    assert ask(stranger, "HEAD", path).status_code == 404
    assert part(stranger, path, PHOTO, 0).status_code == 404
    assert ask(stranger, "DELETE", path).status_code == 404


def test_an_unfinished_upload_expires(phone: Phone, own_databases: Databases) -> None:
    path = begin(phone)
    assert "Upload-Expires" in ask(phone, "HEAD", path).headers
    with own_databases.census.transaction(FULL) as session:
        session.execute(update(Upload).values(expires_at=now() - timedelta(minutes=1)))
    assert ask(phone, "HEAD", path).status_code == 410
    begin(phone)
    assert ask(phone, "HEAD", path).status_code == 404


def test_what_a_kill_left_complete_is_finished_when_the_client_asks(phone: Phone, own_databases: Databases) -> None:
    path = begin(phone)
    upload_id = path.rpartition("/")[2]
    (own_databases.settings.data_dir / "uploads" / "census" / upload_id).write_bytes(PHOTO)
    assert ask(phone, "HEAD", path).headers["Upload-Offset"] == str(len(PHOTO))
    assert phone.get(f"/files/{SHA256}").status_code == 200


def test_evidence_is_shown_to_the_reviewers_of_its_region_only(phone: Phone, own_databases: Databases) -> None:
    part(phone, begin(phone), PHOTO, 0)
    phone.send(a_draft(phone.units[0], files=[SHA256]))
    with own_databases.census.transaction(FULL) as session:
        an_account(session, "supervisor01", "supervisor")
        an_account(session, "supervisor02", "supervisor", "440113012")
    statuses = [
        a_phone(phone.client, name).get(f"/files/{SHA256}").status_code for name in ("supervisor01", "supervisor02")
    ]
    assert statuses == [200, 404]


def test_the_server_says_what_it_can(client: FlaskClient) -> None:
    answer = client.open("/api/v1/files", method="OPTIONS")
    assert answer.status_code == 204
    assert set(answer.headers["Tus-Extension"].split(",")) == {"creation", "checksum", "termination", "expiration"}
    assert answer.headers["Tus-Version"] == answer.headers["Tus-Resumable"] == "1.0.0"


@pytest.mark.parametrize(
    ("headers", "status"),
    [
        ({"Upload-Length": "1"}, 412),
        (TUS, 400),
        (TUS | {"Upload-Length": "-1"}, 400),
        (TUS | {"Upload-Length": "x"}, 400),
        (TUS | {"Upload-Length": "9" * 30}, 400),
        (TUS | {"Upload-Length": str(10**12)}, 413),
        (TUS | {"Upload-Defer-Length": "1"}, 400),
        (TUS | {"Upload-Length": "1", "Upload-Metadata": "name !"}, 400),
        (TUS | {"Upload-Length": "1", "Upload-Metadata": "key_id eA=="}, 400),
        (TUS | {"Upload-Length": "1", "Upload-Metadata": "name AA=="}, 400),
    ],
)
def test_a_beginning_that_breaks_the_protocol_is_refused(phone: Phone, headers: dict[str, str], status: int) -> None:
    assert phone.client.post("/api/v1/files", headers=phone.headers | headers).status_code == status


def test_parts_that_break_the_protocol_are_refused(phone: Phone) -> None:
    path = begin(phone)
    assert ask(phone, "PATCH", path, b"x", Upload_Offset=0, Content_Type="image/jpeg").status_code == 415
    assert part(phone, path, b"x", -1).status_code == 400
    assert part(phone, path, b"x", 0, Upload_Checksum="crc32 AA==").status_code == 400
    assert part(phone, path, b"x", 0, Upload_Checksum="sha256 !").status_code == 400


def test_uploading_needs_a_token(client: FlaskClient) -> None:
    assert client.post("/api/v1/files", headers=TUS | {"Upload-Length": "1"}).status_code == 401
    assert client.post("/api/v1/packages", headers=TUS | {"Upload-Length": "1"}).status_code == 401


def test_another_instance_sends_a_package_that_the_worker_will_find(
    address: str, own_databases: Databases, tmp_path: Path
) -> None:
    county = replace(own_databases.settings, data_dir=tmp_path / "county", region="440113")
    with own_databases.census.transaction(FULL) as session:
        keys.trust(session, keys.public_document(county))
    package = tmp_path / "package.zip"
    package.write_bytes(bytes(range(256)) * 20_000)
    target = Target(address.removesuffix("/api/v1/files"), keys.signing_key(county))
    sent = send(target, package, "0" * 64)
    assert send(target, package, "0" * 64, sent) == sent
    with own_databases.census.transaction(FULL) as session:
        arrived = session.scalars(select(ReceivedPackage)).one()
        assert (sent.rpartition("/")[2], arrived.state, arrived.region_code) == (str(arrived.id), "verifying", "440113")
        assert (own_databases.settings.data_dir / arrived.file).read_bytes() == package.read_bytes()

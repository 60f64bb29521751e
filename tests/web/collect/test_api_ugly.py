"""Whatever arrives, the answer is below 500 and nothing is half-stored."""

from __future__ import annotations

import json
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any
from uuid import uuid4

import pytest
from flask.testing import FlaskClient
from sqlalchemy import func, select

from census.app import create_app
from census.db import FULL
from census.models.collect import Submission
from tests.builders.api import Phone, a_draft, an_enumerators_phone
from tests.conftest import Databases


@pytest.fixture(scope="module")
def own(make_databases: Callable[[Path], Databases], tmp_path_factory: pytest.TempPathFactory) -> Databases:
    """One pair of databases for this file: what is refused leaves nothing that the next test could meet."""
    return make_databases(tmp_path_factory.mktemp("ugly"))


@pytest.fixture(scope="module")
def client(own: Databases) -> Iterator[FlaskClient]:
    app = create_app(own.settings)
    yield app.test_client()
    app.extensions["census"].close()


@pytest.fixture(scope="module")
def phone(client: FlaskClient, own: Databases) -> Phone:
    return an_enumerators_phone(client, own.census)


@pytest.fixture
def stored(own: Databases) -> Callable[[], int]:
    """Count what was stored since the test began."""

    def count() -> int:
        with own.census.transaction(FULL) as session:
            return session.scalar(select(func.count()).select_from(Submission)) or 0

    before = count()
    return lambda: count() - before


BROKEN = {
    "nothing": b"",
    "broken": b'{"submissions": [',
    "text": b"hello",
    "null": b"null",
    "a number": b"1",
    "a list": b"[]",
    "no member": b"{}",
    "not a list": b'{"submissions": {}}',
    "empty": b'{"submissions": []}',
    "NaN": b'{"submissions": [NaN]}',
    "not UTF-8": b'{"submissions": ["\xff\xfe"]}',
    "UTF-16": '{"submissions": [1]}'.encode("utf-16"),
    "nested": b'{"submissions": ' + b"[" * 100_000 + b"]" * 100_000 + b"}",
    "nested with half a character": b'{"submissions": ["\\ud800", ' + b"[" * 100_000 + b"]" * 100_000 + b"]}",
    "a raw NUL": b'{"submissions": ["\x00"]}',
    "endless number": b'{"submissions": [' + b"9" * 5000 + b', "\\ud800"]}',
}


@pytest.mark.parametrize("body", BROKEN.values(), ids=BROKEN.keys())
@pytest.mark.parametrize("path", ["/submissions", "/visits"])
def test_a_body_that_cannot_be_read_is_answered_400(
    phone: Phone, stored: Callable[[], int], path: str, body: bytes
) -> None:
    answer = phone.post_bytes(path, body.replace(b"submissions", path[1:].encode()))
    assert (answer.status_code, answer.mimetype) == (400, "application/problem+json")
    assert stored() == 0


def test_201_submissions_are_too_many(phone: Phone, stored: Callable[[], int]) -> None:
    answer = phone.post("/submissions", {"submissions": [a_draft(phone.units[0]) for _ in range(201)]})
    assert (answer.status_code, answer.get_json()["code"]) == (422, "too_many")
    assert stored() == 0


def test_200_submissions_are_not(phone: Phone, stored: Callable[[], int]) -> None:
    results = phone.send(*(a_draft(phone.units[0]) for _ in range(200)))
    assert {result["status"] for result in results} == {"stored"}
    assert stored() == 200


@pytest.mark.parametrize("path", ["/submissions", "/visits", "/session"])
def test_20_megabytes_are_too_large(phone: Phone, path: str) -> None:
    assert phone.post_bytes(path, b'{"submissions": ["' + b"x" * 20 * 2**20 + b'"]}').status_code == 413


def test_duplicate_keys_are_read_as_every_other_reader_does(phone: Phone) -> None:
    body = json.dumps({"submissions": [a_draft(phone.units[0])]}).replace(
        '"revision": 1', '"revision": 7, "revision": 1'
    )
    assert phone.post_bytes("/submissions", body.encode()).get_json()["results"][0]["revision"] == 1


WRONG: dict[str, Any] = {
    "id": [None, 1, "", "x", [], {}, True, "0" * 33, "\u202e"],
    "unit": [None, 1, "x", [], {}],
    "visit": [1, "x", [], {}],
    "form": [None, 1, [], {}, True],
    "version": [None, 2017.1, [], {}],
    "revision": [None, 0, -1, 1.5, "1", True, [], {}, 2**31, 10**18, 10**30, 1e300],
    "answers": [None, 1, "x", [], True],
    "explanations": [1, "x", {}, [1], [{}], [{"check": 1, "path": "", "text": ""}], [None]],
    "files": [1, "x", {}, [1], ["x"], ["AB" * 32], [None]],
    "digest": [1, [], {}, "x", "é" * 64],
    "device": [1, [], {}],
    "confirmation": [1, "x", [], {}, {"name": "王", "how": "mail", "at": "2018-08-20T09:12:00+08:00"}],
}


@pytest.mark.parametrize(("member", "value"), [(member, value) for member, values in WRONG.items() for value in values])
def test_a_wrong_type_in_an_envelope_is_refused_by_itself(phone: Phone, member: str, value: Any) -> None:
    results = phone.send(a_draft(phone.units[0]) | {member: value}, a_draft(phone.units[1]))
    assert [result["status"] for result in results] == ["refused", "stored"]


@pytest.mark.parametrize("element", [None, 1, "x", [], True, {}, {"id": 1}, {"id": str(uuid4())}])
def test_an_element_that_is_no_submission_is_refused_by_itself(phone: Phone, element: Any) -> None:
    results = phone.send(element, a_draft(phone.units[0]))
    assert [result["status"] for result in results] == ["refused", "stored"]


DEEP = json.loads("[" * 200 + "]" * 200)


@pytest.mark.parametrize(
    "answers",
    [
        {"unit_name": "a\0b"},
        {"a\0b": "x"},
        {"facility": [{"x": ["\0"]}]},
        {"unit_name": "\ud800"},
        {"\udfff": "x"},
        {"unit_name": DEEP},
    ],
)
def test_answers_that_cannot_be_kept_are_refused_by_themselves(phone: Phone, answers: Any) -> None:
    results = phone.send(a_draft(phone.units[0], answers=answers), a_draft(phone.units[1]))
    assert [(result["status"], result["reason"]) for result in results] == [("refused", "unreadable"), ("stored", None)]


@pytest.mark.parametrize(
    "value",
    [
        1,
        1.5,
        -0.0,
        1e300,
        2**53 + 1,
        2**63,
        -(2**63),
        2**64 - 1,
        10**30,
        True,
        [],
        {},
        [1],
        [[1]],
        {"x": 1},
        [None],
        "",
        " ",
        "12,5",
        "١٢",
        "1e5",
        "9" * 400,
        "\u202e",
        "\\u0000",
        {"d": 1},
        {"lon": "x"},
        "😀" * 1000,
        ["1", "1"],
        [{"run_hours": 1}],
    ],
)
@pytest.mark.parametrize("item", ["water_intake_total", "facility", "no_such_item", "🚰"])
def test_an_answer_of_a_wrong_type_is_stored_with_its_findings(phone: Phone, item: str, value: Any) -> None:
    draft = a_draft(phone.units[0], answers={item: value})
    [result] = phone.send(draft)
    assert result["status"] == "stored"
    assert any(found["severity"] == "error" for found in result["findings"])
    assert phone.send(draft)[0]["status"] == "repeat"


def test_half_a_character_spoils_only_the_submission_it_stands_in(phone: Phone) -> None:
    half, whole = (
        a_draft(phone.units[0], answers={"unit_name": "\ud83d"}),
        a_draft(phone.units[1], answers={"unit_name": "😀"}),
    )
    assert [result["status"] for result in phone.send(half, whole)] == ["refused", "stored"]


def test_members_that_this_version_does_not_know_are_left_out(phone: Phone) -> None:
    assert phone.send(a_draft(phone.units[0], battery=17))[0]["status"] == "stored"


@pytest.mark.parametrize(
    "token", ["", "x", "census.x", "scattered.x", "census.\u00e9", "census." + "x" * 5000, "x.y.z"]
)
def test_a_wrong_token_is_answered_401(client: FlaskClient, token: str) -> None:
    for path in ("/units", "/changes", "/reviews", "/forms"):
        answer = client.get(f"/api/v1{path}", headers={"Authorization": f"Bearer {token}".encode().decode("latin-1")})
        assert (answer.status_code, answer.mimetype) == (401, "application/problem+json")


def test_a_cookie_is_no_token(client: FlaskClient) -> None:
    assert client.get("/api/v1/units", headers={"Cookie": "census_county_440113=x"}).status_code == 401


@pytest.mark.parametrize(
    "request_body",
    [
        b"",
        b"[]",
        b"{}",
        b'{"username": 1, "password": "x"}',
        b'{"username": "a\\u0000", "password": "x"}',
        b'{"username": "a", "password": "\\ud800"}',
        b'{"username": "a", "password": "x", "programme": "both"}',
        b'{"username": "a", "password": "x", "device": {}}',
    ],
)
def test_a_sign_in_that_cannot_be_read_is_no_fault_of_ours(client: FlaskClient, request_body: bytes) -> None:
    assert client.post("/api/v1/session", data=request_body).status_code in {400, 401, 422}


@pytest.mark.parametrize(
    "query", ["x", "1", "1.", ".1", "-1.1", "9" * 30 + ".1", "1." + "9" * 40, "\u0661.1", "1.1.1.1", "\0"]
)
@pytest.mark.parametrize("path", ["/units?cursor=", "/changes?since="])
def test_a_cursor_that_is_none_of_ours_is_answered_422(phone: Phone, path: str, query: str) -> None:
    assert (
        phone.client.get(
            "/api/v1" + path.split("?", maxsplit=1)[0],
            query_string={path.split("?")[1][:-1]: query},
            headers=phone.headers,
        ).status_code
        == 422
    )


@pytest.mark.parametrize(
    "body",
    [
        {},
        [],
        {"outcome": "approve"},
        {"outcome": "x", "expected_revision": 1},
        {"outcome": "approve", "expected_revision": "1"},
        {"outcome": "approve", "expected_revision": 10**30},
        {"outcome": "return", "expected_revision": 1, "items": {}},
        {"outcome": "return", "expected_revision": 1, "items": [{"path": 1}]},
        {"outcome": "return", "note": "\0", "expected_revision": 1},
    ],
)
def test_a_decision_that_cannot_be_read_is_no_fault_of_ours(phone: Phone, body: Any) -> None:
    assert phone.post(f"/submissions/{uuid4()}/decisions", body).status_code in {400, 422}


def test_who_only_collects_may_not_review(phone: Phone) -> None:
    draft = a_draft(phone.units[0])
    phone.send(draft)
    decision = phone.post(f"/submissions/{draft['id']}/decisions", {"outcome": "approve", "expected_revision": 1})
    assert decision.status_code == 403
    assert phone.get("/reviews").status_code == 403

from __future__ import annotations

import re
from dataclasses import replace

import pytest
from flask import Flask
from flask.testing import FlaskClient

from census.app import create_app
from census.services.people.accounts import create_account
from tests.conftest import Databases

PASSWORD = "Demo-2017-census"


@pytest.fixture
def supervisor(own_databases: Databases) -> str:
    with own_databases.census.transaction() as session:
        create_account(
            session,
            username="supervisor01",
            password=PASSWORD,
            full_name="指导员一",
            grants=[("supervisor", "440113011")],
        )
    return "supervisor01"


def sign_in(client: FlaskClient, username: str, password: str = PASSWORD, **fields: str):
    page = client.get("/sign-in").get_data(as_text=True)
    token = re.search(r'name="csrf_token" value="([0-9a-f]+)"', page)
    assert token
    form = {"username": username, "password": password, "csrf_token": token[1], **fields}
    return client.post("/sign-in", data=form)


def test_signing_in_leads_to_the_page_that_was_asked_for(client: FlaskClient, supervisor: str) -> None:
    assert client.get("/").headers["Location"] == "/sign-in?next=%2F"
    assert sign_in(client, supervisor, next="/review/?state=checked").headers["Location"] == "/review/?state=checked"
    assert client.get("/").headers["Location"] == "/review/"


@pytest.mark.parametrize(
    "elsewhere", ["https://evil.example", "//evil.example", "/\\evil.example", "/\n/evil", "review"]
)
def test_signing_in_never_leads_to_another_site(client: FlaskClient, supervisor: str, elsewhere: str) -> None:
    assert sign_in(client, supervisor, next=elsewhere).headers["Location"] == "/"


def test_a_wrong_password_and_an_unknown_name_look_alike(client: FlaskClient, supervisor: str) -> None:
    wrong, unknown = sign_in(client, supervisor, "wrong"), sign_in(client, "nobody", "wrong")
    assert (wrong.status_code, unknown.status_code) == (401, 401)
    assert "用户名或密码不对" in wrong.get_data(as_text=True)
    assert "用户名或密码不对" in unknown.get_data(as_text=True)


def test_an_account_of_one_programme_is_unknown_to_the_other(client: FlaskClient, supervisor: str) -> None:
    assert sign_in(client, supervisor, programme="scattered").status_code == 401


def test_a_form_without_this_browsers_token_does_nothing(client: FlaskClient, supervisor: str) -> None:
    sign_in(client, supervisor)
    assert client.post("/sign-out").status_code == 400
    assert client.get("/").headers["Location"] == "/review/"


def test_signing_out_ends_the_session_also_for_a_kept_cookie(app: Flask, client: FlaskClient, supervisor: str) -> None:
    sign_in(client, supervisor)
    name = app.config["SESSION_COOKIE_NAME"]
    kept = client.get_cookie(name)
    assert kept
    page = client.get("/sign-in").get_data(as_text=True)
    token = re.search(r'value="([0-9a-f]{64})"', page)
    assert token
    assert client.post("/sign-out", headers={"X-CSRF-Token": token[1]}).headers["Location"] == "/sign-in"
    client.set_cookie(name, kept.value)
    assert client.get("/").headers["Location"] == "/sign-in?next=%2F"


def test_five_wrong_passwords_lock_the_account_for_a_while(own_databases: Databases, supervisor: str) -> None:
    app = create_app(replace(own_databases.settings, rate_limits=True))
    client = app.test_client()
    for _ in range(5):
        assert sign_in(client, supervisor, "wrong").status_code == 401
    assert sign_in(client, supervisor).status_code == 429
    app.extensions["census"].close()


def test_a_missing_page_answers_calmly_and_without_a_trace(client: FlaskClient) -> None:
    answer = client.get("/nowhere")
    assert answer.status_code == 404
    assert "没有找到" in answer.get_data(as_text=True)


def test_a_missing_api_address_answers_with_a_problem_document(client: FlaskClient) -> None:
    answer = client.get("/api/v1/nowhere")
    assert (answer.status_code, answer.mimetype) == (404, "application/problem+json")
    assert answer.get_json()["code"] == "not_found"


def test_a_fault_of_the_program_tells_a_number_and_nothing_else(
    own_databases: Databases, caplog: pytest.LogCaptureFixture
) -> None:
    app = create_app(own_databases.settings)

    @app.get("/api/v1/broken")
    def broken() -> str:
        answers = ["name and telephone", "of a respondent"]
        raise ValueError(" ".join(answers))

    problem = app.test_client().get("/api/v1/broken").get_json()
    assert problem["reference"] in caplog.text
    assert "telephone of a" not in caplog.text + str(problem)

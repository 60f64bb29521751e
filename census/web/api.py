"""The HTTP API: its blueprint, signing in, and what all its endpoints share.

Other endpoints stand in the wings' ``api`` modules, each a blueprint under the same prefix. Every endpoint is described
with ``documented``, from which ``/api/v1/openapi.json`` is made.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import orjson
from flask import Blueprint, Response, request

from census.access import Actor
from census.db import set_scope
from census.services.people import accounts
from census.settings import Programme
from census.web import reading, wire
from census.web.openapi import document, documented
from census.web.people.sign_in import open_session
from census.web.session import API, api_work, forget

blueprint = Blueprint("api", __name__, url_prefix=API)


def as_json(value: Mapping[str, Any], status: int = 200) -> Response:
    """Answer a JSON object; UUIDs and times are written as text."""
    return Response(orjson.dumps(value), status, mimetype="application/json")


def count_argument(name: str, default: int, most: int) -> int:
    """A whole number of the query, at least 1 and at most ``most``; the default for anything else."""
    given = request.args.get(name, "")
    if not (given.isascii() and given.isdigit() and len(given) < 10):
        return default
    return min(max(int(given), 1), most)


@blueprint.post("/session")
@documented("Sign in on a device", body=wire.SessionRequest, answer=wire.SessionAnswer, status=201, public=True)
def sign_in() -> Response:
    """Open a session of 30 days for one programme. The receipt key is this device's own."""
    asked = reading.load(wire.SessionRequest, reading.body())
    programme: Programme = asked["programme"]
    bearer, actor, expires_at = open_session(
        asked["username"],
        asked["password"],
        programme,
        device=asked["device"] or "",
        kind="api",
    )
    return as_json(
        {
            "token": bearer,
            "expires_at": expires_at,
            "account": account(actor),
            "receipt_key": actor.receipt_key.decode("ascii"),
        },
        201,
    )


@blueprint.delete("/session")
@documented("Sign out", status=204)
def sign_out() -> tuple[str, int]:
    """Revoke the token that the request carries."""
    with api_work() as work:
        set_scope(work.session, None)
        accounts.sign_out(work.session, work.actor.session_id)
    forget(request.headers["Authorization"].partition(" ")[2].strip())
    return "", 204


@blueprint.get("/openapi.json")
@documented("This description", public=True)
def openapi() -> Response:
    """The API in OpenAPI 3.1, made from the schemas that read the requests."""
    return as_json(document())


def account(actor: Actor) -> dict[str, Any]:
    """What a device may know of who is signed in on it."""
    return {
        "id": actor.account_id,
        "username": actor.username,
        "full_name": actor.full_name,
        "card_number": actor.card_number,
        "programme": actor.programme,
        "grants": [{"role": grant.role, "region_code": grant.region_code} for grant in actor.grants],
    }

"""Who is asking, and the one transaction of a request.

Pages know their caller by a signed cookie, the API by a Bearer token; both carry the same token text, which names its
programme, because the two programmes are two databases. Nothing here looks at a password: see ``sign_in``.
"""

from __future__ import annotations

import hashlib
import hmac
import secrets
import time
from collections.abc import Generator
from contextlib import contextmanager
from dataclasses import dataclass
from typing import Final, cast

from flask import Flask, current_app, g, request
from flask import session as cookie
from sqlalchemy.orm import Session

from census.access import Actor, require
from census.db import Database, set_scope
from census.errors import BadToken, NotSignedIn
from census.services.people import accounts
from census.settings import PROGRAMMES, Programme, Settings
from census.web.instance import instance

API: Final = "/api/v1"
REMEMBERED_S: Final = 5.0
REMEMBERED_ACTORS: Final = 5_000
UNSAFE: Final = frozenset({"POST", "PUT", "PATCH", "DELETE"})


@dataclass(frozen=True, slots=True)
class Work:
    """One request's transaction, who it is for, and the settings it runs under."""

    session: Session
    actor: Actor
    settings: Settings


@contextmanager
def work(action: str | None = None) -> Generator[Work]:
    """Open the one transaction of a page, in its caller's regions; commit at the end, roll back on error.

    Raises NotSignedIn (which a page answers by leading to the sign-in) and NotAllowed.
    """
    with _work(cast("str", cookie.get("bearer", "")), action) as opened:
        yield opened


@contextmanager
def api_work(action: str | None = None) -> Generator[Work]:
    """Open the one transaction of an API request. The Bearer token is all it looks at: never a cookie."""
    scheme, _, bearer = request.headers.get("Authorization", "").partition(" ")
    with _work(bearer.strip() if scheme.lower() == "bearer" else "", action) as opened:
        yield opened


def current_database(programme: Programme) -> Database:
    """The database of one programme in this process."""
    return instance().databases[programme]


def bearer_of(programme: Programme, token: str) -> str:
    """The token as clients keep it: it names the programme whose database knows it."""
    return f"{programme}.{token}"


def programme_of(bearer: str) -> tuple[Programme, str]:
    """Split what a client sent into programme and token. Raises NotSignedIn if it is neither's."""
    name, _, token = bearer.partition(".")
    for programme in PROGRAMMES:
        if programme == name and token.isascii():
            return programme, token
    raise NotSignedIn


def forget(bearer: str) -> None:
    """Stop remembering who a token belonged to: it was signed out."""
    _remembered().pop(bearer, None)


def csrf_token() -> str:
    """The token that this browser's forms must send back. Made anew with each sign-in."""
    seed = cookie.get("seed")
    if not seed:
        seed = cookie["seed"] = secrets.token_urlsafe(16)
    key = cast("bytes", current_app.config["SECRET_KEY"])
    return hmac.digest(key, b"csrf:" + seed.encode(), hashlib.sha256).hex()


def check_csrf_token() -> None:
    """Refuse what another site may have sent. The API is exempt: it never looks at cookies."""
    if request.method not in UNSAFE or request.path.startswith(f"{API}/"):
        return
    given = request.headers.get("X-CSRF-Token") or request.form.get("csrf_token", "")
    if "seed" not in cookie or not hmac.compare_digest(given.encode(), csrf_token().encode()):
        raise BadToken


def install(app: Flask) -> None:
    """Check every posted form, and give templates ``csrf_token()`` and ``actor`` (None before the sign-in)."""
    app.extensions["census.actors"] = {}
    app.before_request(check_csrf_token)
    app.add_template_global(csrf_token)
    app.context_processor(lambda: {"actor": g.get("actor")})


@contextmanager
def _work(bearer: str, action: str | None) -> Generator[Work]:
    programme, token = programme_of(bearer)
    actor = _remembered_actor(bearer)
    with current_database(programme).transaction(
        actor.scope if actor else None,
        durable=request.method in UNSAFE,  # a repeat's receipt must outlive a power cut
    ) as session:
        if actor is None:
            actor = accounts.actor_of(session, token, programme)
            set_scope(session, actor.scope)
            _remember(bearer, actor)
        g.actor = actor
        if action is not None:
            require(actor, action)
        yield Work(session, actor, instance().settings)


def _remembered() -> dict[str, tuple[Actor, float]]:
    return cast("dict[str, tuple[Actor, float]]", current_app.extensions["census.actors"])


def _remembered_actor(bearer: str) -> Actor | None:
    """Who a token belonged to a few seconds ago: a phone's burst of requests asks the database once."""
    actor, until = _remembered().get(bearer, (None, 0.0))
    return actor if until > time.monotonic() else None


def _remember(bearer: str, actor: Actor) -> None:
    remembered = _remembered()
    if len(remembered) >= REMEMBERED_ACTORS:
        remembered.clear()
    remembered[bearer] = (actor, time.monotonic() + REMEMBERED_S)

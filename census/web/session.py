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
    if scheme.lower() != "bearer":  # an instance signs its requests by another scheme: see ``tus``
        raise NotSignedIn
    with _work(bearer.strip(), action) as opened:
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
    if request.method not in UNSAFE:  # changes nothing, so there is nothing to win by making a browser ask for it
        return
    # Browsers add cookies to what another site sends, but never an Authorization header.
    if request.path.startswith(f"{API}/"):
        return
    given = request.headers.get("X-CSRF-Token") or request.form.get("csrf_token", "")
    # A browser without a seed was never given a page with a form: ``csrf_token`` would make one up here.
    if "seed" not in cookie:
        raise BadToken
    # Compared in constant time, and as bytes: the comparison takes no text beyond ASCII, which anybody may send.
    if not hmac.compare_digest(given.encode(), csrf_token().encode()):
        raise BadToken


def install(app: Flask) -> None:
    """Check every posted form, and give templates ``csrf_token()`` and ``actor`` (None before the sign-in)."""
    app.extensions["census.actors"] = {}
    app.before_request(check_csrf_token)
    app.add_template_global(csrf_token)
    app.context_processor(lambda: {"actor": g.get("actor")})


@contextmanager
def _work(bearer: str, action: str | None) -> Generator[Work]:
    """Open the transaction of whoever holds this token.

    Row-level security shows a transaction only the regions that it was opened for; whose they are can only be asked
    inside one. So an unknown caller's transaction begins without any region and gets those of its actor once the token
    is found good. Whoever was asked for in the last few seconds is remembered, and spared that question.
    """
    programme, token = programme_of(bearer)
    actor = _remembered_actor(bearer)
    scope = None
    if actor is not None:
        scope = actor.scope
    with current_database(programme).transaction(
        scope,
        durable=request.method in UNSAFE,  # a repeat's receipt must outlive a power cut
    ) as session:
        if actor is None:
            actor = accounts.actor_of(session, token, programme)
            set_scope(session, actor.scope)
            _remember(bearer, actor)
        # Before the action is judged: a page that refuses still names who is signed in.
        g.actor = actor
        if action is not None:
            require(actor, action)
        yield Work(session, actor, instance().settings)


def _remembered() -> dict[str, tuple[Actor, float]]:
    return cast("dict[str, tuple[Actor, float]]", current_app.extensions["census.actors"])


def _remembered_actor(bearer: str) -> Actor | None:
    """Who a token belonged to a few seconds ago: a phone's burst of requests asks the database once.

    An account that was put aside, or a role taken away, is noticed that much later;
    signing out, in this process, at once.
    """
    actor, until = _remembered().get(bearer, (None, 0.0))
    if until <= time.monotonic():
        return None
    return actor


def _remember(bearer: str, actor: Actor) -> None:
    remembered = _remembered()
    if len(remembered) >= REMEMBERED_ACTORS:  # all at once: each is found again by one query
        remembered.clear()
    remembered[bearer] = (actor, time.monotonic() + REMEMBERED_S)

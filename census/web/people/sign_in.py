"""Signing in to pages and out again, one programme at a time, and the way home by role."""

from __future__ import annotations

from collections.abc import Generator, Mapping
from contextlib import contextmanager
from typing import Final

from flask import Blueprint, flash, redirect, render_template, request, url_for
from flask import session as cookie
from sqlalchemy.orm import Session
from werkzeug.wrappers import Response

from census.access import Actor
from census.errors import InvalidInput, NotAllowed, NotSignedIn, PasswordToChange, RateLimited
from census.services.people import accounts
from census.settings import PROGRAMMES, Programme
from census.web.instance import instance
from census.web.session import bearer_of, current_database, forget, work

blueprint = Blueprint("sign_in", __name__)

PROGRAMME_NAMES: Final[dict[Programme, str]] = {"census": "普查", "scattered": "散乱污"}
HOMES: Final = (  # the first action that the caller has decides where "/" leads
    ("fill_regional", "/regional/"),
    ("collect", "/collect/"),
    ("receive", "/packages"),
    ("review", "/review/"),
    ("register_case", "/cases/"),
    ("administer", "/admin/"),
    ("read_audit", "/admin/"),
    ("read_register", "/units/"),
)
WRONG: Final = "用户名或密码不对。请核对后再试；忘记密码请联系本级普查办管理员。"
LOCKED: Final = "连续输错多次，账号暂时锁定。请 15 分钟后再试。"


@blueprint.get("/")
def home() -> Response:
    """Lead to the first page of the caller's work."""
    with work() as current:
        return redirect(home_of(current.actor), 303)


@blueprint.get("/sign-in")
def ask() -> str:
    return _page(request.args.get("next", "/"), request.args.get("username", ""), _programme(request.args))


@blueprint.post("/sign-in")
def sign_in() -> tuple[str, int] | Response:
    """Check name and password in the chosen programme and open a session of twelve hours."""
    wanted, username = request.form.get("next", "/"), request.form.get("username", "").strip()
    programme = _programme(request.form)
    try:
        bearer, _, _ = open_session(
            username,
            request.form.get("password", ""),
            programme,
            device=request.user_agent.string,
            kind="web",
        )
    except NotSignedIn:
        return _page(wanted, username, programme, WRONG), 401
    except RateLimited:
        return _page(wanted, username, programme, LOCKED), 429
    except PasswordToChange:
        return redirect(url_for("sign_in.ask_password", username=username, programme=programme, first=1), 303)
    cookie.clear()  # a new seed: what another session's pages hold is worth nothing here
    cookie["bearer"] = bearer
    return redirect(local(wanted), 303)


@blueprint.get("/password")
def ask_password() -> str:
    """One's own password: the first one, which an administrator gave out, and any later one."""
    said = ""
    if "first" in request.args:  # led here by the sign-in
        said = PasswordToChange.sentence
    return _password_page(request.args, said)


@blueprint.post("/password")
def change_password() -> tuple[str, int] | Response:
    """Replace the password; this browser signs in anew with it, phones stay signed in."""
    wanted = request.form.get("wanted", "")
    if wanted != request.form.get("again", ""):
        return _password_page(request.form, "两次写的新密码不一样。请再写一次。"), 422
    username = request.form.get("username", "").strip()
    try:
        _change_password(username, request.form.get("password", ""), _programme(request.form), wanted)
    except NotSignedIn:
        return _password_page(request.form, WRONG), 401
    except RateLimited:
        return _password_page(request.form, LOCKED), 429
    except InvalidInput as problem:
        return _password_page(request.form, problem.message), 422
    cookie.clear()
    flash("密码改好了。请用新密码登录。", "green")
    return redirect(url_for("sign_in.ask", username=username, programme=_programme(request.form)), 303)


@blueprint.post("/sign-out")
def sign_out() -> Response:
    """Revoke the session; what the phone has not sent yet stays on the phone."""
    try:
        with work() as current:
            accounts.sign_out(current.session, current.actor.session_id)
    except NotSignedIn:  # it has run out, or another window was quicker: the cookie goes all the same
        pass
    forget(cookie.get("bearer", ""))
    cookie.clear()
    return redirect("/sign-in", 303)


def open_session(
    username: str,
    password: str,
    programme: Programme,
    *,
    device: str,
    kind: str,
) -> tuple[str, Actor, str]:
    """Sign in and return the bearer text, the actor and when it expires (ISO 8601).

    A failure is counted in a transaction of its own: the failed one is rolled back.
    """
    with _counted(programme, username, username + password + device) as session:
        token, actor, expires_at = accounts.sign_in(
            session,
            username=username,
            password=password,
            programme=programme,
            device=device,
            kind=kind,
        )
    return bearer_of(programme, token), actor, expires_at.isoformat()


def _change_password(username: str, password: str, programme: Programme, wanted: str) -> None:
    with _counted(programme, username, username + password + wanted) as session:
        accounts.change_password(session, username=username, password=password, wanted=wanted)


@contextmanager
def _counted(programme: Programme, username: str, typed: str) -> Generator[Session]:
    """Open a transaction in which a password is looked at; a wrong one is counted."""
    database = current_database(programme)
    if "\0" in typed:  # no name or password can hold one: PostgreSQL would refuse to look it up
        raise NotSignedIn
    try:
        with database.transaction() as session:
            yield session
    except NotSignedIn:
        if instance().settings.rate_limits:
            with database.transaction() as session:
                accounts.note_failure(session, username)
        raise


def _programme(values: Mapping[str, str]) -> Programme:
    return "scattered" if values.get("programme") == "scattered" else "census"


def _password_page(values: Mapping[str, str], problem: str) -> str:
    username, programme = values.get("username", ""), _programme(values)
    if not username:  # somebody who is signed in wants another password
        try:
            with work() as current:
                username, programme = current.actor.username, current.actor.programme
        except NotSignedIn:
            pass
    return render_template(
        "people/password.html",
        username=username,
        chosen=programme,
        problem=problem,
        shortest=accounts.SHORTEST_PASSWORD,
        programmes=[(name, PROGRAMME_NAMES[name]) for name in PROGRAMMES],
    )


def home_of(actor: Actor) -> str:
    """Where the caller's work begins."""
    for action, address in HOMES:
        if actor.may(action):
            return address
    raise NotAllowed


def local(address: str) -> str:
    """The address if it lies on this site, else the home page: a link in a message must not lead elsewhere."""
    # Browsers leave out tabs and line feeds, and read a backslash as a slash: both would make another site of it.
    if not address.isprintable() or "\\" in address:
        return "/"
    # ``//elsewhere`` keeps the scheme and changes the site.
    if address.startswith("//") or not address.startswith("/"):
        return "/"
    return address


def _page(wanted: str, username: str = "", programme: Programme = "census", problem: str = "") -> str:
    return render_template(
        "people/sign_in.html",
        wanted=local(wanted),
        username=username,
        chosen=programme,
        problem=problem,
        programmes=[(name, PROGRAMME_NAMES[name]) for name in PROGRAMMES],
    )

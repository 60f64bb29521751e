"""The enumerator's to-do list and the page of one unit; also what a phone needs before it can work by itself."""

from __future__ import annotations

from collections.abc import Generator
from contextlib import contextmanager
from dataclasses import dataclass
from typing import Final
from uuid import UUID

from flask import Blueprint, Response, flash, jsonify, redirect, render_template, request
from flask import session as cookie
from sqlalchemy.orm import Session
from werkzeug.wrappers import Response as AnyResponse

from census.access import Actor
from census.errors import Conflict, NotAllowed, NotFound
from census.models.register import Region
from census.services.register import my_units
from census.services.register.my_units import Show, UnitLine
from census.services.review import decisions
from census.web.collect import unit as view
from census.web.collect.addresses import blank_address
from census.web.session import Work, work
from forms.catalogue import catalogue
from forms.codelists import UnknownCodeList, codelist, offered

blueprint = Blueprint("collect", __name__, url_prefix="/collect")

FILTERS: Final[tuple[tuple[Show, str], ...]] = (
    ("next", "最近的"),
    ("returned", "退回"),
    ("unvisited", "未访"),
    ("all", "全部"),
)
FOR_EVER: Final = "public, max-age=31536000, immutable"


@dataclass(frozen=True, slots=True)
class Card:
    """One unit on the list."""

    line: UnitLine
    state: view.State
    came: str  # what came back, in one line
    forms: str


@contextmanager
def collecting() -> Generator[Work]:
    """Open the transaction of somebody who visits places: an enumerator, or an inspector of the other programme."""
    with work() as current:
        if not (current.actor.may("collect") or current.actor.may("register_case")):
            raise NotAllowed
        yield current


@blueprint.get("/")
def units() -> str:
    """My units: what came back first, then the unvisited."""
    asked = request.args.get("show", "next")
    show: Show = asked if asked in my_units.SHOWS else "next"
    with collecting() as current:
        session, actor = current.session, current.actor
        left = my_units.counts(session, actor.account_id)
        area = request.args.get("area", "")[:20]
        near = None
        if "near" in request.args:
            near = my_units.last_place(session, actor.account_id)
        lines, more = my_units.listed(
            session, actor.account_id, show, _id(request.args.get("after")), area=area, near=near
        )
        cards = _cards(session, lines)
        return render_template(
            "collect/units.html",
            cards=cards,
            show=show,
            filters=FILTERS,
            more=more,
            left=left,
            total=sum(left.values()),
            town=place_of(session, actor),
            first=next((card.line.unit.id for card in cards), None),
            scattered=actor.programme == "scattered",
            area=area,
            near="near" in request.args,
            areas=my_units.areas_of_mine(session, actor.account_id),
        )


@blueprint.get("/units/<uuid:unit_id>")
def unit(unit_id: UUID) -> str:
    """One unit: what the register knows, the visit, the forms and what came back."""
    with collecting() as current:
        found = my_units.my_unit(current.session, current.actor.account_id, unit_id)
        lines = view.form_lines(current.session, current.actor, found)
        return render_template(
            "collect/unit.html",
            unit=found,
            lines=lines,
            kind=view.KINDS.get(found.kind, "普查对象"),
            outcome=view.OUTCOMES.get(found.outcome or ""),
            begun=cookie.get(f"visit {unit_id}"),
            outcomes=view.OUTCOMES,
            reasons=view.reasons,
            role_name=view.role_name,
            blank_address=blank_address,
            following=next((line for line in lines if line.is_next), None),
            nothing_to_fill=found.outcome in my_units.NOTHING_TO_FILL,
            short_outcomes=my_units.NOTHING_TO_FILL,
            companion=my_units.companion(current.session, current.actor.account_id, current.actor.card_number or ""),
        )


@blueprint.post("/units/<uuid:unit_id>/withdraw")
def withdraw(unit_id: UUID) -> AnyResponse:
    """Take a form of a unit back, as long as no reviewer has opened it."""
    submission, revision = _id(request.form.get("submission")), request.form.get("revision", "")
    if submission is None or not revision.isdigit():
        raise NotFound
    with collecting() as current:
        my_units.my_unit(current.session, current.actor.account_id, unit_id)
        try:
            decisions.withdraw(current.session, current.actor, submission, expected_revision=int(revision))
            flash("已撤回。改好后再签字提交。", "green")
        except (Conflict, NotAllowed) as refused:
            flash(refused.message, "amber")
    return redirect(f"/collect/units/{unit_id}", 303)


@blueprint.get("/me")
def me() -> str:
    """Who is signed in, how pages look, what waits on this phone and the receipts that it has."""
    with collecting():
        return render_template("collect/me.html")


@blueprint.get("/codelists/<name>")
def code_list(name: str) -> Response:
    """A code list for the phone's own suggestions; its address holds its digest.

    ``[[code, label, pinyin], …]``; with two more cells where the list has levels: the code above, and 0 for a heading.
    """
    try:
        found = codelist(name)
    except UnknownCodeList:
        raise NotFound from None
    entries = offered(found, request.args.get("offer", ""))
    response = jsonify(entries)
    if request.args.get("v") == found.digest[:16]:
        response.headers["Cache-Control"] = FOR_EVER
    return response


def _cards(session: Session, lines: list[UnitLine]) -> list[Card]:
    why = my_units.why_returned(session, [sent for line in lines for sent in line.submissions])
    cards: list[Card] = []
    for line in lines:
        came: list[str] = []
        for sent in line.submissions:
            returned = why.get(sent.id)
            if returned is None:
                continue
            form = catalogue().get(sent.form, sent.version)
            names = [view.item_name(form, said["path"]).split("（")[0].lstrip("0123456789 ") for said in returned.items]
            what = f"{len(names)} 项：{'、'.join(names)}" if names else sent.form
            came.append(f"{view.role_name(returned.role)}退回 {what}")
        cards.append(
            Card(line, _unit_state(line), "；".join(came), "\u2002·\u2002".join(sent.form for sent in line.submissions))
        )
    return cards


def _unit_state(line: UnitLine) -> view.State:
    outcome = line.unit.outcome or ""
    if line.standing == "done" and outcome in my_units.NOTHING_TO_FILL:
        return view.State("green", "✓", f"已登记：{view.OUTCOMES[outcome]}")
    if line.standing == "done" and any(sent.state == "flagged" for sent in line.submissions):
        return view.SENT_STATES["flagged"]
    return view.UNIT_STATES[line.standing]


def place_of(session: Session, actor: Actor) -> str:
    """Where this person works: the names of the regions of the account."""
    names = [region.name for code in actor.scope[:3] if (region := session.get(Region, code))]
    return "、".join(names)


def _id(text: str | None) -> UUID | None:
    if not text:
        return None
    try:
        return UUID(text)
    except ValueError:
        raise NotFound from None

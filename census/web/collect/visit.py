"""The visit at the door: its outcome, two cards, the position, and how a visit is stored once it is complete.

With scripts the phone does this through the API; here stands what a browser without them posts, and the pages of both.
What is signed at the end stands in ``signing``, places found on the way in ``found_units``.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, Final
from uuid import UUID

from flask import Blueprint, redirect, render_template, request
from flask import session as cookie
from werkzeug.wrappers import Response as AnyResponse

from census.db import new_id, now
from census.errors import InvalidInput
from census.models.collect import OUTCOMES
from census.services.collect import visits
from census.services.collect.visits import VisitDraft
from census.services.register import my_units
from census.web.collect import unit as view
from census.web.collect.todo import collecting
from census.web.session import Work
from forms.answers.values import digest

blueprint = Blueprint("collect_visit", __name__, url_prefix="/collect")

TO_FILL: Final = ("done", "stopped")


@blueprint.get("/units/<uuid:unit_id>/visit")
def ask(unit_id: UUID) -> str:
    """What happened at the door: the outcome comes first and decides what must be filled."""
    with collecting() as work:
        unit = my_units.my_unit(work.session, work.actor.account_id, unit_id)
        return render_template(
            "collect/visit.html",
            unit=unit,
            outcomes=view.OUTCOMES,
            begun=begun_visit(unit_id),
            problems={},
            companion=my_units.companion(work.session, work.actor.account_id, _own_card(work)),
        )


@blueprint.post("/units/<uuid:unit_id>/visit")
def note(unit_id: UUID) -> str | AnyResponse:
    """Keep the visit until it is signed; one without anything to fill is stored at once."""
    with collecting() as work:
        unit = my_units.my_unit(work.session, work.actor.account_id, unit_id)
        begun = posted_visit(work, request.form.get("outcome", ""))
        problems = problems_of(begun)
        if problems:
            return render_template(
                "collect/visit.html", unit=unit, outcomes=view.OUTCOMES, begun=begun, problems=problems
            )
        if begun["outcome"] not in TO_FILL:
            store_visit(work, begun, unit=unit.id)
            end_visit(unit_id)
            return redirect("/collect/", 303)
        cookie[_cookie_name(unit_id)] = begun
        return redirect(f"/collect/units/{unit_id}?visited=1", 303)


def posted_visit(work: Work, outcome: str) -> dict[str, Any]:
    """A visit that begins now, as the form tells of it; plain values: a cookie keeps them until the signature."""
    return {
        "outcome": outcome,
        "cards": _cards(work),
        "position": _position(),
        "started_at": now().isoformat(),
    }


def problems_of(begun: Mapping[str, Any]) -> dict[str, str]:
    """What keeps a visit from being taken, by the field that mends it."""
    problems: dict[str, str] = {}
    if begun["outcome"] not in OUTCOMES:
        problems["outcome"] = "请选入户结果。"
    if len(set(begun["cards"])) < 2:
        problems["second_card"] = "入户要有两名普查员。请填另一名普查员的证号，不能和自己的相同。"
    return problems


def begun_visit(unit_id: UUID) -> dict[str, Any] | None:
    """The visit that this browser has begun and nobody has signed yet."""
    return cookie.get(_cookie_name(unit_id))


def end_visit(unit_id: UUID) -> None:
    """Forget the begun visit: it is stored."""
    cookie.pop(_cookie_name(unit_id), None)


def store_visit(
    work: Work,
    begun: Mapping[str, Any],
    *,
    signature: Mapping[str, Any] | None = None,
    unit: UUID | None = None,
    new_unit: Mapping[str, Any] | None = None,
) -> UUID:
    """Store a visit that ends now, to a unit of the register or to one that it found. Raises InvalidInput."""
    content = {
        "outcome": begun["outcome"],
        "enumerators": begun["cards"],
        "started_at": begun["started_at"],
        "finished_at": now().isoformat(),
        "position": begun["position"],
        "signature": signature,
        "device": request.user_agent.string,
        "unit": unit,
        "new_unit": new_unit,
    }
    visit_id = new_id()
    content_digest = digest({key: str(value) for key, value in content.items()})
    [outcome] = visits.store(work.session, work.actor, [VisitDraft(visit_id, content, content_digest)], now())
    if outcome.status == "refused":
        raise InvalidInput(outcome.message)
    return visit_id


def _cookie_name(unit_id: UUID) -> str:
    return f"visit {unit_id}"


def _own_card(work: Work) -> str:
    return work.actor.card_number or work.actor.username


def _cards(work: Work) -> list[str]:
    other = request.form.get("second_card", "").strip()
    return [card for card in (_own_card(work), other) if card]


def _position() -> dict[str, Any] | None:
    """The position as typed; None when it is not one."""
    try:
        lon, lat = float(request.form.get("lon", "")), float(request.form.get("lat", ""))
    except ValueError:
        return None
    if not (abs(lon) <= 180 and abs(lat) <= 90):  # also what compares with nothing: NaN
        return None
    position: dict[str, Any] = {"lon": lon, "lat": lat, "accuracy_m": None, "source": "map"}
    accuracy = request.form.get("accuracy_m", "")
    if accuracy.isascii() and accuracy.isdigit():  # only satellites say how exact they are
        position |= {"accuracy_m": float(accuracy), "source": "device"}
    return position

"""``/areas``: enumeration areas for those who share out the work, and what phones ask about their own."""

from __future__ import annotations

from typing import Final, cast, get_args
from uuid import UUID

from flask import Blueprint, flash, redirect, render_template, request
from werkzeug.wrappers import Response

from census.db import now
from census.errors import InvalidInput, NotFound
from census.services import areas as area_desk
from census.services.assignments import HAND_BACK_REASONS, assign, target_of
from census.services.unit_directory import KINDS, OUTCOMES
from census.web.session import work

blueprint = Blueprint("areas", __name__, url_prefix="/areas")

SHOWN: Final = (("all", "全部"), ("unassigned", "未分配"), ("unvisited", "未入户"))


@blueprint.get("/")
def areas() -> str:
    """All areas of the caller's regions with their progress."""
    region, after = request.args.get("region", "")[:12], request.args.get("after", "")[:20]
    with work("assign") as current:
        with_empty = "empty" in request.args
        lines, more = area_desk.areas(current.session, current.actor, region=region, after=after, with_empty=with_empty)
        return render_template(
            "register/areas.html", lines=lines, more=more, region=region, with_empty=with_empty, towns=area_desk.towns(current.session),
        )


@blueprint.get("/<code>")
def area(code: str) -> str:
    """One area: map, units, whose they are; choose some and give them to somebody."""
    with work("assign") as current:
        show = _show()
        found = area_desk.area_file(
            current.session, current.actor, code, show=show, after=_id(request.args.get("after", "")), at=now(),
        )
        region = found.area.region_code if found.area else current.actor.regions("assign")[0]
        return render_template(
            "register/area.html", file=found, code=code, show=show, shown=SHOWN, kinds=KINDS, outcomes=OUTCOMES,
            crew=area_desk.crew(current.session, region), reasons=HAND_BACK_REASONS,
            selected=request.args.get("select") == "all", after=request.args.get("after", ""),
        )


@blueprint.post("/<code>/assign")
def give(code: str) -> Response:
    """Give the units that are ticked to an enumerator or a team."""
    units = [found for text in request.form.getlist("unit") if (found := _id(text))]
    kind, _, target_id = request.form.get("target", "").partition(":")
    try:
        with work("assign") as current:
            target = target_of(
                current.session, _id(target_id) if kind == "account" else None, _id(target_id) if kind == "team" else None,
            )
            count = assign(current.session, current.actor, units, target, request.form.get("note", ""))
        flash(f"{count} 户已分给{target.name}。原来的手机下次联网时会知道，那台手机上还没传的填报照收不误。", "green")
    except InvalidInput as problem:
        flash(problem.message, "amber")
    return redirect(f"/areas/{code}?show={_show()}", 303)


def _show() -> area_desk.Filter:
    asked = request.values.get("show", "all")
    return cast("area_desk.Filter", asked) if asked in get_args(area_desk.Filter) else "all"


def _id(text: str) -> UUID | None:
    try:
        return UUID(text) if text else None
    except ValueError as error:
        raise NotFound from error

"""``/areas``: enumeration areas for those who share out the work, and what phones ask about their own."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Final, cast, get_args
from uuid import UUID

from flask import Blueprint, flash, redirect, render_template, request
from werkzeug.wrappers import Response

from census.access import Actor
from census.db import now
from census.errors import InvalidInput, NotFound
from census.models.register import Region
from census.services.people import teams as team_desk
from census.services.register import areas as area_desk
from census.services.register.assignments import HAND_BACK_REASONS, assign, target_of
from census.services.register.directory import KINDS, OUTCOMES
from census.web.session import Work, work

blueprint = Blueprint("areas", __name__, url_prefix="/areas")

SHOWN: Final = (("all", "全部"), ("unassigned", "未分配"), ("unvisited", "未入户"))


@dataclass(frozen=True, slots=True)
class TeamForm:
    """What the page of a team holds."""

    name: str = ""
    supervisor: UUID | None = None
    members: tuple[UUID, ...] = ()


@blueprint.get("/")
def areas() -> str:
    """All areas of the caller's regions with their progress."""
    region, after = request.args.get("region", "")[:12], request.args.get("after", "")[:20]
    with work("assign") as current:
        with_empty = "empty" in request.args
        lines, more = area_desk.areas(current.session, current.actor, region=region, after=after, with_empty=with_empty)
        return render_template(
            "register/areas.html",
            lines=lines,
            more=more,
            region=region,
            with_empty=with_empty,
            towns=area_desk.towns(current.session),
        )


@blueprint.get("/teams")
def teams() -> str:
    """The teams of the caller's regions."""
    with work("assign") as current:
        return render_template(
            "register/teams.html",
            lines=team_desk.teams(current.session, current.actor),
            places=area_desk.towns(current.session),
        )


@blueprint.get("/teams/new")
def new_team() -> str:
    """A blank team of one place."""
    with work("assign") as current:
        region = request.args.get("region", "")[:12]
        return _team_page(current, None, region, TeamForm())


@blueprint.get("/teams/<uuid:team_id>")
def team(team_id: UUID) -> str:
    """One team: name, supervisor, members."""
    with work("assign") as current:
        found, members = team_desk.team_file(current.session, current.actor, team_id)
        return _team_page(
            current, team_id, found.region_code, TeamForm(found.name, found.supervisor_id, tuple(members))
        )


@blueprint.post("/teams")
@blueprint.post("/teams/<uuid:team_id>")
def save_team(team_id: UUID | None = None) -> Response | tuple[str, int]:
    """Make or change a team."""
    form = TeamForm(
        request.form.get("name", ""),
        _id(request.form.get("supervisor", "")),
        tuple(found for text in request.form.getlist("member") if (found := _id(text))),
    )
    region = request.form.get("region", "")[:12]
    with work("assign") as current:
        try:
            saved = team_desk.save_team(
                current.session,
                current.actor,
                team_id,
                name=form.name,
                region_code=region,
                supervisor_id=form.supervisor,
                member_ids=form.members,
            )
        except InvalidInput as problem:
            if team_id is not None:  # an existing team stays where it is, whatever the form says
                region = team_desk.team_file(current.session, current.actor, team_id)[0].region_code
            return _team_page(current, team_id, region, form, problem.message), 422
        flash(f"{saved.name}已保存，组员 {len(form.members)} 人。", "green")
    return redirect("/areas/teams", 303)


@blueprint.get("/<code>")
def area(code: str) -> str:
    """One area: map, units, whose they are; choose some and give them to somebody."""
    with work("assign") as current:
        show = _show()
        found = area_desk.area_file(
            current.session,
            current.actor,
            code,
            show=show,
            after=_id(request.args.get("after", "")),
            at=now(),
        )
        return render_template(
            "register/area.html",
            file=found,
            code=code,
            show=show,
            shown=SHOWN,
            kinds=KINDS,
            outcomes=OUTCOMES,
            crew=area_desk.crew(current.session, _region_of(found, current.actor)),
            reasons=HAND_BACK_REASONS,
            selected=request.args.get("select") == "all",
            after=request.args.get("after", ""),
        )


@blueprint.post("/<code>/assign")
def give(code: str) -> Response:
    """Give the units that are ticked to an enumerator or a team."""
    units = [found for text in request.form.getlist("unit") if (found := _id(text))]
    kind, _, text = request.form.get("target", "").partition(":")
    try:
        with work("assign") as current:
            chosen = {kind: text}
            target = target_of(current.session, _id(chosen.get("account", "")), _id(chosen.get("team", "")))
            count = assign(current.session, current.actor, units, target, request.form.get("note", ""))
        flash(f"{count} 户已分给{target.name}。原来的手机下次联网时会知道，那台手机上还没传的填报照收不误。", "green")
    except InvalidInput as problem:
        flash(problem.message, "amber")
    return redirect(f"/areas/{code}?show={_show()}", 303)


def _team_page(current: Work, team_id: UUID | None, region: str, form: TeamForm, problem: str = "") -> str:
    place = current.session.get(Region, region)
    place_name = region
    if place is not None:
        place_name = place.name
    return render_template(
        "register/team.html",
        team_id=team_id,
        region=region,
        place=place_name,
        form=form,
        problem=problem,
        able=team_desk.candidates(current.session, current.actor, region),
    )


def _region_of(file: area_desk.AreaFile, actor: Actor) -> str:
    """Where people are looked for who could go there; units that lie in no area yet may be anybody's of the region."""
    if file.area is None:
        return actor.regions("assign")[0]
    return file.area.region_code


def _show() -> area_desk.Filter:
    asked = request.values.get("show", "all")
    if asked not in get_args(area_desk.Filter):
        return "all"
    return cast("area_desk.Filter", asked)


def _id(text: str) -> UUID | None:
    if not text:
        return None
    try:
        return UUID(text)
    except ValueError as error:
        raise NotFound from error

"""``/units``: the register for desks. Nothing is changed here: it is filled by import and by visits."""

from __future__ import annotations

from uuid import UUID

from flask import Blueprint, render_template, request

from census.errors import NotFound
from census.services.register.directory import KINDS, OUTCOMES, find_units, unit_file
from census.services.register.small_map import draw, latest_fix, position_of, rings_of
from census.web.session import work
from forms.catalogue import catalogue

blueprint = Blueprint("register", __name__, url_prefix="/units")


@blueprint.get("/")
def units() -> str:
    """Find a unit by name, credit code or place."""
    words, region = request.args.get("words", "").strip()[:60], request.args.get("region", "")[:12]
    with work("read_register") as current:
        entries, more = find_units(
            current.session,
            current.actor,
            words=words,
            region=region,
            after=_id(request.args.get("after", "")),
        )
        return render_template(
            "register/units.html",
            entries=entries,
            more=more,
            words=words,
            region=region,
            kinds=KINDS,
            outcomes=OUTCOMES,
            reviews=current.actor.may("review"),
        )


@blueprint.get("/<uuid:unit_id>")
def unit(unit_id: UUID) -> str:
    """One unit: register, forms and visits."""
    with work("read_register") as current:
        found = unit_file(current.session, current.actor, unit_id)
        filled = {submission.form for submission in found.submissions}
        boundary = None
        if found.area is not None:
            boundary = found.area.boundary
        return render_template(
            "register/unit.html",
            file=found,
            unit=found.unit,
            kinds=KINDS,
            outcomes=OUTCOMES,
            title=_title,
            missing=[code for code in found.unit.forms if code not in filled],
            reviews=current.actor.may("review"),
            map=draw(
                rings_of(boundary),
                latest_fix(found.visits),
                position_of(found.unit),
                is_schematic=bool(found.area and found.area.is_schematic),
            ),
        )


def _title(code: str) -> str:
    if code not in catalogue():  # a form that this program no longer has
        return ""
    return catalogue().current(code).title


def _id(text: str) -> UUID | None:
    if not text:
        return None
    try:
        return UUID(text)
    except ValueError as error:
        raise NotFound from error

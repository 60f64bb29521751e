"""``/review/merges``: two versions of one form of a unit, side by side, and the choice between them."""

from __future__ import annotations

from datetime import datetime
from uuid import UUID

from flask import Blueprint, flash, redirect, render_template, request
from werkzeug.wrappers import Response

from census.db import now
from census.errors import CensusError, NotFound, NotSignedIn
from census.services.review import merges
from census.services.review.merge_versions import comparisons, definition
from census.web.session import work

blueprint = Blueprint("merges", __name__, url_prefix="/review/merges")


@blueprint.get("/")
def cases() -> str:
    """Open cases of the caller's regions, the oldest first."""
    with work("review") as current:
        rows, following = merges.cases(current.session, current.actor, _after(request.args.get("after", "")))
        return render_template("review/merges.html", rows=rows, following="~".join(following or ()))


@blueprint.get("/<uuid:unit_id>/<form>")
def case(unit_id: UUID, form: str) -> str:
    """One case: every version with who sent it and when, and every item, those that differ first."""
    with work("review") as current:
        found = merges.named_case(current.session, current.actor, unit_id, form)
        lines = comparisons(found)
        shown = definition(found)
        return render_template(
            "review/merge.html",
            case=found,
            lines=lines,
            differing=[line for line in lines if line.differs],
            title=shown.title if shown else "",
            may_decide=merges.may_decide(current.actor, found),
        )


@blueprint.post("/<uuid:unit_id>/<form>")
def decide(unit_id: UUID, form: str) -> Response:
    """Choose a version, or item by item, with a reason."""
    here = f"/review/merges/{unit_id}/{form}"
    choice = merges.Choice(
        base=request.form.get("base", ""),
        picks={
            key.removeprefix("pick:"): value for key, value in request.form.items() if key.startswith("pick:") and value
        },
        seen=frozenset(request.form.getlist("seen")),
        reason=request.form.get("reason", ""),
        confirmation=_confirmation(),
    )
    try:
        with work("review") as current:
            kept = merges.resolve(current.session, current.actor, unit_id, form, choice)
    except NotSignedIn:
        raise
    except CensusError as problem:
        flash(problem.message, "amber")
        if isinstance(problem, NotFound):  # somebody else has decided it
            here = "/review/merges/"
        return redirect(here, 303)
    said = "已合并。另一份已并入，历史都保留。"
    if kept.state == "returned":  # a text that nobody has signed
        said = "已合并，退回普查员请填报人确认签字。"
    flash(said, "green")
    return redirect(f"/review/{kept.id}", 303)


def _confirmation() -> dict[str, str] | None:
    """Who of the unit confirmed the choice, and how; None where nobody was asked."""
    name = request.form.get("confirmed_by", "").strip()
    if not name:
        return None
    return {"name": name[:100], "how": request.form.get("how", ""), "at": now().isoformat()}


def _after(text: str) -> tuple[str, str, str]:
    if not text:
        return merges.BEGINNING
    since, _, rest = text.partition("~")
    unit, _, form = rest.partition("~")
    try:
        return datetime.fromisoformat(since).isoformat(), str(UUID(unit)), form
    except ValueError as error:
        raise NotFound from error

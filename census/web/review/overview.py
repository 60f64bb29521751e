"""``/overview``: how far the caller's regions have come."""

from __future__ import annotations

from flask import Blueprint, render_template

from census.services.review.progress import overview
from census.web.session import work

blueprint = Blueprint("dashboard", __name__)


@blueprint.get("/overview")
def figures() -> str:
    with work("review") as current:
        return render_template("review/overview.html", overview=overview(current.session, current.actor))

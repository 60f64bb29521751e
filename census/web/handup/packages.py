"""``/packages`` on a city's or province's instance: packages from below, their review, and the receipt in answer."""

from __future__ import annotations

from uuid import UUID

from flask import Blueprint, Response, flash, redirect, render_template, request
from werkzeug.wrappers import Response as AnyResponse

from census.db import set_scope
from census.errors import NotFound
from census.models.handup import ReceivedPackage
from census.services.handup import packages
from census.web.api import as_json
from census.web.instance import instance
from census.web.openapi import documented
from census.web.session import API, api_work, current_database, work

blueprint = Blueprint("packages", __name__)


@blueprint.get("/packages")
def listed() -> str:
    """The packages that came in, the newest first."""
    with work("receive") as current:
        return render_template("handup/packages.html", received=packages.received(current.session))


@blueprint.get("/packages/<uuid:package_id>")
def one(package_id: UUID) -> str:
    """One package: how far its review has come, and what can be done for all of it at once."""
    with work("receive") as current:
        return render_template("handup/package.html", standing=packages.standing(current.session, package_id))


@blueprint.post("/packages/<uuid:package_id>/approve")
def approve(package_id: UUID) -> AnyResponse:
    """Approve every record of the package that was checked."""
    with work("receive") as current:
        result = packages.approve_all(current.session, current.actor, package_id)
        left = packages.standing(current.session, package_id).approvable
    if result.approved:
        said = f"已通过 {len(result.approved)} 条。"
        if left and not result.refused:  # one press approves a batch; what is refused would be refused again
            said += f"还有 {left} 条，请再点一次。"
        flash(said, "green")
    for message in sorted({message for _, message in result.refused}):
        flash(f"有 {[text for _, text in result.refused].count(message)} 条没有通过：{message}", "amber")
    if not (result.approved or result.refused):
        flash("没有可以直接通过的记录。", "amber")
    return redirect(f"/packages/{package_id}", 303)


@blueprint.get(f"{API}/packages/<uuid:package_id>/receipt")
@documented("The receipt of a package that was sent here", public=True)
def receipt(package_id: UUID) -> Response:
    """Signed by this instance: what is accepted, what is returned with its items, how much is pending.

    Asked by the sender, who signs the request with its instance key, or by whoever receives packages here.
    """
    if request.headers.get("Authorization", "").startswith("Bearer "):
        with api_work("receive") as current:
            return as_json(packages.receipt(current.session, current.settings, package_id))
    with current_database("census").transaction() as session:
        key = packages.instance_of(session, dict(request.headers), request.method, request.path)
        set_scope(session, [key.region_code])
        package = session.get(ReceivedPackage, package_id)
        if package is None or package.key_id != key.key_id:
            raise NotFound("没有收到过这个数据包。")
        return as_json(packages.receipt(session, instance().settings, package_id))

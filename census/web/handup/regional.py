"""``/regional``: forms about a whole county or city, for those who fill them and the office that reviews them."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any
from uuid import UUID

from flask import Blueprint, flash, redirect, render_template, request
from sqlalchemy.orm import Session
from werkzeug.wrappers import Response

from census.access import Actor, require
from census.errors import NotFound
from census.models.people import Account
from census.services.collect import drafts
from census.services.handup import regional
from census.services.register import my_units
from census.web.collect import unit as view
from census.web.collect.signing import ready_forms, submit_ready
from census.web.session import work
from forms.definition import Form

blueprint = Blueprint("regional", __name__, url_prefix="/regional")


@blueprint.get("/")
def regions() -> str:
    """Each region of the caller with its forms, how far each is, and who fills them."""
    with work("read_regional") as current:
        session, actor = current.session, current.actor
        shown = [_shown(session, actor, one) for one in regional.regional_units(session, actor)]
        return render_template("handup/regional_list.html", regions=shown, may_assign=actor.may("assign"))


def _shown(session: Session, actor: Actor, one: regional.RegionalUnit) -> dict[str, Any]:
    lines: list[view.FormLine] = []
    computed_forms: list[Form] = []
    if one.unit is not None:  # none before the first department is named
        all_lines = view.form_lines(session, actor, one.unit)
        lines = [line for line in all_lines if line.need != "must_not" or line.submission]
        listed = {line.form.code for line in lines}  # a computed form stands there once its factors are asked for
        computed_forms = [form for form in regional.computed_forms(one.unit.kind) if form.code not in listed]
    departments: Sequence[Account] = []
    if actor.may("assign", one.region.code):
        departments = regional.departments(session, one.region.code)
    return {
        "region": one.region,
        "unit": one.unit,
        "account": one.account,
        "lines": lines,
        "computed": computed_forms,
        "is_mine": one.account is not None and one.account.id == actor.account_id,
        "departments": departments,
    }


@blueprint.post("/<code>/entrust")
def entrust(code: str) -> Response:
    """Let a department fill a region's forms."""
    try:
        account_id = UUID(request.form.get("account", ""))
    except ValueError:
        raise NotFound from None
    with work("assign") as current:
        regional.entrust(current.session, current.actor, code, account_id)
    flash("已指定填报部门。", "green")
    return redirect("/regional/", 303)


@blueprint.post("/units/<uuid:unit_id>/<code>/send")
def send(unit_id: UUID, code: str) -> Response:
    """Send one form of a region to review, once nothing stands against it."""
    with work("fill_regional") as current:
        session, actor = current.session, current.actor
        unit = my_units.my_unit(session, actor.account_id, unit_id)
        require(actor, "fill_regional", unit.region_code)
        ready = [one for one in ready_forms(current, unit) if one.form.code == code]
        if not ready:
            raise NotFound
        if not ready[0].is_clean:
            flash(f"{code} 还有没处理完的问题。请打开表，改正错误，给核实性问题写明原因，再报送。", "amber")
            return redirect(f"/collect/units/{unit_id}/finish", 303)
        [outcome] = submit_ready(current, unit, ready, None, None)
        if outcome.status in {"stored", "repeat"}:
            drafts.discard(session, actor, unit.id, [code])
            flash(f"{code} 已报送，等县级审核。", "green")
        else:
            flash(outcome.message or "没有报送成功，请重试。", "red")
    return redirect("/regional/", 303)


@blueprint.get("/units/<uuid:unit_id>/computed/<code>")
def computed(unit_id: UUID, code: str) -> str:
    """A form that the program works out, each figure with its working."""
    with work() as current:
        if not (current.actor.may("read_regional") or current.actor.may("review")):
            require(current.actor, "read_regional")
        unit, form, found, is_complete = regional.worked_out(current.session, unit_id, code)
        return render_template(
            "handup/regional_computed.html", unit=unit, form=form, figures=found, is_complete=is_complete
        )

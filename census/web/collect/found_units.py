"""Places found on the way: is it in the register under another name, else a new unit with the visit that found it."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any
from uuid import UUID

from flask import Blueprint, Response, jsonify, redirect, render_template, request
from werkzeug.wrappers import Response as AnyResponse

from census.db import new_id
from census.services.register.matching import Alike, similar
from census.web.collect import unit as view
from census.web.collect.todo import collecting
from census.web.collect.visit import posted_visit, problems_of, store_visit
from census.web.register.api import place_of_query
from census.web.session import Work

blueprint = Blueprint("collect_found_units", __name__, url_prefix="/collect")


@blueprint.get("/new")
def ask_new() -> str:
    """A unit found in the street: first look whether the register has it under another name."""
    with collecting() as work:
        return _page(work, {})


@blueprint.get("/similar")
def look() -> Response:
    """Units of a like name, the same credit code or the same place, for the page that registers a new one."""
    with collecting() as work:
        found = _similar(work, request.args, place_of_query())
        return jsonify(units=[{"id": str(unit.id), "name": unit.name, "address": unit.address} for unit in found])


@blueprint.post("/new")
def add() -> str | AnyResponse:
    """Register a unit found on the way, with the visit that found it."""
    with collecting() as work:
        typed = {key: request.form.get(key, "").strip() for key in ("name", "address", "kind", "uscc")}
        begun = posted_visit(work, "done")
        problems = problems_of(begun)
        if not typed["name"]:
            problems["name"] = "请写单位名称；没有名称的写“经营者姓名+行业+作坊”。"
        # Units like it are shown once; whoever has looked at them says that it is none of these.
        if problems or ("sure" not in request.form and _alike(work, typed, begun)):
            return _page(work, typed, problems, begun)
        unit_id = new_id()
        store_visit(work, begun, new_unit=_new_unit(work, unit_id, typed, begun))
        return redirect(f"/collect/units/{unit_id}", 303)


def _new_unit(work: Work, unit_id: UUID, typed: Mapping[str, str], begun: Mapping[str, Any]) -> dict[str, Any]:
    return {
        **typed,
        "id": unit_id,
        "kind": _kind(work, typed["kind"]),
        "position": begun["position"],
        "region_code": None,
    }


def _kind(work: Work, asked: str) -> str:
    if work.actor.programme == "scattered":
        return "scattered"
    if asked in view.CENSUS_KINDS:
        return asked
    return "industrial"


def _alike(work: Work, typed: Mapping[str, str], begun: Mapping[str, Any] | None) -> list[Alike]:
    position = None
    if begun is not None and (place := begun["position"]) is not None:
        position = (place["lon"], place["lat"])
    return _similar(work, typed, position)


def _similar(work: Work, values: Mapping[str, str], position: tuple[float, float] | None) -> list[Alike]:
    return similar(work.session, name=values.get("name", "")[:300], code=values.get("uscc", "")[:18], position=position)


def _page(
    work: Work,
    typed: Mapping[str, str],
    problems: Mapping[str, str] | None = None,
    begun: Mapping[str, Any] | None = None,
) -> str:
    return render_template(
        "collect/new.html",
        typed=typed,
        problems=problems or {},
        begun=begun,
        kinds=view.CENSUS_KINDS,
        alike=_alike(work, typed, begun),
        scattered=work.actor.programme == "scattered",
    )

"""The register over the API: a phone's units and the areas they lie in, sharing units out and handing one back."""

from __future__ import annotations

import hashlib
from collections.abc import Sequence
from typing import Any
from uuid import UUID

import orjson
from flask import Blueprint, Response, request

from census.errors import InvalidInput
from census.models.collect import Submission
from census.models.register import Unit
from census.services.register import areas, assignments, matching
from census.services.register.leases import Held
from census.services.register.my_units import nearest
from census.services.register.units import assigned_units
from census.web import reading
from census.web.api import as_json, count_argument
from census.web.openapi import documented
from census.web.register import wire
from census.web.session import API, api_work

blueprint = Blueprint("api_register", __name__, url_prefix=API)

KEEP = "private, no-cache"
MOST_INDEXED = 20_000


@blueprint.get("/units")
@documented(
    "My assigned units",
    answer=wire.UnitsAnswer,
    query={"cursor": "from the last answer: only what changed since", "limit": "units per page, at most 500"},
)
def my_units() -> Response:
    """Units assigned to the caller with what the register knows; ask again with the cursor while ``more`` is true.

    ``removed`` names units that are no longer the caller's; the device holds what it got until ``lease_until``.
    """
    with api_work("collect") as work:
        page = assigned_units(
            work.session, work.actor, request.args.get("cursor", ""), count_argument("limit", 500, 500)
        )
        return as_json(
            {
                "units": [
                    unit_as_json(unit, sent) | {"held_elsewhere": _held(page.held.get(unit.id, ()))}
                    for unit, sent in page.units
                ],
                "removed": [{"id": row.unit_id, "why": row.kind, "at": row.at} for row in page.removed],
                "lease_until": page.lease_until,
                "cursor": page.cursor,
                "more": page.has_more,
            }
        )


@blueprint.get("/areas")
@documented("My enumeration areas", answer=wire.AreasAnswer)
def my_areas() -> Response:
    """Areas of the caller's units with their boundaries (GeoJSON, WGS-84), for the map without a network; ETag."""
    with api_work("collect") as work:
        found = areas.areas_of(work.session, work.actor)
    return tagged(
        {
            "areas": [
                {
                    "code": area.code,
                    "name": area.name,
                    "region_code": area.region_code,
                    "boundary": area.boundary,
                    "is_schematic": area.is_schematic,
                }
                for area in found
            ]
        }
    )


@blueprint.get("/units/similar")
@documented(
    "Is it in the register already",
    answer=wire.AlikeAnswer,
    query={
        "name": "as it stands on the door",
        "uscc": "unified social credit code",
        "lon": "longitude, WGS-84",
        "lat": "latitude",
    },
)
def look_alike() -> Response:
    """At most five units of the caller's regions with this code, a like name, or within 50 metres.

    ``reasons`` says which of the three it was.
    """
    with api_work("collect") as work:
        found = matching.similar(
            work.session,
            name=request.args.get("name", "")[:300],
            code=request.args.get("uscc", "")[:18],
            position=place_of_query(),
        )
    return as_json({"units": [alike_as_json(one) for one in found]})


@blueprint.get("/units/index")
@documented("The register around me, for use without a network", answer=wire.IndexAnswer)
def index() -> Response:
    """What is needed to look for duplicates offline, of every unit of the caller's regions; ETag."""
    with api_work("collect") as work:
        rows = matching.index_around(work.session, MOST_INDEXED)
    return tagged({"units": rows})


@blueprint.get("/units/near")
@documented(
    "My units by distance",
    answer=wire.NearAnswer,
    query={
        "lon": "longitude, WGS-84",
        "lat": "latitude",
        "area": "only this enumeration area",
        "limit": "at most 200",
    },
)
def near() -> Response:
    """The caller's units that are still to be done, the nearest first."""
    place = place_of_query()
    if place is None:
        raise InvalidInput("请给出现在的经度和纬度。")
    with api_work("collect") as work:
        found = nearest(
            work.session,
            work.actor.account_id,
            place,
            area=request.args.get("area", "")[:20],
            limit=count_argument("limit", 50, 200),
        )
    return as_json(
        {
            "units": [
                {
                    "id": unit.id,
                    "name": unit.name,
                    "address": unit.address,
                    "area_code": unit.area_code,
                    "outcome": unit.outcome,
                    "away_m": away,
                }
                for unit, away in found
            ]
        }
    )


@blueprint.post("/units/<uuid:unit_id>/hand-back")
@documented("Hand a unit back", body=wire.HandBackRequest, status=204)
def hand_back(unit_id: UUID) -> tuple[str, int]:
    """Give one of my units back to its team, with a reason; it leaves this phone, and the desk gives it to another."""
    asked = reading.load(wire.HandBackRequest, reading.body())
    with api_work("collect") as work:
        assignments.hand_back(work.session, work.actor, unit_id, asked["reason"], asked["note"] or "")
    return "", 204


@blueprint.post("/assignments")
@documented("Share units out", body=wire.AssignRequest, answer=wire.AssignAnswer)
def assign() -> Response:
    """Give up to 1,000 units to one enumerator or one team, all or none; what former holders still send is kept."""
    asked = reading.load(wire.AssignRequest, reading.body())
    with api_work("assign") as work:
        target = assignments.target_of(work.session, asked["account"], asked["team"])
        changed = assignments.assign(work.session, work.actor, asked["units"], target, asked["note"] or "")
    return as_json({"changed": changed})


def unit_as_json(unit: Unit, sent: Sequence[Submission]) -> dict[str, Any]:
    """One unit as the phone keeps it."""
    position = None
    if unit.lon is not None and unit.lat is not None:
        position = {"lon": unit.lon, "lat": unit.lat}
    return {
        "id": unit.id,
        "kind": unit.kind,
        "name": unit.name,
        "address": unit.address,
        "uscc": unit.credit_code,
        "industry_code": unit.industry_code,
        "region_code": unit.region_code,
        "area_code": unit.area_code,
        "position": position,
        "known": unit.known,
        "forms": unit.forms,
        "may_forms": unit.may_forms,
        "outcome": unit.outcome,
        "submissions": [
            {"id": submission.id, "form": submission.form, "state": submission.state, "revision": submission.revision}
            for submission in sent
        ],
    }


def _held(copies: Sequence[Held]) -> list[dict[str, Any]]:
    """The copies on other people's phones that may still send something."""
    return [{"by": copy.name, "expires_at": copy.expires_at} for copy in copies if not copy.is_over]


def alike_as_json(one: matching.Alike) -> dict[str, object]:
    """One unit that may be the same, as far as it may be told."""
    return {
        "id": one.id,
        "name": one.name,
        "address": one.address,
        "kind": one.kind,
        "outcome": one.outcome,
        "reasons": one.reasons,
        "away_m": one.away_m,
    }


def place_of_query() -> tuple[float, float] | None:
    """The position in the query; None when there is none, or it is nowhere on earth."""
    try:
        lon, lat = float(request.args["lon"]), float(request.args["lat"])
    except (KeyError, ValueError):
        return None
    if abs(lon) > 180 or abs(lat) > 90:
        return None
    return lon, lat


def tagged(value: dict[str, object]) -> Response:
    """Answer an object with the digest of its text as ETag; 304 to who has it."""
    content = orjson.dumps(value)
    response = Response(content, mimetype="application/json")
    response.set_etag(hashlib.sha256(content).hexdigest()[:32])
    response.headers["Cache-Control"] = KEEP
    response.make_conditional(request)
    return response

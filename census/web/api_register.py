"""The register over the API: whose units are whose, the areas they lie in, and handing a unit back."""

from __future__ import annotations

import hashlib
from uuid import UUID

import orjson
from flask import Blueprint, Response, request

from census.services import areas, assignments
from census.web import reading, wire_register
from census.web.api import as_json
from census.web.openapi import documented
from census.web.session import API, api_work

blueprint = Blueprint("api_register", __name__, url_prefix=API)

KEEP = "private, no-cache"


@blueprint.get("/areas")
@documented("My enumeration areas", answer=wire_register.AreasAnswer)
def my_areas() -> Response:
    """Areas of the caller's units with their boundaries (GeoJSON, WGS-84), for the map without a network; ETag."""
    with api_work("collect") as work:
        found = areas.areas_of(work.session, work.actor)
    return tagged({"areas": [
        {"code": area.code, "name": area.name, "region_code": area.region_code, "boundary": area.boundary, "is_schematic": area.is_schematic}
        for area in found
    ]})


@blueprint.post("/units/<uuid:unit_id>/hand-back")
@documented("Hand a unit back", body=wire_register.HandBackRequest, status=204)
def hand_back(unit_id: UUID) -> tuple[str, int]:
    """Give one of my units back to its team, with a reason; it leaves this phone, and the desk gives it to another."""
    asked = reading.load(wire_register.HandBackRequest, reading.body())
    with api_work("collect") as work:
        assignments.hand_back(work.session, work.actor, unit_id, asked["reason"], asked["note"] or "")
    return "", 204


@blueprint.post("/assignments")
@documented("Share units out", body=wire_register.AssignRequest, answer=wire_register.AssignAnswer)
def assign() -> Response:
    """Give up to 1,000 units to one enumerator or one team, all or none; what former holders still send is kept."""
    asked = reading.load(wire_register.AssignRequest, reading.body())
    with api_work("assign") as work:
        target = assignments.target_of(work.session, asked["account"], asked["team"])
        changed = assignments.assign(work.session, work.actor, asked["units"], target, asked["note"] or "")
    return as_json({"changed": changed})


def tagged(value: dict[str, object]) -> Response:
    """Answer an object with the digest of its text as ETag; 304 to who has it."""
    content = orjson.dumps(value)
    response = Response(content, mimetype="application/json")
    response.set_etag(hashlib.sha256(content).hexdigest()[:32])
    response.headers["Cache-Control"] = KEEP
    response.make_conditional(request)
    return response

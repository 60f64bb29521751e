"""What a phone fetches of the register: its units."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from flask import Blueprint, Response, request

from census.models.collect import Submission
from census.models.register import Unit
from census.services.register.units import assigned_units
from census.web.api import as_json, count_argument
from census.web.openapi import documented
from census.web.register import wire
from census.web.session import API, api_work

blueprint = Blueprint("api_units", __name__, url_prefix=API)


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
                    unit_as_json(unit, sent)
                    | {
                        "held_elsewhere": [
                            {"by": copy.name, "expires_at": copy.expires_at}
                            for copy in page.held.get(unit.id, ())
                            if not copy.is_over
                        ]
                    }
                    for unit, sent in page.units
                ],
                "removed": [{"id": row.unit_id, "why": row.kind, "at": row.at} for row in page.removed],
                "lease_until": page.lease_until,
                "cursor": page.cursor,
                "more": page.has_more,
            }
        )


def unit_as_json(unit: Unit, sent: Sequence[Submission]) -> dict[str, Any]:
    """One unit as the phone keeps it."""
    known_place = unit.lon is not None and unit.lat is not None
    return {
        "id": unit.id,
        "kind": unit.kind,
        "name": unit.name,
        "address": unit.address,
        "uscc": unit.credit_code,
        "industry_code": unit.industry_code,
        "region_code": unit.region_code,
        "area_code": unit.area_code,
        "position": {"lon": unit.lon, "lat": unit.lat} if known_place else None,
        "known": unit.known,
        "forms": unit.forms,
        "may_forms": unit.may_forms,
        "outcome": unit.outcome,
        "submissions": [
            {"id": submission.id, "form": submission.form, "state": submission.state, "revision": submission.revision}
            for submission in sent
        ],
    }

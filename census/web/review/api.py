"""Review over the API: what waits for the caller, and deciding on it."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any
from uuid import UUID

from flask import Blueprint, Response, request

from census.services.review import decisions
from census.services.review.queue import queue
from census.web import reading
from census.web.api import as_json, count_argument
from census.web.openapi import documented
from census.web.review import wire
from census.web.session import API, api_work

blueprint = Blueprint("api_review", __name__, url_prefix=API)


@blueprint.get("/reviews")
@documented(
    "My review queue",
    answer=wire.QueueAnswer,
    query={
        "state": "default: what waits for the caller",
        "form": "a form's code",
        "region": "a region code or its beginning",
        "check": "a check's id",
        "cursor": "from the last answer",
        "limit": "records per page, at most 200",
    },
)
def my_reviews() -> Response:
    """Records that wait for the caller's decision, oldest first."""
    asked = {
        name: request.args.get(name, "").replace("\0", "") for name in ("state", "form", "region", "check", "cursor")
    }
    with api_work("review") as work:
        page = queue(work.session, work.actor, **asked, limit=count_argument("limit", 25, 200))
        entries = [
            {
                "id": entry.id,
                "unit": entry.unit_id,
                "unit_name": entry.unit_name,
                "form": entry.form,
                "version": entry.version,
                "region_code": entry.region_code,
                "state": entry.state,
                "revision": entry.revision,
                "errors": entry.error_count,
                "warnings": entry.warning_count,
                "unexplained": entry.unexplained_count,
                "updated_at": entry.updated_at,
            }
            for entry in page.entries
        ]
        return as_json({"reviews": entries, "cursor": page.next_cursor or None})


@blueprint.post("/submissions/<uuid:submission_id>/decisions")
@documented("Decide on a submission", body=wire.DecisionRequest, answer=wire.DecisionAnswer)
def decide(submission_id: UUID) -> Response:
    """Approve, return, or (its enumerator, before anybody opened it) withdraw one revision of a submission."""
    asked = reading.load(wire.DecisionRequest, reading.body())
    with api_work() as work:
        if asked["outcome"] == "withdraw":
            decision = decisions.withdraw(
                work.session, work.actor, submission_id, expected_revision=asked["expected_revision"]
            )
        else:
            decision = decisions.decide(
                work.session,
                work.actor,
                submission_id,
                outcome=asked["outcome"],
                note=asked["note"] or "",
                items=_items(asked["items"] or ()),
                expected_revision=asked["expected_revision"],
            )
        return as_json(
            {
                "id": decision.id,
                "submission": decision.submission_id,
                "revision": decision.revision,
                "outcome": decision.outcome,
                "state": decision.to_state,
                "decided_at": decision.decided_at,
            }
        )


def _items(items: Sequence[dict[str, Any]]) -> list[dict[str, str]]:
    return [{"path": item["path"], "reason": item["reason"] or "other", "text": item["text"] or ""} for item in items]

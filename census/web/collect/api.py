"""Submissions and visits over the API: what phones send, and what became of it."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any
from uuid import UUID

from flask import Blueprint, Response, request

from census.access import Actor
from census.db import now
from census.services.cases.entry import open_cases
from census.services.collect import submissions, visits
from census.services.collect.changes import changes_since
from census.services.collect.fates import Draft, Outcome
from census.services.collect.history import history
from census.services.collect.receipts import Receipt
from census.services.collect.visits import VisitOutcome
from census.services.register.matching import Alike
from census.web.api import as_json, count_argument
from census.web.collect import sent, wire
from census.web.openapi import documented
from census.web.register.api import alike_as_json
from census.web.session import API, api_work

blueprint = Blueprint("api_submissions", __name__, url_prefix=API)


@blueprint.post("/submissions")
@documented("Send submissions", body=wire.SubmissionsRequest, answer=wire.SubmissionsAnswer)
def send_submissions() -> Response:
    """Store 1 to 200 submissions in one durable commit; the results stand in the order of the request."""
    with api_work("collect") as work:
        read = sent.drafts()
        drafts = [row for row in read if isinstance(row, Draft)]
        settled = submissions.submit(work.session, work.actor, drafts, now())
        outcomes = iter(open_cases(work.session, work.actor, drafts, settled))
        # Each result stands where its submission stood: the refusals of what could not be read are there already.
        results = [next(outcomes) if isinstance(row, Draft) else row for row in read]
    return as_json({"results": [result(outcome, work.actor) for outcome in results]})


@blueprint.get("/submissions/<uuid:submission_id>")
@documented("One submission", answer=wire.SubmissionHistory)
def one_submission(submission_id: UUID) -> Response:
    """State, revisions, findings and decisions of a submission that the caller sent or may review."""
    with api_work() as work:
        return as_json(history(work.session, work.actor, submission_id))


@blueprint.post("/visits")
@documented("Send visits", body=wire.VisitsRequest, answer=wire.VisitsAnswer)
def send_visits() -> Response:
    """Store visits: one covers all forms of a unit, with two enumerators' cards and the respondent's signature."""
    with api_work("collect") as work:
        read = sent.visits()
        drafts = [row for row in read if isinstance(row, visits.VisitDraft)]
        settled = visits.store(work.session, work.actor, drafts, now())
        alike = visits.like_those_found(work.session, drafts, settled)
        outcomes = iter(settled)
        # Each result stands where its visit stood: the refusals of what could not be read are there already.
        results = [next(outcomes) if isinstance(row, visits.VisitDraft) else row for row in read]
    return as_json({"results": [_visit_result(row, alike) for row in results]})


def _visit_result(row: VisitOutcome, alike: Mapping[UUID, Sequence[Alike]]) -> dict[str, Any]:
    found: Sequence[Alike] = ()
    if row.unit is not None:
        found = alike.get(row.unit, ())
    return {
        "id": row.id,
        "status": row.status,
        "unit": row.unit,
        "reason": row.reason or None,
        "message": row.message or None,
        "similar": [alike_as_json(one) for one in found],
    }


@blueprint.get("/changes")
@documented(
    "What happened to my submissions",
    answer=wire.ChangesAnswer,
    query={"since": "cursor of the last answer", "limit": "changes per page, at most 500"},
)
def my_changes() -> Response:
    """Returns, approvals and receipts in the order in which they happened, none ever skipped."""
    with api_work("collect") as work:
        page = changes_since(work.session, work.actor, request.args.get("since", ""), count_argument("limit", 200, 500))
        changes = [
            {
                "submission": row.Change.submission_id,
                "unit": row.unit_id,
                "form": row.form,
                "kind": row.Change.kind,
                "state": row.Change.state,
                "revision": row.Change.revision,
                "note": row.Change.note,
                "items": row.Change.items,
                "at": row.Change.at,
            }
            for row in page.changes
        ]
        return as_json({"changes": changes, "cursor": page.cursor, "more": page.has_more})


def result(outcome: Outcome, actor: Actor) -> dict[str, Any]:
    """One result as the phone reads it; the receipt is coded for the asking device."""
    return {
        "id": outcome.id,
        "status": outcome.status,
        "reason": outcome.reason or None,
        "message": outcome.message or None,
        "revision": outcome.revision,
        "state": outcome.state,
        "findings": outcome.findings,
        "receipt": _receipt(outcome.receipt, actor),
    }


def _receipt(receipt: Receipt | None, actor: Actor) -> dict[str, Any] | None:
    if receipt is None:
        return None
    return {
        "number": receipt.number,
        "id": receipt.submission_id,
        "revision": receipt.revision,
        "digest": receipt.digest,
        "at": receipt.at_text,
        "mac": receipt.mac(actor.receipt_key),
    }

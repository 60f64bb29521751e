"""The review desk: the queue, one record, and what reviewers do with it. Plain forms; scripts only add keys."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Final
from urllib.parse import urlencode
from uuid import UUID

from flask import Blueprint, flash, redirect, render_template, request
from sqlalchemy import select
from werkzeug.datastructures import MultiDict
from werkzeug.wrappers import Response

from census.access import Actor
from census.errors import CensusError, InvalidInput, NotSignedIn
from census.models.collect import Submission
from census.models.register import Unit
from census.services.collect.states import OUTCOME_NAMES, REASONS, STATE_NAMES, TRANSITIONS
from census.services.review import decisions
from census.services.review import queue as review_queue
from census.services.review.obstacles import is_regional
from census.services.review.queue import Filters, QueueEntry
from census.services.review.record import Record, mark_opened, open_record
from census.services.review.table import Line, Show, only
from census.web.session import work

blueprint = Blueprint("review", __name__, url_prefix="/review")

FILTER_NAMES: Final = ("state", "form", "region", "check")
SHOWS: Final[Mapping[Show, str]] = {"all": "全部指标", "problems": "有问题", "changes": "有改动", "filled": "已填"}
DONE: Final = {"approve": "已通过", "return": "已退回"}
PAGE: Final = 25


@blueprint.get("/")
def queue() -> str:
    """What waits for me, oldest first, with counts for every filter."""
    filters = _filters(request.args)
    with work("review") as current:
        session, actor = current.session, current.actor
        page = review_queue.queue(
            session, actor, **filters.as_query(), cursor=request.args.get("cursor", ""), limit=PAGE
        )
        facets = review_queue.facets(session, actor, filters)
        waiting = review_queue.waiting_states(actor)
        counted = [filters.state] if filters.state else waiting
        return render_template(
            "review/queue.html",
            page=page,
            facets=facets,
            filters=filters,
            waiting=waiting,
            link=_link,
            counted_first=review_queue.CHECKED_FIRST,
            first_page="cursor" not in request.args,
            selected=request.args.get("select") == "clean",
            clean=[entry.id for entry in page.entries if _can_bulk(actor, entry)],
            total=sum(facets.states.get(state, 0) for state in counted),
        )


@blueprint.post("/approve")
def approve_selected() -> Response:
    """Approve the records without any finding that were ticked."""
    filters = _filters(request.form)
    with work("review") as current:
        result = decisions.approve_clean(current.session, current.actor, map(_ticked, request.form.getlist("record")))
    if result.approved:
        flash(f"已通过 {len(result.approved)} 条。", "green")
    for message in sorted({message for _, message in result.refused}):
        flash(f"有 {[text for _, text in result.refused].count(message)} 条没有通过：{message}", "amber")
    if not (result.approved or result.refused):
        flash("还没有勾选记录。", "amber")
    return redirect(_link("/review/", filters), 303)


@blueprint.get("/<uuid:submission_id>")
def record(submission_id: UUID) -> str:
    """One record with everything a decision needs."""
    ahead = "prefetch" in request.headers.get("Sec-Purpose", "")
    return _record_page(submission_id, opens=not ahead)


@blueprint.post("/<uuid:submission_id>/reveal")
def reveal(submission_id: UUID) -> str:
    """The same page with personal items shown; the audit trail notes who looked."""
    return _record_page(submission_id, reveal=True)


@blueprint.post("/<uuid:submission_id>/opened")
def opened(submission_id: UUID) -> Response:
    """A page fetched ahead is being read now."""
    with work("review") as current:
        mark_opened(current.session, current.actor, submission_id)
    return Response(status=204)


@blueprint.post("/<uuid:submission_id>/approve")
def approve(submission_id: UUID) -> Response:
    """Approve and go on to the next record."""
    try:
        return _decide(submission_id, "approve", [])
    except NotSignedIn:
        raise
    except CensusError as error:
        flash(error.message, "red")
        return redirect(_link(f"/review/{submission_id}", _filters(request.form)), 303)


@blueprint.get("/<uuid:submission_id>/return")
def ask_return(submission_id: UUID) -> str:
    """Why it goes back: a reason for every item that was ticked."""
    paths = dict.fromkeys(request.args.getlist("path"))
    return _return_page(submission_id, [{"path": path, "reason": "", "text": ""} for path in paths])


@blueprint.post("/<uuid:submission_id>/return")
def send_back(submission_id: UUID) -> Response | tuple[str, int]:
    """Return with the items marked and go on to the next record. A refusal keeps what was typed."""
    fields = zip(*(request.form.getlist(name) for name in ("path", "reason", "text")), strict=False)
    items = [{"path": path, "reason": reason, "text": text} for path, reason, text in fields]
    try:
        return _decide(submission_id, "return", items)
    except NotSignedIn:
        raise
    except CensusError as error:
        return _return_page(submission_id, items, error.message), error.status


@blueprint.post("/<uuid:submission_id>/comments")
def comment(submission_id: UUID) -> Response:
    """Leave a remark for other reviewers."""
    with work("review") as current:
        decisions.comment(current.session, current.actor, submission_id, text=request.form.get("text", ""))
    flash("批注已保存，只有审核人员能看到。", "green")
    return redirect(_link(f"/review/{submission_id}", _filters(request.form)), 303)


@blueprint.post("/<uuid:submission_id>/exemptions")
def exempt(submission_id: UUID) -> Response:
    """Let an error finding stand, with the reason."""
    form = request.form
    with work("review") as current:
        decisions.exempt(
            current.session,
            current.actor,
            submission_id,
            check=form.get("check", ""),
            path=form.get("path", ""),
            reason=form.get("reason", ""),
            expected_revision=_revision(),
        )
    flash("已豁免，理由会随记录上报。", "green")
    return redirect(_link(f"/review/{submission_id}", _filters(form)), 303)


def _record_page(submission_id: UUID, *, reveal: bool = False, opens: bool = True) -> str:
    filters = _filters(request.values)
    asked = request.values.get("show", "all")
    show: Show = asked if asked in SHOWS else "all"
    with work("review") as current:
        shown = open_record(
            current.session,
            current.actor,
            submission_id,
            revision=request.values.get("revision", type=int),
            reveal=reveal,
            opens=opens,
        )
        return render_template(
            "review/record.html",
            record=shown,
            filters=filters,
            link=_link,
            show=show,
            visible=only(shown.sections, show),
            shows=SHOWS,
            outcomes=OUTCOME_NAMES,
            reasons=REASONS,
            ahead=not opens,
            at=review_queue.neighbours(current.session, current.actor, filters, shown.submission),
        )


def _return_page(submission_id: UUID, items: list[dict[str, str]], problem: str = "") -> str:
    with work("review") as current:
        shown = open_record(current.session, current.actor, submission_id)
        return render_template(
            "review/return.html",
            record=shown,
            filters=_filters(request.values),
            reasons=REASONS,
            link=_link,
            problem=problem,
            marked=[_marked(shown, item) for item in items],
            note=request.form.get("note", ""),
        )


def _marked(record: Record, item: Mapping[str, str]) -> dict[str, str]:
    """One ticked item as the return page shows it: what it is, what it says, and a first wording of what is wrong."""
    path = item["path"]
    line = next(
        (line for section in record.sections for row in section.rows for line in row.lines if line.path == path), None
    )
    finding = next((finding for finding in record.findings if finding.path == path and finding.state == "open"), None)
    label, value = "整条记录", ""
    if line is not None:
        label, value = f"{line.no} {line.name}".strip(), _value(line)
    reason, text = item["reason"], item["text"]
    if finding is not None and not reason:  # the page's first sight: what the check says is proposed
        reason, text = _likely_reason(finding.check), text or finding.message
    return {"path": path, "label": label, "value": value, "reason": reason, "text": text}


def _value(line: Line) -> str:
    if not line.value:
        return "空白"
    return f"{line.value} {line.unit}".strip()


def _likely_reason(check: str) -> str:
    """A first choice of the reason, from what kind of check it was; the reviewer may take another."""
    kind = check.rpartition(".")[2]
    return {"required": "missing", "rows": "missing", "code": "wrong_code"}.get(kind, "implausible")


def _decide(submission_id: UUID, outcome: str, items: list[dict[str, str]]) -> Response:
    """Decide, say so, and open the record that came next when this one was still in the queue."""
    filters = _filters(request.form)
    with work("review") as current:
        session = current.session
        submission = session.get(Submission, submission_id)
        following, form = None, ""
        if submission is not None:  # else the decision is refused below
            # Asked before the decision, which takes the record out of the queue that it stands in.
            following = review_queue.neighbours(session, current.actor, filters, submission).next
            form = submission.form
        decision = decisions.decide(
            session,
            current.actor,
            submission_id,
            outcome=outcome,
            note=request.form.get("note", ""),
            items=items,
            expected_revision=_revision(),
        )
        name = session.scalars(select(Unit.name).join(Submission).where(Submission.id == submission_id)).one()
    said = f"{name} {form} {DONE[outcome]}"
    if decision.items:
        said += f" {len(decision.items)} 项"
    if following is None:
        flash(f"{said}。这一列已经审完。", "green")
        return redirect(_link("/review/", filters), 303)
    flash(f"{said}。", "green")
    return redirect(_link(f"/review/{following}", filters), 303)


def _filters(values: MultiDict[str, str]) -> Filters:
    given = {name: values.get(name, "") for name in FILTER_NAMES}
    if given["state"] not in STATE_NAMES:
        given["state"] = ""
    return Filters(**given)


def _link(address: str, filters: Filters, **changes: str) -> str:
    """An address inside the same queue; ``changes`` replace filters or add parameters, "" leaves one out."""
    query = {name: value for name, value in {**filters.as_query(), **changes}.items() if value}
    return f"{address}?{urlencode(query)}" if query else address


def _revision() -> int:
    revision = request.form.get("revision", type=int)
    if revision is None:
        raise InvalidInput("页面内容不完整，请刷新后再审。")
    return revision


def _ticked(value: str) -> tuple[UUID, int]:
    """A ticked record of the list, as ``id:revision``."""
    number, _, revision = value.partition(":")
    try:
        return UUID(number), int(revision)
    except ValueError as error:
        raise InvalidInput("页面内容不完整，请刷新后再审。") from error


def _can_bulk(actor: Actor, entry: QueueEntry) -> bool:
    """Whether the actor could approve this record unseen: nothing was found in it, and it is their turn."""
    roles = set(actor.roles)
    if "county" in roles and is_regional(entry.form):  # a region's own forms come to the county without a supervisor
        roles.add("county_regional")
    return entry.is_clean and any((entry.state, "approve", role) in TRANSITIONS for role in roles)

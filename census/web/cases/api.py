"""The 散乱污 part of the API: cases and their steps, operations, reports."""

from __future__ import annotations

from datetime import date, datetime
from decimal import Decimal
from typing import Any, Final
from uuid import UUID

from flask import Blueprint, Response, request

from census.access import Actor
from census.models.cases import Case, CaseEvent, Operation
from census.services.cases import reports, steps
from census.services.cases.queries import find_cases, is_overdue, names_of
from census.services.cases.states import Step, next_steps
from census.web import reading
from census.web.api import as_json, count_argument
from census.web.cases import wire
from census.web.cases.requests import asked_filters, asked_window, note, scattered
from census.web.openapi import documented
from census.web.session import API, api_work

blueprint = Blueprint("api_cases", __name__, url_prefix=API)

WINDOW: Final = {
    "as_of": "a day: what had happened by its end; default: the end of the year, or today",
    "year": "default: that of as_of",
    "region": "a region code; default: the caller's own",
    "known_at": "a time: leave out what was recorded later, to print an old report again",
}
FROM_POSITION: Final = ("lon", "lat")


@blueprint.get("/cases")
@documented(
    "Cases",
    answer=wire.CasesAnswer,
    query={
        "state": "a state",
        "region": "a region code or its beginning",
        "words": "part of name, address or number",
        "overdue": "true: only those past their deadline",
        "figure": "an id of R8's figures: the cases it counts",
        "cursor": "from the last answer",
        "limit": "cases per page, at most 200",
        **WINDOW,
    },
)
def all_cases() -> Response:
    """Cases in the caller's regions, newest find first."""
    with scattered(api_work("work_case")) as work:
        page = find_cases(
            work.session,
            asked_filters(work.session, work.actor),
            cursor=request.args.get("cursor", ""),
            limit=count_argument("limit", 50, 200),
        )
        return as_json({"cases": [case_as_json(case) for case in page.cases], "cursor": page.cursor or None})


@blueprint.post("/cases")
@documented("Open a case", body=wire.CaseRequest, answer=wire.OneCaseAnswer, status=201)
def open_case() -> Response:
    """Register a place that was found; it gets its number, which never changes."""
    asked = reading.load(wire.CaseRequest, reading.body())
    position: dict[str, float] = asked.pop("position") or {}
    region_code, found_on = asked.pop("region_code"), asked.pop("found_on")
    evidence, words = asked.pop("evidence"), asked.pop("note")
    with scattered(api_work("register_case")) as work:
        case = steps.open_case(
            work.session,
            work.actor,
            region_code=region_code,
            facts=asked | {key: position.get(key) for key in FROM_POSITION},
            evidence=evidence,
            note=words or "",
            found_on=found_on,
        )
        answer = as_json(_whole(work.session, work.actor, case), 201)
        note(work, "open_case", case.case_no, evidence=evidence)
        return answer


@blueprint.get("/cases/<uuid:case_id>")
@documented("One case", answer=wire.OneCaseAnswer)
def one_case(case_id: UUID) -> Response:
    """A case with its history and the steps that lead on, each with what it needs."""
    with scattered(api_work("work_case")) as work:
        return as_json(_whole(work.session, work.actor, steps.get_case(work.session, case_id)))


@blueprint.post("/cases/<uuid:case_id>/events")
@documented("Take a case a step further", body=wire.EventRequest, answer=wire.OneCaseAnswer)
def record_event(case_id: UUID) -> Response:
    """Record one step. 409 when the case has moved on or the step does not start from its state; history stays."""
    asked = reading.load(wire.EventRequest, reading.body())
    with scattered(api_work("work_case")) as work:
        case = steps.record_event(
            work.session,
            work.actor,
            case_id,
            kind=asked["kind"],
            evidence=asked["evidence"] or [],
            note=asked["note"] or "",
            facts=asked["facts"],
            expected_version=asked["expected_version"],
            occurred_on=asked["occurred_on"],
        )
        answer = as_json(_whole(work.session, work.actor, case))
        note(work, f"case_{asked['kind']}", case.case_no, version=case.version, evidence=asked["evidence"] or [])
        return answer


@blueprint.post("/operations")
@documented("Record an operation", body=wire.OperationRequest, answer=wire.OperationAnswer, status=201)
def record_operation() -> Response:
    """Record one operation 专项行动; it counts once, however many cases it touched."""
    asked = reading.load(wire.OperationRequest, reading.body())
    with scattered(api_work("register_case")) as work:
        operation = steps.record_operation(work.session, work.actor, Operation(**asked))
        note(work, "record_operation", operation.operation_no, kind=operation.kind)
        return as_json({"id": operation.id, "operation_no": operation.operation_no}, 201)


@blueprint.get("/reports/<code>")
@documented("A report", answer=wire.ReportAnswer, query=WINDOW)
def one_report(code: str) -> Response:
    """R1 to R7 are tables, R8 figures and the yearly paragraph; all counted from the rows at that day."""
    with scattered(api_work("report_cases")) as work:
        return as_json(report_as_json(reports.report(work.session, code, asked_window(work.session, work.actor))))


@blueprint.get("/reports/R8/rows")
@documented(
    "What a figure counts",
    answer=wire.RowsAnswer,
    query={"figure": "an id", "cursor": "from the last answer", "limit": "rows per page, at most 200", **WINDOW},
)
def figure_rows() -> Response:
    """The rows behind one figure of R8."""
    limit, figure = count_argument("limit", 50, 200), request.args.get("figure", "")
    with scattered(api_work("report_cases")) as work:
        window = asked_window(work.session, work.actor)
        columns, rows = reports.rows_behind(
            work.session,
            figure,
            window,
            after=request.args.get("cursor", "").replace("\0", ""),
            limit=limit,
        )
        cursor = None
        if len(rows) == limit:
            cursor = rows[-1]["row_key"]
        return as_json(
            {
                "figure": figure,
                "columns": [{"key": key, "title": title} for key, title in columns],
                "rows": [{key: plain(row[key]) for key, _ in columns} for row in rows],
                "cursor": cursor,
            }
        )


def report_as_json(report: reports.Report) -> dict[str, Any]:
    """A report as the API and ``census report`` write it."""
    figures: list[dict[str, Any]] = []
    for counted in report.figures:
        figure: dict[str, Any] = {
            "id": counted.id,
            "label": counted.label,
            "value": counted.value,
            "unit": counted.unit,
            "precision": counted.precision,
        }
        if counted.denominator is not None:
            figure |= {"numerator": counted.numerator, "denominator": counted.denominator}
        figures.append(figure | {"cases_url": reports.address_of(counted, report.window)})
    return {
        "report": report.code,
        "title": report.title,
        "as_of": report.window.as_of,
        "year": report.window.year,
        "region": report.window.region,
        "figures": figures,
        "paragraph": report.paragraph,
        "columns": [{"key": key, "title": title} for key, title in report.columns],
        "rows": [{key: plain(row[key]) for key, _ in report.columns} for row in report.rows],
    }


def plain(value: Any) -> Any:
    """A value of a row as JSON knows it."""
    if isinstance(value, Decimal):
        return int(value) if value == value.to_integral_value() else float(value)
    if isinstance(value, (date, datetime)):
        return value.isoformat()
    return value


def case_as_json(case: Case) -> dict[str, Any]:
    """A case in a list."""
    position = None
    if case.lon is not None and case.lat is not None:
        position = {"lon": case.lon, "lat": case.lat}
    return {
        "id": case.id,
        "case_no": case.case_no,
        "name": case.name,
        "address": case.address,
        "region_code": case.region_code,
        "position": position,
        "industry_code": case.industry_code,
        "is_industrial": case.is_industrial,
        "river_code": case.river_code,
        "state": case.state,
        "version": case.version,
        "lead_source": case.lead_source,
        "lead_no": case.lead_no,
        "category": case.category,
        "mode": case.mode,
        "found_on": case.found_on,
        "verified_on": case.verified_on,
        "deadline": case.deadline,
        "done_on": case.done_on,
        "accepted_on": case.accepted_on,
        "overdue": is_overdue(case),
    }


def _whole(session: Any, actor: Actor, case: Case) -> dict[str, Any]:
    events = steps.events_of(session, case.id)
    names = names_of(session, {event.account_id for event in events})
    return case_as_json(case) | {
        "events": [_event_as_json(event, names) for event in events],
        "next": [
            _step_as_json(step, may=steps.may_take(actor, step, case.region_code)) for step in next_steps(case.state)
        ],
    }


def _event_as_json(event: CaseEvent, names: dict[UUID, str]) -> dict[str, Any]:
    by = None
    if event.account_id is not None:
        by = names.get(event.account_id)
    return {
        "number": event.number,
        "kind": event.kind,
        "from_state": event.from_state,
        "to_state": event.to_state,
        "occurred_on": event.occurred_on,
        "recorded_at": event.recorded_at,
        "by": by,
        "note": event.note,
        "facts": event.facts,
        "evidence": event.evidence,
    }


def _step_as_json(step: Step, *, may: bool) -> dict[str, Any]:
    return {
        "kind": step.kind,
        "title": step.title,
        "to_state": step.to_state,
        "needs": step.needs,
        "evidence": step.photos,
        "note": step.note,
        "may": may,
        "facts": [
            {
                "key": fact.key,
                "label": fact.label,
                "kind": fact.kind,
                "required": fact.required,
                "options": dict(fact.options),
            }
            for fact in step.facts
        ],
    }

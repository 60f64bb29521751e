"""``/cases``: the 散乱污 desk. Lists and one case with its next steps; reports with the rows behind their figures."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import date
from typing import Any, Final, cast
from uuid import UUID

from flask import Blueprint, flash, redirect, render_template, request
from werkzeug.wrappers import Response

from census.clock import today
from census.errors import CensusError, InvalidInput
from census.models.cases import Case
from census.services.cases import reports
from census.services.cases import steps as cases
from census.services.cases.queries import (
    count_cases,
    find_cases,
    is_overdue,
    names_of,
    place_of,
    stored_among,
    villages_of,
)
from census.services.cases.states import CATEGORIES, LEAD_SOURCES, MODES, RULES, STATE_NAMES, STEPS, Step, next_steps
from census.web.cases.api import plain
from census.web.cases.photos import keep_photos, record_photos
from census.web.cases.requests import asked_filters, asked_window, note, scattered
from census.web.session import Work, work

blueprint = Blueprint("cases", __name__, url_prefix="/cases")

CHIPS: Final = {
    "found": ("grey", "○"),
    "verified": ("grey", "○"),
    "classified": ("blue", "✎"),
    "rectifying": ("amber", "✎"),
    "done": ("blue", "○"),
    "accepted": ("green", "✓"),
    "lookback": ("green", "✓"),
    "archived": ("green", "✓"),
    "rejected": ("grey", "✕"),
    "rebounded": ("red", "!"),
}
MAIN_LINE: Final = ("found", "verified", "classified", "rectifying", "done", "accepted", "lookback", "archived")
VALUE_NAMES: Final = {
    value: label for step in STEPS.values() for fact in step.facts for value, label in fact.options
} | STATE_NAMES
GROUPS: Final = {
    "slw": "“散乱污”整治",
    "river": "河涌",
    "shawan": "饮用水水源",
    "insp": "督察",
    "enf": "执法",
    "pet": "信访",
}
PAGE: Final = 50


@blueprint.get("/")
def all_cases() -> str:
    """Cases in the caller's regions, filtered by state, town, words, lateness or a report's figure."""
    with scattered(work("work_case")) as current:
        filters = asked_filters(current.session, current.actor)
        page = find_cases(current.session, filters, cursor=request.args.get("cursor", ""), limit=PAGE)
        counts = count_cases(current.session)
        figure = None
        if filters.figure:
            figure = reports.find_figure(filters.figure)
        return _page(
            "cases/list.html",
            page=page,
            counts=counts,
            filters=filters,
            figure=figure,
            overdue=is_overdue,
            towns={code: name for code, name, _ in counts.by_town},
            kept={name: value for name, value in request.args.items() if name != "cursor" and value},
            may_open=current.actor.may("register_case"),
        )


@blueprint.get("/new")
def blank_case() -> str:
    with scattered(work("register_case")) as current:
        return _new_page(current)


@blueprint.post("/new")
def open_case() -> Response | str | tuple[str, int]:
    """Register a place; on a fault the page comes back as it was filled, with the fault named."""
    photos = keep_photos(scattered(work("register_case")))
    with scattered(work("register_case")) as current:
        evidence = record_photos(current, photos)
        try:
            with current.session.begin_nested():
                case = cases.open_case(
                    current.session,
                    current.actor,
                    region_code=request.form.get("region_code", ""),
                    facts=_given(STEPS["find"]),
                    evidence=evidence,
                    note=request.form.get("note", ""),
                    found_on=_day("occurred_on"),
                )
        except CensusError as error:
            return _new_page(current, error, evidence), error.status
        note(current, "open_case", case.case_no, evidence=evidence)
        flash(f"已登记，编号 {case.case_no}。", "green")
        return redirect(f"/cases/{case.id}", 303)


@blueprint.get("/<uuid:case_id>")
def one_case(case_id: UUID) -> str:
    """One case: facts, history, the steps that lead on and what each needs."""
    with scattered(work("work_case")) as current:
        return _case_page(current, cases.get_case(current.session, case_id))


@blueprint.post("/<uuid:case_id>")
def take_step(case_id: UUID) -> Response | tuple[str, int]:
    """Record one step; on a fault the page comes back as it was filled, with the fault named."""
    kind = request.form.get("kind", "")
    step = STEPS.get(kind)
    photos = keep_photos(scattered(work("work_case")))
    with scattered(work("work_case")) as current:
        evidence = record_photos(current, photos)
        try:
            with current.session.begin_nested():
                case = cases.record_event(
                    current.session,
                    current.actor,
                    case_id,
                    kind=kind,
                    evidence=evidence,
                    note=request.form.get("note", ""),
                    facts=_given(step),
                    occurred_on=_day("occurred_on"),
                    expected_version=_posted_version(),
                )
        except CensusError as error:
            current.session.expire_all()  # the step was undone, the objects that it changed do not know yet
            return _case_page(current, cases.get_case(current.session, case_id), error, (kind, evidence)), error.status
        note(current, f"case_{kind}", case.case_no, version=case.version, evidence=evidence)
        flash(f"已记录“{STEPS[kind].title}”，案件现为“{STATE_NAMES[case.state]}”。", "green")
        return redirect(f"/cases/{case_id}", 303)


@blueprint.get("/reports/")
def report_index() -> Response:
    return redirect("/cases/reports/R8", 302)


@blueprint.get("/reports/<code>")
def one_report(code: str) -> str:
    """One report at a day: figures with what they count and the paragraph, or a table."""
    with scattered(work("report_cases")) as current:
        window = asked_window(current.session, current.actor)
        report = reports.report(current.session, code, window)
        return _page(
            "cases/report.html",
            report=report,
            window=window,
            titles=reports.TITLES,
            groups=_groups(report),
            place=place_of(current.session, window.region),
            behind=_behind,
        )


@blueprint.get("/reports/R8/<figure_id>")
def figure_rows(figure_id: str) -> str:
    """The rows that a figure counts, where they are no cases."""
    with scattered(work("report_cases")) as current:
        window = asked_window(current.session, current.actor)
        figure = reports.find_figure(figure_id)
        columns, rows = reports.rows_behind(
            current.session,
            figure_id,
            window,
            after=request.args.get("cursor", "").replace("\0", ""),
            limit=PAGE,
        )
        cursor = ""
        if len(rows) == PAGE:
            cursor = rows[-1]["row_key"]
        return _page(
            "cases/rows.html",
            figure=figure,
            window=window,
            columns=columns,
            rows=rows,
            cursor=cursor,
        )


def _page(template: str, **values: Any) -> str:
    return render_template(
        template,
        case_chips=CHIPS,
        case_states=STATE_NAMES,
        leads=LEAD_SOURCES,
        categories=CATEGORIES,
        modes=MODES,
        shown=_shown,
        today=today(),
        **values,
    )


def _new_page(current: Work, error: CensusError | None = None, evidence: Sequence[str] = ()) -> str:
    scope = current.actor.regions("register_case")
    return _page(
        "cases/new.html",
        step=STEPS["find"],
        error=error,
        faults=_faults(error),
        given=request.form,
        evidence=evidence,
        villages=villages_of(current.session, scope),
    )


def _case_page(
    current: Work,
    case: Case,
    error: CensusError | None = None,
    tried: tuple[str, Sequence[str]] = ("", ()),
) -> str:
    """The page of a case; after a fault with the form that was ``tried``, its kind and evidence, still filled."""
    events = cases.events_of(current.session, case.id)
    steps = [(step, cases.may_take(current.actor, step, case.region_code)) for step in next_steps(case.state)]
    return _page(
        "cases/case.html",
        case=case,
        events=events,
        steps=steps,
        main_line=MAIN_LINE,
        rules=RULES,
        error=error,
        tried=tried[0],
        evidence=tried[1],
        stored=stored_among(current.session, [name for event in events for name in event.evidence]),
        faults=_faults(error),
        given=request.form,
        names=names_of(current.session, {event.account_id for event in events}),
        place=place_of(current.session, case.region_code),
        step_titles={kind: step.title for kind, step in STEPS.items()},
        labels={fact.key: fact.label for step in STEPS.values() for fact in step.facts},
        overdue=is_overdue(case),
    )


def _given(step: Step | None) -> dict[str, Any]:
    """The facts of a posted form; what was left blank is not said."""
    if step is None:  # a kind that the form did not offer: refused by whoever records it
        return {}
    return {fact.key: value for fact in step.facts if (value := request.form.get(fact.key, "").strip())}


def _day(name: str) -> date | None:
    given = request.form.get(name, "")
    if not given:
        return None
    try:
        return date.fromisoformat(given)
    except ValueError:
        raise InvalidInput("日期请写成 2018-03-30 的样子。", fields={name: "不是日期"}) from None


def _posted_version() -> int:
    """The version that the form was made for; -1, which every case has left behind, where it does not say one."""
    version = request.form.get("expected_version", "")
    if not (version.isascii() and version.isdigit() and len(version) < 10):
        return -1
    return int(version)


def _faults(error: CensusError | None) -> dict[str, str]:
    if error is None:
        return {}
    found: Mapping[str, object] = error.detail.get("fields", {})
    return {key: str(value) for key, value in found.items()}


def _shown(value: Any) -> str:
    """A fact or a table's cell as people read it."""
    if isinstance(value, bool):
        return "是" if value else "否"
    if isinstance(value, list):
        return "、".join(map(str, cast("list[object]", value)))
    value = plain(value)
    if isinstance(value, (int, float)):
        return f"{value:,.6f}".rstrip("0").rstrip(".").replace(",", "\u2009")
    if isinstance(value, str):
        return VALUE_NAMES.get(value, value)
    return "—"


def _groups(report: reports.Report) -> list[tuple[str, list[reports.Counted]]]:
    """The figures under the heads of the yearly report."""
    return [
        (title, figures)
        for prefix, title in GROUPS.items()
        if (figures := [figure for figure in report.figures if figure.id.startswith(f"{prefix}.")])
    ]


def _behind(counted: reports.Counted, window: reports.Window) -> str:
    """The page that lists what a figure counts."""
    if counted.source == "cases":
        return f"/cases/?{window.query(figure=counted.id)}"
    return f"/cases/reports/R8/{counted.id}?{window.query()}"

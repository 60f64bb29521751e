"""Form pages: the blank page that every phone keeps, and the same pages filled here for browsers without scripts."""

from __future__ import annotations

from dataclasses import dataclass
from functools import cache
from typing import Any, Final, cast
from uuid import UUID

from flask import Blueprint, Response, jsonify, make_response, redirect, render_template, request
from werkzeug.wrappers import Response as AnyResponse

from census.errors import NotFound
from census.models.collect import Draft
from census.services.collect import drafts
from census.services.register import my_units
from census.services.register.units import baseline
from census.web import assets
from census.web.collect import unit as view
from census.web.collect.addresses import blank_address, definition_address, list_address, release
from census.web.collect.form_pages import Page, page_of, pages
from census.web.collect.todo import collecting
from census.web.session import Work
from forms import codelists
from forms.boundaries import FOLDER as BOUNDARIES
from forms.boundaries import boundary
from forms.catalogue import UnknownForm, catalogue
from forms.definition import Form, Item
from forms.views import widgets
from forms.views.fields import answers_from, empty_row, fill, form_class, is_short, row_class
from validation.evaluators.browser import rules_json
from validation.evaluators.record import check_record, hidden
from validation.results import Finding
from validation.rulebook import RuleBook, compile_form

blueprint = Blueprint("collect_forms", __name__, url_prefix="/collect")

MODULES: Final = (
    "phone/keep/store",
    "phone/keep/database",
    "phone/keep/vault",
    "phone/keep/api",
    "phone/keep/pack",
    "phone/keep/shell",
    "shared/answers",
    "shared/canonical",
    "shared/questions",
    "shared/record",
    "shared/rules",
    "shared/values",
    "phone/form/before",
    "phone/form/checks",
    "phone/form/draft",
    "phone/form/due",
    "phone/form/fields",
    "phone/form/overview",
    "phone/form/rows",
    "phone/form/sections",
    "phone/form/sums",
    "phone/form/walk",
)
"""What form.js imports: named in the page so that the browser fetches them side by side."""
THE_LIST: Final = -1
"""In the place of a row's index: the page that lists the rows."""


@dataclass(frozen=True, slots=True)
class Place:
    """Where on the form the reader is: a page, and for a row its index."""

    form: Form
    page: Page
    row: int | None = None

    @property
    def prefix(self) -> str:
        if self.row is None:
            return "/"
        return f"/{self.page.key}/{self.row}/"


@cache
def rulebook(form: Form) -> RuleBook:
    """The compiled checks of a form; compiled once for each process."""
    return compile_form(form, catalogue())


@blueprint.get("/blank/<code>/<digest>")
def blank(code: str, digest: str) -> Response:
    """The data-free page of a form: the same bytes for everybody. An old address leads to today's page, uncached."""
    form = current(code)
    return assets.keep(make_response(blank_page(form)), current=digest == release(form))


@blueprint.get("/definitions/<code>/<digest>")
def definition(code: str, digest: str) -> Response:
    """The checks of a form as rules.js asks them, and where its code lists stand."""
    form = current(code)
    return assets.keep(jsonify(_definition(form)), current=digest == release(form))


@blueprint.get("/units/<uuid:unit_id>/forms/<code>")
def begin(unit_id: UUID, code: str) -> AnyResponse:
    """Lead to the first page of a form."""
    first = pages(current(code))[0]
    return redirect(f"/collect/units/{unit_id}/forms/{code}/{first.key}", 303)


@blueprint.get("/units/<uuid:unit_id>/forms/<code>/<key>")
@blueprint.get("/units/<uuid:unit_id>/forms/<code>/<key>/<int:row>")
def show(unit_id: UUID, code: str, key: str, row: int | None = None) -> str | AnyResponse:
    """One page of a form, filled from the server's draft."""
    with collecting() as current_work:
        return _page(current_work, unit_id, _place(code, key, row), is_checked="checked" in request.args)


@blueprint.post("/units/<uuid:unit_id>/forms/<code>/<key>")
@blueprint.post("/units/<uuid:unit_id>/forms/<code>/<key>/<int:row>")
def keep(unit_id: UUID, code: str, key: str, row: int | None = None) -> str | AnyResponse:
    """Keep what was typed on one page, then lead on; errors hold the reader back once."""
    place = _place(code, key, row)
    here = f"/collect/units/{unit_id}/forms/{code}"
    with collecting() as current_work:
        session, actor = current_work.session, current_work.actor
        unit = my_units.my_unit(session, actor.account_id, unit_id)
        draft = drafts.open_draft(session, actor, unit, code, view.first_answers(session, actor, unit, place.form))
        go = request.form.get("go", "next")
        # The list of a group's rows holds no answers of its own: a button there changes which rows there are.
        if place.page.group is not None and place.row is None:
            answers, there = _rows_changed(draft.answers, place.page.key, go)
            drafts.save(session, draft, answers, draft.explanations)
            if there == THE_LIST:
                return redirect(f"{here}/{key}", 303)
            if there is not None:
                return redirect(f"{here}/{key}/{there}", 303)
            return redirect(_onward(here, place, go), 303)
        drafts.save(session, draft, _posted(place, draft.answers), _explained(draft))
        if go == "check" or (go == "next" and _holds_back(current_work, unit_id, place, draft)):
            return _page(current_work, unit_id, place, is_checked=True)
        return redirect(_onward(here, place, go), 303)


def current(code: str) -> Form:
    try:
        return catalogue().current(code)
    except UnknownForm:
        raise NotFound from None


def findings_of(work: Work, unit_id: UUID, form: Form, draft: Draft) -> list[Finding]:
    """What the checks say about a draft, with the unit's other forms and the register beside it."""
    return _findings(work, unit_id, Place(form, pages(form)[0]), draft)


@cache
def blank_page(form: Form) -> str:
    """The data-free page of a form, drawn once for each process."""
    return render_template(
        "collect/blank.html",
        form=form,
        pages=pages(form),
        blank=form_class(form)(),
        empty_row=empty_row,
        definition=definition_address(form),
        modules=MODULES,
    )


@blueprint.app_template_global()
def position_axis(item: Item) -> str:
    """Which half of a position an item is, for templates."""
    return widgets.position_axis(item)


@cache
def _definition(form: Form) -> dict[str, Any]:
    lists: dict[str, str] = {}
    for item in form.items():
        if item.codelist and codelists.exists(item.codelist) and not is_short(item):
            lists[item.codelist] = list_address(item.codelist)
            if item.offer:
                lists[f"{item.codelist}:{item.offer}"] = list_address(item.codelist, item.offer)
    outlines: dict[str, Any] = {}
    # For checks that ask where a place lies, and for the map on which a position is tapped.
    if rulebook(form).needs.boundaries or any(item.type in {"dms", "gps"} for item in form.items()):
        outlines = {path.stem: boundary(path.stem) for path in BOUNDARIES.glob("*.geojson")}
    return {"rules": rules_json(rulebook(form)), "lists": lists, "boundaries": outlines}


def _place(code: str, key: str, row: int | None) -> Place:
    form = current(code)
    try:
        page = page_of(form, key)
    except KeyError:
        raise NotFound from None
    if row is not None and page.group is None:  # only a repeating group has rows
        raise NotFound
    return Place(form, page, row)


def _page(work: Work, unit_id: UUID, place: Place, *, is_checked: bool) -> str | AnyResponse:
    session, actor = work.session, work.actor
    unit = my_units.my_unit(session, actor.account_id, unit_id)
    form, page = place.form, place.page
    draft = drafts.open_draft(session, actor, unit, form.code, view.first_answers(session, actor, unit, form))
    rows = _rows(draft.answers, page.key)
    if place.row is not None and place.row >= len(rows):  # deleted meanwhile, in another window
        return redirect(f"/collect/units/{unit_id}/forms/{form.code}/{page.key}", 303)
    lines = view.form_lines(session, actor, unit)
    line = next(line for line in lines if line.form.code == form.code)
    related = view.related_of(lines, form.code)
    unasked = hidden(rulebook(form), draft.answers, related, baseline(unit))
    found = _findings(work, unit_id, place, draft)
    shown = [page for page in pages(form) if _is_asked(page, unasked)]
    said: dict[str, list[Finding]] = {}
    if is_checked:  # a page that opens for the first time finds no fault yet
        for finding in found:
            for path in finding.paths:
                said.setdefault(path, []).append(finding)
    came = {came["path"]: came["text"] or came["reason"] or "请核对" for came in view.reasons(form, line.returned)}
    return render_template(
        "collect/form.html",
        unit=unit,
        form=form,
        page=page,
        row=place.row,
        rows=rows,
        prefix=place.prefix,
        fields_of=_fields(place, draft.answers),
        unasked=unasked,
        said=said,
        pages=shown,
        is_checked=is_checked,
        explained={(one["check"], one["path"]): one["text"] for one in draft.explanations},
        came=came,
        following=_next(shown, page),
        blank_address=blank_address(form),
        saved_at=draft.updated_at,
        problems=[finding for finding in found if finding.path.startswith(f"/{page.key}/")],
        item_name=view.item_name,
    )


def _fields(place: Place, answers: dict[str, Any]) -> Any:
    if place.page.group is not None and place.row is not None:
        row = _rows(answers, place.page.key)[place.row]
        return row_class(place.page.group)(prefix=f"{place.page.key}-{place.row}-", data=row)
    filled = form_class(place.form)()
    fill(place.form, filled, answers)
    return filled


def _posted(place: Place, before: dict[str, Any]) -> dict[str, Any]:
    """The answers with those of the posted page put in; what the browser did not show stays as it was."""
    posted = answers_from(place.form, form_class(place.form)(formdata=request.form))
    if place.row is None:
        return _merged(place.page, before, posted, "")
    key, rows = place.page.key, _rows(before, place.page.key)
    if place.row < len(rows):  # else it was deleted meanwhile, in another window
        fresh = next(iter(_rows(posted, key)), dict[str, Any]())  # the page posts its one row alone
        rows[place.row] = _merged(place.page, rows[place.row], fresh, f"{key}-{place.row}-")
    return before | {key: rows}


def _merged(page: Page, before: dict[str, Any], posted: dict[str, Any], prefix: str) -> dict[str, Any]:
    """Only items that the page showed change: a hidden input names each of them."""
    shown = set(request.form.getlist("shown"))
    kept = dict(before)
    for item in page.items:
        if f"{prefix}{item.key}" not in shown:
            continue
        kept.pop(item.key, None)
        if item.key in posted:
            kept[item.key] = posted[item.key]
    return kept


def _explained(draft: Draft) -> list[dict[str, Any]]:
    """Explanations as they stand after this page: an emptied one is gone."""
    kept = {(one["check"], one["path"]): one["text"] for one in draft.explanations}
    for name, text in request.form.items():
        if name.startswith("explain:"):
            _, check, path = name.split(":", 2)
            kept[check, path] = text.strip()
    return [{"check": check, "path": path, "text": text} for (check, path), text in kept.items() if text]


def _rows_changed(answers: dict[str, Any], group: str, go: str) -> tuple[dict[str, Any], int | None]:
    """Add, copy or delete a row; give the answers and the row to show then (``THE_LIST``, or None: go on)."""
    rows = _rows(answers, group)
    verb, _, number = go.partition(":")
    if verb == "add":
        rows.append({})
        return answers | {group: rows}, len(rows) - 1
    if verb == "copy" and rows:
        rows.append(dict(rows[-1]))
        return answers | {group: rows}, len(rows) - 1
    if verb == "delete" and number.isdigit() and int(number) < len(rows):
        del rows[int(number)]
        kept = {key: value for key, value in answers.items() if key != group}
        if rows:  # of a group without rows nothing is said: an empty list would be an answer
            kept[group] = rows
        return kept, THE_LIST
    return answers, None


def _rows(answers: dict[str, Any], group: str) -> list[dict[str, Any]]:
    rows = answers.get(group)
    if not isinstance(rows, list):
        return []
    return [dict(cast("dict[str, Any]", row)) for row in cast("list[object]", rows) if isinstance(row, dict)]


def _findings(work: Work, unit_id: UUID, place: Place, draft: Draft) -> list[Finding]:
    unit = my_units.my_unit(work.session, work.actor.account_id, unit_id)
    related = view.related_of(view.form_lines(work.session, work.actor, unit), place.form.code)
    explained = [one["path"] for one in draft.explanations]
    return check_record(rulebook(place.form), draft.answers, related, baseline(unit), explained)


def _holds_back(work: Work, unit_id: UUID, place: Place, draft: Draft) -> bool:
    """Whether something on this page wants attention that the reader has not seen yet."""
    if "seen" in request.form:  # said once, and the reader wants to go on all the same
        return False
    here = {f"{place.prefix}{item.key}" for item in place.page.items}
    return any(finding.path in here for finding in _findings(work, unit_id, place, draft))


def _is_asked(page: Page, unasked: frozenset[str]) -> bool:
    if page.group is not None:
        return f"/{page.key}" not in unasked
    return any(f"/{item.key}" not in unasked for item in page.items)


def _next(shown: list[Page], page: Page) -> Page | None:
    """The page after this one; the first, where this one itself is not asked any more."""
    keys = [one.key for one in shown]
    following = shown
    if page.key in keys:
        following = shown[keys.index(page.key) + 1 :]
    return next(iter(following), None)


def _onward(here: str, place: Place, go: str) -> str:
    if place.row is not None:  # back to the list of rows
        return f"{here}/{place.page.key}"
    following = request.form.get("following", "")
    keys = [page.key for page in pages(place.form)]
    if go == "back":
        return f"{here}/{keys[max(0, keys.index(place.page.key) - 1)]}"
    if following in keys:  # the page itself says which comes next: it knows what is asked
        return f"{here}/{following}"
    return here.partition("/forms/")[0] + "/finish"

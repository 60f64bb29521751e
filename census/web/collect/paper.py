"""``/forms``: every form to look at, to print and to take to other tools. The printed page holds no script."""

from __future__ import annotations

from functools import cache
from typing import Final
from uuid import UUID

from flask import Blueprint, Response, render_template, request

from census.errors import NotFound
from census.services.collect.paper_sheets import sheet
from census.web.assets import static_url
from census.web.session import work
from forms.catalogue import UnknownForm, catalogue
from forms.definition import Form
from forms.views import paper
from forms.views.json_schema import json_schema
from validation.evaluators.xpath import xlsform_of

blueprint = Blueprint("paper", __name__, url_prefix="/forms")

XLSX: Final = "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet"
STYLE_ADDRESS: Final = "/forms/paper.css"
SERIES: Final = {
    "listing": "清查表",
    "industrial": "工业源",
    "agricultural": "农业源",
    "domestic": "生活源",
    "centralized": "集中式污染治理设施",
    "mobile": "移动源",
    "scattered": "散乱污",
}
SUBJECTS: Final = {"object": "逐个对象入户填报", "area": "部门按地区填报", "computed": "由平台核算，不填报"}


@blueprint.get("/")
def all_forms() -> str:
    """Every form of the programme by series, with what can be had of it."""
    with work() as current:
        own = [form for form in _current_forms() if form.programme == current.actor.programme]
        series = [(name, [form for form in own if form.source_kind == kind]) for kind, name in SERIES.items()]
        return render_template(
            "collect/forms_list.html", series=[(name, forms) for name, forms in series if forms], subjects=SUBJECTS
        )


@blueprint.get("/<code>/paper")
def blank(code: str) -> str:
    """A blank sheet, or with ``?unit=`` what is known of that unit."""
    with work() as current:
        form = _form(code, current.actor.programme)
        wanted = request.args.get("unit", "")
        if not wanted:
            return paper.html(form, stylesheet=STYLE_ADDRESS, icon=static_url("icons/census.svg"))
        try:
            found = sheet(current.session, current.actor, UUID(wanted), form.code)
        except ValueError:
            raise NotFound from None
        return paper.html(
            form,
            found.answers,
            link=f"{request.host_url.rstrip('/')}{found.path}",
            stylesheet=STYLE_ADDRESS,
            icon=static_url("icons/census.svg"),
        )


@blueprint.get("/paper.css")
def style() -> Response:
    """The sheet's style; its fonts are for PDF files, browsers have their own."""
    response = Response(_style(), mimetype="text/css")
    response.headers["Cache-Control"] = "public, max-age=86400"
    return response


@blueprint.get("/<code>/xlsform")
def as_xlsform(code: str) -> Response:
    """The form for field tools of the ODK family."""
    with work() as current:
        form = _form(code, current.actor.programme)
    response = Response(xlsform_of(form), mimetype=XLSX)
    response.headers["Content-Disposition"] = f'attachment; filename="{form.code}-{form.version}.xlsx"'
    return response


@blueprint.get("/<code>/schema")
def as_schema(code: str) -> dict[str, object]:
    """The form's answers as JSON Schema, as the API gives it."""
    with work() as current:
        return json_schema(_form(code, current.actor.programme))


@cache
def _style() -> str:
    """The style without its font files: a page on a screen has the system's fonts."""
    return "\n".join(
        line for line in paper.STYLE.read_text(encoding="utf-8").splitlines() if not line.startswith("@font-face")
    )


def _current_forms() -> list[Form]:
    return [catalogue().current(code) for code in sorted({form.code for form in catalogue().forms()}, key=_by_number)]


def _by_number(code: str) -> list[tuple[int, str]]:
    """Order codes as people do: G103-2 before G103-10."""
    return [_number(part) for part in code.split("-")]


def _number(part: str) -> tuple[int, str]:
    if part.isdigit():
        return int(part), ""
    return 0, part


def _form(code: str, programme: str) -> Form:
    try:
        form = catalogue().current(code)
    except UnknownForm:
        raise NotFound from None
    if form.programme != programme:
        raise NotFound
    return form

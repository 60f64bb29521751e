"""What programs can look up: forms with their checks, the states of a submission, reasons for returns."""

from __future__ import annotations

import hashlib
from functools import cache
from typing import Any, Final

import orjson
from flask import Blueprint, Response, request

from census.errors import NotFound
from census.services.collect.reference_lists import catalogue_of_lists, packed
from census.services.collect.states import ACTING_ROLE_NAMES, OUTCOME_NAMES, REASONS, STATE_NAMES, TRANSITIONS
from census.settings import Programme
from census.web.api import as_json
from census.web.collect import wire
from census.web.openapi import documented
from census.web.register import wire as register_wire
from census.web.review import wire as review_wire
from census.web.session import API, api_work
from forms.catalogue import UnknownForm, catalogue
from forms.definition import Form
from forms.views.client import client_form
from forms.views.json_schema import json_schema
from validation.counts import count_checks
from validation.evaluators.browser import rules_json
from validation.rulebook import compile_form

blueprint = Blueprint("api_reference", __name__, url_prefix=API)

KEEP: Final = "private, max-age=300"
FOR_EVER: Final = "private, max-age=31536000, immutable"


@blueprint.get("/forms")
@documented("All forms", answer=wire.FormsAnswer)
def all_forms() -> Response:
    """Every version of every form of the caller's programme."""
    with api_work() as work:
        programme = work.actor.programme
    return _kept(_forms(programme))


@blueprint.get("/forms/<code>")
@documented("One form", answer=wire.FormShape, query={"version": "default: the newest"})
def one_form(code: str) -> Response:
    """Definition and checks as the phone uses them; unchanged as long as the ETag is."""
    form = _asked_for(code)
    return _kept(_form(form.code, form.version))


@blueprint.get("/forms/<code>/schema")
@documented(
    "The answers of one form as JSON Schema",
    query={"version": "default: the newest"},
    content="application/schema+json",
)
def schema_of(code: str) -> Response:
    """What can be read as answers of the form: types, digits, codes, rows.

    What must hold between them is for the checks.
    """
    form = _asked_for(code)
    response = _kept(_schema(form.code, form.version))
    response.mimetype = "application/schema+json"
    return response


@blueprint.get("/reference/transitions")
@documented("The state table", answer=review_wire.TransitionsAnswer)
def transitions() -> Response:
    """Every (state, outcome, role) that is allowed and the state that follows. What is not here is not allowed."""
    return as_json(
        {
            "states": _named(STATE_NAMES),
            "outcomes": _named(OUTCOME_NAMES),
            "roles": _named(ACTING_ROLE_NAMES),
            "transitions": [
                {"state": state, "outcome": outcome, "role": role, "to": target}
                for (state, outcome, role), target in TRANSITIONS.items()
            ],
        }
    )


@blueprint.get("/reference/lists")
@documented("Code lists", answer=register_wire.ListsAnswer)
def lists() -> Response:
    """Every code list with its digest and size: a phone fetches those whose digest it does not have."""
    with api_work():
        pass
    return _kept(_tagged({"lists": catalogue_of_lists()}))


@blueprint.get("/reference/lists/<name>")
@documented(
    "One code list",
    answer=register_wire.ListAnswer,
    query={
        "have": "digest of the version that the caller has: the difference from it, where that is shorter",
        "digest": "of the version asked for: an answer with it never changes",
    },
)
def one_list(name: str) -> Response:
    """The rows of a list, the first naming the columns, or the steps from the version that the caller has."""
    with api_work() as work:
        settings = work.settings
    found = packed(settings, name, request.args.get("have", ""))
    response = _kept(_tagged(dict(found)))
    if request.args.get("digest") == found["digest"]:
        response.headers["Cache-Control"] = FOR_EVER
    return response


@blueprint.get("/reference/reasons")
@documented("Reasons for returns", answer=review_wire.ReasonsAnswer)
def reasons() -> Response:
    """Codes for the items of a return, with what people read."""
    return as_json({"reasons": _named(REASONS)})


def _asked_for(code: str) -> Form:
    with api_work() as work:
        programme = work.actor.programme
    try:
        form = _version(code, request.args.get("version"))
    except UnknownForm:
        raise NotFound from None
    if form.programme != programme:
        raise NotFound
    return form


def _version(code: str, version: str | None) -> Form:
    if version is None:
        return catalogue().current(code)
    return catalogue().get(code, version)


def _named(names: Any) -> list[dict[str, str]]:
    return [{"code": code, "name": name} for code, name in names.items()]


@cache
def _forms(programme: Programme) -> tuple[bytes, str]:
    forms = [
        {
            "form": form.code,
            "version": form.version,
            "title": form.title,
            "digest": form.digest,
            "checks": count_checks(form),
        }
        for form in catalogue().forms()
        if form.programme == programme
    ]
    return _tagged({"forms": forms})


@cache
def _form(code: str, version: str) -> tuple[bytes, str]:
    form = catalogue().get(code, version)
    return _tagged(
        {
            "form": form.code,
            "version": form.version,
            "title": form.title,
            "digest": form.digest,
            "definition": client_form(form),
            "rules": rules_json(compile_form(form, catalogue())),
        }
    )


@cache
def _schema(code: str, version: str) -> tuple[bytes, str]:
    return _tagged(json_schema(catalogue().get(code, version)))


def _tagged(value: dict[str, Any]) -> tuple[bytes, str]:
    content = orjson.dumps(value)
    return content, hashlib.sha256(content).hexdigest()[:32]


def _kept(tagged: tuple[bytes, str]) -> Response:
    content, tag = tagged
    response = Response(content, mimetype="application/json")
    response.set_etag(tag)
    response.headers["Cache-Control"] = KEEP
    response.make_conditional(request)
    return response

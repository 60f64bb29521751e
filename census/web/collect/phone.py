"""What a phone downloads before it goes out: its units in bulk, what changed since, and the names around them.

Asked with the phone's own token, so that it also works when the cookie of the morning has run out.
"""

from __future__ import annotations

import hashlib
from collections.abc import Generator, Mapping
from contextlib import contextmanager
from functools import cache
from typing import Any, Final
from uuid import UUID

import orjson
from flask import Blueprint, Response, jsonify, request
from sqlalchemy.orm import Session

from census.access import Actor
from census.clock import today
from census.errors import Malformed, NotAllowed
from census.models.collect import Revision, Submission
from census.models.register import Unit
from census.services.collect.states import WITHDRAWABLE
from census.services.handup import regional_rows
from census.services.register import my_units, phone_units, prefill, unit_forms
from census.services.register.matching import index_around
from census.services.register.my_units import Returned
from census.services.register.phone_units import Surroundings
from census.services.register.units import assigned_units, baseline
from census.services.review.decisions import may_withdraw
from census.settings import Programme
from census.web.api import as_json
from census.web.collect import unit as view
from census.web.collect.addresses import blank_address, definition_address
from census.web.collect.todo import collecting, place_of
from census.web.session import Work, api_work, csrf_token
from forms.catalogue import catalogue
from forms.definition import Form
from validation.evaluators.browser import applies_json

blueprint = Blueprint("collect_phone", __name__, url_prefix="/collect")

PAGE: Final = 100
NAMES: Final = 20_000
WORDS: Final[dict[str, Any]] = {  # what the phone's own pages say, as the server's do
    "outcomes": view.OUTCOMES,
    "kinds": view.KINDS,
    "nothing_to_fill": my_units.NOTHING_TO_FILL,
    "sent": {key: (state.colour, f"{state.sign} {state.word}") for key, state in view.SENT_STATES.items()},
    "approved": (view.APPROVED.colour, f"{view.APPROVED.sign} {view.APPROVED.word}"),
    "withdrawable": WITHDRAWABLE,  # states from which what was sent just now may be taken back
    "units": {key: (state.colour, f"{state.sign} {state.word}") for key, state in view.UNIT_STATES.items()},
}


@contextmanager
def phoning() -> Generator[Work]:
    """Open the transaction of a phone that names itself by its token."""
    with api_work() as current:
        if not (current.actor.may("collect") or current.actor.may("register_case")):
            raise NotAllowed
        yield current


@blueprint.get("/phone/session")
def session() -> Response:
    """Who the cookie belongs to, and the token that this browser's posts must carry: for pages that hold no data."""
    with collecting() as work:
        return jsonify(csrf=csrf_token(), **_account(work))


@blueprint.get("/phone/units")
def units() -> Response:
    """Units with their forms as they stand: those that changed since ``cursor``, or those of ``only``."""
    with phoning() as work:
        session, actor = work.session, work.actor
        asked = request.args.get("only")
        if asked is not None:
            found, cursor, more = phone_units.units_of(session, actor, _ids(asked)), None, False
        else:
            page = assigned_units(session, actor, request.args.get("cursor", ""), PAGE)
            found, cursor, more = [unit for unit, _ in page.units], page.cursor, page.has_more
        mine = None
        if not more:  # with the last page: a phone drops what it holds and is not named here
            mine = [str(unit_id) for unit_id in phone_units.ids_of(session, actor)]
        around = phone_units.surroundings(session, found)
        names = prefill.region_names(session, {unit.region_code for unit in found})
        return as_json(
            {
                "units": [_unit(session, actor, unit, around, names[unit.region_code]) for unit in found],
                "forms": _forms(actor.programme),
                "words": WORDS,
                "cursor": cursor,
                "more": more,
                "mine": mine,
                "areas": [
                    {"code": area.code, "name": area.name, "boundary": area.boundary, "is_schematic": area.is_schematic}
                    for area in phone_units.areas_of(session, found)
                ],
                "account": _account(work),
            }
        )


@blueprint.get("/units/<uuid:unit_id>/data")
def unit_data(unit_id: UUID) -> Response:
    """One unit, so that its forms open and are checked without the server."""
    with collecting() as work:
        session, actor = work.session, work.actor
        unit = my_units.my_unit(session, actor.account_id, unit_id)
        names = prefill.region_names(session, {unit.region_code})[unit.region_code]
        told = _unit(session, actor, unit, phone_units.surroundings(session, [unit]), names)
        facts = _forms(actor.programme)
        return as_json(told | {"forms": [facts[one["form"]] | one for one in told["forms"]]})


@blueprint.get("/phone/names")
def names() -> Response:
    """``[[id, name, address, initials, code tail, lon, lat], …]`` around the caller.

    Only the version when ``kept`` is today's.
    """
    with phoning() as work:
        rows = index_around(work.session, NAMES)
    version = hashlib.sha256(orjson.dumps(rows)).hexdigest()[:16]
    if request.args.get("kept") == version:
        return as_json({"version": version})
    return as_json({"version": version, "names": rows})


@cache
def _forms(programme: Programme) -> dict[str, dict[str, Any]]:
    """What is the same for every unit: titles, addresses of the pages, when a form is needed."""
    newest = {form.code: form for form in catalogue().forms() if form.programme == programme}
    return {code: _facts(form) for code, form in newest.items()}


def _facts(form: Form) -> dict[str, Any]:
    return {
        "version": form.version,
        "title": form.title,
        "applies": applies_json(form, catalogue()),
        "blank": blank_address(form),
        "definition": definition_address(form),
        "kinds": {kind: unit_forms.verdicts_of(kind, {}, {})[form.code] for kind in unit_forms.kinds_of(form.code)},
        "prefill": {
            item.key: item.prefill
            for section in form.sections
            if section.repeat is None
            for item in section.items
            if item.prefill
        },
    }


def _unit(session: Session, actor: Actor, unit: Unit, around: Surroundings, names: Mapping[str, str]) -> dict[str, Any]:
    sources = prefill.sources(unit, names, actor, today())
    sent = around.sent[unit.id]
    forms: list[dict[str, Any]] = []
    answers = {code: revision.answers for code, (_, revision) in sent.items()}
    needs = unit_forms.verdicts_of(unit.kind, baseline(unit), answers)
    for form in unit_forms.forms_for(unit.kind):
        submission, revision = sent.get(form.code, (None, None))
        told = None
        if submission is not None and revision is not None:
            told = sent_as_json(actor, form, (submission, revision), around.returned.get(submission.id))
        forms.append(
            {
                "form": form.code,
                "need": needs[form.code],
                "may_be_filled": view.may_be_filled(submission),
                "first": prefill.prefill(form, sources) | regional_rows.rows_of(session, unit, form.code),
                "submission": told,
            }
        )
    return phone_units.facts(unit) | {
        "baseline": baseline(unit),
        "last_cards": around.cards.get(unit.id, []),
        "forms": forms,
        "account": {"name": actor.full_name, "card": actor.card_number},
    }


def sent_as_json(
    actor: Actor, form: Form, last: tuple[Submission, Revision], returned: Returned | None
) -> dict[str, Any]:
    """One record as the phone keeps it: what was sent, how far it is, and what came back at which items."""
    sent, revision = last
    note, by = "", ""
    if returned is not None:
        note, by = returned.note, view.role_name(returned.role)
    return {
        "id": str(sent.id),
        "revision": sent.revision,
        "state": sent.state,
        "answers": revision.answers,
        "explanations": revision.explanations,
        "points": revision.points,
        "digest": revision.digest,
        "may_be_withdrawn": may_withdraw(actor, sent),
        "note": note,
        "by": by,
        "items": view.reasons(form, returned),
    }


def _account(work: Work) -> dict[str, Any]:
    actor = work.actor
    return {
        "account": f"{actor.programme}:{actor.username}",
        "username": actor.username,
        "full_name": actor.full_name,
        "card": actor.card_number,
        "place": place_of(work.session, actor),
        "home": _home(work),
    }


def _home(work: Work) -> dict[str, Any]:
    """What a form may take from the region in which a place found on the way is registered."""
    code = (work.actor.regions("collect") or work.actor.scope)[0]
    names = prefill.region_names(work.session, {code})[code]
    told = prefill.sources(Unit(region_code=code, name="", known={}), names, None, today())
    return {source: value for source, value in told.items() if value and source.startswith("unit.")}


def _ids(text: str) -> list[UUID]:
    try:
        return [UUID(part) for part in text.split(",")[:PAGE] if part]
    except ValueError:
        raise Malformed from None

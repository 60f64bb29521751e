"""The visit: outcome, two cards, position; at the end what is checked, signed and sent. Also units found on the way.

With scripts the phone does this through the API; here stands what a browser without them posts, and the pages of both.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, Final, cast
from uuid import UUID

from flask import Blueprint, Response, jsonify, redirect, render_template, request
from flask import session as cookie
from werkzeug.wrappers import Response as AnyResponse

from census.db import new_id, now
from census.errors import InvalidInput
from census.models.collect import OUTCOMES
from census.models.register import Unit
from census.services.cases.entry import open_cases
from census.services.collect import drafts, submissions, visits
from census.services.collect.fates import Draft, Outcome
from census.services.collect.visits import VisitDraft
from census.services.people import accounts
from census.services.register import my_units
from census.services.register.matching import Alike, similar
from census.services.register.units import baseline
from census.web.collect import unit as view
from census.web.collect.addresses import blank_address, definition_address
from census.web.collect.form_pages import page_at
from census.web.collect.forms import findings_of, rulebook
from census.web.collect.phone_keys import recovery_key
from census.web.collect.shell import CONFIRMED_BY
from census.web.collect.todo import collecting
from census.web.register.api import place_of_query
from census.web.session import Work, bearer_of
from forms.answers.values import digest
from forms.definition import Form
from validation.applicability import REGIONAL
from validation.evaluators.record import hidden
from validation.results import Finding

blueprint = Blueprint("collect_visit", __name__, url_prefix="/collect")

TO_FILL: Final = ("done", "stopped")


@dataclass(frozen=True, slots=True)
class Ready:
    """One draft on the page before signing."""

    form: Form
    errors: list[tuple[Finding, str]]
    warnings: list[tuple[Finding, str]]
    answers: Mapping[str, Any]
    explanations: list[dict[str, Any]]

    @property
    def is_clean(self) -> bool:
        return not self.errors and not self.warnings


@blueprint.post("/token")
def token() -> Response:
    """Hand this phone an API token of its own, the key that its receipts are coded with, and the key to a forgotten PIN."""
    with collecting() as work:
        text, actor, expires_at = accounts.add_device(work.session, work.actor, device=request.user_agent.string)
        return jsonify(
            token=bearer_of(actor.programme, text),
            receipt_key=actor.receipt_key.decode("ascii"),
            expires_at=expires_at.isoformat(),
            account=f"{actor.programme}:{actor.username}",
            session=str(actor.session_id),
            recovery_key=recovery_key(work.settings, actor),
        )


@blueprint.get("/units/<uuid:unit_id>/visit")
def ask(unit_id: UUID) -> str:
    """What happened at the door: the outcome comes first and decides what must be filled."""
    with collecting() as work:
        unit = my_units.my_unit(work.session, work.actor.account_id, unit_id)
        return render_template(
            "collect/visit.html",
            unit=unit,
            outcomes=view.OUTCOMES,
            begun=_begun(unit_id),
            problems={},
            companion=my_units.companion(
                work.session, work.actor.account_id, work.actor.card_number or work.actor.username
            ),
        )


@blueprint.post("/units/<uuid:unit_id>/visit")
def note(unit_id: UUID) -> str | AnyResponse:
    """Keep the visit until it is signed; one without anything to fill is stored at once."""
    with collecting() as work:
        unit = my_units.my_unit(work.session, work.actor.account_id, unit_id)
        begun = {
            "outcome": request.form.get("outcome", ""),
            "cards": _cards(work),
            "position": _position(),
            "started_at": now().isoformat(),
        }
        problems = _problems(begun)
        if problems:
            return render_template(
                "collect/visit.html", unit=unit, outcomes=view.OUTCOMES, begun=begun, problems=problems
            )
        if begun["outcome"] not in TO_FILL:
            _store_visit(work, unit, begun, None)
            cookie.pop(f"visit {unit_id}", None)
            return redirect("/collect/", 303)
        cookie[f"visit {unit_id}"] = begun
        return redirect(f"/collect/units/{unit_id}?visited=1", 303)


@blueprint.get("/units/<uuid:unit_id>/finish")
def finish(unit_id: UUID) -> str:
    """What stands against signing, else the signature."""
    with collecting() as work:
        unit = my_units.my_unit(work.session, work.actor.account_id, unit_id)
        if unit.kind in REGIONAL:
            return render_template("handup/regional_finish.html", unit=unit, ready=ready_forms(work, unit))
        return _finish(work, unit, "")


@blueprint.post("/units/<uuid:unit_id>/finish")
def send(unit_id: UUID) -> str | AnyResponse:
    """Send the unit's forms with the respondent's signature on paper, or with a recorded confirmation."""
    with collecting() as work:
        session, actor = work.session, work.actor
        unit = my_units.my_unit(session, actor.account_id, unit_id)
        ready = ready_forms(work, unit)
        begun = _begun(unit_id) or _again(work, unit)
        name = request.form.get("signed_name", "").strip()
        if not ready or not all(one.is_clean for one in ready):
            return _finish(work, unit, "还有没处理完的问题，处理完才能签字。")
        how = request.form.get("how", "paper")
        if not name or (how == "paper" and "on_paper" not in request.form):
            return _finish(work, unit, "请写填报人姓名，并确认已在纸质表上签字。")
        visit_id = None
        if how == "paper":
            if begun is None:
                return _finish(work, unit, "请先做入户登记。")
            over = [digest(one.answers, one.explanations) for one in ready]
            visit_id = _store_visit(
                work, unit, begun, {"signed_name": name, "signed_at": now().isoformat(), "over": over, "how": "paper"}
            )
        confirmation = None if how == "paper" else {"name": name, "how": how, "at": now().isoformat()}
        outcomes = submit_ready(work, unit, ready, visit_id, confirmation)
        sent = [
            one.form.code
            for one, outcome in zip(ready, outcomes, strict=True)
            if outcome.status in {"stored", "repeat"}
        ]
        drafts.discard(session, actor, unit.id, sent)
        cookie.pop(f"visit {unit_id}", None)
        return render_template("collect/sent.html", unit=unit, results=list(zip(ready, outcomes, strict=True)))


@blueprint.get("/new")
def ask_new() -> str:
    """A unit found in the street: first look whether the register has it under another name."""
    with collecting() as work:
        return _new(work, {})


@blueprint.get("/similar")
def look() -> Response:
    """Units of a like name, the same credit code or the same place, for the page that registers a new one."""
    with collecting() as work:
        found = similar(
            work.session,
            name=request.args.get("name", "")[:300],
            code=request.args.get("uscc", "")[:18],
            position=place_of_query(),
        )
        return jsonify(units=[{"id": str(unit.id), "name": unit.name, "address": unit.address} for unit in found])


@blueprint.post("/new")
def add() -> str | AnyResponse:
    """Register a unit found on the way, with the visit that found it."""
    with collecting() as work:
        typed = {key: request.form.get(key, "").strip() for key in ("name", "address", "kind", "uscc")}
        begun = {"outcome": "done", "cards": _cards(work), "position": _position(), "started_at": now().isoformat()}
        problems = _problems(begun) | (
            {} if typed["name"] else {"name": "请写单位名称；没有名称的写“经营者姓名+行业+作坊”。"}
        )
        if problems or ("sure" not in request.form and _alike(work, typed, begun)):
            return _new(work, typed, problems, begun)
        unit_id = new_id()
        found = {
            **typed,
            "id": unit_id,
            "kind": _kind(work, typed["kind"]),
            "position": begun["position"],
            "region_code": None,
        }
        content = _content(begun, None) | {"unit": None, "new_unit": found}
        outcome = visits.store(
            work.session, work.actor, [VisitDraft(new_id(), content, digest(_plain(content)))], now()
        )[0]
        if outcome.status == "refused":
            raise InvalidInput(outcome.message)
        return redirect(f"/collect/units/{unit_id}", 303)


def _finish(work: Work, unit: Unit, problem: str) -> str:
    lines = view.form_lines(work.session, work.actor, unit)
    missing = [line for line in lines if line.need == "must" and line.answers is None]
    return render_template(
        "collect/finish.html",
        unit=unit,
        ready=ready_forms(work, unit),
        missing=missing,
        problem=problem,
        how=CONFIRMED_BY,
        is_correction=any(line.draft and line.submission for line in lines),
        lines=lines,
        blank_address=blank_address,
        definition_address=definition_address,
    )


def ready_forms(work: Work, unit: Unit) -> list[Ready]:
    """The unit's drafts with what the checks say of them."""
    lines = view.form_lines(work.session, work.actor, unit)
    ready: list[Ready] = []
    for line in lines:
        if line.draft is None:
            continue
        found = findings_of(work, unit.id, line.form, line.draft)
        related = view.related_of(lines, line.form.code)
        unasked = hidden(rulebook(line.form), line.draft.answers, related, baseline(unit))
        there = {(one.check, one.path) for one in found}
        explanations = [one for one in line.draft.explanations if (one["check"], one["path"]) in there]
        told = {(one["check"], one["path"]) for one in explanations}
        ready.append(
            Ready(
                line.form,
                [_located(unit, line.form, one) for one in found if one.severity == "error"],
                [
                    _located(unit, line.form, one)
                    for one in found
                    if one.severity == "warning" and (one.check, one.path) not in told
                ],
                _asked(line.draft.answers, unasked),
                explanations,
            )
        )
    return ready


def _located(unit: Unit, form: Form, finding: Finding) -> tuple[Finding, str]:
    """A finding with the address of the page that it is mended on."""
    place = page_at(form, finding.path)
    base = f"/collect/units/{unit.id}/forms/{form.code}"
    if place is None:
        return finding, base
    page, row = place
    return finding, f"{base}/{page.key}{'' if row is None else f'/{row}'}?checked=1"


def _asked(answers: Mapping[str, Any], unasked: frozenset[str]) -> dict[str, Any]:
    """The answers without what is not asked: what is signed and sent."""

    def asked(values: Mapping[str, Any], prefix: str) -> dict[str, Any]:
        return {key: value for key, value in values.items() if f"{prefix}{key}" not in unasked}

    def rows(key: str, value: list[object]) -> list[object]:
        return [
            asked(cast("Mapping[str, Any]", row), f"/{key}/{index}/") if isinstance(row, dict) else row
            for index, row in enumerate(value)
        ]

    return {
        key: rows(key, cast("list[object]", value)) if isinstance(value, list) else value
        for key, value in asked(answers, "/").items()
    }


def submit_ready(
    work: Work,
    unit: Unit,
    ready: list[Ready],
    visit_id: UUID | None,
    confirmation: dict[str, Any] | None,
) -> list[Outcome]:
    lines = {line.form.code: line for line in view.form_lines(work.session, work.actor, unit)}
    sent: list[Draft] = []
    for one in ready:
        line = lines[one.form.code]
        if line.draft is None:
            continue
        sent.append(
            Draft(
                id=line.draft.submission_id,
                unit=unit.id,
                form=one.form.code,
                version=one.form.version,
                revision=line.submission.revision + 1 if line.submission else 1,
                answers=dict(one.answers),
                explanations=one.explanations,
                files=[],
                digest=digest(one.answers, one.explanations),
                device=request.user_agent.string[:200],
                visit=visit_id,
                confirmation=confirmation,
            )
        )
    return open_cases(work.session, work.actor, sent, submissions.submit(work.session, work.actor, sent, now()))


def _store_visit(work: Work, unit: Unit, begun: Mapping[str, Any], signature: dict[str, Any] | None) -> UUID:
    content = _content(begun, signature) | {"unit": unit.id, "new_unit": None}
    visit_id = new_id()
    outcome = visits.store(work.session, work.actor, [VisitDraft(visit_id, content, digest(_plain(content)))], now())[0]
    if outcome.status == "refused":
        raise InvalidInput(outcome.message)
    return visit_id


def _content(begun: Mapping[str, Any], signature: dict[str, Any] | None) -> dict[str, Any]:
    return {
        "outcome": begun["outcome"],
        "enumerators": begun["cards"],
        "started_at": begun["started_at"],
        "finished_at": now().isoformat(),
        "position": begun["position"],
        "signature": signature,
        "device": request.user_agent.string,
    }


def _plain(content: Mapping[str, Any]) -> dict[str, Any]:
    return {key: str(value) for key, value in content.items()}


def _begun(unit_id: UUID) -> dict[str, Any] | None:
    return cookie.get(f"visit {unit_id}")


def _again(work: Work, unit: Unit) -> dict[str, Any] | None:
    """A correction or a unit just found is signed before the two who were there last; None when nobody was."""
    cards = my_units.last_cards(work.session, unit.id)
    outcome = unit.outcome if unit.outcome in TO_FILL else "done"
    return (
        {"outcome": outcome, "cards": cards, "position": None, "started_at": now().isoformat()}
        if len(cards) > 1
        else None
    )


def _cards(work: Work) -> list[str]:
    return [
        card
        for card in (work.actor.card_number or work.actor.username, request.form.get("second_card", "").strip())
        if card
    ]


def _position() -> dict[str, Any] | None:
    """The position as typed; None when it is not one."""
    try:
        lon, lat = float(request.form.get("lon", "")), float(request.form.get("lat", ""))
    except ValueError:
        return None
    if not (abs(lon) <= 180 and abs(lat) <= 90):
        return None
    accuracy = request.form.get("accuracy_m", "")
    read = accuracy.isascii() and accuracy.isdigit()
    return {
        "lon": lon,
        "lat": lat,
        "accuracy_m": float(accuracy) if read else None,
        "source": "device" if read else "map",
    }


def _problems(begun: Mapping[str, Any]) -> dict[str, str]:
    problems: dict[str, str] = {}
    if begun["outcome"] not in OUTCOMES:
        problems["outcome"] = "请选入户结果。"
    if len(set(begun["cards"])) < 2:
        problems["second_card"] = "入户要有两名普查员。请填另一名普查员的证号，不能和自己的相同。"
    return problems


def _kind(work: Work, asked: str) -> str:
    if work.actor.programme == "scattered":
        return "scattered"
    return asked if asked in view.KINDS and asked != "scattered" else "industrial"


def _alike(work: Work, typed: Mapping[str, str], begun: Mapping[str, Any] | None) -> list[Alike]:
    place = begun.get("position") if begun else None
    return similar(
        work.session,
        name=typed.get("name", "")[:300],
        code=typed.get("uscc", "")[:18],
        position=(place["lon"], place["lat"]) if place else None,
    )


def _new(
    work: Work,
    typed: Mapping[str, str],
    problems: Mapping[str, str] | None = None,
    begun: Mapping[str, Any] | None = None,
) -> str:
    kinds = {key: word for key, word in view.KINDS.items() if key != "scattered"}
    return render_template(
        "collect/new.html",
        typed=typed,
        problems=problems or {},
        begun=begun,
        kinds=kinds,
        alike=_alike(work, typed, begun),
        scattered=work.actor.programme == "scattered",
    )

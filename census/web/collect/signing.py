"""The end of a visit: what stands against signing, the respondent's signature, and sending all forms of a unit.

A department's forms about a region are sent from here too, one by one and without a visit: see ``handup.regional``.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any, cast
from uuid import UUID

from flask import Blueprint, render_template, request
from werkzeug.wrappers import Response as AnyResponse

from census.db import now
from census.models.register import Unit
from census.services.cases.entry import open_cases
from census.services.collect import drafts, submissions
from census.services.collect.fates import Draft, Outcome
from census.services.register import my_units
from census.services.register.units import baseline
from census.web.collect import unit as view
from census.web.collect.addresses import blank_address, definition_address
from census.web.collect.form_pages import page_at
from census.web.collect.forms import findings_of, rulebook
from census.web.collect.shell import CONFIRMED_BY
from census.web.collect.todo import collecting
from census.web.collect.visit import TO_FILL, begun_visit, end_visit, store_visit
from census.web.session import Work
from forms.answers.values import digest
from forms.definition import Form
from validation.applicability import REGIONAL
from validation.evaluators.record import hidden
from validation.results import Finding

blueprint = Blueprint("collect_signing", __name__, url_prefix="/collect")


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


@blueprint.get("/units/<uuid:unit_id>/finish")
def finish(unit_id: UUID) -> str:
    """What stands against signing, else the signature."""
    with collecting() as work:
        unit = my_units.my_unit(work.session, work.actor.account_id, unit_id)
        if unit.kind in REGIONAL:
            return render_template("handup/regional_finish.html", unit=unit, ready=ready_forms(work, unit))
        return _page(work, unit, "")


@blueprint.post("/units/<uuid:unit_id>/finish")
def send(unit_id: UUID) -> str | AnyResponse:
    """Send the unit's forms with the respondent's signature on paper, or with a recorded confirmation."""
    with collecting() as work:
        unit = my_units.my_unit(work.session, work.actor.account_id, unit_id)
        ready = ready_forms(work, unit)
        begun = begun_visit(unit_id) or _again(work, unit)
        name = request.form.get("signed_name", "").strip()
        how = request.form.get("how", "paper")
        # What is signed must be what the respondent saw without a fault in it.
        if not ready or not all(one.is_clean for one in ready):
            return _page(work, unit, "还有没处理完的问题，处理完才能签字。")
        if not name or (how == "paper" and "on_paper" not in request.form):
            return _page(work, unit, "请写填报人姓名，并确认已在纸质表上签字。")
        # A signature on paper belongs to a visit. Confirmed by telephone or stamp, a correction needs none.
        visit_id, confirmation = None, None
        if how == "paper":
            if begun is None:
                return _page(work, unit, "请先做入户登记。")
            visit_id = store_visit(work, begun, signature=_signature(name, ready), unit=unit.id)
        else:
            confirmation = {"name": name, "how": how, "at": now().isoformat()}
        outcomes = submit_ready(work, unit, ready, visit_id, confirmation)
        results = list(zip(ready, outcomes, strict=True))
        # What was refused or in conflict stays a draft: it may be mended and sent again.
        sent = [one.form.code for one, outcome in results if outcome.status in {"stored", "repeat"}]
        drafts.discard(work.session, work.actor, unit.id, sent)
        end_visit(unit_id)
        return render_template("collect/sent.html", unit=unit, results=results)


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
        # Explanations of what is no longer found would be signed for nothing.
        there = {(one.check, one.path) for one in found}
        explanations = [one for one in line.draft.explanations if (one["check"], one["path"]) in there]
        told = {(one["check"], one["path"]) for one in explanations}
        errors = [one for one in found if one.severity == "error"]
        warnings = [one for one in found if one.severity == "warning" and (one.check, one.path) not in told]
        ready.append(
            Ready(
                line.form,
                [_located(unit, line.form, one) for one in errors],
                [_located(unit, line.form, one) for one in warnings],
                _asked(line.draft.answers, unasked),
                explanations,
            )
        )
    return ready


def submit_ready(
    work: Work,
    unit: Unit,
    ready: list[Ready],
    visit_id: UUID | None,
    confirmation: dict[str, Any] | None,
) -> list[Outcome]:
    """Submit what is ready, in its order. Raises nothing for a record that is refused: its outcome says why."""
    lines = {line.form.code: line for line in view.form_lines(work.session, work.actor, unit)}
    sent: list[Draft] = []
    for one in ready:
        line = lines[one.form.code]
        if line.draft is None:  # never so: each was made of a draft, in this transaction
            continue
        sent.append(
            Draft(
                id=line.draft.submission_id,
                unit=unit.id,
                form=one.form.code,
                version=one.form.version,
                revision=line.next_revision,
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


def _page(work: Work, unit: Unit, problem: str) -> str:
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


def _again(work: Work, unit: Unit) -> dict[str, Any] | None:
    """A correction or a unit just found is signed before the two who were there last; None when nobody was."""
    cards = my_units.last_cards(work.session, unit.id)
    if len(cards) < 2:
        return None
    outcome = unit.outcome if unit.outcome in TO_FILL else "done"
    return {"outcome": outcome, "cards": cards, "position": None, "started_at": now().isoformat()}


def _signature(name: str, ready: Sequence[Ready]) -> dict[str, Any]:
    """A signature on paper, over the digests of all that was signed."""
    over = [digest(one.answers, one.explanations) for one in ready]
    return {"signed_name": name, "signed_at": now().isoformat(), "over": over, "how": "paper"}


def _located(unit: Unit, form: Form, finding: Finding) -> tuple[Finding, str]:
    """A finding with the address of the page that it is mended on."""
    address = f"/collect/units/{unit.id}/forms/{form.code}"
    place = page_at(form, finding.path)
    if place is None:
        return finding, address
    page, row = place
    address += f"/{page.key}"
    if row is not None:
        address += f"/{row}"
    return finding, f"{address}?checked=1"


def _asked(answers: Mapping[str, Any], unasked: frozenset[str]) -> dict[str, Any]:
    """The answers without what is not asked: what is signed and sent."""
    asked = _without(answers, unasked, "/")
    for key, value in asked.items():
        if isinstance(value, list):  # rows of a repeating group, or codes of a multiple choice
            listed = cast("list[object]", value)
            asked[key] = [_asked_of(part, unasked, f"/{key}/{index}/") for index, part in enumerate(listed)]
    return asked


def _asked_of(part: object, unasked: frozenset[str], prefix: str) -> object:
    if not isinstance(part, dict):
        return part
    return _without(cast("dict[str, Any]", part), unasked, prefix)


def _without(values: Mapping[str, Any], unasked: frozenset[str], prefix: str) -> dict[str, Any]:
    return {key: value for key, value in values.items() if f"{prefix}{key}" not in unasked}

"""Reading what phones send: each submission and visit by itself, so that one bad one spoils no other."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, Final, cast
from uuid import UUID

from marshmallow import ValidationError, fields
from rfc8785 import CanonicalizationError

from census.services.collect.fates import Draft, Outcome, refused
from census.services.collect.visits import VisitDraft, VisitOutcome
from census.services.collect.visits import refused as unread_visit
from census.web import json_text
from census.web.collect import wire
from census.web.reading import envelope, sent_id
from census.web.wire import LARGEST_NUMBER
from forms.answers.values import digest


def drafts() -> list[Draft | Outcome]:
    """Read the submissions of a request: a draft for each that can be read, the refusal for each that cannot."""
    rows, parsed = envelope("submissions")
    return [_draft(row, suspicious=parsed.is_suspicious) for row in rows]


def draft_of(row: object) -> Draft | Outcome:
    """Read one submission that did not come as a request of its own."""
    return _draft(row, suspicious=True)


def visit_of(row: object) -> VisitDraft | VisitOutcome:
    """Read one visit that did not come as a request of its own."""
    return _visit_draft(row)


def _draft(row: object, *, suspicious: bool) -> Draft | Outcome:
    if not isinstance(row, dict):
        return refused(None, "unreadable")
    raw = cast("dict[str, Any]", row)
    try:
        if suspicious and json_text.is_unstorable(raw):
            return refused(sent_id(raw), "unreadable")
        read = plainly(raw) or cast("dict[str, Any]", _SUBMISSION.load(raw))
        answers: dict[str, Any] = raw["answers"]
        explanations: list[dict[str, Any]] = raw.get("explanations") or []
        if json_text.too_deep(answers) or json_text.too_deep(explanations):
            return refused(sent_id(raw), "unreadable")
        try:
            found = digest(answers, explanations)
        except CanonicalizationError:  # a whole number beyond what JSON's doubles hold exactly
            answers = json_text.as_doubles(answers)
            found = digest(answers, explanations)
    except (ValidationError, CanonicalizationError, RecursionError):
        return refused(sent_id(raw), "unreadable")
    return Draft(
        id=read["id"],
        unit=read["unit"],
        form=read["form"],
        version=read["version"],
        revision=read["revision"],
        answers=answers,
        explanations=explanations,
        files=read["files"] or [],
        digest=found,
        device=(read["device"] or "")[:200],
        visit=read["visit"],
        claimed_digest=read["digest"] or "",
        confirmation=raw["confirmation"] if read["confirmation"] else None,
        points=read["points"] or [],
    )


def plainly(raw: Mapping[str, Any]) -> dict[str, Any] | None:
    """What the schema reads from a submission as phones send it, in a tenth of the time; None: ask the schema."""
    unit, id_, answers, revision = raw.get("unit"), raw.get("id"), raw.get("answers"), raw.get("revision")
    form, version, device, visit, claimed = (
        raw.get("form"),
        raw.get("version"),
        raw.get("device"),
        raw.get("visit"),
        raw.get("digest"),
    )
    if not (type(id_) is str and type(unit) is str and len(id_) == len(unit) == _UUID_LENGTH):
        return None
    if type(answers) is not dict or type(revision) is not int or not 1 <= revision <= LARGEST_NUMBER:
        return None
    if not (
        type(form) is str
        and type(version) is str
        and (device is None or type(device) is str)
        and (claimed is None or type(claimed) is str)
    ):
        return None
    if not (visit is None or type(visit) is str):
        return None
    if any(raw.get(name) is not None and not (raw[name] == [] and name in _LISTS) for name in _RARE):
        return None
    try:
        return (
            _RARE
            | {name: raw[name] for name in _RARE if name in raw}
            | {
                "id": UUID(id_),
                "unit": UUID(unit),
                "visit": None if visit is None else UUID(visit),
                "form": form,
                "version": version,
                "revision": revision,
                "answers": answers,
                "digest": claimed,
                "device": device,
            }
        )
    except ValueError:
        return None


def visits() -> list[VisitDraft | VisitOutcome]:
    """Read the visits of a request, each by itself."""
    rows, _ = envelope("visits")
    return [_visit_draft(row) for row in rows]


def _visit_draft(row: object) -> VisitDraft | VisitOutcome:
    if not isinstance(row, dict):
        return unread_visit(None, "unreadable")
    raw = cast("dict[str, Any]", row)
    try:
        if json_text.too_deep(raw) or json_text.is_unstorable(raw):
            return unread_visit(sent_id(raw), "unreadable")
        read = cast("dict[str, Any]", _VISIT.load(raw))
        if (read["unit"] is None) == (read["new_unit"] is None) or len(set(read["enumerators"])) < 2:
            return unread_visit(sent_id(raw), "unreadable")
        return VisitDraft(read["id"], read, digest(json_text.as_doubles(raw)))
    except (ValidationError, CanonicalizationError, RecursionError):
        return unread_visit(sent_id(raw), "unreadable")


_UUID_LENGTH: Final = 36
_SUBMISSION: Final = wire.SubmissionShape()
_PLAIN: Final = frozenset({"id", "unit", "visit", "form", "version", "revision", "answers", "digest", "device"})
_FIELDS: Final = cast("dict[str, Any]", _SUBMISSION.fields)
_RARE: Final = {
    name: field.load_default for name, field in _FIELDS.items() if name not in _PLAIN
}  # read by the schema where they say something
_LISTS: Final = frozenset(name for name in _RARE if isinstance(_FIELDS[name], fields.List))
_VISIT: Final = wire.VisitShape()

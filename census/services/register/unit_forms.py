"""Which forms each unit owes, kept beside it: derived again whenever an answer or a definition changes.

``unit.forms`` are the forms it must fill, ``unit.may_forms`` those that hang on an answer not given yet. A record of a
form that applies no longer keeps its place and history (``submission.applies`` is false): it is shown, and neither
counted nor exported. The worker derives after each verdict; what was derived from other definitions is found by
``forms_basis``.
"""

from __future__ import annotations

import hashlib
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from functools import lru_cache
from typing import Any, Final
from uuid import UUID

import orjson
from sqlalchemy import Row, text
from sqlalchemy.orm import Session

from census.db import now
from census.services.register.units import baseline
from forms.catalogue import Catalogue, catalogue
from forms.definition import Form
from validation.applicability import SOURCES, Verdicts, applicability_of

AT_ONCE: Final = 500

Answers = Mapping[str, Any]

UNITS: Final = text("""
    select id, kind, name, address, credit_code, industry_code, region_code, known, forms, may_forms, forms_basis
      from unit where id = any(:units)
""")
OUTDATED: Final = text("""
    select id from unit where forms_basis < :basis or forms_basis > :basis limit :limit for no key update skip locked
""")
ANSWERS: Final = text("""
    select distinct on (submission.unit_id, submission.form) submission.unit_id, submission.form, revision.answers
      from submission join revision on revision.submission_id = submission.id and revision.number = submission.revision
     where submission.unit_id = any(:units) and submission.state <> 'withdrawn'
     order by submission.unit_id, submission.form, submission.created_at desc, submission.id desc
""")
KEEP: Final = text("""
    update unit set forms = row.must, may_forms = row.may, forms_basis = :basis, updated_at = :at,
           changed_xid = case when row.is_news then pg_current_xact_id() else unit.changed_xid end
      from jsonb_to_recordset(cast(:rows as jsonb)) as row(id uuid, must jsonb, may jsonb, is_news boolean)
     where unit.id = row.id
""")
APPLY: Final = text("""
    update submission set applies = not jsonb_exists(row.out, submission.form)
      from jsonb_to_recordset(cast(:rows as jsonb)) as row(id uuid, out jsonb)
     where submission.unit_id = row.id and submission.applies = jsonb_exists(row.out, submission.form)
""")


@dataclass(frozen=True, slots=True)
class Owed:
    """What one unit must and may fill, and what it must not."""

    must: list[str]
    may: list[str]
    out: list[str]


def owed(kind: str, known: Answers, answers: Mapping[str, Answers], forms: Catalogue | None = None) -> Owed:
    """Derive the forms of a unit of this kind. ``known``: its baseline; ``answers``: its latest, by form code."""
    verdicts = verdicts_of(kind, known, answers, forms)
    return Owed(
        *([code for code, verdict in verdicts.items() if verdict == wanted] for wanted in ("must", "may", "must_not"))
    )


def verdicts_of(kind: str, known: Answers, answers: Mapping[str, Answers], forms: Catalogue | None = None) -> Verdicts:
    """The verdict on each form that such a unit may owe, by code."""
    return applicability_of(kind, forms or catalogue()).judge(answers, known)


def forms_for(kind: str, forms: Catalogue | None = None) -> tuple[Form, ...]:
    """The forms that units of this kind may owe, listing forms first."""
    return applicability_of(kind, forms or catalogue()).forms


def kinds_of(code: str) -> list[str]:
    """The kinds of units that may owe a form."""
    return [kind for kind in SOURCES if code in applicability_of(kind, catalogue()).conditions]


@lru_cache(maxsize=8)
def basis(forms: Catalogue) -> str:
    """What a derivation rests on: changes when a definition does, or which forms are about which kind of unit."""
    told = [f"{form.code} {form.version} {form.digest}" for form in forms.forms()] + [
        f"{kind} {sources}" for kind, sources in SOURCES.items()
    ]
    return hashlib.sha256("\n".join(told).encode()).hexdigest()[:16]


def rederive(session: Session, answers: Mapping[UUID, Mapping[str, Answers]], forms: Catalogue | None = None) -> int:
    """Derive the forms of some units anew from their latest answers; return how many changed.

    At most three statements.
    """
    if not answers:
        return 0
    forms = forms or catalogue()
    mark = basis(forms)
    kept: list[dict[str, Any]] = []
    applied: list[dict[str, Any]] = []  # units of which a record may have begun or ceased to apply
    for unit in session.execute(UNITS, {"units": sorted(answers)}):
        found = owed(unit.kind, _known(unit), answers[unit.id], forms)
        # Phones and desks are told of a unit only when what it owes has changed, not when a definition was read again.
        is_news = (found.must, found.may) != (unit.forms, unit.may_forms)
        if is_news or unit.forms_basis != mark:
            kept.append({"id": unit.id, "must": found.must, "may": found.may, "is_news": is_news})
        if is_news or not answers[unit.id].keys().isdisjoint(found.out):
            applied.append({"id": unit.id, "out": found.out})
    if kept:
        session.execute(KEEP, {"rows": orjson.dumps(kept).decode(), "basis": mark, "at": now()})
    if applied:
        session.execute(APPLY, {"rows": orjson.dumps(applied).decode()})
    return sum(row["is_news"] for row in kept)


def rederive_of(session: Session, unit_ids: Sequence[UUID], forms: Catalogue | None = None) -> int:
    """Read the latest answers of some units and derive their forms: a record was withdrawn, or units are new."""
    latest: dict[UUID, dict[str, Answers]] = {unit_id: {} for unit_id in unit_ids}
    for row in session.execute(ANSWERS, {"units": sorted(latest)}):
        latest[row.unit_id][row.form] = row.answers
    return rederive(session, latest, forms)


def rederive_outdated(session: Session, forms: Catalogue | None = None, limit: int = AT_ONCE) -> int:
    """Derive some units whose forms rest on other definitions than today's; return how many were looked at."""
    forms = forms or catalogue()
    units = [row.id for row in session.execute(OUTDATED, {"basis": basis(forms), "limit": limit})]
    if units:
        rederive_of(session, units, forms)
    return len(units)


def _known(unit: Row[Any]) -> dict[str, Any]:
    facts: Any = unit  # a row has the attributes that the protocol names
    return baseline(facts)

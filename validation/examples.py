"""Example records, derived from the definitions: valid ones, and ones that break exactly one check.

For demo data, training, tests and load: the same seed gives the same record, other seeds other plants.
"""

from __future__ import annotations

import copy
from collections.abc import Collection, Mapping
from dataclasses import dataclass, field
from functools import lru_cache
from random import Random
from typing import Any, Final

from forms.catalogue import Catalogue, catalogue
from validation.record import applicability
from validation.rulebook import RuleBook, compile_form
from validation.sample_units import Facts, facts
from validation.samples import draft
from validation.search import Answers, Search, Situation

ATTEMPTS: Final = 6


class NoExample(LookupError):
    """No record was found that breaks exactly this check: it leans on a form without definition, or cannot fail alone."""


@dataclass(frozen=True, slots=True)
class Example:
    """Answers as they stand on the wire, the unit's other forms by code, and what the register knew."""

    answers: Answers
    related: dict[str, Answers] = field(default_factory=dict[str, Answers])
    baseline: Answers = field(default_factory=dict[str, Any])


def answers_for(form_code: str, breaking: str | None = None, seed: int = 0, related: Mapping[str, Answers] | None = None,  # noqa: PLR0913
                *, known: Mapping[str, Any] | None = None, reached: Collection[str] = (), forms: Catalogue | None = None) -> Example:
    """Give a record without any finding, or one on which exactly the check ``breaking`` fails.

    ``related`` are the unit's other forms where they are given already; otherwise those that the checks lean on are made
    along. ``known`` are facts of a real unit by their ``prefill`` name (``unit.name``), in place of invented ones.
    ``reached`` are the stages of a case. Raises NoExample.
    """
    definitions = forms or catalogue()
    book = compile_form(definitions.current(form_code), definitions, reached)
    for attempt in range(ATTEMPTS):
        rng = Random(f"{form_code} {seed} {attempt}")  # noqa: S311 - examples, no secrets
        unit = facts(Random(f"unit {seed} {attempt}")) | dict(known or {})  # noqa: S311 - the same
        found = _found(book, definitions, rng, unit, related, breaking)
        if found is not None:
            return Example(copy.deepcopy(found.answers), copy.deepcopy(found.related), copy.deepcopy(found.baseline))
    raise NoExample(f"{form_code}: no example {f'that breaks exactly {breaking}' if breaking else 'without findings'} was found")


def _found(book: RuleBook, definitions: Catalogue, rng: Random, unit: Facts, related: Mapping[str, Answers] | None, breaking: str | None) -> Situation | None:  # noqa: PLR0913, PLR0917
    others = dict(related) if related is not None else _unit_forms(book, definitions, rng, unit)
    search = Search(book, rng, unit)
    baseline = {key: unit[item.prefill] for key in book.form.baseline if (item := book.form.item(key)).prefill in unit}
    valid = search.mended(Situation(draft(book, rng, unit, others), others, baseline))
    if valid is None or breaking is None:
        return valid
    return search.broken(valid, breaking)


def _unit_forms(book: RuleBook, definitions: Catalogue, rng: Random, unit: Facts) -> dict[str, Answers]:
    """Make the other forms of the unit that the checks lean on, each valid beside those made before."""
    wanted = [code for code in _order(definitions) if code in {*book.needs.forms, *book.needs.present} and code != book.form.code]
    made: dict[str, Answers] = {}
    for code in wanted:
        other = compile_form(definitions.current(code), definitions)
        ahead = {each: {} for each in (book.form.code, *wanted) if each != code and each not in made}  # they will be filled too
        mended = Search(other, rng, unit).mended(Situation(draft(other, rng, unit, {**ahead, **made}), {**ahead, **made}))
        if mended is not None:
            made[code] = mended.answers
    return made


@lru_cache(maxsize=8)
def _order(definitions: Catalogue) -> tuple[str, ...]:
    """Put the forms that others lean on first."""
    codes = dict.fromkeys(form.code for form in definitions.forms())
    weight = {code: len(compile_form(definitions.current(code), definitions).needs.forms) + (not definitions.current(code).applies_when == "") for code in codes}
    listing_first = sorted(codes, key=lambda code: (definitions.current(code).source_kind != "listing", code))
    return tuple(sorted(listing_first, key=lambda code: weight[code] > 0))


__all__ = ["Example", "NoExample", "answers_for", "applicability"]

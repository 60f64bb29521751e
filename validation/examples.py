"""Example records, derived from the definitions: valid ones, and ones that break exactly one check.

For demo data, training, tests and load: the same seed gives the same record, other seeds other plants.
"""

from __future__ import annotations

import copy
from collections.abc import Collection, Mapping
from dataclasses import dataclass, field
from random import Random
from typing import Any, Final

from forms.catalogue import Catalogue, catalogue
from validation.rulebook import RuleBook, compile_form
from validation.sample_units import Facts, facts
from validation.samples import Answers, draft
from validation.search import Broken, Search, Situation

BUDGETS: Final = (200,) * 10 + (1200, 1200)  # tries with one unit each: another plant may break at once what the first cannot
FORCED: Final = 4  # so many units break the same others along: it cannot be otherwise


class NoExample(LookupError):
    """No record was found on which this check fails, or none without findings: a check may lean on a form without definition."""


@dataclass(frozen=True, slots=True)
class Example:
    """Answers as they stand on the wire, the unit's other forms by code, and what the register knew.

    ``also`` names checks that fail along with the one to be broken because they cannot hold then: who leaves out an item
    that must be filled breaks the check that asks for it, too.
    """

    answers: Answers
    related: dict[str, Answers] = field(default_factory=dict[str, Answers])
    baseline: Answers = field(default_factory=dict[str, Any])
    also: tuple[str, ...] = ()


def answers_for(form_code: str, breaking: str | None = None, seed: int = 0, related: Mapping[str, Answers] | None = None,
                *, known: Mapping[str, Any] | None = None, reached: Collection[str] = (), forms: Catalogue | None = None) -> Example:
    """Give a record without any finding, or one on which exactly the check ``breaking`` fails.

    ``related`` are the unit's other forms where they are given already; otherwise those that the checks lean on are made
    along. ``known`` are facts of a real unit by their ``prefill`` name (``unit.name``), in place of invented ones.
    ``reached`` are the stages of a case. Raises NoExample.
    """
    definitions = forms or catalogue()
    book = compile_form(definitions.current(form_code), definitions, reached)
    best: Broken | None = None
    alike = 0
    for attempt, budget in enumerate(BUDGETS):
        search, valid = _valid(book, definitions, f"{seed} {attempt}", related, known, budget)
        found = valid if breaking is None else None if valid.also else search.broken(valid.situation, breaking)
        if found is not None and (best is None or len(found.also) < len(best.also)):
            best, alike = found, 0
        alike += found is not None and best is not None and found.also == best.also
        if best is not None and (not best.also or alike >= FORCED):
            break
    if best is None or (breaking is None and best.also):
        raise NoExample(f"{form_code}: no example {f'that breaks {breaking}' if breaking else 'without findings'} was found")
    made = best.situation
    return Example(copy.deepcopy(made.answers), copy.deepcopy(made.related), copy.deepcopy(made.baseline), best.also)


def _valid(book: RuleBook, definitions: Catalogue, seed: str, related: Mapping[str, Answers] | None, known: Mapping[str, Any] | None, budget: int) -> tuple[Search, Broken]:
    """Make a record without findings, if it can be, and the search that goes on from there."""
    rng = Random(f"{book.form.code} {seed}")  # noqa: S311 - examples, no secrets
    unit = facts(Random(f"unit {seed}")) | dict(known or {})  # noqa: S311 - the same
    others = dict(related) if related is not None else _unit_forms(book, definitions, rng, unit)
    baseline = {key: unit[item.prefill] for key in book.form.baseline if (item := book.form.item(key)).prefill in unit}
    search = Search(book, rng, unit, budget)
    return search, search.mended(Situation(draft(book, rng, unit, others), others, baseline))


def _unit_forms(book: RuleBook, definitions: Catalogue, rng: Random, unit: Facts) -> dict[str, Answers]:
    """Make the other forms of the unit that the checks lean on, each valid beside those made before."""
    wanted = [code for code in _order(definitions) if code in {*book.needs.forms, *book.needs.present} and code != book.form.code]
    made: dict[str, Answers] = {}
    for code in wanted:
        other = compile_form(definitions.current(code), definitions)
        ahead: dict[str, Answers] = {each: {} for each in (book.form.code, *wanted) if each != code and each not in made}  # they will be filled too
        made[code] = Search(other, rng, unit).mended(Situation(draft(other, rng, unit, {**ahead, **made}), {**ahead, **made})).situation.answers
    return made


def _order(definitions: Catalogue) -> list[str]:
    """Put the listing first: the other forms of a unit lean on it."""
    return sorted({form.code for form in definitions.forms()}, key=lambda code: (definitions.current(code).source_kind != "listing", code))

"""Example records, derived from the definitions: valid ones, and ones that break exactly one check.

For demo data, training, tests and load: the same seed gives the same record, other seeds other plants.
"""

from __future__ import annotations

import copy
from collections.abc import Callable, Collection, Iterator, Mapping
from dataclasses import dataclass, field
from functools import lru_cache
from random import Random
from typing import Any, Final

from census.examples.drafts import Answers, draft
from census.examples.search import Broken, Search, Situation
from census.examples.units import Facts, facts
from forms.catalogue import Catalogue, catalogue
from forms.definition import Form
from validation.language.expression import parse, scope_of
from validation.language.nodes import Value
from validation.language.scope import Definitions
from validation.rulebook import Definition, RuleBook, compile_form, needs_of

BUDGETS: Final = (200,) * 20 + (
    1200,
    1200,
)  # tries with one unit each: another plant may break at once what the first cannot
USUAL: Final = frozenset({"G102"})  # hang on a switch, yet most plants fill them
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


def answers_for(
    form_code: str,
    breaking: str | None = None,
    seed: int = 0,
    related: Mapping[str, Answers] | None = None,
    *,
    known: Mapping[str, Any] | None = None,
    reached: Collection[str] = (),
    forms: Catalogue | None = None,
) -> Example:
    """Give a record without any finding, or one on which exactly the check ``breaking`` fails.

    ``related`` are the unit's other forms where they are given already; otherwise those that the checks lean on are made
    along. ``known`` are facts of a real unit by their ``prefill`` name (``unit.name``), in place of invented ones.
    ``reached`` are the stages of a case. Raises NoExample.
    """
    definitions = forms or catalogue()
    book = compile_form(definitions.current(form_code), definitions, reached)
    best: Broken | None = None
    alike = 0

    there = tuple(related) if related is not None else _beside(book, definitions, breaking)

    def start(attempt: int) -> tuple[Search, Broken]:
        drawn, budget = f"{seed} {attempt}", BUDGETS[attempt]
        if related is None and known is None:
            unit, valid = _kept(Definition(book.form, definitions), frozenset(reached), drawn, there, budget)
        else:
            unit, valid = _valid(book, definitions, drawn, there, (related, known), budget)
        return Search(book, _chance(book, drawn, breaking or ""), unit, budget), valid

    for search, valid in _starts(start, breaking):
        found = valid if breaking is None else None if valid.also else search.broken(valid.situation, breaking)
        if found is not None and (best is None or len(found.also) < len(best.also)):
            best, alike = found, 0
        alike += found is not None and best is not None and found.also == best.also
        if best is not None and (not best.also or alike >= FORCED):
            break
    if best is None or (breaking is None and best.also):
        raise NoExample(
            f"{form_code}: no example {f'that breaks {breaking}' if breaking else 'without findings'} was found"
        )
    made = best.situation
    return Example(copy.deepcopy(made.answers), copy.deepcopy(made.related), copy.deepcopy(made.baseline), best.also)


def _starts(start: Callable[[int], tuple[Search, Broken]], breaking: str | None) -> Iterator[tuple[Search, Broken]]:
    """Give units to begin with: first those of which little need be changed, those that take more patience last."""
    far: list[tuple[int, int, Search, Broken]] = []
    for attempt, budget in enumerate(BUDGETS):
        if budget == BUDGETS[-1]:
            break
        search, valid = start(attempt)
        left = search.left(valid.situation, breaking) if breaking else 0
        if left <= 1:
            yield search, valid
        else:
            far.append((left, attempt, search, valid))
    for _, _, search, valid in sorted(far, key=lambda each: each[:2]):
        yield search, valid
    yield from (start(attempt) for attempt, budget in enumerate(BUDGETS) if budget == BUDGETS[-1])


@lru_cache(maxsize=128)
def _kept(
    definition: Definition, reached: frozenset[str], seed: str, there: tuple[str, ...], budget: int
) -> tuple[Facts, Broken]:
    """The valid record to begin from, made once however many checks are to be broken: nothing is changed in place."""
    return _valid(
        compile_form(definition.form, definition.catalogue, reached),
        definition.catalogue,
        seed,
        there,
        (None, None),
        budget,
    )


def _valid(
    book: RuleBook,
    definitions: Definitions,
    seed: str,
    there: tuple[str, ...],
    given: tuple[Mapping[str, Answers] | None, Mapping[str, Any] | None],
    budget: int,
) -> tuple[Facts, Broken]:
    """Make a record without findings, if it can be, and the unit that it is about."""
    related, known = given
    rng = _chance(book, seed)
    unit = facts(Random(f"unit {seed}")) | dict(known or {})  # noqa: S311 - examples, no secrets
    others = dict(related) if related is not None else _unit_forms(book, definitions, rng, unit, there)
    baseline = {key: unit[item.prefill] for key in book.form.baseline if (item := book.form.item(key)).prefill in unit}
    return unit, Search(book, rng, unit, budget).mended(Situation(draft(book, rng, unit, others), others, baseline))


def _chance(book: RuleBook, *seed: str) -> Random:
    return Random(" ".join((book.form.code, *seed)))  # noqa: S311 - the same


def _beside(book: RuleBook, definitions: Definitions, breaking: str | None) -> tuple[str, ...]:
    """Name the other forms of the unit that matter, the listing first: the others lean on it.

    These are the forms that every such unit fills, and those that the check to be broken leans on: a plant is not given
    all processes of the country because one form could be compared with all of them.
    """
    asked = needs_of(book.form, [book.rule(breaking).node]).forms if breaking else {}
    leaned = {code for code in (*book.needs.forms, *book.needs.present) if code in definitions} - {book.form.code}
    there = (
        code
        for code in leaned
        if code in asked
        or not _hangs_on_a_switch(definitions.current(code), definitions)
        or (code in USUAL and code in book.needs.forms)
    )
    return tuple(sorted(there, key=lambda code: (definitions.current(code).source_kind != "listing", code)))


def _unit_forms(
    book: RuleBook, definitions: Definitions, rng: Random, unit: Facts, there: tuple[str, ...]
) -> dict[str, Answers]:
    """Make the other forms of the unit, each valid beside those made before."""
    made: dict[str, Answers] = {}
    for code in (code for code in there if code in book.needs.forms):
        other = compile_form(definitions.current(code), definitions)
        owed = (
            each
            for each in other.needs.present
            if each in definitions and (each in USUAL or not _hangs_on_a_switch(definitions.current(each), definitions))
        )
        ahead: dict[str, Answers] = {
            each: {} for each in (book.form.code, *there, *owed) if each != code and each not in made
        }  # they will be filled too
        made[code] = (
            Search(other, rng, unit)
            .mended(Situation(draft(other, rng, unit, {**ahead, **made}), {**ahead, **made}))
            .situation.answers
        )
    return {**{code: {} for code in there}, **made}


def _hangs_on_a_switch(form: Form, definitions: Definitions) -> bool:
    """Tell whether only some units fill a form: those that answered yes to one item of their basic form."""
    node = parse(form.applies_when or "True", scope_of(form, definitions, viewer="*"))
    return (
        isinstance(node, Value) and node.form in definitions and definitions.current(node.form).source_kind != "listing"
    )

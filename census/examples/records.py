"""Makes example records from the definitions: ones without any finding, and ones that break exactly one check.

For demo data, training, tests and load: the same seed gives the same record, other seeds other plants. Nothing is
judged here: what fails on a record, the evaluator of ``validation`` says.
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

# Tries with one unit each: another plant may break at once what the first cannot.
BUDGETS: Final = (*(200,) * 20, 1200, 1200)
USUAL: Final = frozenset({"G102"})  # hang on a switch, yet most plants fill them
FORCED: Final = 4  # so many units break the same others along: it cannot be otherwise


class NoExample(LookupError):
    """No record was found on which this check fails, or none without findings.

    A check may lean on a form that has no definition.
    """


@dataclass(frozen=True, slots=True)
class Example:
    """Answers as they stand on the wire, the unit's other forms by code, and what the register knew.

    ``also`` names checks that fail along with the one to be broken because they cannot hold then: who leaves out an
    item that must be filled breaks the check that asks for it, too.
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
    """Make a record without any finding, or one on which exactly the check ``breaking`` fails.

    ``related`` are the unit's other forms where they are given already; otherwise those that the checks lean on are
    made along. ``known`` are facts of a real unit by their ``prefill`` name (``unit.name``), in place of invented ones.
    ``reached`` are the stages of a case. Raises NoExample.
    """
    definitions = forms or catalogue()
    book = compile_form(definitions.current(form_code), definitions, reached)
    there = tuple(related) if related is not None else _beside(book, definitions, breaking)

    def start(attempt: int) -> tuple[Search, Broken]:
        drawn, budget = f"{seed} {attempt}", BUDGETS[attempt]
        if related is None and known is None:
            unit, begun = _kept(Definition(book.form, definitions), frozenset(reached), drawn, there, budget)
        else:
            unit, begun = _begun(book, definitions, drawn, there, (related, known), budget)
        return Search(book, _chance(book, drawn, breaking or ""), unit, budget), begun

    made = _best(_starts(start, breaking), breaking)
    if made is None or (breaking is None and made.also):
        wanted = f"that breaks {breaking}" if breaking else "without findings"
        raise NoExample(f"{form_code}: no example {wanted} was found")
    parts = (made.situation.answers, made.situation.related, made.situation.baseline)
    return Example(*copy.deepcopy(parts), made.also)


def _best(starts: Iterator[tuple[Search, Broken]], breaking: str | None) -> Broken | None:
    """Take the record on which the least fails beside what is wanted, looking no further than it pays."""
    best: Broken | None = None
    alike = 0
    for search, begun in starts:
        found = _found(search, begun, breaking)
        if found is None:
            continue
        if best is None or len(found.also) < len(best.also):
            best, alike = found, 0
        if found.also == best.also:
            alike += 1
        if not best.also or alike >= FORCED:
            break
    return best


def _found(search: Search, begun: Broken, breaking: str | None) -> Broken | None:
    if breaking is None:
        return begun
    # Something fails before anything is broken: what fails along could not be told from it.
    if begun.also:
        return None
    return search.broken(begun.situation, breaking)


def _starts(start: Callable[[int], tuple[Search, Broken]], breaking: str | None) -> Iterator[tuple[Search, Broken]]:
    """Give units to begin with: first those of which little need be changed, those that take more patience last."""
    far: list[tuple[int, int, Search, Broken]] = []
    for attempt, budget in enumerate(BUDGETS):
        if budget == BUDGETS[-1]:
            break
        search, begun = start(attempt)
        left = 0
        if breaking:
            left = search.left(begun.situation, breaking)
        if left <= 1:
            yield search, begun
        else:
            far.append((left, attempt, search, begun))
    for _, _, search, begun in sorted(far, key=lambda each: each[:2]):
        yield search, begun
    yield from (start(attempt) for attempt, budget in enumerate(BUDGETS) if budget == BUDGETS[-1])


@lru_cache(maxsize=128)
def _kept(
    definition: Definition, reached: frozenset[str], seed: str, there: tuple[str, ...], budget: int
) -> tuple[Facts, Broken]:
    """The record to begin from, made once however many checks are to be broken: nothing is changed in place."""
    book = compile_form(definition.form, definition.catalogue, reached)
    return _begun(book, definition.catalogue, seed, there, (None, None), budget)


def _begun(
    book: RuleBook,
    definitions: Definitions,
    seed: str,
    there: tuple[str, ...],
    given: tuple[Mapping[str, Answers] | None, Mapping[str, Any] | None],
    budget: int,
) -> tuple[Facts, Broken]:
    """Draft a record about a unit, the unit's other forms beside it, and mend it until nothing fails, if it can be."""
    related, known = given
    rng = _chance(book, seed)
    unit = facts(Random(f"unit {seed}")) | dict(known or {})  # noqa: S311 - examples, no secrets
    others = dict(related) if related is not None else _unit_forms(book, definitions, rng, unit, there)
    baseline = {key: unit[item.prefill] for key in book.form.baseline if (item := book.form.item(key)).prefill in unit}
    search = Search(book, rng, unit, budget)
    return unit, search.mended(Situation(draft(book, rng, unit, others), others, baseline))


def _chance(book: RuleBook, *seed: str) -> Random:
    return Random(" ".join((book.form.code, *seed)))  # noqa: S311 - the same


def _beside(book: RuleBook, definitions: Definitions, breaking: str | None) -> tuple[str, ...]:
    """Name the other forms of the unit that matter, the listing first: the others lean on it.

    These are the forms that every such unit fills, and those that the check to be broken leans on: a plant is not given
    all processes of the country because one form could be compared with all of them.
    """
    asked = needs_of(book.form, [book.rule(breaking).node]).forms if breaking else {}
    leaned = {code for code in (*book.needs.forms, *book.needs.present) if code in definitions} - {book.form.code}
    there = (code for code in leaned if code in asked or _is_beside(code, book, definitions))
    return tuple(sorted(there, key=lambda code: (definitions.current(code).source_kind != "listing", code)))


def _is_beside(code: str, book: RuleBook, definitions: Definitions) -> bool:
    if not _hangs_on_a_switch(definitions.current(code), definitions):
        return True
    # What most plants fill stands beside a form that reads its answers, not beside one that only asks for it.
    return code in USUAL and code in book.needs.forms


def _unit_forms(
    book: RuleBook, definitions: Definitions, rng: Random, unit: Facts, there: tuple[str, ...]
) -> dict[str, Answers]:
    """Make the other forms of the unit, each without findings beside those made before."""
    made: dict[str, Answers] = {}
    for code in (code for code in there if code in book.needs.forms):
        other = compile_form(definitions.current(code), definitions)
        # Forms that are still to be filled count as there, so that this one answers yes to what calls for them.
        owed = (each for each in other.needs.present if each in definitions and _is_usual(each, definitions))
        ahead = [each for each in (book.form.code, *there, *owed) if each != code and each not in made]
        beside: dict[str, Answers] = {**{each: {} for each in ahead}, **made}
        search = Search(other, rng, unit)
        made[code] = search.mended(Situation(draft(other, rng, unit, beside), beside)).situation.answers
    return {**{code: {} for code in there}, **made}


def _is_usual(code: str, definitions: Definitions) -> bool:
    """Tell whether most units fill a form."""
    return code in USUAL or not _hangs_on_a_switch(definitions.current(code), definitions)


def _hangs_on_a_switch(form: Form, definitions: Definitions) -> bool:
    """Tell whether only some units fill a form: those that answered yes to one item of their basic form."""
    node = parse(form.applies_when or "True", scope_of(form, definitions, viewer="*"))
    return (
        isinstance(node, Value) and node.form in definitions and definitions.current(node.form).source_kind != "listing"
    )

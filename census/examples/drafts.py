"""Drafts of plausible answers: every item that must be filled, by its type, its code list and what it is for.

A draft need not satisfy the written checks; ``census.examples.search`` mends it. ``census.examples.recipes`` makes
figures hang together from the start, which is quicker than mending and reads like a real plant.
"""

from __future__ import annotations

import hashlib
from collections.abc import Callable, Mapping
from functools import cache
from random import Random
from typing import Any, Final

from census.examples.recipes import RECIPES
from census.examples.recipes.recipe import Answers
from census.examples.units import Facts, mobile, org_code, person, uscc
from forms.codelists import LEVELS, codelist
from forms.definition import Item
from forms.item_types.registry import Facet
from validation.evaluators.record import hidden
from validation.language.functions import person_check_character
from validation.rulebook import RuleBook

PEOPLE: Final = ("_head", "filler", "_person", "_name", "_by", "verifiers")


Sample = Callable[[Item, Random, Facts], Any]
SAMPLES: Final[Facet[Sample]] = Facet("plausible answer", "census/examples/drafts.py")


def raw(item: Item, rng: Random, known: Facts) -> Any:
    """Give one plausible raw answer of an item."""
    if item.prefill.startswith("const:"):
        return item.prefill.removeprefix("const:")
    if item.prefill in known:
        return _at_level(item, known[item.prefill])
    return SAMPLES[item.type](item, rng, known)


@SAMPLES.of("integer", "decimal", "year")
def _number(item: Item, rng: Random, _known: Facts) -> str:
    low = 0.0 if item.minimum is None else item.minimum
    high = max(low * 2, 100.0) if item.maximum is None else item.maximum
    if low == high:
        return number_text(item, low)
    start = low
    if item.kind.value == "integer" and high - low > 2:
        start += 1  # a whole number away from the bound, so that checks of the kind "more than" hold
    return number_text(item, rng.uniform(start, min(high, low + 100)))


@SAMPLES.of("date")
def _day_of_visiting(_item: Item, rng: Random, _known: Facts) -> str:
    return f"2018-{rng.randrange(4, 8):02d}-{rng.randrange(1, 29):02d}"


@SAMPLES.of("yesno")
def _no(_item: Item, _rng: Random, _known: Facts) -> bool:
    return False


@SAMPLES.of("choice", "code")
def _code(item: Item, rng: Random, _known: Facts) -> str:
    return rng.choice(_codes(item))


@SAMPLES.of("multichoice")
def _one_code(item: Item, rng: Random, _known: Facts) -> list[str]:
    return [rng.choice(_codes(item))]


@SAMPLES.of("dms")
def own_degrees(item: Item, _rng: Random, known: Facts) -> Any:
    """The unit's own longitude or latitude, whichever the item asks for."""
    is_longitude = (item.minimum or 0) > 60 or "lon" in item.key
    return known["unit.longitude" if is_longitude else "unit.latitude"]


@SAMPLES.of("gps")
def _own_position(_item: Item, _rng: Random, known: Facts) -> dict[str, Any]:
    return dict(known["position"])


@SAMPLES.of("photo", "signature")
def _file(item: Item, rng: Random, _known: Facts) -> str:
    return hashlib.sha256(f"{item.key}{rng.random()}".encode()).hexdigest()


def _at_level(item: Item, fact: Any) -> Any:
    """Give a fact as an item wants it: where a county is asked, the county that a village's code stands in."""
    if item.type != "code" or item.codelist not in LEVELS:
        return fact
    listed = codelist(item.codelist)
    return next((fact[:digits] for digits in (12, 9, 6, 4) if listed.contains(fact[:digits])), fact)


def number_text(item: Item, value: float) -> str:
    """Write a number with the decimals that the item allows."""
    return f"{value:.{item.kind.decimals(item) or 0}f}"


@cache
def _codes(item: Item) -> tuple[str, ...]:
    if item.options:
        return tuple(code for code, _ in item.options)
    return tuple(entry.code for entry in codelist(item.codelist) if entry.is_selectable)


@SAMPLES.of("text")
def _text(item: Item, rng: Random, known: Facts) -> str:
    match item.format:
        case "uscc" | "person_or_uscc":
            return uscc(rng)
        case "org_code":
            return org_code(rng)
        case "mobile" | "phone" | "tel":
            return mobile(rng)
        case "person_id":
            born = f"{rng.randrange(1955, 1995)}{rng.randrange(1, 13):02d}{rng.randrange(1, 29):02d}"
            body = f"440113{born}{rng.randrange(1000):03d}"
            return body + person_check_character(body)
        case "permit_no":
            return f"{known['unit.credit_code']}001{rng.choice('PQRU')}"
        case "sequence_2":
            return f"{rng.randrange(1, 10):02d}"
        case "district_code":
            return str(known["unit.district_code"])
        case "scattered_no_licence_id":
            return f"G{known['unit.village_code']}{rng.randrange(1, 1000):05d}"
        case _ if item.prefill == "unit.org_code":
            return org_code(rng)
        case _ if item.prefill == "unit.credit_code":
            return uscc(rng)
        case _:
            if item.key.endswith(PEOPLE):
                return person(rng)
            return f"{item.name.split('（')[0]}见现场记录"


def draft(book: RuleBook, rng: Random, known: Facts, related: Mapping[str, Answers]) -> Answers:
    """Draft the answers of one form: what is owed now, hidden items left out."""
    form = book.form
    recipe = RECIPES.get(form.code)
    answers = recipe(rng, related) if recipe else {}
    for item in form.items():
        if item.rows_key or item.key in answers or item.computed:
            continue
        if item.required is not False or (item.prefill in known and item.prefill != "unit.former_name"):
            answers[item.key] = raw(item, rng, known)
    for key, group in form.groups().items():
        rows: list[Answers] = answers.setdefault(key, [{} for _ in range(group.minimum)])
        for number, row in enumerate(rows, start=1):
            for item in group.items:
                if item.required and item.key not in row and not item.computed:
                    row[item.key] = row_text(item, number) or raw(item, rng, known)
        # A recipe leaves blank by None.
        answers[key] = [{item: value for item, value in row.items() if value is not None} for row in rows]
    return without_hidden(book, answers, related)


def row_text(item: Item, number: int) -> str:
    """Number the rows where an item holds their id."""
    if item.type == "text" and item.key.endswith("_id"):
        return f"{item.key[0].upper()}{number:03d}"
    return ""


def without_hidden(
    book: RuleBook, answers: Answers, related: Mapping[str, Answers], baseline: Mapping[str, Any] | None = None
) -> Answers:
    """Drop what is not asked now; what is then dropped may hide more."""
    # What is dropped may have been what showed something else, so it is asked again until nothing more goes.
    while paths := [path for path in hidden(book, answers, related, baseline) if _drop(answers, path)]:
        del paths
    return {key: value for key, value in answers.items() if value != []}


def _drop(answers: Answers, path: str) -> bool:
    group, _, rest = path[1:].partition("/")
    if not rest:
        return answers.pop(group, None) not in (None, [])
    index, _, key = rest.partition("/")
    return answers[group][int(index)].pop(key, None) is not None

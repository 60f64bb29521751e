"""Values worth trying at an item: what its type allows, and what a check's text and the present answers suggest."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from datetime import date, timedelta
from random import Random
from typing import Any, Final

from census.examples.drafts import number_text, own_degrees, raw
from census.examples.situation import Situation, rows_in
from census.examples.units import Facts, degrees
from forms.codelists import codelist
from forms.definition import Item
from forms.item_types.registry import Facet
from validation.evaluators.closures import attribute_values
from validation.language.nodes import (
    Aggregate,
    Attribute,
    Call,
    Compare,
    Day,
    Node,
    Number,
    OneOf,
    Rows,
    Same,
    Text,
    Value,
    walk,
)
from validation.rulebook import RuleBook

_FACTORS: Final = (0.0, 0.001, 0.1, 0.5, 0.9, 2.0, 10.0, 1000.0)


@dataclass(slots=True)
class Hints:
    """What a check's text and the present answers suggest: numbers, texts and days worth trying."""

    numbers: list[float]
    texts: list[str]
    days: list[int]
    gaps: list[float]  # by how much two sides of a comparison differ: what one item must gain or lose

    def __init__(self, node: Node, parts: list[Node | Rows], book: RuleBook, situation: Situation) -> None:
        self.numbers = [part.value for part in parts if isinstance(part, Number)]
        self.days = [part.ordinal for part in parts if isinstance(part, Day)]
        texts = [part.value for part in parts if isinstance(part, Text)]
        texts += [code for part in parts if isinstance(part, OneOf) for code in part.options]
        texts += [
            code for part in parts if isinstance(part, Attribute) for code in _by_attribute(part, frozenset(texts))
        ]
        for part in walk(node):
            if isinstance(part, Compare | Same) and not _asks_of(part, ("row", "loop")):
                for side in (part.left, part.right):
                    self._take(situation.value(book, side), side.kind)
            elif isinstance(part, Aggregate) and part.kind == "number" and not _asks_of(part, ("row",)):
                self._take(situation.value(book, part), "number")
        keys = {part.key for part in parts if isinstance(part, Value)}
        for row in (row for group in book.form.groups() for row in rows_in(situation.answers, group)):
            self.numbers += [float(row[key]) for key in keys if _is_number(row.get(key))]
        self.gaps = [gap for part in parts if isinstance(part, Compare) for gap in _gaps(part, book, situation)]
        texts += self._texts_of(situation.answers, parts)
        self.texts = [*dict.fromkeys(text for text in texts if text)]

    def _take(self, value: object, kind: str) -> None:
        if not isinstance(value, int | float) or isinstance(value, bool):
            return
        if kind == "date":
            self.days.append(int(value))
        else:
            self.numbers.append(value)

    @staticmethod
    def _texts_of(answers: Mapping[str, Any], parts: list[Node | Rows]) -> Iterator[str]:
        for key in (part.key for part in parts if isinstance(part, Value) and part.kind == "text"):
            if isinstance(answers.get(key), str):
                yield answers[key]


def _asks_of(node: Node, places: tuple[str, ...]) -> bool:
    """Tell whether a part of the check reads one row, so that it has no value of its own outside that row."""
    return any(isinstance(each, Value) and each.place in places for each in walk(node))


def _gaps(part: Compare, book: RuleBook, situation: Situation) -> Iterator[float]:
    """Give the distance between the sides of a comparison; where rows are compared, of each of the first rows."""
    values = [each for each in walk(part) if isinstance(each, Value)]
    # Inside a generator each row has sides of its own: only what gathers them has one value.
    if any(each.place == "loop" for each in values) and not any(isinstance(each, Aggregate) for each in walk(part)):
        return
    groups = {each.group for each in values if each.place == "row"}
    rows = [(group, index) for group in groups for index in range(min(3, len(rows_in(situation.answers, group))))]
    for row in rows or [None]:
        left, right = (situation.value(book, side, row) for side in (part.left, part.right))
        if isinstance(left, int | float) and isinstance(right, int | float) and left != right:
            yield left - right
            if isinstance(part.left, Call) and part.left.name == "abs":
                yield float(left)


def _by_attribute(node: Attribute, named: frozenset[str]) -> list[str]:
    """Give one code for every value of an attribute that a check asks about, those that it names first."""
    found: dict[str, str] = {}
    listed = codelist(node.codelist)
    for code, value in attribute_values(node.codelist, node.attribute).items():
        if listed.contains(code):
            found.setdefault(value, code)
    return [found[value] for value in sorted(found, key=lambda value: value not in named)][:40]


def _codes(item: Item, hints: Hints) -> list[str]:
    listed = [code for code, _ in item.options] or [
        entry.code for entry in codelist(item.codelist) if entry.is_selectable
    ]
    wanted = [code for code in hints.texts if code in set(listed)]
    begun = [next((code for code in listed if code.startswith(text)), "") for text in hints.texts]
    return [*dict.fromkeys([*wanted, *filter(None, begun), *listed[:30], "zz9"])]


def _numbers(item: Item, present: Any, hints: Hints) -> list[float]:
    now = [float(present)] if _is_number(present) else []
    unit = 10.0 ** -(item.precision or 0)
    limits = [limit for limit in (item.minimum, item.maximum) if limit is not None]
    around = [number + shift for number in (*hints.numbers, *limits) for shift in (0.0, unit, -unit, 1.0, -1.0)]
    scaled = [number * factor for number in (*now, *hints.numbers) for factor in _FACTORS]
    moved = [number + gap * sign for number in now or [0.0] for gap in hints.gaps for sign in (1, -1)]
    return [number for number in dict.fromkeys([*moved, *around, *scaled]) if abs(number) < 1e14]


def _is_number(present: Any) -> bool:
    return isinstance(present, str) and present.replace(".", "", 1).isdigit()


def _days(present: Any, hints: Hints) -> list[str]:
    now = [date.fromisoformat(present).toordinal()] if isinstance(present, str) and len(present) == 10 else []
    shifts = (0, 1, -1, 30, -30, 100, -100, 400, -400, 800)
    return [
        *dict.fromkeys(
            (date.fromordinal(int(day)) + timedelta(days=shift)).isoformat()
            for day in (*hints.days, *now)
            for shift in shifts
        )
    ]


def too_precise(item: Item, known: Facts) -> Any:
    """Give an answer with one decimal more than the item allows."""
    if item.kind.wire == "degrees":
        return {**own_degrees(item, Random(0), known), "s": "1.2345678"[: 3 + (item.precision or 0)]}  # noqa: S311 - not asked
    return f"{item.minimum or 1:.0f}.{'0' * (item.precision or 0)}1"


@dataclass(frozen=True, slots=True)
class Trial:
    """What is known where answers are tried: the item, its present answer, and what may be worth trying."""

    item: Item
    present: Any
    hints: Hints
    rng: Random
    known: Facts


# Every facet here is handed a trial and gives raw answers; the blank, tried at all items, is not among them.
TRIALS: Final[Facet[Callable[[Trial], Iterator[Any]]]] = Facet("answers worth trying", "census/examples/hints.py")


def candidates(item: Item, present: Any, hints: Hints, rng: Random, known: Facts) -> Iterator[Any]:
    """Give raw answers worth trying at an item that is answered as ``present``."""
    yield None
    yield from TRIALS[item.type](Trial(item, present, hints, rng, known))


@TRIALS.of("integer", "decimal", "year")
def _try_numbers(at: Trial) -> Iterator[str]:
    for number in _numbers(at.item, at.present, at.hints):
        yield number_text(at.item, number)


@TRIALS.of("yesno")
def _try_the_other(at: Trial) -> Iterator[bool]:
    yield from (each for each in (True, False) if each is not at.present)


@TRIALS.of("date")
def _try_days(at: Trial) -> Iterator[str]:
    yield from _days(at.present, at.hints)


@TRIALS.of("choice", "code")
def _try_codes(at: Trial) -> Iterator[str]:
    yield from (code for code in _codes(at.item, at.hints) if code != at.present)


@TRIALS.of("multichoice")
def _try_each_and_some(at: Trial) -> Iterator[list[str]]:
    codes = _codes(at.item, at.hints)
    yield from ([code] for code in codes)
    yield codes[:3]


@TRIALS.of("dms")
def _try_degrees(at: Trial) -> Iterator[dict[str, Any]]:
    yield from ({"d": degree, "m": 30, "s": "0.00"} for degree in (60, 112, 114, 136, 22, 23, 2, 54))
    yield from (degrees(number) for number in at.hints.numbers if 0 <= number <= 180)


@TRIALS.of("gps")
def _try_positions(at: Trial) -> Iterator[dict[str, Any]]:
    here: dict[str, Any] = at.known["position"]
    yield dict(here)
    yield {**here, "accuracy_m": "80"}
    for lon, lat in (("113.9", "22.93"), ("113.36", "24.1"), ("113.362", "22.941")):  # outside, far away, next door
        yield {**here, "lon": lon, "lat": lat}


@TRIALS.of("text", "photo", "signature")
def _try_texts(at: Trial) -> Iterator[Any]:
    yield from at.hints.texts
    yield from (text + tail for text in at.hints.texts for tail in ("x", "0"))
    if isinstance(at.present, str):
        yield "不对"
    else:
        yield raw(at.item, at.rng, at.known)
    if isinstance(at.present, str) and at.present:
        # Its last character changed: what a check digit must notice.
        other = "1" if at.present.endswith("0") else "0"
        yield at.present[:-1] + other
    yield raw(at.item, at.rng, at.known)

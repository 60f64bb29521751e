"""Values worth trying at an item: what its type allows, and what a check's text and the present answers suggest."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from datetime import date, timedelta
from random import Random
from typing import Any, Final

from census.examples.drafts import number_text, raw
from census.examples.situation import Situation, rows_in
from census.examples.units import Facts, degrees
from forms.codelists import codelist
from forms.definition import Item
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
            if isinstance(part, Compare | Same) and not any(
                isinstance(each, Value) and each.place in ("row", "loop") for each in walk(part)
            ):
                for side in (part.left, part.right):
                    self._take(situation.value(book, side), side.kind)
            elif (
                isinstance(part, Aggregate)
                and part.kind == "number"
                and not any(isinstance(each, Value) and each.place == "row" for each in walk(part))
            ):
                self._take(situation.value(book, part), "number")
        keys = {part.key for part in parts if isinstance(part, Value)}
        for row in (row for group in book.form.groups() for row in rows_in(situation.answers, group)):
            self.numbers += [float(row[key]) for key in keys if _is_number(row.get(key))]
        self.gaps = [gap for part in parts if isinstance(part, Compare) for gap in _gaps(part, book, situation)]
        self.texts = [
            *dict.fromkeys(
                text for text in [*texts, *(text for text in self._texts_of(situation.answers, parts))] if text
            )
        ]

    def _take(self, value: object, kind: str) -> None:
        if isinstance(value, int | float) and not isinstance(value, bool):
            (self.days if kind == "date" else self.numbers).append(value)  # pyright: ignore[reportArgumentType] days are whole

    @staticmethod
    def _texts_of(answers: Mapping[str, Any], parts: list[Node | Rows]) -> Iterator[str]:
        for key in (part.key for part in parts if isinstance(part, Value) and part.kind == "text"):
            if isinstance(answers.get(key), str):
                yield answers[key]


def _gaps(part: Compare, book: RuleBook, situation: Situation) -> Iterator[float]:
    """Give the distance between the sides of a comparison; where rows are compared, of each of the first rows."""
    values = [each for each in walk(part) if isinstance(each, Value)]
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
    if item.type == "dms":
        whole = known["unit.longitude" if (item.minimum or 0) > 60 or "lon" in item.key else "unit.latitude"]
        return {**whole, "s": "1.2345678"[: 3 + (item.precision or 0)]}
    return f"{item.minimum or 1:.0f}.{'0' * (item.precision or 0)}1"


def candidates(item: Item, present: Any, hints: Hints, rng: Random, known: Facts) -> Iterator[Any]:
    """Give raw answers worth trying at an item that is answered as ``present``."""
    yield None
    match item.type:
        case "integer" | "decimal" | "year":
            yield from (number_text(item, number) for number in _numbers(item, present, hints))
        case "yesno":
            yield from (each for each in (True, False) if each is not present)
        case "date":
            yield from _days(present, hints)
        case "choice" | "code":
            yield from (code for code in _codes(item, hints) if code != present)
        case "multichoice":
            codes = _codes(item, hints)
            yield from ([code] for code in codes)
            yield codes[:3]
        case "dms":
            yield from ({"d": degree, "m": 30, "s": "0.00"} for degree in (60, 112, 114, 136, 22, 23, 2, 54))
            yield from (degrees(number) for number in hints.numbers if 0 <= number <= 180)
        case "gps":
            yield dict(known["position"])
            yield {**known["position"], "accuracy_m": "80"}
            yield from (
                {**known["position"], "lon": lon, "lat": lat}
                for lon, lat in (("113.9", "22.93"), ("113.36", "24.1"), ("113.362", "22.941"))
            )
        case _:
            yield from hints.texts
            yield from (text + tail for text in hints.texts for tail in ("x", "0"))
            yield "不对" if isinstance(present, str) else raw(item, rng, known)
            if isinstance(present, str) and present:
                yield present[:-1] + ("0" if present[-1] != "0" else "1")
            yield raw(item, rng, known)

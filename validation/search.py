"""Changes answers until checks hold, or until one chosen check fails and no other does.

General and blunt: the values worth trying at an item follow from its type and from what the check says (its constants,
codes, the other side of its comparisons); the record evaluator says which of them help.
"""

from __future__ import annotations

import copy
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from datetime import date, timedelta
from random import Random
from typing import Any, Final

from forms.codelists import codelist
from forms.definition import Item
from validation.closures import attribute_values
from validation.nodes import Aggregate, Attribute, Call, Choose, Compare, Day, Node, Number, OneOf, Rows, Same, Text, Value, walk
from validation.record import check_record, holds
from validation.rulebook import RuleBook
from validation.rules import Rule
from validation.sample_units import Facts, degrees
from validation.samples import Answers, number_text, raw, row_text

MAX_ROUNDS: Final = 12
MAX_PAIRS: Final = 1500
_FACTORS: Final = (0.0, 0.001, 0.1, 0.5, 0.9, 2.0, 10.0, 1000.0)


@dataclass(slots=True)
class Situation:
    """A record and everything beside it that a check may lean on."""

    answers: Answers
    related: dict[str, Answers] = field(default_factory=dict[str, Answers])
    baseline: Answers = field(default_factory=dict[str, Any])

    def findings(self, book: RuleBook) -> list[str]:
        return [finding.check for finding in check_record(book, self.answers, self.related, self.baseline)]

    def with_change(self, change: Change) -> Situation:
        """Give a copy with one change made; what is not changed is shared."""
        changed = Situation(self.answers, self.related, self.baseline)
        if change.place == "form":
            changed.related = {**self.related}
            if change.key == "" and change.group == "":
                changed.related.pop(change.form, None) if change.raw is None else changed.related.update({change.form: change.raw})
                return changed
            changed.related[change.form] = _changed(self.related.get(change.form, {}), change)
        elif change.place == "baseline":
            changed.baseline = _changed(self.baseline, change)
        else:
            changed.answers = _changed(self.answers, change)
        return changed


@dataclass(frozen=True, slots=True)
class Change:
    """Another raw answer at one place; of a whole group when ``key`` is empty, of a whole form when both are."""

    place: str  # own | form | baseline
    form: str
    group: str
    index: int
    key: str
    raw: Any


def _changed(answers: Answers, change: Change) -> Answers:
    changed = {**answers}
    if not change.group:
        changed[change.key] = change.raw
    elif not change.key:
        changed[change.group] = change.raw
    else:
        rows = [*changed.get(change.group, [])]
        if change.index < len(rows):
            rows[change.index] = {**rows[change.index], change.key: change.raw}
        changed[change.group] = rows
    return changed


class Search:
    """Looks for changes within one form; everything it draws comes from ``rng``."""

    def __init__(self, book: RuleBook, rng: Random, known: Facts) -> None:
        self.book, self.rng, self.known = book, rng, known

    def mended(self, situation: Situation, keep_failing: str = "") -> Situation | None:
        """Change answers until nothing fails but ``keep_failing``; None when no way was found."""
        for _ in range(MAX_ROUNDS):
            found = situation.findings(self.book)
            others = [check for check in found if check != keep_failing]
            if keep_failing and keep_failing not in found:
                return None
            if not others:
                return situation
            better = self._better(situation, others, keep_failing)
            if better is None:
                return None
            situation = better
        return None

    def _better(self, situation: Situation, others: list[str], keep_failing: str) -> Situation | None:
        best, fewest = None, len(others)
        for check in dict.fromkeys(others):
            for change in self.changes(self.book.rule(check), situation):
                tried = situation.with_change(change)
                found = tried.findings(self.book)
                left = [each for each in found if each != keep_failing]
                if len(left) < fewest and (not keep_failing or keep_failing in found):
                    best, fewest = tried, len(left)
                    if not left:
                        return best
            if best is not None:
                return best
        return None

    def broken(self, situation: Situation, check: str) -> Situation | None:
        """Change answers until exactly this check fails; None when no way was found."""
        rule = self.book.rule(check)
        failing: list[tuple[int, Situation]] = []
        singles = [situation.with_change(change) for change in self.changes(rule, situation)]
        for tried in (*singles, *self._pairs(rule, situation, singles)):
            found = tried.findings(self.book)
            if check in found:
                others = sum(each != check for each in found)
                if not others:
                    return tried
                failing.append((others, tried))
            if len(failing) >= 40:
                break
        failing.sort(key=lambda pair: pair[0])
        return next((mended for _, tried in failing[:8] if (mended := self.mended(tried, check)) is not None), None)

    def _pairs(self, rule: Rule, situation: Situation, singles: list[Situation]) -> Iterator[Situation]:
        sample = self.rng.sample(singles, min(len(singles), 60))
        tried = 0
        for first in sample:
            for change in self.changes(rule, first):
                tried += 1
                if tried > MAX_PAIRS:
                    return
                yield first.with_change(change)

    def changes(self, rule: Rule, situation: Situation) -> Iterator[Change]:
        """Give the changes worth trying for a rule, in an order that differs by seed."""
        parts = [*walk(rule.node), *(walk(rule.each) if rule.each else ())]
        if rule.kind in ("type", "precision", "rows", "unknown"):
            yield from self._shape(rule)
        values = dict.fromkeys(part for part in parts if isinstance(part, Value))
        hints = _Hints(rule.node, parts, self.book, situation)
        for value in values:
            yield from self._at(value, hints, situation)
        if rule.kind == "required":
            yield from self._at(Value("row" if rule.items[0][0] else "main", rule.items[0][1], "any", group=rule.items[0][0]), hints, situation)
        for rows in dict.fromkeys(part for part in parts if isinstance(part, Rows)):
            yield from self._rows(rows, situation)
        for part in parts:
            if isinstance(part, Call) and part.name == "present" and isinstance(part.arguments[0], Text):
                code = part.arguments[0].value
                yield Change("form", code, "", -1, "", None if code in situation.related else {})

    def _shape(self, rule: Rule) -> Iterator[Change]:
        group, key = rule.items[0]
        if rule.kind == "unknown":
            yield Change("own", "", "", -1, "not_in_this_form", "1")
        elif rule.kind == "rows":
            yield Change("own", "", group, -1, "", "x")
        else:
            item = self.book.form.item(key, group)
            wrong: list[Any] = [7, "未知", {"x": 1}] if rule.kind == "type" else [_too_precise(item, self.known)]
            for index in range(3 if group else 1):
                yield from (Change("own", "", group, index if group else -1, key, each) for each in wrong)

    def _at(self, value: Value, hints: _Hints, situation: Situation) -> Iterator[Change]:
        place = "baseline" if value.place == "baseline" else "form" if value.form else "own"
        form = self.book.related[value.form] if value.form else self.book.form
        item = form.item(value.key, value.group)
        if item.computed:
            return
        answers = situation.baseline if place == "baseline" else situation.related.get(value.form, {}) if value.form else situation.answers
        if value.form and value.form not in situation.related:
            return
        rows: list[Answers] = answers.get(value.group, []) if value.group else [answers]
        for index, row in enumerate(rows if isinstance(rows, list) else []):
            if isinstance(row, dict):
                for candidate in self._candidates(item, row.get(item.key), hints):
                    yield Change(place, value.form, value.group, index if value.group else -1, item.key, candidate)

    def _candidates(self, item: Item, present: Any, hints: _Hints) -> Iterator[Any]:
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
                yield dict(self.known["position"])
                yield {**self.known["position"], "accuracy_m": "80"}
                yield from ({**self.known["position"], "lon": lon, "lat": lat} for lon, lat in (("113.9", "22.93"), ("113.36", "24.1"), ("113.362", "22.941")))
            case _:
                yield from hints.texts
                yield from (text + tail for text in hints.texts for tail in ("x", "0"))
                yield "不对" if isinstance(present, str) else raw(item, self.rng, self.known)
                if isinstance(present, str) and present:
                    yield present[:-1] + ("0" if present[-1] != "0" else "1")
                yield raw(item, self.rng, self.known)
        yield None

    def _rows(self, rows: Rows, situation: Situation) -> Iterator[Change]:
        form = self.book.related[rows.form] if rows.form else self.book.form
        answers = situation.related.get(rows.form) if rows.form else situation.answers
        if answers is None:
            return
        present = answers.get(rows.group)
        there: list[Answers] = present if isinstance(present, list) else []
        place = "form" if rows.form else "own"
        group = form.groups()[rows.group]
        fresh = {item.key: row_text(item, len(there) + 1) or raw(item, self.rng, self.known) for item in group.items if item.required and not item.computed}
        tried: list[list[Answers]] = [[*there, copy.deepcopy(there[-1])], there[:-1], []] if there else []
        for changed in ([*there, fresh], *tried, [*there, *([fresh] * ((group.maximum or 0) + 1 - len(there)))]):
            yield Change(place, rows.form, rows.group, -1, "", changed)


@dataclass(slots=True)
class _Hints:
    """What a check's text and the present answers suggest: numbers, texts and days worth trying."""

    numbers: list[float]
    texts: list[str]
    days: list[int]

    def __init__(self, node: Node, parts: list[Node | Rows], book: RuleBook, situation: Situation) -> None:
        self.numbers = [part.value for part in parts if isinstance(part, Number)]
        self.days = [part.ordinal for part in parts if isinstance(part, Day)]
        texts = [part.value for part in parts if isinstance(part, Text)]
        texts += [code for part in parts if isinstance(part, OneOf) for code in part.options]
        texts += [code for part in parts if isinstance(part, Attribute) for code in _by_attribute(part)]
        for part in walk(node):
            if isinstance(part, Compare | Same) and not any(isinstance(each, Value) and each.place in ("row", "loop") for each in walk(part)):
                for side in (part.left, part.right):
                    self._take(holds(side, book, situation.answers, situation.related, situation.baseline), side.kind)
            elif isinstance(part, Aggregate) and part.kind == "number" and not any(isinstance(each, Value) and each.place == "row" for each in walk(part)):
                self._take(holds(part, book, situation.answers, situation.related, situation.baseline), "number")
        for row in (row for rows in situation.answers.values() if isinstance(rows, list) for row in rows if isinstance(row, dict)):
            keys = {part.key for part in parts if isinstance(part, Value)}
            self.numbers += [float(row[key]) for key in keys if isinstance(row.get(key), str) and row[key].replace(".", "", 1).isdigit()]
        self.texts = [*dict.fromkeys(text for text in [*texts, *(text for text in self._texts_of(situation.answers, parts))] if text)]

    def _take(self, value: object, kind: str) -> None:
        if isinstance(value, int | float) and not isinstance(value, bool):
            (self.days if kind == "date" else self.numbers).append(value)  # pyright: ignore[reportArgumentType] days are whole

    @staticmethod
    def _texts_of(answers: Mapping[str, Any], parts: list[Node | Rows]) -> Iterator[str]:
        for key in (part.key for part in parts if isinstance(part, Value) and part.kind == "text"):
            if isinstance(answers.get(key), str):
                yield answers[key]


def _by_attribute(node: Attribute) -> list[str]:
    """Give one code for every value of an attribute that a check asks about."""
    found: dict[str, str] = {}
    listed = codelist(node.codelist)
    for code, value in attribute_values(node.codelist, node.attribute).items():
        if listed.contains(code):
            found.setdefault(value, code)
    return list(found.values())[:40]


def _codes(item: Item, hints: _Hints) -> list[str]:
    listed = [code for code, _ in item.options] or [entry.code for entry in codelist(item.codelist) if entry.is_selectable]
    wanted = [code for code in hints.texts if code in set(listed)]
    begun = [next((code for code in listed if code.startswith(text)), "") for text in hints.texts]
    return [*dict.fromkeys([*wanted, *filter(None, begun), *listed[:30], "zz9"])]


def _numbers(item: Item, present: Any, hints: _Hints) -> list[float]:
    now = [float(present)] if isinstance(present, str) and present.replace(".", "", 1).isdigit() else []
    unit = 10.0 ** -(item.precision or 0)
    limits = [limit for limit in (item.minimum, item.maximum) if limit is not None]
    around = [number + shift for number in (*hints.numbers, *limits) for shift in (0.0, unit, -unit, 1.0, -1.0)]
    scaled = [number * factor for number in (*now, *hints.numbers) for factor in _FACTORS]
    return [number for number in dict.fromkeys([*around, *scaled]) if abs(number) < 1e14]


def _days(present: Any, hints: _Hints) -> list[str]:
    now = [date.fromisoformat(present).toordinal()] if isinstance(present, str) and len(present) == 10 else []
    shifts = (0, 1, -1, 30, -30, 100, -100, 400, -400, 800)
    return [*dict.fromkeys((date.fromordinal(int(day)) + timedelta(days=shift)).isoformat() for day in (*hints.days, *now) for shift in shifts)]


def _too_precise(item: Item, known: Facts) -> Any:
    if item.type == "dms":
        whole = known["unit.longitude" if (item.minimum or 0) > 60 or "lon" in item.key else "unit.latitude"]
        return {**whole, "s": "1.2345678"[: 3 + (item.precision or 0)]}
    return f"{item.minimum or 1:.0f}.{'0' * (item.precision or 0)}1"

"""Changes answers until checks hold, or until one chosen check fails and no other does.

General and blunt: the values worth trying at an item follow from its type and from what the check says (its constants,
codes, the other side of its comparisons); the record evaluator says which of them help.
"""

from __future__ import annotations

import copy
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field, fields, is_dataclass, replace
from datetime import date, timedelta
from random import Random
from typing import Any, Final

from forms.codelists import codelist
from forms.definition import Item
from validation.closures import attribute_values
from validation.nodes import Aggregate, And, Attribute, Call, Choose, Compare, Day, Flag, Node, Not, Number, OneOf, Or, Rows, Same, Sound, Text, Value, walk
from validation.record import check_record, value_of
from validation.rulebook import RuleBook
from validation.rules import Rule
from validation.sample_units import Facts, degrees
from validation.samples import Answers, number_text, raw, row_text

MAX_ROUNDS: Final = 10
BEAM: Final = 3
TRIES: Final = 6
ENOUGH: Final = 10  # good changes at one part of a check, before the least upsetting is taken
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


@dataclass(frozen=True, slots=True)
class Broken:
    """A situation in which a check fails, and what else fails along with it."""

    situation: Situation
    also: tuple[str, ...]


class Search:
    """Looks for changes within one form; everything it draws comes from ``rng``. It gives up after ``budget`` tries."""

    def __init__(self, book: RuleBook, rng: Random, known: Facts, budget: int = 1500) -> None:
        self.book, self.rng, self.known, self.left = book, rng, known, budget

    def findings(self, situation: Situation) -> list[str]:
        self.left -= 1
        return situation.findings(self.book)

    def mended(self, situation: Situation, keep: str = "", rows: Rows | None = None) -> Broken:
        """Change answers until nothing fails but ``keep``, or as little as can be; ``rows`` must stay shown."""
        beam = [Broken(situation, self._others(situation, keep, rows) or ())]
        best, seen = beam[0], {beam[0].also}
        for _ in range(MAX_ROUNDS):
            if not best.also or self.left <= 0:
                break
            tried = [each for state in beam for each in self._next(state, keep, rows, seen)]
            if not tried:
                break
            beam = sorted(tried, key=lambda state: len(state.also))[:BEAM]
            best = min((best, beam[0]), key=lambda state: len(state.also))
        return best

    def _next(self, state: Broken, keep: str, rows: Rows | None, seen: set[tuple[str, ...]]) -> Iterator[Broken]:
        """Give situations no worse than this one, each failing other checks than any seen before."""
        for check in list(dict.fromkeys(state.also))[:2]:
            for change in self.changes(self.book.rule(check), state.situation):
                if self.left <= 0:
                    return
                situation = state.situation.with_change(change)
                others = self._others(situation, keep, rows)
                if others is not None and len(others) <= len(state.also) and others not in seen:
                    seen.add(others)
                    yield Broken(situation, others)
                    if not others:
                        return

    def _others(self, situation: Situation, keep: str, rows: Rows | None = None) -> tuple[str, ...] | None:
        """Give what fails beside ``keep``; None when ``keep`` holds or ``rows`` are not there."""
        if rows is not None and not self._count(situation, rows):
            return None
        found = self.findings(situation)
        return None if keep and keep not in found else tuple(check for check in found if check != keep)

    def broken(self, situation: Situation, check: str) -> Broken | None:
        """Change answers until this check fails, alone if that can be; None when it was not made to fail."""
        best: Broken | None = None
        for tried in self._failing(situation, self.book.rule(check)):
            others = self._others(tried, check)
            if others is None:
                continue
            state = self.mended(tried, check) if others else Broken(tried, ())
            best = state if best is None or len(state.also) < len(best.also) else best
            if not best.also or self.left <= 0:
                return best
        return best

    def _failing(self, situation: Situation, rule: Rule) -> Iterator[Situation]:
        """Give situations in which a rule may fail."""
        row = None
        if rule.each is not None:
            row = (rule.each.group, 0)
            situation = self.with_row(situation, rule.each)
        for _ in range(TRIES):
            if self.left <= 0:
                return
            steered = Steering(self, row).steered(situation, rule.node, wanted=False)
            if steered is not None:
                yield steered
        if rule.kind == "rows":
            yield from (situation.with_change(change) for change in self.changes(rule, situation))

    def with_row(self, situation: Situation, rows: Rows) -> Situation:
        """Give a situation in which there is at least one row, and shown."""
        if rows.when is not None:
            situation = Steering(self, None).steered(situation, rows.when, wanted=True) or situation
        if not situation.answers.get(rows.group):
            situation = situation.with_change(next(self._rows(Rows(rows.group), situation)))
        return self.mended(situation, rows=rows).situation

    def _count(self, situation: Situation, rows: Rows) -> object:
        return value_of(Aggregate("count", rows, None, None, "number"), self.book, situation.answers, situation.related, situation.baseline)

    def changes(self, rule: Rule, situation: Situation) -> Iterator[Change]:
        """Give the changes worth trying for a rule, in an order that differs by seed."""
        yield from self.changes_of(rule.node, situation, rule)

    def changes_of(self, node: Node, situation: Situation, rule: Rule | None = None) -> Iterator[Change]:
        """Give the changes worth trying for one part of a rule."""
        # To hide rows is no good way of changing what is said of them, except when mending.
        parts = [*walk(node), *(walk(rule.each) if rule and rule.each else ())] if rule else list(_without_conditions(node))
        if rule and rule.kind in ("rows", "unknown"):
            yield from self._shape(rule)
        values = dict.fromkeys(part for part in parts if isinstance(part, Value))
        hints = _Hints(node, parts, self.book, situation)
        for value in sorted(values, key=lambda value: value.place not in ("loop", "row")):  # what hides rows comes last
            yield from self._at(value, hints, situation)
        for rows in dict.fromkeys(part for part in parts if isinstance(part, Rows)):
            yield from self._rows(rows, situation)
        for part in parts:
            if isinstance(part, Call) and part.name == "present" and isinstance(part.arguments[0], Text):
                code = part.arguments[0].value
                yield Change("form", code, "", -1, "", None if code in situation.related else {})

    def _shape(self, rule: Rule) -> Iterator[Change]:
        group, _ = rule.items[0]
        yield Change("own", "", group, -1, "" if group else "not_in_this_form", "x")

    def misshapen(self, sound: Sound, row: int) -> Iterator[Change]:
        """Give answers of an item that have a problem of the kind asked about."""
        item = self.book.form.item(sound.key, sound.group)
        wrong: list[Any] = [_too_precise(item, self.known)] if sound.problem == "precision" else [7, {"x": 1}]
        yield from (Change("own", "", sound.group, row if sound.group else -1, sound.key, each) for each in wrong)

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
        if value.place == "loop" and isinstance(rows, list) and len(rows) > 1:
            for candidate in self._candidates(item, rows[0].get(item.key), hints):
                yield Change(place, value.form, value.group, -1, "", [{**row, item.key: candidate} for row in rows])
        for index, row in enumerate(rows if isinstance(rows, list) else []):
            if isinstance(row, dict):
                for candidate in self._candidates(item, row.get(item.key), hints):
                    yield Change(place, value.form, value.group, index if value.group else -1, item.key, candidate)

    def _candidates(self, item: Item, present: Any, hints: _Hints) -> Iterator[Any]:
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


class Steering:
    """Makes one expression true or false, following how it is put together; ``row`` is the row that it is asked about."""

    def __init__(self, search: Search, row: tuple[str, int] | None) -> None:
        self.search, self.row = search, row

    def steered(self, situation: Situation, node: Node, *, wanted: bool) -> Situation | None:
        """Change answers until the expression has the wanted value; None when no way was found."""
        match node:
            case Not():
                return self.steered(situation, node.part, wanted=not wanted)
            case And() | Or():
                parts = self.search.rng.sample(node.parts, len(node.parts))
                if isinstance(node, And) == wanted:
                    return self._all(situation, parts, wanted=wanted)
                return next((found for part in parts if (found := self.steered(situation, part, wanted=wanted)) is not None), None)
            case Choose():
                return self._chosen(situation, node, wanted=wanted)
            case Aggregate(name="any" | "all", rows=Rows(form="")) if (node.name == "any") is wanted:
                return self._one_row(situation, node, wanted=wanted)
            case _:
                return situation if self._value(situation, node) is wanted else self._leaf(situation, node, wanted=wanted)

    def _all(self, situation: Situation, parts: list[Node], *, wanted: bool) -> Situation | None:
        steered: Situation | None = situation
        for part in parts:
            steered = self.steered(steered, part, wanted=wanted)
            if steered is None:
                return None
        return steered

    def _chosen(self, situation: Situation, node: Choose, *, wanted: bool) -> Situation | None:
        test = self.steered(situation, node.test, wanted=True)
        found = self.steered(test, node.then, wanted=wanted) if test is not None else None
        if found is not None or node.otherwise == Flag(value=not wanted):
            return found
        test = self.steered(situation, node.test, wanted=False)
        return self.steered(test, node.otherwise, wanted=wanted) if test is not None else None

    def _one_row(self, situation: Situation, node: Aggregate, *, wanted: bool) -> Situation | None:
        """Give the first row the wanted value: one is enough to make ``any`` true and ``all`` false."""
        steering = Steering(self.search, (node.rows.group, 0))
        there: Situation | None = self.search.with_row(situation, node.rows)
        for part, value in ((node.condition, True), (node.element, wanted)):
            if part is not None and there is not None:
                there = steering.steered(there, _asked_of_row(part), wanted=value)
        return there

    def _prepared(self, situation: Situation, node: Node) -> Situation:
        """Show what the part mentions, and fill what is blank there."""
        for part in walk(node):
            if isinstance(part, Choose):
                situation = self.steered(situation, part.test, wanted=True) or situation
        for part in walk(node):
            if isinstance(part, Value) and part.place in ("main", "row") and self._value(situation, part) is None:
                item = self.search.book.form.item(part.key, part.group)
                index = self.row[1] if self.row and part.group else -1
                situation = situation.with_change(Change("own", "", part.group, index, part.key, raw(item, self.search.rng, self.search.known)))
        return situation

    def _value(self, situation: Situation, node: Node) -> object:
        self.search.left -= 1
        return value_of(node, self.search.book, situation.answers, situation.related, situation.baseline, row=self.row)

    def _leaf(self, situation: Situation, node: Node, *, wanted: bool) -> Situation | None:
        """Try changes at the items that a part mentions, one, then two at a time; take the one that upsets least."""
        good = self._singles(situation, node, wanted=wanted)
        if not good and not isinstance(node, Sound):
            situation = self._prepared(situation, node)
            good = self._singles(situation, node, wanted=wanted) or list(self._pairs(situation, node, wanted=wanted))
        if not good:
            return None
        ranked = sorted((len(self.search.findings(each)), number) for number, each in enumerate(good))
        return good[ranked[0][1]] if self.search.rng.random() < 0.6 else good[self.search.rng.choice(ranked[:4])[1]]

    def _changes(self, situation: Situation, node: Node) -> list[Change]:
        row = self.row[1] if self.row else -1
        if isinstance(node, Sound):
            if node.problem == "unknown":
                return [Change("own", "", "", -1, "not_in_this_form", "x")]
            return list(self.search.misshapen(node, row)) if node.key else []
        group = self.row[0] if self.row else ""
        return [change for change in self.search.changes_of(node, situation) if not group or change.group != group or change.index <= row]

    def _singles(self, situation: Situation, node: Node, *, wanted: bool) -> list[Situation]:
        good: list[Situation] = []
        for change in self._changes(situation, node):
            tried = situation.with_change(change)
            if self._value(tried, node) is wanted:
                good.append(tried)
            if len(good) >= ENOUGH or self.search.left <= 0:
                break
        return good

    def _pairs(self, situation: Situation, node: Node, *, wanted: bool) -> Iterator[Situation]:
        found, changes = 0, self._changes(situation, node)
        for first in self.search.rng.sample(changes, min(len(changes), 30)):
            halfway = situation.with_change(first)
            for second in self.search.changes_of(node, halfway):
                tried = halfway.with_change(second)
                if self._value(tried, node) is wanted:
                    found += 1
                    yield tried
                if found >= 3 or self.search.left <= 0:
                    return


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
                    self._take(value_of(side, book, situation.answers, situation.related, situation.baseline), side.kind)
            elif isinstance(part, Aggregate) and part.kind == "number" and not any(isinstance(each, Value) and each.place == "row" for each in walk(part)):
                self._take(value_of(part, book, situation.answers, situation.related, situation.baseline), "number")
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


def _asked_of_row(part: Any) -> Any:
    """Read a generator's element as if it were asked of one row."""
    if isinstance(part, tuple):
        return tuple(_asked_of_row(each) for each in part)
    if not is_dataclass(part) or isinstance(part, type):
        return part
    if isinstance(part, Value) and part.place == "loop":
        return replace(part, place="row")
    return replace(part, **{each.name: _asked_of_row(getattr(part, each.name)) for each in fields(part)})


def _without_conditions(node: Node) -> Iterator[Node | Rows]:
    hiding = {part for rows in walk(node) if isinstance(rows, Rows) and rows.when is not None for part in walk(rows.when)}
    return (part for part in walk(node) if part not in hiding)


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

"""Changes worth trying for a check: other answers at the items that it mentions, other rows, forms filled or not."""

from __future__ import annotations

import copy
from collections.abc import Iterable, Iterator, Mapping
from random import Random
from typing import Any

from census.examples.drafts import Answers, raw, row_text
from census.examples.hints import Hints, candidates, too_precise
from census.examples.situation import Change, Situation, rows_in
from census.examples.units import Facts
from validation.language.nodes import Aggregate, Call, Node, OneOf, Rows, Sound, Text, Value, walk
from validation.rulebook import RuleBook
from validation.rules import Rule


class Changes:
    """Draws changes for one form; what it draws comes from ``rng``. ``left`` counts down to when a search gives up."""

    def __init__(self, book: RuleBook, rng: Random, known: Facts, budget: int) -> None:
        self.book, self.rng, self.known, self.left = book, rng, known, budget

    @property
    def exhausted(self) -> bool:
        return self.left <= 0

    def findings(self, situation: Situation) -> list[str]:
        self.left -= 1
        return situation.findings(self.book)

    def for_rule(self, rule: Rule, situation: Situation) -> Iterator[Change]:
        """Give the changes worth trying for a rule, in an order that differs by seed."""
        yield from self.for_part(rule.node, situation, rule)

    def for_part(self, node: Node, situation: Situation, rule: Rule | None = None) -> Iterator[Change]:
        """Give the changes worth trying for one part of a rule."""
        # To hide rows is no good way of changing what is said of them, except when mending.
        parts = (
            [*walk(node), *(walk(rule.each) if rule and rule.each else ())] if rule else list(_without_conditions(node))
        )
        if rule and rule.kind in ("rows", "unknown"):
            yield from self._shape(rule)
        values = dict.fromkeys(part for part in parts if isinstance(part, Value))
        for repeated in dict.fromkeys(
            part.rows for part in parts if isinstance(part, Aggregate) and part.name == "unique"
        ):
            yield from self.of_rows(repeated, situation)  # the last row twice
        hints, ready_made = Hints(node, parts, self.book, situation), _ready_made(parts)
        for value in sorted(values, key=lambda value: value.place not in ("loop", "row")):  # what hides rows comes last
            if value in ready_made:
                yield from self._in_ready_made(value, ready_made[value], hints, situation)
            else:
                yield from self._at(value, hints, situation)
        for rows in dict.fromkeys(part for part in parts if isinstance(part, Rows)):
            yield from self.of_rows(rows, situation)
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
        wrong: list[Any] = [too_precise(item, self.known)] if sound.problem == "precision" else [7, {"x": 1}]
        yield from (Change("own", "", sound.group, row if sound.group else -1, sound.key, each) for each in wrong)

    def _at(self, value: Value, hints: Hints, situation: Situation) -> Iterator[Change]:
        place = "baseline" if value.place == "baseline" else "form" if value.form else "own"
        form = self.book.related[value.form] if value.form else self.book.form
        item = form.item(value.key, value.group)
        if item.computed:
            return
        answers = (
            situation.baseline
            if place == "baseline"
            else situation.related.get(value.form, {})
            if value.form
            else situation.answers
        )
        if value.form and value.form not in situation.related:
            return
        rows = rows_in(answers, value.group) if value.group else [answers]
        if value.place == "loop" and len(rows) > 1:
            for candidate in candidates(item, rows[0].get(item.key), hints, self.rng, self.known):
                yield Change(place, value.form, value.group, -1, "", [{**row, item.key: candidate} for row in rows])
        for index, row in enumerate(rows):
            for candidate in candidates(item, row.get(item.key), hints, self.rng, self.known):
                yield Change(place, value.form, value.group, index if value.group else -1, item.key, candidate)
        if place == "own" and value.place == "row":
            yield from self._without_section(value, rows)

    def _without_section(self, value: Value, rows: list[Answers]) -> Iterator[Change]:
        """Leave blank all items of the section in which an item stands, row by row: an outlet that does not exist."""
        parts = [section for section in self.book.form.sections if section.repeat and section.repeat.key == value.group]
        section = next((section for section in parts if any(item.key == value.key for item in section.items)), None)
        if section is None or len(parts) == 1 or any(item.required is True for item in section.items):
            return
        keys = {item.key for item in section.items}
        for index, row in enumerate(rows):
            less = {key: answer for key, answer in row.items() if key not in keys}
            yield Change("own", "", value.group, -1, "", [*rows[:index], less, *rows[index + 1 :]])

    def _in_ready_made(
        self, value: Value, codes: Mapping[str, set[str]], hints: Hints, situation: Situation
    ) -> Iterator[Change]:
        """Give changes in those ready-made rows only that a check names; their codes stay as they are."""
        form = self.book.related[value.form] if value.form else self.book.form
        item, answers = (
            form.item(value.key, value.group),
            situation.related.get(value.form) if value.form else situation.answers,
        )
        for index, row in enumerate(rows_in(answers or {}, value.group)):
            if any(row.get(key) in named for key, named in codes.items()):
                for candidate in candidates(item, row.get(item.key), hints, self.rng, self.known):
                    yield Change("form" if value.form else "own", value.form, value.group, index, item.key, candidate)

    def of_rows(self, rows: Rows, situation: Situation) -> Iterator[Change]:
        """Give one row more (first), the last one twice, one less, none, too many."""
        form = self.book.related[rows.form] if rows.form else self.book.form
        answers = situation.related.get(rows.form) if rows.form else situation.answers
        if answers is None:
            return
        there = rows_in(answers, rows.group)
        place = "form" if rows.form else "own"
        group = form.groups()[rows.group]
        fresh = {
            item.key: row_text(item, len(there) + 1) or raw(item, self.rng, self.known)
            for item in group.items
            if item.required and not item.computed
        }
        tried: list[list[Answers]] = [[*there, copy.deepcopy(there[-1])], there[:-1], []] if there else []
        for changed in ([*there, fresh], *tried, [*there, *([fresh] * ((group.maximum or 0) + 1 - len(there)))]):
            yield Change(place, rows.form, rows.group, -1, "", changed)


def _ready_made(parts: Iterable[Node | Rows]) -> dict[Value, dict[str, set[str]]]:
    """Find what is asked of single ready-made rows: by item, the item that holds the row's code and the codes named."""
    found: dict[Value, dict[str, set[str]]] = {}
    for part in parts:
        if (
            isinstance(part, Aggregate)
            and part.name == "first"
            and isinstance(part.condition, OneOf)
            and part.element is not None
        ):
            for code in (
                each for each in walk(part.condition.item) if isinstance(each, Value) and each.place == "loop"
            ):
                found.setdefault(code, {})
                for value in (each for each in walk(part.element) if isinstance(each, Value) and each.place == "loop"):
                    found.setdefault(value, {}).setdefault(code.key, set()).update(part.condition.options)
    return found


def _without_conditions(node: Node) -> Iterator[Node | Rows]:
    hiding = {
        part for rows in walk(node) if isinstance(rows, Rows) and rows.when is not None for part in walk(rows.when)
    }
    return (part for part in walk(node) if part not in hiding)

"""Changes worth trying for a check: other answers at the items that it mentions, other rows, forms filled or not."""

from __future__ import annotations

import copy
from collections.abc import Iterable, Iterator, Mapping
from random import Random
from typing import Any

from census.examples.drafts import Answers, raw, row_text
from census.examples.hints import Hints, candidates, too_precise
from census.examples.situation import NO_ROW, Change, Situation, rows_in
from census.examples.units import Facts
from forms.definition import Form
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
        parts = _mentioned(node, rule)
        # Two kinds of rule are about the shape of what was sent, not about answers.
        if rule and rule.kind in ("rows", "unknown"):
            yield from self._shape(rule)
        # What must be unique is best broken by a row that stands there twice, before single answers are tried.
        for repeated in _unique_rows(parts):
            yield from self.of_rows(repeated, situation)
        hints, ready_made = Hints(node, parts, self.book, situation), _ready_made(parts)
        values = dict.fromkeys(part for part in parts if isinstance(part, Value))
        for value in sorted(values, key=lambda value: value.place not in ("loop", "row")):  # what hides rows comes last
            if value in ready_made:
                yield from self._in_ready_made(value, ready_made[value], hints, situation)
            else:
                yield from self._at(value, hints, situation)
        for rows in dict.fromkeys(part for part in parts if isinstance(part, Rows)):
            yield from self.of_rows(rows, situation)
        for code in _forms_asked_for(parts):
            # A form that is there is taken away; one that is not is begun.
            yield Change("form", code, "", NO_ROW, "", None if code in situation.related else {})

    def _shape(self, rule: Rule) -> Iterator[Change]:
        """Give text where a table of rows should stand, or an answer to no item of the form."""
        group, _ = rule.items[0]
        if group:
            yield Change("own", "", group, NO_ROW, "", "x")
        else:
            yield Change("own", "", "", NO_ROW, "not_in_this_form", "x")

    def misshapen(self, sound: Sound, row: int) -> Iterator[Change]:
        """Give answers of an item that have a problem of the kind asked about."""
        item = self.book.form.item(sound.key, sound.group)
        wrong: list[Any] = [7, {"x": 1}]
        if sound.problem == "precision":
            wrong = [too_precise(item, self.known)]
        if not sound.group:
            row = NO_ROW
        yield from (Change("own", "", sound.group, row, sound.key, each) for each in wrong)

    def _at(self, value: Value, hints: Hints, situation: Situation) -> Iterator[Change]:
        """Give other answers at one item, in all its rows at once and then row by row."""
        item = self._form(value.form).item(value.key, value.group)
        if item.computed:  # what is worked out cannot be answered
            return
        answers = _answers(situation, value)
        if answers is None:
            return
        place, rows = _place(value), _rows(answers, value.group)
        if value.place == "loop" and len(rows) > 1:
            _, first = rows[0]
            for candidate in candidates(item, first.get(item.key), hints, self.rng, self.known):
                changed = [{**row, item.key: candidate} for _, row in rows]
                yield Change(place, value.form, value.group, NO_ROW, "", changed)
        for index, row in rows:
            for candidate in candidates(item, row.get(item.key), hints, self.rng, self.known):
                yield Change(place, value.form, value.group, index, item.key, candidate)
        if place == "own" and value.place == "row":
            yield from self._without_section(value, [row for _, row in rows])

    def _form(self, code: str) -> Form:
        """Give the definition of another form of the unit; of the form at hand where the code is empty."""
        if code:
            return self.book.related[code]
        return self.book.form

    def _without_section(self, value: Value, rows: list[Answers]) -> Iterator[Change]:
        """Leave blank all items of the section in which an item stands, row by row: an outlet that does not exist."""
        sections = [each for each in self.book.form.sections if each.repeat and each.repeat.key == value.group]
        section = next((each for each in sections if any(item.key == value.key for item in each.items)), None)
        # A row of one section cannot go without it, nor can one whose items must be filled.
        if section is None or len(sections) == 1 or any(item.required is True for item in section.items):
            return
        keys = {item.key for item in section.items}
        for index, row in enumerate(rows):
            less = {key: answer for key, answer in row.items() if key not in keys}
            yield Change("own", "", value.group, NO_ROW, "", [*rows[:index], less, *rows[index + 1 :]])

    def _in_ready_made(
        self, value: Value, codes: Mapping[str, set[str]], hints: Hints, situation: Situation
    ) -> Iterator[Change]:
        """Give changes in those ready-made rows only that a check names; their codes stay as they are."""
        item = self._form(value.form).item(value.key, value.group)
        for index, row in enumerate(rows_in(_answers(situation, value) or {}, value.group)):
            if any(row.get(key) in named for key, named in codes.items()):
                for candidate in candidates(item, row.get(item.key), hints, self.rng, self.known):
                    yield Change(_place(value), value.form, value.group, index, item.key, candidate)

    def of_rows(self, rows: Rows, situation: Situation) -> Iterator[Change]:
        """Give one row more (first), the last one twice, one less, none, too many."""
        answers = _answers(situation, rows)
        if answers is None:
            return
        there = rows_in(answers, rows.group)
        group = self._form(rows.form).groups()[rows.group]
        fresh = {
            item.key: row_text(item, len(there) + 1) or raw(item, self.rng, self.known)
            for item in group.items
            if item.required and not item.computed
        }
        tried: list[list[Answers]] = [[*there, fresh]]
        if there:
            tried += [[*there, copy.deepcopy(there[-1])], there[:-1], []]
        missing = (group.maximum or 0) + 1 - len(there)
        tried.append([*there, *[fresh] * missing])
        for changed in tried:
            yield Change(_place(rows), rows.form, rows.group, NO_ROW, "", changed)


def _place(asked: Value | Rows) -> str:
    """Tell where a change to what is asked about is made."""
    if isinstance(asked, Value) and asked.place == "baseline":
        return "baseline"
    return "form" if asked.form else "own"


def _answers(situation: Situation, asked: Value | Rows) -> Answers | None:
    """Give the answers that hold what is asked about; None when they belong to a form that the unit has not."""
    if asked.form:
        return situation.related.get(asked.form)
    if _place(asked) == "baseline":
        return situation.baseline
    return situation.answers


def _rows(answers: Answers, group: str) -> list[tuple[int, Answers]]:
    """Give the rows of a group by number; the answers themselves where the item stands in no group."""
    if group:
        return list(enumerate(rows_in(answers, group)))
    return [(NO_ROW, answers)]


def _mentioned(node: Node, rule: Rule | None) -> list[Node | Rows]:
    """List what a rule mentions, or one part of it."""
    if rule is None:
        # To hide rows is no good way of changing what is said of them, except when mending.
        return list(_without_conditions(node))
    if rule.each is None:
        return list(walk(node))
    return [*walk(node), *walk(rule.each)]


def _unique_rows(parts: Iterable[Node | Rows]) -> list[Rows]:
    unique = (part for part in parts if isinstance(part, Aggregate) and part.name == "unique")
    return list(dict.fromkeys(part.rows for part in unique))


def _forms_asked_for(parts: Iterable[Node | Rows]) -> Iterator[str]:
    """Give the codes of the forms that are asked to be there, or not to be."""
    for part in parts:
        if isinstance(part, Call) and part.name == "present" and isinstance(part.arguments[0], Text):
            yield part.arguments[0].value


def _ready_made(parts: Iterable[Node | Rows]) -> dict[Value, dict[str, set[str]]]:
    """Find what is asked of single ready-made rows: by item, the item that holds the row's code and the codes named."""
    found: dict[Value, dict[str, set[str]]] = {}
    for part in parts:
        if not (isinstance(part, Aggregate) and part.name == "first" and part.element is not None):
            continue
        if not isinstance(part.condition, OneOf):
            continue
        for code in _of_loop(part.condition.item):
            found.setdefault(code, {})
            for value in _of_loop(part.element):
                found.setdefault(value, {}).setdefault(code.key, set()).update(part.condition.options)
    return found


def _of_loop(node: Node) -> list[Value]:
    """List the items that a generator reads from each of its rows."""
    return [each for each in walk(node) if isinstance(each, Value) and each.place == "loop"]


def _without_conditions(node: Node) -> Iterator[Node | Rows]:
    conditions = [rows.when for rows in walk(node) if isinstance(rows, Rows) and rows.when is not None]
    hiding = {part for condition in conditions for part in walk(condition)}
    return (part for part in walk(node) if part not in hiding)

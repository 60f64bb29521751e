"""Makes one expression true or false, following how it is put together."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator
from dataclasses import fields, is_dataclass, replace
from typing import Any, Final, cast

from census.examples.changes import Changes
from census.examples.drafts import raw
from census.examples.situation import NO_ROW, Change, Situation
from validation.language.nodes import Aggregate, And, Choose, Flag, Node, Not, Or, Rows, Sound, Value, walk

ENOUGH: Final = 10  # good changes at one part of a check, before the least upsetting is taken
ENOUGH_OF_ONE: Final = 4  # of which so many at one item: another item may upset less


class Steering:
    """Makes one expression true or false, following how it is put together.

    ``row`` is the row that it is asked about: the group and the row's number.
    """

    def __init__(self, changes: Changes, row: tuple[str, int] | None) -> None:
        self.changes, self.row = changes, row
        self.group, self.index = row or ("", NO_ROW)

    def steered(self, situation: Situation, node: Node, *, wanted: bool) -> Situation | None:
        """Change answers until the expression has the wanted value; None when no way was found."""
        match node:
            case Not():
                return self.steered(situation, node.part, wanted=not wanted)
            case And() | Or():
                parts = self.changes.rng.sample(node.parts, len(node.parts))
                # A conjunction is true by all its parts and false by one; a disjunction the other way round.
                if isinstance(node, And) == wanted:
                    return self._all(situation, parts, wanted=wanted)
                return self._one(situation, parts, wanted=wanted)
            case Choose():
                return self._chosen(situation, node, wanted=wanted)
            case Aggregate(name="any" | "all", rows=Rows(form="")) if (node.name == "any") is wanted:
                return self._one_row(situation, node, wanted=wanted)
            case _:
                if self._value(situation, node) is wanted:
                    return situation
                return self._leaf(situation, node, wanted=wanted)

    def left(self, situation: Situation, node: Node, *, wanted: bool) -> int:
        """Count the parts that must change before the expression has the wanted value; what is blank counts twice."""
        match node:
            case Not():
                return self.left(situation, node.part, wanted=not wanted)
            case And() | Or():
                parts = [self.left(situation, part, wanted=wanted) for part in node.parts]
                return sum(parts) if isinstance(node, And) == wanted else min(parts)
            case _:
                value = self._value(situation, node)
                if value is wanted:
                    return 0
                return 2 if value is None else 1

    def _all(self, situation: Situation, parts: list[Node], *, wanted: bool) -> Situation | None:
        steered: Situation | None = situation
        for part in parts:
            steered = self.steered(steered, part, wanted=wanted)
            if steered is None:
                return None
        return steered

    def _one(self, situation: Situation, parts: list[Node], *, wanted: bool) -> Situation | None:
        for part in parts:
            steered = self.steered(situation, part, wanted=wanted)
            if steered is not None:
                return steered
        return None

    def _chosen(self, situation: Situation, node: Choose, *, wanted: bool) -> Situation | None:
        """Try the branch that a choice takes when its test holds, then the other."""
        holding = self.steered(situation, node.test, wanted=True)
        if holding is not None:
            found = self.steered(holding, node.then, wanted=wanted)
            if found is not None:
                return found
        # Most choices guard one branch with a constant: it can never have the other value.
        if node.otherwise == Flag(value=not wanted):
            return None
        failing = self.steered(situation, node.test, wanted=False)
        if failing is None:
            return None
        return self.steered(failing, node.otherwise, wanted=wanted)

    def _one_row(self, situation: Situation, node: Aggregate, *, wanted: bool) -> Situation | None:
        """Give the first row the wanted value: one is enough to make ``any`` true and ``all`` false."""
        steering = Steering(self.changes, (node.rows.group, 0))
        there: Situation | None = self.with_row(situation, node.rows)
        for part, value in ((node.condition, True), (node.element, wanted)):
            if part is not None and there is not None:
                there = steering.steered(there, _asked_of_row(part), wanted=value)
        return there

    def with_row(self, situation: Situation, rows: Rows) -> Situation:
        """Give a situation in which there is at least one row, and shown."""
        if rows.when is not None:
            situation = self.steered(situation, rows.when, wanted=True) or situation
        if situation.answers.get(rows.group):
            return situation
        return situation.with_change(next(self.changes.of_rows(Rows(rows.group), situation)))

    def _prepared(self, situation: Situation, node: Node) -> Situation:
        """Show what the part mentions, and fill what is blank there."""
        for part in walk(node):
            if isinstance(part, Choose):
                situation = self.steered(situation, part.test, wanted=True) or situation
        for part in walk(node):
            if isinstance(part, Value) and part.place in ("main", "row") and self._value(situation, part) is None:
                item = self.changes.book.form.item(part.key, part.group)
                index = self.index if part.group else NO_ROW
                answer = raw(item, self.changes.rng, self.changes.known)
                situation = situation.with_change(Change("own", "", part.group, index, part.key, answer))
        return situation

    def _value(self, situation: Situation, node: Node) -> object:
        self.changes.left -= 1
        return situation.value(self.changes.book, node, self.row)

    def _leaf(self, situation: Situation, node: Node, *, wanted: bool) -> Situation | None:
        """Try changes at the items that a part mentions, one, then two at a time; take the one that upsets least."""
        good = self._singles(situation, node, wanted=wanted)
        # An answer of the wrong kind needs nothing else to be there.
        if not good and not isinstance(node, Sound):
            situation = self._prepared(situation, node)
            good = self._singles(situation, node, wanted=wanted) or list(self._pairs(situation, node, wanted=wanted))
        if not good:
            return None
        ranked = sorted((len(self.changes.findings(each)), number) for number, each in enumerate(good))
        # Mostly the best; now and then one of the next, or a search that is stuck would come back to the same place.
        if self.changes.rng.random() < 0.6:
            return good[ranked[0][1]]
        return good[self.changes.rng.choice(ranked[:4])[1]]

    def _changes(self, situation: Situation, node: Node) -> list[Change]:
        if not isinstance(node, Sound):
            return [change for change in self.changes.for_part(node, situation) if self._is_near(change)]
        if node.problem == "unknown":
            return [Change("own", "", "", NO_ROW, "not_in_this_form", "x")]
        if not node.key:
            return []
        return list(self.changes.misshapen(node, self.index))

    def _is_near(self, change: Change) -> bool:
        """Tell whether a change may help: one to a later row than the one asked about cannot."""
        return not self.group or change.group != self.group or change.index <= self.index

    def _singles(self, situation: Situation, node: Node, *, wanted: bool) -> list[Situation]:
        good: list[Situation] = []
        counted: Counter[tuple[str, str, str]] = Counter()
        for change in self._changes(situation, node):
            at = (change.form, change.group, change.key)
            if counted[at] >= ENOUGH_OF_ONE:
                continue
            tried = situation.with_change(change)
            if self._value(tried, node) is wanted:
                good.append(tried)
                counted[at] += 1
            if len(good) >= ENOUGH or self.changes.exhausted:
                break
        return good

    def _pairs(self, situation: Situation, node: Node, *, wanted: bool) -> Iterator[Situation]:
        found, changes = 0, self._changes(situation, node)
        for first in self.changes.rng.sample(changes, min(len(changes), 30)):
            halfway = situation.with_change(first)
            for second in self.changes.for_part(node, halfway):
                tried = halfway.with_change(second)
                if self._value(tried, node) is wanted:
                    found += 1
                    yield tried
                if found >= 3 or self.changes.exhausted:
                    return


def _asked_of_row(part: Any) -> Any:
    """Read a generator's element as if it were asked of one row."""
    if isinstance(part, tuple):
        return tuple(map(_asked_of_row, cast("tuple[object, ...]", part)))
    if not is_dataclass(part) or isinstance(part, type):
        return part
    if isinstance(part, Value) and part.place == "loop":
        return replace(part, place="row")
    return replace(part, **{each.name: _asked_of_row(getattr(part, each.name)) for each in fields(part)})

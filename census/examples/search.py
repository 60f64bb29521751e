"""Changes answers until checks hold, or until one chosen check fails and no other does.

General and blunt: the values worth trying at an item follow from its type and from what the check says (its constants,
codes, the other side of its comparisons); the record evaluator says which of them help.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from random import Random
from typing import Final

from census.examples.changes import Changes
from census.examples.situation import Situation
from census.examples.steering import Steering
from census.examples.units import Facts
from validation.language.nodes import Aggregate, Rows
from validation.rulebook import RuleBook
from validation.rules import Rule

MAX_ROUNDS: Final = 10  # changes made one upon the other
BEAM: Final = 3  # situations that are followed side by side, those in which the least fails
TRIES: Final = 6  # ways drawn of making a check fail


@dataclass(frozen=True, slots=True)
class Broken:
    """A situation, and what fails in it beside the check that is meant to; all that fails where none is."""

    situation: Situation
    also: tuple[str, ...]


class Search:
    """Looks for changes within one form; everything it draws comes from ``rng``. It gives up after ``budget`` tries."""

    def __init__(self, book: RuleBook, rng: Random, known: Facts, budget: int = 1200) -> None:
        self.book = book
        self.changes = Changes(book, rng, known, budget)

    def mended(self, situation: Situation, keep: str = "", rows: Rows | None = None) -> Broken:
        """Change answers until nothing fails but ``keep``, or as little as can be; ``rows`` must stay shown."""
        beam = [Broken(situation, self._others(situation, keep, rows) or ())]
        best, seen = beam[0], {beam[0].also}
        for _ in range(MAX_ROUNDS):
            if not best.also or self.changes.exhausted:
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
            for change in self.changes.for_rule(self.book.rule(check), state.situation):
                if self.changes.exhausted:
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
        found = self.changes.findings(situation)
        if keep and keep not in found:
            return None
        return tuple(check for check in found if check != keep)

    def left(self, situation: Situation, check: str) -> int:
        """Count the parts of a check that must change before it fails."""
        rule = self.book.rule(check)
        return self._steering(rule).left(situation, rule.node, wanted=False)

    def _steering(self, rule: Rule) -> Steering:
        """Steer a rule: one that is asked of each row, in the first."""
        if rule.each is None:
            return Steering(self.changes, None)
        return Steering(self.changes, (rule.each.group, 0))

    def broken(self, situation: Situation, check: str) -> Broken | None:
        """Change answers until this check fails, alone if that can be; None when it was not made to fail."""
        best: Broken | None = None
        for tried in self._failing(situation, self.book.rule(check)):
            others = self._others(tried, check)
            if others is None:
                continue
            state = Broken(tried, ())
            if others:
                state = self.mended(tried, check)
            if best is None or len(state.also) < len(best.also):
                best = state
            if not best.also or self.changes.exhausted:
                return best
        return best

    def _failing(self, situation: Situation, rule: Rule) -> Iterator[Situation]:
        """Give situations in which a rule may fail."""
        if rule.each is not None:
            # A rule of rows can fail only where there is a row, which may upset other checks: those are mended first.
            shown = Steering(self.changes, None).with_row(situation, rule.each)
            situation = self.mended(shown, rows=rule.each).situation
        for _ in range(TRIES):
            if self.changes.exhausted:
                return
            steered = self._steering(rule).steered(situation, rule.node, wanted=False)
            if steered is not None:
                yield steered
        if rule.kind == "rows":
            yield from (situation.with_change(change) for change in self.changes.for_rule(rule, situation))

    def _count(self, situation: Situation, rows: Rows) -> object:
        return situation.value(self.book, Aggregate("count", rows, None, None, "number"))

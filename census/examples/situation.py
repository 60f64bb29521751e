"""A record with everything beside it, and the changes that can be made to it; nothing is changed in place."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Any, Final, cast

from census.examples.drafts import Answers
from validation.evaluators.record import check_record, value_of
from validation.language.nodes import Node
from validation.rulebook import RuleBook

NO_ROW: Final = -1  # the index of a change that is not made in a single row


@dataclass(slots=True)
class Situation:
    """A record and everything beside it that a check may lean on."""

    answers: Answers
    related: dict[str, Answers] = field(default_factory=dict[str, Answers])
    baseline: Answers = field(default_factory=dict[str, Any])

    def findings(self, book: RuleBook) -> list[str]:
        return [finding.check for finding in check_record(book, self.answers, self.related, self.baseline)]

    def value(self, book: RuleBook, node: Node, row: tuple[str, int] | None = None) -> object:
        return value_of(node, book, self.answers, self.related, self.baseline, row=row)

    def with_change(self, change: Change) -> Situation:
        """Give a copy with one change made; what is not changed is shared."""
        changed = Situation(self.answers, self.related, self.baseline)
        if change.place == "form":
            changed.related = self._with_form(change)
        elif change.place == "baseline":
            changed.baseline = _changed(self.baseline, change)
        else:
            changed.answers = _changed(self.answers, change)
        return changed

    def _with_form(self, change: Change) -> dict[str, Answers]:
        related = {**self.related}
        if change.key or change.group:
            related[change.form] = _changed(self.related.get(change.form, {}), change)
        elif change.raw is None:
            related.pop(change.form, None)
        else:
            related[change.form] = change.raw
        return related


@dataclass(frozen=True, slots=True)
class Change:
    """Another raw answer at one place; of a whole group when ``key`` is empty, of a whole form when both are."""

    place: str  # own | form | baseline
    form: str
    group: str
    index: int  # of the row
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


def rows_in(answers: Answers, group: str) -> list[Answers]:
    """Give the rows of a group; what is no table of rows has none."""
    rows: object = answers.get(group)
    if not isinstance(rows, list):
        return []
    there = cast("list[object]", rows)
    if not all(isinstance(row, dict) for row in there):
        return []
    return cast("list[Answers]", there)

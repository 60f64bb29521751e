"""Checks one record, as a phone sends it: the evaluator on the way in. Standard library and ``forms`` only."""

from __future__ import annotations

from collections.abc import Collection, Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from functools import lru_cache
from typing import Final

from validation.evaluators.answers import Answers, Reader
from validation.evaluators.closures import Question, Record, Values, question, rows_question
from validation.evaluators.screens import screened
from validation.evaluators.soundness import of_sound
from validation.language.messages import show
from validation.language.nodes import Flag, Kind, Node, Rows
from validation.results import Finding
from validation.rulebook import RuleBook
from validation.rules import Rule

_NOTHING: Final[Answers] = {}
_NO_FORMS: Final[Mapping[str, Answers]] = {}


def check_record(
    rulebook: RuleBook,
    answers: Answers,
    related: Mapping[str, Answers] | None = None,
    baseline: Answers | None = None,
    explained: Collection[str] = (),
) -> list[Finding]:
    """Give what is wrong with one record, in the order of the rule book; an empty list when nothing is.

    ``related`` are the other forms of the same unit by form code, ``baseline`` what the register knew, ``explained``
    the paths (JSON Pointers) at which the enumerator has written an explanation.
    """
    program = _program(rulebook)
    return list(program.findings(program.record(answers, related or _NO_FORMS, baseline or _NOTHING, explained)))


def hidden(
    rulebook: RuleBook, answers: Answers, related: Mapping[str, Answers] | None = None, baseline: Answers | None = None
) -> frozenset[str]:
    """Give the paths of what is not asked now: items, whole groups, items of single rows."""
    program = _program(rulebook)
    record = program.record(answers, related or _NO_FORMS, baseline or _NOTHING, ())
    return frozenset(path for path, shown in program.each_place(program.shown, record) if shown is not True)


def computed(
    rulebook: RuleBook, answers: Answers, related: Mapping[str, Answers] | None = None, baseline: Answers | None = None
) -> dict[str, object]:
    """Give the values that the program works out, by path; blanks are left out."""
    program = _program(rulebook)
    record = program.record(answers, related or _NO_FORMS, baseline or _NOTHING, ())
    return {path: value for path, value in program.each_place(program.formulas, record) if value is not None}


def render(
    rulebook: RuleBook,
    check: str,
    answers: Answers,
    related: Mapping[str, Answers] | None = None,
    baseline: Answers | None = None,
    rows: Collection[int] = (),
) -> list[Finding]:
    """Give the findings of a rule that a batch has found failing, at the rows it named, with their messages."""
    program = _program(rulebook)
    record = program.record(answers, related or _NO_FORMS, baseline or _NOTHING, ())
    return list(program.rendered(check, record, rows))


def value_of(
    node: Node,
    rulebook: RuleBook,
    answers: Answers,
    related: Mapping[str, Answers] | None = None,
    baseline: Answers | None = None,
    *,
    row: tuple[str, int] | None = None,
) -> object:
    """Give the value of one expression of the form, None for unknown; ``row`` is the group and number of the row asked about."""
    record = _program(rulebook).record(answers, related or _NO_FORMS, baseline or _NOTHING, ())
    if row is not None:
        there = record.rows.get(row[0], ())
        record.row, record.index = (there[row[1]] if row[1] < len(there) else _NOTHING), row[1]
    return question(node)(record)


@dataclass(frozen=True, slots=True)
class _Asked:
    """A rule compiled to functions."""

    rule: Rule
    holds: Question
    rows: int  # number of its rows in ``_Program.rows``, -1 for none
    message: tuple[str | tuple[Question, Kind], ...]


class _Program:
    """A rule book compiled to functions: made once, used for every record."""

    def __init__(self, rulebook: RuleBook) -> None:
        screens = screened(rulebook.rules)
        self.reader = Reader(rulebook.form, screens=screens.screens)
        self.baseline = Reader(rulebook.form, [("", key) for key in rulebook.needs.baseline])
        self.others = {code: Reader(rulebook.related[code], places) for code, places in rulebook.needs.forms.items()}
        between = [table.rule for table in rulebook.tables]
        groups = list(dict.fromkeys(rule.each for rule in (*rulebook.rules, *between) if rule.each))
        self.rows = tuple(map(rows_question, groups))
        self.asked = tuple(_asked(rule, groups) for rule in rulebook.rules)
        self.asked_of_sound = tuple(
            replace(asked, holds=question(node))
            for asked in self.asked
            if (node := of_sound(asked.rule.node)) != Flag(value=True)
        )
        self.asked_of_passing = tuple(asked for asked in self.asked_of_sound if asked.rule.id not in screens.ids)
        self.by_check = {asked.rule.id: asked for asked in (*self.asked, *(_asked(rule, groups) for rule in between))}
        self.shown = {place: question(node) for place, node in rulebook.shown.items()}
        self.formulas = {place: question(node) for place, node in rulebook.computed.items()}

    def record(
        self, answers: Answers, related: Mapping[str, Answers], baseline: Answers, explained: Collection[str]
    ) -> Record:
        main, rows, problems, passes = self.reader.read(answers)
        forms: dict[str, Record] = {}
        for code, reader in self.others.items():
            if code in related:
                forms[code] = Record(*reader.read(related[code])[:2])
        known = self.baseline.read(baseline)[0] if baseline else _NOTHING
        return Record(main, rows, forms, known, frozenset(related), problems, frozenset(explained), passes)

    def findings(self, record: Record) -> Iterator[Finding]:
        rows: list[Sequence[Values] | None] = [None] * len(self.rows)
        for asked in self.asked if record.problems else self.asked_of_passing if record.passes else self.asked_of_sound:
            if asked.rows < 0:
                if asked.holds(record) is False:
                    yield from _findings(asked, record)
                continue
            there = rows[asked.rows]
            if there is None:
                there = rows[asked.rows] = self.rows[asked.rows](record)
            for index, row in enumerate(there):
                record.row, record.index = row, index
                if asked.holds(record) is False:
                    yield from _findings(asked, record)

    def rendered(self, check: str, record: Record, rows: Collection[int]) -> Iterator[Finding]:
        asked = self.by_check[check]
        if asked.rows < 0:
            yield from _findings(asked, record)
            return
        for index, row in enumerate(self.rows[asked.rows](record)):
            if index in rows:
                record.row, record.index = row, index
                yield from _findings(asked, record)

    def each_place(self, questions: Mapping[tuple[str, str], Question], record: Record) -> Iterator[tuple[str, object]]:
        """Ask one question per item, per row for those of groups, giving its path and the answer."""
        for (group, key), ask in questions.items():
            if not group or not key:
                yield f"/{group or key}", ask(record)
                continue
            for index, row in enumerate(record.rows.get(group, ())):
                record.row, record.index = row, index
                yield f"/{group}/{index}/{key}", ask(record)


@lru_cache(maxsize=256)
def _program(rulebook: RuleBook) -> _Program:
    return _Program(rulebook)


def _asked(rule: Rule, groups: list[Rows]) -> _Asked:
    rows = groups.index(rule.each) if rule.each else -1
    message: tuple[str | tuple[Question, Kind], ...] = tuple(
        part if isinstance(part, str) else (question(part), part.kind) for part in rule.message
    )
    return _Asked(rule, question(rule.node), rows, message)


def _findings(asked: _Asked, record: Record) -> Iterator[Finding]:
    rule = asked.rule
    message = "".join(part if isinstance(part, str) else show(part[0](record), part[1]) for part in asked.message)
    if rule.kind == "unknown":
        paths = sorted(
            _pointer(group, index, key) for group, index, key, problem in record.problems if problem == "unknown"
        )
        for path in paths:
            yield Finding(rule.id, rule.severity, path, message, (path,))
        return
    paths = [
        _path(group, key, record.index if rule.each and group == rule.each.group else None) for group, key in rule.items
    ]
    yield Finding(rule.id, rule.severity, paths[0], message, tuple(paths))


def _path(group: str, key: str, index: int | None) -> str:
    if index is not None and key:
        return f"/{group}/{index}/{key}"
    return f"/{group or key}"


def _pointer(group: str, index: int, key: str) -> str:
    escaped = key.replace("~", "~0").replace("/", "~1")
    return f"/{group}/{index}/{escaped}" if group else f"/{escaped}"

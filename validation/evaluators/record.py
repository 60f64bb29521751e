"""Checks one record, as a phone sends it: the evaluator on the way in. Standard library and ``forms`` only.

All functions take a rule book and raw answers. What a rule book compiles to is kept, so that only the first call for
a form pays for compiling it.
"""

from __future__ import annotations

from collections.abc import Collection, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from functools import lru_cache
from typing import Final

from validation.evaluators.answers import Answers, Reader
from validation.evaluators.closures import question, rows_question
from validation.evaluators.questions import Question, Record, Values
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
    """Give the value of one expression of the form, None for unknown.

    ``row`` is the group and number of the row asked about; a row that is not there is a blank one.
    """
    record = _program(rulebook).record(answers, related or _NO_FORMS, baseline or _NOTHING, ())
    if row is not None:
        group, index = row
        there = record.rows.get(group, ())
        record.index = index
        if index < len(there):
            record.row = there[index]
    return question(node)(record)


@dataclass(frozen=True, slots=True)
class _Asked:
    """A rule compiled to functions."""

    rule: Rule
    holds: Question  # only where it gives False does the rule fail: unknown holds
    group: int | None  # which of ``_Program.groups`` it is asked about, row by row; None for the record itself
    message: tuple[str | tuple[Question, Kind], ...]


class _Program:
    """A rule book compiled to functions: made once, used for every record.

    It exists because compiling takes as long as checking some fifty records, and because most records need not be asked
    most rules. Use it in two steps: ``record`` reads the answers, then ``findings``, ``rendered`` or ``each_place`` put
    questions to what was read. Of one record only one of them at a time: the row that is being asked about is kept in
    the record (``Record.row`` and ``index``), so two half-used iterators would pull it from under each other.
    """

    def __init__(self, rulebook: RuleBook) -> None:
        screens = screened(rulebook.rules)
        self.reader = Reader(rulebook.form, screens=screens.screens)
        self.baseline = Reader(rulebook.form, [("", key) for key in rulebook.needs.baseline])
        self.others = {code: Reader(rulebook.related[code], places) for code, places in rulebook.needs.forms.items()}

        # Checks between records are asked by a batch only; here they are compiled for their messages.
        between = [table.rule for table in rulebook.tables]
        groups = list(dict.fromkeys(rule.each for rule in (*rulebook.rules, *between) if rule.each))
        self.groups = tuple(map(rows_question, groups))
        self.every = tuple(_asked(rule, groups) for rule in rulebook.rules)
        self.by_check = {asked.rule.id: asked for asked in (*self.every, *(_asked(rule, groups) for rule in between))}

        # The same rules, fewer and shorter, for records that reading has already cleared of something.
        self.of_sound = tuple(_of_sound(self.every))
        self.of_passing = tuple(asked for asked in self.of_sound if asked.rule.id not in screens.ids)

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
        known = _NOTHING
        if baseline:
            known = self.baseline.read(baseline).main
        return Record(main, rows, forms, known, frozenset(related), problems, frozenset(explained), passes)

    def rules_for(self, record: Record) -> tuple[_Asked, ...]:
        """Give the rules that may fail on a record, by what was noticed while it was read."""
        if record.problems:
            # Some answer could not be read: the rules about shape have something to say.
            return self.every
        if record.passes:
            # Each single value is as it should be: left are the rules that look at several.
            return self.of_passing
        return self.of_sound

    def findings(self, record: Record) -> Iterator[Finding]:
        rows: list[Sequence[Values] | None] = [None] * len(self.groups)  # by group, found when first needed
        for asked in self.rules_for(record):
            if asked.group is None:
                if asked.holds(record) is False:
                    yield from _findings(asked, record)
                continue
            there = rows[asked.group]
            if there is None:
                there = rows[asked.group] = self.groups[asked.group](record)
            for index, row in enumerate(there):
                record.row, record.index = row, index
                if asked.holds(record) is False:
                    yield from _findings(asked, record)

    def rendered(self, check: str, record: Record, rows: Collection[int]) -> Iterator[Finding]:
        asked = self.by_check[check]
        if asked.group is None:
            yield from _findings(asked, record)
            return
        for index, row in enumerate(self.groups[asked.group](record)):
            if index in rows:
                record.row, record.index = row, index
                yield from _findings(asked, record)

    def each_place(self, questions: Mapping[tuple[str, str], Question], record: Record) -> Iterator[tuple[str, object]]:
        """Ask one question per item, per row for those of groups, giving its path and the answer."""
        for (group, key), ask in questions.items():
            if not group or not key:
                # An item of the record itself, or a group as a whole.
                yield f"/{group or key}", ask(record)
                continue
            for index, row in enumerate(record.rows.get(group, ())):
                record.row, record.index = row, index
                yield f"/{group}/{index}/{key}", ask(record)


@lru_cache(maxsize=256)
def _program(rulebook: RuleBook) -> _Program:
    return _Program(rulebook)


def _asked(rule: Rule, groups: list[Rows]) -> _Asked:
    group = None
    if rule.each:
        group = groups.index(rule.each)
    return _Asked(rule, question(rule.node), group, tuple(map(_words, rule.message)))


def _words(part: str | Node) -> str | tuple[Question, Kind]:
    """Give a part of a message: words, or what is shown of the record at that place."""
    if isinstance(part, str):
        return part
    return question(part), part.kind


def _of_sound(every: Iterable[_Asked]) -> Iterator[_Asked]:
    """Give the rules that are left for a record without problems of shape, cut down to what is left of each."""
    for asked in every:
        node = of_sound(asked.rule.node)
        if node != Flag(value=True):
            yield replace(asked, holds=question(node))


def _findings(asked: _Asked, record: Record) -> Iterator[Finding]:
    rule = asked.rule
    message = _message(asked, record)
    if rule.kind == "unknown":
        # One rule for all keys that the form does not have, but a finding at each of them.
        for path in sorted(_pointer(*problem[:3]) for problem in record.problems if problem[3] == "unknown"):
            yield Finding(rule.id, rule.severity, path, message, (path,))
        return
    paths = tuple(_path(rule, group, key, record.index) for group, key in rule.items)
    yield Finding(rule.id, rule.severity, paths[0], message, paths)


def _message(asked: _Asked, record: Record) -> str:
    words: list[str] = []
    for part in asked.message:
        if isinstance(part, str):
            words.append(part)
        else:
            ask, kind = part
            words.append(show(ask(record), kind))
    return "".join(words)


def _path(rule: Rule, group: str, key: str, index: int) -> str:
    """Give the path at which a finding is shown: in the row asked about, where the item is one of its row's."""
    if key and rule.each and group == rule.each.group:
        return f"/{group}/{index}/{key}"
    return f"/{group or key}"


def _pointer(group: str, index: int, key: str) -> str:
    """Give the path of a key that somebody made up: it may hold what a JSON Pointer must escape."""
    escaped = key.replace("~", "~0").replace("/", "~1")
    if group:
        return f"/{group}/{index}/{escaped}"
    return f"/{escaped}"

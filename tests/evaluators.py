"""The three evaluators side by side: one record, a batch in DuckDB, ``rules.js`` in one long-lived Node."""

from __future__ import annotations

import json
import subprocess
from collections.abc import Mapping, Sequence
from dataclasses import asdict, dataclass, field, replace
from pathlib import Path
from typing import Any

from forms.answers.frames import Row
from forms.boundaries import boundary
from forms.codelists import UnknownCodeList, codelist
from tests.node import NODE
from validation.evaluators.browser import rules_json
from validation.evaluators.engine import failing, frame_of
from validation.evaluators.record import check_record, render
from validation.results import Finding
from validation.rulebook import RuleBook

WORKER = Path(__file__).with_name("rules_worker.mjs")


@dataclass(frozen=True)
class Case:
    """One record to be judged, and what is known beside it."""

    answers: dict[str, Any]
    related: dict[str, dict[str, Any]] = field(default_factory=dict[str, dict[str, Any]])
    baseline: dict[str, Any] = field(default_factory=dict[str, Any])


class Browser:
    """``rules.js`` in Node, fed one JSON line per question."""

    def __init__(self) -> None:
        self._process = subprocess.Popen(
            [NODE, WORKER], stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True, encoding="utf-8"
        )
        self._books: dict[int, RuleBook] = {}

    def close(self) -> None:
        self._process.communicate()

    def ask(self, request: Mapping[str, Any]) -> Any:
        assert self._process.stdin
        assert self._process.stdout
        self._process.stdin.write(json.dumps(request) + "\n")
        self._process.stdin.flush()
        line = self._process.stdout.readline()
        assert line, f"Node has ended with {self._process.wait()}"
        return json.loads(line)

    def findings(self, book: RuleBook, cases: Sequence[Case], *, keep: bool = False) -> list[list[Finding]]:
        """Judge cases; ``keep`` sends the rule book once for all later questions."""
        request: dict[str, Any] = {"book": id(book), "records": [asdict(case) for case in cases], "forget": not keep}
        if id(book) not in self._books:
            request |= {
                "rules": rules_json(book),
                "codes": codes_of(book),
                "boundaries": {"440113": boundary("440113")} if book.needs.boundaries else {},
            }
        if keep:
            self._books[id(book)] = book
        return [[replace(Finding(**each), paths=tuple(each["paths"])) for each in found] for found in self.ask(request)]


def codes_of(book: RuleBook) -> dict[str, list[str]]:
    """Give the codes that may be answers, of each list that the checks ask about."""
    found: dict[str, list[str]] = {}
    for name in book.needs.codelists:
        try:
            found[name] = [entry.code for entry in codelist(name) if entry.is_selectable]
        except UnknownCodeList:
            continue
    return found


def by_record(book: RuleBook, cases: Sequence[Case]) -> list[list[Finding]]:
    return [check_record(book, case.answers, case.related, case.baseline) for case in cases]


def by_batch(book: RuleBook, cases: Sequence[Case]) -> list[list[Finding]]:
    """Judge cases by SQL; only the words of a finding come from the record evaluator."""
    rows = [
        Row(str(number), 1, "u", "440113", case.answers, case.related, case.baseline, set(case.related))
        for number, case in enumerate(cases)
    ]
    found: list[list[Finding]] = [[] for _ in cases]
    for rule, each in zip(book.rules, failing(frame_of(book, rows), book.rules), strict=True):
        for place, failed in zip(each.records, each.rows, strict=True):
            case = cases[place]
            found[place].extend(render(book, rule.id, case.answers, case.related, case.baseline, failed))
    return found

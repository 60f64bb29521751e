"""What a compiled check is, and how one is made from its tree."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Literal

from forms.checks import Severity
from forms.definition import Form
from validation.language.expression import ExpressionError, parse
from validation.language.messages import Message
from validation.language.nodes import Node, Rows, Sound, Value, walk
from validation.language.scope import NameProblem, Scope

RuleKind = Literal["written", "required", "type", "range", "code", "precision", "pattern", "rows", "unknown"]


class RuleError(ValueError):
    """A definition holds an expression that is not in the check language; the text names form, check and position."""


@dataclass(frozen=True, slots=True)
class Rule:
    """One check, ready for every evaluator. It fails where ``node`` is false; unknown holds."""

    id: str
    kind: RuleKind
    severity: Severity
    node: Node
    message: Message
    items: tuple[tuple[str, str], ...]  # (group or "", item key or "" for the group itself) where it is shown
    each: Rows | None = None  # the rows it is asked about, one by one
    reads: frozenset[str] = frozenset()  # keys of this form's items and groups that it leans on


def make_rule(  # noqa: PLR0917 - the fields of a rule
    check: str,
    kind: RuleKind,
    severity: Severity,
    node: Node,
    message: Message,
    items: tuple[tuple[str, str], ...],
    each: Rows | None,
) -> Rule:
    """Make a rule, noting which items of its own form it leans on."""
    roots: list[Node | Rows] = [node, *(part for part in message if not isinstance(part, str))]
    if each:
        roots.append(each)
    return Rule(check, kind, severity, node, message, items, each, frozenset(_reads(roots)))


def _reads(roots: list[Node | Rows]) -> Iterator[str]:
    for root in roots:
        for part in walk(root):
            match part:
                case Value(form="", place="main" | "row" | "loop") | Sound():
                    # What is unknown to the form anywhere in a record has neither key nor group.
                    yield from filter(None, (part.key or part.group,))
                case Rows(form=""):
                    yield part.group
                case _:
                    pass


def parse_for(form: Form, where: str, text: str, scope: Scope) -> Node:
    """Parse an expression of a definition. Raises RuleError naming the form and the place in it."""
    try:
        return parse(text, scope)
    except (ExpressionError, NameProblem) as problem:
        raise RuleError(f"{form.code}, {where}: {problem}") from None


def rows_of(form: Form, group: str, scope: Scope) -> Rows:
    """Give the rows of a group that the form has. Raises RuleError when its condition cannot be read."""
    try:
        return scope.rows(group) or Rows(group)
    except (ExpressionError, NameProblem) as problem:
        raise RuleError(f"{form.code}, when of {group}: {problem}") from None

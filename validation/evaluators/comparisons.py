"""Comparisons of numbers as Python functions of a record: the most frequent part of all checks.

One function for each operator, written out: a shared one that is told the operator would be called once more for
every comparison of every record. A comparison with a blank is unknown.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Final

from validation.evaluators.questions import Question, Record
from validation.language.nodes import RELATIVE_TOLERANCE, Compare, Number


def comparison(node: Compare, left: Question, right: Question) -> Question:
    """Compile a comparison of two compiled parts. a == b where they differ by no more than the tolerance, and so on."""
    if node.tolerance is None:
        return _compare_ratio(node, left, right)
    # Most comparisons are with a limit that is written down: it is widened once, here.
    if isinstance(node.right, Number) and node.operator in _BOUNDS:
        return _BOUNDS[node.operator](left, node.right.value, node.tolerance)
    return _OPERATORS[node.operator](left, right, node.tolerance)


def _equal(left: Question, right: Question, within: float) -> Question:
    def equal(record: Record) -> bool | None:
        if (a := left(record)) is None or (b := right(record)) is None:
            return None
        return abs(a - b) <= within

    return equal


def _unequal(left: Question, right: Question, within: float) -> Question:
    def unequal(record: Record) -> bool | None:
        if (a := left(record)) is None or (b := right(record)) is None:
            return None
        return abs(a - b) > within

    return unequal


def _less(left: Question, right: Question, within: float) -> Question:
    def less(record: Record) -> bool | None:
        if (a := left(record)) is None or (b := right(record)) is None:
            return None
        return a < b - within

    return less


def _at_most(left: Question, right: Question, within: float) -> Question:
    def at_most(record: Record) -> bool | None:
        if (a := left(record)) is None or (b := right(record)) is None:
            return None
        return a <= b + within

    return at_most


def _more(left: Question, right: Question, within: float) -> Question:
    def more(record: Record) -> bool | None:
        if (a := left(record)) is None or (b := right(record)) is None:
            return None
        return a > b + within

    return more


def _at_least(left: Question, right: Question, within: float) -> Question:
    def at_least(record: Record) -> bool | None:
        if (a := left(record)) is None or (b := right(record)) is None:
            return None
        return a >= b - within

    return at_least


def _floor(left: Question, bound: float, within: float) -> Question:
    least = bound - within

    def floor(record: Record) -> bool | None:
        if (a := left(record)) is None:
            return None
        return a >= least

    return floor


def _ceiling(left: Question, bound: float, within: float) -> Question:
    most = bound + within

    def ceiling(record: Record) -> bool | None:
        if (a := left(record)) is None:
            return None
        return a <= most

    return ceiling


def _above(left: Question, bound: float, within: float) -> Question:
    least = bound + within

    def above(record: Record) -> bool | None:
        if (a := left(record)) is None:
            return None
        return a > least

    return above


_OPERATORS: Final[dict[str, Callable[[Question, Question, float], Question]]] = {
    "==": _equal,
    "!=": _unequal,
    "<": _less,
    "<=": _at_most,
    ">": _more,
    ">=": _at_least,
}
_BOUNDS: Final = {">=": _floor, "<=": _ceiling, ">": _above}
_RATIOS: Final[dict[str, Callable[[float, float, float], bool]]] = {
    "==": lambda a, b, tolerance: abs(a - b) <= tolerance,
    "!=": lambda a, b, tolerance: abs(a - b) > tolerance,
    "<": lambda a, b, tolerance: a < b - tolerance,
    "<=": lambda a, b, tolerance: a <= b + tolerance,
    ">": lambda a, b, tolerance: a > b + tolerance,
    ">=": lambda a, b, tolerance: a >= b - tolerance,
}


def _compare_ratio(node: Compare, left: Question, right: Question) -> Question:
    holds = _RATIOS[node.operator]

    def relative(record: Record) -> bool | None:
        a, b = left(record), right(record)
        if a is None or b is None:
            return None
        return holds(a, b, RELATIVE_TOLERANCE * max(abs(a), abs(b)))

    return relative

"""Comparisons of numbers as Python functions of a record, one for each operator: the most frequent part of all checks."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any, Final

from validation.language.nodes import RELATIVE_TOLERANCE, Compare, Number

Question = Callable[[Any], Any]


def comparison(node: Compare, left: Question, right: Question) -> Question:
    """Compile a comparison of two compiled parts. a == b where they differ by no more than the tolerance, and so on."""
    if node.tolerance is None:
        return _compare_ratio(node, left, right)
    within: float = node.tolerance
    if isinstance(node.right, Number) and node.operator in _BOUNDS:
        return _BOUNDS[node.operator](left, node.right.value, within)

    def equal(record: Any) -> bool | None:
        return None if (a := left(record)) is None or (b := right(record)) is None else abs(a - b) <= within

    def unequal(record: Any) -> bool | None:
        return None if (a := left(record)) is None or (b := right(record)) is None else abs(a - b) > within

    def less(record: Any) -> bool | None:
        return None if (a := left(record)) is None or (b := right(record)) is None else a < b - within

    def at_most(record: Any) -> bool | None:
        return None if (a := left(record)) is None or (b := right(record)) is None else a <= b + within

    def more(record: Any) -> bool | None:
        return None if (a := left(record)) is None or (b := right(record)) is None else a > b + within

    def at_least(record: Any) -> bool | None:
        return None if (a := left(record)) is None or (b := right(record)) is None else a >= b - within

    return {"==": equal, "!=": unequal, "<": less, "<=": at_most, ">": more, ">=": at_least}[node.operator]


def _floor(left: Question, bound: float, within: float) -> Question:
    least = bound - within
    return lambda record: None if (a := left(record)) is None else a >= least


def _ceiling(left: Question, bound: float, within: float) -> Question:
    most = bound + within
    return lambda record: None if (a := left(record)) is None else a <= most


def _above(left: Question, bound: float, within: float) -> Question:
    least = bound + within
    return lambda record: None if (a := left(record)) is None else a > least


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

    def relative(record: Any) -> bool | None:
        a, b = left(record), right(record)
        return None if a is None or b is None else holds(a, b, RELATIVE_TOLERANCE * max(abs(a), abs(b)))

    return relative

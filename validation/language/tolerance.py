"""How near two numbers must be to count as equal: fixed when a check is compiled, by the decimals its items declare."""

from __future__ import annotations

from typing import Final

from validation.language.nodes import Aggregate, Arithmetic, Call, Choose, Node, Number, Value

_WHOLE_NUMBERS: Final = ("length", "year", "count_chosen")


def tolerance(*sides: Node) -> float | None:
    """Give half a unit of the coarsest decimal declared among the items compared; None (relative) for a ratio.

    Without it a tenth to a fifth of correct two-decimal totals would fail ``sum(parts) <= total``.
    """
    declared = [_decimals(side) for side in sides]
    if any("ratio" in each for each in declared):
        return None
    decimals = [each for side in declared for each in side if isinstance(each, int)]
    if not decimals:
        return None
    return 0.5 * 10.0 ** -min(decimals)


def _decimals(node: Node) -> set[int | str]:
    """Collect the declared decimals of the items that make up a number, and whether it is a ratio of items."""
    match node:
        case Value(decimals=int() as decimals):
            return {decimals}
        case Arithmetic(left=left, right=right) if left.kind == "date":
            return {0}
        case Arithmetic(operator="/", left=left, right=right) if not isinstance(right, Number):
            return {"ratio"}
        case Arithmetic(left=left, right=right):
            return _decimals(left) | _decimals(right)
        case Choose():
            return _decimals(node.then) | _decimals(node.otherwise)
        case Call() if node.name in _WHOLE_NUMBERS:
            return {0}
        case Call() if node.name in ("abs", "min", "max", "coalesce"):
            return {each for argument in node.arguments for each in _decimals(argument)}
        case Aggregate(element=None):
            return {0}
        case Aggregate(element=Value() | Arithmetic() | Choose() | Call() as element):
            return _decimals(element)
        case _:
            return set()

"""What is worked out over rows, as Python functions of a record: ``sum(element for r in rows if condition)``.

Blanks are left out of sums, minima and maxima; ``any`` and ``all`` know three values, as ``and`` and ``or`` do.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from typing import Any, Final

from validation.evaluators.questions import Question, Record, RowsQuestion


def aggregate(name: str, rows: RowsQuestion, element: Question | None, condition: Question | None) -> Question:
    """Compile an aggregate of compiled parts; without an element, rows are only counted."""
    conclude = _CONCLUSIONS[name]

    def concluded(record: Record) -> object:
        values: list[Any] = []
        for row in rows(record):
            record.loop = row
            # A row of which the condition is unknown is left out, as SQL's WHERE does.
            if condition is not None and condition(record) is not True:
                continue
            if element is None:
                values.append(1.0)
            else:
                values.append(element(record))
        return conclude(values)

    return concluded


def _filled(values: list[Any]) -> Iterator[Any]:
    return (value for value in values if value is not None)


def _sum(values: list[float | None]) -> float | None:
    there = list(_filled(values))
    if not there:
        # Nobody has answered anything: blank, not zero.
        return None
    return sum(there)


def _min(values: list[Any]) -> Any:
    return min(_filled(values), default=None)


def _max(values: list[Any]) -> Any:
    return max(_filled(values), default=None)


def _count(values: list[Any]) -> float:
    return float(len(values))


def _any(values: list[bool | None]) -> bool | None:
    if True in values:
        return True
    if None in values:
        return None
    return False


def _all(values: list[bool | None]) -> bool | None:
    if False in values:
        return False
    if None in values:
        return None
    return True


def _unique(values: list[object]) -> bool:
    there = list(_filled(values))
    return len(set(there)) == len(there)


def _first(values: list[Any]) -> Any:
    return next(iter(values), None)


_CONCLUSIONS: Final[dict[str, Callable[[list[Any]], Any]]] = {
    "sum": _sum,
    "min": _min,
    "max": _max,
    "count": _count,
    "any": _any,
    "all": _all,
    "unique": _unique,
    "first": _first,
}

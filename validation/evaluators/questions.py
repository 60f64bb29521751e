"""What one record looks like to the functions that checks are compiled to, and what those functions are called."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any, Final

Values = Mapping[str, Any]
Problem = tuple[str, int, str, str]  # group or "", row or -1, item key or "", what is wrong with its shape


@dataclass(slots=True)
class Record:
    """One record's typed answers and what is known beside them.

    ``row`` and ``loop`` change while it is asked: the row that a check is asked about, with its ``index``, and the row
    that a generator in the check has come to. Handing them along instead would cost every node an argument.
    """

    main: Values
    rows: Mapping[str, Sequence[Values]]
    forms: Mapping[str, Record] = field(default_factory=dict[str, "Record"])
    baseline: Values = field(default_factory=dict[str, Any])
    present: frozenset[str] = frozenset()
    problems: frozenset[Problem] = frozenset()
    explained: frozenset[str] = frozenset()
    passes: bool = False  # the screens: what single values decide holds
    row: Values = field(default_factory=dict[str, Any])
    index: int = -1
    loop: Values = field(default_factory=dict[str, Any])


Question = Callable[[Record], Any]
RowsQuestion = Callable[[Record], Sequence[Values]]
NO_RECORD: Final = Record({}, {})

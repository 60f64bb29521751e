"""DuckDB over one frame: all rules of a book in one query, or one at a time."""

from __future__ import annotations

from collections.abc import Generator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from typing import Any, cast

import duckdb
import numpy as np
import pandas as pd
import pyarrow  # noqa: ICN001 - pa is its untyped alias below
import pyarrow.compute

from forms.boundaries import boundary
from forms.frames import Related, Row, to_frame
from validation.functions import Boundary
from validation.rulebook import RuleBook
from validation.rules import Rule
from validation.sql import table_sql, to_sql
from validation.tables import TableRule

pa: Any = pyarrow          # it has no type stubs
compute: Any = pyarrow.compute


@dataclass(frozen=True, slots=True)
class Failing:
    """Where one rule fails: positions of records in the frame, each with the failing rows (empty: the record itself)."""

    records: tuple[int, ...]
    rows: tuple[tuple[int, ...], ...]


def frame_of(rulebook: RuleBook, rows: Sequence[Row]) -> pd.DataFrame:
    """Lay records out as the frame that this rule book asks about."""
    return to_frame(rulebook.form, rows, [Related(rulebook.related[code], places) for code, places in rulebook.needs.forms.items()])


def failing(frame: pd.DataFrame, rules: Sequence[Rule | TableRule]) -> list[Failing]:
    """Ask all rules in one pass over the frame; in the order of the rules. Raises duckdb.Error."""
    with _connection(frame) as connection:
        return _ask(connection, rules)


class Batch:
    """The answers of one frame to all rules of a book: asked together once, one by one only when that breaks.

    Asked together is two orders of magnitude quicker; asked alone, a rule that breaks spoils no other.
    """

    def __init__(self, frame: pd.DataFrame, rulebook: RuleBook) -> None:
        self._rules: dict[str, Rule | TableRule] = {rule.id: rule for rule in rulebook.rules} | {table.rule.id: table for table in rulebook.tables}
        self._frame = frame
        self._answers: dict[str, Failing] | None = None

    def failing(self, check: str) -> Failing:
        """Give where one check fails. Raises duckdb.Error when this very check cannot be answered."""
        if self._answers is None:
            try:
                self._answers = dict(zip(self._rules, failing(self._frame, tuple(self._rules.values())), strict=True))
            except duckdb.Error:
                self._answers = {}
        if check not in self._answers:
            self._answers[check] = failing(self._frame, [self._rules[check]])[0]
        return self._answers[check]


@contextmanager
def _connection(frame: pd.DataFrame) -> Generator[duckdb.DuckDBPyConnection]:
    connection = duckdb.connect(config={"threads": 2})
    try:
        register = cast("Any", connection).create_function  # its stub knows types by object only, not by name
        register("census_inside", _inside, ["DOUBLE", "DOUBLE", "VARCHAR"], "BOOLEAN", type="arrow", null_handling="special")
        table = pa.Table.from_pandas(frame, preserve_index=False)
        if "_explained" not in table.column_names:
            table = table.append_column("_explained", pa.nulls(len(table), pa.list_(pa.string())))
        table = table.append_column("_place", pa.array(range(len(table)), pa.int64()))
        connection.register("batch", table)
        yield connection
    finally:
        connection.close()


def _ask(connection: duckdb.DuckDBPyConnection, rules: Sequence[Rule | TableRule]) -> list[Failing]:
    if not rules:
        return []
    columns = ", ".join(f"{_column(rule)} AS c{number}" for number, rule in enumerate(rules))
    # Checks between records use window functions, which give rows back in an order of their own.
    answers: Any = connection.sql(f"SELECT {columns} FROM batch ORDER BY _place").arrow().read_all()
    return [_failing(answers.column(number), each=isinstance(rule, Rule) and rule.each is not None) for number, rule in enumerate(rules)]


def _column(rule: Rule | TableRule) -> str:
    return to_sql(rule) if isinstance(rule, Rule) else table_sql(rule)


def _failing(column: Any, *, each: bool) -> Failing:
    if not each:
        found = np.flatnonzero(column.to_numpy(zero_copy_only=False))
        return Failing(tuple(int(place) for place in found), ((),) * len(found))
    lengths: Any = compute.fill_null(compute.list_value_length(column), 0).to_numpy(zero_copy_only=False)
    found = np.flatnonzero(lengths > 0)
    rows = column.take(pa.array(found)).to_pylist()
    return Failing(tuple(int(place) for place in found), tuple(tuple(int(row) for row in each_rows) for each_rows in rows))


def _inside(lon: Any, lat: Any, code: Any) -> Any:
    """Tell for arrays of positions and region codes which lie inside; null where anything is missing."""
    longitudes, latitudes, codes = lon.to_numpy(zero_copy_only=False), lat.to_numpy(zero_copy_only=False), code.to_pylist()
    answer: list[bool | None] = [None] * len(codes)
    for region in {each for each in codes if each is not None}:
        rings = boundary(region)
        if rings is None:
            continue
        places = np.array([place for place, each in enumerate(codes) if each == region])
        known = places[~(np.isnan(longitudes[places]) | np.isnan(latitudes[places]))]
        for place, within in zip(known, _within(longitudes[known], latitudes[known], rings), strict=True):
            answer[place] = bool(within)
    return pa.array(answer, pa.bool_())


def _within(lon: Any, lat: Any, rings: Boundary) -> Any:
    within = np.zeros(len(lon), dtype=bool)
    for ring in rings:
        x_1, y_1 = ring[-1]
        for x_2, y_2 in ring:
            crossing = (y_1 > lat) != (y_2 > lat)
            if crossing.any():
                within ^= crossing & (lon < (x_2 - x_1) * (lat - y_1) / (y_2 - y_1) + x_1)
            x_1, y_1 = x_2, y_2
    return within

"""DuckDB over one frame: all rules of a book in one query, checks between records in a query each."""

from __future__ import annotations

from collections.abc import Generator, Iterable, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field, replace
from typing import Any, Final

import duckdb
import pandas as pd
import pyarrow  # noqa: ICN001 - pa is its untyped alias below
import pyarrow.compute

from forms.answers.frames import Related, Row, to_frame, to_register
from validation.evaluators.outlines import Outlines, add_functions
from validation.evaluators.soundness import of_sound
from validation.evaluators.sql import to_sql
from validation.evaluators.table_sql import table_sql
from validation.language.nodes import Flag
from validation.rulebook import RuleBook
from validation.rules import Rule
from validation.tables import TableRule

pa: Any = pyarrow  # it has no type stubs
compute: Any = pyarrow.compute
NOWHERE: Outlines = {}
SMALL: Final = 50_000


@dataclass(frozen=True, slots=True)
class Failing:
    """Where one rule fails: lines of the frame, each with the failing rows of its record (none: the record itself)."""

    records: tuple[int, ...]
    rows: tuple[tuple[int, ...], ...]
    units: tuple[str, ...] = ()  # of the register, that have no record


HOLDS: Final = Failing((), ())


@dataclass(frozen=True, slots=True)
class Surroundings:
    """The whole region that the records of a run make up: what checks look at beside them.

    ``register`` has one line per unit (``register_of``). It may reach beyond the records of the run, so that a name can
    be looked up in the county while one town is checked. ``outlines`` add to those of ``forms.boundaries``.
    """

    register: pd.DataFrame
    outlines: Outlines = field(default_factory=lambda: NOWHERE)


def frame_of(rulebook: RuleBook, rows: Sequence[Row]) -> pd.DataFrame:
    """Lay records out as the frame that this rule book asks about."""
    return to_frame(rulebook.form, rows, _related(rulebook, rulebook.needs.forms))


def register_of(rulebook: RuleBook, units: Sequence[Row], owing: Sequence[bool]) -> pd.DataFrame:
    """Lay units out as the register that this rule book asks about; their forms stand in ``related``.

    ``owing`` tells of each unit whether it is asked for the forms that it owes.
    """
    return to_register(units, owing, _related(rulebook, rulebook.register))


def _related(rulebook: RuleBook, forms: Mapping[str, frozenset[tuple[str, str]]]) -> list[Related]:
    return [Related(rulebook.related[code], places) for code, places in forms.items()]


def rules_of(rulebook: RuleBook, surroundings: Surroundings | None) -> list[Rule]:
    """Give all rules that a run can answer: those of a whole region only where there is one."""
    return [*rulebook.rules, *(table.rule for table in _tables(rulebook, surroundings))]


def _tables(rulebook: RuleBook, surroundings: Surroundings | None) -> list[TableRule]:
    return [table for table in rulebook.tables if surroundings is not None or not table.is_of_region]


def failing(
    frame: pd.DataFrame,
    rules: Sequence[Rule],
    tables: Iterable[TableRule] = (),
    surroundings: Surroundings | None = None,
) -> list[Failing]:
    """Ask all rules in one pass over the frame, then the checks between records. Raises duckdb.Error.

    The answers stand in the order of the rules, those of the checks between records after them.
    """
    asked: list[Rule | None] = list(rules)
    if _is_sound(frame):
        asked = [_of_sound(rule) for rule in rules]
    with _connection(frame, surroundings) as connection:
        return [*_ask(connection, asked, len(frame)), *(_ask_table(connection, table) for table in tables)]


def _is_sound(frame: pd.DataFrame) -> bool:
    """Tell whether every answer of a batch could be read, as in most."""
    columns: Any = frame
    for name, kind in columns.dtypes.items():
        if name == "_problems":
            problems: Any = pa.array(columns[name].array)
        elif _holds_problems(kind):
            problems = compute.struct_field(compute.list_flatten(pa.array(columns[name].array)), "_problems")
        else:
            continue
        if compute.any(compute.greater(compute.list_value_length(problems), 0)).as_py():
            return False
    return True


def _holds_problems(kind: object) -> bool:
    """Tell whether a column holds the rows of a group of this form, each with what was wrong with it."""
    kept: Any = getattr(kind, "pyarrow_dtype", pa.null())
    if not (pa.types.is_list(kept) and pa.types.is_struct(kept.value_type)):
        return False
    return kept.value_type.get_field_index("_problems") >= 0


def _of_sound(rule: Rule) -> Rule | None:
    """Give what is left of a rule to ask about sound records; None where it holds for all of them."""
    node = of_sound(rule.node)
    if node == Flag(value=True):
        return None
    return replace(rule, node=node)


class Batch:
    """The answers of one frame to all rules of a book: asked together once, one by one only when that breaks.

    Asked together is two orders of magnitude quicker; asked alone, a rule that breaks spoils no other.
    """

    def __init__(self, frame: pd.DataFrame, rulebook: RuleBook, surroundings: Surroundings | None = None) -> None:
        self._rules = {rule.id: rule for rule in rulebook.rules}
        self._tables = {table.rule.id: table for table in _tables(rulebook, surroundings)}
        self._frame, self._surroundings = frame, surroundings
        self._answers: dict[str, Failing] | None = None

    def asked(self, check: str) -> int:
        """Give how many records, or units of the register, one check is asked of."""
        table = self._tables.get(check)
        if self._surroundings is not None and table is not None and table.check.kind == "coverage":
            register: Any = self._surroundings.register
            return int(register["_owing"].sum())
        return len(self._frame)

    def failing(self, check: str) -> Failing:
        """Give where one check fails. Raises duckdb.Error when this very check cannot be answered."""
        if self._answers is None:
            self._answers = self._all_together()
        if check not in self._answers:
            self._answers[check] = self._alone(check)
        return self._answers[check]

    def _all_together(self) -> dict[str, Failing]:
        try:
            answers = failing(self._frame, tuple(self._rules.values()), self._tables.values(), self._surroundings)
        except duckdb.Error:
            # One of them breaks, and the error does not say which: each is asked by itself from here on.
            return {}
        return dict(zip((*self._rules, *self._tables), answers, strict=True))

    def _alone(self, check: str) -> Failing:
        if check in self._rules:
            (answer,) = failing(self._frame, [self._rules[check]], (), self._surroundings)
        else:
            (answer,) = failing(self._frame, [], [self._tables[check]], self._surroundings)
        return answer


@contextmanager
def _connection(frame: pd.DataFrame, surroundings: Surroundings | None) -> Generator[duckdb.DuckDBPyConnection]:
    outlines = NOWHERE
    if surroundings is not None:
        outlines = surroundings.outlines
    connection = duckdb.connect(config={"threads": 2})
    try:
        add_functions(connection, outlines)
        table = pa.Table.from_pandas(frame, preserve_index=False)
        # Only batches of stored revisions bring explanations along.
        if "_explained" not in table.column_names:
            table = table.append_column("_explained", pa.nulls(len(table), pa.list_(pa.string())))
        table = table.append_column("_place", pa.array(range(len(table)), pa.int64()))
        connection.register("batch", table)
        if surroundings is not None:
            connection.register("register", pa.Table.from_pandas(surroundings.register, preserve_index=False))
        yield connection
    finally:
        connection.close()


def _ask(connection: duckdb.DuckDBPyConnection, rules: Sequence[Rule | None], records: int) -> list[Failing]:
    asked = {f"c{number}": rule for number, rule in enumerate(rules) if rule is not None}
    if not asked:
        return [HOLDS] * len(rules)
    columns = ", ".join(f"{to_sql(rule)} AS {name}" for name, rule in asked.items())
    query = f"SELECT _place, {columns} FROM batch"  # in no order: sorting a million answers takes as long as the checks
    if records <= SMALL:  # a relation is planned twice, which takes longer than keeping few answers
        connection.execute(f"CREATE TEMP TABLE answers AS {query}")
        query = "FROM answers"
    answers: Any = connection.sql(query).to_arrow_reader().read_all()
    found = {
        name: _failing(answers.column("_place"), answers.column(name), each=rule.each is not None)
        for name, rule in asked.items()
    }
    return [found.get(f"c{number}", HOLDS) for number in range(len(rules))]


def _failing(places: Any, column: Any, *, each: bool) -> Failing:
    """Give the lines where something fails, in the order of the frame."""
    fails: Any = column
    if each:
        fails = compute.greater(compute.list_value_length(column), 0)
    if not compute.any(fails).as_py():
        return HOLDS
    found: Any = pa.table({"place": places, "rows": column}).filter(fails).sort_by("place")
    rows: Any = [()] * len(found)
    if each:
        rows = found.column("rows").to_pylist()
    return Failing(tuple(found.column("place").to_pylist()), tuple(map(tuple, rows)))


def _ask_table(connection: duckdb.DuckDBPyConnection, table: TableRule) -> Failing:
    answers = connection.sql(table_sql(table)).fetchall()
    if table.check.kind == "coverage":
        return Failing((), (), tuple(unit for (unit,) in answers))
    found: dict[int, list[int]] = {}
    for place, row in sorted(answers):
        rows = found.setdefault(place, [])
        if row is not None:
            rows.append(row)
    return Failing(tuple(found), tuple(map(tuple, found.values())))

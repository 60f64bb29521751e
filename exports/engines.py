"""Running the summary tables 汇总表: one SQL file each, its title, scope and columns in the comments at its head."""

from __future__ import annotations

import math
import re
from collections.abc import Iterator, Sequence
from contextlib import closing
from dataclasses import dataclass
from pathlib import Path
from typing import Final, Literal, cast

import duckdb

FOLDER: Final = Path(__file__).with_name("summary")
HEAD: Final = re.compile(r"-- (id|title|scope|forms): (.+)")
Kind = Literal["text", "sum", "figure"]
Line = tuple[str | int | float | None, ...]
COLUMN: Final = re.compile(r"-- (text|sum|figure) (\w+): ([^|]+?)(?: \| ([^|]+?))?(?: \| (\d))?")


@dataclass(frozen=True, slots=True)
class SummaryColumn:
    """One column. ``sum``: its figures add up in the last line; ``figure``: they do not."""

    name: str
    label: str
    unit: str
    kind: Kind
    decimals: int = 0


@dataclass(frozen=True, slots=True)
class SummaryQuery:
    """A summary table as its file describes it."""

    name: str
    id: str
    title: str
    scope: str
    columns: tuple[SummaryColumn, ...]
    sql: str
    forms: tuple[str, ...] = ()  # whose tables it reads; they are there, empty, where nobody has filled them


@dataclass(frozen=True, slots=True)
class Summary:
    """A summary table with its figures, the total as its last line where figures add up."""

    query: SummaryQuery
    rows: tuple[Line, ...]


def queries(folder: Path = FOLDER) -> list[SummaryQuery]:
    """Read all summary tables, by file name."""
    return [read(path) for path in sorted(folder.glob("*.sql"))]


def read(path: Path) -> SummaryQuery:
    """Read one file. Raises ValueError naming what its head lacks."""
    text = path.read_text(encoding="utf-8")
    heads: dict[str, str] = {}
    columns: list[SummaryColumn] = []
    for line in text.splitlines():
        if head := HEAD.fullmatch(line):
            heads[head[1]] = head[2]
        elif column := COLUMN.fullmatch(line):
            columns.append(
                SummaryColumn(column[2], column[3], column[4] or "", cast("Kind", column[1]), int(column[5] or 0))
            )
    missing = {"id", "title", "scope"} - heads.keys()
    if missing or not columns:
        raise ValueError(f"{path.name}: its head lacks {', '.join(sorted(missing)) or 'columns'}")
    return SummaryQuery(
        path.stem,
        heads["id"],
        heads["title"],
        heads["scope"],
        tuple(columns),
        text,
        tuple(heads.get("forms", "").split()),
    )


def run(database: Path, wanted: Sequence[SummaryQuery]) -> Iterator[Summary]:
    """Run summary tables on an ``aggregate.duckdb``."""
    with closing(duckdb.connect(str(database), read_only=True)) as connection:
        for query in wanted:
            cursor = connection.execute(query.sql)
            names = [part[0] for part in cursor.description or ()]
            if names != [column.name for column in query.columns]:
                raise ValueError(f"{query.name}: the query gives {names}, its head describes other columns")
            rows = [tuple(row) for row in cursor.fetchall()]
            if any(column.kind == "sum" for column in query.columns):
                rows.append(_total(query, rows))
            yield Summary(query, tuple(rows))


def _total(query: SummaryQuery, rows: Sequence[Line]) -> Line:
    """The last line: 合计 in the first column of words, under each sum what it adds up to, else nothing."""
    total: list[str | int | float | None] = [""] * len(query.columns)
    total[[column.kind for column in query.columns].index("text")] = "合计"
    for place, column in enumerate(query.columns):
        if column.kind == "sum":
            total[place] = _added(column, [number for row in rows if isinstance(number := row[place], int | float)])
    return tuple(total)


def _added(column: SummaryColumn, numbers: Sequence[int | float]) -> int | float:
    if column.decimals == 0:  # counts, which stay whole numbers
        return sum(numbers)
    return round(math.fsum(numbers), column.decimals)

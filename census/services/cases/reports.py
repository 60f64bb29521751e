"""The reports R1 to R8: figures and tables, each counted from the rows that stand in the database at a day.

``figures`` says what each figure counts, ``tables`` what each table shows; this module asks the database.
"""

from __future__ import annotations

from dataclasses import dataclass, replace
from datetime import date, datetime, timedelta
from typing import Any, Final
from urllib.parse import urlencode

from sqlalchemy import text
from sqlalchemy.orm import Session

from census.clock import today
from census.errors import InvalidInput, NotFound
from census.services.cases.figures import FIGURES, SOURCES, Derived, Figure
from census.services.cases.paragraph import paragraph
from census.services.cases.tables import TABLES, Table

TITLES: Final = {"R8": "年报：“散乱污”整治段落", **{code: table.title for code, table in TABLES.items()}}
END_OF_TIME: Final = "infinity"


@dataclass(frozen=True, slots=True)
class Window:
    """What a report looks at: one region and year, as it stood at the end of one day.

    ``known_at`` leaves out what was recorded later, so that a report printed then can be printed again.
    """

    region: str
    year: int
    as_of: date
    known_at: datetime | None = None

    @property
    def since(self) -> date:
        return date(self.year, 1, 1)

    @property
    def until(self) -> date:
        return min(self.as_of, date(self.year, 12, 31))

    @property
    def is_district(self) -> bool:
        return len(self.region) <= 6

    def parameters(self) -> dict[str, Any]:
        known_at = END_OF_TIME
        if self.known_at:
            known_at = self.known_at.isoformat()
        return {"region": self.region, "since": self.since, "until": self.until, "known_at": known_at}

    def query(self, **more: str) -> str:
        """The same window as the query of an address."""
        return urlencode(more | {"as_of": self.as_of.isoformat(), "year": str(self.year), "region": self.region})


@dataclass(frozen=True, slots=True, kw_only=True)
class Counted:
    """A figure with its value. ``value`` is None where a percentage has nothing to divide by."""

    id: str
    label: str
    value: int | float | None
    unit: str
    source: str
    precision: str = "exact"  # exact, at_least, about
    numerator: int | float | None = None
    denominator: int | float | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Report:
    """One report as it is shown, printed or sent: figures with a paragraph, or a table."""

    code: str
    title: str
    window: Window
    figures: tuple[Counted, ...] = ()
    paragraph: str = ""
    columns: tuple[tuple[str, str], ...] = ()
    rows: tuple[dict[str, Any], ...] = ()


def window_of(
    session: Session,
    region: str,
    as_of: date | None = None,
    year: int | None = None,
    known_at: datetime | None = None,
) -> Window:
    """Complete what a reader left out: the year of the day, or the latest year in which anything happened."""
    if year is not None and not 1990 <= year <= 2100:
        raise InvalidInput("年份请填四位数字，例如 2017。", fields={"year": "不是年份"})
    if year is None:
        year = as_of.year if as_of else _latest_year(session)
    return Window(region, year, as_of or min(today(), date(year, 12, 31)), known_at)


def report(session: Session, code: str, window: Window) -> Report:
    """Work a report out. Raises NotFound for a code that is none of R1 to R8."""
    if code == "R8":
        figures = count_figures(session, window)
        return Report(
            code=code,
            title=TITLES[code],
            window=window,
            figures=figures,
            paragraph=paragraph(window.year, {figure.id: figure for figure in figures}),
        )
    table = TABLES.get(code)
    if table is None:
        raise NotFound("没有这种报表。可选 R1 至 R8。")
    return Report(
        code=code, title=table.title, window=window, columns=table.columns, rows=_table_rows(session, table, window)
    )


def count_figures(session: Session, window: Window) -> tuple[Counted, ...]:
    """Count every figure that the window's region has, in the order of the report."""
    counted = _count_sources(session, window)
    for figure in FIGURES:
        if isinstance(figure, Derived) and set(figure.of) <= counted.keys():
            counted[figure.id] = _derive(figure, counted)
    return tuple(
        counted[figure.id]
        for figure in FIGURES
        if figure.id in counted and not (isinstance(figure, Figure) and figure.is_part)
    )


def rows_behind(
    session: Session,
    figure_id: str,
    window: Window,
    *,
    after: str = "",
    limit: int = 50,
) -> tuple[tuple[tuple[str, str], ...], list[dict[str, Any]]]:
    """The rows that a figure counts, and which columns of them people see. ``after`` is the last row's key before."""
    figure = find_figure(figure_id)
    source = SOURCES[figure.source]
    rows = session.execute(
        text(
            f"select {source.key}::text as row_key, * from ({source.sql}) rows where ({_condition(figure)})"
            f" and {source.key}::text > :after order by {source.key}::text limit :limit"
        ),
        window.parameters() | {"after": after, "limit": limit},
    )
    return source.shown, [dict(row) for row in rows.mappings()]


def case_ids_sql(figure_id: str) -> str:
    """A query of the ids of the cases that a figure counts, for a window's parameters."""
    figure = find_figure(figure_id)
    if figure.source != "cases":
        raise InvalidInput("这个数字不是由案件统计的。", fields={"figure": figure.source})
    return f"select id from ({SOURCES['cases'].sql}) rows where ({_condition(figure)})"


def find_figure(figure_id: str) -> Figure | Derived:
    """Find a figure's declaration. Raises NotFound."""
    for figure in FIGURES:
        if figure.id == figure_id:
            return figure
    raise NotFound("报表里没有这个数字。")


def address_of(counted: Counted, window: Window) -> str:
    """Where the API lists the rows behind a figure."""
    query = window.query(figure=counted.id)
    if counted.source == "cases":
        return f"/api/v1/cases?{query}"
    return f"/api/v1/reports/R8/rows?{query}"


def _condition(figure: Figure | Derived) -> str:
    """Which rows of its source a figure counts; behind a percentage stand those of its denominator."""
    if isinstance(figure, Figure):
        return figure.where
    return _condition(find_figure(figure.of[1]))


def _count_sources(session: Session, window: Window) -> dict[str, Counted]:
    counted: dict[str, Counted] = {}
    for name, source in SOURCES.items():
        figures = [figure for figure in FIGURES if isinstance(figure, Figure) and figure.source == name]
        if source.is_district and not window.is_district:
            continue
        columns = ", ".join(
            f"{_measure(figure)} as f{at}, {_precision(figure)} as p{at}" for at, figure in enumerate(figures)
        )
        row = session.execute(text(f"select {columns} from ({source.sql}) rows"), window.parameters()).one()
        for at, figure in enumerate(figures):
            counted[figure.id] = Counted(
                id=figure.id,
                label=figure.label,
                unit=figure.unit,
                source=name,
                value=_number(row[2 * at]),
                precision=row[2 * at + 1] or "exact",
            )
    return counted


def _measure(figure: Figure) -> str:
    """The aggregate over the rows that meet the figure's condition; conditions nested in it are narrowed by it."""
    rows = f"filter (where {figure.where})"
    first, separator, second = figure.measure.partition(" - ")
    if separator:  # a difference of two counts: the second has a condition of its own
        return f"{first} {rows} - {second.replace('(where ', f'(where ({figure.where}) and ')}"
    return f"coalesce({figure.measure} {rows}, 0)"


def _precision(figure: Figure) -> str:
    if not figure.is_inexact:
        return "''"
    return f"max(precision) filter (where {figure.where})"


def _derive(figure: Derived, counted: dict[str, Counted]) -> Counted:
    first, second = counted[figure.of[0]].value or 0, counted[figure.of[1]].value or 0
    empty = Counted(id=figure.id, label=figure.label, unit=figure.unit, source=figure.source, value=None)
    if figure.how == "difference":
        return replace(empty, value=first - second)
    empty = replace(empty, numerator=first, denominator=second)
    if not second:
        return empty
    return replace(empty, value=_number(round(first / second * 100, 2)))


def _number(value: Any) -> int | float:
    number = float(value)
    if number.is_integer():
        return int(number)
    return round(number, 4)


def _table_rows(session: Session, table: Table, window: Window) -> tuple[dict[str, Any], ...]:
    start = {
        "day": window.until,
        "week": window.until - timedelta(days=window.until.weekday()),
        "month": window.until.replace(day=1),
        "year": window.since,
    }[table.period]
    parameters = window.parameters() | {"period_start": start}
    return tuple(dict(row) for row in session.execute(text(table.sql), parameters).mappings())


def _latest_year(session: Session) -> int:
    latest = session.execute(LATEST_DAY).scalar()
    return (latest or today()).year


LATEST_DAY: Final = text("""
    select max(day) from (select max(found_on) as day from "case" union all select max(held_on) from operation) days
""")

"""Turns a check between records into one query that gives where it fails.

It asks ``batch`` (the frame, with ``_place`` counting its lines from 0) and ``register`` (one line per unit of the
region, with the forms it has filled and ``_owing``: whether it is asked for those that it owes). Its answer has one
line per failing record or row: ``place`` and ``row`` (from 0, NULL for a check of whole records). A check of coverage
gives ``unit`` instead. ``census_outside_m`` is a function of the connection; everything else is SQL that is not tied to
one engine but for the unnesting of rows.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Final

from forms.checks import LEVEL_DIGITS, TableCheckKind
from validation.evaluators.dialect import DUCKDB, double, quoted
from validation.evaluators.sql import INDEX, ROW, expression_sql, rows_sql
from validation.language.nodes import Node
from validation.tables import TableRule

# The median absolute deviation of a normal distribution, times this, is its standard deviation.
MAD_TO_SD: Final = 1.4826
# Where more than half of a group agree, their spread is taken as five per cent.
LEAST_SPREAD: Final = 0.05


def table_sql(table: TableRule) -> str:
    return _QUERIES[table.check.kind](table)


def region_sql(level: str) -> str:
    """Give the region of a record at a level; NULL where its code is shorter."""
    digits = LEVEL_DIGITS[level]
    return f"CASE WHEN length(_region) >= {digits} THEN substr(_region, 1, {digits}) END"


def _taking_part(table: TableRule, columns: dict[str, str]) -> str:
    """Select the lines that take part, with some columns; those of which the first is blank take none."""
    first = next(iter(columns.values()))
    listed = ", ".join(f"{text} AS {name}" for name, text in columns.items())
    where = f"{first} IS NOT NULL"
    if table.where:
        where += f" AND {expression_sql(table.where)}"
    if table.rule.each is None:
        return f"SELECT _place AS place, CAST(NULL AS BIGINT) AS row, {listed} FROM batch WHERE {where}"
    rows = rows_sql(table.rule.each)
    lines = f"SELECT *, unnest({rows}) AS {ROW}, unnest(range(1, len({rows}) + 1)) AS {INDEX} FROM batch"
    return f"SELECT _place AS place, {INDEX} - 1 AS row, {listed} FROM ({lines}) AS lines WHERE {where}"


def _keys(table: TableRule) -> dict[str, str]:
    return {f"k{number}": expression_sql(column) for number, column in enumerate(table.columns)}


def _unique(table: TableRule) -> str:
    check, columns = table.check, _keys(table)
    known = ""
    if check.within:
        # Unique within a county: a record of which the county is not known is compared with none.
        columns["inside"] = region_sql(check.within)
        known = " WHERE inside IS NOT NULL"
    keys = ", ".join(columns)
    if check.across:
        # The same key may stand twice in one region, but not in two.
        columns["region"] = region_sql(check.across)
        shared = f"min(region) OVER (PARTITION BY {keys}) < max(region) OVER (PARTITION BY {keys})"
    else:
        shared = f"count(*) OVER (PARTITION BY {keys}) > 1"
    counted = f"SELECT place, row, {shared} AS shared FROM ({_taking_part(table, columns)}) AS taking{known}"
    return f"SELECT place, row FROM ({counted}) AS counted WHERE shared"


def _near_duplicate(table: TableRule) -> str:
    lon, lat = map(expression_sql, _position(table))
    taking = _taking_part(table, {**_keys(table), "lon": lon, "lat": lat})
    same = " AND ".join(f"one.k{number} IS NOT DISTINCT FROM other.k{number}" for number in range(len(table.columns)))
    metres = DUCKDB.call("distance_m", ("one.lon", "one.lat", "other.lon", "other.lat"))
    near = f"one.place <> other.place AND {metres} <= {double(table.check.within_m or 0.0)}"
    return (
        f"WITH taking AS ({taking}) SELECT DISTINCT one.place, one.row "
        f"FROM taking AS one JOIN taking AS other ON {same} AND {near}"
    )


def _listed_in(table: TableRule) -> str:
    within = "''"  # everywhere is one region
    if table.check.within:
        within = region_sql(table.check.within)
    taking = _taking_part(table, {"name": expression_sql(table.columns[0]), "inside": within})
    # While nobody has filled the other form there, its list is not missing a name: it is not there yet.
    listed = f"SELECT DISTINCT {expression_sql(_known(table.listed))} AS name, {within} AS inside FROM register"
    return (
        f"WITH taking AS ({taking}), listed AS ({listed}) "
        "SELECT place, row FROM taking WHERE inside IN (SELECT inside FROM listed WHERE name IS NOT NULL) "
        "AND NOT EXISTS (SELECT 1 FROM listed WHERE listed.name = taking.name AND listed.inside = taking.inside)"
    )


def _coverage(table: TableRule) -> str:
    return (
        f"SELECT _unit AS unit FROM register WHERE _owing AND {expression_sql(_known(table.applies))} "
        f"AND NOT list_contains(_present, {quoted(table.form)}) ORDER BY _unit"
    )


def _outlier(table: TableRule) -> str:
    check, value = table.check, expression_sql(_known(table.value))
    least = double(LEAST_SPREAD)
    if check.scale == "log":
        # Five per cent of a value is a fixed distance between logarithms.
        value = f"CASE WHEN {value} > 0 THEN ln({value}) END"
    else:
        least = f"{least} * abs(middle)"
    group = "''"  # all are one group
    if table.by:
        group = expression_sql(table.by)
    taking = _taking_part(table, {"v": value, "g": group})
    spread = f"greatest({double(MAD_TO_SD)} * median(distance), {least})"
    return (
        f"WITH taking AS (SELECT * FROM ({taking}) AS lines WHERE g IS NOT NULL), "
        f"middles AS (SELECT g, median(v) AS middle FROM taking GROUP BY g HAVING count(*) >= {check.group_minimum}), "
        "away AS (SELECT place, row, g, middle, abs(v - middle) AS distance FROM taking JOIN middles USING (g)), "
        f"spreads AS (SELECT g, {spread} AS spread FROM away GROUP BY g, middle) "
        "SELECT place, row FROM away JOIN spreads USING (g) "
        f"WHERE spread > 0 AND distance > {double(check.threshold)} * spread"
    )


def _region_sum(table: TableRule) -> str:
    check, total = table.check, expression_sql(_known(table.total))
    region = region_sql(check.within)
    taking = _taking_part(table, {"v": expression_sql(_known(table.value)), "region": region})
    sums = (
        f"SELECT {region} AS region, sum({total}) AS total FROM register "
        f"WHERE list_contains(_present, {quoted(check.other)}) GROUP BY 1"
    )
    room = f"{double(check.tolerance)} * abs(v) + {double(1e-9)}"
    holds = {
        "==": f"abs(total - v) <= {room}",
        "<=": f"total <= v + {room}",
        ">=": f"total >= v - ({room})",
    }[check.compare]
    return (
        f"WITH taking AS ({taking}), sums AS ({sums}) "
        f"SELECT place, row FROM taking JOIN sums USING (region) WHERE NOT ({holds})"
    )


def _far_from_area(table: TableRule) -> str:
    lon, lat = map(expression_sql, _position(table))
    taking = _taking_part(table, {"lon": lon, "lat": lat, "region": "_region"})
    metres = double(table.check.within_m or 0.0)
    return f"SELECT place, row FROM ({taking}) AS taking WHERE census_outside_m(lon, lat, region) > {metres}"


def _position(table: TableRule) -> tuple[Node, Node]:
    if table.position is None:
        raise ValueError(f"{table.rule.id} names no position")
    return table.position


def _known(node: Node | None) -> Node:
    if node is None:
        raise ValueError("the check was compiled without this expression")
    return node


_QUERIES: Final[dict[TableCheckKind, Callable[[TableRule], str]]] = {
    "unique": _unique,
    "near_duplicate": _near_duplicate,
    "listed_in": _listed_in,
    "coverage": _coverage,
    "outlier": _outlier,
    "region_sum": _region_sum,
    "far_from_area": _far_from_area,
}

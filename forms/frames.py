"""Answers of many records as one data frame with the form's exact dtypes: what Great Expectations and DuckDB look at.

The only module here that loads pandas. Columns, all of Arrow types, so that an empty frame has the same dtypes as a
full one:

=====================================  ==========================================================================
``_key``, ``_unit``, ``_region``       text: submission, unit and region code of the record
``_revision``                          int64
``_present``                           list of text: codes of the forms that the unit has filled
``_problems``                          list of text: ``water_intake_total:type``, ``…:precision``, ``facility:rows``, ``unknown``
``<item>``                             text, double, bool, date or list of text (multiple choice); degrees are decimal degrees
``<gps>__lon``, ``…__lat``, …          the parts of a position (``forms.columns``)
``<group>``                            list of structs: one struct a row, with the row's items and its own ``_problems``
``G101_1__<item>``, ``G102__<group>``  items and groups of other forms of the same unit
``baseline__<item>``                   what the register knew
=====================================  ==========================================================================

Numbers are doubles throughout: all three evaluators of the check language calculate with doubles.
"""

from __future__ import annotations

from collections.abc import Collection, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any, cast

import pandas as pd
import pyarrow as pa

from forms.columns import Column, ColumnKind, cell, columns
from forms.definition import Form, Item
from forms.values import parse

arrow: Any = pa    # it has no type stubs
Array = Any        # an arrow array

Answers = Mapping[str, Any]
Place = tuple[str, str]  # (group or "", item key; "" for the rows of the group as such)

NOTHING: Answers = {}
_ARROW: dict[ColumnKind, Any] = {
    "text": arrow.string(), "number": arrow.float64(), "integer": arrow.float64(), "boolean": arrow.bool_(), "date": arrow.date32(),
    "texts": arrow.list_(arrow.string()),
}


@dataclass(frozen=True, slots=True)
class Row:
    """One revision of one record and what is known beside it."""

    key: str
    revision: int
    unit: str
    region_code: str
    answers: Answers
    related: Mapping[str, Answers] = field(default_factory=dict[str, Answers])  # form code -> answers of the same unit
    baseline: Answers = field(default_factory=dict[str, Any])
    present: Collection[str] = frozenset()


@dataclass(frozen=True, slots=True)
class Related:
    """What the checks of a form read in another one: its definition and the places read there."""

    form: Form
    places: Collection[Place]


def to_frame(form: Form, rows: Sequence[Row], related: Sequence[Related] = ()) -> pd.DataFrame:
    """Return one line per record, in the order given, with a fresh integer index."""
    table = arrow.table(dict(_arrays(form, rows, related)))
    return cast("pd.DataFrame", table.to_pandas(types_mapper=pd.ArrowDtype))


def to_register(rows: Sequence[Row], owing: Sequence[bool], related: Sequence[Related]) -> pd.DataFrame:
    """Return one line per unit of the register: ``_unit``, ``_region``, ``_present``, ``_owing`` and what is read of its forms."""
    columns = {**dict(_identity(rows)), "_owing": arrow.array(owing, arrow.bool_()), **dict(_of_other_forms(rows, related))}
    return cast("pd.DataFrame", arrow.table(columns).to_pandas(types_mapper=pd.ArrowDtype))


def _identity(rows: Sequence[Row]) -> Iterator[tuple[str, Array]]:
    yield "_unit", arrow.array([row.unit for row in rows], arrow.string())
    yield "_region", arrow.array([row.region_code for row in rows], arrow.string())
    yield "_present", arrow.array([sorted(row.present) for row in rows], arrow.list_(arrow.string()))


def _of_other_forms(rows: Sequence[Row], related: Sequence[Related]) -> Iterator[tuple[str, Array]]:
    for other in related:
        theirs = [row.related.get(other.form.code, NOTHING) for row in rows]
        yield from ((f"{other.form.name}__{name}", array) for name, array in _related_arrays(other, theirs))


def _arrays(form: Form, rows: Sequence[Row], related: Sequence[Related]) -> Iterator[tuple[str, Array]]:
    yield "_key", arrow.array([row.key for row in rows], arrow.string())
    yield "_revision", arrow.array([row.revision for row in rows], arrow.int64())
    yield from _identity(rows)
    answers = [_current(form, row.answers) for row in rows]
    groups = tuple(form.groups())
    yield "_problems", arrow.array([_problems(form, groups, one) for one in answers], arrow.list_(arrow.string()))
    for column in columns(form):
        yield column.name, _array(column, answers)
    for group in groups:
        yield group, _rows_array(form, group, columns(form, group), answers)
    yield from _of_other_forms(rows, related)
    for key in form.baseline:
        known = [row.baseline for row in rows]
        for column in columns(form):
            if column.item.key == key:
                yield f"baseline__{column.name}", _array(column, known)


def _related_arrays(other: Related, answers: list[Answers]) -> Iterator[tuple[str, Array]]:
    answers = [_current(other.form, one) for one in answers]
    wanted = set(other.places)
    for column in columns(other.form):
        if ("", column.item.key) in wanted:
            yield column.name, _array(column, answers)
    for group in other.form.groups():
        if any(place[0] == group for place in wanted):
            read = tuple(column for column in columns(other.form, group) if (group, column.item.key) in wanted)
            yield group, _rows_array(other.form, group, read, answers)


def _array(column: Column, answers: Sequence[Answers]) -> Array:
    return arrow.array([cell(column, one.get(column.item.key)) for one in answers], _ARROW[column.kind])


def _rows_array(form: Form, group: str, read: Sequence[Column], answers: Sequence[Answers]) -> Array:
    struct = arrow.struct([*((column.name, _ARROW[column.kind]) for column in read), ("_problems", arrow.list_(arrow.string()))])
    items = _items(form, group)
    return arrow.array([[_struct(items, read, row) for row in _rows_of(one, group)] for one in answers], arrow.list_(struct))


def _struct(items: Mapping[str, Item], read: Sequence[Column], row: object) -> dict[str, Any]:
    answers = _renamed(items, cast("Answers", row)) if isinstance(row, Mapping) else NOTHING
    values: dict[str, Any] = {column.name: cell(column, answers.get(column.item.key)) for column in read}
    return {**values, "_problems": _answer_problems(items, answers, ())}


def _rows_of(answers: Answers, group: str) -> list[object]:
    rows = answers.get(group)
    return cast("list[object]", rows) if isinstance(rows, list) else []


def _items(form: Form, group: str) -> dict[str, Item]:
    return {item.key: item for item in form.items() if item.rows_key == group}


def _current(form: Form, answers: Answers) -> Answers:
    return _renamed(_items(form, ""), answers)


def _renamed(items: Mapping[str, Item], answers: Answers) -> Answers:
    """Move answers that came under a former key to the present one."""
    former = {item.alias: key for key, item in items.items() if item.alias in answers}
    return {former.get(key, key): value for key, value in answers.items()} if former else answers


def _problems(form: Form, groups: tuple[str, ...], answers: Answers) -> list[str]:
    found = _answer_problems(_items(form, ""), answers, groups)
    for group in groups:
        rows = answers.get(group)
        if rows is not None and not (isinstance(rows, list) and all(isinstance(row, Mapping) for row in _rows_of(answers, group))):
            found.append(f"{group}:rows")
        names = _items(form, group)
        formers = {item.alias for item in names.values() if item.alias}
        unknown = (key for row in _rows_of(answers, group) if isinstance(row, Mapping) for key in cast("Answers", row) if key not in names and key not in formers)
        if any(unknown) and "unknown" not in found:
            found.append("unknown")
    return found


def _answer_problems(items: Mapping[str, Item], answers: Answers, groups: tuple[str, ...]) -> list[str]:
    found: list[str] = []
    for key, raw in answers.items():
        item = items.get(key)
        if item is None:
            if raw is not None and key not in groups and "unknown" not in found:
                found.append("unknown")
        elif problem := parse(item, raw).problem:
            found.append(f"{key}:{problem}")
    return found

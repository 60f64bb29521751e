"""The typed columns of a form's tables: one main table, one for each repeating group. Loads no pandas.

Frames, exports and the data package all take names, types, units and labels from here.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

from forms.answers.values import parse
from forms.definition import Form, Item
from forms.item_types.registry import ColumnKind
from forms.item_types.values import Position, Value

SQL_TYPES: dict[ColumnKind, str] = {
    "text": "VARCHAR",
    "number": "DOUBLE",
    "integer": "BIGINT",
    "boolean": "BOOLEAN",
    "date": "DATE",
    "texts": "VARCHAR[]",
}


@dataclass(frozen=True, slots=True)
class Column:
    """One column. A position has five: ``gps__lon``, ``…__lat``, ``…__accuracy_m``, ``…__at``, ``…__source``."""

    name: str
    kind: ColumnKind
    unit: str
    label: str
    item: Item
    part: str = ""  # of a position

    @property
    def sql_type(self) -> str:
        return SQL_TYPES[self.kind]


def columns(form: Form, group: str = "") -> tuple[Column, ...]:
    """Return the columns of the main table, or of one repeating group, in the order of the form."""
    return tuple(column for item in form.items() if item.rows_key == group for column in item_columns(item))


def item_columns(item: Item) -> Iterator[Column]:
    kind = item.kind
    if kind.value == "position":
        for part in kind.parts:
            yield Column(
                f"{item.key}__{part.name}", part.kind, part.unit, f"{item.name}（{part.label}）", item, part.name
            )
    else:
        yield Column(item.key, kind.value, kind.unit or item.unit, item.name, item)


def cell(column: Column, raw: object) -> Value:
    """Return the typed value of a raw answer in one of its columns; None for a blank or an answer of a wrong type."""
    value = parse(column.item, raw).value
    if isinstance(value, Position):
        value = getattr(value, column.part)
    if isinstance(value, float) and column.kind == "integer":
        return int(value)
    return None if value == () else value

"""The typed columns of a form's tables: one main table, one for each repeating group. Loads no pandas.

Frames, exports and the data package all take names, types, units and labels from here.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Literal

from forms.answers.values import Position, Value, parse
from forms.definition import Form, Item, ItemType

ColumnKind = Literal["text", "number", "integer", "boolean", "date", "texts"]
SQL_TYPES: dict[ColumnKind, str] = {
    "text": "VARCHAR",
    "number": "DOUBLE",
    "integer": "BIGINT",
    "boolean": "BOOLEAN",
    "date": "DATE",
    "texts": "VARCHAR[]",
}
_KINDS: dict[ItemType, ColumnKind] = {
    "text": "text",
    "integer": "integer",
    "decimal": "number",
    "date": "date",
    "year": "integer",
    "choice": "text",
    "code": "text",
    "multichoice": "texts",
    "yesno": "boolean",
    "dms": "number",
    "photo": "text",
    "signature": "text",
}
_POSITION_PARTS: tuple[tuple[str, str, ColumnKind, str], ...] = (
    ("lon", "经度", "number", "度"),
    ("lat", "纬度", "number", "度"),
    ("accuracy_m", "定位精度", "number", "米"),
    ("at", "定位时间", "text", ""),
    ("source", "定位来源", "text", ""),
)


@dataclass(frozen=True, slots=True)
class Column:
    """One column. A position has five: ``gps__lon``, ``gps__lat``, ``gps__accuracy_m``, ``gps__at``, ``gps__source``."""

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
    if item.type == "gps":
        for part, label, kind, unit in _POSITION_PARTS:
            yield Column(f"{item.key}__{part}", kind, unit, f"{item.name}（{label}）", item, part)
    else:
        yield Column(item.key, _KINDS[item.type], "度" if item.type == "dms" else item.unit, item.name, item)


def cell(column: Column, raw: object) -> Value:
    """Return the typed value of a raw answer in one of its columns; None for a blank or an answer of a wrong type."""
    value = parse(column.item, raw).value
    if isinstance(value, Position):
        value = getattr(value, column.part)
    if isinstance(value, float) and column.kind == "integer":
        return int(value)
    return value if value != () else None

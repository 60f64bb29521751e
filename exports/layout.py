"""Records as JSON lines, laid out table by table: the heads of each line and the raw answers of each item.

Arrow reads the lines whole; where one of them is not written in the usual way, Python reads its batch. Both give the
same.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Final, cast

import orjson
import pyarrow  # noqa: ICN001 - pa is its untyped alias below
import pyarrow.compute

from forms.answers import lines
from forms.answers.arrays import Raws
from forms.answers.columns import ColumnKind
from forms.definition import Form, Item

pa: Any = pyarrow  # neither has type stubs
compute: Any = pyarrow.compute
pa.scalar(None)  # the first one loads pandas, for half a second: rather with the program than with the first table

ARROW: Final[Mapping[ColumnKind, Any]] = {
    "text": pa.string(),
    "number": pa.float64(),
    "integer": pa.int64(),
    "boolean": pa.bool_(),
    "date": pa.date32(),
    "texts": pa.list_(pa.string()),
}
_NOTES: Final = pa.list_(pa.struct([("check", pa.string()), ("path", pa.string()), ("text", pa.string())]))


@dataclass(frozen=True, slots=True)
class Head:
    """A column that every table of a form has before its items."""

    name: str
    kind: ColumnKind
    label: str


HEADS: Final = (
    Head("_record", "text", "填报编号"),
    Head("_unit", "text", "普查对象编号"),
    Head("_region", "text", "行政区划代码"),
    Head("_revision", "integer", "版本"),
)
ROW_HEADS: Final = (*HEADS, Head("_row", "integer", "行号"))
_KEYS: Final = ("id", "unit", "region_code", "revision")  # of a record's line, in the order of the heads


@dataclass(frozen=True, slots=True)
class Laid:
    """Lines of one table: the form's main one (``group`` empty), or that of a repeating section."""

    group: str
    heads: Any  # a table of HEADS or ROW_HEADS
    raws: Callable[[Item], Raws]


class Layout:
    """Lays out the records of one form."""

    def __init__(self, form: Form) -> None:
        self._form = form
        texts = [pa.field(key, pa.string()) for key in ("digest", "form", "id", "region_code", "unit", "version")]
        self._schema = pa.schema(
            [
                pa.field("answers", lines.answers_type(form)),
                pa.field("exemptions", _NOTES),
                pa.field("explanations", _NOTES),
                pa.field("revision", pa.int64()),
                *texts,
            ]
        )

    def lay_out(self, given: Sequence[bytes]) -> list[Laid]:
        """Lay out records, each one line of JSON with its line feed (``exports.record.line``)."""
        if not given:
            return []
        table = lines.read(given, self._schema)
        if table is None:
            return self._from_python([orjson.loads(each) for each in given])
        return self._from_arrow(table)

    def _from_arrow(self, table: Any) -> list[Laid]:
        heads = table.select(list(_KEYS)).rename_columns([head.name for head in HEADS])
        answers = _fields(table.column("answers").combine_chunks())
        laid = [Laid("", heads, _raws_of_fields(answers))]
        for group in self._form.groups():
            lists = answers[group]
            records, rows = compute.list_parent_indices(lists), compute.list_flatten(lists)
            numbers = compute.subtract(pa.arange(1, len(rows) + 1), lists.offsets.cast(pa.int64()).take(records))
            if rows.null_count:  # a row that is no object is none, but the rows after it keep their numbers
                records, numbers, rows = (each.filter(rows.is_valid()) for each in (records, numbers, rows))
            laid.append(
                Laid(
                    group,
                    heads.take(records).append_column(ROW_HEADS[-1].name, numbers),
                    _raws_of_fields(_fields(rows)),
                )
            )
        return laid

    def _from_python(self, records: Sequence[Mapping[str, Any]]) -> list[Laid]:
        heads = pa.table(
            [
                pa.array([record[key] for record in records], ARROW[head.kind])
                for head, key in zip(HEADS, _KEYS, strict=True)
            ],
            names=[head.name for head in HEADS],
        )
        laid = [Laid("", heads, _raws_of_answers([record["answers"] for record in records]))]
        for group in self._form.groups():
            lists = [_rows(record["answers"], group) for record in records]
            places = pa.array([place for place, rows in enumerate(lists) for _ in rows], pa.int64())
            numbers = pa.array([number for rows in lists for number, _ in rows], pa.int64())
            answers = [row for rows in lists for _, row in rows]
            laid.append(
                Laid(group, heads.take(places).append_column(ROW_HEADS[-1].name, numbers), _raws_of_answers(answers))
            )
        return laid


def _fields(structs: Any) -> dict[str, Any]:
    return dict(zip([field.name for field in structs.type], structs.flatten(), strict=True))


def _raws_of_fields(fields: Mapping[str, Any]) -> Callable[[Item], Raws]:
    def raws(item: Item) -> Raws:
        found = fields[item.key]
        if not item.alias:
            return found
        # An item that was renamed: old records have it under its former key.
        former = fields[item.alias]
        if former.null_count == len(former):
            return found
        return compute.if_else(found.is_valid(), found, former)

    return raws


def _raws_of_answers(answers: Sequence[Mapping[str, Any]]) -> Callable[[Item], Raws]:
    def raws(item: Item) -> Raws:
        if not item.alias:
            return [one.get(item.key) for one in answers]
        return [found if (found := one.get(item.key)) is not None else one.get(item.alias) for one in answers]

    return raws


def _rows(answers: Mapping[str, Any], group: str) -> list[tuple[int, dict[str, Any]]]:
    """Give the rows of a repeating section with their numbers from 1."""
    rows = answers.get(group)
    if not isinstance(rows, list):
        return []
    numbered = enumerate(cast("list[object]", rows), start=1)
    return [(number, cast("dict[str, Any]", row)) for number, row in numbered if isinstance(row, dict)]

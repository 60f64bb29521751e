"""Columns read at once mean what each answer means alone."""

from __future__ import annotations

import random
from typing import Any

import orjson
import pyarrow as pa
import pytest

from forms.answers import lines
from forms.answers.arrays import Raws, typed
from forms.answers.columns import cell, item_columns
from forms.answers.values import parse
from forms.definition import Item
from forms.item_types.registry import TYPES

ODD: tuple[Any, ...] = (
    None,
    "",
    " ",
    "\u3000",
    5,
    5.0,
    True,
    False,
    [],
    ["1"],
    ["1", "1"],
    [" 2"],
    ["1", 2],
    {},
    {"d": None, "m": None, "s": ""},
    {"d": 1.0, "m": 2, "s": "3"},
    {"d": True, "m": 2, "s": "3"},
    {"d": 113, "m": 60, "s": "3"},
    {"d": 113, "m": 22, "s": "60"},
    {"d": 113, "m": 22, "s": "5.1234567"},
    {"d": 113, "m": 22},
    {"d": 113, "m": 22, "s": "5", "x": None},
    {"lon": "113.36", "lat": "200"},
    {"lon": "113.36", "lat": "22.9", "accuracy_m": None},
    "-0",
    "1e5",
    "inf",
    "nan",
    "1,000",
    "+5",
    ".5",
    "5.",
    "5.123",
    "-5.1234567890123",
    "1234567890123456",
    "５",
    " 7",
    "0000",
    "0001",
    "17",
    "2017-02-30",
    "0000-01-01",
    "0001-01-01",
    "2017-1-1",
    " x",
    "e\u0301",
    "\x1f甲",
    "a" * 64,
    "A" * 64,
    "5\n",
)
USUAL: dict[str, tuple[Any, ...]] = {
    "text": ("甲厂", "DW001"),
    "choice": ("1", "x-02"),
    "code": ("3311",),
    "integer": ("0", "8600"),
    "decimal": ("0.76", "-12.5"),
    "date": ("2018-06-02",),
    "year": ("2017",),
    "multichoice": (["1"], ["2", "4"]),
    "yesno": (True, False),
    "dms": ({"d": 113, "m": 21, "s": "39.24"}, {"d": 22, "m": 56, "s": "0.36"}),
    "gps": ({"lon": "113.36", "lat": "22.93", "accuracy_m": "12", "at": "2018-01-02T03:04:05Z", "source": "device"},),
    "photo": ("0f" * 32,),
    "signature": ("ab" * 32,),
}


@pytest.mark.parametrize("kind", TYPES)
@pytest.mark.parametrize("precision", [None, 0, 2])
def test_a_column_holds_what_each_answer_means_alone(kind: str, precision: int | None):
    item = Item("key", "名称", kind, precision=precision)
    chance = random.Random(1)
    usual = [*USUAL[kind], None]
    one_odd_each = [[*chance.choices(usual, k=3), odd, *chance.choices(usual, k=2)] for odd in ODD]
    for raws in ([*usual], [], [None, None], *one_odd_each, [*ODD, *usual]):
        assert_read_alone(item, raws, raws)
        if (array := from_lines(item, raws)) is not None:
            assert_read_alone(item, array, raws)


@pytest.mark.parametrize("kind", TYPES)
def test_json_lines_hold_what_is_written_in_the_usual_way(kind: str):
    item = Item("key", "名称", kind)
    assert from_lines(item, [*USUAL[kind], None]) is not None
    assert from_lines(item, [*USUAL[kind], 5]) is None


def from_lines(item: Item, raws: list[Any]) -> Any | None:
    schema: Any = pa.schema([("key", lines.WIRE[item.kind.wire])])
    table = (
        lines.read([orjson.dumps({"key": raw}, option=orjson.OPT_APPEND_NEWLINE) for raw in raws], schema)
        if raws
        else None
    )
    return None if table is None else table.column("key").combine_chunks()


def assert_read_alone(item: Item, given: Raws, raws: list[Any]) -> None:
    columns = tuple(item_columns(item))
    read = typed(item, columns, given)
    for column in columns:
        assert read.arrays[column.part].to_pylist() == [
            list(value) if isinstance(value := cell(column, raw), tuple) else value for raw in raws
        ]
    assert list(read.wrong) == [place for place, raw in enumerate(raws) if parse(item, raw).problem]

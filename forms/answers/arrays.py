"""Answers of many records, column by column: Arrow reads what is written in the usual way, ``values.parse`` the rest.

Frames and exports both take their columns from here. A column costs some tens of nanoseconds a cell; only cells that
are not written as their type usually is (and positions) pass through Python one by one, so that the meaning of an
answer stands in ``forms.item_types`` alone.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Any, Final, TypeGuard, cast

import numpy as np
import pyarrow as pa
import pyarrow.compute

from forms.answers.columns import Column
from forms.answers.values import parse
from forms.definition import Item
from forms.item_types.places import MOST_DIGITS
from forms.item_types.registry import ValueKind, Wire
from forms.item_types.values import Position, Value

arrow: Any = pa  # neither has type stubs
compute: Any = pyarrow.compute
Array = Any  # an arrow array
# Raw answers, None where there is none: an arrow array of ``lines.WIRE``'s type, or a list.
Raws = Sequence[object] | Array

ARROW: Final[dict[ValueKind, Any]] = {  # of columns; a position stands in several
    "text": arrow.string(),
    "number": arrow.float64(),
    "integer": arrow.float64(),
    "boolean": arrow.bool_(),
    "date": arrow.date32(),
    "texts": arrow.list_(arrow.string()),
}
_DMS_PARTS: Final = 3
_BETWEEN: Final = "\x1f"
_MISFITS: Final = (arrow.ArrowInvalid, arrow.ArrowTypeError, UnicodeEncodeError, TypeError, OverflowError)


@dataclass(frozen=True, slots=True)
class Typed:
    """The values of one item in its columns, by part of a position ("" for other types), and where one is wrong."""

    arrays: dict[str, Array]
    wrong: Sequence[int] = ()  # places whose answer is of a wrong type or too precise


def typed(item: Item, columns: Sequence[Column], raws: Raws) -> Typed:
    """Read the answers of one item; ``columns`` are those of the item."""
    if _blanks(raws) == len(raws):
        return Typed({column.part: arrow.nulls(len(raws), ARROW[column.kind]) for column in columns})
    reader = _USUAL.get(item.kind.wire)
    if reader is not None:
        try:
            array, usual = reader(item, raws)
        except _MISFITS:
            pass  # something is of another type altogether: that takes reading one by one
        else:
            return _mended(item, columns[0], raws, array, usual)
    return _one_by_one(item, columns, raws)


def _is_array(raws: Raws) -> TypeGuard[Array]:
    return isinstance(raws, arrow.Array)


def _blanks(raws: Raws) -> int:
    if _is_array(raws):
        return raws.null_count
    return raws.count(None)


def _array(raws: Raws, kind: Any) -> Array:
    """Give raw answers as an array, which those from JSON lines are already."""
    if _is_array(raws):
        return raws
    return arrow.array(raws, kind)


def _listed(raws: Raws) -> list[object]:
    if _is_array(raws):
        return raws.to_pylist()
    return list(raws)


def _taken(raws: Raws, places: list[int]) -> list[object]:
    if _is_array(raws):
        return raws.take(arrow.array(places)).to_pylist()
    return [raws[place] for place in places]


def _mended(item: Item, column: Column, raws: Raws, array: Array, usual: Array) -> Typed:
    """Keep what was written in the usual way and read the other cells one by one."""
    odd: list[int] = np.flatnonzero(~usual).tolist()
    if not odd:
        return Typed({column.part: array})
    found = [parse(item, raw) for raw in _taken(raws, odd)]
    mended = arrow.array([_cell(column, each.value) for each in found], array.type)
    array = compute.replace_with_mask(array, arrow.array(~usual), mended)
    return Typed({column.part: array}, [place for place, each in zip(odd, found, strict=True) if each.problem])


def _one_by_one(item: Item, columns: Sequence[Column], raws: Raws) -> Typed:
    found = [parse(item, raw) for raw in _listed(raws)]
    arrays = {
        column.part: arrow.array([_cell(column, each.value) for each in found], ARROW[column.kind])
        for column in columns
    }
    return Typed(arrays, [place for place, each in enumerate(found) if each.problem])


def _cell(column: Column, value: Value) -> object:
    if isinstance(value, Position):
        return getattr(value, column.part)
    return None if value == () else value


def _texts(item: Item, raws: Raws) -> tuple[Array, Any]:
    usual = item.kind.usual
    if usual is not None:
        return _fitting(raws, usual(item), ARROW[item.kind.value])
    texts = _array(raws, arrow.string())
    if not compute.all(compute.string_is_ascii(texts)).as_py():
        texts = compute.utf8_normalize(texts, form="NFC")
    texts = compute.utf8_trim_whitespace(texts)
    empty = compute.equal(texts, "")
    return compute.if_else(empty, arrow.scalar(None, arrow.string()), texts), np.ones(len(texts), dtype=bool)


def _fitting(raws: Raws, pattern: str, kind: Any) -> tuple[Array, Any]:
    """Cast the texts that fit a pattern."""
    texts = _array(raws, arrow.string())
    fits = compute.match_substring_regex(texts, pattern)
    usual = compute.fill_null(fits, fill_value=True)
    if not compute.all(usual).as_py():
        texts = compute.if_else(usual, texts, arrow.scalar(None, arrow.string()))
    return texts.cast(kind), usual.to_numpy(zero_copy_only=False)


def _flags(_item: Item, raws: Raws) -> tuple[Array, Any]:
    return _array(raws, arrow.bool_()), np.ones(len(raws), dtype=bool)


def _codes(item: Item, raws: Raws) -> tuple[Array, Any]:
    """Read each combination of codes once: there are few."""
    # Arrow takes a text for a list of its characters.
    if not _is_array(raws) and any(raw is not None and type(raw) is not list for raw in raws):
        raise TypeError
    lists = _array(raws, ARROW["texts"])
    codes = compute.list_flatten(lists)
    # A code that holds the separator itself would come apart in the wrong place.
    if codes.null_count or compute.any(compute.match_substring(codes, _BETWEEN)).as_py():
        raise TypeError
    combined = compute.dictionary_encode(compute.binary_join(lists, _BETWEEN))
    found = [parse(item, text.split(_BETWEEN)) for text in combined.dictionary.to_pylist()]
    if any(each.problem for each in found):
        raise TypeError
    array = arrow.array([each.value for each in found], ARROW["texts"]).take(combined.indices)
    return array, np.ones(len(lists), dtype=bool)


def _degrees(item: Item, raws: Raws) -> tuple[Array, Any]:
    """Read degrees, minutes and seconds as ``values.parse`` adds them up."""
    there, (degrees, minutes, seconds) = _parts(raws)
    if (degrees.type, minutes.type, seconds.type) != (arrow.int64(), arrow.int64(), arrow.string()):
        raise TypeError
    if any(part.null_count for part in (degrees, minutes, seconds)):
        raise TypeError
    decimals = MOST_DIGITS if item.precision is None else min(item.precision, MOST_DIGITS)
    limit = ""
    if decimals:
        limit = rf"(?:\.[0-9]{{1,{decimals}}})?"
    d, m = degrees.to_numpy(), minutes.to_numpy()
    fits = compute.match_substring_regex(seconds, f"^[0-5]?[0-9]{limit}$").to_numpy(zero_copy_only=False)
    # Seconds are below 60 by their pattern.
    usual = fits & (d >= 0) & (d <= 180) & (m >= 0) & (m <= 59)
    s = compute.if_else(arrow.array(fits), seconds, "0").cast(arrow.float64()).to_numpy()
    values, fine = np.zeros(len(raws)), np.ones(len(raws), dtype=bool)
    values[there], fine[there] = d + m / 60 + s / 3600, usual
    return arrow.array(values, mask=~there), fine


def _parts(raws: Raws) -> tuple[Any, Sequence[Array]]:
    """Tell which angles are there, and give their degrees, minutes and seconds."""
    if _is_array(raws):
        return raws.is_valid().to_numpy(zero_copy_only=False), raws.drop_null().flatten()
    filled = [raw for raw in raws if raw is not None]
    if any(type(raw) is not dict or len(cast("dict[str, object]", raw)) != _DMS_PARTS for raw in filled):
        raise TypeError
    angles = cast("list[dict[str, object]]", filled)
    return np.array([raw is not None for raw in raws]), [
        arrow.array([angle.get(key) for angle in angles]) for key in "dms"
    ]


# Positions are rare and have no usual way: they are read one by one.
_USUAL: Final[dict[Wire, Callable[[Item, Raws], tuple[Array, Any]]]] = {
    "text": _texts,
    "flag": _flags,
    "codes": _codes,
    "degrees": _degrees,
}

"""Answers of many records as one data frame with the form's exact dtypes: what Great Expectations and DuckDB look at.

The only module here that loads pandas. Columns, all of Arrow types, so that an empty frame has the same dtypes as a
full one:

=====================================  ==========================================================================
``_key``, ``_unit``, ``_region``       text: submission, unit and region code of the record
``_revision``                          int64
``_present``                           list of text: codes of the forms that the unit has filled
``_problems``                          list of text: ``water_intake_total:type``, ``…:precision``, ``facility:rows``,
                                       ``unknown``
``<item>``                             text, double, bool, date or list of text (multiple choice); degrees are decimal
``<gps>__lon``, ``…__lat``, …          the parts of a position (``forms.answers.columns``)
``<group>``                            list of structs: one struct a row, with the row's items and its own ``_problems``
``G101_1__<item>``, ``G102__<group>``  items and groups of other forms of the same unit
``baseline__<item>``                   what the register knew
=====================================  ==========================================================================

Numbers are doubles throughout: all three evaluators of the check language calculate with doubles.
"""

from __future__ import annotations

from collections.abc import Collection, Iterable, Iterator, Mapping, Sequence
from collections.abc import Set as AbstractSet
from dataclasses import dataclass, field
from itertools import groupby, repeat
from typing import Any, cast

import numpy as np
import pandas as pd
import pyarrow as pa

from forms.answers.arrays import Array, typed
from forms.answers.columns import Column, columns
from forms.answers.values import parse
from forms.definition import Form, Item

arrow: Any = pa  # it has no type stubs

Answers = Mapping[str, Any]
Place = tuple[str, str]  # (group or "", item key; "" for the rows of the group as such)

NOTHING: dict[str, Any] = {}
_get = dict[str, Any].get


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
    """Return one line per unit of the register: its identity, ``_owing``, and what is read of its forms."""
    columns = {
        **dict(_identity(rows)),
        "_owing": arrow.array(owing, arrow.bool_()),
        **dict(_of_other_forms(rows, related)),
    }
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
    answers = _current(form, (row.answers for row in rows))
    groups = form.groups()
    mains, odd = _columns(_by_item(columns(form)), answers)
    names = _items(form, "").keys() | groups.keys()
    odd.update(place for place, one in enumerate(answers) if not names >= one.keys())
    lists: dict[str, Array] = {}
    for group in groups:
        lists[group], strange = _list_array(form, group, columns(form, group), answers)
        odd |= strange
    yield "_problems", _problems_array(form, answers, odd)
    yield from mains
    yield from lists.items()
    yield from _of_other_forms(rows, related)
    if form.baseline:
        known = _current(form, (row.baseline for row in rows))
        yield from (
            (f"baseline__{name}", array)
            for key in form.baseline
            for name, array in _columns(_by_item(c for c in columns(form) if c.item.key == key), known)[0]
        )


def _related_arrays(other: Related, given: Iterable[Answers]) -> Iterator[tuple[str, Array]]:
    answers = _current(other.form, given)
    wanted = set(other.places)
    main = _by_item(column for column in columns(other.form) if ("", column.item.key) in wanted)
    yield from _columns(main, answers)[0]
    for group in other.form.groups():
        if any(place[0] == group for place in wanted):
            read = tuple(column for column in columns(other.form, group) if (group, column.item.key) in wanted)
            yield group, _list_array(other.form, group, read, answers)[0]


def _by_item(found: Iterable[Column]) -> list[tuple[Item, list[Column]]]:
    """Put the columns of one item together: a position has several."""
    return [(item, list(parts)) for item, parts in groupby(found, key=lambda column: column.item)]


def _columns(
    items: Sequence[tuple[Item, Sequence[Column]]], answers: Sequence[dict[str, Any]]
) -> tuple[list[tuple[str, Array]], set[int]]:
    """Give the columns of some items, and the places of records in which one of them is wrong."""
    found: list[tuple[str, Array]] = []
    wrong: set[int] = set()
    nothing: list[object] = [None] * len(answers)
    answered = set[str]().union(*answers)
    for item, parts in items:
        raws = nothing  # most items of a form are answered by few: none is looked for where nobody answered it
        if item.key in answered:
            raws = list(map(_get, answers, repeat(item.key)))
        read = typed(item, parts, raws)
        found.extend((column.name, read.arrays[column.part]) for column in parts)
        wrong.update(read.wrong)
    return found, wrong


def _list_array(
    form: Form, group: str, read: Sequence[Column], answers: Sequence[dict[str, Any]]
) -> tuple[Array, set[int]]:
    """Give the rows of a group as one list of structs per record.

    Beside it stand the records in which some are no rows or have unknown items.
    """
    raws = [one.get(group) for one in answers]
    lists: list[list[object]] = [rows if isinstance(rows, list) else [] for rows in raws]
    strange = {place for place, rows in enumerate(raws) if rows is not None and not isinstance(rows, list)}
    items = _items(form, group)
    given = [row for rows in lists for row in rows]
    flat = _renamed(items, [cast("dict[str, Any]", row) if isinstance(row, dict) else NOTHING for row in given])
    found, wrong = _columns(_by_item(read), flat)
    # What is not read is looked at all the same: a row says of each of its items whether it is well written.
    seen = set(read)
    wrong |= _columns(_by_item(column for column in columns(form, group) if column not in seen), flat)[1]
    names = items.keys()
    unknown = {place for place, row in enumerate(flat) if not names >= row.keys()}
    problems: list[list[str]] = [[]] * len(flat)  # one empty list for all: it is replaced, never added to
    for place in wrong | unknown:
        problems[place] = _answer_problems(items, flat[place], ())
    struct = arrow.StructArray.from_arrays(
        [*(array for _, array in found), arrow.array(problems, arrow.list_(arrow.string()))],
        names=[*(name for name, _ in found), "_problems"],
    )
    # Where each record's rows begin in the flat list; the last number is where they end.
    offsets = np.zeros(len(lists) + 1, dtype=np.int32)
    np.cumsum([len(rows) for rows in lists], out=offsets[1:])
    unknown.update(place for place, row in enumerate(given) if not isinstance(row, dict))
    strange.update(int(place) for place in np.searchsorted(offsets, sorted(unknown), side="right") - 1)
    return arrow.ListArray.from_arrays(arrow.array(offsets), struct), strange


def _rows_of(answers: Answers, group: str) -> list[object]:
    rows = answers.get(group)
    if not isinstance(rows, list):
        return []
    return cast("list[object]", rows)


def _items(form: Form, group: str) -> dict[str, Item]:
    return {item.key: item for item in form.items() if item.rows_key == group}


def _current(form: Form, answers: Iterable[Answers]) -> list[dict[str, Any]]:
    return _renamed(_items(form, ""), [one if isinstance(one, dict) else dict(one) for one in answers])


def _renamed(items: Mapping[str, Item], answers: list[dict[str, Any]]) -> list[dict[str, Any]]:
    """Move answers that came under a former key to the present one."""
    aliases = {item.alias: key for key, item in items.items() if item.alias}
    if not aliases:
        return answers
    # What came under present keys only, nearly all, is handed on as it is.
    return [
        {aliases.get(key, key): value for key, value in one.items()} if aliases.keys() & one.keys() else one
        for one in answers
    ]


def _problems_array(form: Form, answers: Sequence[Answers], odd: AbstractSet[int]) -> Array:
    """Tell what is wrong with the shape of each record; worked out only for those in which something may be."""
    items, groups = _items(form, ""), {group: _items(form, group) for group in form.groups()}
    found: list[list[str]] = [[]] * len(answers)  # replaced, never added to
    for place in odd:
        found[place] = _problems(items, groups, answers[place])
    return arrow.array(found, arrow.list_(arrow.string()))


def _problems(items: Mapping[str, Item], groups: Mapping[str, Mapping[str, Item]], answers: Answers) -> list[str]:
    found = _answer_problems(items, answers, groups)
    for group, names in groups.items():
        rows = answers.get(group)
        if rows is not None and not (
            isinstance(rows, list) and all(isinstance(row, dict) for row in _rows_of(answers, group))
        ):
            found.append(f"{group}:rows")
        formers = {item.alias for item in names.values() if item.alias}
        unknown = (
            key
            for row in _rows_of(answers, group)
            if isinstance(row, dict)
            for key in cast("Answers", row)
            if key not in names and key not in formers
        )
        if any(unknown) and "unknown" not in found:
            found.append("unknown")
    return found


def _answer_problems(items: Mapping[str, Item], answers: Answers, groups: Collection[str]) -> list[str]:
    found: list[str] = []
    for key, raw in answers.items():
        item = items.get(key)
        if item is None:
            if raw is not None and key not in groups and "unknown" not in found:
                found.append("unknown")
        elif problem := parse(item, raw).problem:
            found.append(f"{key}:{problem}")
    return found

"""Answers as JSON lines, read into Arrow as they stand, without a Python object a cell.

``arrays.typed`` takes its columns from them.
Arrow reads what is written as each item's type is written. A line with anything else in it, however small, makes it
refuse; then the lines are read by Python.
"""

from __future__ import annotations

import io
from collections.abc import Mapping, Sequence
from typing import Any, Final

import pyarrow  # noqa: ICN001 - pa is its untyped alias below
import pyarrow.json

from forms.definition import Form
from forms.item_types.places import POSITION_PARTS
from forms.item_types.registry import Wire

pa: Any = pyarrow  # it has no type stubs
json: Any = pyarrow.json

WIRE: Final[Mapping[Wire, Any]] = {
    "text": pa.string(),
    "flag": pa.bool_(),
    "codes": pa.list_(pa.string()),
    "degrees": pa.struct([("d", pa.int64()), ("m", pa.int64()), ("s", pa.string())]),
    "position": pa.struct([(part.name, pa.string()) for part in POSITION_PARTS]),
}


def read(lines: Sequence[bytes], schema: Any) -> Any | None:
    """Read lines, each with its line feed, into one table of a schema; None where one does not fit it exactly."""
    given = b"".join(lines)
    options = json.ReadOptions(use_threads=False, block_size=len(given) + 1)
    try:
        table = json.read_json(
            io.BytesIO(given), options, json.ParseOptions(explicit_schema=schema, unexpected_field_behavior="error")
        )
    except pa.ArrowInvalid:
        return None
    return table.combine_chunks()


def answers_type(form: Form) -> Any:
    """Give the type of a form's answers as they are usually written: text but for a few kinds of item."""
    tables: dict[str, dict[str, Any]] = {group: {} for group in ("", *form.groups())}
    for item in form.items():
        for key in filter(None, (item.key, item.alias)):
            tables[item.rows_key][key] = WIRE[item.kind.wire]
    rows = {group: pa.list_(pa.struct(list(fields.items()))) for group, fields in tables.items() if group}
    return pa.struct(list({**tables[""], **rows}.items()))

"""The shape of a form's answers as JSON Schema (2020-12), for programs that send or read them.

The schema says what can be read: types, digits, codes, rows. What must hold between answers is for the checks; what is
owed depends on other answers, so nothing is required here, and null always stands for a blank.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, Final

from forms.answers.values import GPS_SOURCES
from forms.codelists import codelist
from forms.definition import Form, Group, Item
from forms.formats import FORMATS

DIALECT: Final = "https://json-schema.org/draft/2020-12/schema"
LARGEST_ENUM: Final = 300  # a longer code list is named, not spelled out
Schema = dict[str, Any]

_NUMBER: Final = "-?[0-9]{1,15}"
_SHAPES: Final[Mapping[str, Schema]] = {
    "text": {"type": "string", "minLength": 1},
    "integer": {"type": "string", "pattern": f"^{_NUMBER}$"},
    "year": {"type": "string", "pattern": "^[0-9]{4}$"},
    "date": {"type": "string", "format": "date"},
    "choice": {"type": "string"},
    "code": {"type": "string"},
    "multichoice": {"type": "array", "minItems": 1, "uniqueItems": True},
    "yesno": {"type": "boolean"},
    "gps": {
        "type": "object",
        "additionalProperties": False,
        "required": ["lon", "lat"],
        "properties": {
            "lon": {"type": "string", "description": "度，WGS-84"},
            "lat": {"type": "string", "description": "度，WGS-84"},
            "accuracy_m": {"type": ["string", "null"]},
            "at": {"type": ["string", "null"], "format": "date-time"},
            "source": {"enum": [*GPS_SOURCES, None]},
        },
    },
    "photo": {"type": "string", "pattern": "^[0-9a-f]{64}$", "description": "文件的 SHA-256"},
    "signature": {"type": "string", "pattern": "^[0-9a-f]{64}$", "description": "文件的 SHA-256"},
}


def json_schema(form: Form) -> Schema:
    """Describe the answers of one form version; keys are item keys, groups are lists of rows."""
    properties = {item.key: item_schema(item) for item in form.items() if not item.rows_key}
    properties |= {key: _rows(group) for key, group in form.groups().items()}
    return {
        "$schema": DIALECT,
        "$id": f"urn:census:form:{form.code}:{form.version}",
        "title": form.title,
        "type": "object",
        "properties": properties,
        "additionalProperties": False,
        "x-form": form.code,
        "x-version": form.version,
        "x-digest": form.digest,
    }


def _rows(group: Group) -> Schema:
    row = {
        "type": "object",
        "properties": {item.key: item_schema(item) for item in group.items},
        "additionalProperties": False,
    }
    bounds: Schema = {"maxItems": group.maximum} if group.maximum is not None else {}
    return {"title": group.title, "type": ["array", "null"], "items": row, **bounds}


def item_schema(item: Item) -> Schema:
    """Describe one answer; null is a blank."""
    about: Schema = {"title": f"{item.no} {item.name}".strip()}
    about |= {name: value for name, value in (("description", item.help), ("x-unit", item.unit)) if value}
    if item.computed:
        about["readOnly"] = True
    if item.personal:
        about["x-personal"] = True
    return {**about, "anyOf": [_shape(item), {"type": "null"}]}


def _shape(item: Item) -> Schema:
    match item.type:
        case "decimal":
            decimals = f"(\\.[0-9]{{1,{item.precision or 12}}})?" if item.precision != 0 else ""
            return {"type": "string", "pattern": f"^{_NUMBER}{decimals}$"}
        case "dms":
            return _degrees(item)
        case "multichoice":
            return {**_SHAPES["multichoice"], "items": {"type": "string", **_codes(item)}}
        case "choice" | "code":
            return {**_SHAPES[item.type], **_codes(item)}
        case "text" if item.format and FORMATS[item.format].pattern:
            return {"type": "string", "pattern": f"^({FORMATS[item.format].pattern})$"}
        case _:
            return dict(_SHAPES[item.type])


def _degrees(item: Item) -> Schema:
    seconds = f"^[0-9]{{1,2}}(\\.[0-9]{{1,{item.precision or 6}}})?$"
    return {
        "type": "object",
        "additionalProperties": False,
        "required": ["d", "m", "s"],
        "properties": {
            "d": {"type": "integer", "minimum": 0, "maximum": 180},
            "m": {"type": "integer", "minimum": 0, "maximum": 59},
            "s": {"type": "string", "pattern": seconds},
        },
    }


def _codes(item: Item) -> Schema:
    if not item.codelist:
        return {"enum": [code for code, _ in item.options]}
    codes = [entry.code for entry in codelist(item.codelist) if entry.is_selectable]
    return {"x-codelist": item.codelist, **({"enum": codes} if len(codes) <= LARGEST_ENUM else {})}

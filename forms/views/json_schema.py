"""The shape of a form's answers as JSON Schema (2020-12), for programs that send or read them.

The schema says what can be read: types, digits, codes, rows. What must hold between answers is for the checks; what is
owed depends on other answers, so nothing is required here, and null always stands for a blank.
"""

from __future__ import annotations

from typing import Final

from forms.definition import Form, Group, Item
from forms.item_types.registry import Schema

DIALECT: Final = "https://json-schema.org/draft/2020-12/schema"


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
    rows: Schema = {"title": group.title, "type": ["array", "null"], "items": row}
    if group.maximum is not None:
        rows["maxItems"] = group.maximum
    return rows


def item_schema(item: Item) -> Schema:
    """Describe one answer; null is a blank."""
    about: Schema = {"title": f"{item.no} {item.name}".strip()}
    about |= {name: value for name, value in (("description", item.help), ("x-unit", item.unit)) if value}
    if item.computed:
        about["readOnly"] = True
    if item.personal:
        about["x-personal"] = True
    return {**about, "anyOf": [item.kind.schema(item), {"type": "null"}]}

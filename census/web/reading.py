"""Reading requests: the object or the envelope at once; what its elements say is read by the wings."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, cast
from uuid import UUID

from flask import request
from marshmallow import ValidationError

from census.errors import InvalidInput, Malformed, TooMany
from census.web import json_text, wire


def body() -> dict[str, Any]:
    """The request's JSON object. Raises Malformed for anything else."""
    parsed = json_text.parse(request.get_data(cache=False)).value
    if not isinstance(parsed, dict):
        raise Malformed
    return cast("dict[str, Any]", parsed)


def load(shape: type[wire.Shape], received: Mapping[str, Any]) -> dict[str, Any]:
    """Read an object by a schema. Raises InvalidInput naming the members at fault."""
    if json_text.is_unstorable(received):
        raise Malformed
    try:
        return cast("dict[str, Any]", shape().load(received))
    except ValidationError as error:
        raise InvalidInput(fields=error.messages) from None


def envelope(name: str) -> tuple[list[Any], json_text.Parsed]:
    """The list of one member of the request's object, its elements not yet read. Raises Malformed, TooMany."""
    parsed = json_text.parse(request.get_data(cache=False))
    if not isinstance(parsed.value, dict):
        raise Malformed
    rows = cast("dict[str, Any]", parsed.value).get(name)
    if not isinstance(rows, list) or not rows:
        raise Malformed
    listed = cast("list[Any]", rows)
    if len(listed) > wire.MOST_PER_REQUEST:
        raise TooMany
    return listed, parsed


def sent_id(row: Mapping[str, Any]) -> str | None:
    """The id of what could not be read, as it came, if it is one."""
    try:
        return str(UUID(row["id"]))
    except (KeyError, ValueError, TypeError, AttributeError):
        return None

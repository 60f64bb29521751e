"""Reading JSON from outside: strict, quick, and safe to keep.

Everything ordinary is read by orjson. It also refuses escapes of lone surrogates, which JSON's grammar allows; to let
one such text spoil only the submission it stands in, those bodies are read again by the standard library.
"""

from __future__ import annotations

import json
import math
from dataclasses import dataclass
from typing import Any, Final, Never, cast

import orjson

from census.errors import Malformed

DEEPEST: Final = 32
EXACT: Final = 2**53


@dataclass(frozen=True, slots=True)
class Parsed:
    """A JSON value. ``is_suspicious``: some text in it may hold what PostgreSQL cannot keep."""

    value: object
    is_suspicious: bool


def parse(text: bytes) -> Parsed:
    """Read JSON in UTF-8. Raises Malformed for anything else, also for ``NaN`` and for nesting without end."""
    try:
        return Parsed(orjson.loads(text), b"\\u0000" in text)
    except orjson.JSONDecodeError:
        if b"\\ud" not in text and b"\\uD" not in text:
            raise Malformed from None
    try:
        return Parsed(json.loads(text.decode("utf-8"), parse_constant=_refuse), is_suspicious=True)
    except (ValueError, RecursionError):
        raise Malformed from None


def _refuse(_: str) -> Never:
    raise ValueError


def is_unstorable(value: object) -> bool:
    """Whether some text, keys included, holds a NUL or half a character: no PostgreSQL text can."""
    match value:
        case str():
            return "\0" in value or not (value.isascii() or _encodable(value))
        case dict():
            members = cast("dict[str, object]", value)
            return any(is_unstorable(key) or is_unstorable(member) for key, member in members.items())
        case list():
            return any(map(is_unstorable, cast("list[object]", value)))
        case _:
            return False


def _encodable(text: str) -> bool:
    try:
        text.encode()
    except UnicodeEncodeError:
        return False
    return True


def too_deep(value: object, levels: int = DEEPEST) -> bool:
    """Whether a value is nested deeper than any form: a text made to exhaust whoever walks it."""
    level = [value]
    for _ in range(levels + 1):
        below: list[object] = []
        for part in level:
            if isinstance(part, dict):
                below += [
                    member
                    for member in cast("dict[str, object]", part).values()
                    if type(member) is dict or type(member) is list
                ]
            elif isinstance(part, list):
                below += [
                    member for member in cast("list[object]", part) if type(member) is dict or type(member) is list
                ]
        level = below
        if not level:
            return False
    return True


def as_doubles(value: Any) -> Any:
    """The value with whole numbers beyond 2⁵³ as the doubles that every other reader of JSON takes them for."""
    if isinstance(value, dict):
        return {key: as_doubles(member) for key, member in cast("dict[str, Any]", value).items()}
    if isinstance(value, list):
        return [as_doubles(member) for member in cast("list[Any]", value)]
    if isinstance(value, int) and abs(value) > EXACT:
        return _double(value)
    return value


def _double(value: int) -> float:
    try:
        return float(value)
    except OverflowError:
        return math.inf if value > 0 else -math.inf

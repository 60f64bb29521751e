"""Answers on the wire: what each type of item may look like, what it means, how people read it, how it is digested.

Answers are kept as they came (``"12.50"``); ``parse`` gives the value that checks and frames work with. How each type
is read stands in ``forms.item_types``. Nothing here asks whether a value is allowed by the form: that is an implied
check.
"""

from __future__ import annotations

import hashlib
from collections.abc import Callable, Mapping, Sequence
from typing import Any, cast

import orjson
import rfc8785

from forms.definition import Item
from forms.item_types.values import BLANK, Parsed, Value


def blank(raw: object) -> bool:
    """Tell whether nothing is answered: null, empty text, empty list, a position or angle without parts."""
    if isinstance(raw, str):
        return not raw or raw.isspace()
    if raw is None:
        return True
    if isinstance(raw, list):
        return not raw
    if isinstance(raw, dict):
        return all(part is None or part == "" for part in cast("dict[str, object]", raw).values())
    return False


def parse(item: Item, raw: object) -> Parsed:
    """Read an answer. Numbers become doubles, degrees decimal degrees, multiple choices a tuple in the order given."""
    return BLANK if blank(raw) else item.kind.read(item, raw)


def plain_reader(item: Item) -> Callable[[Any], Value]:
    """Make the short way of reading one item: the value that ``parse`` gives, or None for "ask ``parse``".

    It knows answers as they nearly always come; blanks, problems and rare types are left to ``parse``.
    """
    return item.kind.plain(item)


def display(item: Item, raw: object) -> str:
    """Write an answer for people, without its unit: names of codes, grouped digits, 是 and 否. "" for a blank.

    An answer that cannot be read is shown as it came.
    """
    value = parse(item, raw).value
    if value is not None:
        return item.kind.show(item, raw, value)
    if blank(raw):
        return ""
    return str(raw)


def canonical(answers: Mapping[str, Any], explanations: Sequence[Mapping[str, Any]] = ()) -> bytes:
    """Return the RFC 8785 form of ``[answers, explanations]``: the same bytes on every machine, in every language."""
    value = [dict(answers), [dict(explanation) for explanation in explanations]]
    if _writes_alike(value):
        return orjson.dumps(value, option=orjson.OPT_SORT_KEYS)
    return rfc8785.dumps(value)


def _writes_alike(value: list[Any]) -> bool:
    """Whether orjson, ten times as quick, writes the same bytes: it orders keys and writes doubles in its own way."""
    waiting: list[Any] = [value]
    while waiting:
        part = waiting.pop()
        if isinstance(part, dict):
            members = cast("dict[str, Any]", part)
            # Beyond ASCII, RFC 8785 orders keys by UTF-16 and orjson by code point.
            if not "".join(members).isascii():
                return False
            waiting += [member for member in members.values() if type(member) is not str]
        elif isinstance(part, list):
            waiting += [member for member in cast("list[Any]", part) if type(member) is not str]
        # What is left must be written alike by both: no double, and no whole number that doubles do not hold.
        elif not (part is None or isinstance(part, bool | str) or (isinstance(part, int) and abs(part) < 2**53)):
            return False
    return True


def digest(answers: Mapping[str, Any], explanations: Sequence[Mapping[str, Any]] = ()) -> str:
    """Return the SHA-256 of the canonical form, in hexadecimal."""
    return hashlib.sha256(canonical(answers, explanations)).hexdigest()

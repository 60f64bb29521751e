"""Days, written as 2017-12-31."""

from __future__ import annotations

import re
from collections.abc import Callable
from datetime import date
from typing import Any, Final, cast

from forms.item_types.registry import Item, ItemType, Question, Schema, register
from forms.item_types.values import WRONG, Parsed, Value, not_plain

_DATE: Final = re.compile(r"[0-9]{4}-[0-9]{2}-[0-9]{2}")


def _read(_item: Item, raw: object) -> Parsed:
    if not (isinstance(raw, str) and _DATE.fullmatch(raw)):  # fromisoformat knows more ways to write a day
        return WRONG
    try:
        return Parsed(date.fromisoformat(raw))
    except ValueError:
        return WRONG


def _plain(_item: Item) -> Callable[[Any], Value]:
    return not_plain


def _usual(_item: Item) -> str:
    return "^[1-9][0-9]{3}-[0-9]{2}-[0-9]{2}$"  # Arrow knows a year 0, Python does not


def _show(_item: Item, _raw: object, value: Value) -> str:
    day = cast("date", value)
    return f"{day.year} 年 {day.month} 月 {day.day} 日"


def _schema(_item: Item) -> Schema:
    return {"type": "string", "format": "date"}


def _question(_item: Item) -> Question:
    return Question("date")


DATE: Final = register(
    ItemType(
        name="date",
        wire="text",
        value="date",
        read=_read,
        plain=_plain,
        usual=_usual,
        words="应为日期，如 2017-12-31",
        show=_show,
        schema=_schema,
        question=_question,
    )
)

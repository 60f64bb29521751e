"""Texts as they are typed. What a format asks of one stands in ``forms.formats``."""

from __future__ import annotations

import unicodedata
from collections.abc import Callable
from typing import Any, Final

from forms.formats import FORMATS
from forms.item_types.registry import Item, ItemType, Question, Schema, register
from forms.item_types.values import WRONG, Parsed, Value


def read_text(_item: Item, raw: object) -> Parsed:
    if not isinstance(raw, str):
        return WRONG
    return Parsed((raw if raw.isascii() else unicodedata.normalize("NFC", raw)).strip())


def plain_text(_item: Item) -> Callable[[Any], str | None]:
    return _plain


def show_text(_item: Item, _raw: object, value: Value) -> str:
    return str(value)


def _plain(raw: Any) -> str | None:
    if type(raw) is not str:
        return None
    return (raw if raw.isascii() else unicodedata.normalize("NFC", raw)).strip() or None


def _schema(item: Item) -> Schema:
    if item.format and (pattern := FORMATS[item.format].pattern):
        return {"type": "string", "pattern": f"^({pattern})$"}
    return {"type": "string", "minLength": 1}


def _question(item: Item) -> Question:
    if not item.format:
        return Question("text")
    wanted = FORMATS[item.format]
    appearance, constraints = "", ()
    if wanted.keyboard != "text":
        appearance = "numbers"
    if wanted.pattern:
        constraints = ((f"regex(., '^({wanted.pattern})$')", f"“{item.name}”应为{wanted.words}。"),)
    return Question("text", appearance, constraints=constraints)


TEXT: Final = register(
    ItemType(
        name="text",
        wire="text",
        value="text",
        read=read_text,
        plain=plain_text,
        words="应为文字",
        show=show_text,
        schema=_schema,
        question=_question,
    )
)

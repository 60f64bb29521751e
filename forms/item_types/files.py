"""Photos and signatures: an answer is the file's SHA-256, the file itself travels apart."""

from __future__ import annotations

import re
from collections.abc import Callable
from typing import Any, Final

from forms.item_types.registry import Item, ItemType, Question, Schema, register
from forms.item_types.values import WRONG, Parsed, Value, not_plain

PICTURE: Final = "max-pixels=1280"

_SHA256: Final = re.compile(r"[0-9a-f]{64}")


def _read(_item: Item, raw: object) -> Parsed:
    if isinstance(raw, str) and _SHA256.fullmatch(raw):
        return Parsed(raw)
    return WRONG


def _plain(_item: Item) -> Callable[[Any], Value]:
    return not_plain


def _usual(_item: Item) -> str:
    return "^[0-9a-f]{64}$"


def _schema(_item: Item) -> Schema:
    return {"type": "string", "pattern": "^[0-9a-f]{64}$", "description": "文件的 SHA-256"}


def _show_photo(_item: Item, _raw: object, _value: Value) -> str:
    return "已拍照"


def _show_signature(_item: Item, _raw: object, _value: Value) -> str:
    return "已签名"


def _ask_photo(_item: Item) -> Question:
    return Question("image", parameters=PICTURE)


def _ask_signature(_item: Item) -> Question:
    return Question("image", "signature", PICTURE)


PHOTO: Final = register(
    ItemType(
        name="photo",
        wire="text",
        value="text",
        read=_read,
        plain=_plain,
        usual=_usual,
        words="照片没有存好，请重拍",
        show=_show_photo,
        schema=_schema,
        question=_ask_photo,
    )
)
SIGNATURE: Final = register(
    ItemType(
        name="signature",
        wire="text",
        value="text",
        read=_read,
        plain=_plain,
        usual=_usual,
        words="签名没有存好，请重签",
        show=_show_signature,
        schema=_schema,
        question=_ask_signature,
    )
)

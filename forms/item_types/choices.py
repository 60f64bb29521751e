"""What is picked and not written: one or several of an item's options, a code of a list, yes or no."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any, Final, cast

from forms.codelists import codelist
from forms.item_types.registry import Item, ItemType, Question, Schema, register
from forms.item_types.texts import plain_text, read_text
from forms.item_types.values import WRONG, Parsed, Value, not_plain

LARGEST_ENUM: Final = 300  # a longer code list is named in a schema, not spelled out
MANY: Final = 20  # field tools search a longer list instead of scrolling it
YES_NO: Final = "yes_no"  # the list that an XLSForm offers for yes and no


def options(item: Item) -> tuple[tuple[str, str], ...]:
    """Return what may be chosen at an item: its own options, or those of its code list that pickers offer."""
    if not item.codelist:
        return item.options
    return tuple(
        (entry.code, entry.label)
        for entry in codelist(item.codelist)
        if entry.is_selectable and (not item.offer or entry.attributes.get(item.offer) == "1")
    )


def list_name(item: Item) -> str:
    """The name of an item's choices in an XLSForm: items with the same choices share them."""
    if not item.codelist:
        return f"{item.rows_key}_{item.key}_options".lstrip("_")
    if item.offer:
        return f"{item.codelist}_{item.offer}"
    return item.codelist


def _read_several(_item: Item, raw: object) -> Parsed:
    if not isinstance(raw, list):
        return WRONG
    codes = _codes_of(cast("list[object]", raw))
    if codes is None:
        return WRONG
    return Parsed(codes)


def _codes_of(raw: list[object]) -> tuple[str, ...] | None:
    """Give the codes, None where one is no text, blank or given twice."""
    codes = [code.strip() for code in raw if isinstance(code, str) and code.strip()]
    if len(codes) != len(raw) or len(set(codes)) != len(codes):
        return None
    return tuple(codes)


def _read_yes_no(_item: Item, raw: object) -> Parsed:
    if isinstance(raw, bool):
        return Parsed(raw)
    return WRONG


def _plain_several(_item: Item) -> Callable[[Any], Value]:
    return _several_at_once


def _several_at_once(raw: Any) -> tuple[str, ...] | None:
    if type(raw) is not list or not raw:
        return None
    return _codes_of(cast("list[object]", raw))


def _plain_yes_no(_item: Item) -> Callable[[Any], Value]:
    return not_plain


def _label(item: Item, code: str) -> str:
    if item.codelist:
        return codelist(item.codelist).label(code)
    return dict(item.options).get(code, code)


def _show_choice(item: Item, _raw: object, value: Value) -> str:
    return _label(item, str(value))


def _show_code(item: Item, _raw: object, value: Value) -> str:
    name = _label(item, str(value))
    if name == value:  # a code that the list does not have is its own name
        return name
    return f"{name}（{value}）"


def _show_several(item: Item, _raw: object, value: Value) -> str:
    return "、".join(_label(item, code) for code in cast("tuple[str, ...]", value))


def _show_yes_no(_item: Item, _raw: object, value: Value) -> str:
    return "是" if value else "否"


def _code_schema(item: Item) -> Schema:
    if not item.codelist:
        return {"type": "string", "enum": [code for code, _ in item.options]}
    codes = [entry.code for entry in codelist(item.codelist) if entry.is_selectable]
    schema: Schema = {"type": "string", "x-codelist": item.codelist}
    if len(codes) <= LARGEST_ENUM:
        schema["enum"] = codes
    return schema


def _several_schema(item: Item) -> Schema:
    return {"type": "array", "minItems": 1, "uniqueItems": True, "items": _code_schema(item)}


def _yes_no_schema(_item: Item) -> Schema:
    return {"type": "boolean"}


def _question_one(item: Item) -> Question:
    return _question("select_one", item)


def _question_several(item: Item) -> Question:
    return _question("select_multiple", item)


def _question(word: str, item: Item) -> Question:
    asked = f"{word} {list_name(item)}"
    if len(options(item)) > MANY:
        return Question(asked, "minimal autocomplete")
    return Question(asked)


def _question_yes_no(_item: Item) -> Question:
    return Question(f"select_one {YES_NO}")


CHOICE: Final = register(
    ItemType(
        name="choice",
        wire="text",
        value="text",
        read=read_text,
        plain=plain_text,
        words="请从列出的选项中选择",
        show=_show_choice,
        schema=_code_schema,
        question=_question_one,
        is_coded=True,
        has_options=True,
    )
)
CODE: Final = register(
    ItemType(
        name="code",
        wire="text",
        value="text",
        read=read_text,
        plain=plain_text,
        words="应为代码",
        show=_show_code,
        schema=_code_schema,
        question=_question_one,
        is_coded=True,
        is_searched=True,
    )
)
MULTICHOICE: Final = register(
    ItemType(
        name="multichoice",
        wire="codes",
        value="texts",
        read=_read_several,
        plain=_plain_several,
        words="请从列出的选项中选择",
        show=_show_several,
        schema=_several_schema,
        question=_question_several,
        is_coded=True,
        has_options=True,
    )
)
YESNO: Final = register(
    ItemType(
        name="yesno",
        wire="flag",
        value="boolean",
        read=_read_yes_no,
        plain=_plain_yes_no,
        words="请选“是”或“否”",
        show=_show_yes_no,
        schema=_yes_no_schema,
        question=_question_yes_no,
    )
)

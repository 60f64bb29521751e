"""Numbers that are typed in one box: whole, with decimals, years. They are kept as text and read as doubles."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator
from functools import lru_cache, partial
from typing import Any, Final, TypeGuard

from forms.item_types.registry import Item, ItemType, Question, Schema, register
from forms.item_types.values import WRONG, Parsed, Problem, Value

THIN_SPACE: Final = "\u2009"
LARGEST_INTEGER: Final = 999_999_999  # field tools keep integers in 32 bits
MOST_DECIMALS: Final = 12

_INTEGER: Final = re.compile(r"-?[0-9]{1,15}")
_DECIMAL: Final = re.compile(r"-?[0-9]{1,15}(?:\.([0-9]{1,12}))?")
_YEAR: Final = re.compile(r"[0-9]{4}")


def grouped(number: str) -> str:
    """Group the digits of a plain number in threes by thin spaces: ``12400.5`` reads 12 400.5."""
    whole, point, decimals = number.partition(".")
    sign = "-" if whole.startswith("-") else ""
    return f"{sign}{int(whole.removeprefix('-') or 0):,}".replace(",", THIN_SPACE) + point + decimals


def too_precise(item: Item, decimals: str | None) -> Problem:
    """Say "precision" where more decimals are written than the item allows."""
    if item.precision is not None and len(decimals or "") > item.precision:
        return "precision"
    return ""


def is_decimal(value: object, limit: float) -> TypeGuard[str]:
    """Tell whether something is a number written as text, within a limit on both sides of zero."""
    return isinstance(value, str) and _DECIMAL.fullmatch(value) is not None and abs(float(value)) <= limit


def bounds(item: Item) -> Iterator[tuple[str, str]]:
    """Give an item's bounds as constraints of an XLSForm."""
    for bound, sign, word in ((item.minimum, ">=", "不小于"), (item.maximum, "<=", "不大于")):
        if bound is not None:
            number = f"{bound:f}".rstrip("0").rstrip(".")
            yield f". {sign} {number}", f"“{item.name}”应{word} {number}。"


@lru_cache(maxsize=64)
def _decimal_pattern(precision: int | None) -> str:
    """The pattern of a number of no more decimals than are allowed, as all that read by pattern take it."""
    most = MOST_DECIMALS if precision is None else min(precision, MOST_DECIMALS)
    if not most:
        return "-?[0-9]{1,15}"
    return rf"-?[0-9]{{1,15}}(?:\.[0-9]{{1,{most}}})?"


def _read_integer(_item: Item, raw: object) -> Parsed:
    if isinstance(raw, str) and _INTEGER.fullmatch(raw):
        return Parsed(float(raw))
    return WRONG


def _read_year(_item: Item, raw: object) -> Parsed:
    if isinstance(raw, str) and _YEAR.fullmatch(raw):
        return Parsed(float(raw))
    return WRONG


def _read_decimal(item: Item, raw: object) -> Parsed:
    if not isinstance(raw, str):
        return WRONG
    found = _DECIMAL.fullmatch(raw)
    if found is None:
        return WRONG
    return Parsed(float(found[0]), too_precise(item, found[1]))


def _plain_number(fits: Callable[[str], re.Match[str] | None], raw: Any) -> float | None:
    return float(raw) if type(raw) is str and fits(raw) else None


def _plain_integer(_item: Item) -> Callable[[Any], Value]:
    return partial(_plain_number, _INTEGER.fullmatch)


def _plain_year(_item: Item) -> Callable[[Any], Value]:
    return partial(_plain_number, _YEAR.fullmatch)


def _plain_decimal(item: Item) -> Callable[[Any], Value]:
    return partial(_plain_number, re.compile(_decimal_pattern(item.precision)).fullmatch)


def _usual_integer(_item: Item) -> str:
    return "^-?[0-9]{1,15}$"


def _usual_year(_item: Item) -> str:
    return "^[0-9]{4}$"


def _usual_decimal(item: Item) -> str:
    return f"^{_decimal_pattern(item.precision)}$"


def _show_grouped(_item: Item, raw: object, _value: Value) -> str:
    return grouped(str(raw))


def _show_year(_item: Item, raw: object, _value: Value) -> str:
    return str(raw)


def _integer_schema(_item: Item) -> Schema:
    return {"type": "string", "pattern": "^-?[0-9]{1,15}$"}


def _year_schema(_item: Item) -> Schema:
    return {"type": "string", "pattern": "^[0-9]{4}$"}


def _decimal_schema(item: Item) -> Schema:
    if item.precision == 0:
        return _integer_schema(item)
    return {"type": "string", "pattern": f"^-?[0-9]{{1,15}}(\\.[0-9]{{1,{item.precision or MOST_DECIMALS}}})?$"}


def _integer_question(item: Item) -> Question:
    if item.maximum is not None and item.maximum <= LARGEST_INTEGER:
        return Question("integer", constraints=(*bounds(item),))
    whole = ("regex(., '^-?[0-9]{1,15}$')", f"“{item.name}”应为整数。")
    return Question("decimal", constraints=(*bounds(item), whole))


def _year_question(item: Item) -> Question:
    return Question("integer", constraints=(*bounds(item),))


def _decimal_question(item: Item) -> Question:
    if item.precision is None:
        return Question("decimal", constraints=(*bounds(item),))
    digits = ""
    if item.precision:
        digits = f"(\\.[0-9]{{1,{item.precision}}})?"
    fine = (f"regex(., '^-?[0-9]{{1,15}}{digits}$')", f"“{item.name}”最多保留 {item.precision} 位小数。")
    return Question("decimal", constraints=(*bounds(item), fine))


INTEGER: Final = register(
    ItemType(
        name="integer",
        wire="text",
        value="integer",
        read=_read_integer,
        plain=_plain_integer,
        usual=_usual_integer,
        words="应为整数，不要带小数、单位或逗号",
        show=_show_grouped,
        schema=_integer_schema,
        question=_integer_question,
        number="grouped",
        keyboard="numeric",
    )
)
DECIMAL: Final = register(
    ItemType(
        name="decimal",
        wire="text",
        value="number",
        read=_read_decimal,
        plain=_plain_decimal,
        usual=_usual_decimal,
        words="应为数字，不要带单位或逗号",
        show=_show_grouped,
        schema=_decimal_schema,
        question=_decimal_question,
        number="grouped",
        keyboard="decimal",
        has_precision=True,
    )
)
YEAR: Final = register(
    ItemType(
        name="year",
        wire="text",
        value="integer",
        read=_read_year,
        plain=_plain_year,
        usual=_usual_year,
        words="应为四位年份，如 2017",
        show=_show_year,
        schema=_year_schema,
        question=_year_question,
        number="plain",
        keyboard="numeric",
    )
)

"""Messages of checks: plain Chinese with ``{expression}`` placeholders, rendered alike on phone and server.

Numbers are shown with at most four decimals, rounded half up, thousands grouped by a thin space; blanks as 未填.
"""

from __future__ import annotations

from datetime import date
from decimal import ROUND_HALF_UP, Decimal
from math import isfinite
from typing import Final, cast

from validation.language.expression import ExpressionError, parse
from validation.language.nodes import Kind, Node
from validation.language.scope import Scope

THIN_SPACE: Final = "\u2009"
BLANK: Final = "未填"
SHOWN_DECIMALS: Final = 4

Message = tuple[str | Node, ...]


def compile_message(text: str, scope: Scope) -> Message:
    """Split a message into texts and parsed placeholders; ``{{`` is a brace. Raises ExpressionError."""
    parts: list[str | Node] = []
    rest = text.replace("{{", "\0").replace("}}", "\1")  # characters that no message holds
    while rest:
        before, brace, after = rest.partition("{")
        if "}" in before:
            raise ExpressionError(text, len(text) - len(rest) + 1, "a message holds a } without its {")
        if before:
            parts.append(before.replace("\0", "{").replace("\1", "}"))
        if not brace:
            break
        inner, closing, rest = after.partition("}")
        if not closing:
            raise ExpressionError(text, len(text) - len(after), "a message holds a { without its }")
        parts.append(parse(inner, scope))
    return tuple(parts)


def show(value: object, kind: Kind) -> str:
    """Give a value as people read it."""
    if kind == "date" and isinstance(value, int):
        return date.fromordinal(value).isoformat()
    match value:
        case None:
            return BLANK
        case True:
            return "是"
        case False:
            return "否"
        case int() | float():
            return show_number(float(value))
        case str():
            return value
        case tuple():
            return "、".join(map(str, cast("tuple[object, ...]", value)))
        case _:
            return str(value)


def show_number(number: float) -> str:
    if not isfinite(number):
        return BLANK
    rounded = Decimal(number)
    # Beyond that a double holds no decimals to round, and Decimal no digits to do it in.
    if abs(number) < 1e20:
        rounded = rounded.quantize(Decimal(10) ** -SHOWN_DECIMALS, rounding=ROUND_HALF_UP)
    whole, _, decimals = f"{abs(rounded):f}".partition(".")
    shown = f"{int(whole):,}".replace(",", THIN_SPACE)
    if decimals := decimals.rstrip("0"):
        shown = f"{shown}.{decimals}"
    # What is rounded to nothing is shown without its sign.
    if rounded < 0:
        shown = f"-{shown}"
    return shown

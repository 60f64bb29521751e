"""The patterns of ``matches``: the part of regular expressions that Python, browsers and databases read alike."""

from __future__ import annotations

import re
from typing import Final

_LITERAL_NEEDS_BACKSLASH: Final = set(".?*+{}[]()|^$\\/")
_TOKEN: Final = re.compile(
    r"(?P<escape>\\.)|(?P<set>\[\^?(?:\\[\]\\^-]|[^\]\\\[])+\])|(?P<count>\{[0-9]{1,3}(?:,[0-9]{0,3})?\})"
    r"|(?P<repeat>[?*+])|(?P<open>\((?!\?))|(?P<close>\))|(?P<bar>\|)|(?P<dot>\.)|(?P<plain>[^\\\[\]{}()?*+|.^$])",
    re.DOTALL,
)

_ALLOWED: Final = "a pattern holds only literals, […], ., ? * + {m,n}, | and groups"


class PatternError(ValueError):
    """A pattern goes beyond literals, ``[…]``, ``.``, ``? * + {m,n}``, ``|`` and groups."""


def portable(pattern: str) -> str:
    """Give the pattern in the spelling that every engine reads alike: ``.`` is any character but a line feed.

    Raises PatternError, naming the position of the first thing that is not allowed.
    """
    parts: list[str] = []
    position, depth, repeatable = 0, 0, False
    while position < len(pattern):
        token = _TOKEN.match(pattern, position)
        if token is None or (token["escape"] and token["escape"][1] not in _LITERAL_NEEDS_BACKSLASH):
            raise PatternError(f"{pattern[position : position + 2]!r} at {position + 1}: {_ALLOWED}")
        depth += bool(token["open"]) - bool(token["close"])
        if depth < 0:
            raise PatternError(f"')' at {position + 1} closes no group")
        if token["repeat"] or token["count"]:
            if not repeatable:
                raise PatternError(f"{token[0]!r} at {position + 1} repeats nothing")
            repeatable = False  # a lazy or possessive repeat means other things elsewhere
        else:
            repeatable = not (token["open"] or token["bar"])
        parts.append(_spelling(token))
        position = token.end()
    if depth:
        raise PatternError("a group is not closed")
    spelled = "".join(parts)
    try:
        re.compile(spelled)
    except re.error as wrong:
        raise PatternError(str(wrong)) from None
    return spelled


def _spelling(token: re.Match[str]) -> str:
    if token["dot"]:
        return "[^\\n]"
    if token["open"]:
        return "(?:"
    if token["plain"] == "/":
        return "\\/"
    return token[0]

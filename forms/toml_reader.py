"""Reads one TOML file table by table and collects what is wrong with it, instead of stopping at the first fault.

Each ``TomlTable`` hands out values by key and type; what nobody asked for is an unknown key. What the keys mean is
known by ``forms.definition`` alone.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from difflib import get_close_matches
from typing import Any, TypeGuard, TypeVar, overload

Word = TypeVar("Word", bound=str)


@dataclass
class TomlTable:
    """One table of the file. ``where`` names it for people: ``check G102-C07``."""

    values: dict[str, Any]
    where: str
    problems: list[str]
    _asked: set[str] = field(default_factory=set[str])

    def complain(self, text: str) -> None:
        self.problems.append(f"{self.where}: {text}".removeprefix(": "))

    def text(self, key: str, default: str | None = "") -> str:
        """Return a text; ``default=None`` makes it required."""
        value = self._take(key)
        if value is None:
            if default is None:
                self.complain(f"{key} is missing: expected text")
            return default or ""
        if isinstance(value, str):
            if default is None and not value.strip():
                self.complain(f"{key} is empty: expected text")
            return value
        return self._wrong(key, value, "text", "")

    def word(self, key: str, allowed: tuple[Word, ...], default: Word | None = None) -> Word:
        """Return one of a fixed set of words; without a default it is required."""
        value = self._take(key)
        if value is None and default is not None:
            return default
        for word in allowed:
            if value == word:
                return word
        expected = f"one of {', '.join(allowed)}"
        if value is None:
            self.complain(f"{key} is missing: expected {expected}")
            return allowed[0]
        return self._wrong(key, value, expected, allowed[0])

    def flag(self, key: str, *, default: bool = False) -> bool:
        value = self._take(key)
        if value is None:
            return default
        if isinstance(value, bool):
            return value
        return self._wrong(key, value, "true or false", default)

    def flag_or_expression(self, key: str) -> bool | str:
        value = self._take(key)
        if value is None:
            return False
        if isinstance(value, bool) or (isinstance(value, str) and value.strip()):
            return value
        return self._wrong(key, value, "true, false or an expression", default=False)

    @overload
    def number(self, key: str) -> float | None: ...
    @overload
    def number(self, key: str, default: float) -> float: ...
    def number(self, key: str, default: float | None = None) -> float | None:
        value = self._take(key)
        if value is None:
            return default
        if _is_number(value):
            return value
        return self._wrong(key, value, "a number", default)

    @overload
    def count(self, key: str) -> int | None: ...
    @overload
    def count(self, key: str, default: int) -> int: ...
    def count(self, key: str, default: int | None = None) -> int | None:
        value = self._take(key)
        if value is None:
            return default
        if isinstance(value, int) and not isinstance(value, bool) and value >= 0:
            return value
        return self._wrong(key, value, "a whole number from 0", default)

    def texts(self, key: str) -> tuple[str, ...]:
        value = self._take(key)
        if value is None:
            return ()
        if _is_list(value) and all(isinstance(part, str) for part in value):
            return tuple(str(part) for part in value)
        return self._wrong(key, value, "a list of texts", ())

    def pairs(self, key: str) -> tuple[tuple[str, str], ...]:
        """Return an inline table of texts, ``{"1" = "是", "2" = "否"}``, in its order."""
        value = self._take(key)
        if value is None:
            return ()
        if _is_table(value):
            return tuple(self._pair(key, code, label) for code, label in value.items())
        return self._wrong(key, value, 'a table of labels by code, {"1" = "是"}', ())

    def table(self, key: str) -> TomlTable | None:
        value = self._take(key)
        if value is None:
            return None
        if _is_table(value):
            return TomlTable(value, f"{self.where} {key}".strip(), self.problems)
        return self._wrong(key, value, "a table", None)

    def tables(self, key: str) -> list[TomlTable]:
        """Return a list of tables, each named after its ``key`` or ``id``, or by its place in the list."""
        value = self._take(key)
        if value is None:
            return []
        if not (_is_list(value) and all(_is_table(row) for row in value)):
            return self._wrong(key, value, "a list of tables", [])
        return [
            TomlTable(row, self._name(key, row, number), self.problems)
            for number, row in enumerate(value, start=1)
            if _is_table(row)
        ]

    def done(self) -> None:
        """Complain about every key nobody asked for."""
        for key in self.values:
            if key not in self._asked:
                meant = "".join(f" (did you mean {near}?)" for near in get_close_matches(key, self._asked, n=1))
                self.complain(f"unknown key {key}{meant}")

    def _take(self, key: str) -> Any:
        self._asked.add(key)
        return self.values.get(key)

    def _wrong(self, key: str, value: object, expected: str, default: Any) -> Any:
        self.complain(f"{key} = {value!r}: expected {expected}")
        return default

    def _pair(self, key: str, code: str, label: object) -> tuple[str, str]:
        if not code.strip() or not isinstance(label, str) or not label.strip():
            self.complain(f"{key}: bad option {code!r} = {label!r}: expected a code and its label, both texts")
            return code, str(label)
        return code, label

    def _name(self, key: str, row: dict[str, Any], number: int) -> str:
        name = row.get("key") or row.get("id")
        kind = key.removesuffix("s").replace("_", " ")
        if not isinstance(name, str):
            name = f"number {number}"
        return f"{self.where}, {kind} {name}".removeprefix(", ")


def _is_number(value: object) -> TypeGuard[float]:
    return isinstance(value, int | float) and not isinstance(value, bool)


def _is_table(value: object) -> TypeGuard[dict[str, Any]]:
    return isinstance(value, dict)


def _is_list(value: object) -> TypeGuard[list[object]]:
    return isinstance(value, list)

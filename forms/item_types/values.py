"""What an answer means once it is read: its value, and what is wrong with how it was written."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date
from typing import Final, Literal, NamedTuple

Problem = Literal["", "type", "precision"]


@dataclass(frozen=True, slots=True)
class Position:
    """A fix in WGS-84 degrees; what is not known about it is None."""

    lon: float
    lat: float
    accuracy_m: float | None = None
    at: str | None = None
    source: str | None = None


Value = str | float | bool | date | tuple[str, ...] | Position | None


class Parsed(NamedTuple):
    """A value, and what is wrong with how it was written. Of a wrong type: no value."""

    value: Value
    problem: Problem = ""


BLANK: Final = Parsed(None)
WRONG: Final = Parsed(None, "type")


def not_plain(_raw: object) -> None:
    """The short way of reading of types that have none: "ask ``parse``"."""

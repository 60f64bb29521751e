"""What the application hands over for export: units and records as plain values, in a fixed order."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

import orjson


@dataclass(frozen=True, slots=True)
class Unit:
    """A census object 普查对象 as it travels with its records."""

    id: str
    kind: str
    name: str
    address: str
    credit_code: str | None
    industry_code: str | None
    region_code: str
    lon: float | None
    lat: float | None
    source: str
    outcome: str | None
    forms: tuple[str, ...] = ()
    known: Mapping[str, Any] = field(default_factory=dict[str, Any])


@dataclass(frozen=True, slots=True)
class Region:
    """A region 行政区划 that units of a package lie in."""

    code: str
    name: str
    level: str
    parent_code: str | None


@dataclass(frozen=True, slots=True)
class Record:
    """One approved revision of one form of one unit, whole: the province rebuilds the same answers from it."""

    id: str
    form: str
    version: str
    revision: int
    digest: str
    unit: str
    region_code: str
    answers: Mapping[str, Any]
    explanations: Sequence[Mapping[str, Any]] = ()
    exemptions: Sequence[Mapping[str, str]] = ()  # errors that the county let stand: {check, path, text}


@dataclass(frozen=True, slots=True)
class OpenFinding:
    """A finding that travels: a warning with its explanation, or an error with the reason of its exemption."""

    id: str
    form: str
    revision: int
    check: str
    severity: str
    path: str
    message: str
    state: str
    explanation: str


@dataclass(frozen=True, slots=True)
class Computed:
    """A figure that nobody typed: the program worked it out from approved records of the unit.

    ``row`` counts from 1 the line of the unit's own record of the form, where the figure is one of a repeating section.
    """

    unit: str
    region_code: str
    form: str
    item_no: str
    item: str
    label: str
    row: int | None
    value: float
    measure: str


def line(value: Unit | Region | Record | OpenFinding) -> bytes:
    """Write a value as it stands in a package: one line of JSON, fields in their order, the keys of answers sorted."""
    return orjson.dumps(value, option=orjson.OPT_SORT_KEYS | orjson.OPT_APPEND_NEWLINE)


@dataclass(frozen=True, slots=True)
class Door:
    """One condition of the hand-up, as the gate words it."""

    name: str
    is_open: bool
    says: str


@dataclass(frozen=True, slots=True)
class Progress:
    """How far one town has come: units of the register, those visited, those with an approved record."""

    town_code: str
    units: int
    visited: int
    passed: int


@dataclass(frozen=True, slots=True)
class Standing:
    """Where the region stands on its way to the hand-up. It stays out of the package: it is not about the records."""

    sentence: str
    doors: tuple[Door, ...] = ()
    progress: tuple[Progress, ...] = ()

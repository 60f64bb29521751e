"""How an engine spells the check language: types, literals, and each function. A second engine is a second ``Dialect``.

A strict function of a blank must be NULL; where SQL would say otherwise, the spelling asks for blanks first.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import Final

from validation.language.functions import EARTH_RADIUS_M, ORG_WEIGHTS, PERSON_WEIGHTS, USCC_ALPHABET, USCC_WEIGHTS
from validation.language.nodes import Kind


def quoted(text: str) -> str:
    return "'" + text.replace("'", "''") + "'"


def double(number: float) -> str:
    """Spell a number so that it is a double, not a decimal."""
    text = repr(number)
    if "e" in text:
        return text
    return f"{text}e0"


def named(name: str) -> str:
    return '"' + name.replace('"', '""') + '"'


def _weighted(text: str, weights: tuple[int, ...], alphabet: str) -> str:
    terms = (
        f"(strpos('{alphabet}', substr({text}, {place}, 1)) - 1) * {weight}"
        for place, weight in enumerate(weights, start=1)
    )
    return f"({' + '.join(terms)})"


def _uscc(code: str) -> str:
    total = _weighted(code, (*USCC_WEIGHTS, 1), USCC_ALPHABET)
    return f"(regexp_full_match({code}, '[{USCC_ALPHABET}]{{18}}') AND {total} % 31 = 0)"


def _org_code(code: str) -> str:
    total = _weighted(code, ORG_WEIGHTS, "0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZ")
    shape = f"regexp_full_match({code}, '[0-9A-Z]{{8}}-?[0-9X]')"
    return f"({shape} AND substr('0123456789X0', 12 - {total} % 11, 1) = right({code}, 1))"


def _person_id(code: str) -> str:
    total = _weighted(code, PERSON_WEIGHTS, "0123456789")
    born = f"try_cast(substr({code}, 7, 4) || '-' || substr({code}, 11, 2) || '-' || substr({code}, 13, 2) AS DATE)"
    shape = f"regexp_full_match({code}, '[0-9]{{17}}[0-9X]')"
    fits = f"{shape} AND {born} IS NOT NULL AND substr('10X98765432', 1 + {total} % 11, 1) = right({code}, 1)"
    return f"CASE WHEN {code} IS NOT NULL THEN {fits} END"  # IS NOT NULL alone would call a blank wrong


def _distance(lon_1: str, lat_1: str, lon_2: str, lat_2: str) -> str:
    half_lat, half_lon = f"pow(sin(radians({lat_2} - {lat_1}) / 2), 2)", f"pow(sin(radians({lon_2} - {lon_1}) / 2), 2)"
    chord = f"({half_lat} + cos(radians({lat_1})) * cos(radians({lat_2})) * {half_lon})"
    known = f"{lon_1} + {lat_1} + {lon_2} + {lat_2} IS NOT NULL"  # least() would skip a blank
    return f"CASE WHEN {known} THEN {double(2 * EARTH_RADIUS_M)} * asin(least(1e0, sqrt({chord}))) END"


def _date_of(year: str, month: str, day: str) -> str:
    whole = " AND ".join(f"{part} = trunc({part})" for part in (year, month, day))
    text = f"printf('%04d-%02d-%02d', {year}::BIGINT, {month}::BIGINT, {day}::BIGINT)"
    # Within these limits the casts cannot fail; whether the month has that day, try_cast tells.
    limits = f"{year} BETWEEN 1 AND 9999 AND {month} BETWEEN 1 AND 12 AND {day} BETWEEN 1 AND 31"
    return f"CASE WHEN {whole} AND {limits} THEN try_cast({text} AS DATE) END"


def _number(text: str) -> str:
    shape = f"regexp_full_match({text}, '-?[0-9]{{1,15}}([.][0-9]{{1,15}})?')"
    return f"CASE WHEN {shape} THEN TRY_CAST({text} AS DOUBLE) END"


@dataclass(frozen=True, slots=True)
class Dialect:
    """How one engine spells types, and each function of the check language."""

    name: str
    types: Mapping[Kind, str]
    functions: Mapping[str, str | Callable[..., str]]  # a template of the arguments, or what makes one

    def struct(self, parts: Sequence[str]) -> str:
        """Give one value that is equal where all its parts are."""
        return f"struct_pack({', '.join(f'part{number} := {part}' for number, part in enumerate(parts))})"

    def call(self, name: str, arguments: Sequence[str]) -> str:
        spelling = self.functions[name]
        if isinstance(spelling, str):
            return spelling.format(*arguments, all=", ".join(arguments))
        return spelling(*arguments)


DUCKDB: Final = Dialect(
    "duckdb",
    {"number": "DOUBLE", "text": "VARCHAR", "bool": "BOOLEAN", "date": "DATE", "list": "VARCHAR[]"},
    {
        "blank": "({0} IS NULL)",
        "coalesce": "coalesce({all})",
        "abs": "abs({0})",
        "min": "least({all})",
        "max": "greatest({all})",
        "year": "year({0})::DOUBLE",
        "date_of": _date_of,
        "length": "length({0})::DOUBLE",
        "prefix": "nullif(substr({0}, 1, greatest(0, trunc({1}))::BIGINT), '')",
        "matches": "regexp_full_match({0}, {1})",
        "number": _number,
        "valid_uscc": _uscc,
        "valid_org_code": _org_code,
        "valid_person_id": _person_id,
        "any_of": "list_has_any({0}, {1})",
        "chosen": "list_contains({0}, {1})",
        "count_chosen": "coalesce(len({0}), 0)::DOUBLE",
        "distinct": "(list_unique({0}) = len({0}))",
        "present": 'list_contains("_present", {0})',
        "inside": "census_inside({0}, {1}, {2})",
        "distance_m": _distance,
    },
)

"""The functions of the check language: one table, with the Python implementation beside it.

The browser's stand in ``rules.js`` and the database's in ``evaluators.dialect``, under the same names; a test compares
the three. ``validation.language.calls`` gives calls their kinds from here. A strict function is unknown where an
argument is blank.
"""

from __future__ import annotations

import math
import re
from collections.abc import Callable, Collection, Sequence
from dataclasses import dataclass
from datetime import date
from typing import Any, Final

from validation.language.nodes import Kind

EARTH_RADIUS_M: Final = 6_371_008.8  # mean radius, IUGG


@dataclass(frozen=True, slots=True)
class Function:
    """How a function may be called and what it means to the people who write checks."""

    # Kinds; "literal" wants a text between quotes, "same" the kind of the first, "…" allows more of the last.
    arguments: tuple[str, ...]
    result: Kind | str  # a kind, or "same": the kind of the first argument
    meaning: str
    strict: bool = True


FUNCTIONS: Final[dict[str, Function]] = {
    "blank": Function(
        ("any",),
        "bool",
        "nothing is answered there; the only function, beside `coalesce` and `count`, that sees blanks",
        strict=False,
    ),
    "coalesce": Function(("any", "same", "…"), "same", "the first argument that is not blank", strict=False),
    "abs": Function(("number",), "number", "the number without its sign"),
    "min": Function(
        ("number", "number", "…"), "number", "the smallest; blanks are skipped, blank if all are", strict=False
    ),
    "max": Function(
        ("number", "number", "…"), "number", "the largest; blanks are skipped, blank if all are", strict=False
    ),
    "year": Function(("date",), "number", "the year of a date"),
    "date_of": Function(
        ("number", "number", "number"), "date", "the date of year, month and day; unknown if there is none"
    ),
    "length": Function(("text",), "number", "how many characters (code points)"),
    "prefix": Function(("text", "number"), "text", "the first so many characters"),
    "number": Function(
        ("text",),
        "number",
        "the number that a text is, such as an attribute of a code list; unknown for any other text",
    ),
    "matches": Function(
        ("text", "literal"),
        "bool",
        "the whole text fits the pattern: literals, `[…]`, `.`, `?`, `*`, `+`, `{m,n}`, alternatives and groups",
    ),
    "valid_uscc": Function(("text",), "bool", "a unified social credit code with a right check character (GB 32100)"),
    "valid_org_code": Function(("text",), "bool", "an organisation code with a right check character (GB 11714)"),
    "valid_person_id": Function(
        ("text",), "bool", "an identity card number with a real date and a right check character (GB 11643)"
    ),
    "any_of": Function(("list", "list"), "bool", "at least one is in both lists"),
    "chosen": Function(("list", "text"), "bool", 'the text is among the chosen ones; written `"3" in item`'),
    "count_chosen": Function(
        ("list",), "number", "how many are chosen, 0 for none; written `count(item)`", strict=False
    ),
    "distinct": Function(("list",), "bool", "no two are the same; written `unique((a, b))`"),
    "present": Function(
        ("literal",), "bool", "the unit has filled that form; unknown while no definition of it exists", strict=False
    ),
    "inside": Function(
        ("number", "number", "text"),
        "bool",
        "the position (degrees) lies in the region with that code; unknown without its boundary",
    ),
    "distance_m": Function(
        ("number", "number", "number", "number"),
        "number",
        "metres between two positions (longitude, latitude, longitude, latitude) on the sphere",
    ),
}

USCC_ALPHABET: Final = "0123456789ABCDEFGHJKLMNPQRTUWXY"
USCC_WEIGHTS: Final = (1, 3, 9, 27, 19, 26, 16, 17, 20, 29, 25, 13, 8, 24, 10, 30, 28)
ORG_WEIGHTS: Final = (3, 7, 9, 10, 5, 8, 4, 2)
PERSON_WEIGHTS: Final = (7, 9, 10, 5, 8, 4, 2, 1, 6, 3, 7, 9, 10, 5, 8, 4, 2)
_USCC_VALUES: Final = {character: value for value, character in enumerate(USCC_ALPHABET)}
_ORG_FORM: Final = re.compile("[0-9A-Z]{8}-?[0-9X]")
_DECIMAL: Final = re.compile("-?[0-9]{1,15}([.][0-9]{1,15})?")
_PERSON_FORM: Final = re.compile("[0-9]{17}[0-9X]")


def uscc_check_character(first_seventeen: str) -> str:
    """Give the 18th character of a unified social credit code (GB 32100—2015)."""
    total = sum(
        _USCC_VALUES[character] * weight for character, weight in zip(first_seventeen, USCC_WEIGHTS, strict=True)
    )
    return USCC_ALPHABET[-total % 31]


def org_check_character(first_eight: str) -> str:
    """Give the 9th character of an organisation code (GB 11714—1997)."""
    total = sum(int(character, 36) * weight for character, weight in zip(first_eight, ORG_WEIGHTS, strict=True))
    return "0123456789X0"[11 - total % 11]


def person_check_character(first_seventeen: str) -> str:
    """Give the 18th character of an identity number (GB 11643—1999)."""
    total = sum(int(character) * weight for character, weight in zip(first_seventeen, PERSON_WEIGHTS, strict=True))
    return "10X98765432"[total % 11]


def valid_uscc(code: str) -> bool:
    return len(code) == 18 and all(c in _USCC_VALUES for c in code) and uscc_check_character(code[:17]) == code[17]


def valid_org_code(code: str) -> bool:
    if _ORG_FORM.fullmatch(code) is None:
        return False
    return org_check_character(code[:8]) == code[-1]


def valid_person_id(code: str) -> bool:
    if _PERSON_FORM.fullmatch(code) is None:
        return False
    if date_of(float(code[6:10]), float(code[10:12]), float(code[12:14])) is None:
        return False
    return person_check_character(code[:17]) == code[17]


def date_of(year: float, month: float, day: float) -> int | None:
    """Give the day as an ordinal, None for a date that does not exist or a fraction."""
    try:
        if year % 1 or month % 1 or day % 1:
            return None
        return date(int(year), int(month), int(day)).toordinal()
    except (ValueError, OverflowError):
        return None


def distance_m(lon_1: float, lat_1: float, lon_2: float, lat_2: float) -> float:
    """Give the length in metres of the great circle between two positions in degrees (haversine)."""
    half_lat = math.sin(math.radians(lat_2 - lat_1) / 2)
    half_lon = math.sin(math.radians(lon_2 - lon_1) / 2)
    chord = half_lat * half_lat + math.cos(math.radians(lat_1)) * math.cos(math.radians(lat_2)) * half_lon * half_lon
    return 2 * EARTH_RADIUS_M * math.asin(min(1.0, math.sqrt(chord)))


Ring = Sequence[tuple[float, float]]
Boundary = Sequence[Ring]  # all rings of all parts, holes included: crossings are counted over all of them


def inside_rings(lon: float, lat: float, boundary: Boundary) -> bool:
    """Tell whether a position lies within a boundary, by counting the edges that a ray to the east crosses."""
    within = False
    for ring in boundary:
        x_1, y_1 = ring[-1]
        for x_2, y_2 in ring:
            if (y_1 > lat) != (y_2 > lat) and lon < (x_2 - x_1) * (lat - y_1) / (y_2 - y_1) + x_1:
                within = not within
            x_1, y_1 = x_2, y_2
    return within


def _blank(value: object) -> bool:
    return value is None


def _first_filled(*values: object) -> object:
    return next((value for value in values if value is not None), None)


def _smallest(*values: float | None) -> float | None:
    return min((value for value in values if value is not None), default=None)


def _largest(*values: float | None) -> float | None:
    return max((value for value in values if value is not None), default=None)


def _year(ordinal: int) -> float:
    return float(date.fromordinal(ordinal).year)


def _length(text: str) -> float:
    return float(len(text))


def _prefix(text: str, count: float) -> str | None:
    return text[: max(0, int(count))] or None


def _number(text: str) -> float | None:
    # float() alone takes "1e3", "inf" and " 1 " as well, which the browser and the database read otherwise.
    if _DECIMAL.fullmatch(text) is None:
        return None
    return float(text)


def _matches(text: str, pattern: re.Pattern[str]) -> bool:
    return pattern.fullmatch(text) is not None


def _any_of(chosen: Sequence[str], wanted: Sequence[str]) -> bool:
    return any(code in wanted for code in chosen)


def _chosen(chosen: Sequence[str], code: str) -> bool:
    return code in chosen


def _count_chosen(chosen: Sequence[str] | None) -> float:
    return float(len(chosen or ()))


def _distinct(values: Sequence[object]) -> bool:
    return len(set(values)) == len(values)


def _present(code: str, forms: Collection[str]) -> bool:
    return code in forms


# Called with values that are not None unless the function is not strict. The record evaluator hands `matches` a
# compiled pattern, `present` the unit's forms and `inside` the rings of the region.
PYTHON: Final[dict[str, Callable[..., Any]]] = {
    "blank": _blank,
    "coalesce": _first_filled,
    "abs": abs,
    "min": _smallest,
    "max": _largest,
    "year": _year,
    "date_of": date_of,
    "length": _length,
    "prefix": _prefix,
    "number": _number,
    "matches": _matches,
    "valid_uscc": valid_uscc,
    "valid_org_code": valid_org_code,
    "valid_person_id": valid_person_id,
    "any_of": _any_of,
    "chosen": _chosen,
    "count_chosen": _count_chosen,
    "distinct": _distinct,
    "present": _present,
    "inside": inside_rings,
    "distance_m": distance_m,
}

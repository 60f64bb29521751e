"""Answers on the wire: what each type of item may look like, what it means, how people read it, how it is digested.

Answers are kept as they came (``"12.50"``); ``parse`` gives the value that checks and frames work with. Nothing here
asks whether a value is allowed by the form: that is an implied check.
"""

from __future__ import annotations

import hashlib
import re
import unicodedata
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from datetime import date
from functools import partial
from typing import Any, Literal, NamedTuple, TypeGuard, cast

import orjson
import rfc8785

from forms.codelists import codelist
from forms.definition import Item

Problem = Literal["", "type", "precision"]
THIN_SPACE = "\u2009"
GPS_SOURCES = {"device": "设备定位", "map": "地图点选", "import": "批量导入"}

_INTEGER = re.compile(r"-?[0-9]{1,15}")
_DECIMAL = re.compile(r"-?[0-9]{1,15}(?:\.([0-9]{1,12}))?")
_YEAR = re.compile(r"[0-9]{4}")
_DATE = re.compile(r"[0-9]{4}-[0-9]{2}-[0-9]{2}")
_SECONDS = re.compile(r"[0-9]{1,2}(?:\.([0-9]{1,6}))?")
_SHA256 = re.compile(r"[0-9a-f]{64}")


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


BLANK = Parsed(None)
WRONG = Parsed(None, "type")


def blank(raw: object) -> bool:
    """Tell whether nothing is answered: null, empty text, empty list, a position or angle without parts."""
    if isinstance(raw, str):
        return not raw or raw.isspace()
    if raw is None:
        return True
    if isinstance(raw, list):
        return not raw
    if isinstance(raw, dict):
        return all(part is None or part == "" for part in cast("dict[str, object]", raw).values())
    return False


def parse(item: Item, raw: object) -> Parsed:
    """Read an answer. Numbers become doubles, degrees decimal degrees, multiple choices a tuple in the order given."""
    return BLANK if blank(raw) else _PARSERS[item.type](item, raw)


def plain_reader(item: Item) -> Callable[[Any], Value]:
    """Make the short way of reading one item: the value that ``parse`` gives, or None for "ask ``parse``".

    It knows answers as they nearly always come; blanks, problems and rare types are left to ``parse``.
    """
    match item.type:
        case "text" | "choice" | "code":
            return _plain_text
        case "integer":
            return partial(_plain_number, _INTEGER.fullmatch)
        case "year":
            return partial(_plain_number, _YEAR.fullmatch)
        case "decimal":
            most = 12 if item.precision is None else min(item.precision, 12)
            fraction = rf"(?:\.[0-9]{{1,{most}}})?" if most else ""
            return partial(_plain_number, re.compile(rf"-?[0-9]{{1,15}}{fraction}").fullmatch)
        case "multichoice":
            return _plain_choices
        case _:
            return _not_plain


def display(item: Item, raw: object) -> str:
    """Write an answer for people, without its unit: names of codes, grouped digits, 是 and 否. "" for a blank.

    An answer that cannot be read is shown as it came.
    """
    parsed = parse(item, raw)
    if parsed.value is None:
        return "" if blank(raw) else str(raw)
    return _DISPLAYS.get(item.type, _as_text)(item, raw, parsed.value)


def grouped(number: str) -> str:
    """Group the digits of a plain number in threes by thin spaces: ``12400.5`` reads 12 400.5."""
    whole, point, decimals = number.partition(".")
    sign = "-" if whole.startswith("-") else ""
    return f"{sign}{int(whole.removeprefix('-') or 0):,}".replace(",", THIN_SPACE) + point + decimals


def canonical(answers: Mapping[str, Any], explanations: Sequence[Mapping[str, Any]] = ()) -> bytes:
    """Return the RFC 8785 form of ``[answers, explanations]``: the same bytes on every machine and in every language."""
    value = [dict(answers), [dict(explanation) for explanation in explanations]]
    return orjson.dumps(value, option=orjson.OPT_SORT_KEYS) if _writes_alike(value) else rfc8785.dumps(value)


def _writes_alike(value: list[Any]) -> bool:
    """Whether orjson, ten times as quick, writes the same bytes: it orders keys and writes doubles in its own way."""
    waiting: list[Any] = [value]
    while waiting:
        part = waiting.pop()
        if isinstance(part, dict):
            members = cast("dict[str, Any]", part)
            if not "".join(members).isascii():
                return False
            waiting += [member for member in members.values() if type(member) is not str]
        elif isinstance(part, list):
            waiting += [member for member in cast("list[Any]", part) if type(member) is not str]
        elif not (part is None or isinstance(part, bool | str) or (isinstance(part, int) and abs(part) < 2**53)):
            return False
    return True


def digest(answers: Mapping[str, Any], explanations: Sequence[Mapping[str, Any]] = ()) -> str:
    """Return the SHA-256 of the canonical form, in hexadecimal."""
    return hashlib.sha256(canonical(answers, explanations)).hexdigest()


def _plain_text(raw: Any) -> str | None:
    if type(raw) is not str:
        return None
    return (raw if raw.isascii() else unicodedata.normalize("NFC", raw)).strip() or None


def _plain_number(fits: Callable[[str], re.Match[str] | None], raw: Any) -> float | None:
    return float(raw) if type(raw) is str and fits(raw) else None


def _plain_choices(raw: Any) -> tuple[str, ...] | None:
    if type(raw) is not list or not raw:
        return None
    return _choices_of(cast("list[object]", raw))


def _not_plain(_raw: Any) -> None:
    return None


def _text(_item: Item, raw: object) -> Parsed:
    if not isinstance(raw, str):
        return WRONG
    return Parsed((raw if raw.isascii() else unicodedata.normalize("NFC", raw)).strip())


def _integer(_item: Item, raw: object) -> Parsed:
    return Parsed(float(raw)) if isinstance(raw, str) and _INTEGER.fullmatch(raw) else WRONG


def _year(_item: Item, raw: object) -> Parsed:
    return Parsed(float(raw)) if isinstance(raw, str) and _YEAR.fullmatch(raw) else WRONG


def _decimal(item: Item, raw: object) -> Parsed:
    found = _DECIMAL.fullmatch(raw) if isinstance(raw, str) else None
    if found is None:
        return WRONG
    return Parsed(float(found[0]), _precision(item, found[1]))


def _date(_item: Item, raw: object) -> Parsed:
    if not (isinstance(raw, str) and _DATE.fullmatch(raw)):
        return WRONG
    try:
        return Parsed(date.fromisoformat(raw))
    except ValueError:
        return WRONG


def _choices(_item: Item, raw: object) -> Parsed:
    codes = _choices_of(cast("list[object]", raw)) if isinstance(raw, list) else None
    return WRONG if codes is None else Parsed(codes)


def _choices_of(raw: list[object]) -> tuple[str, ...] | None:
    codes = [code.strip() for code in raw if isinstance(code, str) and code.strip()]
    return tuple(codes) if len(codes) == len(raw) and len(set(codes)) == len(codes) else None


def _yesno(_item: Item, raw: object) -> Parsed:
    return Parsed(raw) if isinstance(raw, bool) else WRONG


def _dms(item: Item, raw: object) -> Parsed:
    parts = cast("dict[str, object]", raw) if isinstance(raw, dict) else {}
    degrees, minutes, seconds = (parts.get(key) for key in "dms")
    found = _SECONDS.fullmatch(seconds) if isinstance(seconds, str) else None
    if found is None or not _is_whole(degrees, 180) or not _is_whole(minutes, 59) or set(parts) != {"d", "m", "s"}:
        return WRONG
    value = float(found[0])
    if value >= 60:
        return WRONG
    return Parsed(degrees + minutes / 60 + value / 3600, _precision(item, found[1]))


def _gps(_item: Item, raw: object) -> Parsed:
    if not isinstance(raw, dict):
        return WRONG
    parts = {key: part for key, part in cast("dict[str, object]", raw).items() if part is not None}
    lon, lat, accuracy, at, source = (parts.pop(key, None) for key in ("lon", "lat", "accuracy_m", "at", "source"))
    if parts or not _is_number(lon, 180) or not _is_number(lat, 90):
        return WRONG
    if (accuracy is not None and not _is_number(accuracy, 1e9)) or (at is not None and not isinstance(at, str)):
        return WRONG
    if source is not None and not (isinstance(source, str) and source in GPS_SOURCES):
        return WRONG
    return Parsed(Position(float(lon), float(lat), None if accuracy is None else float(accuracy), at, source))


def _file(_item: Item, raw: object) -> Parsed:
    return Parsed(raw) if isinstance(raw, str) and _SHA256.fullmatch(raw) else WRONG


def _precision(item: Item, decimals: str | None) -> Problem:
    return "precision" if item.precision is not None and len(decimals or "") > item.precision else ""


def _is_whole(value: object, limit: int) -> TypeGuard[int]:
    return isinstance(value, int) and not isinstance(value, bool) and 0 <= value <= limit


def _is_number(value: object, limit: float) -> TypeGuard[str]:
    return isinstance(value, str) and _DECIMAL.fullmatch(value) is not None and abs(float(value)) <= limit


_PARSERS: dict[str, Callable[[Item, object], Parsed]] = {
    "text": _text,
    "choice": _text,
    "code": _text,
    "integer": _integer,
    "decimal": _decimal,
    "year": _year,
    "date": _date,
    "multichoice": _choices,
    "yesno": _yesno,
    "dms": _dms,
    "gps": _gps,
    "photo": _file,
    "signature": _file,
}


def _label(item: Item, code: str) -> str:
    if item.codelist:
        return codelist(item.codelist).label(code)
    return dict(item.options).get(code, code)


def _as_text(_item: Item, _raw: object, value: Value) -> str:
    return str(value)


def _show_number(_item: Item, raw: object, _value: Value) -> str:
    return grouped(str(raw))


def _show_year(_item: Item, raw: object, _value: Value) -> str:
    return str(raw)


def _show_choice(item: Item, _raw: object, value: Value) -> str:
    return _label(item, str(value))


def _show_code(item: Item, _raw: object, value: Value) -> str:
    name = _label(item, str(value))
    return name if name == value else f"{name}（{value}）"


def _show_choices(item: Item, _raw: object, value: Value) -> str:
    return "、".join(_label(item, code) for code in cast("tuple[str, ...]", value))


def _show_yesno(_item: Item, _raw: object, value: Value) -> str:
    return "是" if value else "否"


def _show_date(_item: Item, _raw: object, value: Value) -> str:
    day = cast("date", value)
    return f"{day.year} 年 {day.month} 月 {day.day} 日"


def _show_dms(_item: Item, raw: object, _value: Value) -> str:
    parts = cast("dict[str, object]", raw)
    return f"{parts['d']}°{parts['m']}′{parts['s']}″"


def _show_gps(_item: Item, raw: object, value: Value) -> str:
    place, parts = cast("Position", value), cast("dict[str, object]", raw)
    notes = [f"精度 {place.accuracy_m:g} 米"] if place.accuracy_m is not None else []
    notes += [GPS_SOURCES[place.source]] if place.source else []
    return f"经度 {parts['lon']}，纬度 {parts['lat']}" + (f"（{'，'.join(notes)}）" if notes else "")


def _show_photo(_item: Item, _raw: object, _value: Value) -> str:
    return "已拍照"


def _show_signature(_item: Item, _raw: object, _value: Value) -> str:
    return "已签名"


_DISPLAYS: dict[str, Callable[[Item, object, Value], str]] = {
    "integer": _show_number,
    "decimal": _show_number,
    "year": _show_year,
    "choice": _show_choice,
    "code": _show_code,
    "multichoice": _show_choices,
    "yesno": _show_yesno,
    "date": _show_date,
    "dms": _show_dms,
    "gps": _show_gps,
    "photo": _show_photo,
    "signature": _show_signature,
}

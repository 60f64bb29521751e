"""Where something is: half a position in degrees, minutes and seconds, or a whole one as a device or a map gave it."""

from __future__ import annotations

import re
from collections.abc import Callable
from typing import Any, Final, TypeGuard, cast

from forms.item_types.numbers import bounds, is_decimal, too_precise
from forms.item_types.registry import ColumnPart, Item, ItemType, Question, Schema, register
from forms.item_types.values import WRONG, Parsed, Position, Value, not_plain

GPS_SOURCES: Final = {"device": "设备定位", "map": "地图点选", "import": "批量导入"}
POSITION_PARTS: Final = (
    ColumnPart("lon", "经度", "number", "度"),
    ColumnPart("lat", "纬度", "number", "度"),
    ColumnPart("accuracy_m", "定位精度", "number", "米"),
    ColumnPart("at", "定位时间", "text", ""),
    ColumnPart("source", "定位来源", "text", ""),
)
_NAMES: Final = tuple(part.name for part in POSITION_PARTS)
MOST_DIGITS: Final = 6  # of the seconds behind the point

_SECONDS: Final = re.compile(r"[0-9]{1,2}(?:\.([0-9]{1,6}))?")


def _plain(_item: Item) -> Callable[[Any], Value]:
    return not_plain


def _read_degrees(item: Item, raw: object) -> Parsed:
    if not isinstance(raw, dict):
        return WRONG
    parts = cast("dict[str, object]", raw)
    degrees, minutes, seconds = (parts.get(key) for key in "dms")
    if set(parts) != {"d", "m", "s"} or not isinstance(seconds, str):
        return WRONG
    found = _SECONDS.fullmatch(seconds)
    if found is None or not _is_whole(degrees, 180) or not _is_whole(minutes, 59):
        return WRONG
    value = float(found[0])
    if value >= 60:
        return WRONG
    return Parsed(degrees + minutes / 60 + value / 3600, too_precise(item, found[1]))


def _is_whole(value: object, limit: int) -> TypeGuard[int]:
    return isinstance(value, int) and not isinstance(value, bool) and 0 <= value <= limit


def _show_degrees(_item: Item, raw: object, _value: Value) -> str:
    parts = cast("dict[str, object]", raw)
    return f"{parts['d']}°{parts['m']}′{parts['s']}″"


def _degrees_schema(item: Item) -> Schema:
    seconds = f"^[0-9]{{1,2}}(\\.[0-9]{{1,{item.precision or MOST_DIGITS}}})?$"
    return {
        "type": "object",
        "additionalProperties": False,
        "required": ["d", "m", "s"],
        "properties": {
            "d": {"type": "integer", "minimum": 0, "maximum": 180},
            "m": {"type": "integer", "minimum": 0, "maximum": 59},
            "s": {"type": "string", "pattern": seconds},
        },
    }


def _degrees_question(item: Item) -> Question:
    return Question("decimal", constraints=(*bounds(item),))


def _read_position(_item: Item, raw: object) -> Parsed:
    if not isinstance(raw, dict):
        return WRONG
    parts = {key: part for key, part in cast("dict[str, object]", raw).items() if part is not None}
    lon, lat, accuracy, at, source = (parts.pop(name, None) for name in _NAMES)
    if parts:  # something else stands beside them
        return WRONG
    if not is_decimal(lon, 180) or not is_decimal(lat, 90):
        return WRONG
    if not (accuracy is None or is_decimal(accuracy, 1e9)):
        return WRONG
    if not (at is None or isinstance(at, str)):
        return WRONG
    if not (source is None or (isinstance(source, str) and source in GPS_SOURCES)):
        return WRONG
    metres = None if accuracy is None else float(accuracy)
    return Parsed(Position(float(lon), float(lat), metres, at, source))


def _show_position(_item: Item, raw: object, value: Value) -> str:
    place, parts = cast("Position", value), cast("dict[str, object]", raw)
    notes: list[str] = []
    if place.accuracy_m is not None:
        notes.append(f"精度 {place.accuracy_m:g} 米")
    if place.source:
        notes.append(GPS_SOURCES[place.source])
    where = f"经度 {parts['lon']}，纬度 {parts['lat']}"
    if not notes:
        return where
    return f"{where}（{'，'.join(notes)}）"


def _position_schema(_item: Item) -> Schema:
    return {
        "type": "object",
        "additionalProperties": False,
        "required": ["lon", "lat"],
        "properties": {
            "lon": {"type": "string", "description": "度，WGS-84"},
            "lat": {"type": "string", "description": "度，WGS-84"},
            "accuracy_m": {"type": ["string", "null"]},
            "at": {"type": ["string", "null"], "format": "date-time"},
            "source": {"enum": [*GPS_SOURCES, None]},
        },
    }


def _position_question(_item: Item) -> Question:
    return Question("geopoint")


DMS: Final = register(
    ItemType(
        name="dms",
        wire="degrees",
        value="number",
        read=_read_degrees,
        plain=_plain,
        words="应为度、分、秒，分和秒小于 60",
        show=_show_degrees,
        schema=_degrees_schema,
        question=_degrees_question,
        unit="度",
        has_precision=True,
    )
)
GPS: Final = register(
    ItemType(
        name="gps",
        wire="position",
        value="position",
        read=_read_position,
        plain=_plain,
        words="应为定位得到的经纬度",
        show=_show_position,
        schema=_position_schema,
        question=_position_question,
        parts=POSITION_PARTS,
    )
)

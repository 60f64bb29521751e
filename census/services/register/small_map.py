"""The small map beside a record: the enumeration area, where the visit took place, where the register puts the unit.

A drawing from coordinates alone, without tiles: it must work on a closed network and tells no third party where a
reviewer looks.
"""

from __future__ import annotations

import math
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from itertools import pairwise
from typing import Any, Final, cast

from census.models.collect import Visit
from census.models.register import Unit

WIDTH: Final = 320
HEIGHT: Final = 176
MARGIN: Final = 20
METRES_PER_DEGREE: Final = 111_320.0
LEAST_EXTENT_M: Final = 200.0
FAR_M: Final = 1_000.0
APART_M: Final = 100.0  # that far from the device's fix, beyond what it may be off, a tapped point asks to be looked at

LonLat = tuple[float, float]
Rings = tuple[tuple[LonLat, ...], ...]


@dataclass(frozen=True, slots=True)
class Fix:
    """Where a device said it was."""

    lon: float
    lat: float
    accuracy_m: float | None
    source: str


@dataclass(frozen=True, slots=True)
class MapView:
    """Coordinates in the drawing, and the sentence that says the same in words."""

    outline: str  # the "d" of an SVG path, "" where nobody has a boundary
    fix: tuple[float, float] | None
    accuracy: float  # radius in the drawing
    register: tuple[float, float] | None
    scale_m: int  # what the scale bar stands for
    scale_width: float
    is_schematic: bool
    caption: str
    is_doubtful: bool  # outside the area, far from the register, or too inexact


@dataclass(frozen=True, slots=True)
class PointPair:
    """The two points behind one answered position: what satellites said and what was tapped on the map."""

    path: str
    device: Fix | None
    tapped: Fix | None

    @property
    def apart_m(self) -> float | None:
        """How far the tapped point lies from the device's, in metres; None where there are not two."""
        if self.device is None or self.tapped is None:
            return None
        return distance_m((self.device.lon, self.device.lat), (self.tapped.lon, self.tapped.lat))

    @property
    def is_doubtful(self) -> bool:
        """Whether the two contradict each other."""
        apart_m = self.apart_m
        if apart_m is None or self.device is None:
            return False
        return apart_m > APART_M + (self.device.accuracy_m or 0.0)


def point_pairs(kept: Iterable[Mapping[str, Any]]) -> tuple[PointPair, ...]:
    """Read the points that came with a revision."""
    return tuple(
        PointPair(pair["path"], _seen(pair.get("device"), "device"), _seen(pair.get("map"), "map")) for pair in kept
    )


def _seen(point: Mapping[str, Any] | None, source: str) -> Fix | None:
    if not point:
        return None
    return Fix(point["lon"], point["lat"], point.get("accuracy_m"), source)


def position_of(unit: Unit) -> LonLat | None:
    """Where the register puts the unit."""
    if unit.lon is None or unit.lat is None:
        return None
    return unit.lon, unit.lat


def latest_fix(visits: Iterable[Visit]) -> Fix | None:
    """The fix of the first visit that has one."""
    for visit in visits:
        if visit.lon is not None and visit.lat is not None:
            return Fix(visit.lon, visit.lat, visit.accuracy_m, visit.position_source or "device")
    return None


def rings_of(geometry: Mapping[str, Any] | None) -> Rings:
    """The rings of a GeoJSON polygon or multipolygon; none of anything else."""
    if not geometry:
        return ()
    coordinates = cast("list[Any]", geometry.get("coordinates") or [])
    parts = {"Polygon": [coordinates], "MultiPolygon": coordinates}.get(cast("str", geometry.get("type")), [])
    return tuple(tuple((float(lon), float(lat)) for lon, lat, *_ in ring) for part in parts for ring in part)


def inside(rings: Rings, point: LonLat) -> bool:
    """Tell whether a point lies in the rings: a ray from it crosses them an odd number of times."""
    x, y = point
    crossings = 0
    for ring in rings:
        for (x1, y1), (x2, y2) in pairwise(ring):
            if (y1 > y) != (y2 > y) and x < (x2 - x1) * (y - y1) / (y2 - y1) + x1:
                crossings += 1
    return crossings % 2 == 1


def draw(rings: Rings, fix: Fix | None, register: LonLat | None, *, is_schematic: bool) -> MapView | None:
    """Lay everything known into one drawing; None when nothing is known."""
    at = fix and (fix.lon, fix.lat)
    marked = [point for point in (register, at) if point]
    points = [point for ring in rings for point in ring] or marked
    shown = [*points, *(point for point in marked if _near(points, point))]
    if not shown:
        return None
    frame = Frame(shown)
    caption, is_doubtful = _caption(rings, fix, register)
    scale_m = frame.round_length()
    return MapView(
        outline="".join(path_of(frame, ring) for ring in rings),
        fix=at and frame.place(at),
        accuracy=_radius(fix, frame),
        register=register and frame.place(register),
        scale_m=scale_m,
        scale_width=round(scale_m * frame.pixels_per_m, 1),
        is_schematic=is_schematic,
        caption=caption,
        is_doubtful=is_doubtful,
    )


def distance_m(a: LonLat, b: LonLat) -> float:
    """Distance in metres over a plane: good to a promille at the size of a county."""
    east = (a[0] - b[0]) * math.cos(math.radians((a[1] + b[1]) / 2))
    return math.hypot(east, a[1] - b[1]) * METRES_PER_DEGREE


class Frame:
    """Places degrees into the drawing, north up, the same scale both ways."""

    def __init__(self, points: Iterable[LonLat]) -> None:
        lons, lats = zip(*points, strict=True)
        self._middle = ((min(lons) + max(lons)) / 2, (min(lats) + max(lats)) / 2)
        self._squeeze = math.cos(math.radians(self._middle[1]))
        width_m = max((max(lons) - min(lons)) * self._squeeze * METRES_PER_DEGREE, LEAST_EXTENT_M)
        height_m = max((max(lats) - min(lats)) * METRES_PER_DEGREE, LEAST_EXTENT_M)
        self.pixels_per_m = min((WIDTH - 2 * MARGIN) / width_m, (HEIGHT - 2 * MARGIN) / height_m)

    def place(self, point: LonLat) -> tuple[float, float]:
        """Where a point lies in the drawing."""
        east_m = (point[0] - self._middle[0]) * self._squeeze * METRES_PER_DEGREE
        north_m = (point[1] - self._middle[1]) * METRES_PER_DEGREE
        return (
            round(min(max(WIDTH / 2 + east_m * self.pixels_per_m, 8), WIDTH - 8), 1),
            round(min(max(HEIGHT / 2 - north_m * self.pixels_per_m, 8), HEIGHT - 8), 1),
        )

    def round_length(self) -> int:
        """The longest of 1, 2, 5 × 10ⁿ metres that fits a quarter of the drawing."""
        room_m = WIDTH / 4 / self.pixels_per_m
        power = 10 ** math.floor(math.log10(room_m))
        return int(max(step * power for step in (1, 2, 5) if step * power <= room_m))


def path_of(frame: Frame, ring: Sequence[LonLat]) -> str:
    """Write one ring as part of an SVG path."""
    return "M" + "L".join(f"{x:g} {y:g}" for x, y in map(frame.place, ring)) + "Z"


def _radius(fix: Fix | None, frame: Frame) -> float:
    """How large the circle around a fix is drawn: never too small to be seen, never larger than the drawing."""
    if fix is None:
        return 0.0
    return max(6.0, min((fix.accuracy_m or 0.0) * frame.pixels_per_m, HEIGHT))


def _near(points: Sequence[LonLat], point: LonLat) -> bool:
    """Whether it may stretch the drawing: a position in another province would shrink the area to a dot."""
    return any(distance_m(point, other) < 10 * FAR_M for other in points)


def _caption(rings: Rings, fix: Fix | None, register: LonLat | None) -> tuple[str, bool]:
    if fix is None:
        return "这次填报没有定位。", False
    words = ["地图点选" if fix.source == "map" else "定位"]
    is_doubtful = False
    if fix.accuracy_m is not None:
        words[0] += f" ±{fix.accuracy_m:.0f} 米"
        is_doubtful = fix.accuracy_m > 100
    if rings:
        is_inside = inside(rings, (fix.lon, fix.lat))
        is_doubtful = is_doubtful or not is_inside
        words.append("在小区内" if is_inside else "不在小区内")
    if register:
        apart_m = distance_m((fix.lon, fix.lat), register)
        is_doubtful = is_doubtful or apart_m > FAR_M
        words.append(f"距登记位置 {_length(apart_m)}")
    return "，".join(words), is_doubtful


def _length(metres: float) -> str:
    if metres < FAR_M:
        return f"{metres:.0f} 米"
    return f"{metres / 1000:.1f} 千米"

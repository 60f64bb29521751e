"""Where the synthetic district's towns, villages and units lie: drawn from the seed, and marked schematic 示意.

The only sourced geometry is the county's boundary; no centre or area of a town or village is claimed to be real.
"""

from __future__ import annotations

import math
import random
from collections.abc import Iterable
from dataclasses import dataclass

Point = tuple[float, float]
Ring = tuple[Point, ...]

METRES_PER_DEGREE_LAT = 111_320.0


@dataclass(frozen=True, slots=True)
class Village:
    """A village with a schematic centre and radius (degrees of latitude)."""

    code: str
    name: str
    town_code: str
    town_name: str
    centre: Point
    radius: float


def contains(ring: Ring, point: Point) -> bool:
    """Tell whether a point lies inside a closed ring (longitude, latitude)."""
    x, y = point
    is_inside = False
    for (x1, y1), (x2, y2) in zip(ring, (*ring[1:], ring[0]), strict=True):
        if (y1 > y) != (y2 > y) and x < (x2 - x1) * (y - y1) / (y2 - y1) + x1:
            is_inside = not is_inside
    return is_inside


def scatter(ring: Ring, count: int, chance: random.Random) -> list[Point]:
    """Draw points inside the ring that keep apart: the best of several candidates each time."""
    xs, ys = [x for x, _ in ring], [y for _, y in ring]
    points: list[Point] = []
    while len(points) < count:
        candidates: list[Point] = []
        while len(candidates) < 12:
            point = (chance.uniform(min(xs), max(xs)), chance.uniform(min(ys), max(ys)))
            if contains(ring, point):
                candidates.append(point)
        points.append(max(candidates, key=lambda p: min((math.dist(p, q) for q in points), default=1.0)))
    return points


def villages(regions: Iterable[tuple[str, str, str]], ring: Ring, seed: int) -> list[Village]:
    """Give every village of (code, name, parent) rows a schematic place near its town's."""
    rows = list(regions)
    towns = {code: name for code, name, _ in rows if len(code) == 9}
    chance = random.Random(f"places-{seed}")  # noqa: S311 - drawing a synthetic district, not secrets
    centres = dict(zip(sorted(towns), scatter(ring, len(towns), chance), strict=True))
    found: list[Village] = []
    for code, name, _ in sorted(row for row in rows if len(row[0]) == 12):
        town = code[:9]
        centre = near(centres[town], 0.022, ring, chance)
        found.append(Village(code, name, town, towns[town], centre, chance.uniform(0.002, 0.005)))
    return found


def near(centre: Point, radius: float, ring: Ring, chance: random.Random) -> Point:
    """Draw a point within ``radius`` degrees of the centre and inside the ring."""
    stretch = 1 / math.cos(math.radians(centre[1]))
    for _ in range(200):
        angle, distance = chance.uniform(0, 2 * math.pi), radius * math.sqrt(chance.random())
        point = (centre[0] + distance * math.cos(angle) * stretch, centre[1] + distance * math.sin(angle))
        if contains(ring, point):
            return point
    return centre


def outline(village: Village) -> dict[str, object]:
    """Draw a village's schematic area as a GeoJSON polygon of twelve corners."""
    chance = random.Random(village.code)  # noqa: S311 - a drawing
    corners: list[list[float]] = []
    for step in range(12):
        angle = 2 * math.pi * step / 12
        distance = village.radius * chance.uniform(0.85, 1.25)
        corners.append(
            [
                round(village.centre[0] + distance * math.cos(angle) / math.cos(math.radians(village.centre[1])), 6),
                round(village.centre[1] + distance * math.sin(angle), 6),
            ]
        )
    return {"type": "Polygon", "coordinates": [[*corners, corners[0]]]}

"""Outlines of regions, from ``codelists/boundaries/<code>.geojson`` (WGS-84)."""

from __future__ import annotations

import json
from collections.abc import Mapping
from functools import cache
from pathlib import Path
from typing import Any

FOLDER = Path(__file__).with_name("codelists") / "boundaries"

Ring = tuple[tuple[float, float], ...]


@cache
def boundary(region_code: str) -> tuple[Ring, ...] | None:
    """Return the rings (longitude, latitude) of a region's outline; None when nobody has it.

    Rings of all parts stand side by side, holes included: a position is inside when a ray from it crosses them an odd
    number of times.
    """
    path = FOLDER / f"{region_code}.geojson"
    if not (region_code.isdigit() and path.is_file()):
        return None
    return _rings(json.loads(path.read_text(encoding="utf-8")))


def _rings(collection: dict[str, Any]) -> tuple[Ring, ...]:
    return tuple(ring for feature in collection["features"] for ring in rings_of(feature["geometry"]))


def rings_of(geometry: Mapping[str, Any]) -> tuple[Ring, ...]:
    """Return the rings of a GeoJSON polygon or of several."""
    parts = geometry["coordinates"]
    if geometry["type"] != "MultiPolygon":
        parts = [parts]
    return tuple(tuple((float(lon), float(lat)) for lon, lat, *_ in ring) for part in parts for ring in part)

"""Positions and outlines, for whole arrays at once: what the SQL of checks calls as functions of the connection."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from itertools import pairwise
from typing import Any, Final, cast

import duckdb
import numpy as np
import pyarrow  # noqa: ICN001 - pa is its untyped alias below

from forms.boundaries import boundary
from forms.checks import LEVEL_DIGITS
from validation.language.functions import EARTH_RADIUS_M, Boundary

pa: Any = pyarrow  # it has no type stubs

Outlines = Mapping[str, Sequence[Boundary]]  # by region code: outlines that together make the region
_SEGMENTS_AT_ONCE: Final = 2_000_000


def add_functions(connection: duckdb.DuckDBPyConnection, outlines: Outlines) -> None:
    """Give a connection ``census_inside`` and ``census_outside_m``."""
    register = cast("Any", connection).create_function  # its stub knows types by object only, not by name
    register(
        "census_inside",
        _by_region(_lies_inside, pa.bool_()),
        ["DOUBLE", "DOUBLE", "VARCHAR"],
        "BOOLEAN",
        type="arrow",
        null_handling="special",
    )
    metres = _by_region(lambda region, lon, lat: _metres_outside(area_of(region, outlines), lon, lat), pa.float64())
    register(
        "census_outside_m", metres, ["DOUBLE", "DOUBLE", "VARCHAR"], "DOUBLE", type="arrow", null_handling="special"
    )


def area_of(region: str, outlines: Outlines) -> Sequence[Boundary]:
    """Give the outlines of the smallest region around it that has any: village, town, county, city, province."""
    shorter = {digits for digits in LEVEL_DIGITS.values() if digits < len(region)}
    for length in sorted({len(region), *shorter}, reverse=True):
        if found := outlines.get(region[:length]):
            return found
        if rings := boundary(region[:length]):
            return (rings,)
    return ()


def _by_region(ask: Callable[[str, Any, Any], Any], kind: Any) -> Callable[[Any, Any, Any], Any]:
    """Make a function of arrays of longitudes, latitudes and region codes; null where anything is missing."""

    def asked(lon: Any, lat: Any, code: Any) -> Any:
        longitudes, latitudes = lon.to_numpy(zero_copy_only=False), lat.to_numpy(zero_copy_only=False)
        known = ~(np.isnan(longitudes) | np.isnan(latitudes))
        # Each region once: a batch has a million positions, but only as many regions as a county has villages.
        codes = code.dictionary_encode()
        if isinstance(codes, pa.ChunkedArray):
            codes = codes.combine_chunks()
        numbers = codes.indices.fill_null(-1).to_numpy(zero_copy_only=False)
        answers, unknown = np.zeros(len(longitudes), dtype=kind.to_pandas_dtype()), np.ones(len(longitudes), dtype=bool)
        for number, region in enumerate(codes.dictionary.to_pylist()):
            places = np.flatnonzero(known & (numbers == number))
            if not len(places):
                continue
            found = ask(region, longitudes[places], latitudes[places])
            if found is not None:
                answers[places], unknown[places] = found, False
        return pa.array(answers, kind, mask=unknown)

    return asked


def _lies_inside(region: str, lon: Any, lat: Any) -> Any:
    rings = boundary(region)
    if rings is None:
        return None
    return _within(lon, lat, rings)


def _metres_outside(area: Sequence[Boundary], lon: Any, lat: Any) -> Any:
    """Give how many metres positions lie outside an area, 0 within it; None for an area that nobody has drawn."""
    if not area:
        return None
    metres = np.full(len(lon), np.inf)
    for rings in area:
        metres[_within(lon, lat, rings)] = 0.0
    outside = np.flatnonzero(metres)
    for rings in area:
        metres[outside] = np.minimum(metres[outside], _metres_to(rings, lon[outside], lat[outside]))
    return metres


def _metres_to(rings: Boundary, lon: Any, lat: Any) -> Any:
    """Give the distance to the nearest edge, on a plane that touches the globe at each position."""
    edges = np.array([(*start, *end) for ring in rings for start, end in pairwise((*ring, ring[0]))])
    metres = np.empty(len(lon))
    step = max(1, _SEGMENTS_AT_ONCE // len(edges))
    for start in range(0, len(lon), step):
        here = slice(start, start + step)
        east = np.radians(1.0) * EARTH_RADIUS_M * np.cos(np.radians(lat[here]))[:, None]
        north = np.radians(1.0) * EARTH_RADIUS_M
        x_1, y_1 = (edges[:, 0] - lon[here, None]) * east, (edges[:, 1] - lat[here, None]) * north
        along_x, along_y = (edges[:, 2] - edges[:, 0]) * east, (edges[:, 3] - edges[:, 1]) * north
        length = along_x**2 + along_y**2
        # How far along each edge its nearest point lies; an edge of no length is a point.
        part = np.clip(-(x_1 * along_x + y_1 * along_y) / np.where(length, length, 1.0), 0.0, 1.0)
        metres[here] = np.hypot(x_1 + part * along_x, y_1 + part * along_y).min(axis=1)
    return metres


def _within(lon: Any, lat: Any, rings: Boundary) -> Any:
    """Tell which positions lie within, as ``functions.inside_rings`` does for one."""
    within = np.zeros(len(lon), dtype=bool)
    for ring in rings:
        x_1, y_1 = ring[-1]
        for x_2, y_2 in ring:
            crossing = (y_1 > lat) != (y_2 > lat)
            if crossing.any():
                within ^= crossing & (lon < (x_2 - x_1) * (lat - y_1) / (y_2 - y_1) + x_1)
            x_1, y_1 = x_2, y_2
    return within

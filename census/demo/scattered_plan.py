"""What a synthetic 散乱污 district is drawn from: how many of what, in which town.

Input of the demo, never of a report.
"""

from __future__ import annotations

import tomllib
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date
from pathlib import Path
from typing import Any, Final

PANYU_2017: Final = Path(__file__).with_name("panyu_2017.toml")


@dataclass(frozen=True, slots=True, kw_only=True)
class Town:
    """One town's part: cases found, completed by mode, found by the town itself, operations."""

    code: str
    found: int
    stop: int
    move: int
    demolish: int
    inplace: int
    self_found: int
    self_done: int
    operations: int
    person_times: int

    @property
    def done(self) -> int:
        return self.stop + self.move + self.demolish + self.inplace


@dataclass(frozen=True, slots=True, kw_only=True)
class BatchPlan:
    """A dated batch 批次; without towns its places lie anywhere in the district."""

    code: str
    name: str
    snapshot_on: date
    found: int
    done: int
    towns: tuple[str, ...]
    places_checked: int | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class DistrictPlan:
    """A whole district's year."""

    county: str
    year: int
    towns: tuple[Town, ...]
    demolished_m2: int
    industrial_share: float
    rebounds: int
    leader_closed: tuple[int, ...]
    leader_closed_is_lower_bound: bool
    rivers_listed_on: date
    pilot_rivers: int
    tagged_by_river: tuple[int, ...]
    shawan: Mapping[str, int]
    batches: tuple[BatchPlan, ...]
    inspection: Mapping[str, int]
    registers: Mapping[str, Mapping[str, int]]
    approximate: Mapping[str, tuple[str, ...]]


def read_plan(path: Path = PANYU_2017) -> DistrictPlan:
    """Read a district's plan from its file."""
    raw: dict[str, Any] = tomllib.loads(path.read_text(encoding="utf-8"))
    return DistrictPlan(
        county=raw["county"],
        year=raw["year"],
        towns=tuple(Town(**town) for town in raw["towns"]),
        demolished_m2=raw["demolished_m2"],
        industrial_share=raw["industrial_share"],
        rebounds=raw["rebounds"],
        leader_closed=tuple(raw["leader_trips"]["closed"]),
        leader_closed_is_lower_bound=raw["leader_trips"]["is_lower_bound"],
        rivers_listed_on=raw["rivers"]["listed_on"],
        pilot_rivers=raw["rivers"]["pilot"],
        tagged_by_river=tuple(raw["rivers"]["tagged"]),
        shawan=raw["shawan"],
        batches=tuple(BatchPlan(**batch | {"towns": tuple(batch["towns"])}) for batch in raw["batches"]),
        inspection=raw["inspection"],
        registers=raw["registers"],
        approximate={name: tuple(kinds) for name, kinds in raw["approximate"].items()},
    )


def spread(total: int, weights: list[float]) -> list[int]:
    """Share a whole number out by weights so that the parts add up to it (largest remainders)."""
    whole = sum(weights)
    exact = [total * weight / whole for weight in weights]
    parts = [int(share) for share in exact]
    # Rounding down leaves a few over: those go where most was cut off.
    by_remainder = sorted(range(len(weights)), key=lambda at: parts[at] - exact[at])
    for at in by_remainder[: total - sum(parts)]:
        parts[at] += 1
    return parts

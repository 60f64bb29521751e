"""Sewage works, and what is measured of waste water at any centralized facility (J101 forms)."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from random import Random
from typing import Final

from census.examples.recipes.amounts import number, spread, written
from census.examples.recipes.recipe import Answers, Recipe
from forms.codelists import codelist


@dataclass(frozen=True, slots=True)
class _Works:
    """One kind of sewage works: m³ a day, the part of it that is used, and the part of the inflow from homes."""

    smallest: int
    largest: int
    rounded: int  # to thousands (-3) or tens (-1)
    used: tuple[float, float]
    domestic: tuple[float, float]


@dataclass(frozen=True, slots=True)
class Level:
    """Milligrams a litre of a pollutant, at least and at most, before treatment and after it."""

    inlet: tuple[float, float]
    outlet: tuple[float, float]


# Tables that are read by their columns.
# fmt: off
_WORKS: Final = {
    #           smallest largest  by  used         domestic
    "1": _Works(10_000, 300_000, -3, (0.65, 0.95), (0.75, 0.95)),
    "2": _Works( 2_000,  50_000, -3, (0.5,  0.9),  (0.0,  0.2)),
    "3": _Works(    20,   1_000, -1, (0.4,  0.8),  (1.0,  1.0)),
    "4": _Works(   200,   2_000, -1, (0.4,  0.8),  (0.5,  0.9)),
}
_SEWAGE: Final = {
    #            inlet           outlet
    "W01": Level((130,    280), (14,    38)),
    "W03": Level((  3,      9), ( 0.2,   0.9)),
    "W04": Level(( 24,     42), ( 8,    14)),
    "W06": Level((  2.6,  5.2), ( 0.2,   0.5)),
}
# fmt: on
# Who measures a pollutant: an instrument at the outlet these ones, a hired laboratory the others ("3").
_SOURCES: Final[dict[str, str]] = dict.fromkeys(("W01", "W04", "W05", "W06"), "1")
_TRACES: Final = {"W07": 0.4, "W08": 0.1, "W09": 0.02, "W10": 0.05, "W11": 0.01, "W12": 0.2, "W13": 0.04, "W14": 0.002}
_OPERATORS: Final = {"3": "镇街水务管理所"}  # of small works; one company runs the others
_TREATMENTS: Final = (("4130", "3100"), ("4150", "3100"), ("4140", "1100"), ("4160", "1200"), ("4230", "1400"))


def place(rng: Random) -> Answers:
    """Where a facility's water goes, and when it was built."""
    water = rng.choice([entry for entry in codelist("receiving_water") if entry.is_selectable])
    return {
        "drainage_type": "B",
        "receiving_water_code": water.code,
        "receiving_water_name": water.label,
        "completed_date": f"{rng.randrange(1996, 2017)}-{rng.randrange(1, 13):02d}-01",
        **dict.fromkeys(("online_flow", "online_cod", "online_ammonia_n", "online_total_n", "online_total_p"), True),
    }


def treatments(rng: Random) -> list[str]:
    listed = codelist("wastewater_treatment_method")
    known = [code for code in rng.choice(_TREATMENTS) if listed.contains(code)]
    return known or [next(entry.code for entry in listed if entry.is_selectable)]


def _works_kind(rng: Random, related: Mapping[str, Answers]) -> str:
    """Tell which kind of works this is, from the other forms where they stand."""
    if kind := related.get("J101-1", {}).get("sewage_facility_type"):
        return str(kind)
    running = related.get("J101-2", {})
    if not running:
        return rng.choice("1112333")
    if number(running, "design_capacity") < 2_000:
        return "3"
    # What comes mostly from homes is a town's works; the others belong to an industrial area.
    is_towns = number(running, "domestic_sewage_volume") >= 0.4 * number(running, "treated_volume")
    return "1" if is_towns else "2"


def _j101_1(rng: Random, related: Mapping[str, Answers]) -> Answers:
    kind, methods = _works_kind(rng, related), treatments(rng)
    site = place(rng)
    return {
        **site,
        "sewage_facility_type": kind,
        "operator_name": _OPERATORS.get(kind, "番禺水务运营有限公司"),
        **{f"treatment_method_{number}": code for number, code in enumerate(methods, start=1)},
        "has_reclaim_process": _reclaims(rng, related),
        "online_heavy_metal": kind == "2",
        "has_sludge_stabilization": False,
        "has_boiler": False,
    }


def _reclaims(rng: Random, related: Mapping[str, Answers]) -> bool:
    if running := related.get("J101-2"):
        return number(running, "reclaimed_water") > 0
    return rng.random() < 0.4


def _j101_2(rng: Random, related: Mapping[str, Answers]) -> Answers:
    works = _WORKS[_works_kind(rng, related)]
    capacity = round(spread(rng, works.smallest, works.largest), works.rounded)
    days = 365
    if rng.random() >= 0.8:
        days = rng.randrange(340, 365)
    treated = round(capacity * days * rng.uniform(*works.used) / 10_000, 4)
    reused = _reclaimed(rng, treated, related)
    sludge = _sludge(rng, treated)
    return {
        "operating_days": str(days),
        "design_capacity": written(capacity, 1),
        "treated_volume": written(treated, 4),
        "domestic_sewage_volume": written(treated * rng.uniform(*works.domestic), 4),
        "electricity_used": written(treated * rng.uniform(0.2, 0.5), 2),
        **reused,
        **sludge,
    }


def _reclaimed(rng: Random, treated: float, related: Mapping[str, Answers]) -> Answers:
    # Drawn even where J101-1 says it: what is drawn after it must not hang on the other form.
    drawn = rng.random() < 0.3
    if not related.get("J101-1", {}).get("has_reclaim_process", drawn):
        return {"reclaimed_water": "0.0000"}
    reclaimed = round(treated * rng.uniform(0.02, 0.1), 4)
    if not reclaimed:
        return {"reclaimed_water": "0.0000"}
    return {
        "reclaimed_water": written(reclaimed, 4),
        "reclaimed_industrial": "0.0000",
        "reclaimed_municipal": "0.0000",
        "reclaimed_landscape": written(reclaimed, 4),
    }


def _sludge(rng: Random, treated: float) -> Answers:
    """Let works leave a usual amount of sludge, all sent out; or little, of which some stays on the site."""
    if rng.random() < 0.3:
        made = round(treated * rng.uniform(0.31, 0.33), 2)
        taken = round(made * 0.9, 2)
    else:
        made = taken = round(treated * rng.uniform(1.0, 2.2), 2)
    return {
        "dry_sludge_produced": written(made, 2),
        "dry_sludge_disposed": written(taken, 2),
        "self_disposed": "0.00",
        **dict.fromkeys(("land_use", "landfilled", "building_material", "incinerated"), "0.00"),
        "sent_out": written(taken, 2),
    }


def measured(rng: Random, levels: Mapping[str, Level]) -> list[Answers]:
    """Give one row for each pollutant; what is usually not measured stays blank."""
    means = {code: (rng.uniform(*level.inlet), rng.uniform(*level.outlet)) for code, level in levels.items()}
    means["W02"] = (means["W01"][0] * rng.uniform(0.38, 0.52), means["W01"][1] * rng.uniform(0.2, 0.35))
    means["W05"] = (means["W04"][0] * rng.uniform(0.6, 0.8), means["W04"][1] * rng.uniform(0.1, 0.3))
    if rng.random() < 0.5:
        means |= {code: (high * rng.uniform(0.5, 1), high * rng.uniform(0.1, 0.3)) for code, high in _TRACES.items()}
    often = rng.random() < 0.5
    return [
        _pollutant(entry.code, means.get(entry.code), rng, often=often)
        for entry in codelist("water_pollutant")
        if entry.is_selectable
    ]


def _pollutant(code: str, mean: tuple[float, float] | None, rng: Random, *, often: bool) -> Answers:
    """Give what was measured of one pollutant; who measures once has no highest and no lowest day."""
    if mean is None:
        return {"pollutant": code}
    if not often:
        return {
            "pollutant": code,
            "monitoring_source": "3",
            "influent_avg": written(mean[0], 4),
            "effluent_avg": written(mean[1], 4),
        }
    row: Answers = {"pollutant": code, "monitoring_source": _SOURCES.get(code, "3")}
    for end, value in zip(("influent", "effluent"), mean, strict=True):
        row |= {
            f"{end}_avg": written(value, 4),
            f"{end}_max": written(value * rng.uniform(1.3, 1.9), 4),
            f"{end}_min": written(value * rng.uniform(0.5, 0.8), 4),
        }
    return row


def _j101_3(rng: Random, related: Mapping[str, Answers]) -> Answers:
    running = related.get("J101-2", {})
    days = number(running, "operating_days") or 365
    volume = number(running, "treated_volume") * 10_000 / days or spread(rng, 5_000, 100_000)
    mean = volume * rng.uniform(0.94, 0.99)
    return {
        "discharge_avg": written(mean, 1),
        "discharge_max": written(mean * rng.uniform(1.05, 1.2), 1),
        "discharge_min": written(mean * rng.uniform(0.6, 0.9), 1),
        "pollutants": measured(rng, _SEWAGE),
    }


RECIPES: Final[dict[str, Recipe]] = {"J101-1": _j101_1, "J101-2": _j101_2, "J101-3": _j101_3}

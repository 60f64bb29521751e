"""Accounting by monitoring data: concentrations and flows that agree with what G102 and G103-1 say of the outlets."""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping
from random import Random
from typing import Any, Final

from census.examples.recipes.recipe import Answers, Recipe

_WATER: Final = ("cod", "ammonia_nitrogen", "total_nitrogen", "total_phosphorus")
_AIR: Final = ("so2", "nox", "pm")


def _g106_2(rng: Random, related: Mapping[str, Answers]) -> Answers:
    outlets: list[Answers] = related.get("G102", {}).get("outlet") or []
    return {"point": [_water(rng, outlet) for outlet in outlets] or [{"source_form": "G102"}]}


def _water(rng: Random, outlet: Mapping[str, Any]) -> Answers:
    amount = str(outlet["wastewater_discharged"])
    row: Answers = {
        "source_form": "G102",
        "outlet_id": outlet["outlet_id"],
        "outlet_name": outlet["outlet_name"],
        "inlet_water": amount,
        "outlet_water": amount,
        "discharged_via_outlet": amount,
    }
    method = rng.choice("123")
    if not float(amount):
        return row  # a dry outlet has no concentrations
    for pollutant in _WATER:
        for end, what in (("in", "generated"), ("out", "emitted")):
            row |= {
                f"{pollutant}_{end}": f"{float(outlet.get(f'{pollutant}_{what}') or 0) * 1e6 / float(amount):.4f}",
                f"{pollutant}_{end}_method": method,
            }
    return row


def _g106_3(rng: Random, related: Mapping[str, Answers]) -> Answers:
    units: list[Answers] = related.get("G103-1", {}).get("unit") or []
    seen: dict[str, Answers] = {}
    for unit in units:
        seen.setdefault(str(unit.get("outlet_id")), unit)
    # Boilers that share a stack are left out: what is measured there is no single boiler's.
    sharing = Counter(unit.get("outlet_id") for unit in units)
    alone = [unit for unit in seen.values() if sharing[unit.get("outlet_id")] == 1]
    return {"point": [_air(rng, unit) for unit in alone if float(unit.get("waste_gas") or 0) > 0] or [_step(rng)]}


def _air(rng: Random, unit: Mapping[str, Any]) -> Answers:
    gas = float(unit["waste_gas"])
    hours = int(float(unit.get("power_run_hours") or unit.get("industrial_run_hours") or 0)) or 3_000
    row: Answers = {
        "source_form": "G103-1",
        "outlet_id": unit["outlet_id"],
        "outlet_name": unit.get("outlet_name") or "锅炉排放口",
        "mean_flow": f"{gas * 10_000 / hours:.2f}",
        "emission_hours": str(hours),
    }
    method = rng.choice("123")
    for pollutant in _AIR:
        for end, what in (("in", "generated"), ("out", "emitted")):
            row |= {
                f"{pollutant}_{end}": f"{float(unit.get(f'{pollutant}_{what}') or 0) * 1e5 / gas:.4f}",
                f"{pollutant}_{end}_method": method,
            }
    return row


def _step(rng: Random) -> Answers:
    """Give the stack of a workshop that stands in G103-13."""
    dust = rng.uniform(60, 400)
    return {
        "source_form": "G103-13",
        "outlet_id": "DA001",
        "outlet_name": "打磨车间排气筒",
        "mean_flow": f"{rng.uniform(3_000, 20_000):.2f}",
        "emission_hours": str(rng.randrange(1_200, 2_300)),
        "pm_in": f"{dust:.4f}",
        "pm_in_method": "3",
        "pm_out": f"{dust * rng.uniform(0.05, 0.2):.4f}",
        "pm_out_method": "3",
    }


RECIPES: Final[dict[str, Recipe]] = {"G106-2": _g106_2, "G106-3": _g106_3}

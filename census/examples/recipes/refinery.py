"""A refinery: its heaters, its units, and what leaks from them."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from random import Random
from typing import Final

from census.examples.recipes.amounts import spread
from census.examples.recipes.combustion import (
    BOILER_FUELS,
    COAL,
    GAS,
    OIL,
    draw_treated,
    fuel_row,
    furnace_hours,
    outlet,
    second_fuel,
    stack,
)
from census.examples.recipes.products import named, output_of
from census.examples.recipes.recipe import Answers, Recipe


@dataclass(frozen=True, slots=True)
class _HeaterFuel:
    """What a refinery's heaters burn."""

    used: float  # in a year of 8,000 hours, at least
    heat: int  # kcal by kilogram or m³
    sulfur: float  # mg/m³, of coal percent
    times: int  # what its unit counts in: tonnes, or ten thousand m³


_HEATER_FUELS: Final = {
    "炼厂干气": _HeaterFuel(8_000, 11_000, 120, 1),
    GAS: _HeaterFuel(900, 8_500, 20, 10),
    COAL: _HeaterFuel(5_000, 5_200, 0.6, 1),
}


def _g103_8(rng: Random, related: Mapping[str, Answers]) -> Answers:
    hours, label = furnace_hours(rng, related), rng.choice(("炼厂干气", "炼厂干气", GAS, COAL))
    fuel = _HEATER_FUELS[label]
    used = spread(rng, fuel.used, fuel.used * 3) * hours / 8_000
    energy = used * fuel.heat * 0.0041868 * fuel.times  # GJ
    gas = energy * 0.03
    made = {"so2": gas * 3e-4, "nox": gas * 1e-3, "pm": gas * 1e-4, "vocs": gas * 0.01}
    if label == COAL:
        made |= {"so2": used * BOILER_FUELS[COAL].so2, "pm": used * BOILER_FUELS[COAL].pm}
    treated = draw_treated(rng, ("so2", 0.5), ("nox", 0.5), ("pm", 0.5))
    place = outlet(rng, "", related, 1, (40, 90))
    return {
        "heater": [
            {
                "heater_id": f"MF{number:04d}",
                "heated_material": rng.choice(("原油", "石脑油", "柴油")),
                "heater_size": f"{energy * 0.9 / 3.6 / hours / 0.8:.2f}",
                "thermal_efficiency": f"{rng.uniform(86, 93):.1f}",
                "furnace_temp": str(rng.randrange(680, 880)),
                "production_hours": str(hours),
                **fuel_row(label, used, fuel.heat, fuel.sulfur, 14.5),
                **second_fuel(rng, OIL, used * 0.05, 9_800, 0.5),
                "low_nox_burner": True,
                **place,
                **stack(rng, "", gas, made, treated),
            }
            for number in range(1, rng.choice((2, 3)))
        ]
    }


def _g103_9(rng: Random, related: Mapping[str, Answers]) -> Answers:
    hours, made = furnace_hours(rng, related), output_of(related, "聚丙烯树脂", 150_000)
    unit = named("petrochemical_unit", "聚丙烯")
    vocs, gas = made * 0.3, made * 0.05
    treated = draw_treated(rng, ("so2", 0.4), ("nox", 0.4), ("pm", 0.6))
    row: Answers = {
        "unit_name_code": unit.code,
        "unit_id": "1",
        "capacity": f"{made / 9_000:.2f}",
        "production_hours": str(hours),
        "product_name": "聚丙烯树脂",
        "product_output": f"{made * 0.98:.2f}",
        "material_name": "丙烯",
        "material_amount": f"{made * 1.01:.2f}",
        "low_nox_burner": False,
        **stack(rng, "", gas, {"so2": gas * 2e-4, "nox": gas * 3e-4, "pm": gas * 1e-3, "vocs": vocs}, treated),
    }
    if rng.random() < 0.7:
        row |= {
            "voc_facility_id": "TV001",
            "voc_process": rng.choice(("V09", "V12", "V17")),
            "voc_efficiency": "50.00",
            "vocs_emitted": f"{vocs * 0.5:.3f}",
        }
    points, water = round(made / 15), round(made * 60)
    return {
        "unit": [row],
        "sealing_points": str(points),
        "leak_vocs_generated": f"{points * 1.2:.3f}",
        "leak_vocs_emitted": f"{points * 0.8:.3f}",
        "cooling_water": str(water),
        "cooling_vocs_generated": f"{water * 1e-4:.3f}",
        "cooling_vocs_emitted": f"{water * 1e-4:.3f}",
    }


RECIPES: Final[dict[str, Recipe]] = {"G103-8": _g103_8, "G103-9": _g103_9}

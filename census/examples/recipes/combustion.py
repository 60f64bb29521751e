"""What burns and what leaves the stack: boilers and furnaces, their fuel, their treatment and their emissions."""

from __future__ import annotations

from collections.abc import Mapping
from random import Random
from typing import Final

from census.examples.recipes.amounts import spread
from census.examples.recipes.products import burnt, named
from census.examples.recipes.recipe import Answers, Recipe

# How a pollutant is treated: what the items of the device begin with, its process, what it removes, its reagent.
_TREATMENTS: Final = {
    "so2": ("desulf", "TS", ("S04",), (80, 95), "石灰"),
    "nox": ("denox", "TN", ("N04",), (40, 60), "尿素"),
    "pm": ("dedust", "TC", ("P01", "P05", "P13"), (98, 99.8), ""),
}


def stack(
    rng: Random, prefix: str, gas: float, made: Mapping[str, float], treated: tuple[str, ...] = (), number: int = 1
) -> Answers:
    """Give one outlet's treatment and emissions: ``gas`` in ten thousand m³, ``made`` by pollutant in tonnes (vocs in kilograms)."""
    answers: Answers = {f"{prefix}waste_gas": f"{gas:.2f}"}
    for pollutant, amount in made.items():
        left = amount
        if pollutant in treated:
            key, mark, processes, (low, high), reagent = _TREATMENTS[pollutant]
            efficiency = round(rng.uniform(low, high), 1)
            left = amount * (1 - efficiency / 100)
            answers |= {
                f"{prefix}{key}_id": f"{mark}{number:03d}",
                f"{prefix}{key}_process": rng.choice(processes),
                f"{prefix}{key}_efficiency": f"{efficiency:.2f}",
            }
            if reagent:
                answers |= {
                    f"{prefix}{key}_agent": reagent,
                    f"{prefix}{key}_agent_amount": f"{amount * rng.uniform(1.0, 1.4) + 0.01:.2f}",
                }
        answers |= {f"{prefix}{pollutant}_generated": f"{amount:.3f}", f"{prefix}{pollutant}_emitted": f"{left:.3f}"}
    return answers


def outlet(
    rng: Random, prefix: str, related: Mapping[str, Answers], number: int, height: tuple[float, float] = (15, 45)
) -> Answers:
    """Give an outlet its number, its height and its place: the plant's own."""
    basic = related.get("G101-1", {})
    place = {f"{prefix}outlet_{key}": value for key in ("longitude", "latitude") if (value := basic.get(key))}
    return {f"{prefix}outlet_id": f"DA{number:03d}", f"{prefix}outlet_height": f"{rng.uniform(*height):.1f}", **place}


def _g103_1(rng: Random, related: Mapping[str, Answers]) -> Answers:
    hours = max(1, round(float(related.get("G101-1", {}).get("production_hours") or 4800) * rng.uniform(0.6, 0.95)))
    found = {label: amount * rng.uniform(0.7, 0.98) for label in BOILER_FUELS if (amount := burnt(related, label, 0))}
    fuels = list((found or {rng.choice(list(BOILER_FUELS)): spread(rng, 60, 600)}).items())
    rng.shuffle(fuels)
    together = [fuels] if len(fuels) > 1 and rng.random() < 0.6 else [[fuel] for fuel in fuels]
    if len(fuels) == 1 and rng.random() < 0.4:  # two boilers alike on one stack
        together = [[(label, used / 2) for label, used in fuels]] * 2
    alone = len(together) == len(fuels)
    places = outlet(rng, "", related, 1, (35, 45)) if not alone else {}
    rows: list[Answers] = []
    for number, burning in enumerate(together, start=1):
        label, used = burning[0]
        boiler, method, heat, per_steam, per_fuel = BOILER_FUELS[label]
        if label == "一般烟煤" and rng.random() < 0.5:
            equipment = _power(rng, number, used * heat / 7000, used, hours)
        else:
            equipment = _steam(number, boiler, method, _rated(used / per_steam, hours), hours)
        made: dict[str, float] = {}
        hot = rng.uniform(0.8, 3.0) if boiler == "R1" else 1  # how much nitrogen oxide coal gives hangs on the furnace
        for name, amount in burning:
            for pollutant, each in BOILER_FUELS[name][4].items():
                made[pollutant] = made.get(pollutant, 0) + amount * each * (hot if pollutant == "nox" else 1)
        treated = tuple(
            pollutant
            for pollutant, chance in (("so2", 0.9), ("nox", 0.5), ("pm", 1))
            if boiler == "R1" and rng.random() < chance
        )
        second = (
            fuel_row(burning[1][0], burning[1][1], BOILER_FUELS[burning[1][0]][2], _sulfur(burning[1][0]), number=2)
            if len(burning) > 1
            else {}
        )
        if second and equipment["unit_class"] == "power":
            second |= {"fuel2_for_power": second["fuel2_amount"], "fuel2_for_heat": "0.00"}
        gas = sum(
            amount * (1.03 if name == "一般烟煤" else 1.78 if name == "燃料油" else 10.78) for name, amount in burning
        )
        rows.append(
            {
                **equipment,
                **fuel_row(label, used, heat, _sulfur(label), 14.5),
                **second,
                "low_nox_burner": boiler == "R3",
                **(places or outlet(rng, "", related, number, (35, 60) if boiler == "R1" else (15, 30))),
                **stack(rng, "", gas, made, treated, number),
                **(
                    {"ammonia_emitted": f"{per_fuel['nox'] * used * rng.uniform(1, 4):.3f}"} if "nox" in treated else {}
                ),
            }
        )
    return {"unit": rows}


# Type of boiler, way of burning, kcal by kilogram or m³, fuel by tonne of steam, tonnes of each pollutant (vocs: kilograms) by unit of fuel.
BOILER_FUELS: Final[dict[str, tuple[str, str, int, float, dict[str, float]]]] = {
    "天然气（气态）": ("R3", "RQ01", 8500, 0.0075, {"so2": 0.0004, "nox": 0.0159, "pm": 0.0008, "vocs": 0.1}),
    "一般烟煤": ("R1", "RM02", 5200, 0.17, {"so2": 0.0096, "nox": 0.0029, "pm": 0.018, "vocs": 0.18}),
    "燃料油": ("R2", "RY01", 9800, 0.07, {"so2": 0.0095, "nox": 0.0036, "pm": 0.0033, "vocs": 0.12}),
}


def _sulfur(label: str) -> float:
    return {"天然气（气态）": 20.0, "一般烟煤": 0.6, "燃料油": 0.5}[label]


def _steam(number: int, boiler: str, method: str, rated: float, hours: int) -> Answers:
    return {
        "unit_class": "industrial",
        "industrial_boiler_id": f"MF{number:04d}",
        "industrial_boiler_type": boiler,
        "industrial_use": ["1"],
        "industrial_combustion": method,
        "industrial_rated_output": f"{rated:.1f}",
        "industrial_run_hours": str(hours),
    }


def _power(rng: Random, number: int, standard_coal: float, used: float, hours: int) -> Answers:
    """Give a plant's own small set that makes power and heat from so much coal, in tonnes of standard coal and as it is."""
    for_power = round(used * rng.uniform(0.45, 0.6), 2)
    made = standard_coal * for_power / used / rng.uniform(3.4, 4.6)
    installed = max(0.1, round(made / hours / rng.uniform(0.6, 0.85) + 0.005, 2))
    return {
        "unit_class": "power",
        "power_boiler_id": f"MF{number:04d}",
        "power_boiler_type": "R1",
        "generator_id": f"{number}号机组",
        "installed_capacity": f"{installed:.2f}",
        "is_chp": True,
        "power_combustion": "RM04",
        "power_rated_output": f"{installed * 50:.1f}",
        "power_run_hours": str(hours),
        "power_generated": f"{made:.2f}",
        "heat_supplied": f"{standard_coal * 0.4 * 29.3 * 0.8 / 10_000:.2f}",
        "fuel1_for_power": f"{for_power:.2f}",
        "fuel1_for_heat": f"{used - for_power - 0.01:.2f}",
    }


def _rated(steam: float, hours: int) -> float:
    """Give the rated output, in tonnes of steam an hour, of a boiler that made so much steam at a usual load."""
    return min(250.0, max(0.5, round(steam / hours / 0.65, 1)))


def fuel_row(label: str, amount: float, heat: int, sulfur: float, ash: float | None = None, number: int = 1) -> Answers:
    """Give the items of one fuel: amount in its own unit, heat in kcal, sulphur in percent or mg/m³, ash in percent."""
    entry = named("fuel_type", label)
    row: Answers = {
        f"fuel{number}_type": entry.code,
        f"fuel{number}_amount": f"{amount:.2f}",
        f"fuel{number}_lhv": str(heat),
        f"fuel{number}_sulfur": f"{sulfur:.2f}",
    }
    if entry.attributes.get("phase") == "solid":
        row[f"fuel{number}_ash"] = f"{10.0 if ash is None else ash:.2f}"
    if entry.attributes.get("kind") == "coal":
        row[f"fuel{number}_volatile"] = "32.50"
    return row


RECIPES: Final[dict[str, Recipe]] = {"G103-1": _g103_1}

"""What burns and what leaves the stack: boilers and furnaces, their fuel, their treatment and their emissions."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from random import Random
from typing import Final

from census.examples.recipes.amounts import spread
from census.examples.recipes.products import burnt, named
from census.examples.recipes.recipe import Answers, Recipe

Burning = tuple[str, float]  # a fuel by its name in the code list, and how much of it is burnt

COAL: Final = "一般烟煤"
GAS: Final = "天然气（气态）"
OIL: Final = "燃料油"


@dataclass(frozen=True, slots=True)
class BoilerFuel:
    """What burns a fuel, and what comes of one unit of it: tonnes of pollutants, kilograms of volatile ones."""

    boiler: str  # type of the boiler
    method: str  # way of burning
    heat: int  # kcal by kilogram or m³
    per_steam: float  # fuel by tonne of steam
    sulfur: float  # percent, or mg/m³ of a gas
    gas: float  # ten thousand m³ of waste gas
    so2: float
    nox: float
    pm: float
    vocs: float

    def emissions(self) -> dict[str, float]:
        return {"so2": self.so2, "nox": self.nox, "pm": self.pm, "vocs": self.vocs}


# A table that is read by its columns.
# fmt: off
BOILER_FUELS: Final = {
    #                boiler method  heat  steam   sulfur gas    so2     nox     pm      vocs
    GAS:  BoilerFuel("R3", "RQ01", 8500, 0.0075, 20.0,  10.78, 0.0004, 0.0159, 0.0008, 0.1),
    COAL: BoilerFuel("R1", "RM02", 5200, 0.17,   0.6,   1.03,  0.0096, 0.0029, 0.018,  0.18),
    OIL:  BoilerFuel("R2", "RY01", 9800, 0.07,   0.5,   1.78,  0.0095, 0.0036, 0.0033, 0.12),
}
# fmt: on


@dataclass(frozen=True, slots=True)
class _Treatment:
    """How a pollutant is treated."""

    device: str  # what the device's items begin with
    mark: str  # what its number begins with
    processes: tuple[str, ...]
    removes: tuple[float, float]  # percent, at least and at most
    reagent: str


_TREATMENTS: Final = {
    "so2": _Treatment("desulf", "TS", ("S04",), (80, 95), "石灰"),
    "nox": _Treatment("denox", "TN", ("N04",), (40, 60), "尿素"),
    "pm": _Treatment("dedust", "TC", ("P01", "P05", "P13"), (98, 99.8), ""),
}


def draw_treated(rng: Random, *chances: tuple[str, float]) -> tuple[str, ...]:
    """Draw which pollutants are treated, each by its own chance."""
    return tuple(pollutant for pollutant, chance in chances if rng.random() < chance)


def stack(
    rng: Random, prefix: str, gas: float, made: Mapping[str, float], treated: tuple[str, ...] = (), number: int = 1
) -> Answers:
    """Give one outlet's treatment and emissions.

    ``gas`` in ten thousand m³, ``made`` by pollutant in tonnes (vocs in kilograms).
    """
    answers: Answers = {f"{prefix}waste_gas": f"{gas:.2f}"}
    for pollutant, amount in made.items():
        left = amount
        if pollutant in treated:
            treatment, efficiency = _treatment(rng, prefix, pollutant, amount, number)
            left = amount * (1 - efficiency / 100)
            answers |= treatment
        answers |= {f"{prefix}{pollutant}_generated": f"{amount:.3f}", f"{prefix}{pollutant}_emitted": f"{left:.3f}"}
    return answers


def _treatment(rng: Random, prefix: str, pollutant: str, amount: float, number: int) -> tuple[Answers, float]:
    """Give the items of the device that treats so much of a pollutant, and how much it removes, in percent."""
    kind = _TREATMENTS[pollutant]
    device = f"{prefix}{kind.device}"
    efficiency = round(rng.uniform(*kind.removes), 1)
    answers: Answers = {
        f"{device}_id": f"{kind.mark}{number:03d}",
        f"{device}_process": rng.choice(kind.processes),
        f"{device}_efficiency": f"{efficiency:.2f}",
    }
    if kind.reagent:
        answers |= {
            f"{device}_agent": kind.reagent,
            f"{device}_agent_amount": f"{amount * rng.uniform(1.0, 1.4) + 0.01:.2f}",
        }
    return answers, efficiency


def outlet(
    rng: Random, prefix: str, related: Mapping[str, Answers], number: int, height: tuple[float, float] = (15, 45)
) -> Answers:
    """Give an outlet its number, its height and its place: the plant's own."""
    basic = related.get("G101-1", {})
    place = {f"{prefix}outlet_{key}": value for key in ("longitude", "latitude") if (value := basic.get(key))}
    return {f"{prefix}outlet_id": f"DA{number:03d}", f"{prefix}outlet_height": f"{rng.uniform(*height):.1f}", **place}


def _g103_1(rng: Random, related: Mapping[str, Answers]) -> Answers:
    hours = max(1, round(float(related.get("G101-1", {}).get("production_hours") or 4800) * rng.uniform(0.6, 0.95)))
    fuels = _fuels(rng, related)
    boilers = _boilers(rng, fuels)
    # Two boilers for one fuel, or two fuels in one boiler, share a stack; boilers of a fuel each have one each.
    shared: Answers = {}
    if len(boilers) != len(fuels):
        shared = outlet(rng, "", related, 1, (35, 45))
    rows: list[Answers] = []
    for number, burning in enumerate(boilers, start=1):
        row, made, treated = _boiler(rng, number, burning, hours)
        is_coal = burning[0][0] == COAL
        gas = sum(amount * BOILER_FUELS[label].gas for label, amount in burning)
        row |= shared or outlet(rng, "", related, number, (35, 60) if is_coal else (15, 30))
        row |= stack(rng, "", gas, made, treated, number)
        if "nox" in treated:
            label, used = burning[0]
            row["ammonia_emitted"] = f"{BOILER_FUELS[label].nox * used * rng.uniform(1, 4):.3f}"
        rows.append(row)
    return {"unit": rows}


def _fuels(rng: Random, related: Mapping[str, Answers]) -> list[Burning]:
    """Take what G101-3 says is burnt, or else one fuel, in any order."""
    found = {label: amount * rng.uniform(0.7, 0.98) for label in BOILER_FUELS if (amount := burnt(related, label, 0))}
    fuels = list((found or {rng.choice(list(BOILER_FUELS)): spread(rng, 60, 600)}).items())
    rng.shuffle(fuels)
    return fuels


def _boilers(rng: Random, fuels: list[Burning]) -> list[list[Burning]]:
    """Share the fuels out: all in one boiler, one boiler for each, or two alike for the only one."""
    if len(fuels) > 1 and rng.random() < 0.6:
        return [fuels]
    if len(fuels) == 1 and rng.random() < 0.4:
        return [[(label, used / 2) for label, used in fuels]] * 2
    return [[fuel] for fuel in fuels]


def _boiler(
    rng: Random, number: int, burning: list[Burning], hours: int
) -> tuple[Answers, dict[str, float], tuple[str, ...]]:
    """Give a boiler with its fuels, what it makes of each pollutant, and which of them are treated."""
    label, used = burning[0]
    fuel, is_coal = BOILER_FUELS[label], label == COAL
    if is_coal and rng.random() < 0.5:
        row = _power(rng, number, used * fuel.heat / 7000, used, hours)
    else:
        row = _steam(number, fuel.boiler, fuel.method, _rated(used / fuel.per_steam, hours), hours)
    heat: dict[str, float] = {}  # how much nitrogen oxide coal gives hangs on the furnace
    if is_coal:
        heat["nox"] = rng.uniform(0.8, 3.0)
    made: dict[str, float] = {}
    for name, amount in burning:
        for pollutant, each in BOILER_FUELS[name].emissions().items():
            made[pollutant] = made.get(pollutant, 0) + amount * each * heat.get(pollutant, 1)
    treated: tuple[str, ...] = ()
    if is_coal:
        treated = draw_treated(rng, ("so2", 0.9), ("nox", 0.5), ("pm", 1))
    row |= fuel_row(label, used, fuel.heat, fuel.sulfur, 14.5)
    if len(burning) > 1:
        row |= _second(row, *burning[1])
    row["low_nox_burner"] = fuel.boiler == "R3"
    return row, made, treated


def _second(row: Answers, label: str, used: float) -> Answers:
    """Give the second fuel of a boiler; where the first makes power, this one does too."""
    fuel = BOILER_FUELS[label]
    second = fuel_row(label, used, fuel.heat, fuel.sulfur, number=2)
    if row["unit_class"] == "power":
        second |= {"fuel2_for_power": second["fuel2_amount"], "fuel2_for_heat": "0.00"}
    return second


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
    """Give a plant's own small set that makes power and heat from so much coal: as standard coal, and as it is."""
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


def fuel_row(label: str, amount: float, heat: int, sulfur: float, ash: float = 10.0, number: int = 1) -> Answers:
    """Give the items of one fuel: amount in its own unit, heat in kcal, sulphur in percent or mg/m³, ash in percent."""
    entry = named("fuel_type", label)
    row: Answers = {
        f"fuel{number}_type": entry.code,
        f"fuel{number}_amount": f"{amount:.2f}",
        f"fuel{number}_lhv": str(heat),
        f"fuel{number}_sulfur": f"{sulfur:.2f}",
    }
    if entry.attributes.get("phase") == "solid":
        row[f"fuel{number}_ash"] = f"{ash:.2f}"
    if entry.attributes.get("kind") == "coal":
        row[f"fuel{number}_volatile"] = "32.50"
    return row


def furnace_hours(rng: Random, related: Mapping[str, Answers]) -> int:
    """Draw how long a furnace ran: nearly as long as the plant, which for such plants is most of the year."""
    return max(1, round(float(related.get("G101-1", {}).get("production_hours") or 7200) * rng.uniform(0.85, 0.99)))


def second_fuel(rng: Random, label: str, amount: float, heat: int, sulfur: float) -> Answers:
    """Let two in five burn a second fuel: the one named, or coal."""
    if rng.random() < 0.6:
        return {}
    if rng.random() < 0.5:
        return fuel_row(label, amount, heat, sulfur, number=2)
    return fuel_row("其他洗煤", amount, 4_600, 0.7, 18, number=2)


RECIPES: Final[dict[str, Recipe]] = {"G103-1": _g103_1}

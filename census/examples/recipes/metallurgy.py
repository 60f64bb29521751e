"""Furnaces of the heavy trades: coke, sinter, iron, steel, clinker, and those that only heat.

Figures by tonne of product follow what the checks call usual; the total is what G101-2 says of the product.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from math import ceil
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
from census.examples.recipes.products import burnt, named, output_of
from census.examples.recipes.recipe import Answers, Recipe
from forms.catalogue import catalogue
from forms.codelists import codelist

Related = Mapping[str, Answers]

DIESEL: Final = "柴油"
POLLUTANTS: Final = ("so2", "nox", "pm", "vocs")  # in the order in which the forms ask for them


@dataclass(frozen=True, slots=True)
class _Stack:
    """One stack of a furnace, and what leaves it for each tonne that the furnace makes."""

    prefix: str  # of its items
    shift: int  # what is added to the furnace's number: no two outlets of a plant have one number
    gas: float  # ten thousand m³
    so2: float | None = None  # tonnes; None where the form does not ask
    nox: float | None = None
    pm: float | None = None
    vocs: float | None = None  # kilograms

    def made(self, amount: float, instead: Mapping[str, float]) -> dict[str, float]:
        """Give what leaves it by pollutant, ``instead`` where that follows from something else."""
        found: dict[str, float] = {}
        for pollutant in POLLUTANTS:
            each = getattr(self, pollutant)
            if pollutant in instead:
                found[pollutant] = instead[pollutant]
            elif each is not None:
                found[pollutant] = amount * each
        return found


_PM: Final = ("pm",)  # what most stacks are treated for: nothing but dust

# Coke ovens, by tonne of coke.
_COKE: Final = _Stack("stack_", 0, 0.15, so2=3e-4, nox=1.2e-3, pm=2e-4, vocs=0.02)
_CHARGING: Final = _Stack("charging_", 10, 0.03, so2=1e-5, pm=2e-3, vocs=0.004)
_PUSHING: Final = _Stack("pushing_", 20, 0.04, so2=1e-5, pm=2e-3)
_DRY_QUENCH: Final = _Stack("dry_quench_", 30, 0.05, so2=3e-5, pm=3e-3)

# Sintering, by tonne of sinter; the sulphur comes from ore and fuel.
_SINTER_HEAD: Final = _Stack("head_", 0, 0.28, nox=6e-4, pm=0.01, vocs=0.05)
_SINTER_TAIL: Final = _Stack("tail_", 10, 0.1, pm=0.008)

# Blast furnaces, by tonne of iron.
_ORE_BIN: Final = _Stack("ore_bin_", 0, 0.15, pm=2e-3)
_CAST_HOUSE: Final = _Stack("cast_house_", 10, 0.2, so2=5e-5, pm=4e-3)
_HOT_STOVE: Final = _Stack("hot_stove_", 20, 0.12, so2=1e-4, nox=3e-4, pm=3e-5)

# Steelmaking, by tonne of steel.
_CONVERTER: Final = _Stack("secondary_", 0, 0.25, pm=8e-3)
_ARC_FURNACE: Final = _Stack("eaf_", 0, 0.25, pm=8e-3)

# Cement kilns, by tonne of clinker; how much nitrogen oxide they give is drawn for each.
_KILN_TAIL: Final = _Stack("tail_", 0, 0.35, so2=3e-4, pm=0.08, vocs=0.01)
_KILN_HEAD: Final = _Stack("head_", 10, 0.18, pm=0.03)


@dataclass(frozen=True, slots=True)
class _Furnace:
    """One of a plant's furnaces: its number, the hours it ran, and how many tonnes it made in them."""

    rng: Random
    related: Related
    number: int
    hours: int
    made: float

    def point(self, built: _Stack, treated: tuple[str, ...] = _PM, **instead: float) -> Answers:
        """Give the items of one stack; ``instead`` are tonnes of a pollutant that do not follow from what is made."""
        number, made = self.number + built.shift, built.made(self.made, instead)
        return {
            **outlet(self.rng, built.prefix, self.related, number, (20, 90)),
            **stack(self.rng, built.prefix, self.made * built.gas, made, treated, number),
        }

    def general(self, share: float) -> Answers:
        """Give the dust that leaves by no stack: so many tonnes for each tonne made."""
        dust = self.made * share
        return {
            "general_pm_generated": f"{dust:.3f}",
            "general_pm_emitted": f"{dust * self.rng.uniform(0.2, 0.5):.3f}",
        }


def _furnaces(
    rng: Random, related: Related, hours: int, total: float, largest: float, size: float
) -> Iterator[_Furnace]:
    """Share nearly all that is made out among furnaces alike, so many that none is larger than the largest built."""
    count = max(1, ceil(size / largest))
    for number in range(1, count + 1):
        yield _Furnace(rng, related, number, hours, total * 0.98 / count)


def _without(form: str, prefix: str) -> Answers:
    """Leave a section blank: the outlet does not exist."""
    return {item.key: None for item in catalogue().current(form).items() if item.key.startswith(prefix)}


def _g103_2(rng: Random, related: Related) -> Answers:
    hours = furnace_hours(rng, related)
    row: Answers = {
        "furnace_id": "MF0101",
        "production_hours": str(hours),
        **_heated(rng, related),
        "furnace_size": f"{rng.uniform(0.5, 6):.2f}",
        "furnace_size_unit": "吨/小时",
    }
    # Three in ten are heated by electricity, two alike, and only what is charged makes dust.
    if rng.random() < 0.3:
        gas, dust = spread(rng, 500, 5_000), spread(rng, 1, 20)
        row |= {"furnace_type": "23", **stack(rng, "", gas, {"so2": 0, "nox": 0, "pm": dust, "vocs": 0}, _PM)}
        return {"furnace": _two_alike(row)}
    return {"furnace": [row | _fired(rng, related)]}


def _heated(rng: Random, related: Related) -> Answers:
    """Say what a furnace makes of what: the first of G101-2 and G101-3, or else sections of aluminium ingots."""
    products: list[Answers] = related.get("G101-2", {}).get("product", [])
    materials: list[Answers] = related.get("G101-3", {}).get("material", [])
    if products:
        product = codelist("census_product").entry(products[0]["product_code"])
        made = float(products[0]["actual_output"]) * rng.uniform(0.5, 0.9)
    else:
        product, made = named("census_product", "铝型材"), spread(rng, 100, 5_000)
    if materials:
        material = codelist("census_material").entry(materials[0]["material_code"])
        used = float(materials[0]["material_used"]) * rng.uniform(0.5, 0.9)
    else:
        material, used = named("census_material", "铝锭"), made * 1.05
    return {
        "product_name": product.label,
        "product_output": f"{made:.2f}",
        "product_unit": product.attributes["unit"],
        "material_name": material.label,
        "material_amount": f"{used:.2f}",
        "material_unit": material.attributes["unit"],
    }


# What furnaces burn: the boiler fuel that burns alike, ten thousand m³ of waste gas for a unit, sulphur.
_FIRED: Final = {
    GAS: (GAS, 13.6, 20),
    COAL: (COAL, 1.2, 0.5),
    DIESEL: (OIL, 1.9, 0.5),
}


def _fired(rng: Random, related: Related) -> Answers:
    """Give what a furnace burns and what leaves its stack."""
    label = rng.choice(list(_FIRED))
    alike, gas, sulfur = _FIRED[label]
    known = BOILER_FUELS[alike]
    treated: tuple[str, ...] = ()
    if label == DIESEL:
        used = burnt(related, DIESEL, 50) * 0.8  # G101-3 tells how much of it there is
    elif label == COAL:
        used = spread(rng, 30, 300) * 20
        treated = draw_treated(rng, ("so2", 0.8), ("nox", 0.4), ("pm", 0.9))
    else:
        used = spread(rng, 30, 300)
    row: Answers = {
        "furnace_type": rng.choice(("02", "03", "12", "19")),
        **fuel_row(label, used, known.heat, sulfur, 14.5),
        **second_fuel(rng, "液化石油气", used * 0.1, 11_000, 30),
        **stack(rng, "", used * gas, {key: each * used for key, each in known.emissions().items()}, treated),
    }
    if "nox" in treated:
        row["ammonia_emitted"] = "12.000"
    return row


def _two_alike(row: Answers) -> list[Answers]:
    """Give two furnaces that share the product and the material."""
    half = {key: f"{float(row[key]) / 2:.2f}" for key in ("product_output", "material_amount")}
    return [{**row, **half, "furnace_id": f"MF01{number:02d}"} for number in (1, 2)]


def _g103_3(rng: Random, related: Related) -> Answers:
    hours, total = furnace_hours(rng, related), output_of(related, "焦炭", 600_000)
    return {"oven": [_oven(each) for each in _furnaces(rng, related, hours, total, 600_000, total)]}


def _oven(oven: _Furnace) -> Answers:
    rng, coke = oven.rng, oven.made
    coal, kind, quenching = coke / rng.uniform(0.74, 0.78), rng.choice("12"), rng.choice("12")
    row: Answers = {
        "oven_id": f"MF{oven.number:04d}",
        "oven_type": kind,
        "quenching_process": quenching,
        "chamber_height": rng.choice(("4.30", "5.50", "6.00")),
        "production_hours": str(oven.hours),
        "capacity": f"{coke / 9_000:.2f}",
        "coal_charged": f"{coal:.2f}",
        "coal_sulfur": "0.68",
        "coal_ash": "9.80",
        "coal_volatile": "27.50",
        "heating_gas_used": f"{coke * 0.0185:.2f}",
        "heating_gas_lhv": "4200",
        "heating_gas_h2s": "180.00",
        "coke_output": f"{coke:.2f}",
        "coke_sulfur": "0.62",
        "coke_gas_output": f"{coke * rng.uniform(0.040, 0.044):.2f}",
        "coke_gas_h2s": "180.00",
        "tar_output": f"{coal * 0.036:.2f}",
        "benzol_output": f"{coal * 0.01:.2f}",
    }
    row |= oven.point(_COKE, draw_treated(rng, ("so2", 0.7), ("nox", 0.5), ("pm", 0.5)))
    row |= oven.point(_CHARGING, draw_treated(rng, ("pm", 0.8)) or _PM)
    row |= oven.point(_PUSHING)
    if quenching == "2":
        row |= oven.point(_DRY_QUENCH)
    else:  # quenched with water, coke needs no stack for it
        row |= _without("G103-3", _DRY_QUENCH.prefix)
    return row | oven.general(2e-4)


def _g103_4(rng: Random, related: Related) -> Answers:
    hours, total = furnace_hours(rng, related), output_of(related, "烧结矿", 1_500_000)
    return {"line": [_line(each) for each in _furnaces(rng, related, hours, total, 500, total / hours / 1.3)]}


def _line(line: _Furnace) -> Answers:
    rng, made = line.rng, line.made
    label = rng.choice(("焦炭", "无烟煤"))
    ore, fuel = made * rng.uniform(0.9, 0.98), made * rng.uniform(0.045, 0.06)
    sulfur = (ore * 0.05 + fuel * 0.6) / 100 * 2 * 0.8  # four fifths of it leave as twice their weight of dioxide
    row: Answers = {
        "equipment_id": f"MF{line.number:04d}",
        "equipment_kind": "1",
        "equipment_size": f"{max(12.0, made / line.hours / 1.3):.1f}",
        "production_hours": str(line.hours),
        "capacity": f"{made / 9_000:.2f}",
        "ore_used": f"{ore:.2f}",
        "ore_sulfur": "0.050",
        "product_output": f"{made:.2f}",
        "product_sulfur": "0.018",
    }
    row |= fuel_row(label, fuel, 6800, 0.6, 13)
    row |= second_fuel(rng, "焦炉煤气", made * 5e-4, 4200, 180)
    row |= line.point(_SINTER_HEAD, draw_treated(rng, ("so2", 0.9), ("nox", 0.4), ("pm", 1)), so2=sulfur)
    row |= line.point(_SINTER_TAIL)
    return row | line.general(2e-4)


def _g103_5(rng: Random, related: Related) -> Answers:
    hours, total = furnace_hours(rng, related), output_of(related, "生铁", 900_000)
    size = total / hours * 24 / 2.4  # m³: a furnace gives 2.4 tonnes a day for each
    return {"furnace": [_blast_furnace(each) for each in _furnaces(rng, related, hours, total, 3_200, size)]}


def _blast_furnace(furnace: _Furnace) -> Answers:
    iron, hours = furnace.made, furnace.hours
    return {
        "furnace_id": f"MF{furnace.number:04d}",
        "furnace_volume": str(max(150, round(iron / hours * 24 / 2.4))),
        "production_hours": str(hours),
        "capacity": f"{iron / 9_200:.2f}",
        "coke_used": f"{iron * 0.37:.2f}",
        "pci_used": f"{iron * 0.14:.2f}",
        "ore_used": f"{iron * 1.62:.2f}",
        "iron_output": f"{iron:.2f}",
        "bfg_output": f"{iron * 0.16:.2f}",
        **furnace.point(_ORE_BIN),
        **furnace.point(_CAST_HOUSE),
        **furnace.point(_HOT_STOVE, treated=()),
        **furnace.general(3e-4),
    }


@dataclass(frozen=True, slots=True)
class _Steelmaking:
    """One way of making steel: what a tonne of it takes and gives, the stack that it has and the one it has not."""

    pig: float
    scrap: float
    gas: float  # given off
    built: _Stack
    absent: _Stack


_STEELMAKING: Final = {
    "1": _Steelmaking(0.95, 0.13, 0.009, _CONVERTER, _ARC_FURNACE),
    "2": _Steelmaking(0.2, 0.9, 0, _ARC_FURNACE, _CONVERTER),
}


def _g103_6(rng: Random, related: Related) -> Answers:
    hours, total = furnace_hours(rng, related), output_of(related, "粗钢", 900_000)
    return {"furnace": [_steel(each) for each in _furnaces(rng, related, hours, total, 200, total / hours / 1.5)]}


def _steel(furnace: _Furnace) -> Answers:
    steel, kind = furnace.made, furnace.rng.choice("12")
    way = _STEELMAKING[kind]
    return {
        "furnace_id": f"MF{furnace.number:04d}",
        "furnace_kind": kind,
        "furnace_tonnage": str(max(20, ceil(steel / furnace.hours / 1.5))),
        "production_hours": str(furnace.hours),
        "capacity": f"{steel / 9_200:.2f}",
        "pig_iron_used": f"{steel * way.pig:.2f}",
        "scrap_used": f"{steel * way.scrap:.2f}",
        "steel_output": f"{steel:.2f}",
        "ldg_output": f"{steel * way.gas:.2f}",
        **furnace.point(way.built),
        **_without("G103-6", way.absent.prefix),
        **furnace.general(2e-4),
    }


def _g103_7(rng: Random, related: Related) -> Answers:
    hours, total = furnace_hours(rng, related), output_of(related, "水泥熟料", 1_000_000)
    size = total / (hours / 24) / 0.9  # tonnes a day
    return {"kiln": [_kiln(each) for each in _furnaces(rng, related, hours, total, 6_000, size)]}


def _kiln(kiln: _Furnace) -> Answers:
    rng, clinker = kiln.rng, kiln.made
    nitrogen = draw_treated(rng, ("nox", 0.5))
    treated = (*draw_treated(rng, ("so2", 0.3)), *nitrogen, "pm")
    row: Answers = {
        "kiln_id": f"MF{kiln.number:04d}",
        "kiln_type": "1",
        "capacity_per_day": str(max(600, ceil(clinker / (kiln.hours / 24) / 0.92))),
        "production_hours": str(kiln.hours),
        "limestone_used": f"{clinker * 1.28:.2f}",
        "clinker_output": f"{clinker:.2f}",
        "co_processing": False,
    }
    row |= fuel_row(COAL, clinker * 0.155, 5000, 0.8, 22)
    row |= second_fuel(rng, DIESEL, clinker * 1e-5, 10_200, 0.02)
    row |= kiln.point(_KILN_TAIL, treated, nox=clinker * rng.uniform(1.2e-3, 2.4e-3))
    if nitrogen:
        row["tail_ammonia_emitted"] = f"{clinker * 0.02:.3f}"
    row |= kiln.point(_KILN_HEAD)
    return row | kiln.general(3e-4)


RECIPES: Final[dict[str, Recipe]] = {
    "G103-2": _g103_2,
    "G103-3": _g103_3,
    "G103-4": _g103_4,
    "G103-5": _g103_5,
    "G103-6": _g103_6,
    "G103-7": _g103_7,
}

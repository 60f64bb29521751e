"""Furnaces of the heavy trades: coke, sinter, iron, steel, clinker, and the heaters and units of a refinery.

Figures by tonne of product follow what the checks call usual; the total is what G101-2 says of the product.
"""

from __future__ import annotations

from collections.abc import Mapping
from math import ceil
from random import Random
from typing import Final

from census.examples.recipes.amounts import spread
from census.examples.recipes.combustion import BOILER_FUELS, fuel_row, outlet, stack
from census.examples.recipes.products import burnt, named, output_of
from census.examples.recipes.recipe import Answers, Recipe
from forms.catalogue import catalogue
from forms.codelists import codelist

Related = Mapping[str, Answers]


def _hours(rng: Random, related: Related) -> int:
    return max(1, round(float(related.get("G101-1", {}).get("production_hours") or 7200) * rng.uniform(0.85, 0.99)))


def _shares(total: float, largest: float, size: float) -> list[float]:
    """Split a total among so many devices that none is larger than the largest that are built."""
    count = max(1, ceil(size / largest))
    return [total / count] * count


def _general(rng: Random, made: float) -> Answers:
    return {"general_pm_generated": f"{made:.3f}", "general_pm_emitted": f"{made * rng.uniform(0.2, 0.5):.3f}"}


def _point(
    rng: Random, prefix: str, related: Related, number: int, emitted: tuple[float, Mapping[str, float], tuple[str, ...]]
) -> Answers:
    gas, made, treated = emitted
    return {**outlet(rng, prefix, related, number, (20, 90)), **stack(rng, prefix, gas, made, treated, number)}


def _without(form: str, prefix: str) -> Answers:
    """Leave a section blank: the outlet does not exist."""
    return {item.key: None for item in catalogue().current(form).items() if item.key.startswith(prefix)}


def _second(rng: Random, label: str, amount: float, heat: int, sulfur: float) -> Answers:
    """Let two in five burn a second fuel: the one named, or coal."""
    if rng.random() < 0.6:
        return {}
    return (
        fuel_row(label, amount, heat, sulfur, number=2)
        if rng.random() < 0.5
        else fuel_row("其他洗煤", amount, 4_600, 0.7, 18, number=2)
    )


def _treated(rng: Random, *chances: tuple[str, float]) -> tuple[str, ...]:
    return tuple(pollutant for pollutant, chance in chances if rng.random() < chance)


def _g103_2(rng: Random, related: Related) -> Answers:
    hours = _hours(rng, related)
    products: list[Answers] = related.get("G101-2", {}).get("product", [])
    materials: list[Answers] = related.get("G101-3", {}).get("material", [])
    product = (
        codelist("census_product").entry(products[0]["product_code"]) if products else named("census_product", "铝型材")
    )
    material = (
        codelist("census_material").entry(materials[0]["material_code"])
        if materials
        else named("census_material", "铝锭")
    )
    made = float(products[0]["actual_output"]) * rng.uniform(0.5, 0.9) if products else spread(rng, 100, 5_000)
    used = float(materials[0]["material_used"]) * rng.uniform(0.5, 0.9) if materials else made * 1.05
    row: Answers = {
        "furnace_id": "MF0101",
        "furnace_size": f"{rng.uniform(0.5, 6):.2f}",
        "furnace_size_unit": "吨/小时",
        "production_hours": str(hours),
        "product_name": product.label,
        "product_output": f"{made:.2f}",
        "product_unit": product.attributes["unit"],
        "material_name": material.label,
        "material_amount": f"{used:.2f}",
        "material_unit": material.attributes["unit"],
    }
    if rng.random() < 0.3:
        return {
            "furnace": _two_alike(
                {
                    **row,
                    "furnace_type": "23",
                    **stack(
                        rng,
                        "",
                        spread(rng, 500, 5_000),
                        {"so2": 0, "nox": 0, "pm": spread(rng, 1, 20), "vocs": 0},
                        ("pm",),
                    ),
                }
            )
        }
    label = rng.choice(("天然气（气态）", "一般烟煤", "柴油"))
    known = BOILER_FUELS["燃料油" if label == "柴油" else label]
    heat, factors = known.heat, known.emissions()
    fuel = (
        (burnt(related, "柴油", 50) * 0.8)
        if label == "柴油"
        else spread(rng, 30, 300) * (20 if label == "一般烟煤" else 1)
    )
    gas = fuel * {"天然气（气态）": 13.6, "一般烟煤": 1.2, "柴油": 1.9}[label]
    treated = _treated(rng, ("so2", 0.8), ("nox", 0.4), ("pm", 0.9)) if label == "一般烟煤" else ()
    return {
        "furnace": [
            {
                **row,
                "furnace_type": rng.choice(("02", "03", "12", "19")),
                **fuel_row(label, fuel, heat, 20 if label == "天然气（气态）" else 0.5, 14.5),
                **_second(rng, "液化石油气", fuel * 0.1, 11_000, 30),
                **stack(rng, "", gas, {key: amount * fuel for key, amount in factors.items()}, treated),
                **({"ammonia_emitted": "12.000"} if "nox" in treated else {}),
            }
        ]
    }


def _two_alike(row: Answers) -> list[Answers]:
    """Give two furnaces that share the product and the material."""
    half = {key: f"{float(row[key]) / 2:.2f}" for key in ("product_output", "material_amount")}
    return [{**row, **half, "furnace_id": f"MF01{number:02d}"} for number in (1, 2)]


def _g103_3(rng: Random, related: Related) -> Answers:
    hours, total = _hours(rng, related), output_of(related, "焦炭", 600_000)
    rows: list[Answers] = []
    for number, coke in enumerate(_shares(total * 0.98, 600_000, total), start=1):
        coal, kind, quenching = coke / rng.uniform(0.74, 0.78), rng.choice("12"), rng.choice("12")
        pm_only = ("pm",)
        rows.append(
            {
                "oven_id": f"MF{number:04d}",
                "oven_type": kind,
                "quenching_process": quenching,
                "chamber_height": rng.choice(("4.30", "5.50", "6.00")),
                "production_hours": str(hours),
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
                **_point(
                    rng,
                    "stack_",
                    related,
                    number,
                    (
                        coke * 0.15,
                        {"so2": coke * 3e-4, "nox": coke * 1.2e-3, "pm": coke * 2e-4, "vocs": coke * 0.02},
                        _treated(rng, ("so2", 0.7), ("nox", 0.5), ("pm", 0.5)),
                    ),
                ),
                **_point(
                    rng,
                    "charging_",
                    related,
                    number + 10,
                    (
                        coke * 0.03,
                        {"so2": coke * 1e-5, "pm": coke * 2e-3, "vocs": coke * 0.004},
                        _treated(rng, ("pm", 0.8)) or pm_only,
                    ),
                ),
                **_point(
                    rng,
                    "pushing_",
                    related,
                    number + 20,
                    (coke * 0.04, {"so2": coke * 1e-5, "pm": coke * 2e-3}, pm_only),
                ),
                **(
                    _point(
                        rng,
                        "dry_quench_",
                        related,
                        number + 30,
                        (coke * 0.05, {"so2": coke * 3e-5, "pm": coke * 3e-3}, pm_only),
                    )
                    if quenching == "2"
                    else _without("G103-3", "dry_quench_")
                ),
                **_general(rng, coke * 2e-4),
            }
        )
    return {"oven": rows}


def _g103_4(rng: Random, related: Related) -> Answers:
    hours, total = _hours(rng, related), output_of(related, "烧结矿", 1_500_000)
    rows: list[Answers] = []
    for number, made in enumerate(_shares(total * 0.98, 500, total / hours / 1.3), start=1):
        label = rng.choice(("焦炭", "无烟煤"))
        ore, fuel = made * rng.uniform(0.9, 0.98), made * rng.uniform(0.045, 0.06)
        sulfur = (ore * 0.05 + fuel * 0.6) / 100 * 2 * 0.8
        rows.append(
            {
                "equipment_id": f"MF{number:04d}",
                "equipment_kind": "1",
                "equipment_size": f"{max(12.0, made / hours / 1.3):.1f}",
                "production_hours": str(hours),
                "capacity": f"{made / 9_000:.2f}",
                "ore_used": f"{ore:.2f}",
                "ore_sulfur": "0.050",
                "product_output": f"{made:.2f}",
                "product_sulfur": "0.018",
                **fuel_row(label, fuel, 6800, 0.6, 13),
                **_second(rng, "焦炉煤气", made * 5e-4, 4200, 180),
                **_point(
                    rng,
                    "head_",
                    related,
                    number,
                    (
                        made * 0.28,
                        {"so2": sulfur, "nox": made * 6e-4, "pm": made * 0.01, "vocs": made * 0.05},
                        _treated(rng, ("so2", 0.9), ("nox", 0.4), ("pm", 1)),
                    ),
                ),
                **_point(rng, "tail_", related, number + 10, (made * 0.1, {"pm": made * 0.008}, ("pm",))),
                **_general(rng, made * 2e-4),
            }
        )
    return {"line": rows}


def _g103_5(rng: Random, related: Related) -> Answers:
    hours, total = _hours(rng, related), output_of(related, "生铁", 900_000)
    rows: list[Answers] = []
    for number, iron in enumerate(_shares(total * 0.98, 3_200, total / hours * 24 / 2.4), start=1):
        rows.append(
            {
                "furnace_id": f"MF{number:04d}",
                "furnace_volume": str(max(150, round(iron / hours * 24 / 2.4))),
                "production_hours": str(hours),
                "capacity": f"{iron / 9_200:.2f}",
                "coke_used": f"{iron * 0.37:.2f}",
                "pci_used": f"{iron * 0.14:.2f}",
                "ore_used": f"{iron * 1.62:.2f}",
                "iron_output": f"{iron:.2f}",
                "bfg_output": f"{iron * 0.16:.2f}",
                **_point(rng, "ore_bin_", related, number, (iron * 0.15, {"pm": iron * 2e-3}, ("pm",))),
                **_point(
                    rng,
                    "cast_house_",
                    related,
                    number + 10,
                    (iron * 0.2, {"so2": iron * 5e-5, "pm": iron * 4e-3}, ("pm",)),
                ),
                **_point(
                    rng,
                    "hot_stove_",
                    related,
                    number + 20,
                    (iron * 0.12, {"so2": iron * 1e-4, "nox": iron * 3e-4, "pm": iron * 3e-5}, ()),
                ),
                **_general(rng, iron * 3e-4),
            }
        )
    return {"furnace": rows}


def _g103_6(rng: Random, related: Related) -> Answers:
    hours, total = _hours(rng, related), output_of(related, "粗钢", 900_000)
    rows: list[Answers] = []
    for number, steel in enumerate(_shares(total * 0.98, 200, total / hours / 1.5), start=1):
        kind = rng.choice("12")
        pig, scrap, gas = (0.95, 0.13, 0.009) if kind == "1" else (0.2, 0.9, 0)
        place, other = ("secondary_", "eaf_") if kind == "1" else ("eaf_", "secondary_")
        rows.append(
            {
                "furnace_id": f"MF{number:04d}",
                "furnace_kind": kind,
                "furnace_tonnage": str(max(20, ceil(steel / hours / 1.5))),
                "production_hours": str(hours),
                "capacity": f"{steel / 9_200:.2f}",
                "pig_iron_used": f"{steel * pig:.2f}",
                "scrap_used": f"{steel * scrap:.2f}",
                "steel_output": f"{steel:.2f}",
                "ldg_output": f"{steel * gas:.2f}",
                **_point(rng, place, related, number, (steel * 0.25, {"pm": steel * 8e-3}, ("pm",))),
                **_without("G103-6", other),
                **_general(rng, steel * 2e-4),
            }
        )
    return {"furnace": rows}


def _g103_7(rng: Random, related: Related) -> Answers:
    hours, total = _hours(rng, related), output_of(related, "水泥熟料", 1_000_000)
    rows: list[Answers] = []
    for number, clinker in enumerate(_shares(total * 0.98, 6_000, total / (hours / 24) / 0.9), start=1):
        nitrogen = ("nox",) if rng.random() < 0.5 else ()
        treated = (*_treated(rng, ("so2", 0.3)), *nitrogen, "pm")
        rows.append(
            {
                "kiln_id": f"MF{number:04d}",
                "kiln_type": "1",
                "capacity_per_day": str(max(600, ceil(clinker / (hours / 24) / 0.92))),
                "production_hours": str(hours),
                "limestone_used": f"{clinker * 1.28:.2f}",
                "clinker_output": f"{clinker:.2f}",
                "co_processing": False,
                **fuel_row("一般烟煤", clinker * 0.155, 5000, 0.8, 22),
                **_second(rng, "柴油", clinker * 1e-5, 10_200, 0.02),
                **_point(
                    rng,
                    "tail_",
                    related,
                    number,
                    (
                        clinker * 0.35,
                        {
                            "so2": clinker * 3e-4,
                            "nox": clinker * rng.uniform(1.2e-3, 2.4e-3),
                            "pm": clinker * 0.08,
                            "vocs": clinker * 0.01,
                        },
                        treated,
                    ),
                ),
                **({"tail_ammonia_emitted": f"{clinker * 0.02:.3f}"} if nitrogen else {}),
                **_point(rng, "head_", related, number + 10, (clinker * 0.18, {"pm": clinker * 0.03}, ("pm",))),
                **_general(rng, clinker * 3e-4),
            }
        )
    return {"kiln": rows}


def _g103_8(rng: Random, related: Related) -> Answers:
    hours, label = _hours(rng, related), rng.choice(("炼厂干气", "炼厂干气", "天然气（气态）", "一般烟煤"))
    used, heat, sulfur = {
        "炼厂干气": (8_000, 11_000, 120),
        "天然气（气态）": (900, 8_500, 20),
        "一般烟煤": (5_000, 5_200, 0.6),
    }[label]
    fuel = spread(rng, used, used * 3) * hours / 8_000
    energy = fuel * heat * 0.0041868 * (10 if label == "天然气（气态）" else 1)
    gas = energy * 0.03
    made = {
        "so2": fuel * 0.0096 if label == "一般烟煤" else gas * 3e-4,
        "nox": gas * 1e-3,
        "pm": fuel * 0.018 if label == "一般烟煤" else gas * 1e-4,
        "vocs": gas * 0.01,
    }
    treated = _treated(rng, ("so2", 0.5), ("nox", 0.5), ("pm", 0.5))
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
                **fuel_row(label, fuel, heat, sulfur, 14.5),
                **_second(rng, "燃料油", fuel * 0.05, 9_800, 0.5),
                "low_nox_burner": True,
                **place,
                **stack(rng, "", gas, made, treated),
            }
            for number in range(1, rng.choice((2, 3)))
        ]
    }


def _g103_9(rng: Random, related: Related) -> Answers:
    hours, made = _hours(rng, related), output_of(related, "聚丙烯树脂", 150_000)
    unit = named("petrochemical_unit", "聚丙烯")
    vocs, gas = made * 0.3, made * 0.05
    treated = _treated(rng, ("so2", 0.4), ("nox", 0.4), ("pm", 0.6))
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


RECIPES: Final[dict[str, Recipe]] = {
    "G103-2": _g103_2,
    "G103-3": _g103_3,
    "G103-4": _g103_4,
    "G103-5": _g103_5,
    "G103-6": _g103_6,
    "G103-7": _g103_7,
    "G103-8": _g103_8,
    "G103-9": _g103_9,
}

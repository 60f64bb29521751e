"""Tanks, volatile materials, heaps and other waste gas of an industrial unit."""

from __future__ import annotations

from collections.abc import Mapping
from random import Random
from typing import Final

from census.examples.recipes.amounts import number, rows, spread
from census.examples.recipes.recipe import Answers, Recipe
from forms.codelists import codelist

_PLACES: Final = (("1号堆场", "99"), ("原煤棚", "1"), ("石灰石堆场", "12"), ("炉渣场", "17"))
_STEPS: Final = (("机加工件", "钢材"), ("焊接件", "焊丝"), ("注塑件", "塑料粒"), ("打磨件", "铝材"))


def _g103_10(rng: Random, _related: Mapping[str, Answers]) -> Answers:
    return {
        "material": [_tank(rng, code) for code in rng.sample(("x-05", "x-12", "x-13", "x-07"), rng.choice((1, 1, 2)))]
    }


def _tank(rng: Random, code: str) -> Answers:
    volume, count = rng.choice((20, 30, 50, 100)), rng.choice((1, 2))
    turnover = volume * count * rng.uniform(5, 40)
    made = turnover * rng.uniform(0.2, 0.9)
    load = f"{turnover * 0.9:.2f}"
    loading: Answers = {}
    if rng.random() < 0.4:
        loading = {"annual_load": load, "road_rail_load": load, "road_rail_mode": "1", "ship_load": "0.00"}
    return {
        **loading,
        "material_code": code,
        "material_name": codelist("organic_liquid").label(code),
        "tank_type": rng.choice("124"),
        "tank_volume": str(volume),
        "storage_temp": f"{rng.uniform(18, 30):.1f}",
        "tank_count": str(count),
        "annual_turnover": f"{turnover:.2f}",
        "tank_voc_process": "V01",
        "vocs_generated": f"{made:.3f}",
        "vocs_emitted": f"{made * rng.uniform(0.3, 0.9):.3f}",
    }


def _g103_11(rng: Random, related: Mapping[str, Answers]) -> Answers:
    output = float(related.get("G101-1", {}).get("gross_output") or 5_000)
    bought: dict[str, float] = {}
    for row in rows(related.get("G101-3", {}), "material"):
        name = codelist("census_material").label(str(row.get("material_code")))
        bought[name] = bought.get(name, 0.0) + number(row, "material_used")
    materials = codelist("voc_material")
    return {
        "material": [
            _volatile(rng, code, min(spread(rng, 1.5, 60), output / 4, bought.get(materials.label(code), output)))
            for code in rng.sample(("x-11", "x-12", "x-21", "x-31", "x-41"), rng.choice((1, 2)))
        ]
    }


def _volatile(rng: Random, code: str, tonnes: float) -> Answers:
    entry = codelist("voc_material").entry(code)
    made = tonnes * 1000 * rng.uniform(0.1, 0.5)
    return {
        "material_category": entry.attributes["category"],
        "material_code": code,
        "material_name": entry.label,
        "amount_used": f"{tonnes:.2f}",
        "voc_process": "V01",
        "collection_method": rng.choice("124"),
        "vocs_generated": f"{made:.3f}",
        "vocs_emitted": f"{made * rng.uniform(0.3, 0.8):.3f}",
    }


def _g103_12(rng: Random, _related: Mapping[str, Answers]) -> Answers:
    return {"yard": [_yard(rng, number) for number in range(1, rng.choice((2, 2, 3)))]}


def _yard(rng: Random, number: int) -> Answers:
    area, height, load = round(spread(rng, 80, 4_000)), rng.uniform(2, 6), rng.uniform(8, 30)
    kept = area * height * rng.uniform(0.2, 0.7)
    trips = max(20, round(kept * rng.uniform(4, 20) / load))
    dust = trips * load * rng.uniform(0.1, 0.8) / 1000
    return {
        "yard_id": f"DC{number:03d}",
        "yard_type": "3",
        "stored_material": rng.choice(_PLACES)[1],
        "area": str(area),
        "max_height": f"{height:.1f}",
        "daily_storage": f"{kept:.2f}",
        "truck_trips": str(trips),
        "load_per_truck": f"{load:.2f}",
        "dust_control": ["1", "4"],
        "dust_generated": f"{dust:.3f}",
        "dust_emitted": f"{dust * rng.uniform(0.2, 0.5):.3f}",
    }


def _g103_13(rng: Random, related: Mapping[str, Answers]) -> Answers:
    hours = float(related.get("G101-1", {}).get("production_hours") or 4800)
    rows = [_step(rng, hours, product, material) for product, material in rng.sample(_STEPS, rng.choice((1, 2)))]
    products: list[Answers] = related.get("G101-2", {}).get("product") or [{}]
    first = products[0]
    # The first step makes the plant's own product, unless it makes more of it than the plant says it made.
    if first.get("product_code") and float(first.get("actual_output") or 0) > float(rows[0]["product_output"]):
        rows[0]["product_name"] = codelist("census_product").label(first["product_code"])
    return {"process": rows, "forklifts": "0"}


def _step(rng: Random, hours: float, product: str, material: str) -> Answers:
    output = spread(rng, 50, 5_000)
    gas = hours * rng.uniform(3_000, 20_000) / 10_000
    dust, vapour = output * rng.uniform(1, 8) / 1000, 0.0
    if rng.random() < 0.6:
        vapour = output * rng.uniform(0.5, 3)
    return {
        "product_name": product,
        "product_output": f"{output:.2f}",
        "product_unit": "吨",
        "material_name": material,
        "material_amount": f"{output * 1.05:.2f}",
        "material_unit": "吨",
        "dedust_id": f"TA{rng.randrange(1, 30):03d}",
        "dedust_process": "P01",
        "dedust_efficiency": "92.00",
        "waste_gas": f"{gas:.2f}",
        "so2_generated": "0.000",
        "so2_emitted": "0.000",
        "nox_generated": "0.000",
        "nox_emitted": "0.000",
        "pm_generated": f"{dust:.3f}",
        "pm_emitted": f"{dust * 0.08:.3f}",
        "vocs_generated": f"{vapour:.3f}",
        "vocs_emitted": f"{vapour:.3f}",
    }


RECIPES: Final[dict[str, Recipe]] = {"G103-10": _g103_10, "G103-11": _g103_11, "G103-12": _g103_12, "G103-13": _g103_13}

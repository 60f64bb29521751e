"""Products, materials and energy of an industrial unit: what it makes follows from its industry and its processes."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from random import Random
from typing import Any, Final

from census.examples.recipes.amounts import spread
from census.examples.recipes.recipe import Answers, Recipe
from forms.codelists import Entry, codelist

# A switch of G101-1: what such a plant makes, how, and how many tonnes a year.
_HEAVY: Final = {
    "has_coking": ("焦炭", "顶装炼焦", 400_000, 1_500_000),
    "has_sintering": ("烧结矿", "带式烧结", 900_000, 4_000_000),
    "has_ironmaking": ("生铁", "高炉炼铁", 700_000, 3_000_000),
    "has_steelmaking": ("粗钢", "转炉炼钢", 700_000, 3_000_000),
    "has_clinker": ("水泥熟料", "新型干法窑外分解", 600_000, 1_800_000),
    "is_petrochemical": ("聚丙烯树脂", "聚合", 80_000, 400_000),
}
_USUAL: Final = {
    "吨": (60, 20_000),
    "件": (2_000, 300_000),
    "万件": (5, 600),
    "台": (300, 60_000),
    "平方米": (5_000, 400_000),
    "立方米": (1_000, 200_000),
}
_COKING_COAL: Final = "洗精煤（用于炼焦）"
# A switch: what is burnt or charged there, by its name in the list of fuels, and how much of it a year.
_FUELS: Final = {
    "has_furnace": ("柴油", 30, 400),
    "has_coking": (_COKING_COAL, 2_000_000, 2_600_000),
    "has_sintering": ("焦炭", 500_000, 700_000),
    "has_ironmaking": ("焦炭", 2_000_000, 2_600_000),
    "has_clinker": ("一般烟煤", 300_000, 420_000),
    "is_petrochemical": ("炼厂干气", 30_000, 60_000),
}
_IN_BOILERS: Final = {"一般烟煤": (2_000, 12_000)}  # tonnes a year; less of any other fuel
# What the boilers of a plant burn: gas twice as often as anything else.
_BOILERS: Final = (
    ("天然气（气态）",),
    ("天然气（气态）",),
    ("一般烟煤",),
    ("一般烟煤", "天然气（气态）"),
    ("燃料油",),
)


def named(listed: str, label: str) -> Entry:
    """Find a code by its name. Raises StopIteration when the list has none."""
    return next(entry for entry in codelist(listed) if entry.label == label)


def _g101_2(rng: Random, related: Mapping[str, Answers]) -> Answers:
    basic = related.get("G101-1", {})
    rows = [
        _product(rng, named("census_product", name), named("census_process", process), (low, high))
        for switch, (name, process, low, high) in _HEAVY.items()
        if basic.get(switch)
    ]
    usual = _usual_products(basic.get("industry_code_1"))
    if not usual and not rows:
        usual = [named("census_product", "其他产品（在备注写明）")]
    for entry in rng.sample(usual, min(len(usual), rng.choice((1, 1, 2)))):
        size = _USUAL.get(entry.attributes["unit"], (200, 50_000))
        rows.append(_product(rng, entry, _process_of(rng, entry), size))
    return {"product": rows}


def _usual_products(industry: object) -> list[Entry]:
    """Give the products of an industry that come without furnaces of their own."""
    special = {name for name, *_ in _HEAVY.values()} | {"球团矿"}
    listed = codelist("census_product")
    return [entry for entry in listed if entry.attributes.get("industry") == industry and entry.label not in special]


def _division_listed(division: str) -> str:
    """Give the division of GB/T 4754 whose processes and materials hold for one: machines use those of metal goods."""
    return "33" if "34" <= division <= "37" else division


def _process_of(rng: Random, product: Entry) -> Entry:
    division = product.attributes.get("industry", "")[:2]
    wanted = _division_listed(division)
    known = [entry for entry in codelist("census_process") if entry.attributes.get("division") == wanted]
    if not known:
        return named("census_process", "其他工艺（在备注写明）")
    return rng.choice(known)


def _product(rng: Random, product: Entry, process: Entry, size: tuple[float, float]) -> Answers:
    made = spread(rng, *size)
    made = round(made, 0 if made >= 100 else 2)
    return {
        "product_code": product.code,
        "process_code": process.code,
        "capacity": f"{round(made / rng.uniform(0.55, 0.95), -1) + 10:.2f}",
        "actual_output": f"{made:.2f}",
    }


def _g101_3(rng: Random, related: Mapping[str, Answers]) -> Answers:
    basic = related.get("G101-1", {})
    output = float(basic.get("gross_output") or 20_000)
    energy: dict[str, float] = {
        "柴油": round(spread(rng, 1, 40), 2),
        "电力": round(output * rng.uniform(0.003, 0.02), 2),
    }
    materials: dict[str, float] = {}
    for switch, (name, low, high) in _FUELS.items():
        if basic.get(switch):
            energy[name] = energy.get(name, 0) + round(spread(rng, low, high), 2)
    if basic.get("has_boiler"):
        for name in rng.choice(_BOILERS):
            usual = _IN_BOILERS.get(name, (20, 600))
            energy[name] = energy.get(name, 0) + round(spread(rng, *usual), 2)
    if basic.get("has_voc_material"):
        materials |= {"水性涂料": round(spread(rng, 2, 30), 2), "稀释剂": round(spread(rng, 1, 8), 2)}
    if basic.get("has_clinker"):
        materials["石灰石"] = 2_800_000
    known = [entry.label for entry in _materials_of(str(basic.get("industry_code_1", ""))[:2])]
    for name in rng.sample(known, min(len(known), 2)) or ["其他原辅材料（在备注写明）"]:
        materials.setdefault(name, round(spread(rng, 20, 5_000), 2))
    return {
        "material": [
            {"material_code": named("census_material", name).code, "material_used": f"{used:.2f}"}
            for name, used in materials.items()
        ],
        "energy_row": [_energy(name, used) for name, used in energy.items()],
    }


def _materials_of(division: str) -> Iterator[Entry]:
    wanted = _division_listed(division)
    for entry in codelist("census_material"):
        # Energy and volatile materials are asked for by themselves.
        is_plain = not entry.attributes.get("energy") and not entry.attributes.get("voc")
        if entry.code.split("-")[1] == wanted and is_plain:
            yield entry


def _energy(name: str, used: float) -> Answers:
    as_material = 0.0
    if name == _COKING_COAL:  # all of it becomes coke, none is burnt
        as_material = used
    return {
        "energy_code": named("fuel_type", name).code,
        "energy_used": f"{used:.2f}",
        "energy_as_material": f"{as_material:.2f}",
    }


def output_of(related: Mapping[str, Answers], name: str, otherwise: float) -> float:
    """Give what G101-2 says of a product by its name, or another figure where the unit has no G101-2."""
    code = named("census_product", name).code
    rows: list[dict[str, Any]] = related.get("G101-2", {}).get("product", [])
    return sum(float(row["actual_output"]) for row in rows if row.get("product_code") == code) or otherwise


def burnt(related: Mapping[str, Answers], label: str, otherwise: float) -> float:
    """Give what G101-3 leaves of an energy for burning, or another figure where it names none."""
    code = named("fuel_type", label).code
    rows: list[dict[str, Any]] = related.get("G101-3", {}).get("energy_row", [])
    burnt_of_it = (
        float(row["energy_used"]) - float(row["energy_as_material"]) for row in rows if row.get("energy_code") == code
    )
    return sum(burnt_of_it) or otherwise


RECIPES: Final[dict[str, Recipe]] = {"G101-2": _g101_2, "G101-3": _g101_3}

"""Solid and hazardous waste of an industrial unit, and what could go wrong there."""

from __future__ import annotations

from collections.abc import Mapping
from random import Random
from typing import Final

from census.examples.recipes.amounts import rows, spread
from census.examples.recipes.recipe import Answers, Recipe
from forms.codelists import codelist

_SOLID: Final = (
    ("SW99", "金属边角料"),
    ("SW99", "废包装材料"),
    ("SW99", "废塑料"),
    ("SW03", "炉渣"),
    ("SW07", "一般工业污泥"),
)
_ASH, _GYPSUM = ("SW03", "炉渣"), ("SW06", "脱硫石膏")
_HAZARDOUS: Final = (
    ("900-041-49", "废包装桶"),
    ("900-039-49", "废活性炭"),
    ("900-249-08", "废机油"),
    ("900-007-09", "废乳化液"),
    ("900-252-12", "漆渣"),
    ("336-064-17", "表面处理污泥"),
)
_SUBSTANCES: Final = ("67-56-1", "108-88-3", "1330-20-7", "7664-93-9", "7647-01-0")


def _output(related: Mapping[str, Answers]) -> float:
    return float(related.get("G101-1", {}).get("gross_output") or 5_000)  # thousand yuan


def _g104_1(rng: Random, related: Mapping[str, Answers]) -> Answers:
    boilers = rows(related.get("G103-1", {}), "unit")
    named = rng.sample(_SOLID, rng.choice((1, 2, 2)))
    fuels = [codelist("fuel_type").get(str(row.get("fuel1_type"))) for row in boilers]
    if any(fuel and fuel.attributes.get("kind") == "coal" for fuel in fuels) and _ASH not in named:
        named.append(_ASH)
    if any(row.get("desulf_process") in {"S03", "S04"} for row in boilers):
        named.append(_GYPSUM)
    waste = [_solid(rng, code, name, _output(related)) for code, name in named]
    if rng.random() < 0.7:
        return {"waste": waste}
    waste[0]["self_disposed"] = waste[0]["disposed"]
    basic = related.get("G101-1", {})
    site = {
        "site_type": "5",
        "site_longitude": basic.get("longitude"),
        "site_latitude": basic.get("latitude"),
        "design_volume": "8000",
        "filled_capacity": str(rng.randrange(500, 6000)),
        "design_disposal": "2000",
    }
    return {"waste": waste, "site": [{key: value for key, value in site.items() if value}]}


def _solid(rng: Random, code: str, name: str, output: float) -> Answers:
    made = round(min(spread(rng, 1, 400), output * 5), 2)
    used = made
    if rng.random() >= 0.3:
        used = round(made * rng.uniform(0.6, 0.95), 2)
    return {
        "waste_name": name,
        "waste_code": code,
        "generated": f"{made:.2f}",
        "utilized": f"{used:.2f}",
        "self_utilized": "0.00",
        "used_past_stock": "0.00",
        "disposed": f"{made - used:.2f}",
        "self_disposed": "0.00",
        "disposed_past_stock": "0.00",
        "stored": "0.00",
        "dumped": "0.00",
    }


def _g104_2(rng: Random, related: Mapping[str, Answers]) -> Answers:
    kinds = rng.sample(_HAZARDOUS, rng.choice((1, 2, 3)))
    waste = [_hazardous(rng, code, name, _output(related)) for code, name in kinds]
    # Two in five send all of it away; the others burn or bury the first kind themselves.
    if rng.random() < 0.4:
        return {"waste": waste}
    burnt = waste[0]["self_disposed"] = waste[0]["sent_licensed"]
    waste[0]["sent_licensed"] = "0.000"
    capacity = str(round(float(burnt) * rng.uniform(1.2, 2)) + 1)
    own: tuple[Answers, ...] = (
        {
            "incinerator_address": "厂区东侧焚烧车间",
            "incinerator_count": "1",
            "incineration_capacity": capacity,
            "incineration_disposed": burnt,
        },
        {
            "landfill_address": "厂区北侧填埋场",
            "landfill_design": "5000",
            "landfill_filled": "1200",
            "landfill_capacity": capacity,
            "landfill_disposed": burnt,
        },
        {"other_mode": ["6"], "other_capacity": capacity, "other_disposed": burnt},
    )
    return {"waste": waste, **rng.choice(own)}


def _hazardous(rng: Random, code: str, name: str, output: float) -> Answers:
    before, made = round(rng.uniform(0, 0.2), 3), round(min(spread(rng, 0.2, 40), output / 8), 3)
    after = round(made * rng.uniform(0.02, 0.2), 3)
    return {
        "waste_name": name,
        "waste_code": code,
        "waste_category": codelist("hazardous_waste_code").entry(code).attributes["category"],
        "opening_stock": f"{before:.3f}",
        "generated": f"{made:.3f}",
        "sent_licensed": f"{before + made - after:.3f}",
        "received": "0.000",
        "self_utilized": "0.000",
        "self_disposed": "0.000",
        "closing_stock": f"{after:.3f}",
        "dumped": "0.000",
    }


def _g105(rng: Random, related: Mapping[str, Answers]) -> Answers:
    wasteful = bool(related.get("G101-1", {}).get("has_hazardous_waste"))
    return {
        "substance": [_substance(rng, code) for code in rng.sample(_SUBSTANCES, rng.choice((1, 2, 3)))],
        "toxic_gas_measure": "3",
        "hw_management": "2" if wasteful else "1",
        **{
            f"{kind}_measure": "1"
            for kind in ("interception", "accident_wastewater", "clean_water", "rainwater", "process_wastewater")
        },
        "drain_permit": True,
        "plan_made": True,
        "plan_filed": True,
        "plan_filing_no": f"440113-2017-{rng.randrange(1, 400):03d}-L",
        "risk_level": "1",
        "risk_level_year": "2017",
    }


def _substance(rng: Random, code: str) -> Answers:
    entry = codelist("risk_substance").entry(code)
    return {
        "substance_name": entry.label,
        "cas_no": code,
        "activity_type": rng.choice("23"),
        "amount": f"{float(entry.attributes['threshold_t']) * rng.uniform(0.05, 2):.3f}",
    }


RECIPES: Final[dict[str, Recipe]] = {"G104-1": _g104_1, "G104-2": _g104_2, "G105": _g105}

"""Accounting by coefficients: amounts that follow from the factor, the removal and how long the device ran."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from random import Random
from typing import Final

from census.examples.recipes.amounts import spread
from census.examples.recipes.recipe import Answers, Recipe
from forms.codelists import Entry, codelist

# Coefficients for dust by mass, for which a filter is listed.
_DUST: Final = ("33-01", "33-04", "33-06", "33-08", "2922-02")
_PLAIN: Final = ("2929-01", "2926-01", "2921-01", "33-09")
_GAS: Final = "4430-03"  # nitrogen oxides of natural gas without low-NOx burner
_COAL: Final = "4430-25"  # sulphur dioxide of bituminous coal on a grate


@dataclass(frozen=True, slots=True)
class _Burning:
    """A coefficient of boilers, the pollutant of G103-1 that it explains, and the sulphur that it is multiplied by."""

    factor: str
    pollutant: str
    sulphur: float  # percent; 1 where the coefficient asks for none


_BOILERS: Final = (
    _Burning(_COAL, "so2", 0.5),
    _Burning(_GAS, "nox", 1.0),
)
_IN_WATER: Final = {"cod": "化学需氧量", "ammonia_nitrogen": "氨氮"}  # items of G102, and their names


def _g106_1(rng: Random, related: Mapping[str, Answers]) -> Answers:
    workshop = _workshop(rng, related)
    elsewhere = [*_water(related), *_boilers(related)]
    # Beside boilers and waste water, a workshop without its own form is accounted for only now and then.
    if "G103-13" in related or not elsewhere or rng.random() < 0.3:
        return {"calc": [*workshop, *elsewhere]}
    return {"calc": elsewhere}


def _workshop(rng: Random, related: Mapping[str, Answers]) -> list[Answers]:
    hours = float(related.get("G101-1", {}).get("production_hours") or 4800)
    factors = codelist("emission_factor")
    dust = [factors.entry(code) for code in rng.sample(_DUST, rng.choice((1, 2))) if factors.get(code)]
    plain = [factors.entry(code) for code in rng.sample(_PLAIN, rng.choice((0, 1))) if factors.get(code)]
    coal: list[Answers] = []
    if rng.random() < 0.2:
        coal.append(_untreated(rng, factors.entry(_COAL), sulphur=f"{rng.uniform(0.3, 0.9):.4f}"))
    return [
        *(_filtered(rng, factor, hours) for factor in dust),
        *(_untreated(rng, factor) for factor in plain),
        *coal,
    ]


def _totals(rows: list[Answers], key: str) -> tuple[float, float]:
    made, left = (sum(float(row.get(f"{key}_{end}") or 0) for row in rows) for end in ("generated", "emitted"))
    return made, left


def _by_factor(known: Mapping[str, str]) -> Answers:
    """Give the items that repeat what the library says of a coefficient."""
    return {
        "process_name": known["process"],
        "scale_level": known["scale"],
        "pollutant_name": known["pollutant"],
        "generation_factor": known["per_base"],
        "generation_factor_unit": f"千克/{known['base_unit']}",
    }


def _as_reported(treatment: str, made: float, left: float) -> Answers:
    """Give the items of a pollutant whose tonnes another form states: its removal follows from them."""
    removed = 0.0
    if made:
        removed = 100 - 100 * left / made
    return {
        "pollutant_generated": f"{made:.4f}",
        "pollutant_generated_unit": "吨",
        "treatment_process": treatment,
        "removal_efficiency": f"{removed:.4f}",
        "removal_efficiency_unit": "%",
        "pollutant_emitted": f"{left:.4f}",
    }


def _boilers(related: Mapping[str, Answers]) -> list[Answers]:
    """Account for the sulphur dioxide and nitrogen oxides of G103-1: as much fuel as its amounts come from."""
    units: list[Answers] = related.get("G103-1", {}).get("unit") or []
    rows: list[Answers] = []
    for burning in _BOILERS:
        made, left = _totals(units, burning.pollutant)
        if made > 0:
            rows.append(_boiler(burning, units[0].get("outlet_id"), made, left))
    return rows


def _boiler(burning: _Burning, outlet: object, made: float, left: float) -> Answers:
    known = codelist("emission_factor").entry(burning.factor).attributes
    row: Answers = {
        **_by_factor(known),
        **_as_reported("锅炉烟气治理", made, left),
        "source_form": "G103-1",
        "outlet_id": outlet,
        "step_name": "锅炉",
        "factor_code": burning.factor,
        "product_name": known["product"],
        "material_name": known["material"],
        "product_output": "0.0000",
        "material_amount": f"{made * 1000 / float(known['per_base']) / burning.sulphur:.4f}",
        "material_amount_unit": known["base_unit"],
    }
    if known.get("parameter"):
        row["factor_param_value"] = f"{burning.sulphur:.4f}"
    return row


def _water(related: Mapping[str, Answers]) -> list[Answers]:
    """Account for what G102 says of the first pollutants of waste water; the library has no coefficient for it."""
    outlets: list[Answers] = related.get("G102", {}).get("outlet") or []
    if not outlets:
        return []
    products: list[Answers] = related.get("G101-2", {}).get("product") or [{}]
    product = products[0]
    name = "主要产品"
    if product.get("product_code"):
        name = codelist("census_product").label(product["product_code"])
    rows: list[Answers] = []
    for key, pollutant in _IN_WATER.items():
        made, left = _totals(outlets, key)
        rows.append(
            {
                **_as_reported("生物处理", made, left),
                "source_form": "G102",
                "outlet_id": outlets[0]["outlet_id"],
                "step_name": "综合废水",
                "process_name": "生产全过程",
                "scale_level": "所有规模",
                "product_name": name,
                "product_output": f"{float(product.get('actual_output') or 1000):.4f}",
                "product_output_unit": "吨",
                "material_amount": "0.0000",
                "pollutant_name": pollutant,
                "generation_factor": f"{made:.4f}",
                "generation_factor_unit": "千克/吨",
            }
        )
    return rows


def _made(rng: Random, factor: Entry) -> tuple[Answers, float]:
    """Give one row's activity and what follows from it, in kilogrammes."""
    known = factor.attributes
    base = round(spread(rng, 20, 3_000), 4)
    amount = round(base * float(known["per_base"]), 4)
    names = {
        key: known[column]
        for key, column in (("product_name", "product"), ("material_name", "material"))
        if known.get(column)
    }
    return {
        **names,
        **_activity(known, f"{base:.4f}"),
        **_by_factor(known),
        "source_form": "G103-13",
        "step_name": known["process"],
        "factor_code": factor.code,
        "pollutant_generated": f"{amount:.4f}",
        "pollutant_generated_unit": known["result_unit"],
        "removal_efficiency_unit": "%",
    }, amount


def _activity(known: Mapping[str, str], base: str) -> Answers:
    """Say how much was made or used, whichever the coefficient is for; the other is asked too, and is nothing."""
    if known["base"] == "product":
        return {"product_output": base, "product_output_unit": known["base_unit"], "material_amount": "0.0000"}
    return {"product_output": "0.0000", "material_amount": base, "material_amount_unit": known["base_unit"]}


def _filtered(rng: Random, factor: Entry, hours: float) -> Answers:
    row, amount = _made(rng, factor)
    ran = round(hours * rng.uniform(0.8, 1))
    cyclone = codelist("removal_efficiency").entry("33-01")
    removed = float(cyclone.attributes["percent"])
    return {
        **row,
        "treatment_process": cyclone.attributes["technology"],
        "treatment_code": cyclone.code,
        "removal_efficiency": f"{removed:.4f}",
        "param1_name": "治理设施运行时间",
        "param1_value": f"{ran:.4f}",
        "param1_unit": "小时",
        "param2_name": "企业生产时间",
        "param2_value": f"{hours:.4f}",
        "param2_unit": "小时",
        "pollutant_emitted": f"{amount * (1 - removed / 100 * ran / hours):.4f}",
    }


def _untreated(rng: Random, factor: Entry, sulphur: str = "") -> Answers:
    row, amount = _made(rng, factor)
    if sulphur:
        amount = round(amount * float(sulphur), 4)
        row |= {"factor_param_value": sulphur, "pollutant_generated": f"{amount:.4f}"}
    return {**row, "treatment_process": "直排", "removal_efficiency": "0.0000", "pollutant_emitted": f"{amount:.4f}"}


RECIPES: Final[dict[str, Recipe]] = {"G106-1": _g106_1}

"""Accounting by coefficients: amounts that follow from the factor, the removal and how long the device ran."""

from __future__ import annotations

from collections.abc import Mapping
from random import Random
from typing import Final

from census.examples.recipes.amounts import spread
from census.examples.recipes.recipe import Answers, Recipe
from forms.codelists import Entry, codelist

_DUST: Final = (
    "33-01",
    "33-04",
    "33-06",
    "33-08",
    "2922-02",
)  # coefficients for dust by mass, for which a filter is listed
_GAS: Final = "4430-03"  # nitrogen oxides of natural gas without low-NOx burner
_COAL: Final = "4430-25"  # sulphur dioxide of bituminous coal on a grate
_PLAIN: Final = ("2929-01", "2926-01", "2921-01", "33-09")


def _g106_1(rng: Random, related: Mapping[str, Answers]) -> Answers:
    hours = float(related.get("G101-1", {}).get("production_hours") or 4800)
    factors = codelist("emission_factor")
    dust = [factors.entry(code) for code in rng.sample(_DUST, rng.choice((1, 2))) if factors.get(code)]
    plain = [factors.entry(code) for code in rng.sample(_PLAIN, rng.choice((0, 1))) if factors.get(code)]
    coal = [_untreated(rng, factors.entry(_COAL), sulphur=f"{rng.uniform(0.3, 0.9):.4f}")] if rng.random() < 0.2 else []
    workshop = [
        *(_filtered(rng, factor, hours) for factor in dust),
        *(_untreated(rng, factor) for factor in plain),
        *coal,
    ]
    elsewhere = [*_water(related), *_boilers(related)]
    return {"calc": [*(workshop if "G103-13" in related or not elsewhere or rng.random() < 0.3 else []), *elsewhere]}


def _totals(rows: list[Answers], key: str) -> tuple[float, float]:
    made, left = (sum(float(row.get(f"{key}_{end}") or 0) for row in rows) for end in ("generated", "emitted"))
    return made, left


def _boilers(related: Mapping[str, Answers]) -> list[Answers]:
    """Account for the sulphur dioxide and nitrogen oxides of G103-1: as much fuel as its amounts come from."""
    units: list[Answers] = related.get("G103-1", {}).get("unit") or []
    rows: list[Answers] = []
    for code, key, sulphur in ((_COAL, "so2", 0.5), (_GAS, "nox", 1.0)):
        made, left = _totals(units, key)
        known = codelist("emission_factor").entry(code).attributes
        if made <= 0:
            continue
        parameter: Answers = {"factor_param_value": f"{sulphur:.4f}"} if known.get("parameter") else {}
        rows.append(
            {
                **parameter,
                "source_form": "G103-1",
                "outlet_id": units[0].get("outlet_id"),
                "step_name": "锅炉",
                "factor_code": code,
                "process_name": known["process"],
                "scale_level": known["scale"],
                "product_name": known["product"],
                "material_name": known["material"],
                "product_output": "0.0000",
                "material_amount": f"{made * 1000 / float(known['per_base']) / sulphur:.4f}",
                "material_amount_unit": known["base_unit"],
                "pollutant_name": known["pollutant"],
                "generation_factor": known["per_base"],
                "generation_factor_unit": f"千克/{known['base_unit']}",
                "pollutant_generated": f"{made:.4f}",
                "pollutant_generated_unit": "吨",
                "treatment_process": "锅炉烟气治理",
                "removal_efficiency": f"{100 - 100 * left / made:.4f}",
                "removal_efficiency_unit": "%",
                "pollutant_emitted": f"{left:.4f}",
            }
        )
    return rows


def _water(related: Mapping[str, Answers]) -> list[Answers]:
    """Account for what G102 says of the first pollutants of waste water; the library has no coefficient for it."""
    form = related.get("G102", {})
    products: list[Answers] = related.get("G101-2", {}).get("product") or [{}]
    product = products[0]
    rows: list[Answers] = []
    for name, key in (("化学需氧量", "cod"), ("氨氮", "ammonia_nitrogen")) if form.get("outlet") else ():
        made, left = _totals(form["outlet"], key)
        rows.append(
            {
                "source_form": "G102",
                "outlet_id": form["outlet"][0]["outlet_id"],
                "step_name": "综合废水",
                "process_name": "生产全过程",
                "scale_level": "所有规模",
                "product_name": codelist("census_product").label(product["product_code"])
                if product.get("product_code")
                else "主要产品",
                "product_output": f"{float(product.get('actual_output') or 1000):.4f}",
                "product_output_unit": "吨",
                "material_amount": "0.0000",
                "pollutant_name": name,
                "generation_factor": f"{made:.4f}",
                "generation_factor_unit": "千克/吨",
                "pollutant_generated": f"{made:.4f}",
                "pollutant_generated_unit": "吨",
                "treatment_process": "生物处理",
                "removal_efficiency": f"{100 - 100 * left / made if made else 0:.4f}",
                "removal_efficiency_unit": "%",
                "pollutant_emitted": f"{left:.4f}",
            }
        )
    return rows


def _made(rng: Random, factor: Entry) -> tuple[Answers, float]:
    """Give one row's activity and what follows from it, in kilogrammes."""
    known = factor.attributes
    base = round(spread(rng, 20, 3_000), 4)
    amount = round(base * float(known["per_base"]), 4)
    by_product = known["base"] == "product"
    names = {
        key: known[column]
        for key, column in (("product_name", "product"), ("material_name", "material"))
        if known.get(column)
    }
    activity: Answers = (
        {"product_output": f"{base:.4f}", "product_output_unit": known["base_unit"], "material_amount": "0.0000"}
        if by_product
        else {
            "product_output": "0.0000",
            "material_amount": f"{base:.4f}",
            "material_amount_unit": known["base_unit"],
        }
    )
    return {
        **names,
        **activity,
        "source_form": "G103-13",
        "step_name": known["process"],
        "factor_code": factor.code,
        "process_name": known["process"],
        "scale_level": known["scale"],
        "pollutant_name": known["pollutant"],
        "generation_factor": known["per_base"],
        "generation_factor_unit": f"千克/{known['base_unit']}",
        "pollutant_generated": f"{amount:.4f}",
        "pollutant_generated_unit": known["result_unit"],
        "removal_efficiency_unit": "%",
    }, amount


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

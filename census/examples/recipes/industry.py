"""Basic facts and waste water of an industrial unit."""

from __future__ import annotations

from collections.abc import Mapping
from random import Random
from typing import Any, Final

from census.examples.recipes.amounts import parts, spread
from census.examples.recipes.recipe import Answers, Recipe
from forms.codelists import codelist

# What the listing and the basic form both ask, of the same unit.
_SAME: Final = (
    "survey_district_code",
    "credit_code",
    "credit_code_suffix",
    "org_code",
    "unit_name",
    "province",
    "city",
    "county",
    "town",
    "address",
    "region_code",
    "longitude",
    "latitude",
    "contact_person",
)
# The switches of G101-1 and the forms that they call for.
_SWITCHES: Final = (
    ("has_wastewater", "G102"),
    ("has_boiler", "G103-1"),
    ("has_furnace", "G103-2"),
    ("has_coking", "G103-3"),
    ("has_sintering", "G103-4"),
    ("has_ironmaking", "G103-5"),
    ("has_steelmaking", "G103-6"),
    ("has_clinker", "G103-7"),
    ("is_petrochemical", "G103-8"),
    ("has_tank_loading", "G103-10"),
    ("has_voc_material", "G103-11"),
    ("has_bulk_storage", "G103-12"),
    ("has_other_gas", "G103-13"),
    ("has_solid_waste", "G104-1"),
    ("has_hazardous_waste", "G104-2"),
)
_HEAVY: Final = ("has_coking", "has_sintering", "has_ironmaking", "has_steelmaking", "has_clinker", "is_petrochemical")


def _intake(rng: Random) -> Answers:
    tap, own = round(spread(rng, 600, 60_000)), 0
    if rng.random() < 0.2:
        own = round(spread(rng, 500, 300_000))
    return {
        "water_intake_total": str(tap + own),
        "tap_water_intake": str(tap),
        "self_supplied_intake": str(own),
        "hydraulic_project_intake": "0",
        "other_enterprise_intake": "0",
    }


def _g102(rng: Random, related: Mapping[str, Answers]) -> Answers:
    answers, basic = _intake(rng), related.get("G101-1", {})
    hours = int(basic.get("production_hours") or 4800)
    intake = int(answers["water_intake_total"])
    discharged = round(intake * rng.uniform(0.5, 0.85))
    count = 1 if rng.random() < 0.8 else 2
    leaving = parts(rng, discharged, count)
    outlets = [_outlet(rng, basic, amount, number) for number, amount in enumerate(leaving, start=1)]
    treated = parts(rng, discharged, rng.choice((0, 1, 1, 1, 2)))
    facilities = [_facility(rng, hours, amount, number) for number, amount in enumerate(treated, start=1)]
    return {
        **answers,
        "treatment_facility_count": str(len(facilities)),
        "facility": facilities,
        "outlet_count": str(len(outlets)),
        "outlet": outlets,
    }


def _facility(rng: Random, hours: int, treated: int, number: int) -> Answers:
    run = max(1, round(hours * rng.uniform(0.7, 0.98)))
    daily = treated / run * 24 / rng.uniform(0.5, 0.8)
    return {
        "facility_id": f"TW{number:03d}",
        "design_capacity": str(max(2, round(daily), -(-treated // 350))),
        "run_hours": str(run),
        "treated_water": str(treated),
        "treated_for_others": "0",
        "treated_water_destination": "2",
    }


def _outlet(rng: Random, basic: Mapping[str, Any], discharged: int, number: int) -> Answers:
    strength = {  # milligrams a litre
        "cod": rng.uniform(300, 1500),
        "total_nitrogen": rng.uniform(20, 80),
        "total_phosphorus": rng.uniform(2, 12),
    }
    amounts: Answers = {}
    for pollutant, per_litre in strength.items():
        made = discharged * per_litre / 1e6
        amounts |= {
            f"{pollutant}_generated": f"{made:.3f}",
            f"{pollutant}_emitted": f"{made * rng.uniform(0.05, 0.2):.3f}",
        }
    for end in ("generated", "emitted"):
        amounts[f"ammonia_nitrogen_{end}"] = f"{float(amounts[f'total_nitrogen_{end}']) * rng.uniform(0.4, 0.7):.3f}"
    place = {f"outlet_{key}": value for key in ("longitude", "latitude") if (value := basic.get(key))}
    return {
        "outlet_id": f"DW{number:03d}",
        "outlet_name": f"{number}号废水总排放口",
        "wastewater_discharged": str(discharged),
        **place,
        **amounts,
    }


def _g101(rng: Random, related: Mapping[str, Answers]) -> Answers:
    switches = {key: form in related for key, form in _SWITCHES}
    is_heavy = any(switches[key] for key in _HEAVY)
    output = spread(rng, 900_000, 4_000_000) if is_heavy else spread(rng, 900, 180_000)
    size = _size(rng, output)
    water = rng.choice([entry for entry in codelist("receiving_water") if entry.is_selectable])
    receiving: Answers = {}
    if "G102" in related:
        receiving = {"receiving_water_code": water.code, "receiving_water_name": water.label}
    return {
        **_as_listed(related.get("QC-1", {})),
        **receiving,
        **switches,
        "operation_status": "1",
        "production_hours": str(rng.choice((2400, 2800, 3000, 4800, 7200, 8000)) + rng.randrange(0, 400, 20)),
        "gross_output": f"{output:.1f}",
        "enterprise_scale": size,
        "open_year": str(rng.randrange(1988, 2017)),
        "has_15_minerals": bool(related.get("QC-1", {}).get("involves_15_minerals", False)),
    }


def _size(rng: Random, output: float) -> str:
    """Tell the size of an enterprise by its output in thousand yuan: micro 4, small 3, medium 2."""
    if output < 3_000:
        return "4"
    if output < 40_000:
        return "3"
    # Workers count too: with few of them, an enterprise stays small up to here.
    if output < 180_000 and rng.random() < 0.7:
        return "3"
    return "2"


def _as_listed(listing: Answers) -> Answers:
    """Repeat what the listing says; what it leaves out, this form leaves out."""
    asked = {"industry_code_1": "industry_code", **dict(zip(_SAME, _SAME, strict=True))}
    return {key: value for key, source in asked.items() if (value := listing.get(source)) is not None}


def _qc1(_rng: Random, _related: Mapping[str, Answers]) -> Answers:
    return {"operation_status": "1", "in_scope": True}


RECIPES: Final[dict[str, Recipe]] = {"QC-1": _qc1, "G101-1": _g101, "G102": _g102}

"""The listing of boilers, outfalls and facilities, and what later forms of the same object take over from a listing."""

from __future__ import annotations

from collections.abc import Mapping
from random import Random
from typing import Final

from census.examples.recipes.amounts import spread
from census.examples.recipes.recipe import Answers, Recipe
from forms.codelists import codelist

_SAME: Final = (
    "survey_district_code",
    "credit_code",
    "credit_code_suffix",
    "org_code",
    "province",
    "city",
    "county",
    "town",
    "address",
    "region_code",
    "longitude",
    "latitude",
    "contact_person",
    "contact_phone",
)
_OUTPUTS: Final = ("1.00", "2.00", "4.00", "6.00", "10.00")
# Type of a boiler, code of its fuel, and how much of that it burns in an hour for a tonne of output.
_GAS: Final = ("R3", "15", 0.006)
_OIL: Final = ("R2", "21", 0.05)


def as_listed(related: Mapping[str, Answers], listing: str, *, name: str) -> Answers:
    """Give what a form asks again of the object that a listing has; ``name`` is the item that holds its name there."""
    listed = related.get(listing, {})
    asked = {**dict(zip(_SAME, _SAME, strict=True)), name: "unit_name"}
    return {key: value for key, source in asked.items() if (value := listed.get(source)) is not None}


def _qc3(rng: Random, _related: Mapping[str, Answers]) -> Answers:
    boilers = [_boiler(rng, number) for number in range(1, rng.choice((2, 2, 2, 3)))]
    return {
        "org_type": rng.choice("23456"),
        "boiler_count": str(len(boilers)),
        "boiler": boilers,
        "has_treatment": "2",
        "in_scope": True,
    }


def _boiler(rng: Random, number: int) -> Answers:
    output = rng.choice(_OUTPUTS)
    kind, fuel, per_hour = _GAS if rng.random() < 0.7 else _OIL
    hours = rng.uniform(1500, 5000) * float(output)
    return {
        "boiler_no": f"GL{number:03d}",
        "boiler_type": kind,
        "rated_output": output,
        "fuel_type": fuel,
        "fuel_amount": f"{hours * per_hour:.2f}",
        "boiler_use_status": "1",
    }


def _qc4(rng: Random, related: Mapping[str, Answers]) -> Answers:
    del related
    water = rng.choice(
        [entry for entry in codelist("receiving_water") if entry.is_selectable and entry.attributes.get("kind")]
    )
    number = rng.randrange(1, 90)
    return {
        "outfall_name": f"{water.label}{number}号排污口",
        "outfall_code": f"440113{rng.choice('ABC')}{number:05d}",
        "outfall_category": "1",
        "setting_unit": "广州市番禺区水务局",
        "outfall_scale": rng.choice("12"),
        "outfall_type": rng.choice("23"),
        "entry_mode": rng.choice("125"),
        "receiving_water_name": water.label,
        "receiving_water_code": water.code,
        "in_scope": True,
    }


def _qc5(rng: Random, _related: Mapping[str, Answers]) -> Answers:
    rural = rng.random() < 0.7
    category, smallest, largest = ("13", 12, 400) if rural else ("11", 10_000, 200_000)
    capacity = spread(rng, smallest, largest)
    people = round(capacity / rng.uniform(0.08, 0.16))
    answers: Answers = {
        "operation_status": "1",
        "facility_category": category,
        "is_rural_sewage": rural,
        "design_capacity": f"{capacity:.2f}",
        "in_scope": True,
        "operator_name": "广州市番禺水务股份有限公司",
    }
    if rural:
        homes = round(people / rng.uniform(3, 4.5))
        answers |= {"service_population": str(people), "service_households": str(homes)}
    return answers


RECIPES: Final[dict[str, Recipe]] = {"QC-3": _qc3, "QC-4": _qc4, "QC-5": _qc5}

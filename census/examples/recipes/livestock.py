"""Livestock farms: listed with what they keep, then their sheds, manure and where it goes."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from random import Random
from typing import Final

from census.examples.recipes.amounts import shares, spread
from census.examples.recipes.listing import as_listed
from census.examples.recipes.recipe import Answers, Recipe
from forms.codelists import codelist

LISTED: Final = {"1": "pig_out", "2": "dairy_stock", "3": "beef_out", "4": "layer_stock", "5": "broiler_out"}
_DRAWN: Final = "11234455"  # pigs, layers and broilers are kept more often than cattle
_RANGE: Final = {"1": (520, 12_000), "2": (120, 1_500), "3": (60, 600), "4": (2_200, 60_000), "5": (11_000, 300_000)}
_STAGES: Final = {
    "1": (("Z1", 0.08), ("Z2", 0.32), ("Z3", 0.6)),
    "2": (("N1", 0.6), ("N2", 0.25), ("N3", 0.15)),
    "3": (("R1", 0.2), ("R2", 0.65), ("R3", 0.15)),
    "4": (("D1", 0.25), ("D2", 0.75)),
    "5": (("J1", 1.0),),
}
_TURNS: Final = {"1": 2.2, "2": 0.2, "3": 1.2, "4": 0.3, "5": 5.5}  # sold in a year for one in the shed
_KG: Final = {
    "Z1": (150, 220),
    "Z2": (8, 30),
    "Z3": (30, 115),
    "N1": (480, 620),
    "N2": (220, 450),
    "N3": (40, 160),
    "R1": (380, 520),
    "R2": (180, 560),
    "R3": (35, 160),
    "D1": (0.1, 1.3),
    "D2": (1.4, 1.9),
    "J1": (0.1, 2.4),
}
_URINE: Final = tuple(
    f"urine_{way}_ratio"
    for way in ("fertile_water", "biogas_slurry_return", "fish_pond", "onsite_recycling", "standard_discharge")
)
_FECES: Final = tuple(
    f"feces_{way}_ratio"
    for way in ("farmyard_manure", "onsite_organic_fertilizer", "biogas_residue_return", "entrusted")
)
_LAND: Final = ("field_crop", "vegetable", "orchard")


def _species(related: Mapping[str, Answers], rng: Random) -> str:
    listed = related.get("QC-2", {})
    if species := related.get("N101-1", {}).get("livestock_type"):
        return str(species)
    kept = [species for species, item in LISTED.items() if int(listed.get(item) or 0) > 0]
    if kept:
        return kept[0]
    return rng.choice(_DRAWN)


def _qc2(rng: Random, _related: Mapping[str, Answers]) -> Answers:
    species = rng.choice(_DRAWN)
    return {"operation_status": "1", "in_scope": True, LISTED[species]: str(round(spread(rng, *_RANGE[species])))}


def _split(rng: Random, ways: Sequence[str]) -> Answers:
    return {way: f"{share:.1f}" for way, share in zip(ways, shares(rng, 100, len(ways), 5), strict=True)}


def _n101_1(rng: Random, related: Mapping[str, Answers]) -> Answers:
    species = _species(related, rng)
    volume = spread(rng, 60, 3_000)
    liquid: Answers = {}
    if codelist("livestock_type").entry(species).attributes.get("liquid") == "1":
        liquid = {
            **_split(rng, _URINE),
            "raw_wastewater_storage": ["3"],
            "storage_opening": "2",
            "storage_volume": f"{volume:.1f}",
            "storage_surface_area": f"{volume / rng.uniform(2, 4):.1f}",
            "urine_treatment_process": ["1", "3", "4"],
            "urine_treatment_facility": ["1", "2", "3", "4"],
        }
    water = rng.choice([entry for entry in codelist("receiving_water") if entry.is_selectable])
    return {
        **as_listed(related, "QC-2", name="farm_name"),
        **_split(rng, _FECES),
        **liquid,
        "livestock_type": species,
        "manure_cleaning_method": ["2"],
        "barn_ventilation": "1" if species in "145" else "2",
        "feces_store_rainproof": True,
        "feces_store_impermeable": True,
        "feces_store_volume": f"{spread(rng, 30, 1500):.1f}",
        "feces_treatment_process": ["1", "3"],
        "receiving_water_name": water.label,
        "receiving_water_code": water.code,
        "has_boiler": "S103" in related,
    }


def _n101_2(rng: Random, related: Mapping[str, Answers]) -> Answers:
    species = _species(related, rng)
    facts = codelist("livestock_type").entry(species).attributes
    listed = int(related.get("QC-2", {}).get(LISTED[species]) or 0) or round(spread(rng, *_RANGE[species]))
    # The listing counts what was sold of some species, and what stood in the sheds of the others.
    if facts["by"] == "out":
        stock, sold = round(listed / _TURNS[species]), listed
    else:
        stock, sold = listed, round(listed * _TURNS[species])
    stages = [(stage, max(1, round(stock * share * rng.uniform(0.95, 1.05)))) for stage, share in _STAGES[species]]
    feces = float(facts["feces_t"]) * stock * rng.uniform(0.4, 0.7)
    water = float(facts["wastewater_t"]) * stock * rng.uniform(0.2, 0.6)
    land = [round(float(facts["pig_equivalent"]) * stock * rng.uniform(0.05, 0.4), 1) for _ in _LAND]
    return {
        **as_listed(related, "QC-2", name="farm_name"),
        "barn_area": f"{float(facts['barn_m2']) * stock * rng.uniform(1.5, 3):.1f}",
        "annual_outflow": str(sold),
        "year_end_stock": str(stock),
        "stages": [_stage(rng, stage, count) for stage, count in stages],
        "wastewater_generated": f"{water:.1f}",
        "wastewater_used": f"{water * rng.uniform(0.7, 0.95):.1f}",
        "feces_collected": f"{feces:.1f}",
        "feces_used": f"{feces * rng.uniform(0.9, 0.99):.1f}",
        **{f"land_{kind}": f"{area:.1f}" for kind, area in zip(_LAND, land, strict=True)},
        "land_total": f"{sum(land):.1f}",
    }


def _stage(rng: Random, stage: str, count: int) -> Answers:
    low, high = (kilos * rng.uniform(0.95, 1.05) for kilos in _KG[stage])
    return {
        "stage_code": stage,
        "stage_stock": str(count),
        "weight_min": f"{low:.1f}",
        "weight_max": f"{high:.1f}",
        "feed_intake": f"{high * rng.uniform(0.02, 0.05) + 0.01:.2f}",
        "feeding_days": str(rng.choice((35, 60, 120, 180, 365))),
    }


RECIPES: Final[dict[str, Recipe]] = {"QC-2": _qc2, "N101-1": _n101_1, "N101-2": _n101_2}

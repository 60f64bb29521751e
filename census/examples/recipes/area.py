"""What a county's departments fill at a desk: planting, straw, small livestock, fish."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from random import Random
from typing import Final

from census.examples.recipes.amounts import shares
from census.examples.recipes.recipe import Answers, Recipe
from forms.codelists import codelist

_YIELD: Final = {"1": 0.36, "2": 0.38, "3": 0.4, "6": 1.3, "14": 0.2, "17": 1.8, "19": 2.0}  # tonnes a mu
_MULCHED: Final = {"14", "19"}
_BY_MACHINE: Final = {"1", "2", "3"}
_STRAW: Final = {"1": "1", "2": "2", "3": "3", "6": "6", "8": "14"}  # straw of a crop: the crop as N201-2 codes it
_HERDS: Final = {"1": 60, "2": 12, "3": 8, "4": 350, "5": 1_500}  # heads sold or kept by one household
# What becomes of a herd's flows, by the words of their items; only some species leave waste water.
_DRY_WAYS: Final = {
    "clean": ("dry", "bedding"),
    "feces": ("farmyard", "commercial", "entrusted"),
}
_WET_WAYS: Final = {
    "clean": ("dry", "flush", "bedding"),
    "feces": ("farmyard", "commercial", "entrusted"),
    "wastewater": ("fertile", "slurry", "direct"),
}
_FISH: Final = (("S04", 1.2), ("S06", 0.9), ("S08", 0.8), ("S02", 1.5))  # species, tonnes a mu


def _county(related: Mapping[str, Answers]) -> Answers:
    regions = (form.get("region_code") for name, form in related.items() if name.startswith("N20"))
    code = next((str(region) for region in regions if region), "440113")
    return {"region_code": code, "compiling_agency": f"{codelist('counties').label(code)}农业局"}


def _split(rng: Random, total: int, names: Sequence[str]) -> Answers:
    parts = [share * total // 100 for share in shares(rng, 100, len(names), 5)]
    parts[0] += total - sum(parts)
    return {name: str(part) for name, part in zip(names, parts, strict=True)}


def _n201_1(rng: Random, related: Mapping[str, Answers]) -> Answers:
    arable = rng.randrange(90_000, 160_000)
    garden = rng.randrange(20_000, 50_000)
    planted = rng.randrange(15_000, 40_000)
    crops = related.get("N201-2", {}).get("crops", [])
    covered = round(sum(float(row["mulched_area"]) for row in crops)) or rng.randrange(3_000, 9_000)
    film = covered * rng.uniform(3.5, 6) / 1000
    chemical = (arable + garden) * rng.uniform(0.05, 0.09)
    return {
        **_county(related),
        "farm_households": str(rng.randrange(50_000, 90_000)),
        "rural_labor": str(rng.randrange(110_000, 180_000)),
        "fertilizer_total": f"{chemical:.1f}",
        "nitrogen_pure": f"{chemical * 0.12:.1f}",
        "compound_n_pure": f"{chemical * 0.15:.1f}",
        "pesticide_used": f"{(arable + garden) * 0.0018:.2f}",
        "scale_planter_count": str(rng.randrange(90, 200)),
        "scale_planting_area": str(planted),
        **_split(
            rng, planted, ("scale_vegetable_area", "scale_grain_area", "scale_cash_crop_area", "scale_orchard_area")
        ),
        "cultivated_area": str(arable),
        **_split(rng, arable, ("dry_open_area", "paddy_area", "protected_area")),
        **_split(rng, arable + garden, ("slope_flat_area", "slope_gentle_area", "slope_steep_area")),
        "garden_area": str(garden),
        **_split(rng, garden, ("orchard_area", "tea_area", "mulberry_area", "other_garden_area")),
        "film_producer_count": "1",
        "film_produced": "120.0",
        "film_used": f"{film:.1f}",
        "film_covered_area": str(covered),
        "film_recovered": f"{film * 0.7:.1f}",
        "film_recycler_count": "1",
        "film_recycled": f"{film * 0.5:.1f}",
    }


def _n201_2(rng: Random, related: Mapping[str, Answers]) -> Answers:
    return {**_county(related), "crops": [_crop(rng, code, tonnes) for code, tonnes in _YIELD.items()]}


def _crop(rng: Random, code: str, tonnes: float) -> Answers:
    sown = rng.randrange(9_000, 12_000)
    mulched, by_machine = 0, 0
    if code in _MULCHED:
        mulched = rng.randrange(1_000, 3_000)
    if code in _BY_MACHINE:
        by_machine = sown // 2
    return {
        "crop_code": code,
        "sown_area": str(sown),
        "mulched_area": str(mulched),
        "machine_harvest_area": str(by_machine),
        "crop_output": f"{sown * tonnes * rng.uniform(0.9, 1.1):.0f}",
    }


def _n201_3(rng: Random, related: Mapping[str, Answers]) -> Answers:
    straw = [_straw(rng, code) for code in _STRAW]
    return {
        **_county(related),
        "straw": straw,
        "straw_enterprise_count": str(rng.randrange(2, 6)),
        "straw_enterprise_used": str(sum(int(row["straw_scale_total"]) for row in straw)),
    }


def _straw(rng: Random, code: str) -> Answers:
    used = rng.randrange(400, 2_000)
    ways = [f"straw_scale_{way}" for way in ("fertilizer", "feed", "substrate", "material", "fuel")]
    return {
        "crop_code": code,
        **_split(rng, used, ways),
        "straw_scale_total": str(used),
        "crop_output": str(rng.randrange(3_000, 6_000)),
    }


def _n202(rng: Random, related: Mapping[str, Answers]) -> Answers:
    return {
        **_county(related),
        "species": [_herd(rng, code) for code in ("1", "3", "4", "5")],
        "feces_land_area": str(rng.randrange(4_000, 9_000)),
        "wastewater_land_area": str(rng.randrange(2_000, 5_000)),
    }


def _herd(rng: Random, code: str) -> Answers:
    households = rng.randrange(60, 400)
    heads = households * _HERDS[code] * rng.uniform(0.5, 1.2) / 10_000
    wet = codelist("livestock_type").entry(code).attributes["liquid"] == "1"
    return {
        "livestock_type": code,
        "household_count": str(households),
        "annual_outflow": f"{heads:.4f}",
        "year_end_stock": f"{heads / 2:.4f}",
        **{
            f"{flow}_{way}_ratio": f"{share:.1f}"
            for flow, kinds in (_WET_WAYS if wet else _DRY_WAYS).items()
            for way, share in zip(kinds, shares(rng, 100, len(kinds), 5), strict=True)
        },
    }


def _n203(rng: Random, related: Mapping[str, Answers]) -> Answers:
    rows: list[Answers] = []
    for species, tonnes in _FISH:
        area = rng.randrange(900, 6_000)
        rows.append(
            {
                "species_code": species,
                "water_type": "1",
                "culture_mode": "1",
                "culture_area": f"{area:.1f}",
                "output": f"{area * tonnes:.2f}",
                "fry_input": f"{area * tonnes * 0.06:.2f}",
            }
        )
    if rng.random() < 0.5:
        rows.append(
            {
                "species_code": "S02",
                "water_type": "1",
                "culture_mode": "2",
                "culture_volume": "12000.0",
                "output": "360.00",
                "fry_input": "9.50",
            }
        )
    return {
        **_county(related),
        "scale_farm_count": str(rng.randrange(40, 90)),
        "aqua_household_count": str(rng.randrange(2_000, 4_000)),
        "species": rows,
    }


RECIPES: Final[dict[str, Recipe]] = {
    "N201-1": _n201_1,
    "N201-2": _n201_2,
    "N201-3": _n201_3,
    "N202": _n202,
    "N203": _n203,
}

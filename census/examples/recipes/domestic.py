"""Life of a village, a town or a household, boilers of institutions, and outfalls into rivers (S forms)."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from random import Random
from typing import Any, Final

from census.examples.recipes.amounts import rows, spread, written
from census.examples.recipes.recipe import Answers, Recipe
from forms.codelists import codelist


@dataclass(frozen=True, slots=True)
class _Boiler:
    """What boilers of one type burn, and how they are built."""

    fuel: str  # what the fuel's items begin with
    per_steam: float  # fuel for a tonne of steam
    decimals: int  # of the amount
    code: str  # of the fuel
    way: str  # of burning
    low: int  # metres of chimney, at least and less than
    high: int
    model: str  # what a model's name begins and ends with
    ending: str


# A table that is read by its columns.
# fmt: off
_BOILERS: Final = {
    #             fuel       steam  dec code  way     chimney model
    "R1": _Boiler("coal",    0.17,  1, "4",  "RM02", 35, 45, "DZL", "S"),
    "R2": _Boiler("oil",     0.068, 2, "21", "RY01", 12, 20, "WNS", "YQ"),
    "R3": _Boiler("gas",     0.008, 2, "15", "RQ01", 10, 20, "WNS", "YQ"),
    "R4": _Boiler("biomass", 0.24,  1, "36", "RS01", 30, 40, "DZG", "S"),
}
# fmt: on


def _boiler(rng: Random, number: int) -> Answers:
    kind = rng.choice(("R3", "R3", "R3", "R2", "R4", "R1"))
    built = _BOILERS[kind]
    capacity, hours = rng.choice((1, 1, 2, 2, 4, 6)), rng.randrange(1_500, 5_000, 100)
    used = built.per_steam * capacity * hours * rng.uniform(0.35, 0.8)
    return {
        **_fuel_quality(rng, kind, number),
        "boiler_use": rng.choice("23"),
        "commissioning_year": str(rng.randrange(2003, 2017)),
        "boiler_no": f"GL{number:02d}",
        "boiler_model": f"{built.model}{capacity}-1.0-{built.ending}",
        "boiler_type": kind,
        "boiler_capacity": written(capacity, 1),
        "combustion_mode": built.way,
        "operating_hours": str(hours),
        f"{built.fuel}_type": built.code,
        f"{built.fuel}_used": written(used, built.decimals),
        "has_online_monitoring": False,
        "stack_no": f"PQ{number:02d}",
        "stack_height": written(rng.randrange(built.low, built.high), 1),
    }


def _fuel_quality(rng: Random, kind: str, number: int) -> Answers:
    """Give what is asked of a fuel, and the dust filter that solid ones need."""
    # Drawn for every boiler, so that what is drawn after it does not hang on the fuel.
    sulfur, ash, volatile = rng.uniform(0.4, 0.9), rng.uniform(9, 18), rng.uniform(24, 36)
    filtered: Answers = {"dust_facility_no": f"CC{number:02d}", "dust_removal_process": "P01"}
    match kind:
        case "R1":
            return {
                "coal_sulfur": written(sulfur, 2),
                "coal_ash": written(ash, 2),
                "coal_volatile": written(volatile, 2),
                **filtered,
            }
        case "R2":
            return {"oil_sulfur": "0.035"}
        case "R4":
            return filtered
        case _:
            return {}


def _s103(rng: Random, _related: Mapping[str, Answers]) -> Answers:
    count = rng.choice((1, 1, 2, 3))
    return {"boiler_count": str(count), "boilers": [_boiler(rng, number) for number in range(1, count + 1)]}


# Where a village's households send what they leave, the most usual way first.
_EXCRETA: Final = (
    "excreta_septic_sewer",
    "excreta_reuse_or_landfill",
    "excreta_tank_pumped",
    "excreta_direct_water",
    "excreta_household_unit",
    "excreta_other",
)
_SEWAGE: Final = (
    "sewage_municipal",
    "sewage_farmland",
    "sewage_direct_water",
    "sewage_household_unit",
    "sewage_rural_plant",
    "sewage_other",
)
_GARBAGE: Final = ("garbage_to_town", "garbage_village_treated", "garbage_untreated")


def _split(rng: Random, total: int, keys: Sequence[str], weights: Sequence[float]) -> Answers:
    """Share households out among the kinds that there are; the first takes what is left."""
    drawn = [int(total * weight * rng.uniform(0.5, 1)) for weight in weights]
    return {keys[0]: str(total - sum(drawn)), **{key: str(each) for key, each in zip(keys[1:], drawn, strict=True)}}


def _people(rng: Random) -> tuple[int, int]:
    homes = round(spread(rng, 300, 8_000))
    return homes, min(29_500, round(homes * rng.uniform(2.8, 3.9)))


def _s101(rng: Random, related: Mapping[str, Answers]) -> Answers:
    village = related.get("S102", {})
    if village:
        homes, people = int(village["resident_households"]), int(village["resident_population"])
    else:
        homes, people = _people(rng)
    coal = round(homes * rng.uniform(0, 0.03))
    return {
        "resident_households": str(homes),
        "resident_population": str(people),
        "coal_households": str(coal),
        "household_coal": written(coal * rng.uniform(0.4, 1.2), 1),
        "tertiary_coal": written(rng.uniform(0, 20), 1),
        "bottled_lpg": written(homes * rng.uniform(0.06, 0.12), 2),
        "piped_gas": written(homes * rng.uniform(0, 60)),
    }


def _s102(rng: Random, _related: Mapping[str, Answers]) -> Answers:
    homes, people = _people(rng)
    # Two villages in five are old ones, where most homes have no flush toilet and use what the pit gives.
    if rng.random() < 0.6:
        flush = round(homes * rng.uniform(0.94, 1))
        excreta = _split(rng, homes, _EXCRETA, (0.1, 0.1, 0.05, 0.0, 0.0))
    else:
        flush = round(homes * rng.uniform(0.35, 0.6))
        sewer, reuse, *others = _EXCRETA
        excreta = _split(rng, homes, (reuse, sewer, *others), (0.3, 0.1, 0.1, 0.0, 0.0))
    return {
        "resident_households": str(homes),
        "resident_population": str(people),
        "flush_toilet_households": str(flush),
        "no_flush_toilet_households": str(homes - flush),
        **excreta,
        **_split(rng, homes, _SEWAGE, (0.02, 0.1, 0.0, 0.2, 0.0)),
        **_split(rng, homes, _GARBAGE, (0.05, 0.0)),
    }


def _s104(rng: Random, related: Mapping[str, Answers]) -> Answers:
    water = rng.choice([entry for entry in codelist("receiving_water") if entry.is_selectable])
    measured = [float(row["flow"]) for row in rows(related.get("S105", {}), "samples")]
    town, sequence = rng.choice(("石楼镇", "石碁镇", "南村镇", "化龙镇", "沙湾镇")), rng.randrange(1, 400)
    return {
        "outfall_code": related.get("S105", {}).get("outfall_code") or f"440113{sequence:03d}",
        "outfall_name": f"番禺区{town}{water.label}{sequence}号生活污水入河排污口",
        "outfall_category": "1",
        "setting_unit": f"{town}人民政府",
        "outfall_scale": "1" if _is_large(rng, measured) else "2",
        "outfall_type": rng.choice("223"),
        "entry_mode": rng.choice("1224"),
        "receiving_water_code": water.code,
        "receiving_water_name": water.label,
    }


_LARGE: Final = 300  # m³ a day: the scales of outfalls part here


def _is_large(rng: Random, measured: Sequence[float]) -> bool:
    if measured:
        return max(measured) * 24 >= _LARGE
    return rng.random() < 0.3


# By scale of the outfall, m³ an hour before the summer's half more: it must not lift a small one over the limit.
_FLOWS: Final = {"1": (13, 90), "2": (1, 7.5), "": (4, 90)}


def _s105(rng: Random, related: Mapping[str, Answers]) -> Answers:
    outfall = related.get("S104", {})
    flow = spread(rng, *_FLOWS[str(outfall.get("outfall_scale") or "")])
    winter, summer, more = rng.randrange(8, 26), rng.randrange(8, 26), rng.uniform(1.1, 1.6)
    samples = [
        _sample(rng, f"2018-01-{winter:02d}", "1", flow),
        _sample(rng, f"2017-07-{summer:02d}", "2", flow * more),
    ]
    return {
        "outfall_code": outfall.get("outfall_code") or f"440113{rng.randrange(1, 400):03d}",
        "outfall_name": outfall.get("outfall_name") or "番禺区市桥水道生活污水入河排污口",
        "samples": samples,
    }


def _sample(rng: Random, day: str, season: str, flow: float) -> Answers:
    cod, nitrogen = rng.uniform(40, 180), rng.uniform(12, 38)
    return {
        "sample_time": day,
        "monitoring_season": season,
        "flow": written(flow, 1),
        "cod": written(cod, 2),
        "bod5": written(cod * rng.uniform(0.3, 0.5), 2),
        "ammonia_n": written(nitrogen * rng.uniform(0.5, 0.8), 2),
        "total_n": written(nitrogen, 2),
        "total_p": written(nitrogen * rng.uniform(0.08, 0.14), 3),
        "animal_veg_oil": written(rng.uniform(0.2, 4), 2),
    }


def _s106(rng: Random, related: Mapping[str, Answers]) -> Answers:
    people, area = rng.randrange(2, 7), rng.randrange(80, 260, 10)
    uses: list[Answers] = [
        {
            "fuel": "7",
            "purpose": ["1", "3"],
            "annual_amount": written(people * rng.uniform(0.02, 0.04), 2),
            "stove_type": "液化气灶",
        },
        {
            "fuel": "10",
            "purpose": ["1", "4"],
            "annual_amount": written(people * rng.uniform(400, 900), 2),
            "stove_type": "电磁炉",
        },
    ]
    known: Answers = {}
    if village := str(related.get("S102", {}).get("region_code") or ""):
        known["sample_household_no"] = f"{village}{rng.randrange(1, 100):02d}"
    return {
        **known,
        "household_members": str(people),
        "housing_area": written(area, 1),
        "heating_area": "0.0",
        "heating_days": "0",
        "energy": uses,
    }


def _town(rng: Random, everybody: float) -> Answers:
    """What a city and a county report alike; people in ten thousands."""
    urban = everybody * rng.uniform(0.6, 0.8)
    guests, urban_guests = everybody * rng.uniform(0.1, 0.2), urban * rng.uniform(0.05, 0.1)
    served = (urban + urban_guests) * rng.uniform(0.95, 0.995)
    water = served * rng.uniform(110, 200) * 365 / 1_000
    piped = 0.0
    if rng.random() < 0.6:
        piped = urban * rng.uniform(15, 40)
    return {
        "total_population": written(everybody, 4),
        "urban_population": written(urban, 4),
        "total_temporary_population": written(guests, 4),
        "urban_temporary_population": written(urban_guests, 4),
        "public_service_water": written(water * 0.3, 2),
        "household_water": written(water * 0.68, 2),
        "free_water": written(water * 0.02, 2),
        "water_population": written(served, 4),
        "central_heating_area": "0.00",
        "manufactured_gas": "0.00",
        "natural_gas": written(piped, 2),
        "lpg": written(urban * rng.uniform(150, 400), 2),
    }


def _s201(rng: Random, _related: Mapping[str, Answers]) -> Answers:
    everybody = rng.uniform(200, 1_450)
    more: dict[str, Any] = {
        "housing_area_per_capita": written(rng.uniform(24, 38), 2),
        "building_completed_area": written(everybody * rng.uniform(0.6, 1.5), 2),
        "asphalt_road_new": written(rng.uniform(20, 200), 2),
        "asphalt_road_renewed": written(rng.uniform(10, 120), 2),
        "city_road_new_area": written(everybody * rng.uniform(0.05, 0.3), 2),
    }
    return {"compiling_agency": "广州市第二次全国污染源普查领导小组办公室", **_town(rng, everybody), **more}


def _s202(rng: Random, _related: Mapping[str, Answers]) -> Answers:
    everybody = rng.uniform(25, 110)
    answers, towns = _town(rng, everybody), rng.randrange(5, 18)
    urban = everybody * rng.uniform(0.3, 0.4)
    scale = urban / float(answers["urban_population"])
    answers |= {
        key: written(float(answers[key]) * scale, 4)
        for key in ("urban_population", "urban_temporary_population", "water_population")
    }
    answers |= {
        key: written(float(answers[key]) * scale, 2)
        for key in ("public_service_water", "household_water", "free_water", "natural_gas", "lpg")
    }
    people, litres = everybody * rng.uniform(0.15, 0.3), rng.uniform(100, 150)
    served = people * rng.uniform(0.85, 0.98)
    return {
        "compiling_agency": "县第二次全国污染源普查领导小组办公室",
        **answers,
        "town_count": str(towns),
        "town_population": written(people, 4),
        "town_water": written(served * litres * 365 / 1_000, 2),
        "town_water_population": written(served, 4),
        "town_water_per_capita": written(litres, 1),
        "village_water_per_capita": written(rng.uniform(60, 95), 1),
    }


RECIPES: Final[dict[str, Recipe]] = {
    "S101": _s101,
    "S102": _s102,
    "S103": _s103,
    "S104": _s104,
    "S105": _s105,
    "S106": _s106,
    "S201": _s201,
    "S202": _s202,
}

"""Oil depots, petrol stations and carriers, vehicles, farm machines and fishing boats (Y forms)."""

from __future__ import annotations

from collections.abc import Mapping
from random import Random
from typing import Final, NamedTuple

from census.examples.recipes.amounts import number, rows, spread, written
from census.examples.recipes.recipe import Answers, Recipe
from forms.codelists import codelist

_AGENCY: Final = "广州市番禺区第二次全国污染源普查领导小组办公室"
_CITY_AGENCY: Final = "广州市第二次全国污染源普查领导小组办公室"
_DIESEL, _GAS = "2", "3"  # fuels of vehicles
_HEAVY: Final = {"8", "12"}  # kinds of vehicle


class _Vehicles(NamedTuple):
    """A row of a city's fleet."""

    kind: str
    fuel: str
    registered: str  # year
    standard: str
    share: float  # of the fleet


_FLEET: Final = (
    _Vehicles("4", "1", "2008", "3", 0.14),
    _Vehicles("4", "1", "2012", "4", 0.3),
    _Vehicles("4", "1", "2016", "5", 0.34),
    _Vehicles("3", "3", "2015", "4", 0.01),
    _Vehicles("7", "3", "2013", "4", 0.006),
    _Vehicles("8", "2", "2010", "3", 0.014),
    _Vehicles("10", "2", "2012", "3", 0.06),
    _Vehicles("11", "2", "2009", "3", 0.015),
    _Vehicles("12", "2", "2014", "4", 0.03),
    _Vehicles("15", "1", "2005", "2", 0.085),
)
# Kilowatts of one machine, and how many there are at least and at most, by kind.
_MACHINES: Final = {
    "11": (45, 30, 300),
    "12": (9, 200, 1_500),
    "22": (5, 300, 2_000),
    "31": (50, 10, 90),
    "41": (8, 400, 3_000),
    "61": (18, 100, 900),
    "73": (4, 500, 4_000),
}
_FACTORS: Final = {"pm": (0.05, 0.2), "nox": (1.6, 3.2), "voc": (0.2, 0.6), "so2": (0.01, 0.05)}  # kg a kilowatt


class _Vessels(NamedTuple):
    """A row of a district's fishing boats."""

    kind: str
    band: str  # of their power
    low: int  # kilowatts of one
    high: int


_VESSELS: Final = (
    _Vessels("11", "3", 9, 30),
    _Vessels("12", "3", 6, 20),
    _Vessels("11", "2", 60, 180),
)


class _Link(NamedTuple):
    """One oil at one link of the chain from depot to car."""

    link: str
    oil: str
    objects: str  # whose count it takes
    each: int  # tonnes through one of them
    low: float  # kilograms of vapour a tonne
    high: float


# A table that is read by its columns.
# fmt: off
_CHAIN: Final = (
    #     link oil  objects     each     low   high
    _Link("1", "2", "depots",   180_000, 0.05, 0.2),
    _Link("1", "3", "depots",   150_000, 0.01, 0.03),
    _Link("2", "2", "stations",   5_200, 0.3,  1.6),
    _Link("2", "3", "stations",   2_400, 0.02, 0.08),
    _Link("3", "2", "trucks",     3_000, 0.05, 0.2),
)
# fmt: on


def _opened(rng: Random) -> tuple[str, str]:
    """Give when a business opened, and when its vapour recovery was ready."""
    year = rng.randrange(1992, 2012)
    opened = f"{year}-{rng.randrange(1, 13):02d}-01"
    return opened, f"{rng.randrange(max(year + 1, 2008), 2016)}-{rng.randrange(1, 13):02d}-01"


def _y101(rng: Random, _related: Mapping[str, Answers]) -> Answers:
    year = rng.randrange(1998, 2017)
    opened = f"{year}-{rng.randrange(1, 6):02d}-01"
    ready = f"{rng.randrange(max(year, 2014), 2018)}-{rng.randrange(6, 13):02d}-01"
    # Petrol, whose vapour is recovered, and diesel, whose vapour is not.
    petrol = _tanks(rng, "2") | {
        "tank_roof": "2",
        "vapour_treatment": "1",
        "has_online_monitoring": True,
        "recovery_hours": str(rng.randrange(3_000, 8_000, 100)),
        "retrofit_date": ready,
    }
    diesel = _tanks(rng, "3") | {"tank_roof": "1", "vapour_treatment": "6", "has_online_monitoring": False}
    return {"opening_date": opened, "oils": [petrol, diesel]}


def _tanks(rng: Random, oil: str) -> Answers:
    tanks = round(spread(rng, 200, 80_000), -2)
    return {
        "oil_product": oil,
        "tank_capacity": written(tanks, 1),
        "turnover": written(tanks * 0.75 * rng.uniform(4, 18), 1),
        "loading_mode": "1",
    }


def _y102(rng: Random, _related: Mapping[str, Answers]) -> Answers:
    opened, ready = _opened(rng)
    petrol, diesel = rng.choice((60, 80, 90, 100, 120)), rng.choice((30, 40, 50, 60))
    return {
        "opening_date": opened,
        "station_name": f"番禺{rng.choice(('迎宾', '市莲', '东环', '钟村', '大石', '南村', '石楼', '沙湾'))}加油站",
        "gasoline_tank_capacity": written(petrol, 1),
        "gasoline_sales": written(petrol * 0.73 * rng.uniform(45, 140), 1),
        "vapour_recovery_stage": "2",
        "has_disposal_unit": rng.random() < 0.3,
        "has_online_monitoring": rng.random() < 0.1,
        "retrofit_date": ready,
        "diesel_tank_capacity": written(diesel, 1),
        "diesel_sales": written(diesel * 0.84 * rng.uniform(15, 70), 1),
    }


def _y103(rng: Random, _related: Mapping[str, Answers]) -> Answers:
    trucks = rng.randrange(4, 70)
    petrol, diesel = trucks * rng.uniform(1_500, 5_000), 0.0
    opened, _ = _opened(rng)
    if rng.random() < 0.6:
        diesel = petrol * rng.uniform(0.5, 1.1)
    return {
        "opening_date": opened,
        "gasoline_transported": written(petrol, 1),
        "diesel_transported": written(diesel, 1),
        "tanker_count": str(trucks),
        "tanker_with_recovery": str(trucks),
        "tanker_tested": str(trucks - rng.randrange(0, 2)),
    }


def _y201_1(rng: Random, related: Mapping[str, Answers]) -> Answers:
    people = number(related.get("S201", {}), "total_population") * 10_000
    fleet = people * rng.uniform(0.16, 0.22) or rng.uniform(800_000, 2_600_000)
    made = [
        {
            "vehicle_type": row.kind,
            "vehicle_fuel": row.fuel,
            "registered_year": row.registered,
            "emission_standard": row.standard,
            "vehicle_count": str(round(fleet * row.share * rng.uniform(0.9, 1.1))),
        }
        for row in _FLEET
    ]
    return {"compiling_agency": "广州市公安局交通警察支队", "vehicles": made}


def _y201_2(rng: Random, related: Mapping[str, Answers]) -> Answers:
    kinds = dict[tuple[str, str], int]()
    for row in rows(related.get("Y201-1", {}), "vehicles"):
        kind = (str(row["vehicle_type"]), str(row["vehicle_fuel"]))
        kinds[kind] = kinds.get(kind, 0) + int(row["vehicle_count"])
    return {
        "compiling_agency": _CITY_AGENCY,
        "emissions": [_vehicle(rng, *kind) | {"vehicle_count": str(count)} for kind, count in kinds.items()],
    }


def _vehicle(rng: Random, kind: str, fuel: str) -> Answers:
    """Give a kind of vehicle's factors, in kilograms a year; those of diesel hang on its nitrogen oxides."""
    nox = _nitrogen(rng, kind, fuel)
    if fuel == _DIESEL:
        pm, voc = nox * 0.03, nox * rng.uniform(0.05, 0.12)
    else:
        pm, voc = nox * 0.01, rng.uniform(1.0, 4.0)
    return {
        "vehicle_type": kind,
        "vehicle_fuel": fuel,
        "nox_factor": written(nox, 4),
        "pm_factor": written(pm, 4),
        "voc_factor": written(voc, 4),
    }


def _nitrogen(rng: Random, kind: str, fuel: str) -> float:
    if fuel == _DIESEL and kind in _HEAVY:
        return rng.uniform(60, 260)
    if fuel in {_DIESEL, _GAS}:
        return rng.uniform(10, 60)
    return rng.uniform(0.5, 0.95)


def _y202_1(rng: Random, _related: Mapping[str, Answers]) -> Answers:
    counts = {kind: rng.randrange(low, high) for kind, (_, low, high) in _MACHINES.items()}
    powers = {kind: counts[kind] * _MACHINES[kind][0] * rng.uniform(0.9, 1.2) for kind in counts}
    diesel = sum(powers[kind] for kind in ("11", "12", "31", "41", "61")) / 10_000
    petrol, electric = powers["22"] / 10_000, powers["73"] / 10_000
    return {
        "compiling_agency": "番禺区农业局",
        "power_total": written(round(diesel, 4) + round(petrol, 4) + round(electric, 4), 4),
        "power_diesel": written(diesel, 4),
        "power_gasoline": written(petrol, 4),
        "power_electric": written(electric, 4),
        "power_other": "0.0000",
        "machines": [
            {"machine_type": kind, "machine_count": str(counts[kind]), "machine_power": written(powers[kind], 1)}
            for kind in counts
        ],
    }


def _y202_2(rng: Random, related: Mapping[str, Answers]) -> Answers:
    diesel = number(related.get("Y202-1", {}), "power_diesel") * 10 * rng.uniform(35, 60) or rng.uniform(400, 2_500)
    shares = dict(zip("1234567", (0.45, 0.2, 0.04, 0.06, 0.03, 0.2, 0.02), strict=True))
    uses = [
        {
            "fuel_use": entry.code,
            "diesel_used": written(diesel * shares[entry.code], 2),
            "gasoline_used": written(diesel * shares[entry.code] * rng.uniform(0.02, 0.12), 2),
        }
        for entry in codelist("agri_fuel_use")
        if entry.code in shares
    ]
    return {"compiling_agency": "番禺区农业局", "fuel": uses}


def _y202_3(rng: Random, _related: Mapping[str, Answers]) -> Answers:
    made: list[Answers] = []
    for vessels in _VESSELS:
        count = rng.randrange(8, 160)
        power = count * rng.uniform(vessels.low, vessels.high)
        made.append(
            {
                "vessel_type": vessels.kind,
                "waters": "2",
                "power_band": vessels.band,
                "vessel_count": str(count),
                "vessel_tonnage": written(power * rng.uniform(0.3, 0.6), 1),
                "vessel_power": written(power, 1),
            }
        )
    return {"compiling_agency": "番禺区海洋与渔业局", "vessels": made}


def _y202_4(rng: Random, related: Mapping[str, Answers]) -> Answers:
    listed = codelist("agri_machine_type")
    powers = dict[str, float]()
    for row in rows(related.get("Y202-1", {}), "machines"):
        source = listed.entry(str(row["machine_type"])).attributes["emission_source"]
        powers[source] = powers.get(source, 0) + float(row["machine_power"])
    if vessels := rows(related.get("Y202-3", {}), "vessels"):
        powers["6"] = sum(float(row["vessel_power"]) for row in vessels)
    made = [
        {
            "emission_source": source,
            "source_power": written(powers[source], 1),
            **{f"{key}_factor": written(rng.uniform(low, high), 4) for key, (low, high) in _FACTORS.items()},
        }
        for source in sorted(powers)
    ]
    return {"compiling_agency": _AGENCY, "emissions": made}


def _y203(rng: Random, _related: Mapping[str, Answers]) -> Answers:
    counts = {
        "stations": rng.randrange(60, 600),
        "depots": rng.randrange(2, 14),
        "trucks": rng.randrange(50, 800),
    }
    made = [
        {
            "chain_link": row.link,
            "oil_product": row.oil,
            "object_count": str(counts[row.objects]),
            "oil_throughput": written(counts[row.objects] * row.each * rng.uniform(0.8, 1.2), 1),
            "voc_factor": written(rng.uniform(row.low, row.high), 4),
        }
        for row in _CHAIN
    ]
    return {"compiling_agency": _CITY_AGENCY, "emissions": made}


RECIPES: Final[dict[str, Recipe]] = {
    "Y101": _y101,
    "Y102": _y102,
    "Y103": _y103,
    "Y201-1": _y201_1,
    "Y201-2": _y201_2,
    "Y202-1": _y202_1,
    "Y202-2": _y202_2,
    "Y202-3": _y202_3,
    "Y202-4": _y202_4,
    "Y203": _y203,
}

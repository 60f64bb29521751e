"""Centralized facilities: sewage works, waste and hazardous waste plants, and what is measured there (J forms)."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from random import Random
from typing import Any, Final

from census.examples.recipes.amounts import number, rows, spread, written
from census.examples.recipes.recipe import Answers, Recipe
from forms.codelists import codelist


@dataclass(frozen=True, slots=True)
class _Works:
    """One kind of sewage works: m³ a day, the part of it that is used, and the part of the inflow from homes."""

    smallest: int
    largest: int
    rounded: int  # to thousands (-3) or tens (-1)
    used: tuple[float, float]
    domestic: tuple[float, float]


@dataclass(frozen=True, slots=True)
class _Level:
    """Milligrams a litre of a pollutant, at least and at most, before treatment and after it."""

    inlet: tuple[float, float]
    outlet: tuple[float, float]


# Tables that are read by their columns.
# fmt: off
_WORKS: Final = {
    #           smallest largest  by  used         domestic
    "1": _Works(10_000, 300_000, -3, (0.65, 0.95), (0.75, 0.95)),
    "2": _Works( 2_000,  50_000, -3, (0.5,  0.9),  (0.0,  0.2)),
    "3": _Works(    20,   1_000, -1, (0.4,  0.8),  (1.0,  1.0)),
    "4": _Works(   200,   2_000, -1, (0.4,  0.8),  (0.5,  0.9)),
}
_SEWAGE: Final = {
    #             inlet           outlet
    "W01": _Level((130,    280), (14,    38)),
    "W03": _Level((  3,      9), ( 0.2,   0.9)),
    "W04": _Level(( 24,     42), ( 8,    14)),
    "W06": _Level((  2.6,  5.2), ( 0.2,   0.5)),
}
_LEACHATE: Final = {
    "W01": _Level((3_000, 12_000), (35,  90)),
    "W03": _Level((   20,     60), ( 0.5, 3)),
    "W04": _Level((  900,  2_200), (12,  38)),
    "W06": _Level((    8,     25), ( 0.3, 2.5)),
}
# fmt: on
# Who measures a pollutant: an instrument at the outlet these ones, a hired laboratory the others ("3").
_SOURCES: Final[dict[str, str]] = dict.fromkeys(("W01", "W04", "W05", "W06"), "1")
_TRACES: Final = {"W07": 0.4, "W08": 0.1, "W09": 0.02, "W10": 0.05, "W11": 0.01, "W12": 0.2, "W13": 0.04, "W14": 0.002}
_OPERATORS: Final = {"3": "镇街水务管理所"}  # of small works; one company runs the others
_TREATMENTS: Final = (("4130", "3100"), ("4150", "3100"), ("4140", "1100"), ("4160", "1200"), ("4230", "1400"))


def _place(rng: Random) -> Answers:
    """Where a facility's water goes, and when it was built."""
    water = rng.choice([entry for entry in codelist("receiving_water") if entry.is_selectable])
    return {
        "drainage_type": "B",
        "receiving_water_code": water.code,
        "receiving_water_name": water.label,
        "completed_date": f"{rng.randrange(1996, 2017)}-{rng.randrange(1, 13):02d}-01",
        **dict.fromkeys(("online_flow", "online_cod", "online_ammonia_n", "online_total_n", "online_total_p"), True),
    }


def _treatments(rng: Random) -> list[str]:
    listed = codelist("wastewater_treatment_method")
    known = [code for code in rng.choice(_TREATMENTS) if listed.contains(code)]
    return known or [next(entry.code for entry in listed if entry.is_selectable)]


def _works_kind(rng: Random, related: Mapping[str, Answers]) -> str:
    """Tell which kind of works this is, from the other forms where they stand."""
    if kind := related.get("J101-1", {}).get("sewage_facility_type"):
        return str(kind)
    running = related.get("J101-2", {})
    if not running:
        return rng.choice("1112333")
    if number(running, "design_capacity") < 2_000:
        return "3"
    # What comes mostly from homes is a town's works; the others belong to an industrial area.
    is_towns = number(running, "domestic_sewage_volume") >= 0.4 * number(running, "treated_volume")
    return "1" if is_towns else "2"


def _j101_1(rng: Random, related: Mapping[str, Answers]) -> Answers:
    kind, methods = _works_kind(rng, related), _treatments(rng)
    place = _place(rng)
    return {
        **place,
        "sewage_facility_type": kind,
        "operator_name": _OPERATORS.get(kind, "番禺水务运营有限公司"),
        **{f"treatment_method_{number}": code for number, code in enumerate(methods, start=1)},
        "has_reclaim_process": _reclaims(rng, related),
        "online_heavy_metal": kind == "2",
        "has_sludge_stabilization": False,
        "has_boiler": False,
    }


def _reclaims(rng: Random, related: Mapping[str, Answers]) -> bool:
    if running := related.get("J101-2"):
        return number(running, "reclaimed_water") > 0
    return rng.random() < 0.4


def _j101_2(rng: Random, related: Mapping[str, Answers]) -> Answers:
    works = _WORKS[_works_kind(rng, related)]
    capacity = round(spread(rng, works.smallest, works.largest), works.rounded)
    days = 365
    if rng.random() >= 0.8:
        days = rng.randrange(340, 365)
    treated = round(capacity * days * rng.uniform(*works.used) / 10_000, 4)
    reused = _reclaimed(rng, treated, related)
    sludge = _sludge(rng, treated)
    return {
        "operating_days": str(days),
        "design_capacity": written(capacity, 1),
        "treated_volume": written(treated, 4),
        "domestic_sewage_volume": written(treated * rng.uniform(*works.domestic), 4),
        "electricity_used": written(treated * rng.uniform(0.2, 0.5), 2),
        **reused,
        **sludge,
    }


def _reclaimed(rng: Random, treated: float, related: Mapping[str, Answers]) -> Answers:
    # Drawn even where J101-1 says it: what is drawn after it must not hang on the other form.
    drawn = rng.random() < 0.3
    if not related.get("J101-1", {}).get("has_reclaim_process", drawn):
        return {"reclaimed_water": "0.0000"}
    reclaimed = round(treated * rng.uniform(0.02, 0.1), 4)
    if not reclaimed:
        return {"reclaimed_water": "0.0000"}
    return {
        "reclaimed_water": written(reclaimed, 4),
        "reclaimed_industrial": "0.0000",
        "reclaimed_municipal": "0.0000",
        "reclaimed_landscape": written(reclaimed, 4),
    }


def _sludge(rng: Random, treated: float) -> Answers:
    """Let works leave a usual amount of sludge, all sent out; or little, of which some stays on the site."""
    if rng.random() < 0.3:
        made = round(treated * rng.uniform(0.31, 0.33), 2)
        taken = round(made * 0.9, 2)
    else:
        made = taken = round(treated * rng.uniform(1.0, 2.2), 2)
    return {
        "dry_sludge_produced": written(made, 2),
        "dry_sludge_disposed": written(taken, 2),
        "self_disposed": "0.00",
        **dict.fromkeys(("land_use", "landfilled", "building_material", "incinerated"), "0.00"),
        "sent_out": written(taken, 2),
    }


def _measured(rng: Random, levels: Mapping[str, _Level]) -> list[Answers]:
    """Give one row for each pollutant; what is usually not measured stays blank."""
    means = {code: (rng.uniform(*level.inlet), rng.uniform(*level.outlet)) for code, level in levels.items()}
    means["W02"] = (means["W01"][0] * rng.uniform(0.38, 0.52), means["W01"][1] * rng.uniform(0.2, 0.35))
    means["W05"] = (means["W04"][0] * rng.uniform(0.6, 0.8), means["W04"][1] * rng.uniform(0.1, 0.3))
    if rng.random() < 0.5:
        means |= {code: (high * rng.uniform(0.5, 1), high * rng.uniform(0.1, 0.3)) for code, high in _TRACES.items()}
    often = rng.random() < 0.5
    return [
        _pollutant(entry.code, means.get(entry.code), rng, often=often)
        for entry in codelist("water_pollutant")
        if entry.is_selectable
    ]


def _pollutant(code: str, mean: tuple[float, float] | None, rng: Random, *, often: bool) -> Answers:
    """Give what was measured of one pollutant; who measures once has no highest and no lowest day."""
    if mean is None:
        return {"pollutant": code}
    if not often:
        return {
            "pollutant": code,
            "monitoring_source": "3",
            "influent_avg": written(mean[0], 4),
            "effluent_avg": written(mean[1], 4),
        }
    row: Answers = {"pollutant": code, "monitoring_source": _SOURCES.get(code, "3")}
    for end, value in zip(("influent", "effluent"), mean, strict=True):
        row |= {
            f"{end}_avg": written(value, 4),
            f"{end}_max": written(value * rng.uniform(1.3, 1.9), 4),
            f"{end}_min": written(value * rng.uniform(0.5, 0.8), 4),
        }
    return row


def _j101_3(rng: Random, related: Mapping[str, Answers]) -> Answers:
    running = related.get("J101-2", {})
    days = number(running, "operating_days") or 365
    volume = number(running, "treated_volume") * 10_000 / days or spread(rng, 5_000, 100_000)
    mean = volume * rng.uniform(0.94, 0.99)
    return {
        "discharge_avg": written(mean, 1),
        "discharge_max": written(mean * rng.uniform(1.05, 1.2), 1),
        "discharge_min": written(mean * rng.uniform(0.6, 0.9), 1),
        "pollutants": _measured(rng, _SEWAGE),
    }


def _stacks(rng: Random, count: int, height: tuple[int, int]) -> list[Answers]:
    return [
        {
            "stack_no": f"FQ{number:02d}",
            "stack_height": written(rng.randrange(*height), 1),
            "stack_online_so2": True,
            "stack_online_nox": True,
            "stack_online_pm": True,
        }
        for number in range(1, count + 1)
    ]


def _burns(related: Mapping[str, Answers]) -> bool:
    """Tell whether the unit's other forms speak of burning."""
    return "J104-2" in related or "J104-3" in related


def _j102_1(rng: Random, related: Mapping[str, Answers]) -> Answers:
    way = "3" if _burns(related) else rng.choice("3333145")
    place = _place(rng)
    stacks: list[Answers] = []
    if way == "3":
        stacks = _stacks(rng, 2, (60, 100))
    return {
        **place,
        "operator_name": "番禺环境卫生运营有限公司",
        "msw_facility_type": "2" if way == "5" else "1",
        "msw_disposal_method": [way],
        "online_heavy_metal": False,
        "landfill_liner": True,
        "stacks": stacks,
        "has_boiler": False,
    }


def _j102_2(rng: Random, related: Mapping[str, Answers]) -> Answers:
    ways = related.get("J102-1", {}).get("msw_disposal_method") or ["5"]
    days, answers, total = rng.randrange(330, 366), dict[str, Any](), 0.0
    for way in ways:
        capacity = round(spread(rng, 150, 2_400), -1)
        amount = round(capacity * days * rng.uniform(0.7, 0.98) / 10_000, 4)
        total += amount
        answers |= _way(rng, str(way), capacity, amount)
    water = round(total * 10_000 * rng.uniform(0.15, 0.3), 1)
    return {
        **answers,
        "operating_days": str(days),
        "treated_total": written(total, 4),
        "wastewater_produced": written(water, 1),
        "wastewater_route": "1",
        "wastewater_capacity": written(round(water / 365 * 1.4, -1) + 10, 1),
        "wastewater_method": _treatments(rng)[0],
        "wastewater_treated": written(water, 1),
        "wastewater_discharged": written(water * rng.uniform(0.6, 0.8), 1),
    }


def _way(rng: Random, way: str, capacity: float, amount: float) -> Answers:
    match way:
        case "1":
            return {
                "landfill_design_volume": written(amount * 15, 4),
                "landfill_used_volume": written(amount * rng.uniform(4, 12), 4),
                "landfill_working_area": "1.2000",
                "landfill_clay_area": "3.5000",
                "landfill_membrane_area": "6.0000",
                "landfilled_amount": written(amount, 4),
            }
        case "2" | "3":
            return _burnt_waste(rng, capacity, amount) | {
                "incineration_capacity": written(capacity, 1),
                "gas_treat_capacity": written(capacity * rng.uniform(180, 260)),
            }
        case "4":
            return {
                "compost_capacity": written(capacity, 1),
                "composted_amount": written(amount, 4),
                "leachate_collection": True,
            }
        case "5":
            return {"anaerobic_capacity": written(capacity, 1), "anaerobic_amount": written(amount, 4)}
        case "6":
            return {"biodegradation_capacity": written(capacity, 1), "biodegradation_amount": written(amount, 4)}
        case _:
            return {"other_capacity": written(capacity, 1), "other_amount": written(amount, 4)}


def _burnt_waste(rng: Random, capacity: float, amount: float) -> Answers:
    """What a plant of one or two grates burns, in 万吨, and leaves; most of the slag is used again."""
    lines = 2 if capacity > 400 else 1
    tonnes = amount * 10_000
    slag, ash = tonnes * rng.uniform(0.16, 0.24), tonnes * rng.uniform(0.025, 0.05)
    return {
        **_furnaces("grate", lines),
        **_left(slag, slag * 0.1, ash),
        "slag_utilized": written(slag * 0.9, 1),
        "flyash_utilized": "0.0",
        "slag_disposal": "2",
        "incinerated_amount": written(amount, 4),
        "natural_gas_used": written(tonnes * 0.0002, 2),
    }


def _burnt_hazardous(rng: Random, tonnes: float) -> Answers:
    """What a rotary kiln burns and leaves; all of it must be disposed of."""
    slag, ash = tonnes * rng.uniform(0.16, 0.24), tonnes * rng.uniform(0.025, 0.05)
    return {
        **_furnaces("rotary", 1),
        **_left(slag, slag, ash),
        "incinerated_amount": written(tonnes, 2),
        "natural_gas_used": written(tonnes * 0.0002, 2),
    }


def _furnaces(kind: str, count: int) -> Answers:
    """Count the furnaces, all of one kind; of the other kinds there is none."""
    counts = dict.fromkeys(("grate", "rotary", "fluidized", "fixed_bed", "other_furnace"), 0) | {kind: count}
    return {
        **{f"{each}_count": str(there) for each, there in counts.items()},
        "incinerator_count": str(count),
        "combustion_aid": ["3"],
    }


def _left(slag: float, slag_disposed: float, ash: float) -> Answers:
    return {
        "slag_produced": written(slag, 1),
        "slag_disposed": written(slag_disposed, 1),
        "flyash_produced": written(ash, 1),
        "flyash_disposed": written(ash, 1),
    }


def _j103_1(rng: Random, related: Mapping[str, Answers]) -> Answers:
    ways = ["4"] if _burns(related) else rng.choice((["4"], ["4", "2"], ["3", "4"], ["1"]))
    place = _place(rng)
    licence = f"4401{rng.randrange(10**8):08d}"
    stacks: list[Answers] = []
    if "4" in ways:
        stacks = _stacks(rng, 1, (35, 60))
    return {
        **place,
        "operator_name": "番禺固体废物处置有限公司",
        "hw_facility_type": "1",
        "licence_no": licence,
        "hw_disposal_method": ways,
        "online_heavy_metal": True,
        "stacks": stacks,
        "has_boiler": False,
    }


def _j103_2(rng: Random, related: Mapping[str, Answers]) -> Answers:
    ways: list[str] = related.get("J103-1", {}).get("hw_disposal_method") or []
    answers, total, capacity_total, reused = dict[str, Any](), 0.0, 0.0, 0.0
    for way in ways:
        capacity = round(spread(rng, 5_000, 40_000), -3)
        amount = round(capacity * rng.uniform(0.6, 0.95), 2)
        total, capacity_total = total + amount, capacity_total + capacity
        if way == "1":
            reused += amount
        answers |= _hazardous_way(rng, way, capacity, amount)
    water = round(spread(rng, 3_000, 60_000), 1)
    medical = 0.0
    if rng.random() < 0.4:
        medical = round((total - reused) * rng.uniform(0.05, 0.2), 2)
    if medical:
        answers |= {
            "medical_method": ["1"],
            "medical_capacity": written(medical * 1.4, 1),
            "medical_incineration_capacity": written(medical * 1.4, 1),
            "medical_amount": written(medical, 2),
        }
    return {
        **answers,
        "operating_days": str(rng.randrange(290, 341)),
        "hw_received": written(total * rng.uniform(0.98, 1.05), 2),
        "design_capacity": written(capacity_total or 20_000, 1),
        "disposed_total": written(total, 2),
        "industrial_hw": written(total - reused - medical, 2),
        "medical_waste": written(medical, 2),
        "other_hw": "0.00",
        "reused_hw": written(reused, 2),
        "wastewater_method": _treatments(rng)[0],
        "wastewater_capacity": written(round(water / 365 * 1.5, -1) + 10, 1),
        "wastewater_produced": written(water, 1),
        "wastewater_treated": written(water, 1),
        "wastewater_discharged": written(water * rng.uniform(0.6, 0.9), 1),
    }


def _hazardous_way(rng: Random, way: str, capacity: float, amount: float) -> Answers:
    match way:
        case "1":
            return {"reuse_capacity": written(capacity, 1), "reuse_amount": written(amount, 2), "reuse_method": ["R9"]}
        case "2":
            return {
                "landfill_design_volume": written(capacity * 20, 1),
                "landfill_used_volume": written(amount * rng.uniform(3, 10), 1),
                "landfill_capacity": written(capacity, 1),
                "landfilled_amount": written(amount, 2),
            }
        case "3":
            return {"physchem_capacity": written(capacity, 1), "physchem_amount": written(amount, 2)}
        case "4":
            return _burnt_hazardous(rng, amount) | {
                "incineration_capacity": written(capacity, 1),
                "gas_treat_capacity": written(capacity * rng.uniform(1.2, 1.8)),
            }
        case _:
            return {}


def _j104_1(rng: Random, related: Mapping[str, Answers]) -> Answers:
    discharged = sum(number(related.get(code, {}), "wastewater_discharged") for code in ("J102-2", "J103-2"))
    leaving = discharged or spread(rng, 5_000, 80_000)
    return {
        "influent_volume": written(leaving * rng.uniform(1.02, 1.3), 1),
        "effluent_volume": written(leaving, 1),
        "pollutants": _measured(rng, _LEACHATE),
    }


def _j104_2(rng: Random, related: Mapping[str, Answers]) -> Answers:
    known = [row for code in ("J102-1", "J103-1") for row in rows(related.get(code, {}), "stacks")]
    numbers = [str(row["stack_no"]) for row in known] or ["FQ01"]
    running = [related.get(code, {}) for code in ("J102-2", "J103-2")]
    days = max(number(form, "operating_days") for form in running) or 330
    capacity = sum(number(form, "gas_treat_capacity") for form in running) or 80_000
    stacks: list[Answers] = [
        {
            "stack_no": each,
            "flue_gas_flow": written(capacity / len(numbers) * rng.uniform(0.6, 0.85)),
            "operating_hours": str(round(days * rng.uniform(22, 23.8))),
            "so2": written(rng.uniform(8, 45), 2),
            "nox": written(rng.uniform(110, 210), 2),
            "pm": written(rng.uniform(2, 9), 2),
            "mercury": written(rng.uniform(0.0005, 0.01), 6),
            "cadmium": written(rng.uniform(0.0003, 0.01), 6),
            "lead": written(rng.uniform(0.005, 0.1), 6),
            "chromium": written(rng.uniform(0.005, 0.05), 6),
            "arsenic": written(rng.uniform(0.0005, 0.01), 6),
            "monitoring_source": rng.choice("13"),
        }
        for each in dict.fromkeys(numbers)
    ]
    return {"stacks": stacks}


def _j104_3(rng: Random, related: Mapping[str, Answers]) -> Answers:
    stacks = rows(related.get("J104-2", {}), "stacks")
    if not stacks:
        return {}
    answers: Answers = {}
    for key, times in (("so2", 4.0), ("nox", 1.6), ("pm", 300.0)):  # how much of it the treatment holds back
        measured = (number(row, key) * number(row, "flue_gas_flow") * number(row, "operating_hours") for row in stacks)
        tonnes = sum(measured) / 1e9  # from milligrams
        answers[f"{key}_generated"] = written(tonnes * times * rng.uniform(0.9, 1.2), 4)
    return answers


RECIPES: Final[dict[str, Recipe]] = {
    "J101-1": _j101_1,
    "J101-2": _j101_2,
    "J101-3": _j101_3,
    "J102-1": _j102_1,
    "J102-2": _j102_2,
    "J103-1": _j103_1,
    "J103-2": _j103_2,
    "J104-1": _j104_1,
    "J104-2": _j104_2,
    "J104-3": _j104_3,
}

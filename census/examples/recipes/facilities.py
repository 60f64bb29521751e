"""Centralized facilities: waste and hazardous waste plants, and what is measured there (J forms)."""

from __future__ import annotations

from collections.abc import Mapping
from random import Random
from typing import Any, Final

from census.examples.recipes.amounts import number, rows, spread, written
from census.examples.recipes.recipe import Answers, Recipe
from census.examples.recipes.sewage import Level, measured, place, treatments

# A table that is read by its columns.
# fmt: off
_LEACHATE: Final = {
    #            inlet            outlet
    "W01": Level((3_000, 12_000), (35,  90)),
    "W03": Level((   20,     60), ( 0.5, 3)),
    "W04": Level((  900,  2_200), (12,  38)),
    "W06": Level((    8,     25), ( 0.3, 2.5)),
}
# fmt: on


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
    site = place(rng)
    stacks: list[Answers] = []
    if way == "3":
        stacks = _stacks(rng, 2, (60, 100))
    return {
        **site,
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
        "wastewater_method": treatments(rng)[0],
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
    site = place(rng)
    licence = f"4401{rng.randrange(10**8):08d}"
    stacks: list[Answers] = []
    if "4" in ways:
        stacks = _stacks(rng, 1, (35, 60))
    return {
        **site,
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
        "wastewater_method": treatments(rng)[0],
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
        "pollutants": measured(rng, _LEACHATE),
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
    "J102-1": _j102_1,
    "J102-2": _j102_2,
    "J103-1": _j103_1,
    "J103-2": _j103_2,
    "J104-1": _j104_1,
    "J104-2": _j104_2,
    "J104-3": _j104_3,
}

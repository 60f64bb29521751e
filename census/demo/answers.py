"""Plausible answers of the synthetic workshops: sizes by trade, balances that hold, codes that exist.

Values are invented; they follow each other as a respondent's would (output → size, water → outlets → pollutants).
What the register knows is filled in by ``services.prefill``, as on a phone.
"""

from __future__ import annotations

import random
from dataclasses import dataclass
from typing import Any, Final

from forms.codelists import codelist

Answers = dict[str, Any]

PROCESSES: Final = (
    "has_boiler",
    "has_furnace",
    "has_coking",
    "has_sintering",
    "has_ironmaking",
    "has_steelmaking",
    "has_clinker",
    "is_petrochemical",
    "has_bulk_storage",
    "has_other_gas",
    "has_hazardous_waste",
)
# Typical intake of water per thousand yuan of output, cubic metres, and COD before treatment, mg/L.
WATER: Final = {"3360": (1.2, 350), "1713": (2.4, 900), "1392": (1.6, 1800), "2319": (0.15, 900), "2438": (0.2, 400)}
RECEIVER: Final = "前锋净水厂"  # the works that takes the district's industrial wastewater
ORDINARY: Final = (0.08, 350)
REGISTRATIONS: Final = ("171", "173", "174", "310")


@dataclass(frozen=True, slots=True)
class Workshop:
    """What the answers of all forms of one unit have in common."""

    industry: str
    makes_wastewater: bool
    output_kyuan: float  # gross output of 2017, thousand yuan
    scale: str  # enterprise_scale code
    hours: int  # of production in 2017
    is_running: bool

    @property
    def status(self) -> str:
        """Give the operation_status code: running or not."""
        return "1" if self.is_running else "2"


def workshop(industry: str, chance: random.Random, *, makes_wastewater: bool) -> Workshop:
    """Draw a workshop's size: most are micro or small, a few medium."""
    scale = chance.choices(("4", "3", "2"), weights=(60, 36, 4))[0]
    low, high = {"4": (200, 2_900), "3": (3_200, 190_000), "2": (40_000, 390_000)}[scale]
    # Of those without wastewater, a few stood idle all year: they made nothing and count as micro.
    if not makes_wastewater and chance.random() <= 0.06:
        return Workshop(industry, makes_wastewater, output_kyuan=0.0, scale="4", hours=0, is_running=False)
    output = round(low * (high / low) ** chance.random(), 1)
    hours = chance.choice((2_000, 2_400, 2_640, 3_000, 3_600, 4_800, 7_200))
    return Workshop(industry, makes_wastewater, output, scale, hours, is_running=True)


def listing(shop: Workshop) -> Answers:
    """Answer QC-1."""
    return {
        "operation_status": shop.status,
        "involves_15_minerals": False,
        "has_other_sites": False,
        "in_scope": True,
    }


def basics(shop: Workshop, known: Answers, chance: random.Random) -> Answers:
    """Answer G101-1. ``known``: what was filled in from the register, so that people sign with their own names."""
    entry = codelist("gbt4754").entry(shop.industry)
    head = known.get("legal_representative") or known.get("contact_person") or "负责人"
    waters = [water.code for water in codelist("receiving_water") if water.is_selectable]
    answers: Answers = {
        "enterprise_scale": shop.scale,
        "open_year": str(chance.randrange(1988, 2017)),
        "open_month": str(chance.randrange(1, 13)),
        "registration_type": chance.choice(REGISTRATIONS),
        "has_new_permit": False,
        "operation_status": shop.status,
        "production_hours": str(shop.hours),
        "gross_output": f"{shop.output_kyuan:.1f}",
        "has_wastewater": shop.makes_wastewater,
        "has_tank_loading": entry.attributes.get("tank_loading") == "1",
        "has_voc_material": entry.attributes.get("voc_material") == "1",
        "has_solid_waste": shop.is_running,
        "has_15_minerals": False,
        "unit_head": head,
        "statistics_head": known.get("contact_person") or head,
        "filler": known.get("contact_person") or head,
    }
    answers |= dict.fromkeys(PROCESSES, False)
    if shop.is_running:
        answers["has_boiler"] = chance.random() < 0.15
        answers["has_other_gas"] = chance.random() < 0.4
    if shop.makes_wastewater:
        water = chance.choice(waters)
        answers |= {"receiving_water_code": water, "receiving_water_name": codelist("receiving_water").label(water)}
    return answers


def wastewater(shop: Workshop, basics_answers: Answers, chance: random.Random) -> Answers:
    """Answer G102 so that the water balance, the treatment and the pollutants follow from the output."""
    intensity, cod_mg_l = WATER.get(shop.industry, ORDINARY)
    intake = max(60, round(shop.output_kyuan * intensity * chance.uniform(0.7, 1.3)))
    own = 0
    if chance.random() < 0.2:
        own = round(intake * chance.uniform(0.1, 0.4))
    discharged = round(intake * chance.uniform(0.6, 0.9))
    answers: Answers = {
        "water_intake_total": str(intake),
        "tap_water_intake": str(intake - own),
        "self_supplied_intake": str(own),
        "hydraulic_project_intake": "0",
        "other_enterprise_intake": "0",
        "unit_head": basics_answers["unit_head"],
        "statistics_head": basics_answers["statistics_head"],
        "filler": basics_answers["filler"],
    }
    # Much wastewater is always treated, little of it as often as not.
    is_treated = discharged > 300 or chance.random() < 0.5
    if is_treated:
        answers["facility"] = [_facility(shop, discharged, chance)]
    answers |= {"treatment_facility_count": str(int(is_treated)), "outlet_count": "1"}
    cod = cod_mg_l * chance.uniform(0.6, 1.2)
    answers["outlet"] = [_outlet(basics_answers, discharged, cod, chance, is_treated=is_treated)]
    return answers


def _facility(shop: Workshop, treated: int, chance: random.Random) -> Answers:
    hours = min(shop.hours, 7_200)
    capacity = max(1, round(treated / (hours / 24) * chance.uniform(1.1, 2.0)) + 1)
    return {
        "facility_id": "TW001",
        "wastewater_type": chance.choice(("x-01", "x-02", "x-10", "x-13")),
        "design_capacity": str(capacity),
        "method_1": chance.choice(("3100", "1400", "2100")),
        "method_2": chance.choice(("4110", "4100", "1100")),
        "run_hours": str(hours),
        "treated_water": str(treated),
        "treated_for_others": "0",
        "sealing_status": ["1"],
        "treated_water_destination": "2",
    }


def _outlet(
    basics_answers: Answers, discharged: int, cod_mg_l: float, chance: random.Random, *, is_treated: bool
) -> Answers:
    # Untreated, nothing is taken out, and the water may not go straight into a river (B).
    left, ways = 1.0, ("C", "E")
    if is_treated:
        left, ways = chance.uniform(0.12, 0.3), ("B", "C", "E")
    drainage = chance.choice(ways)
    outlet: Answers = {
        "outlet_id": "DW001",
        "outlet_name": "废水总排放口",
        "outlet_type": "1",
        "drainage_type": drainage,
        "outlet_longitude": basics_answers["longitude"],
        "outlet_latitude": basics_answers["latitude"],
        "wastewater_discharged": str(discharged),
    }
    if drainage == "E":
        outlet["receiver_name"] = RECEIVER
    strength = {"cod": 1.0, "total_nitrogen": 0.12, "ammonia_nitrogen": 0.07, "total_phosphorus": 0.015}
    for pollutant, share in strength.items():
        generated = cod_mg_l * share * discharged / 1e6  # mg/L × m³ → t
        outlet[f"{pollutant}_generated"] = f"{generated:.3f}"
        outlet[f"{pollutant}_emitted"] = f"{generated * left:.3f}"
    return outlet

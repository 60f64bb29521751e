"""Drafts of plausible answers: every item that must be filled, by its type, its code list and what it is for.

A draft need not satisfy the written checks; ``validation.search`` mends it. ``RECIPES`` only makes figures of the
industrial forms hang together from the start, which is quicker than mending and reads like a real plant.
"""

from __future__ import annotations

import hashlib
from collections.abc import Callable, Mapping
from functools import cache
from random import Random
from typing import Any, Final

from forms.codelists import codelist
from forms.definition import Item
from validation.functions import person_check_character
from validation.record import hidden
from validation.rulebook import RuleBook
from validation.sample_units import Facts, mobile, org_code, person, uscc

Answers = dict[str, Any]
PEOPLE: Final = ("_head", "filler", "_person", "_name", "_by", "verifiers")


def raw(item: Item, rng: Random, known: Facts) -> Any:
    """Give one plausible raw answer of an item."""
    if item.prefill.startswith("const:"):
        return item.prefill.removeprefix("const:")
    if item.prefill in known:
        return known[item.prefill]
    match item.type:
        case "integer" | "decimal" | "year":
            return number_text(item, _number(item, rng))
        case "date":
            return f"2018-{rng.randrange(4, 8):02d}-{rng.randrange(1, 29):02d}"  # within the time of visiting
        case "yesno":
            return False
        case "choice" | "code":
            return rng.choice(_codes(item))
        case "multichoice":
            return [rng.choice(_codes(item))]
        case "dms":
            return known["unit.longitude" if (item.minimum or 0) > 60 or "lon" in item.key else "unit.latitude"]
        case "gps":
            return dict(known["position"])
        case "photo" | "signature":
            return hashlib.sha256(f"{item.key}{rng.random()}".encode()).hexdigest()
        case "text":
            return _text(item, rng, known)


def number_text(item: Item, value: float) -> str:
    """Write a number with the decimals that the item allows."""
    return f"{value:.{item.precision if item.type == 'decimal' and item.precision is not None else 0}f}"


def _number(item: Item, rng: Random) -> float:
    low = item.minimum if item.minimum is not None else 0.0
    high = item.maximum if item.maximum is not None else max(low * 2, 100.0)
    return low if low == high else rng.uniform(low + (1 if item.type != "decimal" else 0) * (high - low > 2), min(high, low + 100))


@cache
def _codes(item: Item) -> tuple[str, ...]:
    if item.options:
        return tuple(code for code, _ in item.options)
    return tuple(entry.code for entry in codelist(item.codelist) if entry.is_selectable)


def _text(item: Item, rng: Random, known: Facts) -> str:
    match item.format:
        case "uscc" | "person_or_uscc":
            return uscc(rng)
        case "org_code":
            return org_code(rng)
        case "mobile" | "phone" | "tel":
            return mobile(rng)
        case "person_id":
            body = f"440113{rng.randrange(1955, 1995)}{rng.randrange(1, 13):02d}{rng.randrange(1, 29):02d}{rng.randrange(1000):03d}"
            return body + person_check_character(body)
        case "permit_no":
            return f"{known['unit.credit_code']}001{rng.choice('PQRU')}"
        case "sequence_2":
            return f"{rng.randrange(1, 10):02d}"
        case "district_code":
            return str(known["unit.district_code"])
        case "scattered_no_licence_id":
            return f"G{known['unit.village_code']}{rng.randrange(1, 1000):05d}"
        case _ if item.prefill == "unit.org_code":
            return org_code(rng)
        case _ if item.prefill == "unit.credit_code":
            return uscc(rng)
        case _:
            return person(rng) if item.key.endswith(PEOPLE) else f"{item.name.split('（')[0]}见现场记录"


def draft(book: RuleBook, rng: Random, known: Facts, related: Mapping[str, Answers]) -> Answers:
    """Draft the answers of one form: what is owed now, hidden items left out."""
    form = book.form
    answers = RECIPES[form.code](rng, related) if form.code in RECIPES else {}
    for item in form.items():
        if item.rows_key or item.key in answers or item.computed:
            continue
        if item.required is not False or (item.prefill in known and item.prefill != "unit.former_name"):
            answers[item.key] = raw(item, rng, known)
    for key, group in form.groups().items():
        rows: list[Answers] = answers.setdefault(key, [{} for _ in range(group.minimum)])
        for number, row in enumerate(rows, start=1):
            for item in group.items:
                if item.required and item.key not in row and not item.computed:
                    row[item.key] = row_text(item, number) or raw(item, rng, known)
    return without_hidden(book, answers, related)


def row_text(item: Item, number: int) -> str:
    """Number the rows where an item holds their id."""
    return f"{item.key[0].upper()}{number:03d}" if item.type == "text" and item.key.endswith("_id") else ""


def without_hidden(book: RuleBook, answers: Answers, related: Mapping[str, Answers], baseline: Mapping[str, Any] | None = None) -> Answers:
    """Drop what is not asked now; what is then dropped may hide more."""
    while paths := [path for path in hidden(book, answers, related, baseline) if _drop(answers, path)]:
        del paths
    return {key: value for key, value in answers.items() if value != []}


def _drop(answers: Answers, path: str) -> bool:
    group, _, rest = path[1:].partition("/")
    if not rest:
        return answers.pop(group, None) not in (None, [])
    index, _, key = rest.partition("/")
    return answers[group][int(index)].pop(key, None) is not None


def _spread(rng: Random, low: float, high: float) -> float:
    """Draw so that small values are as common as large ones are rare, as amounts of water and output are."""
    return low * (high / low) ** rng.random()


def _intake(rng: Random) -> Answers:
    tap, own = round(_spread(rng, 600, 60_000)), round(_spread(rng, 500, 300_000)) if rng.random() < 0.2 else 0
    return {"water_intake_total": str(tap + own), "tap_water_intake": str(tap), "self_supplied_intake": str(own), "hydraulic_project_intake": "0", "other_enterprise_intake": "0"}


def _g102(rng: Random, related: Mapping[str, Answers]) -> Answers:
    answers, basic = _intake(rng), related.get("G101-1", {})
    hours = int(basic.get("production_hours") or 4800)
    intake = int(answers["water_intake_total"])
    discharged = round(intake * rng.uniform(0.5, 0.85))
    outlets = [_outlet(rng, basic, amount, number) for number, amount in enumerate(_parts(rng, discharged, 1 if rng.random() < 0.8 else 2), start=1)]
    treated = _parts(rng, discharged, rng.choice((0, 1, 1, 1, 2)))
    facilities = [_facility(rng, hours, amount, number) for number, amount in enumerate(treated, start=1)]
    return {**answers, "treatment_facility_count": str(len(facilities)), "facility": facilities, "outlet_count": str(len(outlets)), "outlet": outlets}


def _parts(rng: Random, total: int, count: int) -> list[int]:
    first = round(total * rng.uniform(0.4, 0.6))
    return [] if count == 0 else [total] if count == 1 else [first, total - first]


def _facility(rng: Random, hours: int, treated: int, number: int) -> Answers:
    run = max(1, round(hours * rng.uniform(0.7, 0.98)))
    daily = treated / run * 24 / rng.uniform(0.5, 0.8)
    return {
        "facility_id": f"TW{number:03d}", "design_capacity": str(max(2, round(daily), -(-treated // 350))), "run_hours": str(run), "treated_water": str(treated),
        "treated_for_others": "0", "treated_water_destination": "2",
    }


def _outlet(rng: Random, basic: Mapping[str, Any], discharged: int, number: int) -> Answers:
    tons = {"cod": rng.uniform(300, 1500), "total_nitrogen": rng.uniform(20, 80), "total_phosphorus": rng.uniform(2, 12)}
    amounts: Answers = {}
    for pollutant, per_litre in tons.items():
        made = discharged * per_litre / 1e6
        amounts |= {f"{pollutant}_generated": f"{made:.3f}", f"{pollutant}_emitted": f"{made * rng.uniform(0.05, 0.2):.3f}"}
    for end in ("generated", "emitted"):
        amounts[f"ammonia_nitrogen_{end}"] = f"{float(amounts[f'total_nitrogen_{end}']) * rng.uniform(0.4, 0.7):.3f}"
    place = {key: value for key, value in (("outlet_longitude", basic.get("longitude")), ("outlet_latitude", basic.get("latitude"))) if value}
    return {"outlet_id": f"DW{number:03d}", "outlet_name": f"{number}号废水总排放口", "wastewater_discharged": str(discharged), **place, **amounts}


def _g101(rng: Random, related: Mapping[str, Answers]) -> Answers:
    output = _spread(rng, 900, 180_000)
    size = "4" if output < 3_000 else "3" if output < 40_000 or rng.random() < 0.7 else "2"
    water = rng.choice([entry for entry in codelist("receiving_water") if entry.is_selectable])
    receiving = {"receiving_water_code": water.code, "receiving_water_name": water.label} if "G102" in related else {}
    listed = {target: value for target, source in _SAME if (value := related.get("QC-1", {}).get(source)) is not None}
    return {
        **listed, **receiving, "operation_status": "1", "production_hours": str(rng.choice((2400, 2800, 3000, 4800, 7200, 8000)) + rng.randrange(0, 400, 20)),
        "gross_output": f"{output:.1f}", "enterprise_scale": size, "open_year": str(rng.randrange(1988, 2017)),
        "has_wastewater": "G102" in related, "has_15_minerals": bool(related.get("QC-1", {}).get("involves_15_minerals", False)),
    }


# What the listing and the basic form both ask, of the same unit.
_SAME: Final = (("industry_code_1", "industry_code"), *((key, key) for key in (
    "survey_district_code", "credit_code", "credit_code_suffix", "org_code", "unit_name", "province", "city", "county", "town", "address", "region_code",
    "longitude", "latitude", "contact_person",
)))


def _qc1(_rng: Random, _related: Mapping[str, Answers]) -> Answers:
    return {"operation_status": "1", "in_scope": True}


def _scattered(rng: Random, _related: Mapping[str, Answers]) -> Answers:
    steps = ("found", "verify", "classified", "done", "closed")
    days = sorted(rng.sample(range(1, 27), len(steps)))
    dates = {f"{step}_date": f"2018-{month:02d}-{day:02d}" for month, (step, day) in enumerate(zip(steps, days, strict=True), start=3)}
    return {
        **dates, "deadline": f"2018-12-{rng.randrange(1, 28):02d}", "verifiers": f"{person(rng)}、{person(rng)}", "gps_source": "device", "category": "upgrade",
        "mode": "inplace", "poll_kinds": ["noise"], "building_illegal": "no", "licence_name_match": "match", "has_licence": True, "luan_has_plan": True,
    }


RECIPES: Final[dict[str, Callable[[Random, Mapping[str, Answers]], Answers]]] = {"QC-1": _qc1, "G101-1": _g101, "G102": _g102, "scattered": _scattered}


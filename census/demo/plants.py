"""Errors planted in the synthetic district, one kind per pain of the field, with a manifest of what stands where.

Each plant changes a valid record's answers; finding them can then be scored against the manifest.
"""

from __future__ import annotations

import copy
import random
from collections import Counter
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any, Final

from census.demo.slips import SLIPS, Slip

Records = dict[str, dict[str, Any]]


@dataclass(frozen=True, slots=True)
class Plant:
    """One kind of planted error: which pain it stands for and which check should find it."""

    name: str
    pain: str  # number in the list of field pains (docs/explanation/pains.md)
    form: str
    check: str
    apply: Callable[[Records, random.Random], bool]  # changes the records; False if they do not lend themselves


def _unit_times_ten_thousand(records: Records, _: random.Random) -> bool:
    outlet = records["G102"]["outlet"][0]
    for key in list(outlet):
        if key.endswith(("_generated", "_emitted")):
            outlet[key] = f"{float(outlet[key]) * 10_000:.3f}"
    return float(outlet["cod_generated"]) > 0


def _thousand_for_ten_thousand_yuan(records: Records, _: random.Random) -> bool:
    # Only a small enterprise contradicts what is left of its output; a micro one may have made so little.
    basics = records["G101-1"]
    if basics["enterprise_scale"] != "3":
        return False
    basics["gross_output"] = f"{float(basics['gross_output']) / 1_000:.1f}"
    return float(basics["gross_output"]) < 300


def _wrong_check_digit(records: Records, _: random.Random) -> bool:
    basics = records["G101-1"]
    code = basics["credit_code"]
    wrong = "B" if code.endswith("A") else "A"
    basics["credit_code"] = code[:-1] + wrong
    return True


def _position_elsewhere(records: Records, chance: random.Random) -> bool:
    records["G101-1"]["longitude"] = {"d": 114, "m": chance.randrange(10, 50), "s": "12.00"}
    return True


def _sources_do_not_add_up(records: Records, _: random.Random) -> bool:
    water = records["G102"]
    water["tap_water_intake"] = str(int(water["tap_water_intake"]) + 1_000)
    return True


def _facility_runs_longer_than_factory(records: Records, _: random.Random) -> bool:
    rows = records["G102"].get("facility")
    if not rows or int(records["G101-1"]["production_hours"]) > 7_000:
        return False
    rows[0]["run_hours"] = "8600"
    return True


def _emitted_more_than_generated(records: Records, _: random.Random) -> bool:
    outlet = records["G102"]["outlet"][0]
    outlet["cod_emitted"] = f"{float(outlet['cod_generated']) * 2 + 1:.3f}"
    return True


def _switch_without_form(records: Records, _: random.Random) -> bool:
    if "G102" not in records:
        return False
    records["G101-1"]["has_wastewater"] = False
    return True


def _count_without_rows(records: Records, _: random.Random) -> bool:
    water = records["G102"]
    water["treatment_facility_count"] = str(int(water["treatment_facility_count"]) + 1)
    return True


def _required_left_blank(records: Records, _: random.Random) -> bool:
    records["G101-1"].pop("gross_output")
    return True


def _form_left_out(records: Records, _: random.Random) -> bool:
    return records.pop("G103-11", None) is not None


PLANTS: Final = (
    Plant("吨写成万分之一", "C1", "G102", "G102-C34", _unit_times_ten_thousand),
    Plant("产值误用百万元", "C1", "G101-1", "G101-1-C14", _thousand_for_ten_thousand_yuan),
    Plant("信用代码校验位错", "A6", "G101-1", "G101-1-C02", _wrong_check_digit),
    Plant("坐标不在本区", "B7", "G101-1", "G101-1-C07", _position_elsewhere),
    Plant("取水来源不平衡", "C2", "G102", "G102-C01", _sources_do_not_add_up),
    Plant("设施运行多于生产", "C4", "G102", "G102-C05", _facility_runs_longer_than_factory),
    Plant("排放多于产生", "C2", "G102", "G102-C17", _emitted_more_than_generated),
    Plant("开关与后表不一致", "C4", "G101-1", "G101-1-C20", _switch_without_form),
    Plant("套数与明细不一致", "C4", "G102", "G102-C02", _count_without_rows),
    Plant("有开关没有后表", "C4", "G101-1", "G101-1-C30", _form_left_out),
    Plant("必填漏填", "C3", "G101-1", "G101-1.gross_output.required", _required_left_blank),
)


def plant(
    records: Mapping[str, Mapping[str, Any]], planted: Counter[str], chance: random.Random
) -> tuple[Records, Plant] | None:
    """Plant the fitting kind of error that is rarest so far into a copy of a unit's records; None if none fits."""
    for kind in sorted((*PLANTS, *SLIPS), key=lambda kind: planted[kind.name]):
        # A copy for each kind: one that does not fit may have changed something before it found out.
        changed: Records = {form: copy.deepcopy(dict(answers)) for form, answers in records.items()}
        done = _made(kind, changed, chance)
        if done is not None:
            planted[kind.name] += 1
            return changed, done
    return None


def _made(kind: Plant | Slip, records: Records, chance: random.Random) -> Plant | None:
    """Make an error or a slip in the records; None where it does not fit."""
    if isinstance(kind, Slip):
        return _slip(kind, records, chance)
    if kind.form in records and kind.apply(records, chance):
        return kind
    return None


def _slip(slip: Slip, records: Records, chance: random.Random) -> Plant | None:
    """Let a slip happen in one of the unit's forms, whichever it fits."""
    for form in chance.sample(sorted(records), len(records)):
        check = slip.plant(form, records[form], chance)
        if check is not None:
            return Plant(slip.name, slip.pain, form, check, lambda _records, _chance: True)
    return None

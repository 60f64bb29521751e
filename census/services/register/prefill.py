"""What the program fills in by itself: items whose definition names where their value comes from.

Sources are ``unit.…`` (the register), ``account.…`` (who is signed in), ``today`` and ``const:…``.
The phone gets the same values with the unit, so that the two fill alike.
"""

from __future__ import annotations

from collections.abc import Mapping
from datetime import date
from typing import Any

from sqlalchemy import select
from sqlalchemy.orm import Session

from census.access import Actor
from census.models.register import Region, Unit
from census.services.register.units import town_code, village_code
from forms.definition import Form

CONST = "const:"
LEVELS = ((2, "province_name"), (4, "city_name"), (6, "county_name"), (9, "town_name"), (12, "village_name"))


def region_names(session: Session, codes: set[str]) -> dict[str, dict[str, str]]:
    """Name the regions above each code: ``{code: {province_name, city_name, …, village_name}}``; one query."""
    wanted = {code[:length] for code in codes for length, _ in LEVELS if len(code) >= length}
    rows = session.execute(select(Region.code, Region.name).where(Region.code.in_(wanted)))
    names = {row.code: row.name for row in rows}
    return {
        code: {label: names.get(code[:length], "") for length, label in LEVELS if len(code) >= length} for code in codes
    }


def sources(unit: Unit, names: Mapping[str, str], actor: Actor | None, today: date) -> dict[str, Any]:
    """List every source that a definition may name, with its value for this unit and person."""
    known = {f"unit.{key}": value for key, value in unit.known.items()}
    return (
        known
        | {f"unit.{key}": value for key, value in names.items()}
        | {
            "unit.name": unit.name,
            "unit.address": unit.address,
            "unit.credit_code": unit.credit_code,
            "unit.region_code": unit.region_code,
            "unit.district_code": unit.area_code,
            "unit.industry_code": unit.industry_code,
            "unit.town_code": town_code(unit.region_code),
            "unit.village_code": village_code(unit.region_code),
            "unit.longitude": degrees(unit.lon),
            "unit.latitude": degrees(unit.lat),
            "account.name": actor and actor.full_name,
            "account.card": actor and actor.card_number,
            "today": today.isoformat(),
        }
    )


def prefill(form: Form, values: Mapping[str, Any]) -> dict[str, Any]:
    """Fill the single items of a form from ``sources``; what nobody knows stays out."""
    filled: dict[str, Any] = {}
    for section in form.sections:
        if section.repeat is not None:
            continue
        for item in section.items:
            if not item.prefill:
                continue
            value = values.get(item.prefill)
            if item.prefill.startswith(CONST):
                value = item.prefill.removeprefix(CONST)
            if value not in (None, ""):
                filled[item.key] = value
    return filled


def degrees(value: float | None) -> dict[str, Any] | None:
    """Write decimal degrees as degrees, minutes and seconds with two decimals."""
    if value is None:
        return None
    hundredths = round(value * 360_000)
    minutes, rest = divmod(hundredths, 6_000)
    return {"d": minutes // 60, "m": minutes % 60, "s": f"{rest / 100:.2f}"}

"""The register as checks between records look at it: every unit of a region with what matters of its forms."""

from __future__ import annotations

from collections.abc import Collection, Mapping
from dataclasses import dataclass, field
from typing import Any, Final

import orjson
from sqlalchemy import select, text
from sqlalchemy.orm import Session

from census.models.register import EnumerationArea, Unit
from census.services.register.my_units import NOTHING_TO_FILL

FORMS: Final = text("""
    select submission.unit_id, submission.form,
           (select coalesce(jsonb_object_agg(key, value), '{}') from jsonb_each(revision.answers)
             where key in (select jsonb_array_elements_text(cast(:wanted as jsonb) -> submission.form))) as answers
      from submission
      join revision on revision.submission_id = submission.id and revision.number = submission.revision
     where submission.region_code ^@ :region and submission.state <> 'withdrawn'
     order by submission.unit_id, submission.form, submission.created_at, submission.id
""")
COUNTY_DIGITS: Final = 6


@dataclass(frozen=True, slots=True)
class UnitLine:
    """One unit of the register; of two records of one form, the later."""

    unit: str
    region_code: str
    owes: bool  # lies in the region under check and was not found closed, moved or twice
    forms: dict[str, Mapping[str, Any]] = field(default_factory=dict[str, Mapping[str, Any]])


def register_lines(session: Session, region: str, wanted: Mapping[str, Collection[str]]) -> list[UnitLine]:
    """Read the units of the whole county around a region, so that what stands in its next town can be looked up.

    ``wanted`` names by form the answers that are read; of the others only that the form is there.
    """
    around = region[:COUNTY_DIGITS]
    units = session.execute(
        select(Unit.id, Unit.region_code, Unit.outcome)
        .where(Unit.region_code.startswith(around, autoescape=True))
        .order_by(Unit.id)
    )
    lines = {
        row.id: UnitLine(
            str(row.id), row.region_code, row.region_code.startswith(region) and row.outcome not in NOTHING_TO_FILL
        )
        for row in units
    }
    keys = orjson.dumps({form: sorted(each) for form, each in wanted.items()}).decode()
    for row in session.execute(FORMS, {"region": around, "wanted": keys}):
        if row.unit_id in lines:
            lines[row.unit_id].forms[row.form] = row.answers
    return list(lines.values())


def outlines(session: Session, region: str) -> dict[str, list[Mapping[str, Any]]]:
    """Give the outlines (GeoJSON geometries) of villages all of whose enumeration areas have been surveyed."""
    found: dict[str, list[Mapping[str, Any]]] = {}
    unknown = set[str]()
    areas = (
        select(EnumerationArea)
        .where(EnumerationArea.region_code.startswith(region, autoescape=True))
        .order_by(EnumerationArea.code)
    )
    for area in session.scalars(areas):
        if area.boundary is None or area.is_schematic:
            unknown.add(area.region_code)
        else:
            found.setdefault(area.region_code, []).append(area.boundary)
    return {village: parts for village, parts in found.items() if village not in unknown}

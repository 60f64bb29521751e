"""What the respondent of the story answers: a workshop whose forms are right, but for what the story needs."""

from __future__ import annotations

import random
from dataclasses import dataclass
from typing import Any, Final

from census.demo.answers import Workshop, basics, listing, wastewater

HOURS: Final = 2_400
OUTPUT_KYUAN: Final = 9_000.0
Answers = dict[str, Any]


@dataclass(frozen=True, slots=True)
class Story:
    """The answers of one unit's forms."""

    listing: Answers
    basics: Answers
    wastewater: Answers

    def of(self, form: str) -> Answers:
        return {"QC-1": self.listing, "G101-1": self.basics, "G102": self.wastewater}[form]


def story(unit: dict[str, Any]) -> Story:
    """Invent answers around what the phone was given of the unit: ``/collect/units/<id>/data``."""
    first = {form["form"]: form["first"] for form in unit["forms"]}
    known = unit["baseline"] | first["G101-1"]
    for seed in range(100):
        chance = random.Random(seed)
        shop = Workshop(
            str(known["industry_code_1"]),
            makes_wastewater=True,
            output_kyuan=OUTPUT_KYUAN,
            scale="3",
            hours=HOURS,
            is_running=True,
        )
        head = first["G101-1"] | basics(shop, known, chance)
        water = first["G102"] | wastewater(shop, head, chance)
        if water.get("facility") and int(water["water_intake_total"]) < 900:  # written without grouped digits
            return Story(first["QC-1"] | listing(shop), head, water)
    raise AssertionError("no workshop with a treatment facility was drawn")

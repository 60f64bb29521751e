"""A place of the 散乱污 register, with the days of its steps in order."""

from __future__ import annotations

from collections.abc import Mapping
from random import Random
from typing import Final

from census.examples.recipes.recipe import Answers, Recipe
from census.examples.units import person


def _scattered(rng: Random, _related: Mapping[str, Answers]) -> Answers:
    steps = ("found", "verify", "classified", "done", "closed")
    days = sorted(rng.sample(range(1, 27), len(steps)))
    dates = {
        f"{step}_date": f"2018-{month:02d}-{day:02d}"
        for month, (step, day) in enumerate(zip(steps, days, strict=True), start=3)
    }
    return {
        **dates,
        "deadline": f"2018-12-{rng.randrange(1, 28):02d}",
        "verifiers": f"{person(rng)}、{person(rng)}",
        "gps_source": "device",
        "category": "upgrade",
        "mode": "inplace",
        "poll_kinds": ["noise"],
        "building_illegal": "no",
        "licence_name_match": "match",
        "has_licence": True,
        "luan_has_plan": True,
    }


RECIPES: Final[dict[str, Recipe]] = {"scattered": _scattered}

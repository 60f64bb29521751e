"""Industrial parks, as their administration describes them."""

from __future__ import annotations

from collections.abc import Mapping
from random import Random
from typing import Final

from census.examples.recipes.recipe import Answers, Recipe

_TRADES: Final = (
    ("3857", "家用电力器具专用配件制造"),
    ("2929", "塑料零件及其他塑料制品制造"),
    ("3484", "机械零部件加工"),
)


def _g108(rng: Random, _related: Mapping[str, Answers]) -> Answers:
    working = rng.randrange(20, 45)
    first, second = rng.randrange(35, 55), rng.randrange(15, 30)
    return {
        "park_name": "广州番禺经济技术开发区",
        "park_code": "x-01",
        "park_level": "2",
        "park_type_comprehensive": ["1"],
        "approved_area": f"{rng.uniform(150, 900):.2f}",
        "approval_dept": "广东省人民政府",
        "approval_date": f"{rng.randrange(1992, 2011)}-06-{rng.randrange(10, 29)}",
        "registered_enterprises": str(working + rng.randrange(2, 30)),
        "actual_enterprises": str(working),
        "lead_industry1_code": _TRADES[0][0],
        "lead_industry1_name": _TRADES[0][1],
        "lead_industry1_share": f"{first:.1f}",
        "lead_industry2_code": _TRADES[1][0],
        "lead_industry2_name": _TRADES[1][1],
        "lead_industry2_share": f"{second:.1f}",
        "lead_industry3_code": _TRADES[2][0],
        "lead_industry3_name": _TRADES[2][1],
        "lead_industry3_share": f"{second - 5:.1f}",
        "separated_drainage": True,
        "clean_drainage_type": "B",
        "sewage_drainage_type": "E",
        "sewage_receiving_name": "前锋净水厂",
        "has_domestic_plant": False,
        "has_industrial_plant": True,
        "industrial_plant_name": "番禺经济技术开发区污水处理厂",
        "industrial_plant_connected": str(working - rng.randrange(0, 10)),
        "air_station_points": ["4"],
        "water_station_points": ["4"],
    }


RECIPES: Final[dict[str, Recipe]] = {"G108": _g108}

"""Invented units of Panyu for examples, training and demo data: names, codes and places that hang together."""

from __future__ import annotations

from collections.abc import Sequence
from functools import cache
from random import Random
from typing import Any, Final

from forms.boundaries import boundary
from forms.codelists import Entry, codelist
from validation.language.functions import USCC_ALPHABET, inside_rings, org_check_character, uscc_check_character

COUNTY: Final = "440113"
_SURNAMES: Final = "陈李黄张梁林刘吴何郭罗麦冼简区邓卢曾谢周"
_GIVEN: Final = (
    "伟强",
    "志明",
    "丽华",
    "建国",
    "秀英",
    "家豪",
    "永康",
    "惠珍",
    "少芬",
    "国栋",
    "嘉敏",
    "文杰",
    "月娥",
    "锦辉",
    "淑仪",
    "俊杰",
    "桂芳",
    "耀祖",
    "美玲",
    "海涛",
)
_BRANDS: Final = (
    "恒昌",
    "永顺",
    "宏达",
    "粤兴",
    "南粤",
    "信发",
    "德利",
    "隆盛",
    "华业",
    "联丰",
    "创兴",
    "金源",
    "瑞康",
    "新雅",
    "广益",
    "正泰隆",
    "万和兴",
    "百利",
    "大成",
    "顺景",
)
# Words for a name, and the GB/T 4754 class they stand for: common trades of the district that owe no further forms.
_TRADES: Final = (
    ("食品", "1411"),
    ("饮料", "1523"),
    ("纺织", "1711"),
    ("服装", "1811"),
    ("皮具", "1922"),
    ("纸制品", "2231"),
    ("玩具", "2451"),
    ("塑料制品", "2929"),
    ("玻璃制品", "3055"),
    ("五金制品", "3351"),
    ("机械", "3484"),
    ("电器", "3857"),
    ("灯饰", "3872"),
    ("珠宝首饰", "2438"),
)
_ROADS: Final = (
    "工业大道",
    "兴业路",
    "市莲路",
    "迎宾路",
    "东环路",
    "钟韦路",
    "石楼大道",
    "南大干线",
    "新兴路",
    "环村路",
)

Facts = dict[str, Any]  # raw answers by the name that ``prefill`` of an item uses


def person(rng: Random) -> str:
    return rng.choice(_SURNAMES) + rng.choice(_GIVEN)


def mobile(rng: Random) -> str:
    return f"1{rng.choice('3578')}{rng.randrange(10**9):09d}"


def uscc(rng: Random) -> str:
    body = "91" + COUNTY + "MA" + "".join(rng.choice(USCC_ALPHABET) for _ in range(7))
    return body + uscc_check_character(body)


def org_code(rng: Random) -> str:
    body = f"{rng.randrange(10**8):08d}"
    return body + org_check_character(body)


def degrees(value: float) -> dict[str, Any]:
    """Write decimal degrees as degrees, minutes and seconds with two decimals."""
    hundredths = round(value * 360_000)
    return {"d": hundredths // 360_000, "m": hundredths // 6_000 % 60, "s": f"{hundredths % 6_000 / 100:.2f}"}


@cache
def villages() -> Sequence[Entry]:
    return tuple(entry for entry in codelist("villages") if entry.is_selectable)


@cache
def industries() -> tuple[tuple[str, str], ...]:
    """Give the trades whose class the code list has and that need no storage of liquids and no volatile materials."""
    listed = codelist("gbt4754")
    plain = [(word, entry) for word, code in _TRADES if (entry := listed.get(code)) and entry.is_selectable]
    chosen = [
        (word, entry.code)
        for word, entry in plain
        if entry.attributes.get("tank_loading") != "1" and entry.attributes.get("voc_material") != "1"
    ]
    if chosen:
        return tuple(chosen)
    industrial = (entry for entry in listed if entry.is_selectable and entry.attributes.get("industrial") == "1")
    return (("制品", next(industrial).code),)


def position(rng: Random) -> tuple[float, float]:
    """Draw a position within the county, in degrees with six decimals."""
    rings = boundary(COUNTY)
    while True:
        lon, lat = round(rng.uniform(113.25, 113.55), 6), round(rng.uniform(22.87, 23.05), 6)
        if rings is None or inside_rings(lon, lat, rings):
            return lon, lat


def _town(village: Entry) -> str:
    """Name the town that a village lies in; a list of towns need not hold all of them."""
    if town := codelist("towns").get(village.parent):
        return town.label
    return codelist("regions").label(village.code[:9])


def facts(rng: Random) -> Facts:
    """Invent one unit."""
    village = rng.choice(villages())
    word, industry = rng.choice(industries())
    lon, lat = position(rng)
    place = village.label.removesuffix("村民委员会").removesuffix("居民委员会")
    name = f"广州市番禺{rng.choice(_BRANDS)}{rng.choice(_BRANDS)[0]}{word}有限公司"
    return {
        "unit.name": name,
        "unit.credit_code": uscc(rng),
        "unit.district_code": f"{village.code}{rng.randrange(1, 60):04d}",
        "unit.region_code": village.code,
        "unit.town_code": village.code[:9],
        "unit.village_code": village.code,
        "unit.province_name": "广东省",
        "unit.city_name": "广州市",
        "unit.county_name": "番禺区",
        "unit.town_name": _town(village),
        "unit.address": f"{place}{rng.choice(_ROADS)}{rng.randrange(1, 300)}号",
        "unit.longitude": degrees(lon),
        "unit.latitude": degrees(lat),
        "unit.contact_person": person(rng),
        "unit.contact_phone": mobile(rng),
        "unit.industry_code": industry,
        "unit.legal_representative": person(rng),
        "account.name": person(rng),
        "account.card": f"44011318{rng.randrange(10**4):04d}",
        "today": f"2018-{rng.randrange(4, 9):02d}-{rng.randrange(1, 29):02d}",
        "position": {
            "lon": f"{lon:.6f}",
            "lat": f"{lat:.6f}",
            "accuracy_m": str(rng.randrange(4, 21)),
            "at": "2018-06-20T10:12:00+08:00",
            "source": "device",
        },
    }

"""Names of the synthetic district's people and workshops: invented from common parts, with valid check digits."""

from __future__ import annotations

import random
from dataclasses import dataclass

USCC_ALPHABET = "0123456789ABCDEFGHJKLMNPQRTUWXY"

SURNAMES = "陈黄梁李何林郭张冯麦黎罗谢周彭简苏韩邓区屈卢曾"
GIVEN = "伟强志明国华建军永康少芳丽玉珍海波子健文斌家欣浩然慧敏润成锦添"
SHOPS = "兴盛永安宏达广源顺发联丰华利金辉恒泰鸿运新业德信昌隆裕丰汇丰泰和隆兴百顺嘉利"


@dataclass(frozen=True, slots=True)
class Trade:
    """A kind of workshop: industry class, what it is called, and whether it makes wastewater."""

    industry: str
    words: str
    makes_wastewater: float  # share of such workshops that do
    weight: int


TRADES = (
    Trade("3351", "五金制品", 0.4, 14),
    Trade("2924", "塑料包装", 0.3, 12),
    Trade("2231", "纸箱", 0.3, 7),
    Trade("1819", "制衣", 0.2, 12),
    Trade("2110", "木器家具", 0.2, 9),
    Trade("2319", "印刷", 0.5, 6),
    Trade("3360", "电镀", 1.0, 3),
    Trade("1713", "漂染", 1.0, 3),
    Trade("2438", "珠宝首饰", 0.6, 6),
    Trade("3525", "模具", 0.3, 6),
    Trade("3899", "电器", 0.3, 6),
    Trade("1951", "皮鞋", 0.3, 6),
    Trade("1392", "豆制品", 0.9, 4),
    Trade("3484", "机械配件", 0.3, 6),
)


def credit_code(chance: random.Random, region: str = "440113") -> str:
    """Make a unified social credit code whose check digit holds (GB 32100-2015)."""
    body = "91" + region + "".join(chance.choice(USCC_ALPHABET) for _ in range(9))
    total = sum(USCC_ALPHABET.index(sign) * pow(3, place, 31) for place, sign in enumerate(body))
    return body + USCC_ALPHABET[(31 - total % 31) % 31]


def person(chance: random.Random) -> str:
    """Invent a person's name."""
    return chance.choice(SURNAMES) + "".join(chance.sample(GIVEN, chance.choice((1, 2, 2))))


def phone(chance: random.Random) -> str:
    """Invent a mobile number in a range that is not given out (19900…)."""
    return "199" + f"{chance.randrange(10_000_000):08d}"


def trade(chance: random.Random) -> Trade:
    """Draw a kind of workshop by its share in the district."""
    return chance.choices(TRADES, weights=[kind.weight for kind in TRADES])[0]


def workshop(chance: random.Random, town: str, kind: Trade) -> str:
    """Invent the name of a workshop."""
    short = town.removesuffix("街道").removesuffix("镇")
    pair = "".join(chance.sample(SHOPS, 2))
    ending = chance.choices(("厂", "加工厂", "有限公司", "制品厂", "加工店"), weights=(5, 4, 6, 2, 1))[0]
    return f"广州市番禺区{short}{pair}{kind.words}{ending}"

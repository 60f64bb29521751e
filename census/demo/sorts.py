"""The sorts of units that are no factories: what they are called, which form lists them, what it must then say."""

from __future__ import annotations

import random
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any, Final

from census.demo.names import SHOPS, SURNAMES
from census.demo.places import Village

Answers = Mapping[str, Any]


@dataclass(frozen=True, slots=True)
class Sort:
    """Units of one kind that are called alike and listed by one form."""

    kind: str
    weight: int
    listing: str
    names: tuple[str, ...]  # with {town}, {village}, {pair}: two lucky characters, {surname}
    fits: Callable[[Answers], bool]  # whether an answered listing form tells of such a unit

    def name(self, village: Village, chance: random.Random) -> str:
        """Invent the name of such a unit."""
        return chance.choice(self.names).format(
            town=short(village.town_name),
            village=short(village.name),
            pair="".join(chance.sample(SHOPS, 2)),
            surname=chance.choice(SURNAMES),
        )


def short(region: str) -> str:
    """Leave out what an office is called."""
    for ending in ("社区居民委员会", "村民委员会", "居委会", "村委会", "街道", "镇"):
        region = region.removesuffix(ending)
    return region


def _keeps(item: str) -> Callable[[Answers], bool]:
    return lambda answers: int(answers.get(item) or 0) > 0


def _is_category(code: str) -> Callable[[Answers], bool]:
    return lambda answers: answers.get("facility_category") == code


def _has_type(codes: str) -> Callable[[Answers], bool]:
    return lambda answers: str(answers.get("org_type")) in codes


def _any(_: Answers) -> bool:
    return True


SORTS: Final = (
    Sort(
        "livestock",
        8,
        "QC-2",
        ("{town}{village}{surname}记养猪场", "番禺区{town}{pair}生猪养殖场", "{village}{pair}猪场"),
        _keeps("pig_out"),
    ),
    Sort("livestock", 4, "QC-2", ("番禺区{town}{pair}蛋鸡场", "{village}{surname}记蛋鸡养殖场"), _keeps("layer_stock")),
    Sort("livestock", 6, "QC-2", ("番禺区{town}{pair}肉鸡养殖场", "{village}{surname}记鸡场"), _keeps("broiler_out")),
    Sort("livestock", 1, "QC-2", ("番禺区{town}{pair}奶牛场",), _keeps("dairy_stock")),
    Sort("livestock", 1, "QC-2", ("番禺区{town}{pair}肉牛养殖场",), _keeps("beef_out")),
    Sort(
        "domestic",
        10,
        "QC-3",
        (
            "广州市番禺区{town}{pair}大酒店",
            "番禺{pair}宾馆",
            "番禺{pair}洗涤服务中心",
            "{town}{village}小学",
            "番禺区{town}中心小学",
            "{town}中学",
            "番禺区{town}医院",
        ),
        _has_type("23456"),
    ),
    Sort(
        "domestic",
        12,
        "QC-4",
        ("{town}{village}生活污水排污口", "{village}涌口排污口", "{town}{village}市政排污口"),
        _any,
    ),
    Sort("centralized", 8, "QC-5", ("{town}{village}农村生活污水处理站", "{village}污水处理设施"), _is_category("13")),
    Sort("centralized", 2, "QC-5", ("番禺区{town}净水厂", "{town}{pair}污水处理厂"), _is_category("11")),
)

WORKS: Final = SORTS[-1]


def sort_of(kind: str, chance: random.Random) -> Sort:
    """Draw a sort of this kind by its share in the district."""
    of_kind = [sort for sort in SORTS if sort.kind == kind]
    return chance.choices(of_kind, weights=[sort.weight for sort in of_kind])[0]

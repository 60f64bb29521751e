"""Is it in the register already: looked up by name, credit code and position, here or offline on the phone.

What is told of a unit that is not the asker's is what stands on its door: name, address, kind, and where it is.
"""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass
from itertools import pairwise
from typing import Any, Final, Literal
from uuid import UUID

from sqlalchemy import select, text
from sqlalchemy.orm import Session

from census.models.register import Unit
from census.services.register.small_map import METRES_PER_DEGREE, distance_m

NEAR_M: Final = 50.0
MOST: Final = 5
LEAST_NAME: Final = 2
TAIL: Final = 6  # last characters of a credit code: enough to tell, too few to give it away

Reason = Literal["code", "name", "position"]

CANDIDATES: Final = text("""
    select id, name, address, kind, outcome, lon, lat, similarity(name, :name) as likeness,
           coalesce(credit_code = :code, false) as same_code,
           (name % :name or position(:name in name) > 0) and length(:name) >= 2 as same_name
      from unit
     where id <> all(cast(:except as uuid[]))
       and (credit_code = :code or name % :name or (length(:name) >= 2 and name like :pattern)
            or (lat between :south and :north and lon between :west and :east))
     order by same_code desc, same_name desc, likeness desc, id limit 50
""")

# The first of each initial's characters in GB 2312: its 3,755 common characters stand in the order of their pinyin.
FIRST_OF: Final = "啊芭擦搭蛾发噶哈击喀垃妈拿哦啪期然撒塌挖昔压匝"
INITIALS: Final = "abcdefghjklmnopqrstwxyz"
LAST_COMMON: Final = 0xD7F9


@dataclass(frozen=True, slots=True)
class Alike:
    """A unit of the register that may be the one at hand, and why."""

    id: UUID
    name: str
    address: str
    kind: str
    outcome: str | None
    reasons: tuple[Reason, ...]
    away_m: float | None


def similar(
    session: Session,
    *,
    name: str = "",
    code: str = "",
    position: tuple[float, float] | None = None,
    without: Sequence[UUID] = (),
) -> list[Alike]:
    """Units of the caller's regions with this credit code, a name like this one, or within 50 metres.

    The likeliest come first.
    """
    name, code = name.strip(), code.strip().upper()
    if len(name) < LEAST_NAME and not code and position is None:
        return []
    box = _box(position)
    rows = session.execute(
        CANDIDATES,
        {
            "name": name,
            "code": code or None,
            "pattern": f"%{_literal(name)}%",
            "except": list(without),
            **box,
        },
    )
    # The box around the position is a square: what lies in its corners is no reason.
    found = [one for one in (_alike(row, position) for row in rows) if one.reasons]
    found.sort(key=lambda one: (-len(one.reasons), "code" not in one.reasons, "name" not in one.reasons))
    return found[:MOST]


def index_around(session: Session, limit: int) -> list[tuple[str, str, str, str, str, float | None, float | None]]:
    """The register of the caller's regions as a phone packs it.

    Of each unit id, name, address, pinyin initials, tail of the credit code, longitude and latitude.
    """
    rows = session.execute(
        select(Unit.id, Unit.name, Unit.address, Unit.credit_code, Unit.lon, Unit.lat).order_by(Unit.id).limit(limit),
    )
    return [
        (
            str(row.id),
            row.name,
            row.address,
            initials(row.name),
            (row.credit_code or "")[-TAIL:],
            _rounded(row.lon, 5),
            _rounded(row.lat, 5),
        )
        for row in rows
    ]


def initials(name: str) -> str:
    """The pinyin initials of a name, as people type them to find it: 兴盛五金加工厂 is xswjjgc.

    Rare characters are left out.
    """
    return "".join(map(_initial, name.lower()))


def _initial(character: str) -> str:
    if character.isascii() and character.isalnum():
        return character
    if character.isascii():
        return ""
    try:
        code = int.from_bytes(character.encode("gb2312"))
    except UnicodeEncodeError:
        return ""
    if code > LAST_COMMON:
        return ""  # the rarer characters stand in the order of their strokes
    for letter, (first, following) in zip(INITIALS, pairwise(_STARTS), strict=True):
        if first <= code < following:
            return letter
    return ""


_STARTS: Final = [*(int.from_bytes(character.encode("gb2312")) for character in FIRST_OF), LAST_COMMON + 1]


def _alike(row: Any, position: tuple[float, float] | None) -> Alike:
    away = None
    if position and row.lon is not None and row.lat is not None:
        away = distance_m(position, (row.lon, row.lat))
    reasons: list[Reason] = []
    if row.same_code:
        reasons.append("code")
    if row.same_name:
        reasons.append("name")
    if away is not None and away <= NEAR_M:
        reasons.append("position")
    return Alike(row.id, row.name, row.address, row.kind, row.outcome, tuple(reasons), _rounded(away))


def _box(position: tuple[float, float] | None) -> dict[str, float | None]:
    if position is None:
        return dict.fromkeys(("west", "east", "south", "north"))
    lon, lat = position
    up = NEAR_M / METRES_PER_DEGREE
    across = up / max(math.cos(math.radians(lat)), 0.01)
    return {"west": lon - across, "east": lon + across, "south": lat - up, "north": lat + up}


def _literal(name: str) -> str:
    return name.replace("\\", "\\\\").replace("%", "\\%").replace("_", "\\_")


def _rounded(value: float | None, decimals: int | None = None) -> float | None:
    if value is None:
        return None
    return round(value, decimals)

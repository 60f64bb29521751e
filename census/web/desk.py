"""How states, times and numbers look on every desk page; words of one wing alone stand with its pages.

``install`` gives them to the templates: a name left out there breaks every desk page.
"""

from __future__ import annotations

from datetime import UTC, datetime
from typing import Any, Final, NamedTuple

from flask import Flask

from census.access import ROLE_NAMES
from census.clock import CHINA
from census.services.collect.states import STATE_NAMES
from census.services.review.check_names import check_name
from forms.item_types.numbers import grouped

COUNTED_DAYS: Final = 100
RECENT_DAYS: Final = {0: "今天", 1: "昨天"}


class Chip(NamedTuple):
    """A state as it looks: always colour, sign and word."""

    colour: str
    sign: str
    word: str


CHIPS: Final = {
    "submitted": ("grey", "○"),
    "received": ("grey", "○"),
    "checked": ("blue", "○"),
    "flagged": ("red", "✕"),
    "supervisor_approved": ("green", "✓"),
    "county_approved": ("green", "✓"),
    "city_approved": ("green", "✓"),
    "province_approved": ("green", "✓"),
    "handed_up": ("green", "✓"),
    "accepted": ("green", "✓"),
    "returned": ("amber", "↩"),
    "withdrawn": ("grey", "↩"),
    "": ("grey", "○"),
}


def chip(state: str) -> Chip:
    """How a submission's state looks; the empty state is a form that nobody has begun."""
    return Chip(*CHIPS[state], STATE_NAMES.get(state, "未开始"))


def moment(at: datetime | None) -> str:
    """A time as people say it, in China's time: 今天 10:12, 8 月 20 日 09:30, 2018 年 8 月 20 日."""
    if at is None:
        return "—"
    here, today = at.astimezone(CHINA), datetime.now(CHINA).date()
    clock = f"{here:%H:%M}"
    days = (today - here.date()).days
    if days in RECENT_DAYS:
        return f"{RECENT_DAYS[days]} {clock}"
    if here.year == today.year:
        return f"{here.month} 月 {here.day} 日 {clock}"
    return f"{here.year} 年 {here.month} 月 {here.day} 日"


def waited(since: datetime) -> str:
    """How long something has waited: 3 小时, 12 天; the day itself when that is long ago."""
    hours = int((datetime.now(UTC) - since).total_seconds() // 3600)
    if hours >= 24 * COUNTED_DAYS:
        return f"{since.astimezone(CHINA):%Y-%m-%d}"
    if hours >= 24:
        return f"{hours // 24} 天"
    if hours > 0:
        return f"{hours} 小时"
    return "刚刚"


def village(name: str) -> str:
    """The name of a village or community as people say it, without its committee."""
    return name.replace("社区居民委员会", "社区").replace("村民委员会", "村")


def number(value: float) -> str:
    """A count with its digits in threes."""
    return grouped(str(value))


def figure(value: float, precision: int | None) -> str:
    """A figure with as many decimals as its item has, digits in threes."""
    return grouped(f"{value:.{precision or 0}f}")


def install(app: Flask) -> None:
    """Give the desk's templates their words."""
    globals_: dict[str, Any] = {"chip": chip, "role_names": ROLE_NAMES, "state_names": STATE_NAMES}
    app.jinja_env.globals.update(globals_)
    filters: dict[str, Any] = {
        "moment": moment,
        "waited": waited,
        "count": number,
        "village": village,
        "figure": figure,
        "check_name": check_name,
    }
    app.jinja_env.filters.update(filters)

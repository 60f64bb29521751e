"""``report.html``: what a head of bureau reads in five minutes. One file, no script, no network, for A4 or a phone.

Everything drawn also stands in a table. Figures of an industry with fewer than three firms are not shown by themselves:
whoever knows one of the two would know the other.
"""

from __future__ import annotations

import math
import re
from collections import Counter
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Final, cast

import jinja2

from exports.engines import Summary
from exports.package import YEAR
from exports.record import OpenFinding, Progress, Region, Standing, Unit
from exports.warehouse import Found
from exports.workbook import Heading
from forms.boundaries import boundary
from forms.definition import Form

TEMPLATES: Final = Path(__file__).with_name("templates")
FEWEST_FIRMS: Final = 3
INDUSTRIES_SHOWN: Final = 10
CHECKS_SHOWN: Final = 10
WARNINGS_SHOWN: Final = 20
ORDER_OF_STATES: Final = {"open": 0, "exempt": 1, "explained": 2}
MAP_WIDTH: Final = 640
TOWN_DIGITS: Final = 9
WHOLE: Final = ("objects_by_town", "computed_figures")  # summary tables short enough to stand in the report as they are
IMPLIED: Final = {
    "required": "必填",
    "type": "写法",
    "range": "取值范围",
    "code": "代码",
    "precision": "小数位数",
    "pattern": "格式",
    "rows": "行数",
    "unknown": "多余的指标",
    "duplicate": "重复填报",
}
KINDS: Final = {
    "industrial": "工业源",
    "livestock": "畜禽规模养殖场",
    "domestic": "生活源",
    "centralized": "集中式设施",
}
Row = Mapping[str, str | int | float | None]


@dataclass(frozen=True, slots=True)
class Matter:
    """What the report tells beside the summary tables."""

    units: Sequence[Unit]
    regions: Sequence[Region]
    findings: Sequence[OpenFinding]
    standing: Standing | None
    found: Sequence[Found]


@dataclass(frozen=True, slots=True)
class Town:
    """One town: how far it has come, and where it lies on the map (None: none of its units has a position)."""

    number: int
    code: str
    name: str
    units: int
    visited: int
    passed: int
    found: int
    x: float | None = None
    y: float | None = None
    radius: float = 0.0

    @property
    def share(self) -> float:
        if self.units == 0:
            return 0.0
        return self.passed / self.units

    @property
    def step(self) -> int:
        """Colour of the town: 0 nothing done … 4 all."""
        if self.passed >= self.units:
            return 4
        return min(3, math.ceil(self.share * 4 - 1e-9))  # a hair less, so that an exact quarter is one step, not two


@dataclass(frozen=True, slots=True)
class Map:
    """The region's outline as an SVG path, with its height; the width is ``MAP_WIDTH``."""

    path: str
    height: int


def write(path: Path, heading: Heading, summaries: Sequence[Summary], matter: Matter) -> None:
    """Write the report."""
    templates = jinja2.Environment(
        loader=jinja2.FileSystemLoader(TEMPLATES),
        autoescape=True,
        undefined=jinja2.StrictUndefined,
        trim_blocks=True,
        lstrip_blocks=True,
    )
    cast("dict[str, object]", templates.filters).update(grouped=_grouped, percent=_percent)
    tables = {summary.query.name: _rows(summary) for summary in summaries}
    outline, towns = _towns(heading.region, matter)
    water, hidden = shown_industries(tables["wastewater_by_industry"][:-1])
    page = templates.get_template("report.html").render(
        heading=heading,
        summaries=[shown for summary in summaries if summary.query.name in WHOLE and (shown := _told(summary)).rows],
        year=YEAR,
        matter=matter,
        outline=outline,
        width=MAP_WIDTH,
        towns=towns,
        kinds=_kinds(matter.units),
        water=water,
        hidden_industries=hidden,
        fewest=FEWEST_FIRMS,
        water_total=tables["wastewater_by_industry"][-1],
        checks=_checks(matter.found),
        check_count=len({each.check_id for each in matter.found}),
        states=Counter(finding.state for finding in matter.findings),
        warnings=_warnings(matter),
        warning_limit=WARNINGS_SHOWN,
    )
    path.write_text(page, encoding="utf-8")


def _told(summary: Summary) -> Summary:
    """Leave out of computed figures what few firms share; a region's own are no firm's."""
    if summary.query.name != "computed_figures":
        return summary
    told = [
        row
        for row, named in zip(summary.rows, _rows(summary), strict=True)
        if named["about"] == "地区" or _number(named, "objects") >= FEWEST_FIRMS
    ]
    return replace(summary, rows=tuple(told))


def check_title(form: Form | None, check: str) -> str:
    """Give what a check is about, in the words of its definition and without anybody's answers."""
    *_, key, kind = ("", *check.split("."))  # of a check that an item's definition implies: «G102.name.required»
    implied = IMPLIED.get(kind, check)
    if form is None:  # of an older program
        return implied
    for written in (*form.checks, *form.table_checks):
        if written.id == check:
            return re.sub(r"“?\{[^}]*\}”?", "…", written.message).partition("。")[0] + "。"
    name = next((item.name for item in form.items() if item.key == key), "")
    if not name:
        return implied
    return f"{name}：{implied}"


def shown_industries(rows: Sequence[Row]) -> tuple[list[Row], int]:
    """Give the industries with most wastewater, the rest as one line; and how many stay hidden in it.

    An industry of few firms joins the rest; a rest of few firms takes the smallest shown industry in, until it hides
    them.
    """
    ordered = sorted(rows, key=lambda row: (-_number(row, "wastewater"), str(row["division"])))
    few = [row for row in ordered if _number(row, "plants") < FEWEST_FIRMS]
    many = [row for row in ordered if _number(row, "plants") >= FEWEST_FIRMS]
    shown, rest = many[:INDUSTRIES_SHOWN], [*many[INDUSTRIES_SHOWN:], *few]
    while rest and shown and sum(_number(row, "plants") for row in rest) < FEWEST_FIRMS:
        rest.append(shown.pop())
    if not rest:
        return shown, len(few)
    if sum(_number(row, "plants") for row in rest) < FEWEST_FIRMS:  # all there are: whatever is shown tells them
        return [], len(few)
    figures = ("plants", "intake", "wastewater", "cod", "ammonia", "nitrogen", "phosphorus")
    sums = {name: sum(_number(row, name) for row in rest) for name in figures}
    return [*shown, {"division": "", "industry": "其他行业", **sums}], len(few)


def _rows(summary: Summary) -> list[Row]:
    names = [column.name for column in summary.query.columns]
    return [dict(zip(names, row, strict=True)) for row in summary.rows]


def _number(row: Row, name: str) -> float:
    value = row[name]
    if not isinstance(value, int | float):
        return 0
    return value


def _kinds(units: Iterable[Unit]) -> list[tuple[str, int]]:
    counts = Counter(KINDS.get(unit.kind, "行政区对象") for unit in units if unit.outcome in {"done", "stopped"})
    return [(name, counts[name]) for name in (*KINDS.values(), "行政区对象") if counts[name]]


def _checks(found: Iterable[Found]) -> list[tuple[str, str, int]]:
    counts = Counter((each.check_id, each.title) for each in found)
    most_first = sorted(counts.items(), key=lambda each: (-each[1], each[0]))
    return [(check, title, count) for (check, title), count in most_first[:CHECKS_SHOWN]]


def _warnings(matter: Matter) -> list[tuple[str, str, str]]:
    """Give findings that leave with the records: the rule, what state it is in, what was said about it.

    No names, no answers.
    """
    told = [
        (each.title, finding.state, finding.explanation)
        for each, finding in zip(matter.found, matter.findings, strict=True)
    ]
    return sorted(told, key=lambda each: ORDER_OF_STATES.get(each[1], len(ORDER_OF_STATES)))[:WARNINGS_SHOWN]


def _towns(region: Region, matter: Matter) -> tuple[Map | None, list[Town]]:
    names = {each.code: _name(each) for each in matter.regions}
    # Towns by their code; what stands for a region as a whole comes last.
    ordered = sorted(_progress(matter), key=lambda each: (len(each.town_code) < TOWN_DIGITS, each.town_code))
    found = Counter(each.region_code[:9] for each in matter.found)
    towns = [
        Town(
            number,
            each.town_code,
            names.get(each.town_code, each.town_code),
            each.units,
            each.visited,
            each.passed,
            found[each.town_code],
        )
        for number, each in enumerate(ordered, start=1)
    ]
    rings = boundary(region.code[:6])
    if rings is None:
        return None, towns
    west, east = (end(lon for ring in rings for lon, _ in ring) for end in (min, max))
    south, north = (end(lat for ring in rings for _, lat in ring) for end in (min, max))
    narrow = math.cos(math.radians((south + north) / 2))  # a degree of longitude is shorter than one of latitude
    scale = (MAP_WIDTH - 32) / ((east - west) * narrow)

    def at(lon: float, lat: float) -> tuple[float, float]:
        return round(16 + (lon - west) * narrow * scale, 1), round(16 + (north - lat) * scale, 1)

    path = " ".join("M" + " ".join(f"{x},{y}" for x, y in (at(*place) for place in ring)) + "Z" for ring in rings)
    largest = max((town.units for town in towns), default=1)
    placed = [_placed(town, matter.units, largest, at) for town in towns]
    return Map(path, round(32 + (north - south) * scale)), placed


def _name(region: Region) -> str:
    if len(region.code) < TOWN_DIGITS:  # in a list of towns, the forms about it as a whole
        return f"{region.name}综合表"
    return region.name


def _placed(town: Town, units: Sequence[Unit], largest: int, at: Callable[[float, float], tuple[float, float]]) -> Town:
    if len(town.code) < TOWN_DIGITS:  # a region's own forms lie nowhere
        return town
    spots = [
        (unit.lon, unit.lat)
        for unit in units
        if unit.region_code.startswith(town.code) and unit.lon is not None and unit.lat is not None
    ]
    if not spots:
        return town
    x, y = at(sum(lon for lon, _ in spots) / len(spots), sum(lat for _, lat in spots) / len(spots))
    return replace(town, x=x, y=y, radius=round(11 + 15 * math.sqrt(town.units / largest), 1))


def _progress(matter: Matter) -> Sequence[Progress]:
    if matter.standing is None:
        return _counted(matter.units)
    return matter.standing.progress


def _counted(units: Iterable[Unit]) -> list[Progress]:
    """Count towns by the units that leave, where nobody told how far each has come."""
    counts = Counter(unit.region_code[:9] for unit in units)
    return [Progress(code, count, count, count) for code, count in sorted(counts.items())]


def _grouped(value: str | float | None, decimals: int = 0) -> str:
    if not isinstance(value, int | float):
        return value or ""
    return f"{value:,.{decimals}f}".replace(",", "\u2009")


def _percent(part: float, whole: float) -> float:
    if not whole:
        return 0.0
    return round(100 * part / whole, 1)

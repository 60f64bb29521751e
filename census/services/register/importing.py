"""Taking a list of units into the register: each row is judged by itself, the file is taken whole or not at all."""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any, Final
from uuid import UUID

from sqlalchemy import insert, select
from sqlalchemy.orm import Session

from census.db import Base, new_id, now
from census.models.people import Account
from census.models.register import Assignment, EnumerationArea, Region, Team, Unit
from census.services import evidence
from census.services.register.directory import KINDS
from census.services.register.unit_forms import basis, owed
from census.services.register.units import facts
from forms.catalogue import catalogue
from forms.codelists import codelist
from validation.language.functions import valid_uscc

HEADINGS: Final[Mapping[str, tuple[str, ...]]] = {
    "name": ("单位名称", "单位详细名称", "普查对象名称", "名称", "unit_name"),
    "kind": ("类型", "普查对象类型", "源类型"),
    "address": ("地址", "详细地址", "生产地址", "单位地址"),
    "credit_code": ("统一社会信用代码", "信用代码", "uscc"),
    "industry_code": ("行业代码", "行业小类代码", "行业类别代码"),
    "region_code": ("区划代码", "行政区划代码", "统计用区划代码", "村居代码"),
    "area_code": ("普查小区代码", "普查小区"),
    "area_name": ("普查小区名称",),
    "team": ("组", "普查组", "组名"),
    "lon": ("经度", "longitude"),
    "lat": ("纬度", "latitude"),
    "enumerator": ("普查员", "普查员账号"),
    "former_name": ("曾用名",),
    "org_code": ("组织机构代码",),
    "legal_representative": ("法定代表人", "法定代表人（单位负责人）"),
    "contact_person": ("联系人",),
    "contact_phone": ("联系电话", "电话"),
}
KNOWN: Final = ("former_name", "org_code", "legal_representative", "contact_person", "contact_phone")
CHINA: Final = {"lon": (73.0, 136.0), "lat": (3.0, 54.0)}
AT_ONCE: Final = 1_000
KIND_CODES: Final = (
    {name: code for code, name in KINDS.items()}
    | {code: code for code in KINDS}
    | {"工业源": "industrial", "": "industrial"}
)


@dataclass(frozen=True, slots=True)
class Rejected:
    """A row that was not taken, by its number in the file, and why."""

    row: int
    reason: str


@dataclass(slots=True)
class Report:
    """What became of a file."""

    accepted: int = 0
    rejected: list[Rejected] = field(default_factory=list[Rejected])
    # taken, and perhaps in the register under another name
    doubtful: list[Rejected] = field(default_factory=list[Rejected])
    areas: int = 0  # enumeration areas that the file brings along
    written: bool = False


class BadFile(ValueError):
    """The file as a whole is no list of units."""


def import_register(
    session: Session, table: Sequence[Sequence[str]], *, most_rejected: int, dry_run: bool, actor: str
) -> Report:
    """Take a table with a heading row into the register.

    Nothing is written with ``dry_run`` or when more rows are rejected than allowed. Raises BadFile without a column
    of names and of region codes.
    """
    if not table:
        raise BadFile("文件是空的。")
    columns = _columns(table[0])
    judge, taken, report = _Judge(session), _Taken(), Report()
    for number, cells in enumerate(table[1:], 2):
        row = {key: cells[index].strip() for key, index in columns.items() if index < len(cells)}
        if not any(row.values()):
            continue
        reason = judge.fault(row)
        if reason:
            report.rejected.append(Rejected(number, reason))
            continue
        doubt = judge.doubt(row)
        if doubt:
            report.doubtful.append(Rejected(number, doubt))
        taken.add(row, judge)
    report.accepted, report.areas = len(taken.units), len(taken.areas)
    if not dry_run and len(report.rejected) <= most_rejected:
        # Units name their area, assignments their unit: in this order.
        _write(session, (EnumerationArea, taken.areas), (Unit, taken.units), (Assignment, taken.assignments))
        figures = {
            "accepted": report.accepted,
            "rejected": len(report.rejected),
            "assigned": len(taken.assignments),
        }
        evidence.record(session, actor, "import register", f"{report.accepted} units", figures)
        report.written = True
    return report


def _columns(headings: Sequence[str]) -> dict[str, int]:
    places = {re.sub(r"\s", "", heading): index for index, heading in enumerate(headings)}
    found = {
        key: next(places[name] for name in (*names, key) if name in places)
        for key, names in HEADINGS.items()
        if any(name in places for name in (*names, key))
    }
    for key in ("name", "region_code"):
        if key not in found:
            raise BadFile(f"第一行里没有“{HEADINGS[key][0]}”这一列。")
    return found


class _Judge:
    """What a row is held against: the register as it stands and the rows before it."""

    def __init__(self, session: Session) -> None:
        self.regions = set(session.scalars(select(Region.code)))
        self.areas = set(session.scalars(select(EnumerationArea.code)))
        people = session.execute(select(Account.username, Account.id, Account.team_id)).all()
        self.enumerators: dict[str, UUID] = {row.username: row.id for row in people}
        self.team_of: dict[UUID | None, UUID | None] = {row.id: row.team_id for row in people}
        self.teams: dict[str, UUID] = {row.name: row.id for row in session.execute(select(Team.name, Team.id))}
        self.credit_codes = {
            code: "名录"
            for code in session.scalars(select(Unit.credit_code).where(Unit.credit_code.is_not(None)))
            if code
        }
        self.places: dict[tuple[str, str], str] = {}
        self.names: dict[tuple[str, str], str] = {}
        self.spots: dict[tuple[float, float], str] = {}
        for row in session.execute(select(Unit.name, Unit.address, Unit.region_code, Unit.lon, Unit.lat)):
            self.places[row.name, row.address] = "名录"
            self.names[row.name, row.region_code[:9]] = f"名录里的“{row.name}”"
            if row.lon is not None and row.lat is not None:
                self.spots[_spot(row.lon, row.lat)] = f"名录里的“{row.name}”"

    def fault(self, row: Mapping[str, str]) -> str:
        """Why a row cannot be taken, in one sentence; "" when it can."""
        reason = next(self._faults(row), "")
        if not reason:
            if row.get("credit_code"):
                self.credit_codes[row["credit_code"].upper()] = "本文件前面的行"
            self.places[row["name"], row.get("address", "")] = "本文件前面的行"
        return reason

    def doubt(self, row: Mapping[str, str]) -> str:
        """What the row may be a second entry of, in one sentence: people look at it, the row is taken."""
        name, place = (row["name"], row["region_code"][:9]), _place(row)
        spot = place and _spot(*place)
        same_name, same_spot = self.names.get(name), spot and self.spots.get(spot)
        # Kept before anything is answered: the rows after this one are held against it, whatever is said of it.
        this = f"本文件里的“{row['name']}”"
        self.names[name] = this
        if spot:
            self.spots[spot] = this
        if same_name:
            return f"与{same_name}同名，同在一个镇街，地址不同。请核对是不是同一家。"
        if same_spot:
            return f"与{same_spot}几乎在同一位置。请核对是不是同一家。"
        return ""

    def _faults(self, row: Mapping[str, str]) -> Iterator[str]:
        name, code, region = row["name"], row.get("credit_code", "").upper(), row["region_code"]
        if not name:
            yield "没有单位名称。"
        if "\0" in "".join(row.values()):
            yield "有无法保存的字符。"
        if row.get("kind", "") not in KIND_CODES:
            yield f"类型“{row['kind']}”不认识，应为{'、'.join(KINDS.values())}之一。"
        if not region:
            yield "没有区划代码。"
        elif region not in self.regions:
            yield f"区划代码“{region}”不在本地区划表里。"
        if row.get("area_code") and row["area_code"] not in self.areas:
            if not row.get("area_name"):
                yield f"普查小区代码“{row['area_code']}”不存在。要新建小区，请加一列“普查小区名称”。"
            elif not re.fullmatch(re.escape(region) + r"[0-9]{1,4}", row["area_code"]):
                yield f"普查小区代码“{row['area_code']}”应为村居代码“{region}”加一至四位序号。"
        if row.get("team") and row["team"] not in self.teams:
            yield f"没有“{row['team']}”这个组。"
        if row.get("industry_code") and not codelist("gbt4754").contains(row["industry_code"]):
            yield f"行业代码“{row['industry_code']}”不在 GB/T 4754—2017 里。"
        if code and not valid_uscc(code):
            yield f"统一社会信用代码“{code}”的校验位不对。"
        yield from _position_faults(row)
        if row.get("enumerator") and row["enumerator"] not in self.enumerators:
            yield f"没有普查员账号“{row['enumerator']}”。"
        yield from self._repeats(code, (name, row.get("address", "")))

    def _repeats(self, code: str, place: tuple[str, str]) -> Iterator[str]:
        if code in self.credit_codes:
            yield f"统一社会信用代码“{code}”与{self.credit_codes[code]}重复。"
        if place in self.places:
            yield f"名称和地址与{self.places[place]}重复。"


@dataclass(slots=True)
class _Taken:
    """What the rows come to, by table."""

    areas: list[dict[str, Any]] = field(default_factory=list[dict[str, Any]])
    units: list[dict[str, Any]] = field(default_factory=list[dict[str, Any]])
    assignments: list[dict[str, Any]] = field(default_factory=list[dict[str, Any]])

    def add(self, row: Mapping[str, str], judge: _Judge) -> None:
        """Take one row that the judge found no fault with."""
        code = row.get("area_code", "")
        if code and code not in judge.areas:  # brought along by the file: the rows after this one lie in it
            judge.areas.add(code)
            area = {"code": code, "name": row["area_name"], "region_code": row["region_code"], "is_schematic": False}
            self.areas.append(area)
        unit = _unit(row)
        self.units.append(unit)
        account, team = judge.enumerators.get(row.get("enumerator", "")), judge.teams.get(row.get("team", ""))
        if account or team:
            whose = {"account_id": account, "team_id": team or judge.team_of.get(account)}
            self.assignments.append({"id": new_id(), "unit_id": unit["id"], **whose})


def _place(row: Mapping[str, str]) -> tuple[float, float] | None:
    """Longitude and latitude of a row; a row has both or neither."""
    if not row.get("lon"):
        return None
    return float(row["lon"]), float(row["lat"])


def _spot(lon: float, lat: float) -> tuple[float, float]:
    """Where something is, to some ten metres."""
    return round(lon, 4), round(lat, 4)


def _position_faults(row: Mapping[str, str]) -> Iterator[str]:
    lon, lat = row.get("lon", ""), row.get("lat", "")
    if bool(lon) != bool(lat):
        yield "经度和纬度要一起填。"
    for key, text, name in (("lon", lon, "经度"), ("lat", lat, "纬度")):
        low, high = CHINA[key]
        if text and not (re.fullmatch(r"[0-9]{1,3}(\.[0-9]{1,12})?", text) and low <= float(text) <= high):
            yield f"{name}“{text}”不是中国境内的十进制度数。"


def _unit(row: Mapping[str, str]) -> dict[str, Any]:
    lon, lat = _place(row) or (None, None)
    unit: dict[str, Any] = {
        "id": new_id(),
        "kind": KIND_CODES[row.get("kind", "")],
        "name": row["name"],
        "address": row.get("address", ""),
        "credit_code": row.get("credit_code", "").upper() or None,
        "industry_code": row.get("industry_code") or None,
        "region_code": row["region_code"],
        "area_code": row.get("area_code") or None,
        "lon": lon,
        "lat": lat,
        "source": "import",
        "known": {key: row[key] for key in KNOWN if row.get(key)},
        "created_at": now(),
        "updated_at": now(),
    }
    due = owed(unit["kind"], facts(unit), {})
    return unit | {"forms": due.must, "may_forms": due.may, "forms_basis": basis(catalogue())}


def _write(session: Session, *parts: tuple[type[Base], list[dict[str, Any]]]) -> None:
    for table, rows in parts:
        for start in range(0, len(rows), AT_ONCE):
            session.execute(insert(table), rows[start : start + AT_ONCE])

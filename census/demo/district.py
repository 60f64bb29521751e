"""The synthetic district's people and register 名录: who works where, which units there are, who visits them."""

from __future__ import annotations

import random
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any, Final
from uuid import UUID

from sqlalchemy import insert, select
from sqlalchemy.orm import Session

from census.db import new_id
from census.demo import names
from census.demo.answers import RECEIVER
from census.demo.places import Ring, Village, near, outline, villages
from census.demo.sorts import WORKS, Sort, short, sort_of
from census.models.people import Account
from census.models.register import Assignment, EnumerationArea, Region, Team, Unit
from census.services.people.accounts import HASHER, create_account
from forms.boundaries import boundary

PASSWORD: Final = "Demo-2017-census"  # noqa: S105 - public on purpose; `census doctor` refuses it in production
COUNTY: Final = "440113"
STORY_TOWN: Final = "440113011"  # 小谷围街道: small, and all but finished, so that its villages can be handed up
STORY_UNITS: Final = 15

# Units by town, after where workshops are found; relative weights of the demo, not the real distribution.
TOWN_WEIGHTS: Final = {
    "440113007": 40,
    "440113008": 70,
    "440113009": 35,
    "440113010": 45,
    "440113012": 120,
    "440113013": 85,
    "440113014": 60,
    "440113015": 75,
    "440113016": 110,
    "440113102": 130,
    "440113103": 40,
    "440113104": 75,
    "440113105": 125,
    "440113118": 150,
    "440113120": 122,
}
# National mix of census objects (10,000 units): industrial 247.74, livestock 37.88, domestic 63.95, centralized 8.40.
KIND_WEIGHTS: Final = {"industrial": 247.74, "livestock": 37.88, "domestic": 63.95, "centralized": 8.40}
FORMS_OF_INDUSTRY: Final = ("QC-1", "G101-1")


@dataclass(frozen=True, slots=True)
class PlannedUnit:
    """A unit of the synthetic register and the trade, or else the sort of unit, it was drawn for."""

    id: UUID
    village: Village
    trade: names.Trade | None
    sort: Sort | None
    makes_wastewater: bool
    row: dict[str, Any]


@dataclass(frozen=True, slots=True)
class District:
    """The register as it was drawn, with the accounts by user name and who visits which unit."""

    units: tuple[PlannedUnit, ...]
    accounts: dict[str, Account]
    visitor: dict[UUID, str]


def load_people(session: Session, towns: Sequence[str]) -> dict[str, Account]:
    """Make the census accounts: 40 enumerators, 8 supervisors, one county office."""
    chance = random.Random("people")  # noqa: S311 - names of a synthetic district
    password_hash = HASHER.hash(PASSWORD)  # once: it takes its time on purpose
    accounts: dict[str, Account] = {}

    def add(username: str, card: str | None, *grants: tuple[str, str]) -> None:
        accounts[username] = create_account(
            session,
            username=username,
            password=PASSWORD,
            password_hash=password_hash,
            is_demo=True,
            full_name=names.person(chance),
            card_number=card,
            grants=grants,
        )

    # The first enumerator and the first supervisor work in the story's town, the others take turns in the rest.
    busy = [town for town in towns if town != STORY_TOWN]
    for number in range(1, 41):
        town = STORY_TOWN
        if number > 1:
            town = busy[(number - 2) % len(busy)]
        add(f"enumerator{number:02d}", f"4401{number:04d}", ("enumerator", town))
    shares = [[STORY_TOWN, busy[0]], *(busy[1:][start::7] for start in range(7))]
    for number, share in enumerate(shares, start=1):
        add(f"supervisor{number:02d}", f"4402{number:04d}", *(("supervisor", town) for town in share))
    for role in ("county", "checker", "admin", "auditor", "department"):
        add(f"{role}01", None, (role, COUNTY))
    session.flush()
    _load_teams(session, accounts)
    return accounts


def _load_teams(session: Session, accounts: dict[str, Account]) -> None:
    """Put the enumerators of each town under its supervisor: a team lies in one town, so that all of it see it."""
    for supervisor in [account for name, account in accounts.items() if name.startswith("supervisor")]:
        for town in sorted(grant.region_code for grant in supervisor.grants):
            team = Team(name=f"{supervisor.full_name}组", region_code=town, supervisor_id=supervisor.id)
            session.add(team)
            session.flush()
            for account in accounts.values():
                if any(grant.role == "enumerator" and grant.region_code == town for grant in account.grants):
                    account.team_id = team.id
    session.flush()


def load_province(session: Session) -> None:
    """Make the province's accounts."""
    password_hash = HASHER.hash(PASSWORD)
    for username, role in (("province01", "province"), ("admin01", "admin"), ("auditor01", "auditor")):
        create_account(
            session,
            username=username,
            password=PASSWORD,
            password_hash=password_hash,
            is_demo=True,
            full_name=names.person(random.Random(username)),  # noqa: S311 - a synthetic name
            grants=((role, "44"),),
        )


def load_register(session: Session, count: int, seed: int) -> District:
    """Draw ``count`` units over the villages and store them with their areas, accounts and assignments."""
    chance = random.Random(f"register-{seed}")  # noqa: S311 - a synthetic district
    rows = session.execute(
        select(Region.code, Region.name, Region.parent_code).where(Region.code.startswith(COUNTY)).order_by(Region.code)
    )
    places = villages(((row.code, row.name, row.parent_code or "") for row in rows), ring(), seed)
    towns = sorted({village.town_code for village in places})
    accounts = load_people(session, towns)
    session.execute(insert(EnumerationArea), [_area(village) for village in places])
    units = [
        _unit(village, chance, is_works=number == STORY_UNITS)
        for number, village in enumerate(_spread(places, count, chance))
    ]
    _number_outfalls(units)
    visitor = _assign(units, accounts, towns)
    for start in range(0, len(units), 1000):
        part = units[start : start + 1000]
        session.execute(insert(Unit), [unit.row for unit in part])
        session.execute(insert(Assignment), [_assignment(unit, accounts[visitor[unit.id]]) for unit in part])
    return District(tuple(units), accounts, visitor)


def _area(village: Village) -> dict[str, Any]:
    return {
        "code": area_code(village),
        "name": f"{village.name}普查小区",
        "region_code": village.code,
        "boundary": outline(village),
        "is_schematic": True,
    }


def _assignment(unit: PlannedUnit, account: Account) -> dict[str, Any]:
    return {"id": new_id(), "unit_id": unit.id, "account_id": account.id, "team_id": account.team_id}


def ring() -> Ring:
    """Return the county's outer boundary."""
    rings = boundary(COUNTY)
    if not rings:
        raise LookupError(f"no boundary of {COUNTY}")
    return tuple((x, y) for x, y in max(rings, key=len))


def area_code(village: Village) -> str:
    """Code a village's only enumeration area: the village and a four-digit number."""
    return f"{village.code}0001"


def _spread(places: list[Village], count: int, chance: random.Random) -> list[Village]:
    by_town: dict[str, list[Village]] = {}
    for village in places:
        by_town.setdefault(village.town_code, []).append(village)
    story = by_town[STORY_TOWN]
    chosen = [story[number % len(story)] for number in range(min(count, STORY_UNITS))]
    drawn = chance.choices(list(TOWN_WEIGHTS), weights=list(TOWN_WEIGHTS.values()), k=count - len(chosen))
    return chosen + [chance.choice(by_town[town]) for town in drawn]


def _unit(village: Village, chance: random.Random, *, is_works: bool = False) -> PlannedUnit:
    """Draw a unit. ``is_works``: the one sewage works that others name as the receiver of their wastewater."""
    is_story = village.town_code == STORY_TOWN
    kind = _kind(chance, is_story=is_story, is_works=is_works)
    identity = new_id()
    # From here on the order of what is drawn is the seed's promise: another order gives another district.
    # A unit of industry has a trade, any other a sort.
    trade = names.trade(chance) if kind == "industrial" else None
    sort = _sort(kind, chance, is_works=is_works)
    makes_wastewater = is_story or (trade is not None and chance.random() < trade.makes_wastewater)
    lon, lat = near(village.centre, village.radius, ring(), chance)
    name = _name(village, trade, sort, chance, is_works=is_works)
    road = "工业路" if trade else chance.choice(("大道", "中路", "环村路"))
    row = {
        "id": identity,
        "kind": kind,
        "name": name,
        "address": f"{short(village.name)}{road}{chance.randrange(1, 200)}号",
        "credit_code": names.credit_code(chance),
        "industry_code": trade.industry if trade else None,
        "region_code": village.code,
        "area_code": area_code(village),
        "lon": round(lon, 6),
        "lat": round(lat, 6),
        "source": "register",
        "known": _known(sort, chance),
        "forms": _forms(sort, makes_wastewater=makes_wastewater),
    }
    return PlannedUnit(identity, village, trade, sort, makes_wastewater, row)


def _kind(chance: random.Random, *, is_story: bool, is_works: bool) -> str:
    """Draw a unit's kind. In the story's town all are workshops; what is settled is not drawn."""
    if is_works:
        return WORKS.kind
    if is_story:
        return "industrial"
    return chance.choices(list(KIND_WEIGHTS), weights=list(KIND_WEIGHTS.values()))[0]


def _sort(kind: str, chance: random.Random, *, is_works: bool) -> Sort | None:
    if is_works:
        return WORKS
    if kind == "industrial":
        return None
    return sort_of(kind, chance)


def _name(
    village: Village, trade: names.Trade | None, sort: Sort | None, chance: random.Random, *, is_works: bool
) -> str:
    if is_works:
        return RECEIVER
    if sort is not None:
        return sort.name(village, chance)
    return names.workshop(chance, village.town_name, trade or names.TRADES[0])


def _known(sort: Sort | None, chance: random.Random) -> dict[str, str]:
    """Invent whom the register names for a unit, and say which form lists one that is no workshop."""
    known = {
        "contact_person": names.person(chance),
        "contact_phone": names.phone(chance),
        "legal_representative": names.person(chance),
    }
    if sort is not None:
        known["listing"] = sort.listing
    return known


def _forms(sort: Sort | None, *, makes_wastewater: bool) -> list[str]:
    if sort is not None:
        return [sort.listing]
    if makes_wastewater:
        return [*FORMS_OF_INDUSTRY, "G102"]
    return [*FORMS_OF_INDUSTRY]


def _number_outfalls(units: Sequence[PlannedUnit]) -> None:
    """Give each outfall its name and the code that the county hands out: the county and three digits."""
    outfalls = [unit for unit in units if unit.sort is not None and unit.sort.listing == "QC-4"]
    for number, unit in enumerate(outfalls, start=1):
        unit.row["known"] |= {"outfall_code": f"{COUNTY}{number:03d}", "outfall_name": unit.row["name"]}


def _assign(units: list[PlannedUnit], accounts: dict[str, Account], towns: list[str]) -> dict[UUID, str]:
    """Share the units of each town among its enumerators, village by village."""
    by_town: dict[str, list[str]] = {town: [] for town in towns}
    for username, account in accounts.items():
        for grant in account.grants:
            if grant.role == "enumerator":
                by_town[grant.region_code].append(username)
    shared: dict[UUID, str] = {}
    for unit in units:
        crew = by_town[unit.village.town_code]
        shared[unit.id] = crew[int(unit.village.code[9:]) % len(crew)]
    return shared

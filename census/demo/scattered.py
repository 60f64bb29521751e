"""The synthetic 散乱污 district: people, rivers, operations, cases, batches and imported registers, from a seed."""

from __future__ import annotations

import random
from calendar import monthrange
from collections.abc import Iterable
from datetime import date, timedelta
from typing import Any, Final

from sqlalchemy import insert, select
from sqlalchemy.orm import Session

from census.db import FULL, Database, new_id
from census.demo import names, places
from census.demo.scattered_cases import Staff, Story, TownCases, case_row, evening, event_rows
from census.demo.scattered_plan import BatchPlan, DistrictPlan, Town, read_plan, spread
from census.models.cases import Batch, BatchItem, Case, CaseEvent, Operation, RegisterEntry, River
from census.services import evidence
from census.services.people import accounts
from census.services.register.regions import load_regions
from forms.boundaries import boundary
from forms.codelists import codelist

PASSWORD: Final = "Demo-2017-census"  # noqa: S105 - the demo's published password
Row = dict[str, Any]


def load_scattered(database: Database, seed: int) -> None:
    """Fill an empty 散乱污 database with the Panyu district of 2017. One that holds cases is left as it is."""
    with database.transaction(FULL) as session:
        if session.scalar(select(Case.id).limit(1)) is None:
            load_district(session, read_plan(), seed)


def load_district(session: Session, plan: DistrictPlan, seed: int) -> None:
    """Draw a district from its plan and store it; the same plan and seed give the same district."""
    chance = random.Random(f"scattered-{plan.county}-{plan.year}-{seed}")  # noqa: S311 - a synthetic district
    load_regions(session)
    staff = _load_people(session, plan, chance)
    rivers = _rivers(plan)
    session.execute(insert(River), rivers)
    operations = [operation for town in plan.towns for operation in _operations(town, plan, chance)]
    _share_out(operations, plan, chance)
    numbers: dict[str, list[str]] = {}
    for operation in operations:
        numbers.setdefault(operation["region_code"], []).append(operation["operation_no"])
    ring = max(boundary(plan.county) or (), key=len)
    stories: list[Story] = []
    villages = places.villages(_district_regions(plan), ring, seed)
    for town in plan.towns:
        own = [village for village in villages if village.town_code == town.code]
        cases = TownCases(town, plan.year, own, ring, staff[town.code], chance)
        stories += cases.tell_all(plan.industrial_share, numbers[town.code])
    _tag_rivers(stories, rivers, plan.tagged_by_river, chance)
    _rebound(stories, plan.rebounds)
    session.execute(insert(Operation), operations + _shawan(plan, chance))
    session.execute(insert(Case), [case_row(story) for story in stories])
    session.execute(insert(CaseEvent), [row for story in stories for row in event_rows(story)])
    for batch in plan.batches:
        _load_batch(session, batch, plan, villages, chance)
    session.execute(insert(RegisterEntry), [*_inspection(plan, chance), *_registers(plan, chance)])
    told = {"cases": len(stories), "seed": seed, "year": plan.year}
    evidence.record(session, "demo", "load_scattered", plan.county, told)


def _load_people(session: Session, plan: DistrictPlan, chance: random.Random) -> dict[str, Staff]:
    """One inspector per town and the district's case office; the password is hashed once."""
    password_hash = accounts.HASHER.hash(PASSWORD)
    office = accounts.create_account(
        session,
        username="case_office01",
        password="",
        password_hash=password_hash,
        full_name=names.person(chance),
        grants=[("case_office", plan.county)],
        is_demo=True,
    )
    inspectors = [
        accounts.create_account(
            session,
            username=f"inspector{number:02d}",
            password="",
            password_hash=password_hash,
            full_name=names.person(chance),
            grants=[("inspector", town.code)],
            is_demo=True,
        )
        for number, town in enumerate(plan.towns, start=1)
    ]
    session.flush()
    return {town.code: Staff(inspector.id, office.id) for town, inspector in zip(plan.towns, inspectors, strict=True)}


def _rivers(plan: DistrictPlan) -> list[Row]:
    """The district's rivers by number; one without a sourced name keeps its number."""
    rows: list[Row] = []
    for number, _ in enumerate(plan.tagged_by_river, start=1):
        code = f"R{number:02d}"
        phase = "p1" if number <= plan.pilot_rivers else "p2"
        rows.append({"code": code, "phase": phase, "listed_on": plan.rivers_listed_on, "name": _river_name(code)})
    return rows


def _river_name(code: str) -> str | None:
    entry = codelist("river_panyu_49").get(code)
    if entry is None or entry.attributes["confidence"] == "placeholder":
        return None
    return entry.label


def _operations(town: Town, plan: DistrictPlan, chance: random.Random) -> list[Row]:
    people = spread(town.person_times, [chance.uniform(0.7, 1.3) for _ in range(town.operations)])
    days = sorted(date(plan.year, 1, 3) + timedelta(days=chance.randrange(355)) for _ in range(town.operations))
    return [
        {
            "id": new_id(),
            "operation_no": f"ZX{town.code}-{plan.year}-{number:04d}",
            "kind": "slw",
            "region_code": town.code,
            "held_on": day,
            "person_times": count,
            "places_checked": chance.randint(2, 14),
            "led_by_leader": False,
            "closed_places": chance.randint(0, 2),
            "demolished_m2": 0,
            "counts": {},
            "created_at": evening(day),
        }
        for number, (day, count) in enumerate(zip(days, people, strict=True), start=1)
    ]


def _share_out(operations: list[Row], plan: DistrictPlan, chance: random.Random) -> None:
    """Let leaders head some operations, and give the square metres pulled down to a tenth of them."""
    for operation, closed in zip(chance.sample(operations, len(plan.leader_closed)), plan.leader_closed, strict=True):
        operation |= {"led_by_leader": True, "closed_places": closed}
        operation["counts"] = {"closed_at_least": plan.leader_closed_is_lower_bound}
    chosen = chance.sample(operations, max(1, len(operations) // 10))
    for operation, area in zip(chosen, spread(plan.demolished_m2, [chance.random() for _ in chosen]), strict=True):
        operation["demolished_m2"] = area


def _shawan(plan: DistrictPlan, chance: random.Random) -> list[Row]:
    count = plan.shawan["operations"]
    columns = {
        key: spread(total, [chance.uniform(0.5, 1.5) for _ in range(count)])
        for key, total in plan.shawan.items()
        if key != "operations"
    }
    rows: list[Row] = []
    for at in range(count):
        day = date(plan.year, 1, 1) + timedelta(days=365 * at // count)
        rows.append(
            {
                "id": new_id(),
                "operation_no": f"SW{plan.county}-{plan.year}-{at + 1:03d}",
                "kind": "shawan",
                "region_code": plan.county,
                "held_on": day,
                "person_times": columns["person_times"][at],
                "places_checked": 0,
                "led_by_leader": False,
                "closed_places": 0,
                "demolished_m2": 0,
                "created_at": evening(day),
                "counts": {key: values[at] for key, values in columns.items() if key != "person_times"},
            }
        )
    return rows


def _tag_rivers(stories: list[Story], rivers: list[Row], counts: Iterable[int], chance: random.Random) -> None:
    """Put completed cases into rivers' basins, of the river's own towns as long as there are any."""
    # Shuffled before and between rivers: the sort keeps the order of equals, and would favour the first towns.
    free = [story for story in stories if story.standing.done_on]
    chance.shuffle(free)
    known = codelist("river_panyu_49")
    towns = {entry.label: entry.code for entry in codelist("regions")}
    for river, count in zip(rivers, counts, strict=True):
        entry = known.get(river["code"])
        near: set[str] = set()
        if entry is not None:
            near = {towns.get(name, "") for name in entry.attributes["towns"].split(";")}
        free.sort(key=lambda story: story.region_code[:9] not in near)
        for story in free[:count]:
            story.events[0].facts["river_code"] = story.standing.river_code = river["code"]
        free = free[count:]
        chance.shuffle(free)


def _rebound(stories: list[Story], count: int) -> None:
    """Let a few accepted places start again; their completion stays in its year."""
    accepted = [story for story in stories if story.standing.state == "accepted"]
    for story in accepted[:: max(1, len(accepted) // max(1, count))][:count]:
        story.tell("rebound", {"rebound_kind": "same", "lb_action": "责令停产，重新断电"}, days=(2, 10))


def _load_batch(
    session: Session,
    batch: BatchPlan,
    plan: DistrictPlan,
    villages: list[places.Village],
    chance: random.Random,
) -> None:
    """A frozen list. Its places are not linked to cases: how far they overlap was never published."""
    session.execute(
        insert(Batch),
        [
            {
                "code": batch.code,
                "name": batch.name,
                "snapshot_on": batch.snapshot_on,
                "places_checked": batch.places_checked,
                "region_code": plan.county,
            }
        ],
    )
    where = [village for village in villages if not batch.towns or village.town_code in batch.towns]
    items: list[Row] = []
    for number in range(batch.found):
        village = chance.choice(where)
        item: Row = {
            "id": new_id(),
            "batch_code": batch.code,
            "region_code": village.code,
            "is_done": number < batch.done,
            "name": names.workshop(chance, village.town_name, names.trade(chance)),
            "done_on": None,
        }
        if item["is_done"]:
            item["done_on"] = batch.snapshot_on - timedelta(days=chance.randrange(25))
        items.append(item)
    session.execute(insert(BatchItem), items)


def _inspection(plan: DistrictPlan, chance: random.Random) -> Iterable[Row]:
    """The task list of the central inspection: items in groups, and beside it how far each item is mended."""
    told = plan.inspection
    closed = [f"Z{number:03d}" for number in range(1, told["closed_groups"] + 1)]
    groups = closed + [chance.choice(closed) for _ in range(told["closed_items"] - len(closed))]
    still_open = [f"W{number:03d}" for number in range(1, told["open_groups"] + 1)]
    if still_open:  # the first group has all the items that are more than there are groups
        still_open += [still_open[0]] * (told["open_items"] - len(still_open))
    items = [(group, "closed") for group in groups] + [(group, "open") for group in still_open]
    mending = ["rectified"] * told["rectified"] + ["rectifying"] * told["rectifying"]
    for number, ((group, state), mended) in enumerate(zip(items, mending, strict=True), start=2):
        day = date(plan.year, 1, 1) + timedelta(days=number * 2)
        for kind, value in (("case", state), ("rectification", mended)):
            source = f"督察交办清单{plan.year}.xlsx 第{number}行 {kind}"
            yield _entry(plan, "inspection", kind, day, 1, source, value, group)


def _registers(plan: DistrictPlan, chance: random.Random) -> Iterable[Row]:
    """Monthly returns of the registers, each month a row per kind."""
    for register, kinds in plan.registers.items():
        for kind, total in kinds.items():
            state = "approx" if kind in plan.approximate.get(register, ()) else ""
            for month, quantity in enumerate(spread(total, [chance.uniform(0.6, 1.4) for _ in range(12)]), start=1):
                if quantity:
                    day = date(plan.year, month, monthrange(plan.year, month)[1])
                    source = f"{register}{plan.year}.xlsx {kind} {month}月"
                    yield _entry(plan, register, kind, day, quantity, source, state, None)


def _entry(  # noqa: PLR0917 - the columns of one row
    plan: DistrictPlan,
    register: str,
    kind: str,
    day: date,
    quantity: int,
    source_row: str,
    state: str,
    group_no: str | None,
) -> Row:
    return {
        "id": new_id(),
        "register": register,
        "kind": kind,
        "occurred_on": day,
        "quantity": quantity,
        "group_no": group_no,
        "state": state,
        "region_code": plan.county,
        "source_row": source_row,
    }


def _district_regions(plan: DistrictPlan) -> Iterable[tuple[str, str, str]]:
    return [
        (entry.code, entry.label, entry.parent)
        for entry in codelist("regions")
        if len(entry.code) > 6 and entry.code.startswith(plan.county)
    ]

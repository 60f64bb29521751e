"""What the synthetic district has collected so far: visits and submissions, sent as a phone sends them."""

from __future__ import annotations

import hashlib
import random
from collections import Counter
from collections.abc import Iterable, Iterator, Mapping
from contextlib import suppress
from dataclasses import dataclass
from datetime import UTC, date, datetime, timedelta
from typing import Any, Final
from uuid import UUID

from sqlalchemy import select
from sqlalchemy.orm import Session

from census.access import Actor, Grant
from census.db import Database, new_id
from census.demo.answers import RECEIVER, basics, listing, wastewater, workshop
from census.demo.district import STORY_TOWN, District, PlannedUnit
from census.demo.plants import Plant, Records, plant
from census.examples.records import NoExample, answers_for
from census.models.people import Account
from census.models.register import Unit
from census.services.collect import submissions, visits
from census.services.collect.fates import Draft
from census.services.register.prefill import prefill, region_names, sources
from census.services.register.unit_forms import verdicts_of
from forms.answers.values import digest
from forms.catalogue import catalogue
from validation.evaluators.record import check_record
from validation.rulebook import compile_form

FIRST_DAY: Final = date(2018, 8, 1)
DAYS: Final = 45
BATCH: Final = 40
TRIES: Final = 3
UNIT_TRIES: Final = 4
SORT_TRIES: Final = 40
# What is to become of a unit that lies outside the story's town; weights of the demo.
FATES: Final = {
    "listed": 22,
    "without_form": 8,
    "checked": 20,
    "planted": 12,
    "returned": 6,
    "supervisor_approved": 14,
    "county_approved": 16,
    "withdrawn": 2,
}
WITHOUT_FORM: Final = ("closed", "moved", "not_found", "refused", "duplicate")
# What the listing tells of an outfall and later forms tell again.
OUTFALL: Final = (
    "outfall_code",
    "outfall_name",
    "outfall_scale",
    "receiving_water_code",
    "receiving_water_name",
)
REASON: Final = "已核对水费单、台账和现场，情况属实。"


@dataclass(frozen=True, slots=True)
class Collected:
    """One unit's records as they were sent, what should become of them, and the error planted among them."""

    unit: PlannedUnit
    fate: str
    visit: UUID | None
    sent: tuple[Draft, ...] = ()
    planted: Plant | None = None


def actor_of(account: Account) -> Actor:
    """Act as an account of the demo, on the device that the demo loader is."""
    return Actor(
        account_id=account.id,
        username=account.username,
        full_name=account.full_name,
        card_number=account.card_number,
        programme="census",
        grants=tuple(Grant(grant.role, grant.region_code) for grant in account.grants),
        session_id=new_id(),
        device="demo",
        receipt_key=bytes(32),
    )


def fates(units: Iterable[PlannedUnit], seed: int) -> dict[UUID, str]:
    """Draw what becomes of each unit. The story's town is all but finished: see ``_story_fate``."""
    chance = random.Random(f"fates-{seed}")  # noqa: S311 - a synthetic district
    drawn: dict[UUID, str] = {}
    in_story = 0
    for unit in units:
        if unit.village.town_code == STORY_TOWN:
            drawn[unit.id] = _story_fate(in_story)
            in_story += 1
        elif unit.row["name"] == RECEIVER:
            drawn[unit.id] = "county_approved"
        else:
            drawn[unit.id] = chance.choices(list(FATES), weights=list(FATES.values()))[0]
    return drawn


def _story_fate(number: int) -> str:
    """Of the story's units: one still to visit in each of two villages, one returned, the rest approved."""
    if number < 2:
        return "listed"
    return "returned" if number == 3 else "county_approved"


def load_collected(database: Database, district: District, seed: int) -> list[Collected]:
    """Send everything that has been collected, enumerator by enumerator, and return what was sent."""
    chance = random.Random(f"collected-{seed}")  # noqa: S311 - a synthetic district
    fate_of = fates(district.units, seed)
    by_visitor: dict[str, list[PlannedUnit]] = {}
    for unit in district.units:
        by_visitor.setdefault(district.visitor[unit.id], []).append(unit)
    collected: list[Collected] = []
    planted: Counter[str] = Counter()
    for username, units in sorted(by_visitor.items()):
        actor = actor_of(district.accounts[username])
        for part in _parts(units):
            with database.transaction(actor.scope) as session:
                batch = [
                    _collect(unit, fate_of[unit.id], values, planted, chance)
                    for unit, values in _with_sources(session, part, actor, chance)
                ]
                at = _evening(chance)
                visited = [_visit(one, actor, at, chance) for one in batch if one.visit is not None]
                visits.store(session, actor, visited, at)
                submissions.submit(session, actor, [draft for one in batch for draft in one.sent], at)
                collected += batch
    return collected


def _parts(units: list[PlannedUnit]) -> Iterator[list[PlannedUnit]]:
    for start in range(0, len(units), BATCH):
        yield units[start : start + BATCH]


def _with_sources(
    session: Session, units: list[PlannedUnit], actor: Actor, chance: random.Random
) -> Iterator[tuple[PlannedUnit, dict[str, Any]]]:
    """Read the units back as the phone would get them, with what the program fills in."""
    rows = {row.id: row for row in session.scalars(select(Unit).where(Unit.id.in_([unit.id for unit in units])))}
    names = region_names(session, {row.region_code for row in rows.values()})
    for unit in units:
        row = rows[unit.id]
        day = FIRST_DAY + timedelta(days=chance.randrange(DAYS))
        yield unit, sources(row, names[row.region_code], actor, day)


def _collect(
    unit: PlannedUnit, fate: str, values: Mapping[str, Any], so_far: Counter[str], chance: random.Random
) -> Collected:
    if fate == "without_form":
        return Collected(unit, fate, new_id())
    if fate == "listed":  # the listing came first; the door-to-door survey has not reached it yet
        return Collected(unit, fate, None, tuple(_drafts(unit, None, listing_of(unit, values, chance))))
    records = records_of(unit, values, chance)
    planted: Plant | None = None
    if fate == "planted":
        found = plant(records, so_far, chance)
        if found is not None:
            records, planted = found
    visit = new_id()
    return Collected(unit, fate, visit, tuple(_drafts(unit, visit, records, planted)), planted)


def records_of(unit: PlannedUnit, values: Mapping[str, Any], chance: random.Random) -> Records:
    """Answer every form that a unit must fill, right in itself and with its neighbours."""
    records: Records = {}
    # Now and then a form finds no answers beside the others that were drawn: the unit is then drawn anew.
    for _ in range(UNIT_TRIES):
        records = _further(unit, _first_forms(unit, values, chance), values, chance)
        if not _due(unit, records):
            break
    return records


def _first_forms(unit: PlannedUnit, values: Mapping[str, Any], chance: random.Random) -> Records:
    """Answer the forms on which the others hang."""
    trade = unit.trade
    if trade is None or unit.sort is not None:
        return listing_of(unit, values, chance)
    shop = workshop(trade.industry, chance, makes_wastewater=unit.makes_wastewater)
    filled = {code: prefill(catalogue().current(code), values) for code in unit.row["forms"]}
    records: Records = {"QC-1": filled["QC-1"] | listing(shop)}
    records["G101-1"] = filled["G101-1"] | basics(shop, filled["G101-1"] | unit.row["known"], chance)
    if "G102" in filled:
        records["G102"] = filled["G102"] | wastewater(shop, records["G101-1"], chance)
    return records


def listing_of(unit: PlannedUnit, values: Mapping[str, Any], chance: random.Random) -> Records:
    """Answer only the form that lists a unit."""
    sort, trade = unit.sort, unit.trade
    if sort is None:
        shop = workshop(trade.industry if trade else "", chance, makes_wastewater=unit.makes_wastewater)
        return {"QC-1": prefill(catalogue().current("QC-1"), values) | listing(shop)}
    known = {source: value for source, value in values.items() if value}
    for _ in range(SORT_TRIES):
        answers = _example(sort.listing, {}, known, chance)
        if answers and sort.fits(answers):
            return {sort.listing: answers | {key: value for key in OUTFALL if (value := unit.row["known"].get(key))}}
    return {}


def _further(unit: PlannedUnit, records: Records, values: Mapping[str, Any], chance: random.Random) -> Records:
    """Answer the other forms that those answered so far call for, each beside those before it."""
    known = {source: value for source, value in values.items() if value}
    answered: Records = dict(records)
    unanswerable: set[str] = set()
    while due := [code for code in _due(unit, answered) if code not in unanswerable]:
        for code in due:
            answers = _example(code, answered, known, chance)
            if answers:
                listed = answered.get("QC-4", {})
                answered[code] = answers | {key: listed[key] for key in OUTFALL if key in answers and key in listed}
            else:
                unanswerable.add(code)
    return answered


def _due(unit: PlannedUnit, records: Records) -> list[str]:
    """The forms that a unit must fill and has not answered."""
    return [
        code
        for code, verdict in verdicts_of(unit.row["kind"], unit.row["known"], records).items()
        if verdict == "must" and code not in records
    ]


def _example(code: str, related: Records, known: Mapping[str, Any], chance: random.Random) -> dict[str, Any] | None:
    """Give one form's answers beside the others; None when none were found: it is still to be filled, as in life."""
    for _ in range(TRIES):
        with suppress(NoExample):
            return answers_for(code, seed=chance.randrange(10**6), related=related, known=known).answers
    return None


def _drafts(unit: PlannedUnit, visit: UUID | None, records: Records, planted: Plant | None = None) -> Iterator[Draft]:
    """Give what the phone would send; warnings are explained, except where they are the error that was planted."""
    for code, answers in records.items():
        form = catalogue().current(code)
        related = {other: found for other, found in records.items() if other != code}
        findings = check_record(compile_form(form, catalogue()), answers, related, unit.row["known"])
        explanations = [
            {"check": finding.check, "path": finding.path, "text": REASON}
            for finding in findings
            if finding.severity == "warning" and (planted is None or finding.check != planted.check)
        ]
        yield Draft(
            id=new_id(),
            unit=unit.id,
            form=code,
            version=form.version,
            revision=1,
            answers=answers,
            explanations=explanations,
            files=(),
            digest=digest(answers, explanations),
            device="demo",
            visit=visit,
        )


def _evening(chance: random.Random) -> datetime:
    """Draw when a day's work was sent: between ten and twelve in UTC, after work in China."""
    day = FIRST_DAY + timedelta(days=chance.randrange(DAYS))
    return datetime.combine(day, datetime.min.time(), tzinfo=UTC) + timedelta(hours=10, seconds=chance.randrange(7_200))


def _visit(one: Collected, actor: Actor, at: datetime, chance: random.Random) -> visits.VisitDraft:
    """Describe a visit as the phone sends it: outcome, two cards, position, signature over what was signed."""
    row = one.unit.row
    identity = one.visit or new_id()
    content: dict[str, Any] = {
        "unit": row["id"],
        "new_unit": None,
        "outcome": "done" if one.sent else chance.choice(WITHOUT_FORM),
        "enumerators": [actor.card_number, "44019001"],
        "started_at": at - timedelta(minutes=50),
        "finished_at": at - timedelta(minutes=5),
        "position": {
            "lon": row["lon"] + chance.uniform(-1e-4, 1e-4),
            "lat": row["lat"] + chance.uniform(-1e-4, 1e-4),
            "accuracy_m": round(chance.uniform(4, 25), 1),
            "source": "device",
        },
        "signature": None,
        "device": "demo",
    }
    if one.sent:
        content["signature"] = {
            "how": "paper",  # the demo draws no signatures
            "signed_name": row["known"]["legal_representative"],
            "signed_at": at - timedelta(minutes=6),
            "over": [draft.digest for draft in one.sent],
        }
    return visits.VisitDraft(identity, content, hashlib.sha256(f"demo {identity}".encode()).hexdigest())

"""Synthetic cases with whole histories: each is told by its events, and its columns come from replaying them."""

from __future__ import annotations

import random
from dataclasses import dataclass, field
from datetime import date, datetime, timedelta
from typing import Any, Final
from uuid import UUID

from census.clock import CHINA
from census.db import new_id
from census.demo import names, places
from census.demo.scattered_plan import Town
from census.models.cases import CaseEvent
from census.services.cases.replay import COLUMNS, Standing, apply
from census.services.cases.states import LEAD_SOURCES, STEPS
from census.services.cases.steps import number_prefix

CATEGORY_OF: Final = {"stop": "close", "demolish": "close", "move": "relocate", "inplace": "upgrade"}
MEASURES: Final = {
    "close": "两断三清，限期关停",
    "relocate": "搬入园区，清理原址",
    "upgrade": "补办手续，完善治理设施",
}
# 两断三清: what must be cut off and cleared away before a place counts as closed.
CUT_AND_CLEARED: Final = (
    "cut_power_date",
    "cut_water_date",
    "clear_material_date",
    "clear_product_date",
    "clear_equipment_date",
)
OTHER_LEADS: Final = tuple(source for source in LEAD_SOURCES if source not in {"town_self", "other"})
UNFINISHED: Final = ("rectifying", "rectifying", "classified", "verified", "found")


@dataclass(frozen=True, slots=True)
class Staff:
    """Who works a town's cases."""

    inspector: UUID
    case_office: UUID


@dataclass(slots=True)
class Story:
    """One case being told, step by step."""

    id: UUID
    region_code: str
    staff: Staff
    chance: random.Random
    day: date
    last_day: date
    standing: Standing = field(default_factory=Standing)
    events: list[CaseEvent] = field(default_factory=list[CaseEvent])

    def tell(
        self, kind: str, facts: dict[str, Any], *, days: tuple[int, int] = (0, 0), photos: int = 0, note: str = ""
    ) -> None:
        """Add a step some days after the last, within the year."""
        step = STEPS[kind]
        self.day = min(self.day + timedelta(days=self.chance.randint(*days)), self.last_day)
        teller = self.staff.inspector if "inspector" in step.roles else self.staff.case_office
        event = CaseEvent(
            id=new_id(),
            case_id=self.id,
            number=len(self.events) + 1,
            kind=kind,
            from_state=self.standing.state,
            to_state=step.to_state or self.standing.state,
            region_code=self.region_code,
            account_id=teller,
            occurred_on=self.day,
            facts=facts,
            evidence=[f"{self.chance.getrandbits(256):064x}" for _ in range(max(step.photos, photos))],
            note=note,
            recorded_at=evening(self.day),
        )
        self.events.append(event)
        apply(self.standing, event)


class TownCases:
    """Tells all cases of one town in one year."""

    def __init__(
        self,
        town: Town,
        year: int,
        villages: list[places.Village],
        ring: places.Ring,
        staff: Staff,
        chance: random.Random,
    ) -> None:
        self.town, self.year = town, year
        self.villages, self.ring = villages, ring
        self.staff, self.chance = staff, chance
        self.last_day = date(year, 12, 31)
        self.given = 0

    def tell_all(self, industrial_share: float, operation_numbers: list[str]) -> list[Story]:
        """Every case of the town: the completed first, by mode, then those left open."""
        town = self.town
        modes = ["stop"] * town.stop + ["move"] * town.move + ["demolish"] * town.demolish + ["inplace"] * town.inplace
        self.chance.shuffle(modes)
        # Who found what: in each of the two parts, what the town found itself comes before what it was told of.
        done = _leads(town.self_done, town.done)
        still_open = _leads(town.self_found - town.self_done, town.found - town.done)
        leads = [*done, *still_open]
        ends: list[str | None] = [*modes, *[None] * len(still_open)]
        days = sorted(self.chance.randint(4, 250) for _ in ends)
        order = list(zip(ends, leads, strict=True))
        self.chance.shuffle(order)
        return [
            self._tell(mode, lead, date(self.year, 1, 1) + timedelta(days=day), industrial_share, operation_numbers)
            for (mode, lead), day in zip(order, days, strict=True)
        ]

    def _tell(
        self,
        mode: str | None,
        lead: str,
        found_on: date,
        industrial_share: float,
        operation_numbers: list[str],
    ) -> Story:
        chance = self.chance
        village = chance.choice(self.villages)
        story = Story(new_id(), village.code, self.staff, chance, found_on, self.last_day)
        self._find(story, village, lead, industrial_share, operation_numbers)
        if mode is None:
            self._leave_open(story, chance.choice(UNFINISHED), chance.choice(tuple(CATEGORY_OF)))
        else:
            self._classify(story, mode)
            self._complete(story, mode)
        return story

    def _find(
        self,
        story: Story,
        village: places.Village,
        lead: str,
        industrial_share: float,
        operation_numbers: list[str],
    ) -> None:
        chance, trade = self.chance, names.trade(self.chance)
        lon, lat = places.near(village.centre, village.radius, self.ring, chance)
        source = lead
        if lead != "town_self":
            source = chance.choice(OTHER_LEADS)
        self.given += 1
        area = village.name.removesuffix("社区居民委员会").removesuffix("村民委员会")
        story.standing.region_code = village.code
        story.tell(
            "find",
            {
                "case_no": f"{number_prefix(village.code, self.year)}{self.given:05d}",
                "name": names.workshop(chance, village.town_name, trade),
                "address": f"{village.town_name}{area}工业路{chance.randint(1, 180)}号",
                "lon": round(lon, 6),
                "lat": round(lat, 6),
                "industry_code": trade.industry,
                "is_industrial": chance.random() < industrial_share,
                "lead_source": source,
                "lead_no": "" if source == "town_self" else f"{self.year}-{chance.randint(1, 9999):04d}",
                "source_zone": "none",
                "operation_no": chance.choice(operation_numbers),
            },
        )

    def _verify(self, story: Story) -> None:
        chance = self.chance
        flags = [chance.random() < share for share in (0.5, 0.7, 0.4)]
        story.tell(
            "verify",
            {
                "verifiers": [names.person(chance), names.person(chance)],
                "lon": story.standing.lon,
                "lat": story.standing.lat,
                "accuracy_m": chance.randint(3, 25),
                "is_san": flags[0],
                "is_luan": flags[1] or not any(flags),  # at least one of the three, or it were no case
                "is_wu": flags[2],
                "record": "signed" if chance.random() < 0.93 else "refused",
                "landlord_name": names.person(chance),
            },
            days=(0, 4),
        )

    def _classify(self, story: Story, mode: str) -> None:
        chance = self.chance
        self._verify(story)
        category = {"category": CATEGORY_OF[mode], "category_reason": "应办未办相关手续，治理设施不完备"}
        story.tell("propose_category", category, days=(1, 6))
        story.tell(
            "classify",
            category
            | {
                "measures": MEASURES[category["category"]],
                "deadline": (story.day + timedelta(days=chance.choice((30, 60, 90)))).isoformat(),
                "resp_leader": names.person(chance),
                "resp_person": names.person(chance),
                "resp_depts": ["环保", "城管"],
            },
            days=(1, 5),
        )

    def _rectify(self, story: Story) -> None:
        served = story.day.isoformat()
        story.tell(
            "rectify",
            {
                "notice_no": f"番环改〔{self.year}〕{self.chance.randint(1, 2000)}号",
                "notice_date": served,
                "landlord_notice_date": served,
            },
            days=(0, 3),
        )

    def _complete(self, story: Story, mode: str) -> None:
        chance = self.chance
        self._rectify(story)
        self._report_done(story, mode)
        # A few are sent back once before the district takes them.
        if chance.random() < 0.03:
            story.tell("return", {}, days=(1, 5), note="整治后照片与整治前不是同一位置")
            self._report_done(story, mode)
        story.tell("self_check", {"self_check_leader": names.person(chance)}, days=(1, 4))
        if story.day >= self.last_day - timedelta(days=3) or chance.random() < 0.03:
            return  # still waiting for the district
        # What was closed is always looked at; of the rest, two in five are accepted by their papers.
        onsite = CATEGORY_OF[mode] == "close" or chance.random() < 0.6
        story.tell("accept", {"review_method": "onsite" if onsite else "doc"}, days=(1, 8))
        # Looked at again up to twice, as far as the year reaches; who was looked at twice is put away.
        for _ in range(2):
            if story.day + timedelta(days=60) < self.last_day and chance.random() < 0.6:
                self.look_back(story)
        if story.standing.lookback_rounds == 2:
            story.tell("archive", {}, days=(1, 5))

    def _report_done(self, story: Story, mode: str) -> None:
        facts: dict[str, Any] = {"mode": mode}
        if mode == "demolish":
            facts["demolish_area"] = self.chance.randint(80, 900)
        elif mode == "move":
            facts["move_proof"] = "园区接收证明"
        elif mode == "inplace":
            facts["upgrade_proof"] = "治理设施验收意见"
        story.day = min(story.day + timedelta(days=self.chance.randint(4, 40)), self.last_day)
        photos = 2
        if CATEGORY_OF[mode] == "close":  # one photo for each thing that was cut off or cleared, and two of the place
            photos = 7
            facts |= dict.fromkeys(CUT_AND_CLEARED, story.day.isoformat())
        story.tell("done", facts, photos=photos)

    def look_back(self, story: Story) -> None:
        """Tell one look-back visit that found nothing."""
        story.tell(
            "look_back",
            {
                "inspector": [names.person(self.chance), names.person(self.chance)],
                "lon": story.standing.lon,
                "lat": story.standing.lat,
                "power_restored": False,
            },
            days=(20, 55),
        )

    def _leave_open(self, story: Story, state: str, mode: str) -> None:
        if state in {"rectifying", "classified"}:
            self._classify(story, mode)
        elif state == "verified":
            self._verify(story)
        if state == "rectifying":
            self._rectify(story)


def _leads(by_town: int, count: int) -> list[str]:
    """Say of so many cases where they came from."""
    return ["town_self"] * by_town + ["district"] * (count - by_town)


def case_row(story: Story) -> dict[str, Any]:
    """A case's columns as its history gives them."""
    row = {column: getattr(story.standing, column) for column in COLUMNS}
    return row | {"id": story.id, "created_at": evening(story.events[0].occurred_on)}


def event_rows(story: Story) -> list[dict[str, Any]]:
    """A case's events as rows."""
    columns = CaseEvent.__table__.columns.keys()
    return [{column: getattr(event, column) for column in columns} for event in story.events]


def evening(day: date) -> datetime:
    """When a day's work was typed in."""
    return datetime(day.year, day.month, day.day, 18, tzinfo=CHINA)

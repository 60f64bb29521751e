"""The synthetic district: believable, reproducible, and wrong only where an error was planted on purpose."""

from __future__ import annotations

import random
from collections import Counter
from datetime import date

from sqlalchemy import select
from sqlalchemy.orm import Session

from census.demo.collected import actor_of, records_of
from census.demo.district import STORY_TOWN, District, load_register
from census.demo.plants import PLANTS, Records, plant
from census.demo.slips import SLIPS
from census.models.register import Assignment, Unit
from census.services.register.prefill import region_names, sources
from census.services.register.regions import load_regions
from forms.catalogue import catalogue
from validation.evaluators.record import check_record
from validation.results import Finding
from validation.rulebook import compile_form


def a_district(session: Session, units: int = 300) -> District:
    load_regions(session)
    return load_register(session, units, seed=7)


def all_records(session: Session, district: District) -> list[Records]:
    chance = random.Random(7)
    rows = {row.id: row for row in session.scalars(select(Unit))}
    names = region_names(session, {row.region_code for row in rows.values()})
    actor = actor_of(district.accounts["enumerator01"])
    return [
        records_of(unit, sources(rows[unit.id], names[rows[unit.id].region_code], actor, date(2018, 8, 20)), chance)
        for unit in district.units
    ]


def findings(records: Records, form: str) -> list[Finding]:
    others = {code: answers for code, answers in records.items() if code != form}
    return check_record(compile_form(catalogue().current(form), catalogue()), records[form], others, {})


def test_the_district_has_sixteen_towns_and_every_unit_a_visitor(session: Session) -> None:
    district = a_district(session)
    assert len({unit.village.town_code for unit in district.units}) == 16
    assert len(session.scalars(select(Assignment.unit_id)).all()) == 300
    in_story = {district.visitor[unit.id] for unit in district.units if unit.village.town_code == STORY_TOWN}
    assert in_story == {"enumerator01"}


def test_records_without_a_planted_error_have_no_error(session: Session) -> None:
    records = all_records(session, a_district(session))
    assert len(records) > 150
    wrong = [
        (form, finding.check, finding.message)
        for unit in records
        for form in unit
        for finding in findings(unit, form)
        if finding.severity == "error"
    ]
    assert wrong == []


def test_each_planted_error_is_found_by_its_check(session: Session) -> None:
    chance, planted = random.Random(1), Counter[str]()
    for unit in all_records(session, a_district(session)):
        found = plant(unit, planted, chance)
        assert found is not None
        records, kind = found
        assert kind.check in {finding.check for finding in findings(records, kind.form)}, kind.name
    assert set(planted) == {kind.name for kind in (*PLANTS, *SLIPS)}

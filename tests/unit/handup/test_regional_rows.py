"""What a computed form takes over from other forms."""

from __future__ import annotations

from decimal import Decimal

import pytest
from sqlalchemy.orm import Session

from census.examples.records import answers_for
from census.services.handup.regional import unit_id_of
from census.services.handup.regional_rows import rows_of
from tests.builders.jobs import a_factory, a_sent_record


@pytest.mark.parametrize(
    ("code", "region", "kind", "taken"),
    [
        ("Y201-2", "4401", "city", ("vehicle_type", "vehicle_fuel", "vehicle_count")),
        ("Y202-4", "440113", "county", ("emission_source", "source_power")),
    ],
)
def test_a_region_s_own_forms_give_the_rows_that_the_checks_ask_for(
    session: Session, code: str, region: str, kind: str, taken: tuple[str, ...]
):
    unit = a_factory(session, region=region, id=unit_id_of(region), kind=kind)
    assert rows_of(session, unit, code) == {}
    example = answers_for(code)
    for form, answers in example.related.items():
        a_sent_record(session, unit, form, answers=dict(answers))
    expected = sorted(tuple(row[key] for key in taken) for row in example.answers["emissions"])
    assert [tuple(row[key] for key in taken) for row in rows_of(session, unit, code)["emissions"]] == expected


def test_oil_is_added_up_over_the_approved_records_of_the_region(session: Session):
    city = a_factory(session, region="4401", id=unit_id_of("4401"), kind="city")
    stations = [answers_for("Y102", seed=seed).answers for seed in (1, 2)]
    for answers in stations:
        a_sent_record(
            session, a_factory(session, kind="domestic"), "Y102", state="county_approved", answers=dict(answers)
        )
    a_sent_record(session, a_factory(session, kind="domestic"), "Y102", state="submitted", answers=dict(stations[0]))
    tankers = answers_for("Y103", seed=1).answers
    a_sent_record(session, a_factory(session, kind="domestic"), "Y103", state="accepted", answers=dict(tankers))
    rows = {(row["chain_link"], row["oil_product"]): row for row in rows_of(session, city, "Y203")["emissions"]}
    assert Decimal(rows["2", "2"]["oil_throughput"]) == sum(Decimal(answers["gasoline_sales"]) for answers in stations)
    assert rows["2", "2"]["object_count"] == "2"
    assert (rows["3", "2"]["oil_throughput"], rows["3", "2"]["object_count"]) == (
        tankers["gasoline_transported"],
        tankers["tanker_count"],
    )
    assert ("1", "2") not in rows


def test_other_forms_take_over_nothing(session: Session):
    assert rows_of(session, a_factory(session), "G102") == {}

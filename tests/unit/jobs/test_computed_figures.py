"""What the program works out of approved records leaves with them."""

from __future__ import annotations

from typing import Any, Final

import pytest
from sqlalchemy.orm import Session

from census.examples.records import answers_for
from census.jobs.computed import computed_figures
from census.services.handup.regional import unit_id_of
from exports.record import Computed
from tests.builders.jobs import a_factory, a_sent_record
from tests.builders.review import an_account

APPROVED: Final[dict[str, Any]] = {"region": "440113", "states": ["county_approved"]}


def figures(session: Session) -> dict[tuple[str, str, int | None], Computed]:
    return {(each.form, each.item, each.row): each for each in computed_figures(session, APPROVED)}


def test_a_facility_has_its_figures_from_what_was_approved(session: Session):
    unit, enumerator = a_factory(session, kind="centralized"), an_account(session, "enumerator")
    monitored = answers_for("J104-3").related["J104-1"]
    assert figures(session) == {}
    a_sent_record(session, unit, "J104-1", state="county_approved", answers=dict(monitored), enumerator=enumerator)
    a_sent_record(
        session,
        unit,
        "J104-2",
        state="submitted",
        answers=dict(answers_for("J104-3").related["J104-2"]),
        enumerator=enumerator,
    )
    found = figures(session)
    [water] = [row for row in monitored["pollutants"] if row["pollutant"] == "W01"]
    cod = found["J104-3", "cod_discharged", None]
    assert cod.value == pytest.approx(
        float(water["effluent_avg"]) * float(monitored["effluent_volume"]) / 1e6, abs=5e-5
    )
    assert (cod.unit, cod.region_code, cod.item_no, cod.measure) == (str(unit.id), unit.region_code, "01", "吨")
    assert ("J104-3", "so2_emitted", None) not in found  # its source is not approved


def test_a_region_has_a_figure_a_row_and_their_sum(session: Session):
    unit = a_factory(session, region="440113", id=unit_id_of("440113"), kind="county")
    answers = answers_for("Y202-4").answers
    a_sent_record(session, unit, "Y202-4", state="county_approved", answers=dict(answers))
    found = figures(session)
    rows = [found["Y202-4", "nox", row].value for row in range(1, len(answers["emissions"]) + 1)]
    assert found["Y202-4", "nox_total", None].value == pytest.approx(sum(rows), abs=1e-3)

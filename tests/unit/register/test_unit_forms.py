from __future__ import annotations

from typing import Any

from sqlalchemy import text, update
from sqlalchemy.orm import Session

from census.models.collect import Submission
from census.models.register import Unit
from census.services.collect import drafts
from census.services.handup import gate
from census.services.register.my_units import counts
from census.services.register.unit_forms import basis, owed, rederive_of, rederive_outdated
from forms.catalogue import catalogue
from tests.builders.review import TOWN, a_submission, a_unit, an_account, counted, some_regions


def sent(session: Session, unit: Unit, form: str, answers: dict[str, Any], **values: Any) -> Submission:
    return a_submission(session, unit=unit, form=form, answers=answers, **values)


def read(session: Session, unit: Unit) -> tuple[list[str], list[str]]:
    session.expire_all()
    return unit.forms, unit.may_forms


def test_a_unit_owes_what_its_answers_say(session: Session) -> None:
    unit = a_unit(session, forms=[])
    rederive_of(session, [unit.id])
    must, may = read(session, unit)
    assert {"QC-1", "G101-1"} <= set(must)
    assert "G102" in may
    sent(session, unit, "G101-1", {"has_wastewater": True})
    rederive_of(session, [unit.id])
    must, may = read(session, unit)
    assert "G102" in must
    assert "G102" not in may


def test_a_form_that_applies_no_longer_is_kept_and_not_counted(session: Session) -> None:
    some_regions(session)
    unit = a_unit(session, outcome="done")
    basics = sent(session, unit, "G101-1", {"has_wastewater": True}, state="county_approved")
    water = sent(session, unit, "G102", {}, errors=1, state="flagged")
    rederive_of(session, [unit.id])
    assert gate.gate(session, TOWN).doors[1].figure == "1"
    session.execute(update(Submission).where(Submission.id == basics.id).values(state="withdrawn"))
    sent(session, unit, "G101-1", {"has_wastewater": False}, state="county_approved")
    rederive_of(session, [unit.id])
    session.expire_all()
    assert session.get_one(Submission, water.id).applies is False
    assert gate.gate(session, TOWN).doors[1].figure == "0"
    assert "G102" not in unit.forms


def test_a_changed_definition_makes_the_worker_derive_again(session: Session) -> None:
    units = [a_unit(session, forms=[]) for _ in range(3)]
    session.execute(update(Unit).values(forms_basis=basis(catalogue())))
    session.execute(update(Unit).where(Unit.id == units[0].id).values(forms_basis="older"))
    assert rederive_outdated(session) == 1
    assert "G101-1" in read(session, units[0])[0]
    assert rederive_outdated(session) == 0


def test_deriving_costs_the_same_few_statements_however_many_units(session: Session) -> None:
    units = [a_unit(session, forms=[]).id for _ in range(20)]
    with counted(session.get_bind().engine) as statements:
        rederive_of(session, units)
    assert len(statements) <= 4


def test_a_unit_with_all_forms_that_it_must_fill_is_no_longer_to_be_visited(session: Session) -> None:
    account = an_account(session, "enumerator")
    unit = a_unit(session, forms=["G102"])
    session.execute(
        text(
            "insert into assignment (id, unit_id, account_id, created_at)"
            " values (gen_random_uuid(), :unit, :account, now())"
        ),
        {"unit": unit.id, "account": account.id},
    )
    assert counts(session, account.id)["unvisited"] == 1
    sent(session, unit, "QC-1", {})
    assert counts(session, account.id)["unvisited"] == 1
    sent(session, unit, "G102", {})
    assert counts(session, account.id)["done"] == 1


def test_what_was_sent_of_a_unit_is_one_query_and_a_withdrawn_double_hides_nothing(session: Session) -> None:
    unit = a_unit(session)
    sent(session, unit, "G102", {"water_intake_total": "1"}, state="withdrawn")
    live = sent(session, unit, "G102", {"water_intake_total": "2"})
    sent(session, unit, "G101-1", {})
    with counted(session.get_bind().engine) as statements:
        found = drafts.sent_of_unit(session, unit.id)
    assert len(statements) == 1
    assert {code: pair[0].id for code, pair in found.items()}["G102"] == live.id


def test_units_of_each_kind_have_forms_of_their_own() -> None:
    assert "G101-1" in owed("industrial", {}, {}).must
    assert "G101-1" not in owed("livestock", {}, {}).must


def test_the_register_may_know_which_listing_found_a_unit() -> None:
    boilers = owed("domestic", {"listing": "QC-3"}, {}).must
    outfall = owed("domestic", {"listing": "QC-4"}, {}).must
    assert set(boilers) == {"QC-3", "S103"}
    assert set(outfall) == {"QC-4", "S104", "S105"}

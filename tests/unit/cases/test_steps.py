from __future__ import annotations

import random
from datetime import date, timedelta
from typing import Any
from uuid import uuid4

import pytest
from sqlalchemy import text
from sqlalchemy.exc import ProgrammingError
from sqlalchemy.orm import Session

from census.errors import Conflict, InvalidInput, NotAllowed, NotFound
from census.models.cases import Case
from census.services.cases import steps
from census.services.cases.replay import COLUMNS
from census.services.cases.states import STATE_NAMES, STEPS, next_steps
from tests.builders.cases import FACTS, OTHER_TOWN, TO_ACCEPTED, TO_DONE, TOWN, VILLAGE, Office, a_person, photos


@pytest.fixture
def office(scattered_session: Session) -> Office:
    return Office(scattered_session)


# --- numbers --------------------------------------------------------------------------------------------------------


def test_numbers_hold_county_year_and_town_and_run_on(office: Office) -> None:
    first, second = office.open_case(), office.open_case()
    assert first.case_no[:16] == f"SLW4401132017{TOWN[6:]}"
    assert int(second.case_no[16:]) == int(first.case_no[16:]) + 1


def test_a_case_opens_only_in_the_finders_town(office: Office) -> None:
    with pytest.raises(NotAllowed):
        steps.open_case(
            office.session,
            a_person(office.session, region=OTHER_TOWN),
            region_code=VILLAGE,
            facts=FACTS["find"],
            evidence=photos(1),
        )


@pytest.mark.parametrize(
    ("facts", "key"),
    [
        ({"lead_source": "petition"}, "lead_no"),
        ({"name": ""}, "name"),
        ({"lead_source": "rumour"}, "lead_source"),
        ({"operator_phone": "13800000000"}, "operator_phone"),
    ],
)
def test_what_is_missing_or_unknown_is_named(office: Office, facts: dict[str, Any], key: str) -> None:
    with pytest.raises(InvalidInput) as refused:
        office.open_case(**facts)
    assert key in refused.value.detail["fields"]


def test_a_find_needs_a_photo(office: Office) -> None:
    with pytest.raises(InvalidInput, match="证据"):
        steps.open_case(office.session, office.inspector, region_code=VILLAGE, facts=FACTS["find"])


def test_a_form_sent_twice_opens_one_case(office: Office) -> None:
    answers = {
        **FACTS["find"],
        "village_code": VILLAGE,
        "gps": {"lon": "113.4", "lat": "22.95"},
        "found_date": "2017-04-01",
        "photo_signboard": photos(1)[0],
        "operator_name": "张三",
    }
    submission = steps.open_case(
        office.session, office.inspector, region_code=VILLAGE, facts=FACTS["find"], evidence=photos(1)
    ).id
    first = steps.register_case(office.session, office.inspector, submission, answers)
    assert first is not None
    assert steps.register_case(office.session, office.inspector, submission, answers) is first
    assert (first.lon, first.found_on) == (113.4, date(2017, 4, 1))
    assert "operator_name" not in first.facts


@pytest.mark.parametrize(
    "wrong",
    [
        {"photo_signboard": None},
        {"lead_source": None},
        {"found_date": "gestern"},
        {"gps": "hier"},
        {"village_code": ["440113016002"]},
    ],
)
def test_a_form_that_says_too_little_opens_no_case_and_is_no_failure(office: Office, wrong: dict[str, Any]) -> None:
    answers = {**FACTS["find"], "village_code": VILLAGE, "photo_signboard": photos(1)[0], **wrong}
    opened = steps.register_case(office.session, office.inspector, uuid4(), answers)
    assert (opened is None) == ("gps" not in wrong)


# --- the life of a case ---------------------------------------------------------------------------------------------


def test_a_case_goes_from_found_to_archived(office: Office) -> None:
    case = office.take_all(office.open_case(), *TO_ACCEPTED, "look_back", "look_back", "archive")
    assert case.state == "archived"
    assert (case.mode, case.category, case.version) == ("stop", "close", 11)


def test_all_steps_may_fall_on_one_day(office: Office) -> None:
    day = date(2017, 8, 15)
    case = office.take_all(office.open_case(day), *TO_ACCEPTED, on=day)
    assert (case.verified_on, case.done_on, case.accepted_on) == (day, day, day)


def test_an_outdated_version_is_a_conflict(office: Office) -> None:
    case = office.open_case()
    office.take(case, "verify")
    with pytest.raises(Conflict) as refused:
        office.take(case, "remark", expected_version=1)
    assert refused.value.detail["version"] == 2


@pytest.mark.parametrize(
    "kind", [kind for kind, step in STEPS.items() if step.from_states and "found" not in step.from_states]
)
def test_a_step_that_does_not_start_from_the_state_is_a_conflict(office: Office, kind: str) -> None:
    with pytest.raises(Conflict):
        office.take(office.open_case(), kind)


def test_a_rejection_needs_the_town_and_then_the_district(office: Office) -> None:
    case = office.open_case()
    with pytest.raises(Conflict, match="先由镇街"):
        office.take(case, "reject")
    office.take(case, "propose_reject")
    with pytest.raises(NotAllowed):
        office.take(case, "reject", by=office.inspector)
    number = case.case_no
    assert office.take(case, "reject").state == "rejected"
    assert case.case_no == number


def test_a_step_in_between_uses_a_proposal_up(office: Office) -> None:
    case = office.take_all(office.open_case(), "propose_reject", "verify")
    with pytest.raises(Conflict):
        office.take(case, "reject")


@pytest.mark.parametrize("kind", ["rectify", "done", "self_check", "propose_category", "propose_reject"])
def test_the_towns_steps_are_not_the_districts(office: Office, kind: str) -> None:
    case = office.open_case()
    for step in TO_DONE:
        if kind in {one.kind for one in next_steps(case.state)}:
            break
        office.take(case, step)
    with pytest.raises(NotAllowed):
        office.take(case, kind, by=office.case_office)


def test_another_towns_inspector_may_not_work_the_case(office: Office) -> None:
    with pytest.raises(NotAllowed):
        office.take(office.open_case(), "verify", by=a_person(office.session, region=OTHER_TOWN))


def test_an_unknown_case_is_not_found(office: Office) -> None:
    with pytest.raises(NotFound):
        steps.record_event(
            office.session, office.inspector, office.inspector.account_id, kind="verify", expected_version=1
        )


def test_nobody_accepts_what_he_found_himself(office: Office) -> None:
    case = steps.open_case(
        office.session,
        office.case_office,
        region_code=VILLAGE,
        facts=FACTS["find"],
        evidence=photos(1),
        found_on=date(2017, 4, 1),
    )
    office.take_all(case, *TO_DONE, "self_check")
    with pytest.raises(NotAllowed, match="发现人"):
        office.take(case, "accept")
    assert office.take(case, "accept", by=a_person(office.session, "case_office", "440113")).state == "accepted"


def test_nothing_is_accepted_without_the_towns_own_check(office: Office) -> None:
    case = office.take_all(office.open_case(), *TO_DONE)
    with pytest.raises(Conflict, match="自验"):
        office.take(case, "accept")


# --- evidence -------------------------------------------------------------------------------------------------------


def test_closing_needs_all_five_of_two_cuts_and_three_clearances(office: Office) -> None:
    case = office.take_all(office.open_case(), *TO_DONE[:-1])
    facts = {key: value for key, value in FACTS["done"].items() if key != "cut_water_date"}
    with pytest.raises(InvalidInput) as refused:
        office.take(case, "done", facts=facts)
    assert set(refused.value.detail["fields"]) == {"cut_water_date"}
    with pytest.raises(InvalidInput, match="照片"):
        office.take(case, "done", evidence=photos(6))


@pytest.mark.parametrize(
    ("kind", "facts", "key"),
    [
        ("verify", {"accuracy_m": 31}, "accuracy_m"),
        ("verify", {"verifiers": "王一"}, "verifiers"),
        ("verify", {"is_luan": False, "is_wu": False}, "is_san"),
        ("done", {"mode": "move"}, "mode"),
        ("accept", {"review_method": "doc"}, "review_method"),
        ("look_back", {"lat": 22.952}, "lon"),
    ],
)
def test_a_rule_of_a_step_is_kept(office: Office, kind: str, facts: dict[str, Any], key: str) -> None:
    case = office.open_case()
    for step in (*TO_ACCEPTED, "look_back"):
        if step == kind:
            break
        office.take(case, step)
    with pytest.raises(InvalidInput) as refused:
        office.take(case, kind, facts={**FACTS[kind], **facts})
    assert key in refused.value.detail["fields"]


def test_a_return_needs_a_reason(office: Office) -> None:
    case = office.take_all(office.open_case(), *TO_DONE)
    with pytest.raises(InvalidInput, match="原因"):
        office.take(case, "return", note=" ")


def test_days_run_forward_and_not_into_the_future(office: Office) -> None:
    case = office.take(office.open_case(), "verify")
    with pytest.raises(InvalidInput, match="早于"):
        office.take(case, "remark", on=date(2017, 5, 31))
    with pytest.raises(InvalidInput, match="晚于"):
        office.take(case, "remark", on=steps.today() + timedelta(days=2))  # two: midnight may pass meanwhile


# --- completions ----------------------------------------------------------------------------------------------------


def test_a_returned_completion_is_none(office: Office) -> None:
    case = office.take_all(office.open_case(), *TO_DONE, "return")
    assert (case.state, case.done_on, case.mode) == ("rectifying", None, None)
    office.take(case, "done", on=date(2017, 9, 1))
    assert case.done_on == date(2017, 9, 1)


def test_a_rebound_keeps_the_first_completion_and_marks_the_number(office: Office) -> None:
    case = office.take_all(office.open_case(), *TO_ACCEPTED, "rebound", "reopen", "rectify")
    number = case.case_no
    office.take(case, "done", on=date(2018, 3, 1))
    assert (case.done_on, case.accepted_on, number[-3:]) == (date(2017, 6, 1), date(2017, 6, 1), "-R1")


def test_the_next_case_after_a_rebound_gets_the_next_number(office: Office) -> None:
    first = office.take_all(office.open_case(), *TO_ACCEPTED, "rebound", "reopen")
    assert int(office.open_case().case_no[16:]) == int(first.case_no[16:21]) + 1


# --- history --------------------------------------------------------------------------------------------------------


def test_history_cannot_be_changed(office: Office) -> None:
    office.open_case()
    with pytest.raises(ProgrammingError, match="permission denied"):
        office.session.execute(text("update case_event set note = 'x'"))


@pytest.mark.parametrize("seed", range(12))
def test_columns_are_what_a_replay_of_the_events_gives(office: Office, seed: int) -> None:
    chance = random.Random(seed)
    case, day = office.open_case(), date(2017, 4, 1)
    for _ in range(30):
        day += timedelta(days=chance.randrange(3))
        try_step(office, case, chance.choice(next_steps(case.state)).kind, day)
    office.session.flush()
    office.session.refresh(case)
    rebuilt = steps.rebuilt(office.session, case.id)
    assert {name: getattr(case, name) for name in COLUMNS} == {name: getattr(rebuilt, name) for name in COLUMNS}
    assert [event.number for event in steps.events_of(office.session, case.id)] == list(range(1, case.version + 1))


def try_step(office: Office, case: Case, kind: str, day: date) -> None:
    """Take the step if the case allows it now; a refusal changes nothing."""
    version = case.version
    try:
        office.take(case, kind, on=day)
    except (Conflict, InvalidInput):
        assert case.version == version


def test_every_state_is_reached_by_a_step_and_has_a_name() -> None:
    assert {step.to_state for step in STEPS.values()} - {None} == set(STATE_NAMES)

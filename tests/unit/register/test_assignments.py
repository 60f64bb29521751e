from __future__ import annotations

from datetime import timedelta
from uuid import UUID

import pytest
from sqlalchemy import select
from sqlalchemy.orm import Session

from census.access import Actor
from census.db import now
from census.errors import InvalidInput, NotAllowed, NotFound
from census.models.people import Account, DeviceSession
from census.models.register import Assignment, AssignmentEvent, EnumerationArea, Team, Unit
from census.services.people.accounts import add_device
from census.services.people.teams import save_team, teams
from census.services.register import areas, leases
from census.services.register.assignments import Target, assign, hand_back, target_of
from census.services.register.units import assigned_units
from tests.builders.review import (
    OTHER_TOWN,
    TOWN,
    VILLAGE,
    a_submission,
    a_unit,
    acting,
    an_account,
    an_actor,
    counted,
    some_regions,
)


def on_a_phone(session: Session, account: Account, device: str = "Android phone") -> Actor:
    return add_device(session, acting(account), device=device)[1]


def holder(session: Session, unit: Unit) -> UUID | None:
    session.expire_all()
    return session.scalars(select(Assignment.account_id).where(Assignment.unit_id == unit.id)).one()


def test_units_change_hands_together_and_the_former_holder_stays_known(session: Session) -> None:
    first, second, supervisor = (
        an_account(session, "enumerator"),
        an_account(session, "enumerator"),
        an_actor(session, "supervisor"),
    )
    units = [a_unit(session) for _ in range(3)]
    ids = [unit.id for unit in units]
    assert assign(session, supervisor, ids, Target(first, None)) == 3
    assert assign(session, supervisor, ids[:2], Target(second, None)) == 2
    assert [holder(session, unit) for unit in units] == [second.id, second.id, first.id]
    assert session.scalars(select(Assignment.former).where(Assignment.unit_id == ids[0])).one() == [first.id]
    kinds = session.scalars(
        select(AssignmentEvent.kind).where(AssignmentEvent.unit_id == ids[0]).order_by(AssignmentEvent.id)
    ).all()
    assert kinds == ["given", "taken", "given"]
    assert assign(session, supervisor, ids[:2], Target(second, None)) == 0


def test_nobody_gets_units_where_he_does_not_work_and_no_stranger_gives_any(session: Session) -> None:
    elsewhere = an_account(session, "enumerator", OTHER_TOWN)
    unit = a_unit(session)
    with pytest.raises(InvalidInput, match="不负责"):
        assign(session, an_actor(session, "supervisor"), [unit.id], Target(elsewhere, None))
    with pytest.raises(NotAllowed):
        assign(session, an_actor(session, "supervisor", OTHER_TOWN), [unit.id], Target(elsewhere, None))
    with pytest.raises(NotAllowed):
        assign(session, an_actor(session, "enumerator"), [unit.id], Target(elsewhere, None))
    with pytest.raises(InvalidInput):
        target_of(session, None, None)


def test_a_team_gets_units_before_anybody_is_named(session: Session) -> None:
    county, lead, member = (
        an_actor(session, "county", "440113"),
        an_account(session, "supervisor"),
        an_account(session, "enumerator"),
    )
    some_regions(session)
    team = save_team(
        session, county, None, name="小谷围一组", region_code=TOWN, supervisor_id=lead.id, member_ids=[member.id]
    )
    unit = a_unit(session)
    assign(session, county, [unit.id], Target(None, team))
    assert holder(session, unit) is None
    assign(session, county, [unit.id], Target(member, None))
    assert session.execute(select(Assignment.account_id, Assignment.team_id)).one() == (member.id, team.id)


def test_who_changes_teams_takes_the_own_units_along(session: Session) -> None:
    some_regions(session)
    supervisor = an_account(session, "supervisor")
    actor, members, unit = acting(supervisor), [an_account(session, "enumerator") for _ in range(2)], a_unit(session)

    def save(name: str, team: Team | None, *chosen: Account, region: str = TOWN) -> Team:
        return save_team(
            session,
            actor,
            team.id if team else None,
            name=name,
            region_code=region,
            supervisor_id=supervisor.id,
            member_ids=[account.id for account in chosen],
        )

    first = save("一组", None, *members)
    assign(session, actor, [unit.id], Target(members[0], None))
    second = save("二组", None, members[0])
    assert session.scalars(select(Assignment.team_id)).all() == [second.id]
    assert [(line.team.name, len(line.members), line.units) for line in teams(session, actor)] == [
        ("一组", 1, 0),
        ("二组", 1, 1),
    ]
    save("二组", second)
    session.expire_all()
    assert (members[0].team_id, members[1].team_id) == (None, first.id)
    with pytest.raises(InvalidInput, match="组员"):
        save("一组", first, an_account(session, "enumerator", OTHER_TOWN))
    with pytest.raises(InvalidInput, match="组长"):
        save_team(session, actor, None, name="三组", region_code=TOWN, supervisor_id=members[0].id, member_ids=[])
    with pytest.raises(NotAllowed):
        save("三组", None, region=OTHER_TOWN)


def test_a_unit_handed_back_waits_for_the_desk_with_its_reason(session: Session) -> None:
    some_regions(session)
    account, supervisor = an_account(session, "enumerator"), an_actor(session, "supervisor")
    unit = a_unit(session)
    assign(session, supervisor, [unit.id], Target(account, None))
    phone = on_a_phone(session, account)
    assigned_units(session, phone)
    hand_back(session, phone, unit.id, "wrong_area", "在河对岸")
    assert holder(session, unit) is None
    line = areas.area_file(session, supervisor, areas.NONE, show="unassigned", at=now()).units[0]
    assert (line.unit.id, line.handed_back and line.handed_back.reason, line.held) == (unit.id, "wrong_area", ())
    with pytest.raises(NotFound):
        hand_back(session, phone, unit.id, "wrong_area")
    with pytest.raises(InvalidInput):
        hand_back(session, phone, unit.id, "because")


def test_a_phone_that_lost_a_unit_is_told_once_it_asks_and_the_desk_sees_the_copy_until_then(session: Session) -> None:
    first, second, supervisor = (
        an_account(session, "enumerator"),
        an_account(session, "enumerator"),
        an_actor(session, "supervisor"),
    )
    unit = a_unit(session)
    assign(session, supervisor, [unit.id], Target(first, None))
    phone = on_a_phone(session, first)
    page = assigned_units(session, phone)
    assert ([one.id for one, _ in page.units], page.removed) == ([unit.id], [])
    assign(session, supervisor, [unit.id], Target(second, None))
    held = leases.copies(session, [unit.id], now())[unit.id]
    assert [(copy.account_id, copy.short_device, copy.is_over) for copy in held] == [(first.id, "安卓手机", False)]
    assert [copy.account_id for copy in assigned_units(session, on_a_phone(session, second)).held[unit.id]] == [
        first.id
    ]
    told = assigned_units(session, phone, page.cursor)
    assert [(row.unit_id, row.kind) for row in told.removed] == [(unit.id, "taken")]
    assert first.id not in {copy.account_id for copy in leases.copies(session, [unit.id], now()).get(unit.id, [])}


def test_a_lease_is_extended_by_contact_and_over_without(session: Session) -> None:
    account, supervisor = an_account(session, "enumerator"), an_actor(session, "supervisor")
    unit = a_unit(session)
    assign(session, supervisor, [unit.id], Target(account, None))
    phone, start = on_a_phone(session, account), now()
    cursor = assigned_units(session, phone, at=start).cursor
    later = start + timedelta(days=5)
    assert assigned_units(session, phone, cursor, at=later).lease_until == later + leases.LASTS
    assert leases.copies(session, [unit.id], start + timedelta(days=11))[unit.id][0].is_over is False
    assert leases.copies(session, [unit.id], start + timedelta(days=13))[unit.id][0].is_over is True
    session.get_one(DeviceSession, phone.session_id).revoked_at = later
    session.flush()
    assert leases.copies(session, [unit.id], later) == {}


def test_areas_show_how_far_they_are_in_few_queries(session: Session) -> None:
    some_regions(session)
    account, supervisor = an_account(session, "enumerator"), an_actor(session, "supervisor")
    for number in range(3):
        code = f"{VILLAGE}000{number}"
        session.add(EnumerationArea(code=code, name=f"小区 {number}", region_code=VILLAGE))
        session.flush()
        visited, idle = a_unit(session, area_code=code, outcome="done"), a_unit(session, area_code=code)
        assign(session, supervisor, [visited.id], Target(account, None))
        a_submission(session, "county_approved", unit=visited, enumerator=account)
        a_submission(session, "checked", unit=idle, enumerator=account)
    a_unit(session)
    with counted(session.get_bind().engine) as statements:
        lines, more = areas.areas(session, supervisor)
    assert len(statements) <= 4
    assert [line.code for line in lines] == [areas.NONE, *(f"{VILLAGE}000{number}" for number in range(3))]
    figures = lines[1].figures
    assert (figures.units, figures.visited, figures.approved, figures.unassigned, figures.people) == (
        2,
        1,
        1,
        1,
        ("王普查",),
    )
    assert (lines[1].place, more) == ("小谷围街道 北亭村", "")

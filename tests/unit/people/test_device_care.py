from __future__ import annotations

import pytest
from sqlalchemy.orm import Session

from census.errors import NotAllowed, NotFound, NotSignedIn
from census.services.people.accounts import actor_of, add_device
from census.services.people.administration import devices_of, revoke
from tests.builders.review import OTHER_TOWN, acting, an_account, an_actor


def test_a_supervisor_ends_the_session_of_a_lost_phone_of_the_own_towns(session: Session) -> None:
    account, supervisor = an_account(session, "enumerator"), an_actor(session, "supervisor")
    token, phone, _ = add_device(session, acting(account), device="Android")
    assert [opened.id for opened in devices_of(session, supervisor, account.id)[1]] == [phone.session_id]
    revoke(session, supervisor, phone.session_id)
    with pytest.raises(NotSignedIn):
        actor_of(session, token, "census")


def test_nobody_ends_sessions_outside_the_own_care(session: Session) -> None:
    account, county = an_account(session, "enumerator"), an_account(session, "county", "440113")
    phone = add_device(session, acting(account), device="Android")[1]
    desk = add_device(session, acting(county), device="desk", kind="web")[1]
    with pytest.raises(NotFound):
        revoke(session, an_actor(session, "supervisor", OTHER_TOWN), phone.session_id)
    with pytest.raises(NotFound):
        revoke(session, an_actor(session, "supervisor", "440113"), desk.session_id)
    with pytest.raises(NotAllowed):
        devices_of(session, an_actor(session, "enumerator"), account.id)
    revoke(session, an_actor(session, "admin", "440113"), desk.session_id)

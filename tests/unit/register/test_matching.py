from __future__ import annotations

import pytest
from sqlalchemy.orm import Session

from census.db import set_scope
from census.models.register import Assignment
from census.services.register.matching import index_around, initials, similar
from census.services.register.my_units import nearest
from tests.builders.review import OTHER_TOWN, TOWN, a_unit, an_account

HERE = (113.38, 23.04)


def test_a_find_is_looked_for_by_code_name_and_place(session: Session) -> None:
    code = a_unit(session, name="甲", credit_code="91440101MA59ABCD1X", lon=114.0, lat=23.5)
    name = a_unit(session, name="兴盛五金加工厂（南区）")
    both = a_unit(session, name="兴盛五金加工厂", lon=113.3803, lat=23.0402)
    place = a_unit(session, name="丙", lon=113.38, lat=23.0404)
    a_unit(session, name="丁", lon=113.38, lat=23.0406)
    found = similar(session, name="兴盛五金加工厂", code="91440101ma59abcd1x", position=HERE)
    assert {one.id: one.reasons for one in found} == {
        code.id: ("code",),
        name.id: ("name",),
        both.id: ("name", "position"),
        place.id: ("position",),
    }
    assert found[0].id == both.id
    assert next(one.away_m for one in found if one.id == place.id) == 45
    assert both.id not in {one.id for one in similar(session, name="兴盛五金加工厂", without=[both.id])}


def test_nothing_is_looked_for_without_a_hint_and_nothing_told_from_elsewhere(session: Session) -> None:
    a_unit(session, region=f"{OTHER_TOWN}001", name="兴盛五金加工厂")
    assert similar(session, name="兴") == []
    set_scope(session, (TOWN,))
    assert similar(session, name="兴盛五金加工厂") == []
    assert index_around(session, 10) == []


def test_the_index_for_the_phone_holds_the_tail_of_the_code_only(session: Session) -> None:
    unit = a_unit(session, address="北亭大街 1 号", credit_code="91440101MA59ABCD1X", lon=113.3812345, lat=23.0)
    assert index_around(session, 10) == [
        (str(unit.id), "兴盛五金加工厂", "北亭大街 1 号", "xswjjgc", "ABCD1X", 113.38123, 23.0)
    ]


@pytest.mark.parametrize(
    ("name", "expected"), [("兴盛五金加工厂", "xswjjgc"), ("ABC电子", "abcdz"), ("南沙 1 厂", "ns1c"), ("龘", "")]
)
def test_initials_are_what_people_type(name: str, expected: str) -> None:
    assert initials(name) == expected


def test_my_units_come_by_distance(session: Session) -> None:
    account = an_account(session, "enumerator")
    far, close = a_unit(session, lon=113.39, lat=23.04), a_unit(session, lon=113.381, lat=23.04)
    done, lost = a_unit(session, lon=113.38, lat=23.04, outcome="closed"), a_unit(session)
    for unit in (far, close, done, lost):
        session.add(Assignment(unit_id=unit.id, account_id=account.id))
    session.flush()
    assert [(unit.id, away) for unit, away in nearest(session, account.id, HERE)] == [(close.id, 102), (far.id, 1024)]

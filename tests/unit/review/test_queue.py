from __future__ import annotations

from datetime import timedelta

import pytest
from sqlalchemy import func, insert, select, update
from sqlalchemy.orm import Session

from census.db import FULL, now
from census.errors import InvalidInput, NotAllowed
from census.jobs.tallies import WORTH_FOLDING, fold
from census.models.collect import Submission, SubmissionTally
from census.services.review.queue import Filters, facets, neighbours, queue
from tests.builders.review import OTHER_TOWN, TOWN, a_submission, a_unit, an_account, an_actor, counted, some_regions
from tests.conftest import Databases


def waiting(session: Session, count: int, state: str = "checked", region: str = TOWN + "001") -> list[Submission]:
    enumerator = an_account(session, "enumerator")
    return [
        a_submission(
            session,
            state,
            enumerator=enumerator,
            unit=a_unit(session, region, name=f"单位{number}"),
            updated_at=now() - timedelta(days=count - number),
        )
        for number in range(count)
    ]


def test_the_queue_holds_what_waits_for_the_role_oldest_first(session: Session) -> None:
    some_regions(session)
    checked = waiting(session, 2)
    flagged = a_submission(session, "flagged", errors=1)
    approved = a_submission(session, "supervisor_approved")
    a_submission(session, "returned")
    supervisor = queue(session, an_actor(session, "supervisor")).entries
    assert [entry.id for entry in supervisor] == [checked[0].id, checked[1].id, flagged.id]
    assert (supervisor[0].unit_name, supervisor[0].town_name, supervisor[0].village_name) == (
        "单位0",
        "小谷围街道",
        "北亭村",
    )
    assert {entry.id for entry in queue(session, an_actor(session, "county", "440113")).entries} == {
        flagged.id,
        approved.id,
    }


def test_pages_follow_each_other_without_gap_or_repeat(session: Session) -> None:
    expected = [submission.id for submission in waiting(session, 7)]
    actor = an_actor(session, "supervisor")
    seen, cursor = [], ""
    while True:
        page = queue(session, actor, cursor=cursor, limit=3)
        seen += [entry.id for entry in page.entries]
        cursor = page.next_cursor
        if not cursor:
            break
    assert seen == expected


@pytest.mark.parametrize("cursor", ["x", "!!!!", "MjAxOA", "é"])
def test_a_broken_cursor_is_refused(session: Session, cursor: str) -> None:
    with pytest.raises(InvalidInput):
        queue(session, an_actor(session, "supervisor"), cursor=cursor)


def test_filters_narrow_the_queue(session: Session) -> None:
    plain = a_submission(session)
    warned = a_submission(session, "checked", explained=1)
    elsewhere = a_submission(session, unit=a_unit(session, TOWN + "002"))
    other_form = a_submission(session, form="G101-1")
    returned = a_submission(session, "returned")
    actor = an_actor(session, "supervisor")

    def ids(**filters: str) -> set[object]:
        return {entry.id for entry in queue(session, actor, **filters).entries}  # type: ignore[arg-type]

    assert ids() == {plain.id, warned.id, elsewhere.id, other_form.id}
    assert ids(state="returned") == {returned.id}
    assert ids(check="G102-C02") == {warned.id}
    assert ids(region=TOWN + "002") == {elsewhere.id}
    assert ids(form="G101-1") == {other_form.id}
    assert ids(region="4401_3") == set()


def test_another_towns_records_never_appear(session: Session) -> None:
    a_submission(session, unit=a_unit(session, OTHER_TOWN + "001"))
    assert queue(session, an_actor(session, "supervisor"), region=OTHER_TOWN).entries == ()


def test_who_reviews_nothing_has_no_queue(session: Session) -> None:
    for role in ("enumerator", "checker", "admin", "auditor"):
        with pytest.raises(NotAllowed):
            queue(session, an_actor(session, role))


def test_counts_say_what_each_filter_would_show(session: Session) -> None:
    some_regions(session)
    a_submission(session, explained=1)
    a_submission(session, "flagged", errors=1, form="G101-1")
    a_submission(session, "returned", unit=a_unit(session, TOWN + "002"))
    counts = facets(session, an_actor(session, "supervisor"), Filters())
    assert counts.states == {"checked": 1, "flagged": 1, "returned": 1}
    assert counts.forms == {"G101-1": 1, "G102": 1}
    assert counts.towns == {TOWN: ("小谷围街道", 2)}
    assert counts.checks == {"G102-C02": 2}
    assert facets(session, an_actor(session, "supervisor"), Filters(form="G102")).states == {
        "checked": 1,
        "returned": 1,
    }


def test_the_desk_knows_which_record_comes_before_and_after(session: Session) -> None:
    first, second, third = waiting(session, 3)
    actor = an_actor(session, "supervisor")
    middle = neighbours(session, actor, Filters(), second)
    assert (middle.position, middle.total, middle.previous, middle.next) == (2, 3, first.id, third.id)
    assert neighbours(session, actor, Filters(), third).next is None


def test_a_page_of_the_queue_costs_the_same_queries_for_few_and_for_many(session: Session) -> None:
    actor = an_actor(session, "supervisor")
    costs = []
    for count in (1, 20):
        waiting(session, count)
        with counted(session.get_bind().engine) as statements:
            queue(session, actor)
            facets(session, actor, Filters())
        costs.append(len(statements))
    assert costs == [3, 3]


def test_counts_follow_every_change_and_folding_changes_none(own_databases: Databases) -> None:
    database = own_databases.census
    with database.transaction(FULL) as session:
        actor = an_actor(session, "supervisor")
        records = [a_submission(session) for _ in range(3)]
        session.execute(update(Submission).where(Submission.id == records[0].id).values(state="flagged"))
        session.execute(update(Submission).where(Submission.id == records[1].id).values(revision=2))
    with database.transaction(FULL) as session:
        session.execute(
            insert(SubmissionTally),
            [
                {"region_code": TOWN + "001", "form": "G102", "state": "flagged", "records": step}
                for step in (1, -1) * WORTH_FOLDING
            ],
        )
    for _ in range(2):
        with database.transaction(FULL) as session:
            assert facets(session, actor, Filters()).states == {"checked": 2, "flagged": 1}
        fold(database)
    with database.transaction(FULL) as session:
        assert session.scalar(select(func.count()).select_from(SubmissionTally)) == 2

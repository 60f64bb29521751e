from __future__ import annotations

from typing import Any

import pytest
from sqlalchemy import select, text
from sqlalchemy.orm import Session

from census.db import now, set_scope
from census.errors import Conflict, InvalidInput, NeedsConfirmation, NotAllowed, NotFound
from census.models.collect import RevisionConflict
from census.models.evidence import AuditEntry
from census.models.review import Change, Decision, FindingRow
from census.services.collect.states import STATE_NAMES, WITHDRAWABLE
from census.services.review import decisions
from tests.builders.review import (
    OTHER_TOWN,
    a_revision,
    a_submission,
    a_visit,
    acting,
    an_account,
    an_actor,
    digest_of,
)

ITEM = {"path": "/self_supplied_intake", "reason": "evidence_mismatch", "text": "与水费单不符"}


def test_a_checked_record_passes_both_levels_of_the_county(session: Session) -> None:
    submission = a_submission(session, "checked", explained=2)
    decisions.decide(session, an_actor(session, "supervisor"), submission.id, outcome="approve", expected_revision=1)
    assert submission.state == "supervisor_approved"
    decisions.decide(
        session, an_actor(session, "county", "440113"), submission.id, outcome="approve", expected_revision=1
    )
    assert submission.state == "county_approved"


@pytest.mark.parametrize(("level", "state"), [("city", "city_approved"), ("province", "province_approved")])
def test_a_received_record_is_approved_in_place_above_the_county(session: Session, level: str, state: str) -> None:
    submission = a_submission(session, "checked", account_id=None)
    decisions.decide(session, an_actor(session, level, "44"), submission.id, outcome="approve", expected_revision=1)
    assert submission.state == state


def test_a_return_reaches_the_enumerators_phone_with_the_items_marked(session: Session) -> None:
    enumerator = an_account(session, "enumerator")
    submission = a_submission(session, "flagged", errors=1, enumerator=enumerator)
    session.execute(text("update unit set changed_xid = '3'"))
    decision = decisions.decide(
        session,
        an_actor(session, "supervisor"),
        submission.id,
        outcome="return",
        note=" 请核对 ",
        items=[ITEM],
        expected_revision=1,
    )
    change = session.scalars(select(Change)).one()
    assert (change.account_id, change.kind, change.state, change.note) == (
        enumerator.id,
        "returned",
        "returned",
        "请核对",
    )
    assert change.items == decision.items == [ITEM]
    assert session.execute(text("select changed_xid = pg_current_xact_id() from unit")).scalar_one()
    assert submission.opened_at is not None


def test_a_decision_leaves_an_audit_entry_without_what_was_written(session: Session) -> None:
    submission = a_submission(session)
    actor = an_actor(session, "supervisor")
    decisions.decide(session, actor, submission.id, outcome="return", note="法人电话不对", expected_revision=1)
    entry = session.scalars(select(AuditEntry)).one()
    assert (entry.actor, entry.action, entry.subject) == (actor.username, "return", str(submission.id))
    assert "法人" not in entry.body


@pytest.mark.parametrize(
    ("state", "words"),
    [
        ("submitted", "尚在校验"),
        ("flagged", "强制性问题"),
        ("returned", "已退回"),
        ("withdrawn", "撤回"),
        ("county_approved", "不用再通过"),
        ("handed_up", "不用再通过"),
    ],
)
def test_what_cannot_be_approved_says_why(session: Session, state: str, words: str) -> None:
    submission = a_submission(session, state)
    with pytest.raises(Conflict, match=words):
        decisions.decide(
            session, an_actor(session, "supervisor"), submission.id, outcome="approve", expected_revision=1
        )


@pytest.mark.parametrize(
    ("values", "words"),
    [
        ({"judge_due": True}, "尚在校验"),
        ({"warnings": 2}, "2 个核实性问题没有说明"),
        ({"errors": 1}, "1 个强制性问题"),
    ],
)
def test_open_questions_bar_the_approval(session: Session, values: dict[str, Any], words: str) -> None:
    submission = a_submission(session, "checked", **values)
    with pytest.raises(Conflict, match=words):
        decisions.decide(
            session, an_actor(session, "supervisor"), submission.id, outcome="approve", expected_revision=1
        )
    assert session.scalars(select(Decision)).all() == []


def test_a_second_copy_of_the_same_revision_bars_the_approval(session: Session) -> None:
    submission = a_submission(session)
    session.add(
        RevisionConflict(
            submission_id=submission.id,
            number=1,
            region_code=submission.region_code,
            answers={},
            explanations=[],
            digest="x",
            receipt_number="r",
        )
    )
    session.flush()
    with pytest.raises(Conflict, match="两份不同的内容"):
        decisions.decide(
            session, an_actor(session, "supervisor"), submission.id, outcome="approve", expected_revision=1
        )


def test_the_county_waits_for_the_supervisor(session: Session) -> None:
    submission = a_submission(session)
    with pytest.raises(Conflict, match="普查指导员先通过"):
        decisions.decide(
            session, an_actor(session, "county", "440113"), submission.id, outcome="approve", expected_revision=1
        )


def test_a_decision_on_an_outdated_revision_is_refused(session: Session) -> None:
    submission = a_submission(session, revision=2)
    with pytest.raises(Conflict, match=r"第 2 版.*第 1 版") as refused:
        decisions.decide(
            session, an_actor(session, "supervisor"), submission.id, outcome="approve", expected_revision=1
        )
    assert refused.value.detail["revision"] == 2


def test_deciding_the_same_again_gets_the_first_decision(session: Session) -> None:
    submission = a_submission(session)
    actor = an_actor(session, "supervisor")
    first = decisions.decide(session, actor, submission.id, outcome="approve", expected_revision=1)
    assert decisions.decide(session, actor, submission.id, outcome="approve", expected_revision=1) is first
    assert len(session.scalars(select(Decision)).all()) == 1


def test_a_return_names_an_item_or_a_reason(session: Session) -> None:
    submission = a_submission(session)
    with pytest.raises(InvalidInput, match="勾选要退回的指标"):
        decisions.decide(
            session, an_actor(session, "supervisor"), submission.id, outcome="return", note=" ", expected_revision=1
        )


@pytest.mark.parametrize(
    "path",
    [
        "/no_such_item",
        "/facility/1/run_hours",
        "/facility/0/water_intake_total",
        "/facility/-1/run_hours",
        "run_hours",
        "/facility/0/run_hours/x",
        "/facility/٠/run_hours",
    ],
)
def test_a_return_cannot_mark_what_the_form_does_not_have(session: Session, path: str) -> None:
    submission = a_submission(session)
    with pytest.raises(InvalidInput) as refused:
        decisions.decide(
            session,
            an_actor(session, "supervisor"),
            submission.id,
            outcome="return",
            items=[ITEM, {**ITEM, "path": path}],
            expected_revision=1,
        )
    assert list(refused.value.detail["fields"]) == ["items/1/path"]


@pytest.mark.parametrize("path", ["", "/facility", "/facility/0", "/facility/0/run_hours", "/water_intake_total"])
def test_a_return_marks_items_rows_groups_or_all(session: Session, path: str) -> None:
    submission = a_submission(session)
    decision = decisions.decide(
        session,
        an_actor(session, "supervisor"),
        submission.id,
        outcome="return",
        items=[{**ITEM, "path": path}],
        expected_revision=1,
    )
    assert decision.items[0]["path"] == path


@pytest.mark.parametrize(
    "item", [{**ITEM, "reason": "because"}, {"path": "/unit_name"}, {**ITEM, "path": 3}, {**ITEM, "text": ["x"]}]
)
def test_an_item_of_a_return_has_a_known_reason_and_plain_text(session: Session, item: dict[str, Any]) -> None:
    submission = a_submission(session)
    with pytest.raises(InvalidInput):
        decisions.decide(
            session, an_actor(session, "supervisor"), submission.id, outcome="return", items=[item], expected_revision=1
        )


def test_a_form_this_instance_does_not_know_is_returned_by_note_only(session: Session) -> None:
    submission = a_submission(session, form="G999", version="2030.1")
    actor = an_actor(session, "supervisor")
    with pytest.raises(InvalidInput, match="退回意见"):
        decisions.decide(session, actor, submission.id, outcome="return", items=[ITEM], expected_revision=1)
    decisions.decide(session, actor, submission.id, outcome="return", note="请核对", expected_revision=1)
    assert submission.state == "returned"


@pytest.mark.parametrize("note", ["长" * 1001, "a\0b"])
def test_a_note_that_cannot_be_kept_is_refused(session: Session, note: str) -> None:
    submission = a_submission(session)
    with pytest.raises(InvalidInput):
        decisions.decide(
            session, an_actor(session, "supervisor"), submission.id, outcome="return", note=note, expected_revision=1
        )


def test_nobody_decides_who_reviews_nothing(session: Session) -> None:
    submission = a_submission(session)
    for role in ("enumerator", "checker", "admin", "auditor"):
        with pytest.raises(NotAllowed):
            decisions.decide(
                session, an_actor(session, role, "440113"), submission.id, outcome="approve", expected_revision=1
            )


def test_another_towns_record_is_not_there(session: Session) -> None:
    submission = a_submission(session)
    actor = an_actor(session, "supervisor", OTHER_TOWN)
    session.expunge_all()
    set_scope(session, actor.scope)
    with pytest.raises(NotFound):
        decisions.decide(session, actor, submission.id, outcome="approve", expected_revision=1)


def test_nobody_decides_on_a_record_they_submitted(session: Session) -> None:
    account = an_account(session, "supervisor")
    submission = a_submission(session, enumerator=account)
    for outcome in ("approve", "return"):
        with pytest.raises(NotAllowed, match="自己提交"):
            decisions.decide(session, acting(account), submission.id, outcome=outcome, note="x", expected_revision=1)


def test_nobody_approves_at_two_levels(session: Session) -> None:
    submission = a_submission(session)
    account = an_account(session, "supervisor")
    decisions.decide(session, acting(account), submission.id, outcome="approve", expected_revision=1)
    account.grants[0].role = "county"
    with pytest.raises(NotAllowed, match="另一级"):
        decisions.decide(session, acting(account), submission.id, outcome="approve", expected_revision=1)


def test_a_change_after_the_signature_needs_a_new_signature(session: Session) -> None:
    submission = a_submission(session, revision=2)
    a_visit(session, submission, signed=[digest_of(submission, 1)])
    actor = an_actor(session, "supervisor")
    with pytest.raises(NeedsConfirmation):
        decisions.decide(session, actor, submission.id, outcome="approve", expected_revision=2)
    a_visit(session, submission, signed=[digest_of(submission, 2)])
    assert (
        decisions.decide(session, actor, submission.id, outcome="approve", expected_revision=2).to_state
        == "supervisor_approved"
    )


def test_a_recorded_confirmation_stands_for_a_new_signature(session: Session) -> None:
    submission = a_submission(session, revision=1)
    submission.revision = submission.judged_revision = 2
    a_visit(session, submission, signed=[digest_of(submission, 1)])
    a_revision(session, submission, 2, {}, {"name": "陈先生", "how": "phone", "at": "2018-08-21T10:00:00+08:00"})
    decisions.decide(session, an_actor(session, "supervisor"), submission.id, outcome="approve", expected_revision=2)
    assert submission.state == "supervisor_approved"


def test_what_was_never_signed_needs_no_confirmation(session: Session) -> None:
    submission = a_submission(session, revision=2)
    a_visit(session, submission)
    decisions.decide(session, an_actor(session, "supervisor"), submission.id, outcome="approve", expected_revision=2)
    assert submission.state == "supervisor_approved"


def test_the_county_exempts_errors_one_by_one_with_a_reason(session: Session) -> None:
    submission = a_submission(session, "flagged", errors=2)
    actor = an_actor(session, "county", "440113")

    def exempt(check: str, reason: str) -> Decision:
        return decisions.exempt(
            session,
            actor,
            submission.id,
            check=check,
            path="/self_supplied_intake",
            reason=reason,
            expected_revision=1,
        )

    with pytest.raises(InvalidInput):
        exempt("G102-C02", " ")
    exempt("G102-C02", "井水未装表，按水泵工况核定")
    assert (submission.state, submission.error_count) == ("flagged", 1)
    exempt("G102-C03", "同上")
    assert (submission.state, submission.error_count) == ("checked", 0)
    with pytest.raises(Conflict):
        exempt("G102-C03", "再来一次")
    assert {finding.state for finding in session.scalars(select(FindingRow))} == {"exempt"}
    assert decisions.exemptions(session, [submission.id]) == {
        submission.id: {
            ("G102-C02", "/self_supplied_intake"): "井水未装表，按水泵工况核定",
            ("G102-C03", "/self_supplied_intake"): "同上",
        }
    }


def test_a_supervisor_exempts_nothing(session: Session) -> None:
    submission = a_submission(session, "flagged", errors=1)
    with pytest.raises(NotAllowed):
        decisions.exempt(
            session,
            an_actor(session, "supervisor"),
            submission.id,
            check="G102-C02",
            path="/self_supplied_intake",
            reason="x",
            expected_revision=1,
        )


@pytest.mark.parametrize("is_opened", [False, True])
@pytest.mark.parametrize("state", [state for state in STATE_NAMES if state != "draft"])
def test_what_is_offered_to_be_withdrawn_is_what_can_be(session: Session, state: str, is_opened: bool) -> None:  # noqa: FBT001 - parametrized
    account = an_account(session, "enumerator")
    submission = a_submission(session, state, enumerator=account)
    submission.opened_at = now() if is_opened else None
    session.flush()
    offered = decisions.may_withdraw(acting(account), submission)
    assert not decisions.may_withdraw(an_actor(session, "enumerator"), submission), "only who sent it"
    assert offered == (state in WITHDRAWABLE and not is_opened)
    try:
        decisions.withdraw(session, acting(account), submission.id, expected_revision=1)
    except Conflict:
        assert not offered
    else:
        assert offered


def test_an_enumerator_withdraws_until_a_reviewer_has_opened_the_record(session: Session) -> None:
    account = an_account(session, "enumerator")
    submission = a_submission(session, "checked", enumerator=account)
    with pytest.raises(NotAllowed):
        decisions.withdraw(session, an_actor(session, "enumerator"), submission.id, expected_revision=1)
    decisions.withdraw(session, acting(account), submission.id, expected_revision=1)
    assert submission.state == "withdrawn"
    opened = a_submission(session, "checked", enumerator=account, opened_at=submission.updated_at)
    with pytest.raises(Conflict, match="审核已经开始"):
        decisions.withdraw(session, acting(account), opened.id, expected_revision=1)


def test_taking_back_twice_or_an_older_revision_is_answered_in_the_enumerators_words(session: Session) -> None:
    account = an_account(session, "enumerator")
    submission = a_submission(session, "checked", enumerator=account)
    with pytest.raises(Conflict, match="您要撤回的是第 2 版"):
        decisions.withdraw(session, acting(account), submission.id, expected_revision=2)
    decisions.withdraw(session, acting(account), submission.id, expected_revision=1)
    with pytest.raises(Conflict, match="不用再撤回"):
        decisions.withdraw(session, acting(account), submission.id, expected_revision=1)


def test_clean_records_are_approved_together_and_the_others_say_why_not(session: Session) -> None:
    clean, warned = a_submission(session), a_submission(session, explained=1)
    newer = a_submission(session, revision=2)
    result = decisions.approve_clean(
        session,
        an_actor(session, "supervisor"),
        [(clean.id, 1), (warned.id, 1), (newer.id, 1)],
    )
    assert result.approved == (clean.id,)
    assert [submission_id for submission_id, _ in result.refused] == [warned.id, newer.id]
    assert (warned.state, newer.state) == ("checked", "checked")


def test_only_approved_records_are_handed_up_and_only_once(session: Session) -> None:
    approved, waiting = a_submission(session, "county_approved"), a_submission(session, "checked")
    ids = [approved.id, waiting.id]
    assert decisions.hand_up(session, ids, actor_name="county01") == 1
    assert decisions.hand_up(session, ids, actor_name="county01") == 0
    session.expire_all()
    assert (approved.state, waiting.state) == ("handed_up", "checked")


def test_a_receipt_accepts_and_returns_once(session: Session) -> None:
    accepted, returned = a_submission(session, "handed_up"), a_submission(session, "handed_up")
    assert decisions.apply_from_above(session, accepted.id, 1, "accept")
    assert not decisions.apply_from_above(session, accepted.id, 1, "accept")
    assert decisions.apply_from_above(
        session, returned.id, 1, "return", note="核对", items=[ITEM], actor_name="广东省普查办"
    )
    assert not decisions.apply_from_above(
        session, returned.id, 1, "return", note="核对", items=[ITEM], actor_name="广东省普查办"
    )
    assert (accepted.state, returned.state) == ("accepted", "returned")
    change = session.scalars(select(Change).where(Change.kind == "returned")).one()
    assert (change.note, change.items) == ("广东省普查办：核对", [ITEM])


def test_a_receipt_for_a_replaced_revision_changes_nothing(session: Session) -> None:
    submission = a_submission(session, "handed_up", revision=2)
    assert not decisions.apply_from_above(session, submission.id, 1, "return", note="核对")
    assert submission.state == "handed_up"


def test_the_county_cannot_take_back_what_was_handed_up(session: Session) -> None:
    for state in ("handed_up", "accepted"):
        submission = a_submission(session, state)
        with pytest.raises(Conflict, match="上级回执退回"):
            decisions.decide(
                session,
                an_actor(session, "county", "440113"),
                submission.id,
                outcome="return",
                note="x",
                expected_revision=1,
            )


def test_a_comment_changes_no_state_and_stays_on_the_desk(session: Session) -> None:
    submission = a_submission(session)
    remark = decisions.comment(
        session, an_actor(session, "supervisor"), submission.id, text="与去年环统比对", path="/water_intake_total"
    )
    assert (remark.text, submission.state) == ("与去年环统比对", "checked")
    assert session.scalars(select(Change)).all() == []

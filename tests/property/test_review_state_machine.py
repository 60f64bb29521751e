"""Reviewers, enumerators, the worker and receipts act in any order; the record never leaves the table's paths."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from hypothesis import HealthCheck, settings
from hypothesis import strategies as st
from hypothesis.stateful import (
    RuleBasedStateMachine,
    initialize,
    invariant,
    precondition,
    rule,
    run_state_machine_as_test,
)
from sqlalchemy import select
from sqlalchemy.orm import Session

from census.access import Actor
from census.db import FULL, set_scope
from census.errors import CensusError
from census.models.collect import STATES
from census.models.review import Decision, FindingRow
from census.services.collect.states import STATE_NAMES, TRANSITIONS
from census.services.review import decisions as reviews
from tests.builders.review import ANSWERS, a_revision, a_submission, acting, an_account
from tests.conftest import Databases

REVIEWERS = ("supervisor", "county", "second county")


class Review(RuleBasedStateMachine):
    """One record of a county instance. ``databases`` is set by the test."""

    databases: Databases

    def __init__(self) -> None:
        super().__init__()
        self.connection = self.databases.census.engine.connect()
        self.outer = self.connection.begin()
        self.session = Session(self.connection, expire_on_commit=False, join_transaction_mode="create_savepoint")
        set_scope(self.session, FULL)

    @initialize()
    def submitted(self) -> None:
        enumerator = an_account(self.session, "enumerator")
        self.enumerator = acting(enumerator)
        self.actors: dict[str, Actor] = {
            "supervisor": acting(an_account(self.session, "supervisor")),
            "county": acting(an_account(self.session, "county", "440113")),
            "second county": acting(an_account(self.session, "county", "440113")),
        }
        self.record = a_submission(self.session, "submitted", enumerator=enumerator)
        self.seen = "submitted"
        self.ever_opened = False

    @rule(who=st.sampled_from(REVIEWERS), outcome=st.sampled_from(("approve", "return")), late=st.booleans())
    def a_reviewer_decides(self, who: str, outcome: str, late: bool) -> None:  # noqa: FBT001 - drawn
        expected = self.record.revision - late
        role = "county" if "county" in who else who
        repeat = self._repeats(self.actors[who], outcome)
        done = self._try(
            lambda: reviews.decide(
                self.session,
                self.actors[who],
                self.record.id,
                outcome=outcome,
                note="请核对",
                expected_revision=expected,
            )
        )
        if done:
            assert not late
            if not repeat:
                self._moved(outcome, role)
                self.ever_opened = True
            if outcome == "approve":
                assert (self.record.error_count, self.record.unexplained_count, self.record.judge_due) == (0, 0, False)

    @rule(who=st.sampled_from(REVIEWERS))
    def an_error_is_exempted(self, who: str) -> None:
        if self._try(
            lambda: reviews.exempt(
                self.session,
                self.actors[who],
                self.record.id,
                check="G102-C02",
                path="/self_supplied_intake",
                reason="已核",
                expected_revision=self.record.revision,
            )
        ):
            assert "county" in who
            assert self.seen == "flagged"
            assert self.record.state == (
                "flagged" if self.record.error_count else TRANSITIONS["flagged", "exempt", "county"]
            )
            self.seen = self.record.state
            self.ever_opened = True

    @rule()
    def the_enumerator_withdraws(self) -> None:
        if self._try(
            lambda: reviews.withdraw(
                self.session,
                self.enumerator,
                self.record.id,
                expected_revision=self.record.revision,
            )
        ):
            assert not self.ever_opened
            self._moved("withdraw", "enumerator")

    @precondition(lambda self: self.record.state in {"returned", "withdrawn"})
    @rule()
    def the_enumerator_sends_a_new_revision(self) -> None:
        self.record.revision += 1
        a_revision(self.session, self.record, self.record.revision, ANSWERS)
        self.record.state, self.record.judge_due, self.record.opened_at = "submitted", True, None
        self.session.flush()
        self.seen, self.ever_opened = "submitted", False

    @precondition(lambda self: self.record.judge_due)
    @rule(errors=st.integers(0, 1), warnings=st.integers(0, 1))
    def the_worker_judges(self, errors: int, warnings: int) -> None:
        self.session.query(FindingRow).delete()
        for severity, count in (("error", errors), ("warning", warnings)):
            if count:
                self.session.add(
                    FindingRow(
                        submission_id=self.record.id,
                        revision=self.record.revision,
                        region_code=self.record.region_code,
                        form="G102",
                        check_id="G102-C02",
                        severity=severity,
                        path="/self_supplied_intake",
                        message="",
                        state="open",
                    )
                )
        self.record.error_count, self.record.warning_count, self.record.unexplained_count = errors, warnings, warnings
        self.record.judge_due, self.record.judged_revision = False, self.record.revision
        self.record.state = "flagged" if errors else "checked"
        self.session.flush()
        self._moved("flag" if errors else "pass", "worker")

    @rule()
    def the_county_hands_up(self) -> None:
        if reviews.hand_up(self.session, [self.record.id], actor_name="county01"):
            self.session.refresh(self.record)
            self._moved("hand_up", "county")

    @rule(outcome=st.sampled_from(("accept", "return")))
    def a_receipt_comes(self, outcome: str) -> None:
        if reviews.apply_from_above(self.session, self.record.id, self.record.revision, outcome, note="请核对"):
            self._moved(outcome, "receipt")

    @invariant()
    def the_state_is_a_known_one_and_the_decisions_lead_to_it(self) -> None:
        assert self.record.state in STATE_NAMES
        decisions = self.session.scalars(
            select(Decision).where(Decision.submission_id == self.record.id, Decision.revision == self.record.revision)
        ).all()
        approvers = [decision.account_id for decision in decisions if decision.outcome == "approve"]
        if self.record.state == "county_approved":
            assert len(set(approvers[-2:])) == 2

    def teardown(self) -> None:
        self.session.close()
        self.outer.rollback()
        self.connection.close()

    def _moved(self, outcome: str, role: str) -> None:
        assert self.record.state == TRANSITIONS[self.seen, outcome, role]
        self.seen = self.record.state

    def _repeats(self, actor: Actor, outcome: str) -> bool:
        last = self.session.scalars(
            select(Decision)
            .where(Decision.submission_id == self.record.id)
            .order_by(Decision.decided_at.desc())
            .limit(1)
        ).first()
        return bool(last) and (last.account_id, last.outcome, last.to_state) == (
            actor.account_id,
            outcome,
            self.record.state,
        )

    def _try(self, act: Callable[[], Any]) -> bool:
        """Tell whether it was done. A refusal leaves everything as it was."""
        before = (self.record.state, self.record.revision, self.record.error_count)
        try:
            with self.session.begin_nested():
                act()
        except CensusError:
            self.session.refresh(self.record)
            assert (self.record.state, self.record.revision, self.record.error_count) == before
            return False
        return True


def test_no_order_of_events_leaves_the_table_of_transitions(databases: Databases) -> None:
    Review.databases = databases
    run_state_machine_as_test(
        Review,
        settings=settings(
            max_examples=25,
            stateful_step_count=20,
            deadline=None,
            suppress_health_check=[HealthCheck.too_slow, HealthCheck.filter_too_much],
        ),
    )


def test_the_table_and_the_database_know_the_same_states() -> None:
    in_table = {state for state, _, _ in TRANSITIONS} | set(TRANSITIONS.values())
    assert in_table == set(STATE_NAMES) == {"draft", *STATES}

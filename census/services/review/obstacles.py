"""What stands between a record and its approval: the same answer for the button on the desk and for the decision."""

from __future__ import annotations

from collections.abc import Sequence
from functools import cache
from typing import Final

from sqlalchemy import Text, cast, exists, select
from sqlalchemy.dialects.postgresql import ARRAY
from sqlalchemy.orm import Session

from census.access import Actor
from census.errors import CensusError, Conflict, NeedsConfirmation, NotAllowed
from census.models.collect import Revision, RevisionConflict, Submission, Visit
from census.models.review import Decision
from census.services.collect.states import MERGED, allowed
from forms.catalogue import catalogue

REGIONAL_OUTCOMES: Final = ("", "approve", "return")
REVIEWERS: Final = ("supervisor", "county", "city", "province")  # in the order in which they decide


def acting_role(actor: Actor, submission: Submission, outcome: str = "") -> str:
    """The role in which the actor reviews here: of several, the first that allows the outcome (or anything) now.

    Raises NotAllowed when none of the actor's roles reviews this region.
    """
    held = {grant.role for grant in actor.grants if submission.region_code.startswith(grant.region_code)}
    roles = [role for role in REVIEWERS if role in held]
    if not roles:
        raise NotAllowed
    # A department's form has no supervisor: the county is the first to see it, and says so in the history.
    if "county" in held and outcome in REGIONAL_OUTCOMES and is_regional(submission.form):
        return "county_regional"
    outcomes = {"approve", "return", "exempt"}
    if outcome:
        outcomes = {outcome}
    return next((role for role in roles if outcomes & allowed(submission.state, role)), roles[-1])


@cache
def regional_forms() -> tuple[str, ...]:
    """Codes of the forms that departments fill for a whole region."""
    return tuple(sorted({form.code for form in catalogue().forms() if form.subject != "object"}))


def is_regional(form: str) -> bool:
    return form in regional_forms()


def approval_obstacle(session: Session, submission: Submission, actor: Actor) -> CensusError | None:
    """The first reason why the actor may not approve this revision now; None when there is none.

    Its state is not looked at: what may be approved at all stands in ``states.TRANSITIONS``.
    """
    verdict = verdict_obstacle(submission)
    if verdict:
        return verdict
    if _has_unresolved_copy(session, submission):
        return Conflict(
            "这张表收到两份不同的内容。请到“合并核对”里选用哪一份，或退回普查员核对后重新提交。", state=submission.state
        )
    # Two levels are two people: one who is both approves on the one and leaves the other to a colleague.
    if _approved_by(session, submission, actor):
        return NotAllowed("您已在另一级通过这条记录。请由另一位审核员审核本级。")
    if _changed_after_signature(session, submission):
        return NeedsConfirmation()
    return None


def verdict_obstacle(submission: Submission) -> Conflict | None:
    """What the worker's verdict leaves open."""
    if submission.judge_due or submission.judged_revision != submission.revision:
        return Conflict("尚在校验，通常几秒钟。请稍后刷新再审。", state=submission.state)
    if submission.error_count:
        return Conflict(
            f"还有 {submission.error_count} 个强制性问题，不能通过。请退回普查员改正。", state=submission.state
        )
    if submission.unexplained_count:
        return Conflict(
            f"还有 {submission.unexplained_count} 个核实性问题没有说明，不能通过。请退回普查员核对或说明。",
            state=submission.state,
        )
    return None


def _has_unresolved_copy(session: Session, submission: Submission) -> bool:
    """Whether another version of the same number is kept beside it and nobody has merged or returned since."""
    settled = exists().where(
        Decision.submission_id == RevisionConflict.submission_id,
        Decision.outcome.in_((*MERGED, "return")),
        Decision.decided_at > RevisionConflict.received_at,
    )
    return bool(session.scalar(select(exists().where(RevisionConflict.submission_id == submission.id, ~settled))))


def _approved_by(session: Session, submission: Submission, actor: Actor) -> bool:
    return bool(
        session.scalar(
            select(
                exists().where(
                    Decision.submission_id == submission.id,
                    Decision.revision == submission.revision,
                    Decision.outcome == "approve",
                    Decision.account_id == actor.account_id,
                )
            )
        )
    )


def _changed_after_signature(session: Session, submission: Submission) -> bool:
    """Whether an earlier revision was signed and this one is neither signed nor confirmed."""
    revisions = session.execute(
        select(Revision.number, Revision.digest, Revision.confirmation).where(Revision.submission_id == submission.id)
    ).all()
    # A version that the respondent confirmed in other ways needs no signature; the first one has none to lose.
    current = next(row for row in revisions if row.number == submission.revision)
    earlier = {row.digest for row in revisions if row.number < submission.revision} - {current.digest}
    if current.confirmation or not earlier:
        return False
    signed = signed_digests(session, submission, [current.digest, *earlier])
    return current.digest not in signed and bool(signed & earlier)


def signed_digests(session: Session, submission: Submission, digests: Sequence[str]) -> frozenset[str]:
    """Those of the digests that the respondent's signature on a visit to this unit covers."""
    rows = session.scalars(
        select(Visit.signed_digests).where(
            Visit.unit_id == submission.unit_id, Visit.signed_digests.has_any(cast(list(digests), ARRAY(Text)))
        )
    )
    return frozenset(digest for row in rows for digest in row) & frozenset(digests)

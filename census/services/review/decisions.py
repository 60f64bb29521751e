"""Decisions 审核意见: who may move a submission, when, and what everybody concerned then hears.

Each verb locks the submission, looks the move up in ``collect.states.TRANSITIONS`` and leaves a decision, a change for
the enumerator's phone and an audit entry. Reading for the desk stands in ``queue`` and ``record``.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any, Final
from uuid import UUID

from sqlalchemy import CollectionAggregate, Uuid, any_, insert, literal, select, text, update
from sqlalchemy.dialects.postgresql import ARRAY
from sqlalchemy.orm import Session

from census.access import Actor, require
from census.db import now
from census.errors import CensusError, Conflict, InvalidInput, NotAllowed, NotFound
from census.models.collect import Revision, Submission
from census.models.register import Unit
from census.models.review import Change, Comment, Decision, FindingRow
from census.services import evidence
from census.services.collect.states import MERGED, TRANSITIONS, WITHDRAWABLE, why_not
from census.services.register.unit_forms import rederive_of
from census.services.review.items import checked_items, checked_text
from census.services.review.obstacles import acting_role, approval_obstacle

CHANGE_KINDS: Final = {
    "approve": "approved",
    "return": "returned",
    "accept": "accepted",
    "withdraw": "withdrawn",
    "merge": "merged",
    "merge_back": "returned",
    "set_aside": "withdrawn",
}


def decide(
    session: Session,
    actor: Actor,
    submission_id: UUID,
    *,
    outcome: str,
    note: str = "",
    items: Sequence[Mapping[str, Any]] = (),
    expected_revision: int,
) -> Decision:
    """Approve or return one revision of a submission.

    Deciding the same again is safe: a repeat by the same person gets the first decision. Raises NotFound outside the
    actor's regions; NotAllowed for who reviews nothing there, sent the answers, or approved at another level;
    Conflict with a sentence saying why when a newer revision exists or the move is not possible now;
    NeedsConfirmation when the answers changed after the signature; InvalidInput for a return that names nothing.
    """
    if outcome not in {"approve", "return"}:
        raise InvalidInput("请选择“通过”或“退回”。", fields={"outcome": "只能是 approve 或 return"})
    require(actor, "review")
    submission = lock(session, submission_id)
    role = acting_role(actor, submission, outcome)
    # Before the state is looked at: who judged another version is told that, not that the move is impossible.
    _refuse_outdated(submission, expected_revision)
    target = TRANSITIONS.get((submission.state, outcome, role))
    if target is None:
        # Pressed twice, or sent again by a page that did not hear back: the same person gets the first decision.
        first = _latest_decision(session, submission)
        if first and (first.account_id, first.outcome, first.to_state) == (actor.account_id, outcome, submission.state):
            return first
        raise Conflict(why_not(submission.state, outcome, role), state=submission.state, revision=submission.revision)
    refuse_own_work(session, actor, submission)
    cleaned_note = checked_text(note, "note")
    cleaned = checked_items(session, submission, items)
    if outcome == "return" and not (cleaned or cleaned_note):
        raise InvalidInput("请勾选要退回的指标，或写明退回原因。", fields={"items": "至少选一项，或填写退回意见"})
    if outcome == "approve":
        obstacle = approval_obstacle(session, submission, actor)
        if obstacle:
            raise obstacle
    decision = write_decision(session, submission, actor, Move(role, outcome, target, cleaned_note, cleaned))
    _audit(session, actor.username, decision)
    return decision


def exempt(
    session: Session,
    actor: Actor,
    submission_id: UUID,
    *,
    check: str,
    path: str,
    reason: str,
    expected_revision: int,
) -> Decision:
    """Let one error finding stand, with a written reason that travels with the record.

    The record becomes ``checked`` once no error is left open. An exemption holds for its revision only.
    """
    require(actor, "exempt")
    submission = lock(session, submission_id)
    require(actor, "exempt", submission.region_code)
    role = acting_role(actor, submission, "exempt")
    _refuse_outdated(submission, expected_revision)
    # The findings on the page are about to be replaced: an exemption of one of them could hang in the air.
    if submission.judge_due:
        raise Conflict("尚在校验，通常几秒钟。请稍后刷新再豁免。", state=submission.state)
    target = TRANSITIONS.get((submission.state, "exempt", role))
    if target is None:
        raise Conflict(why_not(submission.state, "exempt", role), state=submission.state)
    refuse_own_work(session, actor, submission)
    written = checked_text(reason, "reason")
    if not written:
        raise InvalidInput("请写明为什么可以豁免，理由会随记录上报。", fields={"reason": "不能为空"})
    # Only an open error: a warning is explained by its enumerator, and what was exempted once is not again.
    finding = session.scalar(
        select(FindingRow)
        .where(
            FindingRow.submission_id == submission.id,
            FindingRow.check_id == check,
            FindingRow.path == path,
            FindingRow.severity == "error",
            FindingRow.state == "open",
        )
        .limit(1)
    )
    if finding is None:
        raise NotFound("没有找到这个待处理的强制性问题，可能刚被处理过。请刷新。")
    finding.state, finding.explanation = "exempt", written
    submission.error_count -= 1
    if submission.error_count > 0:
        target = submission.state  # other errors still stand
    marked = [{"path": path, "check": check, "text": written}]
    decision = write_decision(session, submission, actor, Move(role, "exempt", target, written, marked))
    _audit(session, actor.username, decision)
    return decision


def exemptions(session: Session, submission_ids: Sequence[UUID]) -> dict[UUID, dict[tuple[str, str], str]]:
    """The reasons of exemptions by (check, path), for the current revisions: a new verdict must keep them."""
    rows = session.execute(
        select(Decision.submission_id, Decision.items)
        .join(Submission, (Submission.id == Decision.submission_id) & (Submission.revision == Decision.revision))
        .where(Decision.submission_id == _among(submission_ids), Decision.outcome == "exempt")
    )
    found: dict[UUID, dict[tuple[str, str], str]] = {}
    for submission_id, items in rows:
        for item in items:
            found.setdefault(submission_id, {})[item["check"], item["path"]] = item["text"]
    return found


def may_withdraw(actor: Actor, sent: Submission) -> bool:
    """Whether somebody may take a record back: sent by them, not yet approved, this revision opened by no reviewer.

    The one place of this rule: pages and phones ask it. A phone that just sent a revision, which nobody can have
    opened, needs only ``WITHDRAWABLE``, which it is handed with its units.
    """
    is_own = sent.account_id == actor.account_id  # a unit may have gone to another enumerator since
    return is_own and sent.state in WITHDRAWABLE and sent.opened_at is None


def withdraw(session: Session, actor: Actor, submission_id: UUID, *, expected_revision: int) -> Decision:
    """Take a submission back before any reviewer has opened it."""
    require(actor, "collect")
    submission = lock(session, submission_id)
    if submission.account_id != actor.account_id:
        raise NotAllowed("只能撤回自己提交的记录。")
    if submission.revision != expected_revision:
        raise Conflict(
            f"这份表已有第 {submission.revision} 版，您要撤回的是第 {expected_revision} 版。请刷新后再试。",
            state=submission.state,
            revision=submission.revision,
        )
    if not may_withdraw(actor, submission):
        raise Conflict(why_not(submission.state, "withdraw", "enumerator"), state=submission.state)
    target = TRANSITIONS[submission.state, "withdraw", "enumerator"]
    decision = write_decision(session, submission, actor, Move("enumerator", "withdraw", target))
    rederive_of(session, [submission.unit_id])
    _audit(session, actor.username, decision)
    return decision


def comment(session: Session, actor: Actor, submission_id: UUID, *, text: str, path: str = "") -> Comment:
    """Leave a remark for other reviewers; it changes no state and is not sent to the phone."""
    require(actor, "review")
    submission = lock(session, submission_id)
    require(actor, "review", submission.region_code)
    written = checked_text(text, "text")
    if not written:
        raise InvalidInput("请先写批注内容。", fields={"text": "不能为空"})
    remark = Comment(
        submission_id=submission.id,
        region_code=submission.region_code,
        account_id=actor.account_id,
        path=path,
        text=written,
    )
    session.add(remark)
    session.flush()
    evidence.record(session, actor.username, "comment", str(submission.id), {"revision": submission.revision})
    return remark


@dataclass(frozen=True, slots=True)
class BulkResult:
    """What became of records approved together: those that passed, and for the others the sentence why not."""

    approved: tuple[UUID, ...]
    refused: tuple[tuple[UUID, str], ...]


def approve_clean(session: Session, actor: Actor, records: Iterable[tuple[UUID, int]]) -> BulkResult:
    """Approve records (id, revision seen) that have no finding at all, each through ``decide``."""
    approved: list[UUID] = []
    refused: list[tuple[UUID, str]] = []
    # Each in a savepoint: one that may not pass must not take the others back with it.
    for submission_id, revision in records:
        try:
            with session.begin_nested():
                submission = lock(session, submission_id)
                if submission.error_count or submission.warning_count or submission.judge_due:
                    raise Conflict("有审核问题，请打开逐条审核。")
                decide(session, actor, submission_id, outcome="approve", expected_revision=revision)
        except CensusError as error:
            refused.append((submission_id, error.message))
        else:
            approved.append(submission_id)
    return BulkResult(tuple(approved), tuple(refused))


def hand_up(
    session: Session, submission_ids: Sequence[UUID], *, role: str = "county", package: str = "", actor_name: str
) -> int:
    """Mark approved records as handed up in a package; return how many. Those handed up before are left alone."""
    [state] = [at for at, outcome, by in TRANSITIONS if (outcome, by) == ("hand_up", role)]
    rows = session.execute(
        update(Submission)
        .where(Submission.id == _among(submission_ids), Submission.state == state)
        .values(state=TRANSITIONS[state, "hand_up", role], updated_at=now())
        .returning(Submission.id, Submission.revision, Submission.region_code, Submission.state)
        .execution_options(synchronize_session=False)
    ).all()
    if rows:
        session.execute(
            insert(Decision),
            [
                {
                    "submission_id": row.id,
                    "revision": row.revision,
                    "region_code": row.region_code,
                    "role": role,
                    "outcome": "hand_up",
                    "from_state": state,
                    "to_state": row.state,
                }
                for row in rows
            ],
        )
        evidence.record(session, actor_name, "hand_up", package, {"records": len(rows)})
    return len(rows)


def apply_from_above(
    session: Session,
    submission_id: UUID,
    revision: int,
    outcome: str,
    *,
    note: str = "",
    items: Sequence[Mapping[str, Any]] = (),
    actor_name: str = "",
) -> bool:
    """Apply one line of the next level's receipt: ``accept`` or ``return``. Tell whether anything changed.

    Applying it again, or for a revision that has been replaced since, changes nothing. One audit entry per receipt
    is the caller's: this one is called for thousands of lines.
    """
    submission = session.scalar(select(Submission).where(Submission.id == submission_id).with_for_update())
    # Corrected while the receipt was on its way: it speaks of a version that nobody is waiting about any more.
    if submission is None or submission.revision != revision:
        return False
    target = TRANSITIONS.get((submission.state, outcome, "receipt"))
    if target is None:
        return False
    if actor_name and note:
        note = f"{actor_name}：{note}"
    move = Move("receipt", outcome, target, note, [dict(item) for item in items])
    write_decision(session, submission, None, move)
    return True


def lock(session: Session, submission_id: UUID) -> Submission:
    """Read a submission as it stands and let nobody else move it. Raises NotFound."""
    submission = session.scalar(
        select(Submission)
        .where(Submission.id == submission_id)
        .with_for_update()
        .execution_options(populate_existing=True)
    )
    if submission is None:
        raise NotFound
    return submission


def _refuse_outdated(submission: Submission, expected_revision: int) -> None:
    if submission.revision != expected_revision:
        raise Conflict(
            f"普查员已提交第 {submission.revision} 版，您看的是第 {expected_revision} 版。请刷新后再审。",
            state=submission.state,
            revision=submission.revision,
        )


def refuse_own_work(session: Session, actor: Actor, submission: Submission) -> None:
    """Raise NotAllowed for who sent any of it. A choice between respondents' versions is no content of one's own."""
    # The desk that merged two versions is named as the author of the third: it may still review it.
    chosen = select(Decision.revision).where(Decision.submission_id == submission.id, Decision.outcome.in_(MERGED))
    sent = submission.account_id == actor.account_id or session.scalar(
        select(Revision.number)
        .where(
            Revision.submission_id == submission.id,
            Revision.account_id == actor.account_id,
            Revision.number.not_in(chosen),
        )
        .limit(1)
    )
    if sent:
        raise NotAllowed("不能审核自己提交的记录。请由其他审核员处理。")


def _latest_decision(session: Session, submission: Submission) -> Decision | None:
    return session.scalar(
        select(Decision)
        .where(Decision.submission_id == submission.id, Decision.revision == submission.revision)
        .order_by(Decision.decided_at.desc(), Decision.id.desc())
        .limit(1)
    )


@dataclass(frozen=True, slots=True)
class Move:
    """One step of the table, with what is said about it."""

    role: str
    outcome: str
    target: str
    note: str = ""
    items: list[dict[str, Any]] = field(default_factory=list[dict[str, Any]])


def write_decision(session: Session, submission: Submission, actor: Actor | None, move: Move) -> Decision:
    """Move the submission and write the decision and, for the enumerator's phone, the change."""
    at = now()
    decision = Decision(
        submission_id=submission.id,
        revision=submission.revision,
        region_code=submission.region_code,
        account_id=actor and actor.account_id,
        role=move.role,
        outcome=move.outcome,
        from_state=submission.state,
        to_state=move.target,
        note=move.note,
        items=move.items,
        decided_at=at,
    )
    session.add(decision)
    submission.state = move.target
    submission.updated_at = at
    if move.target in {"returned", "withdrawn"}:
        submission.judge_due = False  # there is nothing to judge until the next revision
    if move.role != "enumerator":
        submission.opened_at = submission.opened_at or at  # who decides has seen it: it can no longer be recalled
    if submission.account_id and move.outcome in CHANGE_KINDS:
        session.add(
            Change(
                account_id=submission.account_id,
                submission_id=submission.id,
                kind=CHANGE_KINDS[move.outcome],
                state=move.target,
                revision=submission.revision,
                note=move.note,
                items=move.items,
                at=at,
            )
        )
    session.flush()
    # Phones follow the register by this number: without it they would not learn of the decision.
    session.execute(
        update(Unit)
        .where(Unit.id == submission.unit_id)
        .values(changed_xid=text("pg_current_xact_id()"), updated_at=at)
        .execution_options(synchronize_session=False)
    )
    return decision


def _audit(session: Session, actor_name: str, decision: Decision) -> None:
    detail = {
        "decision": decision.id,
        "revision": decision.revision,
        "role": decision.role,
        "from": decision.from_state,
        "to": decision.to_state,
        "items": len(decision.items),
    }
    evidence.record(session, actor_name, decision.outcome, str(decision.submission_id), detail)


def _among(ids: Sequence[UUID]) -> CollectionAggregate[bool]:
    """One array parameter, however many ids: an IN list of a district would be a statement of megabytes."""
    return any_(literal(list(ids), ARRAY(Uuid)))

"""Merge cases 合并核对: two versions of one form of a unit, side by side, and the choice between them.

A case is not stored: it is there as long as a unit has two records of one form, or a record got a revision that could
not follow the one before, and nobody has decided since. The choice is a decision with its author and reason; what it
leads to is a new revision of the record that came first, and the other record is set aside. Every value chosen is one
that the respondent gave; a mixture of two versions is nobody's until the respondent confirms it: see
docs/decisions/0009.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Final
from uuid import UUID

from sqlalchemy import Row, delete, insert, select, text
from sqlalchemy.orm import Session

from census.access import Actor, require
from census.db import new_id, now
from census.errors import Conflict, InvalidInput, NotFound
from census.models.collect import Revision, Submission
from census.models.files import Attachment
from census.models.review import FindingRow
from census.services import evidence
from census.services.collect.receipts import new_number
from census.services.collect.states import MERGED, STATE_NAMES, TRANSITIONS
from census.services.register.unit_forms import rederive_of
from census.services.review.decisions import Move, lock, refuse_own_work, write_decision
from census.services.review.items import checked_text
from census.services.review.merge_versions import OpenCase, Version, explanations_of, open_case
from census.services.review.obstacles import acting_role
from forms.answers.values import digest
from forms.catalogue import catalogue

PAGE: Final = 50
HOW: Final = ("in_person", "phone", "stamp")

LIST: Final = text("""
    select found.unit_id, found.form, unit.name, unit.region_code, min(found.since) as since, count(*) as versions
      from (select submission.unit_id, submission.form, submission.created_at as since
              from finding join submission on submission.id = finding.submission_id
             where finding.check_id = any(:duplicates) and finding.state = 'open' and submission.state <> 'withdrawn'
               and finding.region_code ^@ any(cast(:regions as text[]))
             union all
            select submission.unit_id, submission.form, conflict.received_at
              from revision_conflict conflict join submission on submission.id = conflict.submission_id
             where conflict.region_code ^@ any(cast(:regions as text[])) and submission.state <> 'withdrawn'
               and not exists (select from decision where decision.submission_id = conflict.submission_id
                                and decision.outcome = any(:settling) and decision.decided_at > conflict.received_at)
           ) found join unit on unit.id = found.unit_id
     group by found.unit_id, found.form, unit.name, unit.region_code
    having (min(found.since), found.unit_id, found.form)
           > (cast(:since as timestamptz), cast(:unit as uuid), cast(:form as text))
     order by 5, 1, 2 limit :limit
""")
BEGINNING: Final = ("-infinity", str(UUID(int=0)), "")
MERGERS: Final = frozenset(role for _, outcome, role in TRANSITIONS if outcome == "merge")


@dataclass(frozen=True, slots=True)
class Choice:
    """What the desk chose: a version as a whole, single items (or groups of rows) from others, and why."""

    base: str  # key of the version that everything comes from unless picked otherwise
    picks: Mapping[str, str]  # item or group key → key of the version that it comes from
    seen: frozenset[str]  # keys of the versions that were on the page
    reason: str
    confirmation: Mapping[str, Any] | None = None  # {name, how, at}: the respondent's word on a mixture


def cases(
    session: Session, actor: Actor, after: tuple[str, str, str] = BEGINNING
) -> tuple[Sequence[Row[Any]], tuple[str, str, str] | None]:
    """One page of open cases in the actor's regions, the oldest first, and where the next begins."""
    require(actor, "review")
    rows = session.execute(
        LIST,
        {
            "duplicates": [f"{code}.duplicate" for code in dict.fromkeys(form.code for form in catalogue().forms())],
            "regions": list(actor.regions("review")),
            "settling": [*MERGED, "return"],
            "since": after[0],
            "unit": after[1],
            "form": after[2],
            "limit": PAGE + 1,
        },
    ).all()
    page = rows[:PAGE]
    if len(rows) <= PAGE:
        return page, None
    last = page[-1]
    return page, (last.since.isoformat(), str(last.unit_id), last.form)


def resolve(session: Session, actor: Actor, unit_id: UUID, form: str, choice: Choice) -> Submission:
    """Decide a case; return the record that goes on.

    One version as a whole keeps its digest, and so the respondent's signature on it. A mixture is a new content: with a
    recorded confirmation it goes to review, without one back to the enumerator, the chosen items marked, to be shown to
    the respondent and signed. Raises NotFound, NotAllowed, InvalidInput without a reason, Conflict when another version
    has arrived or one of the records has been approved meanwhile.
    """
    require(actor, "review")
    case = open_case(session, unit_id, form)
    # In the order of ids, as everybody locks, so that two desks cannot wait for each other; then read again what may
    # have changed while we waited.
    records = [
        lock(session, submission_id) for submission_id in sorted({version.submission_id for version in case.versions})
    ]
    case = open_case(session, unit_id, form)
    if not case.is_open or frozenset(version.key for version in case.versions) != choice.seen:
        raise Conflict("这张表刚有新的变动。请刷新后再合并。")
    kept = next(record for record in records if record.id == case.kept)
    require(actor, "review", kept.region_code)
    refuse_own_work(session, actor, kept)
    reason = checked_text(choice.reason, "reason")
    if not reason:
        raise InvalidInput("请写明为什么这样合并，理由会留在记录里。", fields={"reason": "不能为空"})
    chosen = _chosen(case, choice)
    _go_on(session, actor, kept, case, chosen, (reason, choice.confirmation))
    for record in records:
        if record.id != kept.id:
            _set_aside(session, actor, record, reason)
    rederive_of(session, [unit_id])
    detail = {
        "versions": [(version.key, version.digest) for version in case.versions],
        "chosen": chosen.digest,
        "mixed": chosen.is_mixed,
    }
    evidence.record(session, actor.username, "merge", f"{kept.id} {form}", detail)
    return kept


@dataclass(frozen=True, slots=True)
class _Chosen:
    """The content that the choice comes to."""

    answers: dict[str, Any]
    explanations: list[dict[str, Any]]
    digest: str
    base: Version
    items: list[dict[str, Any]]  # what was picked from elsewhere, for the enumerator and the history
    is_mixed: bool  # no version had exactly this content
    files: frozenset[str]


def _chosen(case: OpenCase, choice: Choice) -> _Chosen:
    by_key = {version.key: version for version in case.versions}
    if choice.base not in by_key or not set(choice.picks.values()) <= by_key.keys():
        raise InvalidInput("请选用哪一份。")
    base = by_key[choice.base]
    answers = dict(base.answers)
    picked = {
        key: by_key[source]
        for key, source in choice.picks.items()
        if by_key[source].answers.get(key) != base.answers.get(key)
    }
    for key, version in picked.items():
        if version.answers.get(key) is None:
            answers.pop(key, None)
        else:
            answers[key] = version.answers[key]
    explanations = explanations_of(base, picked)
    content = digest(answers, explanations)
    same = next((version for version in case.versions if version.digest == content), None)
    items = [
        {"path": f"/{key}", "reason": "other", "text": f"两份不一致，取{version.author}填的。请与填报人核对。"}
        for key, version in sorted(picked.items())
    ]
    return _Chosen(
        answers,
        explanations,
        content,
        same or base,
        items,
        is_mixed=same is None,
        files=frozenset(file for version in (base, *picked.values()) for file in version.files),
    )


def _go_on(
    session: Session,
    actor: Actor,
    kept: Submission,
    case: OpenCase,
    chosen: _Chosen,
    why: tuple[str, Mapping[str, Any] | None],
) -> None:
    """Give the record that came first its new revision, or only the decision where its content stays."""
    reason, confirmation = why
    role = acting_role(actor, kept, "merge")
    # It says already what was chosen: no new revision, so that signature and verdict stay.
    if chosen.digest == case.digest_of(kept.id):
        write_decision(session, kept, actor, Move(role, "merge", kept.state, reason, chosen.items))
        return
    outcome = "merge"
    if chosen.is_mixed and confirmation is None:
        outcome = "merge_back"  # nobody has said this yet: the respondent is asked
    target = TRANSITIONS.get((kept.state, outcome, role))
    if target is None:
        raise Conflict(f"这张表{STATE_NAMES[kept.state]}，要改用别的内容，请先退回。", state=kept.state)
    _revise(session, actor, kept, chosen, confirmation)
    write_decision(session, kept, actor, Move(role, outcome, target, reason, chosen.items))
    kept.judge_due = target == "submitted"
    kept.visit_id = chosen.base.visit_id or kept.visit_id
    session.execute(delete(FindingRow).where(FindingRow.submission_id == kept.id))
    _attach(session, kept, chosen.files)
    session.flush()


def _revise(
    session: Session, actor: Actor, kept: Submission, chosen: _Chosen, confirmation: Mapping[str, Any] | None
) -> None:
    """Write the chosen content as the record's next revision."""
    session.add(
        Revision(
            submission_id=kept.id,
            number=kept.revision + 1,
            region_code=kept.region_code,
            answers=chosen.answers,
            explanations=chosen.explanations,
            files=sorted(chosen.files),
            points=list(chosen.base.points),
            findings=[],
            confirmation=_confirmation(chosen, confirmation),
            digest=chosen.digest,
            account_id=actor.account_id,
            device="",
            visit_id=chosen.base.visit_id,
            receipt_number=new_number(),
            received_at=now(),
        )
    )
    kept.revision += 1
    kept.version = chosen.base.version
    session.flush()


def _confirmation(chosen: _Chosen, given: Mapping[str, Any] | None) -> Mapping[str, Any] | None:
    """The respondent's word on the new revision: one given now, or that on a version which is taken as a whole.

    Raises InvalidInput for a word of which nobody says whose it is or how it was given.
    """
    if given is not None and (given.get("how") not in HOW or not str(given.get("name", "")).strip()):
        raise InvalidInput("请写明确认人和确认方式。", fields={"confirmation": "不完整"})
    if given is not None:
        return dict(given)
    if chosen.is_mixed:
        return None
    return chosen.base.confirmation


def _set_aside(session: Session, actor: Actor, record: Submission, reason: str) -> None:
    role = acting_role(actor, record, "set_aside")
    target = TRANSITIONS.get((record.state, "set_aside", role))
    if target is None:
        raise Conflict(f"另一份{STATE_NAMES[record.state]}，不能并入。请先退回那一份。", state=record.state)
    write_decision(session, record, actor, Move(role, "set_aside", target, f"与另一份合并，以另一份为准：{reason}"))


def _attach(session: Session, kept: Submission, files: frozenset[str]) -> None:
    there = set(session.scalars(select(Attachment.sha256).where(Attachment.subject_id == kept.id)))
    rows = [
        {
            "id": new_id(),
            "sha256": sha256,
            "subject_kind": "submission",
            "subject_id": kept.id,
            "region_code": kept.region_code,
        }
        for sha256 in sorted(files - there)
    ]
    if rows:
        session.execute(insert(Attachment), rows)


def may_decide(actor: Actor, case: OpenCase) -> bool:
    """Whether the actor may decide this case now."""
    return any(grant.role in MERGERS and case.region_code.startswith(grant.region_code) for grant in actor.grants)


def named_case(session: Session, actor: Actor, unit_id: UUID, form: str) -> OpenCase:
    """One case to look at. Raises NotFound outside the actor's regions or when nothing is to be merged."""
    require(actor, "review")
    case = open_case(session, unit_id, form)
    if not case.is_open or not any(actor.may("review", version.region_code) for version in case.versions):
        raise NotFound("这张表没有要合并的两份内容，可能刚被处理过。")
    return case

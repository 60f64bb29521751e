"""散乱污 cases: opening one, taking it a step further, finding those that wait. History is append-only.

A step is one event; the case's columns are what a replay of its events gives (``replay``). Which steps exist, who may
take them and what they bring stands in ``states``, what is wrong with what a step says in ``facts``.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import date
from typing import Any, Final
from uuid import UUID

from sqlalchemy import select, text
from sqlalchemy.orm import Session

from census.access import Actor, require
from census.clock import today
from census.errors import Conflict, InvalidInput, NotAllowed, NotFound
from census.models.cases import Case, CaseEvent, Operation
from census.models.files import Attachment
from census.models.register import Region
from census.services.cases.facts import check_together, read_evidence, read_facts
from census.services.cases.replay import COLUMNS, Standing, apply, replay
from census.services.cases.states import RULES, STATE_NAMES, STEPS, Rules, Step


def open_case(  # noqa: PLR0913 - one argument for each thing a find says
    session: Session,
    actor: Actor,
    *,
    region_code: str,
    facts: Mapping[str, Any],
    evidence: Sequence[str] = (),
    note: str = "",
    found_on: date | None = None,
    unit_id: UUID | None = None,
    submission_id: UUID | None = None,
) -> Case:
    """Register a place and give it its number (A01: SLW, county, year, town, running number).

    Raises NotAllowed outside the actor's towns and InvalidInput for what is missing.
    """
    step, found_on = STEPS["find"], found_on or today()
    # At least a town, of nine digits: the case's number names it.
    if len(region_code) < 9 or session.get(Region, region_code) is None:
        raise InvalidInput("请选择场所所在的镇街或村居。", fields={"region_code": "没有这个行政区划代码"})
    require(actor, "register_case", region_code)
    read = read_facts(step, facts)
    files = read_evidence(step, evidence)
    check_together(step, read, files, Standing(), RULES)
    _check_day(found_on, None)
    read["case_no"] = _next_number(session, region_code, found_on.year)
    if submission_id is not None:
        read["submission"] = str(submission_id)
    case = Case(unit_id=unit_id, region_code=region_code)
    nothing_yet = Standing(region_code=region_code)
    event = _event(actor, nothing_yet, step, occurred_on=found_on, facts=read, evidence=files, note=note)
    _write_columns(case, replay([event]))
    session.add(case)
    session.flush()
    event.case_id = case.id
    _store(session, event)
    return case


def record_event(  # noqa: PLR0913 - one argument for each thing a step says
    session: Session,
    actor: Actor,
    case_id: UUID,
    *,
    kind: str,
    evidence: Sequence[str] = (),
    note: str = "",
    facts: Mapping[str, Any] | None = None,
    expected_version: int,
    occurred_on: date | None = None,
    rules: Rules = RULES,
) -> Case:
    """Take a case one step further.

    Raises NotFound outside the actor's regions, Conflict when somebody was faster or the step does not start from
    the case's state, NotAllowed for the wrong role or where two people are needed, InvalidInput for what is missing.
    """
    case = session.scalar(select(Case).where(Case.id == case_id).with_for_update())
    if case is None:
        raise NotFound
    require(actor, "work_case", case.region_code)
    # First, because everything else was decided by looking at a case that is no longer as it was.
    if case.version != expected_version:
        raise Conflict(version=case.version, state=case.state)
    step = STEPS.get(kind)
    if step is None or not step.from_states:
        raise InvalidInput("没有这种步骤。", fields={"kind": "、".join(kind for kind in STEPS if kind != "find")})
    if case.state not in step.from_states:
        raise Conflict(
            f"案件现在是“{STATE_NAMES[case.state]}”，不能{step.title}。", version=case.version, state=case.state
        )
    standing = replay(events_of(session, case_id))
    _check_person(actor, step, standing)
    if step.note and not note.strip():
        raise InvalidInput(f"{step.title}要写明原因。", fields={"note": "请写明原因"})
    read = read_facts(step, facts or {})
    files = read_evidence(step, evidence)
    check_together(step, read, files, standing, rules)
    occurred_on = occurred_on or today()
    _check_day(occurred_on, standing.last_on)
    event = _event(actor, standing, step, occurred_on=occurred_on, facts=read, evidence=files, note=note)
    event.case_id = case_id
    apply(standing, event)
    _write_columns(case, standing)
    _store(session, event)
    return case


def register_case(
    session: Session,
    actor: Actor,
    submission_id: UUID,
    answers: Mapping[str, Any],
    *,
    unit_id: UUID | None = None,
) -> Case | None:
    """Open a case from a filled register form; None while the form lacks what a case needs.

    The same submission again, or a later revision of it, gives the case it opened before. A form that opens no case
    is stored and flagged like any other: nothing here may refuse it.
    """
    try:
        return case_of_form(session, actor, submission_id, answers, unit_id=unit_id)
    except (InvalidInput, NotAllowed):
        return None


# Items of the register form that are facts of a find under the same key, and its photos that are evidence of one.
FORM_FACTS: Final = (
    "name",
    "address",
    "industry_code",
    "is_industrial",
    "river_code",
    "source_zone",
    "lead_source",
    "lead_no",
    "lead_batch",
)
FORM_PHOTOS: Final = ("photo_signboard", "photo_before_outside")


def case_of_form(
    session: Session,
    actor: Actor,
    submission_id: UUID,
    answers: Mapping[str, Any],
    *,
    unit_id: UUID | None = None,
) -> Case:
    """Open a case from a filled register form, or say what stands against it.

    Raises NotAllowed for a town that is not the actor's, InvalidInput for what a find must bring and the form lacks.
    """
    # The first step of a case names the form that it came from: sent twice, or corrected, a form opens one case.
    opened = session.scalar(
        select(Case)
        .join(CaseEvent, CaseEvent.case_id == Case.id)
        .where(CaseEvent.number == 1, CaseEvent.facts["submission"].astext == str(submission_id))
    )
    if opened is not None:
        return opened
    position: Mapping[str, Any] = {}
    if isinstance(answers.get("gps"), Mapping):
        position = answers["gps"]
    facts: dict[str, Any] = {key: answers.get(key) for key in FORM_FACTS}
    facts |= {"lon": position.get("lon"), "lat": position.get("lat")}
    try:
        found_on = date.fromisoformat(str(answers.get("found_date") or today()))
    except ValueError:
        raise InvalidInput("发现日期不是一个日期。请改正后重新提交。") from None
    region_code = str(answers.get("village_code") or answers.get("town_code") or "")
    if region_code and not actor.may("register_case", region_code):
        raise NotAllowed("登记的镇（街）不是您负责的。请改正所属镇（街）；确在别的镇（街）的，请转告那里的检查员登记。")
    return open_case(
        session,
        actor,
        region_code=region_code,
        facts=facts,
        found_on=found_on,
        unit_id=unit_id,
        submission_id=submission_id,
        evidence=[str(answers[key]) for key in FORM_PHOTOS if answers.get(key)],
    )


def record_operation(session: Session, actor: Actor, operation: Operation) -> Operation:
    """Store one operation 专项行动. Raises Conflict when its number exists."""
    require(actor, "register_case", operation.region_code)
    if session.scalar(select(Operation.id).where(Operation.operation_no == operation.operation_no)) is not None:
        raise Conflict("这个行动编号已经登记过。")
    session.add(operation)
    session.flush()
    return operation


def get_case(session: Session, case_id: UUID) -> Case:
    """Find a case in the transaction's regions. Raises NotFound."""
    case = session.get(Case, case_id)
    if case is None:
        raise NotFound
    return case


def events_of(session: Session, case_id: UUID) -> list[CaseEvent]:
    """All steps of a case, first first."""
    return list(session.scalars(select(CaseEvent).where(CaseEvent.case_id == case_id).order_by(CaseEvent.number)))


def rebuilt(session: Session, case_id: UUID) -> Standing:
    """The case as its events alone tell it."""
    return replay(events_of(session, case_id))


def may_take(actor: Actor, step: Step, region_code: str) -> bool:
    """Tell whether one of the actor's roles there takes this step."""
    return any(grant.role in step.roles and region_code.startswith(grant.region_code) for grant in actor.grants)


def _check_person(actor: Actor, step: Step, standing: Standing) -> None:
    """Refuse a step to the wrong role, and to one person what takes two."""
    if not may_take(actor, step, standing.region_code):
        who = "区专项办"
        if "inspector" in step.roles:
            who = "镇街检查员"
        raise NotAllowed(f"“{step.title}”由{who}办理。")
    # A town proposes what takes a case off the list or into a category; the district answers that very proposal.
    if step.approves:
        if standing.proposal != step.approves:
            raise Conflict(f"要先由镇街{STEPS[step.approves].title}，再由区专项办审定。")
        if standing.proposed_by == actor.account_id:
            raise NotAllowed("提出和审定不能是同一人。")
    # A case is closed by eyes that neither found it nor said that it was done.
    if step.kind == "accept":
        if standing.self_checked_by is None:
            raise Conflict("要先由镇街自验，再由区专项办复核销号。")
        if actor.account_id in {standing.found_by, standing.self_checked_by}:
            raise NotAllowed("复核人不能是发现人或自验人，请换人复核。")


def _check_day(occurred_on: date, last_on: date | None) -> None:
    if occurred_on > today():
        raise InvalidInput("日期不能晚于今天。", fields={"occurred_on": "晚于今天"})
    if last_on is not None and occurred_on < last_on:
        raise InvalidInput(f"日期不能早于上一步（{last_on}）。", fields={"occurred_on": "早于上一步"})


def _event(
    actor: Actor,
    standing: Standing,
    step: Step,
    *,
    occurred_on: date,
    facts: dict[str, Any],
    evidence: list[str],
    note: str,
) -> CaseEvent:
    return CaseEvent(
        number=standing.version + 1,
        region_code=standing.region_code,
        kind=step.kind,
        from_state=standing.state,
        to_state=step.to_state or standing.state,
        account_id=actor.account_id,
        occurred_on=occurred_on,
        facts=facts,
        evidence=evidence,
        note=note.strip(),
    )


def _store(session: Session, event: CaseEvent) -> None:
    """Store a step; its evidence becomes readable to those who see the region."""
    session.add(event)
    session.flush()
    session.add_all(
        Attachment(sha256=name, subject_kind="case_event", subject_id=event.id, region_code=event.region_code)
        for name in event.evidence
    )
    session.flush()


def _write_columns(case: Case, standing: Standing) -> None:
    for column in COLUMNS:
        setattr(case, column, getattr(standing, column))


def _next_number(session: Session, region_code: str, year: int) -> str:
    """The next number of a town and year; the lock is held to the end of the transaction, so numbers have no twins."""
    prefix = number_prefix(region_code, year)
    session.execute(text("select pg_advisory_xact_lock(hashtextextended(:prefix, 0))"), {"prefix": prefix})
    # After the 16 characters of the prefix; a case that was opened again has -R1 behind its number, which is left out.
    last = session.scalar(
        text('select max(substr(case_no, 17, 5)::int) from "case" where case_no ^@ :prefix'),
        {"prefix": prefix},
    )
    return f"{prefix}{(last or 0) + 1:05d}"


def number_prefix(region_code: str, year: int) -> str:
    """All of a case number but its running part."""
    return f"SLW{region_code[:6]}{year}{region_code[6:9]}"

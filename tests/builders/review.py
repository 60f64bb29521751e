"""Accounts, units and records at any point of review. Say only what matters; the rest is a plausible G102."""

from __future__ import annotations

import hashlib
from collections.abc import Generator, Sequence
from contextlib import contextmanager
from typing import Any
from uuid import uuid4

from sqlalchemy import Engine, event
from sqlalchemy.orm import Session

from census.access import Actor, Grant
from census.db import new_id, now
from census.models.collect import Revision, Submission, Visit
from census.models.people import Account
from census.models.register import Region, Unit
from census.models.review import FindingRow
from census.services.people.accounts import create_account

TOWN, OTHER_TOWN, VILLAGE = "440113011", "440113012", "440113011001"
ANSWERS: dict[str, Any] = {
    "unit_name": "兴盛五金加工厂",
    "credit_code": "91440101MA59ABCD1X",
    "water_intake_total": "12400",
    "tap_water_intake": "9000",
    "self_supplied_intake": "3400",
    "hydraulic_project_intake": "0",
    "other_enterprise_intake": "0",
    "treatment_facility_count": "1",
    "facility": [{"facility_id": "TW001", "design_capacity": "50", "run_hours": "2400", "treated_water": "9800"}],
}


def an_account(session: Session, role: str, region: str = TOWN, username: str = "") -> Account:
    account = create_account(
        session,
        username=username or f"{role}-{uuid4().hex[:8]}",
        password="",
        password_hash="-",
        full_name="李审核" if role != "enumerator" else "王普查",
        grants=[(role, region)],
        card_number="0173",
    )
    session.flush()
    return account


def an_actor(session: Session, role: str, region: str = TOWN) -> Actor:
    return acting(an_account(session, role, region))


def acting(account: Account) -> Actor:
    return Actor(
        account_id=account.id,
        username=account.username,
        full_name=account.full_name,
        card_number=account.card_number,
        programme="census",
        grants=tuple(Grant(grant.role, grant.region_code) for grant in account.grants),
        session_id=uuid4(),
        device="台式机",
        receipt_key=b"",
    )


def some_regions(session: Session) -> None:
    for code, name, level, parent in (
        ("440113", "番禺区", "county", None),
        (TOWN, "小谷围街道", "town", "440113"),
        (OTHER_TOWN, "南村镇", "town", "440113"),
        (VILLAGE, "北亭村", "village", TOWN),
    ):
        session.merge(Region(code=code, name=name, level=level, parent_code=parent))
    session.flush()


def a_unit(session: Session, region: str = VILLAGE, **values: Any) -> Unit:
    unit = Unit(**{"kind": "industrial", "name": "兴盛五金加工厂", "region_code": region, "forms": ["G102"], **values})
    session.add(unit)
    session.flush()
    return unit


def a_submission(
    session: Session,
    state: str = "checked",
    *,
    unit: Unit | None = None,
    enumerator: Account | None = None,
    errors: int = 0,
    warnings: int = 0,
    explained: int = 0,
    revision: int = 1,
    judge_due: bool | None = None,
    answers: dict[str, Any] | None = None,
    **values: Any,
) -> Submission:
    """A record in a state; ``warnings`` are unexplained, ``explained`` are warnings with the enumerator's words."""
    unit = unit or a_unit(session)
    enumerator = enumerator or an_account(session, "enumerator")
    if judge_due is None:
        judge_due = state in {"submitted", "received"}
    submission = Submission(
        **{
            "id": new_id(),
            "unit_id": unit.id,
            "form": "G102",
            "version": "2017.1",
            "region_code": unit.region_code,
            "account_id": enumerator.id,
            "revision": revision,
            "state": state,
            "judge_due": judge_due,
            "judged_revision": None if judge_due else revision,
            "error_count": errors,
            "warning_count": warnings + explained,
            "unexplained_count": warnings,
            **values,
        }
    )
    session.add(submission)
    session.flush()
    for number in range(1, revision + 1):
        a_revision(session, submission, number, answers or ANSWERS)
    for severity, count, words in (
        ("error", errors, ""),
        ("warning", warnings, ""),
        ("warning", explained, "有水费单。"),
    ):
        for number in range(count):
            session.add(
                FindingRow(
                    submission_id=submission.id,
                    revision=revision,
                    region_code=submission.region_code,
                    form="G102",
                    check_id=f"G102-C{number + 2:02}",
                    severity=severity,
                    path="/self_supplied_intake",
                    message="四项之和比取水量多 1 000 立方米。",
                    state="explained" if words else "open",
                    explanation=words,
                )
            )
    session.flush()
    return submission


def a_revision(
    session: Session,
    submission: Submission,
    number: int,
    answers: dict[str, Any],
    confirmation: dict[str, str] | None = None,
    points: Sequence[dict[str, Any]] = (),
) -> Revision:
    revision = Revision(
        submission_id=submission.id,
        number=number,
        region_code=submission.region_code,
        answers=answers,
        explanations=[],
        confirmation=confirmation,
        points=list(points),
        digest=digest_of(submission, number),
        account_id=submission.account_id,
        receipt_number=uuid4().hex,
    )
    session.add(revision)
    session.flush()
    return revision


def digest_of(submission: Submission, number: int) -> str:
    return hashlib.sha256(f"{submission.id}/{number}".encode()).hexdigest()


def a_visit(session: Session, submission: Submission, signed: Sequence[str] = (), **values: Any) -> Visit:
    signature: dict[str, Any] | None = None
    if signed:
        signature = {"signed_name": "陈先生", "over": list(signed)}
    visit = Visit(
        **{
            "id": uuid4(),
            "unit_id": submission.unit_id,
            "region_code": submission.region_code,
            "account_id": submission.account_id,
            "outcome": "done",
            "cards": ["0173", "0174"],
            "started_at": now(),
            "finished_at": now(),
            "lon": 113.386,
            "lat": 23.046,
            "accuracy_m": 12.0,
            "position_source": "device",
            "signature": signature,
            "signed_digests": list(signed),
            "digest": uuid4().hex,
            **values,
        }
    )
    session.add(visit)
    session.flush()
    return visit


@contextmanager
def counted(engine: Engine) -> Generator[list[str]]:
    """Collect the statements that reach the database meanwhile."""
    statements: list[str] = []

    def note(_connection: object, _cursor: object, statement: str, *_: object) -> None:
        statements.append(statement)

    event.listen(engine, "before_cursor_execute", note)
    try:
        yield statements
    finally:
        event.remove(engine, "before_cursor_execute", note)

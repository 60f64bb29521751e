"""Records with answers that the checks really judge, committed, as phones leave them."""

from __future__ import annotations

from functools import cache
from typing import Any
from uuid import UUID, uuid4

from sqlalchemy.orm import Session

from census.examples.records import Example, answers_for
from census.models.collect import Revision, Submission
from census.models.people import Account
from census.models.register import Unit
from census.services.collect.receipts import new_number
from forms.answers.values import digest
from forms.catalogue import catalogue
from tests.builders.review import VILLAGE, a_unit, an_account

FORMS = ("G101-1", "G102")


def a_factory(
    session: Session, seed: int = 0, region: str = VILLAGE, outcome: str | None = "done", **values: Any
) -> Unit:
    """A visited unit that owes two forms; the register knows of it what ``valid_answers`` of the same seed say."""
    known = waste_water(seed).baseline
    return a_unit(
        session,
        region,
        **{
            "name": known["unit_name"],
            "credit_code": known["credit_code"],
            "forms": list(FORMS),
            "outcome": outcome,
            **values,
        },
    )


def a_sent_record(
    session: Session,
    unit: Unit,
    form: str = "G102",
    *,
    breaking: str | None = None,
    state: str = "submitted",
    enumerator: Account | None = None,
    answers: dict[str, Any] | None = None,
    explanations: list[dict[str, str]] | None = None,
    seed: int = 0,
    revision: int = 1,
) -> Submission:
    """A record whose answers hold, or break exactly one check."""
    if answers is None:
        answers = broken_answers(form, breaking, seed) if breaking else valid_answers(form, seed)
    enumerator = enumerator or an_account(session, "enumerator")
    submission = Submission(
        id=uuid4(),
        unit_id=unit.id,
        form=form,
        version=catalogue().current(form).version,
        region_code=unit.region_code,
        account_id=enumerator.id,
        revision=revision,
        state=state,
    )
    session.add(submission)
    session.flush()
    add_revision(session, submission, answers, explanations or [], revision)
    return submission


def add_revision(
    session: Session, submission: Submission, answers: dict[str, Any], explanations: list[dict[str, str]], number: int
) -> None:
    session.add(
        Revision(
            submission_id=submission.id,
            number=number,
            region_code=submission.region_code,
            answers=answers,
            explanations=explanations,
            digest=digest(answers, explanations),
            account_id=submission.account_id,
            receipt_number=new_number(),
        )
    )
    session.flush()


def valid_answers(form: str, seed: int = 0) -> dict[str, Any]:
    """Answers that hold beside ``valid_answers`` of the unit's other forms with the same seed."""
    if form == "G101-1":
        return dict(basic(seed).answers)
    return dict(waste_water(seed).answers)


def broken_answers(form: str, check: str, seed: int = 0) -> dict[str, Any]:
    """Answers that break one check beside ``valid_answers`` of the unit's other form."""
    beside = {"G101-1": basic(seed).answers}
    if form == "G101-1":
        beside = {"G102": waste_water(seed).answers}
    return dict(answers_for(form, check, seed, beside).answers)


@cache
def basic(seed: int) -> Example:
    """A plant that stood still all year: it owes no form of products, materials or accounting."""
    return answers_for("G101-1", seed=seed, related={"G102": {}})


@cache
def waste_water(seed: int) -> Example:
    return answers_for("G102", seed=seed, related={"G101-1": basic(seed).answers})


def findings_of(session: Session, submission_id: UUID) -> list[tuple[str, str, str]]:
    from sqlalchemy import select

    from census.models.review import FindingRow

    rows = session.scalars(
        select(FindingRow).where(FindingRow.submission_id == submission_id).order_by(FindingRow.check_id)
    )
    return [(row.check_id, row.severity, row.state) for row in rows]

"""Example submissions for units of the register: for training, tests and load. Nothing is stored here."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import date
from itertools import count, cycle
from typing import Any, Final
from uuid import UUID, uuid4

from sqlalchemy import select, text
from sqlalchemy.orm import Session

from census.errors import NotFound
from census.examples.records import NoExample, answers_for
from census.models.people import Account
from census.models.register import Assignment, Unit
from census.services.register.prefill import region_names, sources
from census.services.register.units import baseline
from forms.answers.values import digest
from forms.catalogue import catalogue
from forms.definition import Form
from validation.evaluators.record import check_record
from validation.language.nodes import Call, Rows, Value, walk
from validation.rulebook import compile_form
from validation.rules import Rule

MOST_TO_DO: Final = text("""
    select account.id from account
      join assignment on assignment.account_id = account.id
      left join submission on submission.unit_id = assignment.unit_id and submission.form = :form
           and submission.state <> 'withdrawn'
     group by account.id, account.username
     order by count(*) filter (where submission.id is null) desc, account.username limit 1
""")
DAY: Final = date(2018, 8, 20)
TRIES: Final = 12
SENT: Final = text("""
    select submission.unit_id, submission.form, revision.answers from submission
      join revision on revision.submission_id = submission.id and revision.number = submission.revision
     where submission.unit_id = any(:units) and submission.state <> 'withdrawn'
""")


@dataclass(frozen=True, slots=True)
class Place:
    """A unit that the account may fill, with what the program knows of it."""

    unit: UUID
    known: Mapping[str, Any]  # by prefill source
    baseline: Mapping[str, Any]  # by item key
    others: Mapping[str, dict[str, Any]]  # its other forms as they were sent
    is_free: bool  # the form was not sent for it yet


def samples(
    session: Session, code: str, wanted: int, breaking: str | None = None, username: str | None = None
) -> Iterator[dict[str, Any]]:
    """Make submissions in the API's shape, each for a unit of the account, valid or breaking one check.

    Units without this form come first, each once; when they are used up the same come again. ``username``: default the
    enumerator with most units left to do. Raises NotFound for an unknown form, check or account, or one without units.
    """
    if code not in catalogue():
        raise NotFound(f"没有 {code} 这张普查表。")
    form = catalogue().current(code)
    if breaking is not None and breaking not in {rule.id for rule in compile_form(form, catalogue()).rules}:
        raise NotFound(f"{code} 表没有审核规则 {breaking}。")
    found = _places(session, form, username)
    free = [place for place in found if place.is_free] or found
    if not free:
        raise NotFound("这个账号没有分配普查对象。")
    seeds = count(1)
    for _, place in zip(range(wanted), cycle(free), strict=False):
        yield _sample(form, place, breaking, seeds)


def _sample(form: Form, place: Place, breaking: str | None, seeds: Iterator[int]) -> dict[str, Any]:
    answers = _answers(form, place, breaking, seeds)
    return {
        "id": str(uuid4()),
        "unit": str(place.unit),
        "form": form.code,
        "version": form.version,
        "revision": 1,
        "answers": answers,
        "explanations": [],
        "files": [],
        "digest": digest(answers),
        "device": "census sample",
    }


def _answers(form: Form, place: Place, breaking: str | None, seeds: Iterator[int]) -> dict[str, Any]:
    """Answers that the server's own check finds valid, or broken at the one check, for this very unit.

    A form that cannot be right before another one of the unit is there is made as if that were sent along.
    """
    book = compile_form(form, catalogue())
    for others in (place.others, None):
        for _, seed in zip(range(TRIES), seeds, strict=False):
            try:
                answers = dict(answers_for(form.code, breaking, seed, others, known=place.known).answers)
            except NoExample:
                continue
            found = {finding.check for finding in check_record(book, answers, place.others, dict(place.baseline))}
            if others is None:
                found -= {rule.id for rule in book.rules if rule.id != breaking and asks_for_other_forms(rule)}
            if breaking is None and not found:
                return answers
            if breaking is not None and breaking in found:
                return answers
    wanted = "合格的"
    if breaking:
        wanted = f"违反 {breaking} 的"
    raise NotFound(f"{form.code} 表对这个普查对象做不出{wanted}示例。")


def asks_for_other_forms(rule: Rule) -> bool:
    """Tell whether a check looks at whether, or how, the unit filled another form."""
    return any(
        (isinstance(part, Call) and part.name == "present") or (isinstance(part, Value | Rows) and part.form)
        for part in walk(rule.node)
    )


def _places(session: Session, form: Form, username: str | None) -> Sequence[Place]:
    account_id = _account(session, form, username)
    units = session.scalars(
        select(Unit)
        .join(Assignment, Assignment.unit_id == Unit.id)
        .where(Assignment.account_id == account_id)
        .order_by(Unit.forms.contains([form.code]).desc(), Unit.id),
    ).all()
    sent: dict[UUID, dict[str, dict[str, Any]]] = {}
    for row in session.execute(SENT, {"units": [unit.id for unit in units]}):
        sent.setdefault(row.unit_id, {})[row.form] = row.answers
    names = region_names(session, {unit.region_code for unit in units})
    return [
        Place(
            unit.id,
            {key: value for key, value in sources(unit, names[unit.region_code], None, DAY).items() if value},
            baseline(unit),
            {code: answers for code, answers in sent.get(unit.id, {}).items() if code != form.code},
            form.code not in sent.get(unit.id, {}),
        )
        for unit in units
    ]


def _account(session: Session, form: Form, username: str | None) -> UUID:
    if username is None:
        account_id = session.scalar(MOST_TO_DO, {"form": form.code})
        if account_id is None:
            raise NotFound("还没有给普查员分配普查对象。")
        return account_id
    account_id = session.scalar(select(Account.id).where(Account.username == username))
    if account_id is None:
        raise NotFound(f"没有 {username} 这个账号。")
    return account_id

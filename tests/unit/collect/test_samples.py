from __future__ import annotations

from itertools import islice
from typing import Any
from uuid import UUID

import pytest
from sqlalchemy.orm import Session

from census.access import Actor, Grant
from census.db import new_id, now
from census.errors import NotFound
from census.models.people import Account
from census.services.collect.fates import Draft
from census.services.collect.samples import asks_for_other_forms, samples
from census.services.collect.submissions import submit
from forms.answers.values import digest
from forms.catalogue import catalogue
from tests.builders.api import an_account, an_assigned_unit
from validation.rulebook import compile_form


@pytest.fixture
def enumerator(session: Session) -> Account:
    account = an_account(session, "enumerator01")
    for number in range(3):
        an_assigned_unit(
            session, account, name=f"工厂 {number}", credit_code="91440101MA59ABCD16", industry_code="3360"
        )
    return account


def send(session: Session, account: Account, sample: dict[str, Any]) -> set[str]:
    actor = Actor(
        account.id, account.username, "", None, "census", (Grant("enumerator", "440113011"),), new_id(), "", b""
    )
    draft = Draft(
        UUID(sample["id"]),
        UUID(sample["unit"]),
        sample["form"],
        sample["version"],
        1,
        sample["answers"],
        [],
        [],
        digest(sample["answers"]),
        claimed_digest=sample["digest"],
    )
    [outcome] = submit(session, actor, [draft], now())
    assert outcome.status == "stored"
    return {finding["check"] for finding in outcome.findings}


@pytest.mark.parametrize("form", [form.code for form in catalogue().forms() if form.programme == "census"])
def test_a_sample_is_valid_for_the_server_that_takes_it(session: Session, enumerator: Account, form: str) -> None:
    waiting = {
        rule.id for rule in compile_form(catalogue().current(form), catalogue()).rules if asks_for_other_forms(rule)
    }
    for sample in list(samples(session, form, 2)):
        assert send(session, enumerator, sample) <= waiting


@pytest.mark.parametrize("form", ["QC-1", "G102"])
def test_a_sample_of_a_form_that_stands_alone_is_wholly_valid(session: Session, enumerator: Account, form: str) -> None:
    assert [send(session, enumerator, sample) for sample in samples(session, form, 3)] == [set()] * 3


def test_a_sample_breaks_the_check_it_was_asked_to_break(session: Session, enumerator: Account) -> None:
    check = catalogue().current("G102").checks[0].id
    [sample] = samples(session, "G102", 1, check)
    assert check in send(session, enumerator, sample)


def test_units_that_have_the_form_come_last(session: Session, enumerator: Account) -> None:
    first, second = islice(samples(session, "QC-1", 2), 2)
    assert first["unit"] != second["unit"]
    send(session, enumerator, first)
    again = list(samples(session, "QC-1", 5))
    assert first["unit"] not in {sample["unit"] for sample in again}
    assert len({sample["id"] for sample in again}) == 5


@pytest.mark.parametrize(
    "asked", [("G999", 1, None, None), ("G102", 1, "G102-NONE", None), ("G102", 1, None, "nobody")]
)
@pytest.mark.usefixtures("enumerator")
def test_what_is_not_there_is_said(session: Session, asked: tuple[Any, ...]) -> None:
    with pytest.raises(NotFound):
        list(samples(session, *asked))

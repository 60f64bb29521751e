"""Sending submissions: what is stored, answered and refused, and that nothing ugly gets further than a refusal."""

from __future__ import annotations

import hashlib
import hmac
import json
from concurrent.futures import ThreadPoolExecutor
from typing import Any
from uuid import uuid4

import pytest
from flask import Flask
from flask.testing import FlaskClient
from sqlalchemy import func, select, update

from census.db import FULL
from census.examples.records import answers_for
from census.models.collect import Revision, RevisionConflict, Submission
from census.models.evidence import AuditEntry
from census.models.files import Attachment
from census.models.register import Assignment
from census.services import evidence
from forms.answers.values import digest
from tests.builders.api import OTHER_TOWN, Phone, a_draft, a_phone, an_account, an_assigned_unit, an_enumerators_phone
from tests.conftest import Databases


@pytest.fixture
def phone(client: FlaskClient, own_databases: Databases) -> Phone:
    return an_enumerators_phone(client, own_databases.census)


def count(databases: Databases, table: type) -> int:
    with databases.census.transaction(FULL) as session:
        return session.scalar(select(func.count()).select_from(table)) or 0


def test_a_submission_is_stored_with_its_findings_and_a_receipt_that_the_phone_can_verify(phone: Phone) -> None:
    draft = a_draft(phone.units[0])
    [result] = phone.send(draft)
    receipt = result["receipt"]
    assert (result["status"], result["revision"], result["state"]) == ("stored", 1, "submitted")
    assert {"check", "severity", "path", "message", "state"} == set(result["findings"][0])
    assert receipt["digest"] == digest(draft["answers"], [])
    covered = "|".join(str(receipt[part]) for part in ("number", "id", "revision", "digest", "at"))
    assert receipt["mac"] == hmac.digest(phone.receipt_key.encode(), covered.encode(), hashlib.sha256).hex()


def test_a_repeat_gets_the_first_receipt_and_stores_nothing(phone: Phone, own_databases: Databases) -> None:
    draft = a_draft(phone.units[0])
    [first] = phone.send(draft)
    [again] = phone.send(draft)
    assert again["status"] == "repeat"
    assert again["receipt"] == first["receipt"]
    assert again["findings"] == first["findings"]
    assert count(own_databases, Revision) == 1


def test_a_repeat_from_another_device_has_the_same_number_and_a_code_for_that_device(phone: Phone) -> None:
    draft = a_draft(phone.units[0])
    [first] = phone.send(draft)
    [again] = a_phone(phone.client, device="tablet").send(draft)
    assert again["receipt"]["number"] == first["receipt"]["number"]
    assert again["receipt"]["mac"] != first["receipt"]["mac"]


DEVICE = {"lon": 113.384512, "lat": 23.045112, "accuracy_m": 8, "at": "2017-11-25T10:15:00+08:00"}
TAPPED = {"lon": 113.3848, "lat": 23.0452}


def test_both_points_of_a_position_stay_beside_the_answers_and_out_of_the_digest(phone: Phone) -> None:
    draft = a_draft(phone.units[0])
    [stored] = phone.send(draft | {"points": [{"path": "/longitude", "device": DEVICE, "map": TAPPED}]})
    assert (stored["status"], stored["receipt"]["digest"]) == ("stored", digest(draft["answers"], []))
    [kept] = phone.get(f"/submissions/{draft['id']}").get_json()["revisions"][0]["points"]
    assert (kept["path"], kept["device"]["accuracy_m"], kept["map"]["lon"]) == ("/longitude", 8, 113.3848)
    [again] = phone.send(draft)
    assert (again["status"], again["receipt"]) == ("repeat", stored["receipt"])


def test_a_point_that_is_none_is_refused(phone: Phone) -> None:
    [result] = phone.send(a_draft(phone.units[0], points=[{"path": "/longitude", "map": TAPPED | {"lat": 123}}]))
    assert (result["status"], result["reason"]) == ("refused", "unreadable")


def test_another_content_under_the_same_number_is_kept_beside_the_first(phone: Phone, own_databases: Databases) -> None:
    draft = a_draft(phone.units[0])
    phone.send(draft)
    other = draft | {"answers": {"water_intake_total": "1"}}
    [result] = phone.send(other)
    assert (result["status"], result["reason"]) == ("conflict", "other_revision")
    [again] = phone.send(other)
    assert (again["status"], again["receipt"]) == ("conflict", result["receipt"])
    assert count(own_databases, RevisionConflict) == 1
    history = phone.get(f"/submissions/{draft['id']}").get_json()
    assert history["revisions"][0]["answers"] == draft["answers"]
    assert history["conflicts"][0]["answers"] == other["answers"]


def test_a_correction_becomes_the_next_revision(phone: Phone) -> None:
    draft = a_draft(phone.units[0])
    phone.send(draft)
    [result] = phone.send(draft | {"revision": 2, "answers": {"water_intake_total": "1"}})
    assert (result["status"], result["revision"], result["state"]) == ("stored", 2, "submitted")
    assert [row["revision"] for row in phone.get(f"/submissions/{draft['id']}").get_json()["revisions"]] == [1, 2]


def test_a_skipped_number_is_a_conflict_for_a_person_to_resolve(phone: Phone) -> None:
    draft = a_draft(phone.units[0])
    phone.send(draft)
    [result] = phone.send(draft | {"revision": 3, "answers": {}})
    assert result["status"] == "conflict"


def test_what_was_approved_is_not_overwritten_by_a_late_correction(phone: Phone, own_databases: Databases) -> None:
    draft = a_draft(phone.units[0])
    phone.send(draft)
    with own_databases.census.transaction(FULL) as session:
        session.execute(update(Submission).values(state="county_approved"))
    [result] = phone.send(draft | {"revision": 2, "answers": {}})
    assert (result["status"], result["reason"], result["state"]) == ("conflict", "not_open", "county_approved")


def test_two_revisions_in_one_request_are_stored_in_order(phone: Phone, own_databases: Databases) -> None:
    draft = a_draft(phone.units[0])
    results = phone.send(draft, draft | {"revision": 2, "answers": {}}, draft)
    assert [result["status"] for result in results] == ["stored", "stored", "repeat"]
    with own_databases.census.transaction(FULL) as session:
        assert session.scalars(select(Submission.revision)).one() == 2


def refusals(phone: Phone) -> dict[str, dict[str, Any]]:
    unit = phone.units[0]
    return {
        "unknown_form": a_draft(unit, form="G999"),
        "unknown_version": a_draft(unit, version="1999.1"),
        "unknown_unit": a_draft(uuid4()),
        "digest_mismatch": a_draft(unit, digest="0" * 64),
        "unreadable": a_draft(unit, answers=[]),
    }


@pytest.mark.parametrize("reason", ["unknown_form", "unknown_version", "unknown_unit", "digest_mismatch", "unreadable"])
def test_a_bad_submission_is_refused_and_its_neighbours_are_stored(
    phone: Phone,
    own_databases: Databases,
    reason: str,
) -> None:
    results = phone.send(a_draft(phone.units[0]), refusals(phone)[reason], a_draft(phone.units[1]))
    assert [result["status"] for result in results] == ["stored", "refused", "stored"]
    assert results[1]["reason"] == reason
    assert results[1]["message"].endswith("。")
    assert count(own_databases, Submission) == 2


def test_a_unit_of_a_colleague_or_of_another_region_is_refused(phone: Phone, own_databases: Databases) -> None:
    with own_databases.census.transaction(FULL) as session:
        colleague = an_account(session, "enumerator02")
        theirs = an_assigned_unit(session, colleague)
        elsewhere = an_assigned_unit(session, None, region=f"{OTHER_TOWN}001")
    reasons = [result["reason"] for result in phone.send(a_draft(theirs), a_draft(elsewhere))]
    assert reasons == ["not_yours", "unknown_unit"]


def test_an_id_that_belongs_to_another_unit_is_refused(phone: Phone) -> None:
    draft = a_draft(phone.units[0])
    phone.send(draft)
    [result] = phone.send(draft | {"unit": str(phone.units[1])})
    assert (result["status"], result["reason"]) == ("refused", "id_in_use")


def test_an_id_taken_in_a_region_out_of_sight_is_refused(phone: Phone, own_databases: Databases) -> None:
    draft = a_draft(phone.units[0])
    with own_databases.census.transaction(FULL) as session:
        colleague = an_account(session, "enumerator09", region=OTHER_TOWN)
        elsewhere = an_assigned_unit(session, colleague, region=f"{OTHER_TOWN}001")
    a_phone(phone.client, "enumerator09").send(draft | {"unit": str(elsewhere)})
    results = phone.send(draft, a_draft(phone.units[1]))
    assert [(result["status"], result["reason"]) for result in results] == [("refused", "id_in_use"), ("stored", None)]
    assert count(own_databases, Revision) == 2


def test_a_unit_that_was_given_to_a_colleague_still_answers_repeats_but_takes_nothing_new(
    phone: Phone,
    own_databases: Databases,
) -> None:
    draft = a_draft(phone.units[0])
    phone.send(draft)
    with own_databases.census.transaction(FULL) as session:
        colleague = an_account(session, "enumerator02")
        session.execute(update(Assignment).where(Assignment.unit_id == phone.units[0]).values(account_id=colleague.id))
    results = phone.send(draft, draft | {"revision": 2, "answers": {}}, a_draft(phone.units[0]))
    assert [(result["status"], result["reason"]) for result in results] == [
        ("repeat", None),
        ("refused", "not_yours"),
        ("refused", "not_yours"),
    ]


def test_a_second_submission_of_the_same_form_and_unit_is_stored_with_an_error(phone: Phone) -> None:
    [first, second] = phone.send(a_draft(phone.units[0]), a_draft(phone.units[0]))
    assert (first["status"], second["status"]) == ("stored", "stored")
    assert [found["severity"] for found in second["findings"] if found["check"] == "G102.duplicate"] == ["error"]


def test_a_new_form_of_a_unit_has_its_other_forms_judged_again(phone: Phone, own_databases: Databases) -> None:
    phone.send(a_draft(phone.units[0]))
    with own_databases.census.transaction(FULL) as session:
        session.execute(update(Submission).values(judge_due=False, state="checked"))
    phone.send(a_draft(phone.units[0], form="G101-1"))
    with own_databases.census.transaction(FULL) as session:
        assert set(session.scalars(select(Submission.judge_due))) == {True}


def test_an_explained_warning_is_answered_as_explained(phone: Phone) -> None:
    answers = answers_for("G102", "G102-C07").answers
    draft = a_draft(phone.units[0], answers=answers)
    [result] = phone.send(draft)
    [warning] = [found for found in result["findings"] if found["check"] == "G102-C07"]
    assert (warning["severity"], warning["state"]) == ("warning", "open")
    told = [{"check": "G102-C07", "path": warning["path"], "text": "已核实"}]
    [result] = phone.send(draft | {"revision": 2, "explanations": told})
    assert [found["state"] for found in result["findings"] if found["check"] == "G102-C07"] == ["explained"]


def test_files_named_by_a_submission_become_its_evidence(phone: Phone, own_databases: Databases) -> None:
    phone.send(a_draft(phone.units[0], files=["ab" * 32, "ab" * 32, "cd" * 32]))
    assert count(own_databases, Attachment) == 2


def test_the_audit_trail_names_what_was_stored_and_holds(phone: Phone, own_databases: Databases) -> None:
    draft = a_draft(phone.units[0])
    phone.send(draft)
    phone.send(draft)
    with own_databases.census.transaction(FULL) as session:
        entries = session.scalars(select(AuditEntry).where(AuditEntry.action == "submit")).all()
        assert len(entries) == 1
        assert draft["id"] in entries[0].body
        assert evidence.verify(session).broken_at is None


def test_the_same_batch_sent_five_times_at_once_is_stored_once(
    app: Flask, phone: Phone, own_databases: Databases
) -> None:
    drafts = [a_draft(phone.units[number % 2]) for number in range(20)]
    body = json.dumps({"submissions": drafts})

    def send(_: int) -> list[dict[str, Any]]:
        answer = app.test_client().post("/api/v1/submissions", data=body, headers=phone.headers)
        assert answer.status_code == 200
        return answer.get_json()["results"]

    with ThreadPoolExecutor(5) as pool:
        answers = list(pool.map(send, range(5)))
    for results in zip(*answers, strict=True):
        assert sorted(result["status"] for result in results) == ["repeat"] * 4 + ["stored"]
        assert len({result["receipt"]["mac"] for result in results}) == 1
    assert count(own_databases, Revision) == 20


def test_batches_that_cross_never_block_each_other_for_good(app: Flask, phone: Phone, own_databases: Databases) -> None:
    drafts = [a_draft(phone.units[number % 2]) for number in range(12)]

    def send(turn: int) -> int:
        ordered = drafts if turn % 2 else drafts[::-1]
        return (
            app.test_client()
            .post("/api/v1/submissions", json={"submissions": ordered}, headers=phone.headers)
            .status_code
        )

    with ThreadPoolExecutor(4) as pool:
        assert set(pool.map(send, range(8))) == {200}
    assert count(own_databases, Revision) == 12


def test_of_two_of_a_form_the_first_stays_and_its_correction_is_no_duplicate(phone: Phone) -> None:
    first, second = a_draft(phone.units[0]), a_draft(phone.units[0])
    results = phone.send(first, second)
    assert ["G102.duplicate" in {found["check"] for found in result["findings"]} for result in results] == [False, True]
    [corrected] = phone.send(first | {"revision": 2, "answers": {}})
    assert "G102.duplicate" not in {found["check"] for found in corrected["findings"]}

"""Rounds of ``kill -9`` under load: whatever was acknowledged is there, once, whole, and judged in the end."""

from __future__ import annotations

import os
from collections import Counter
from typing import Any, Final

import orjson
import pytest
from sqlalchemy import text

from census.db import FULL
from census.services import evidence
from forms.answers.values import digest
from tests.fault.phones import Acknowledged, Load
from tests.served import Instance, eventually

ROUNDS: Final = int(os.environ.get("ROUNDS", "5"))
UNITS: Final = 20_000
PHONES: Final = 4
VICTIMS: Final = ("postmaster", "web", "worker")
BEFORE, AFTER = 200, 400  # acknowledgements before the kill, and from the restart to the end of the round


@pytest.fixture(scope="module")
def load(county: Instance) -> Load:
    units = county.add_units(UNITS)
    return Load(county.url, county.sign_in(), iter(units))


@pytest.mark.parametrize("number", range(ROUNDS))
def test_all_that_was_acknowledged_is_there_after_a_kill(county: Instance, load: Load, number: int) -> None:
    victim = VICTIMS[number % len(VICTIMS)]
    unanswered = load.unanswered
    phones = load.start(PHONES)
    try:
        wait_for_more(load, BEFORE + 17 * number)
        if victim == "postmaster":
            county.kill_postmaster()
            county.cluster.start()
        elif victim == "web":
            county.kill_web()
            county.start_web()
        else:
            county.kill_worker()
        county.start_what_ended()
        wait_for_more(load, AFTER)
    finally:
        load.stop(phones)
    assert load.unanswered > unanswered or victim == "worker", "the kill came when nobody was sending"
    assert load.contradictions == []
    assert missing_or_different(county, load.acknowledged) == []


def wait_for_more(load: Load, count: int) -> None:
    goal = len(load.acknowledged) + count
    assert eventually(lambda: len(load.acknowledged) >= goal, within_s=300), (
        f"only {len(load.acknowledged)} of {goal} acknowledged"
    )


def test_in_the_end_every_revision_was_acknowledged_and_stands_once(county: Instance, load: Load) -> None:
    told = {(sent.id, sent.revision): sent for sent in load.acknowledged}
    assert set(stored(county)) == set(told)


def test_a_repeat_never_got_another_receipt(load: Load) -> None:
    receipts = Counter((sent.id, sent.revision) for sent in set(load.acknowledged))
    assert [key for key, count in receipts.items() if count > 1] == []


def test_every_stored_content_has_the_digest_of_its_receipt(county: Instance, load: Load) -> None:
    rows = query(county, "select submission_id, number, answers, explanations, digest from revision")
    assert len(rows) >= len(set(load.acknowledged)) > 0
    assert [row.submission_id for row in rows if digest(row.answers, row.explanations) != row.digest] == []


@pytest.mark.parametrize(
    "half_stored",
    [
        # a submission whose latest revision is not there, or whose revisions have a gap
        """select id from submission
            where revision <> (select coalesce(max(number), 0) from revision where submission_id = submission.id)
               or revision <> (select count(*) from revision where submission_id = submission.id)""",
        # a verdict whose findings are not those it counted
        """select id from submission cross join lateral (
           select count(*) filter (where severity = 'error' and state <> 'exempt') as errors,
                  count(*) filter (where severity = 'warning' and state <> 'exempt') as warnings
             from finding where submission_id = submission.id and finding.revision = submission.revision) as counted
        where not judge_due and (error_count <> errors or warning_count <> warnings)""",
        # a finding of a revision that is not the one judged
        """select submission_id from finding join submission on submission.id = submission_id
            where finding.revision <> judged_revision""",
        # a revision that nobody got a receipt for
        "select submission_id from revision where receipt_number = ''",
    ],
    ids=["revisions", "verdicts", "findings", "receipts"],
)
def test_nothing_is_half_stored(county: Instance, load: Load, half_stored: str) -> None:
    assert eventually(lambda: backlog(county) == 0, within_s=300)
    assert load.acknowledged
    assert query(county, half_stored) == []


def test_the_worker_has_judged_everything(county: Instance, load: Load) -> None:
    county.start_what_ended()
    assert load.acknowledged
    assert eventually(lambda: backlog(county) == 0, within_s=300), f"{backlog(county)} records still wait"
    assert {row.state for row in query(county, "select distinct state from submission")} <= {"checked", "flagged"}


def test_the_chain_of_evidence_holds_and_names_every_revision_once(county: Instance, load: Load) -> None:
    assert load.acknowledged
    with county.database.transaction(FULL) as session:
        assert evidence.verify(session).broken_at is None
    entries = query(county, "select body from audit_entry where action = 'submit'")
    named = Counter(tuple(line) for entry in entries for line in orjson.loads(entry.body)["detail"]["stored"])
    assert named == Counter((str(id_), number, digest_) for (id_, number), (digest_, _) in stored(county).items())


def missing_or_different(county: Instance, acknowledged: list[Acknowledged]) -> list[Acknowledged]:
    there = stored(county)
    return [sent for sent in acknowledged if there.get((sent.id, sent.revision)) != (sent.digest, sent.receipt)]


def stored(county: Instance) -> dict[tuple[Any, int], tuple[str, str]]:
    rows = query(county, "select submission_id, number, digest, receipt_number from revision")
    return {(row.submission_id, row.number): (row.digest, row.receipt_number) for row in rows}


def backlog(county: Instance) -> int:
    return int(query(county, "select count(*) as due from submission where judge_due")[0].due)


def query(county: Instance, statement: str) -> list[Any]:
    with county.database.transaction(FULL) as session:
        return list(session.execute(text(statement)).all())

"""The forms of a running plant that the story does not tell: products, materials, what else it owes; by the API."""

from __future__ import annotations

from typing import Any, Final
from uuid import uuid4

import requests

from census.examples.records import answers_for
from forms.answers.values import digest
from forms.catalogue import catalogue
from tests.browser.story import Story
from tests.builders.api import PASSWORD
from tests.served import eventually
from validation.applicability import applicability_of

TOLD: Final = ("QC-1", "G101-1", "G102")
PATIENCE_S: Final = 300.0


def products_are_known(county: str, unit: str, told: Story) -> None:
    """Let the other forms that the unit will owe be sent, judged and approved at both levels, before the story."""
    answers: dict[str, dict[str, Any]] = {"QC-1": told.listing, "G101-1": told.basics, "G102": told.wastewater}
    verdicts = applicability_of("industrial", catalogue()).judge(answers, {})
    owed = [form for form, verdict in verdicts.items() if verdict == "must" and form not in TOLD]
    for form in owed:
        answers[form] = dict(answers_for(form, seed=1, related=answers).answers)
    enumerator = _signed_in(county, "enumerator01")
    ids = {form: str(uuid4()) for form in owed}
    sent = [
        {
            "id": ids[form],
            "unit": unit,
            "form": form,
            "version": catalogue().current(form).version,
            "revision": 1,
            "answers": answers[form],
            "explanations": [],
            "files": [],
            "digest": digest(answers[form]),
            "device": "browser test",
        }
        for form in owed
    ]
    results = enumerator.post(f"{county}/api/v1/submissions", json={"submissions": sent}, timeout=60).json()["results"]
    assert [result["status"] for result in results] == ["stored"] * len(owed), results
    for username, awaited in (("supervisor01", "checked"), ("county01", "supervisor_approved")):
        reviewer = _signed_in(county, username)
        for form, submission in ids.items():
            address = f"{county}/api/v1/submissions/{submission}"
            assert eventually(
                lambda at=address, state=awaited: enumerator.get(at, timeout=60).json()["state"] == state, PATIENCE_S
            ), (form, enumerator.get(address, timeout=60).text)
            decided = reviewer.post(
                f"{address}/decisions",
                json={"outcome": "approve", "note": "", "items": [], "expected_revision": 1},
                timeout=60,
            )
            assert decided.status_code == 200, decided.text


def _signed_in(county: str, username: str) -> requests.Session:
    session = requests.Session()
    asked = {"username": username, "password": PASSWORD, "programme": "census", "device": "browser test"}
    answer = session.post(f"{county}/api/v1/session", json=asked, timeout=60)
    answer.raise_for_status()
    session.headers["Authorization"] = f"Bearer {answer.json()['token']}"
    return session

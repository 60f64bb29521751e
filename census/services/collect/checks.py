"""The check of a record on its way in: the same rules as on the phone, with the unit's other forms beside it.

What it finds is answered to the phone and kept with the revision. The verdict that review goes by is the worker's.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any
from uuid import UUID

from census.services.collect.fates import Draft
from forms.catalogue import Catalogue
from forms.definition import Form
from validation.evaluators.record import check_record
from validation.results import Finding
from validation.rulebook import compile_form

DUPLICATE = "这个普查对象已经有一份 {form} 表。请核对是否重复填报，重复的一份请撤回。"


class UnitForms:
    """The latest answers of every form of one unit, those of the batch included."""

    def __init__(self) -> None:
        self._first: dict[str, UUID] = {}
        self._answers: dict[str, dict[str, Any]] = {}

    def put(self, submission_id: UUID, form: str, answers: dict[str, Any]) -> None:
        """Add what is stored, by the first record of the form, and then what is sent."""
        self._first.setdefault(form, submission_id)
        self._answers[form] = answers

    def others(self, form: str) -> dict[str, dict[str, Any]]:
        """Answers of the unit's other forms by form code."""
        return {code: answers for code, answers in self._answers.items() if code != form}

    def is_duplicate(self, submission_id: UUID, form: str) -> bool:
        """Whether the unit had a record of this form before this one."""
        return self._first[form] != submission_id


def check(
    draft: Draft,
    form: Form,
    forms: Catalogue,
    of_unit: UnitForms,
    known: dict[str, Any],
) -> list[dict[str, Any]]:
    """Give the findings of one draft in the API's shape."""
    explained = [
        (str(explanation["check"]), str(explanation["path"]))
        for explanation in draft.explanations
        if str(explanation["text"]).strip()
    ]
    rulebook = compile_form(form, forms)
    paths = {path for _, path in explained}
    found = check_record(rulebook, draft.answers, of_unit.others(form.code), known, paths)
    findings = [as_json(finding, explained) for finding in found]
    if of_unit.is_duplicate(draft.id, form.code):
        findings.append(
            {
                "check": f"{form.code}.duplicate",
                "severity": "error",
                "path": "",
                "message": DUPLICATE.format(form=form.code),
                "state": "open",
            }
        )
    return findings


def as_json(finding: Finding, explained: Sequence[tuple[str, str]]) -> dict[str, Any]:
    """A finding as the API and the stored revision show it. Only a warning can be explained."""
    is_explained = finding.severity == "warning" and any(
        check == finding.check and (path == finding.path or path in finding.paths) for check, path in explained
    )
    return {
        "check": finding.check,
        "severity": finding.severity,
        "path": finding.path,
        "message": finding.message,
        "state": "explained" if is_explained else "open",
    }

"""The check of a record on its way in: the same rules as on the phone, with the unit's other forms beside it.

What it finds is answered to the phone and kept with the revision. The verdict that review goes by is the worker's.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any
from uuid import UUID

from census.services.submission_fates import Draft
from forms.catalogue import Catalogue
from forms.definition import Form
from validation.record import check_record
from validation.results import Finding
from validation.rulebook import compile_form

DUPLICATE = "这个普查对象已经有一份 {form} 表。请核对是否重复填报，重复的一份请撤回。"


class UnitForms:
    """The latest answers of every form of one unit, those of the batch included."""

    def __init__(self) -> None:
        self._answers: dict[UUID, tuple[str, Mapping[str, Any]]] = {}

    def put(self, submission_id: UUID, form: str, answers: Mapping[str, Any]) -> None:
        self._answers.pop(submission_id, None)
        self._answers[submission_id] = (form, answers)

    def others(self, form: str) -> dict[str, Mapping[str, Any]]:
        """Answers of the unit's other forms by form code; of two of one form, the later."""
        return {code: answers for code, answers in self._answers.values() if code != form}

    def has_another(self, submission_id: UUID, form: str) -> bool:
        return any(code == form and other != submission_id for other, (code, _) in self._answers.items())


def check(
    draft: Draft, form: Form, forms: Catalogue, of_unit: UnitForms, known: Mapping[str, Any],
) -> list[dict[str, Any]]:
    """Give the findings of one draft in the API's shape."""
    explained = [
        (str(explanation["check"]), str(explanation["path"])) for explanation in draft.explanations
        if str(explanation["text"]).strip()
    ]
    rulebook = compile_form(form, forms)
    paths = {path for _, path in explained}
    found = check_record(rulebook, draft.answers, of_unit.others(form.code), known, paths)
    findings = [as_json(finding, explained) for finding in found]
    if of_unit.has_another(draft.id, form.code):
        findings.append({
            "check": f"{form.code}.duplicate", "severity": "error", "path": "",
            "message": DUPLICATE.format(form=form.code), "state": "open",
        })
    return findings


def as_json(finding: Finding, explained: Sequence[tuple[str, str]]) -> dict[str, Any]:
    """A finding as the API and the stored revision show it. Only a warning can be explained."""
    is_explained = finding.severity == "warning" and any(
        check == finding.check and (path == finding.path or path in finding.paths) for check, path in explained
    )
    return {
        "check": finding.check, "severity": finding.severity, "path": finding.path, "message": finding.message,
        "state": "explained" if is_explained else "open",
    }

"""Figures of the forms that the program works out, for every unit of a region: from approved records, never typed."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from itertools import groupby
from typing import Any, Final

from sqlalchemy import text
from sqlalchemy.orm import Session

from census.services.handup.regional import computed_forms
from exports.record import Computed
from forms.catalogue import catalogue
from forms.definition import Form
from validation.evaluators.record import computed
from validation.rulebook import compile_form

SOURCES: Final = text("""
    select submission.unit_id::text as unit, unit.kind, unit.region_code, submission.form, revision.answers
      from submission
      join unit on unit.id = submission.unit_id
      join revision on revision.submission_id = submission.id and revision.number = submission.revision
     where submission.region_code ^@ :region and submission.state = any(:states) and submission.applies
       and submission.form = any(:forms)
     order by submission.unit_id, submission.form, submission.id
""")
AT_ONCE: Final = 500


def computed_figures(session: Session, wanted: Mapping[str, Any]) -> list[Computed]:
    """Work out all figures of a region, by unit; those whose sources are missing are left out."""
    books = [compile_form(form, catalogue()) for form in catalogue().forms() if form.subject == "computed"]
    sources = sorted({code for book in books for code in (book.form.code, *book.needs.forms)})
    rows = session.execute(SOURCES, {**wanted, "forms": sources}, execution_options={"yield_per": AT_ONCE})
    found: list[Computed] = []
    for (unit, kind, region), of_unit in groupby(rows, key=lambda row: (row.unit, row.kind, row.region_code)):
        answers = {row.form: row.answers for row in of_unit}
        for form in computed_forms(kind):
            found += _of_form(form, unit, region, answers)
    return found


def _of_form(form: Form, unit: str, region: str, answers: Mapping[str, Mapping[str, Any]]) -> Iterator[Computed]:
    related = {code: each for code, each in answers.items() if code != form.code}
    for path, value in computed(compile_form(form, catalogue()), answers.get(form.code, {}), related).items():
        if not isinstance(value, float):
            continue  # nobody knows it yet, or it is a name
        group, row, key = _place(path)
        item = form.item(key, group)
        shown = value
        if item.precision is not None:
            shown = round(value, item.precision)
        yield Computed(unit, region, form.code, item.no, key, item.name, row, shown, item.unit)


def _place(path: str) -> tuple[str, int | None, str]:
    """Group, row and item of a JSON Pointer; rows are counted from 1, as on paper."""
    match path[1:].split("/"):
        case [key]:
            return "", None, key
        case [group, row, key]:
            return group, int(row) + 1, key
        case _:
            raise ValueError(path)

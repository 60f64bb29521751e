"""How many checks a form has, told from its definition alone: a list of all forms compiles none of them."""

from __future__ import annotations

from collections.abc import Iterator

from forms.definition import Form, Item
from forms.formats import FORMATS


def count_checks(form: Form) -> int:
    """Count what ``compile_form`` makes of a form, and its checks between records; a test compares."""
    stages = {"", *form.stages[:1]}
    implied = sum(1 for item in form.items() if not item.computed for _ in _implied(item, stages))
    written = sum(check.stage in stages for check in form.checks)
    return implied + len(form.groups()) + 1 + written + len(form.table_checks)


def _implied(item: Item, stages: set[str]) -> Iterator[str]:
    yield "type"
    if item.required and item.stage in stages:
        yield "required"
    if item.precision is not None:
        yield "precision"
    if item.minimum is not None or item.maximum is not None:
        yield "range"
    if item.options or item.codelist:
        yield "code"
    wanted = FORMATS.get(item.format)
    if wanted and (wanted.function or wanted.pattern):
        yield "pattern"

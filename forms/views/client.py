"""The JSON that the phone works from: a form's sections and items without its checks, and code lists.

Checks come from ``validation.evaluators.browser``; the fields themselves are rendered by the server
(``forms.views.fields``).
"""

from __future__ import annotations

from dataclasses import fields
from typing import Any

from forms.codelists import CodeList, codelist
from forms.definition import Form, Item, Repeat, Section
from forms.views.fields import is_short

CODELIST_COLUMNS = ("code", "label", "parent")
# What only the server or the page needs.
_ITEM_OMITS = frozenset({"rows_key", "confidence", "help", "alias"})


def client_form(form: Form) -> dict[str, Any]:
    """Return one form for the phone. Keys whose value is the default are left out."""
    return {
        "form": form.code,
        "version": form.version,
        "title": form.title,
        "digest": form.digest,
        "programme": form.programme,
        "sections": [_section(section) for section in form.sections],
        "codelists": {
            name: codelist(name).digest for name in sorted({item.codelist for item in form.items() if item.codelist})
        },
        "baseline": list(form.baseline),
    }


def client_codelist(name: str) -> dict[str, Any]:
    """Return a code list for the phone: columns once, then one row for each entry, attributes included."""
    listed: CodeList = codelist(name)
    attributes = sorted({key for entry in listed for key in entry.attributes})
    return {
        "name": listed.name,
        "digest": listed.digest,
        "columns": [*CODELIST_COLUMNS, *attributes],
        "rows": [
            [entry.code, entry.label, entry.parent, *(entry.attributes.get(key, "") for key in attributes)]
            for entry in listed
        ],
    }


def _section(section: Section) -> dict[str, Any]:
    found: dict[str, Any] = {"key": section.key, "title": section.title}
    if section.repeat:
        found["repeat"] = _filled(section.repeat)
    found |= {
        key: value
        for key, value in (("when", section.when), ("note", section.note), ("common", section.common))
        if value
    }
    found["items"] = [_item(item) for item in section.items]
    return found


def _item(item: Item) -> dict[str, Any]:
    found = {key: value for key, value in _filled(item).items() if key not in _ITEM_OMITS}
    if item.options:
        found["options"] = [list(option) for option in item.options]
    if item.kind.is_searched:
        found["shown_whole"] = is_short(item)
    return found


def _filled(part: Item | Repeat) -> dict[str, Any]:
    pairs = (
        (field, getattr(part, field.name)) for field in fields(part) if field.init
    )  # what follows from others is told by them
    return {field.name: value for field, value in pairs if value != field.default}

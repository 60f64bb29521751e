"""Code lists packed for a phone: rows of text under a digest, and the difference between two versions of one."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Sequence
from dataclasses import dataclass
from difflib import SequenceMatcher
from functools import lru_cache
from typing import Any

from forms.codelists import CodeList, codelist

Rows = Sequence[Sequence[str]]
Step = tuple[int, int, list[list[str]]]  # at which row of the old version, how many rows go, which come


@dataclass(frozen=True, slots=True)
class Pack:
    """One version of a list. The first row names the columns; ``digest`` is the SHA-256 of the rows' JSON text."""

    name: str
    rows: tuple[tuple[str, ...], ...]
    digest: str
    size: int  # bytes of the JSON text


@lru_cache(maxsize=512)
def pack(name: str) -> Pack:
    """Pack a packaged code list by its name. Raises UnknownCodeList."""
    found = codelist(name)
    columns = _columns(found)
    rows = (
        columns,
        *(
            (entry.code, entry.label, entry.parent, *(entry.attributes.get(key, "") for key in columns[3:]))
            for entry in found
        ),
    )
    text = text_of(rows)
    return Pack(name, rows, hashlib.sha256(text).hexdigest(), len(text))


def text_of(rows: Rows) -> bytes:
    """The JSON text that a digest covers: no spaces, characters as they are."""
    return json.dumps(rows, ensure_ascii=False, separators=(",", ":")).encode()


def difference(old: Rows, new: Rows) -> list[Step]:
    """The steps from one version to another, from the end to the beginning: each leaves the rows before it alone."""
    matcher = SequenceMatcher(None, [tuple(row) for row in old], [tuple(row) for row in new], autojunk=False)
    steps = [
        (start, end - start, [list(row) for row in new[into:until]])
        for tag, start, end, into, until in matcher.get_opcodes()
        if tag != "equal"
    ]
    return steps[::-1]


def applied(old: Rows, steps: Sequence[Sequence[Any]]) -> list[list[str]]:
    """The new version, from the old one and the steps."""
    rows = [list(row) for row in old]
    for at, gone, come in steps:
        rows[at : at + gone] = [list(row) for row in come]
    return rows


def _columns(found: CodeList) -> tuple[str, ...]:
    return ("code", "label", "parent", *dict.fromkeys(key for entry in found for key in entry.attributes))

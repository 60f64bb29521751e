"""Code lists 代码表: what a code means, read from ``codelists/<name>.csv`` on first use.

Columns are ``code,label,parent`` and any number of attributes; ``code(item).attribute`` of the check language reads
the attributes. A row with ``selectable`` = 0 is a heading: it has a name but is no answer. Codes that begin with
``x-`` are placeholders for codes whose official table has not been found.
"""

from __future__ import annotations

import csv
import hashlib
import io
from collections.abc import Iterator
from dataclasses import dataclass, field
from functools import cache
from pathlib import Path
from types import MappingProxyType

FOLDER = Path(__file__).with_name("codelists")
ALIASES = MappingProxyType({"gbt2260_12": "regions", "admin_town_440113": "towns", "admin_village_440113": "villages"})
# Lists that are one level of another list, so that a fact stands in one file: name -> (list, level).
LEVELS = MappingProxyType(
    {
        level: ("regions", one)
        for level, one in (("cities", "city"), ("counties", "county"), ("towns", "town"), ("villages", "village"))
    }
)


class UnknownCodeList(LookupError):
    """No code list has this name."""


@dataclass(frozen=True, slots=True)
class Entry:
    """One code, its name, the code above it ("" at the top) and its attributes by column."""

    code: str
    label: str
    parent: str = ""
    attributes: MappingProxyType[str, str] = field(default_factory=lambda: MappingProxyType({}))

    @property
    def is_selectable(self) -> bool:
        return self.attributes.get("selectable", "1") != "0"


class CodeList:
    """All entries of one list, in the order of its file."""

    def __init__(self, name: str, entries: tuple[Entry, ...], digest: str) -> None:
        self.name = name
        self.digest = digest
        self._entries = {entry.code: entry for entry in entries}
        self._children: dict[str, list[Entry]] = {}
        for entry in entries:
            self._children.setdefault(entry.parent, []).append(entry)

    def __len__(self) -> int:
        return len(self._entries)

    def __iter__(self) -> Iterator[Entry]:
        return iter(self._entries.values())

    def contains(self, code: str) -> bool:
        """Tell whether the code may be an answer: it stands in the list and is no heading."""
        entry = self._entries.get(code)
        return entry is not None and entry.is_selectable

    def get(self, code: str) -> Entry | None:
        return self._entries.get(code)

    def entry(self, code: str) -> Entry:
        """Return one entry, headings included. Raises KeyError."""
        return self._entries[code]

    def label(self, code: str) -> str:
        """Return the name of a code; an unknown code is its own name."""
        entry = self._entries.get(code)
        if entry is None:
            return code
        return entry.label

    def path(self, code: str) -> tuple[Entry, ...]:
        """Return the entries from the top of the list down to this code; empty for an unknown code."""
        steps: list[Entry] = []
        entry = self._entries.get(code)
        while entry is not None:
            steps.append(entry)
            entry = self._entries.get(entry.parent)
        return tuple(reversed(steps))

    def children(self, code: str = "") -> tuple[Entry, ...]:
        return tuple(self._children.get(code, ()))

    def search(self, text: str, limit: int = 20) -> list[Entry]:
        """Find entries that may be answers by the beginning of their code, words of their name or pinyin initials.

        Codes that begin with the text come first, then names that begin with it, then the rest in the list's order.
        """
        words = text.lower().split()
        if not words:
            return []
        found = [(rank, entry) for entry in self if entry.is_selectable and (rank := _rank(entry, words)) is not None]
        found.sort(key=lambda pair: pair[0])
        return [entry for _, entry in found[:limit]]

    def is_placeholder(self, code: str) -> bool:
        """Tell whether the code stands in for an official one that has not been found."""
        entry = self._entries.get(code)
        return code.startswith("x-") or (entry is not None and entry.attributes.get("code_confidence") == "placeholder")


def exists(name: str) -> bool:
    """Tell whether a code list has this name, without reading it."""
    name = ALIASES.get(name, name)
    return name in LEVELS or (FOLDER / f"{name}.csv").is_file()


def names() -> tuple[str, ...]:
    return tuple(sorted((*LEVELS, *(path.stem for path in FOLDER.glob("*.csv")))))


def codelist(name: str) -> CodeList:
    """Return a packaged code list. Raises UnknownCodeList."""
    return _packaged(ALIASES.get(name, name))


@cache
def _packaged(name: str) -> CodeList:
    if name in LEVELS:
        whole, level = LEVELS[name]
        return _one_level(name, _packaged(whole), level)
    path = FOLDER / f"{name}.csv"
    if not path.is_file():
        raise UnknownCodeList(name)
    return read(path)


def offered(found: CodeList, offer: str = "") -> list[list[str | int]]:
    """Give what pickers offer: ``[code, label, pinyin]``.

    In a list with levels there follow the code above and whether the code may be chosen. ``offer`` is the attribute
    that is "1" on what is offered; headings stay while something is offered below them.
    """
    chosen = [entry for entry in found if entry.is_selectable and (not offer or entry.attributes.get(offer) == "1")]
    if all(entry.is_selectable for entry in found):
        return [[entry.code, entry.label, entry.attributes.get("pinyin", "")] for entry in chosen]
    # A list with levels: headings above what is offered come along, to be opened but not chosen.
    kept = {step.code for entry in chosen for step in found.path(entry.code)}
    codes = {entry.code for entry in chosen}
    return [
        [entry.code, entry.label, entry.attributes.get("pinyin", ""), entry.parent, int(entry.code in codes)]
        for entry in found
        if entry.code in kept
    ]


def read(path: Path) -> CodeList:
    """Read a code list from a CSV file; cells are trimmed. Raises ValueError for a repeated or empty code."""
    content = path.read_bytes()
    entries: list[Entry] = []
    seen: set[str] = set()
    for number, row in enumerate(csv.DictReader(io.StringIO(content.decode("utf-8"), newline="")), start=2):
        cells = {column: (cell or "").strip() for column, cell in row.items()}
        code, label, parent = cells.pop("code"), cells.pop("label"), cells.pop("parent", "")
        if not code or not label or code in seen:
            raise ValueError(f"{path.name}, line {number}: empty or repeated code {code!r}")
        seen.add(code)
        entries.append(Entry(code, label, parent, MappingProxyType(cells)))
    return CodeList(path.stem, tuple(entries), hashlib.sha256(content).hexdigest())


def _one_level(name: str, whole: CodeList, level: str) -> CodeList:
    entries = tuple(
        Entry(entry.code, entry.label, entry.parent, MappingProxyType({**entry.attributes, "selectable": "1"}))
        for entry in whole
        if entry.attributes["level"] == level
    )
    return CodeList(name, entries, whole.digest)


def _rank(entry: Entry, words: list[str]) -> int | None:
    code, label, pinyin = entry.code.lower(), entry.label.lower(), entry.attributes.get("pinyin", "").lower()
    if not all(code.startswith(word) or word in label or (pinyin and word in pinyin) for word in words):
        return None
    if code.startswith(words[0]):
        return 0
    if label.startswith(words[0]):
        return 1
    return 2

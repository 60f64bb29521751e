"""How a form is cut into pages: one section a page, and the sections of one repeating group one list of rows."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Any, Final

from forms.definition import Form, Group, Item, Section
from forms.views.fields import coded_item, options

STAGES_IN_THE_STREET: Final = frozenset({"found", "verified"})
FILLED_BY_OTHERS: Final = ("review.", "case.")


@dataclass(frozen=True, slots=True)
class Part:
    """A section as the enumerator sees it."""

    title: str
    items: tuple[Item, ...]


@dataclass(frozen=True, slots=True)
class Page:
    """One page of a form. ``group`` is the repeating group whose rows it lists, None for plain sections."""

    key: str
    title: str
    sections: tuple[Section, ...]
    group: Group | None = None

    @property
    def items(self) -> tuple[Item, ...]:
        """What the enumerator fills here; what reviewers and the case file fill in stays out."""
        return tuple(item for part in self.parts for item in part.items)

    @property
    def parts(self) -> tuple[Part, ...]:
        """The sections with what is asked in them; one without is left out."""
        parts = (Part(section.title, tuple(filter(is_asked, section.items))) for section in self.sections)
        return tuple(part for part in parts if part.items)

    @property
    def coded(self) -> Item | None:
        """The item whose code each ready-made row has; None where rows are added by hand."""
        if self.group is None:
            return None
        return coded_item(self.group)

    @property
    def ready_made(self) -> tuple[tuple[str, str], ...]:
        """The codes and names of the ready-made rows, in their order."""
        if self.coded is None:
            return ()
        return options(self.coded)

    def name_of(self, row: Mapping[str, Any]) -> str:
        """What a row is called in the list: its first answer, a code by its name."""
        if self.coded:
            code = str(row.get(self.coded.key, ""))
            return dict(self.ready_made).get(code, code)
        return str(row.get(self.items[0].key) or "")

    @property
    def note(self) -> str:
        return "；".join(section.note for section in self.sections if section.note)


def pages(form: Form) -> tuple[Page, ...]:
    """The pages of a form in its order; a page nothing is asked on is left out."""
    return tuple(page for page in _cut(form) if page.items)


def page_of(form: Form, key: str) -> Page:
    """Return one page. Raises KeyError."""
    for page in pages(form):
        if page.key == key:
            return page
    raise KeyError(key)


def page_at(form: Form, path: str) -> tuple[Page, int | None] | None:
    """Find the page, and for a row its index, at which a path (JSON Pointer) is answered."""
    first, *rest = path.removeprefix("/").split("/")
    for page in pages(form):
        if page.group is not None and page.group.key == first:
            if rest and rest[0].isdigit():
                return page, int(rest[0])
            return page, None  # the group as a whole: too few rows, say
        if page.group is None and any(item.key == first for item in page.items):
            return page, None
    return None


def is_asked(item: Item) -> bool:
    return not item.prefill.startswith(FILLED_BY_OTHERS)


def item_at(form: Form, path: str) -> Item | None:
    """The item that a path names; None for a whole group and for what the form does not have."""
    parts = path.removeprefix("/").split("/")
    group, key = "", parts[0]
    if len(parts) == 3:  # an item of a row: its group, the row, the item
        group, key = parts[0], parts[2]
    if not form.has_item(key, group):
        return None
    return form.item(key, group)


def _cut(form: Form) -> Iterator[Page]:
    groups = form.groups()
    seen: set[str] = set()
    for section in form.sections:
        if form.stages and not any(item.stage in STAGES_IN_THE_STREET for item in section.items):
            continue  # later stages of a case are filled at the desk
        if section.repeat is None:
            yield Page(section.key, section.title, (section,))
        elif section.repeat.key not in seen:
            key = section.repeat.key
            seen.add(key)
            rows = tuple(other for other in form.sections if other.repeat and other.repeat.key == key)
            yield Page(key, groups[key].title, rows, groups[key])

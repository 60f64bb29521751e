"""What a name in a check stands for: an item of the form, of the row asked about, of another form, of the register.

"A hidden item is blank" lives here: a name becomes its answer wrapped in the conditions under which it is shown, and
the rows of a hidden section become no rows. A computed item becomes its expression.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace
from functools import lru_cache
from typing import Final, Literal, Protocol

from forms.definition import Form, Group, Item, Section
from forms.item_types.registry import ValueKind
from validation.language.nodes import And, Choose, Kind, Node, Nothing, Place, Rows, Value

FORM_NAME: Final = re.compile(r"[A-Z]+[0-9]*(?:_[0-9]+)*")
_KINDS: Final[dict[ValueKind, Kind]] = {
    "text": "text",
    "number": "number",
    "integer": "number",
    "boolean": "bool",
    "date": "date",
    "texts": "list",
    "position": "position",
}
POSITION_PARTS: Final[dict[str, Kind]] = {"lon": "number", "lat": "number", "accuracy_m": "number", "source": "text"}


class Definitions(Protocol):
    """The part of ``forms.catalogue.Catalogue`` that checks need."""

    def current(self, code: str, /) -> Form: ...
    def __contains__(self, code: object, /) -> bool: ...


class NameProblem(LookupError):
    """A name means nothing here; the parser adds where it stands."""


@dataclass(frozen=True, slots=True)
class Layout:
    """Where each item of a form stands."""

    items: dict[tuple[str, str], tuple[Section, Item]]  # (group key or "", item key)
    groups: dict[str, Group]


@lru_cache(maxsize=256)
def layout(form: Form) -> Layout:
    return Layout(
        {(item.rows_key, item.key): (section, item) for section in form.sections for item in section.items},
        form.groups(),
    )


@dataclass(frozen=True, slots=True)
class Scope:
    """The names that an expression of one form may use.

    ``each`` is the repeating group whose rows the expression is asked about. ``viewer`` is the form whose check is
    being compiled: seen from there, the names of this form may belong to another form of the same unit.
    """

    form: Form
    catalogue: Definitions
    layout: Layout
    parse: Callable[[str, Scope], Node]  # the parser itself, for the conditions of items
    each: str = ""
    viewer: str = ""
    row_place: Literal["row", "loop"] = "row"
    known: bool = False  # names are what the register knew
    resolving: tuple[str, ...] = ()  # conditions being resolved, to find one that leans on itself

    @property
    def foreign(self) -> bool:
        return bool(self.viewer) and self.viewer != self.form.code

    @property
    def _from_form(self) -> str:
        """What answers of this form are marked with where another form's check reads them; "" at home."""
        if self.foreign:
            return self.form.code
        return ""

    def item(self, key: str) -> Node | None:
        """Give the answer at an item, row names first; None when there is no such item here."""
        places = self.layout.items
        if self.each and (self.each, key) in places:
            return self._answer(self.each, key)
        if ("", key) in places:
            return self._answer("", key)
        return None

    def rows(self, group: str) -> Rows | None:
        """Give the rows of a repeating group; None when there is no such group."""
        found = self.layout.groups.get(group)
        if found is None:
            return None
        when: Node | None = None
        if found.when:
            when = self._condition(f"/{group}", found.when, replace(self, each=""))
        return Rows(group, self._from_form, when)

    def loop(self, group: str) -> Scope:
        """Give the scope of a generator's row."""
        return replace(self, each=group, row_place="loop")

    def other(self, name: str) -> Scope | None:
        """Give the scope of another form of the unit by its name with ``_``; None while it has no definition."""
        code = name.replace("_", "-")
        if code not in self.catalogue:
            return None
        form = self.catalogue.current(code)
        return replace(
            self, form=form, layout=layout(form), each="", row_place="row", viewer=self.viewer or self.form.code
        )

    def baseline(self) -> Scope:
        """Give the scope of what the register knew about this form's unit."""
        return replace(self, each="", known=True)

    def _answer(self, group: str, key: str) -> Node:
        section, item = self.layout.items[group, key]
        if self.known:
            if key not in self.form.baseline:
                named = ", ".join(self.form.baseline) or "nothing"
                raise NameProblem(f"the register does not know {key!r}; baseline of {self.form.code} names {named}")
            return Value("baseline", key, kind_of(item), decimals=item.kind.decimals(item))
        if item.computed:
            return self._condition(f"{group}/{key}", item.computed, replace(self, each=group))
        # The condition of a hidden item wraps its answer: hidden is blank, whatever was typed before it was hidden.
        answer = Value(
            self._place(group),
            key,
            kind_of(item),
            self._from_form,
            group,
            decimals=item.kind.decimals(item),
        )
        shown = self.shown(group, section, item)
        if shown is None:
            return answer
        return Choose(shown, answer, Nothing(answer.kind), answer.kind)

    def _place(self, group: str) -> Place:
        """Where an answer is looked up: in the row asked about, in another form of the unit, in the record itself."""
        if group:
            return self.row_place
        if self.foreign:
            return "form"
        return "main"

    def shown(self, group: str, section: Section, item: Item) -> Node | None:
        """Give the condition under which an item is shown, None for always.

        What hides the rows of a whole group belongs to the rows, not to each of their items.
        """
        path = f"{group}/{item.key}"
        parts: list[Node] = []
        if section.when and not (group and section.when == self.layout.groups[group].when):
            parts.append(self._condition(path, section.when, replace(self, each="")))
        if item.when:
            parts.append(self._condition(path, item.when, replace(self, each=group)))
        return all_of(parts)

    def _condition(self, path: str, text: str, scope: Scope) -> Node:
        mark = f"{self.form.code}:{path}"
        # Each condition is resolved below the others that led to it: one that comes up again would never end.
        if mark in self.resolving:
            raise NameProblem(f"{mark} is shown or computed by an expression that leans on itself")
        return self.parse(text, replace(scope, resolving=(*self.resolving, mark)))


def all_of(parts: Sequence[Node]) -> Node | None:
    """Join conditions that must all hold; None for none, and one stays as it is."""
    if not parts:
        return None
    if len(parts) == 1:
        return parts[0]
    return And(tuple(parts))


def kind_of(item: Item) -> Kind:
    """The kind of value that checks see at an item."""
    return _KINDS[item.kind.value]

"""How a figure that the program works out came about, in words: the expression with names and values in it.

Written for somebody who has to believe the figure, not to work it out again: rows are named with what they come to, and
of two ways only the one that was taken is told.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Final

from forms.catalogue import Catalogue
from forms.codelists import codelist
from forms.definition import Form, Item
from validation.evaluators.record import value_of
from validation.language.messages import BLANK, show_number
from validation.language.nodes import (
    Aggregate,
    Arithmetic,
    Attribute,
    Call,
    Choose,
    Node,
    Number,
    OneOf,
    Rows,
    Text,
    Value,
    walk,
)
from validation.rulebook import RuleBook

SIGNS: Final = {"+": "＋", "-": "－", "*": "×", "/": "÷"}
OVER: Final = {"sum": "合计", "min": "最小", "max": "最大", "count": "行数"}
Answers = Mapping[str, Any]


@dataclass(frozen=True, slots=True)
class Figure:
    """One figure: its item, where it stands, its value (None: something it needs is missing) and how it came about."""

    item: Item
    row: int | None
    value: float | None
    working: str
    missing: tuple[str, ...]


def figures(book: RuleBook, forms: Catalogue, answers: Answers, related: Mapping[str, Answers]) -> Iterator[Figure]:
    """Work out every computed item of a form, row by row, in the order of the form."""
    for item in book.form.items():
        node = book.computed.get((item.rows_key, item.key))
        if node is None:
            continue
        rows: Sequence[int | None] = (None,)
        if item.rows_key:
            rows = range(len(answers.get(item.rows_key) or ()))
        for row in rows:
            yield _Words(book, forms, answers, related, item.rows_key, row).figure(item, node)


@dataclass(frozen=True, slots=True)
class _Words:
    """Puts expressions into words, with the values of one record, or of one row of it."""

    book: RuleBook
    forms: Catalogue
    answers: Answers
    related: Mapping[str, Answers]
    group: str
    row: int | None

    def figure(self, item: Item, node: Node) -> Figure:
        value = self.value(node)
        if not isinstance(value, float):
            value = None
        return Figure(item, self.row, value, self.of(node), tuple(dict.fromkeys(self.blanks(node))))

    def value(self, node: Node) -> object:
        place = None
        if self.row is not None:
            place = self.group, self.row
        return value_of(node, self.book, self.answers, self.related, row=place)

    def blanks(self, node: Node) -> Iterator[str]:
        """Name what is missing; what stands in rows is left to whoever looks at them."""
        for part in walk(node):
            if isinstance(part, Value) and part.place in ("main", "row", "form") and self.value(part) is None:
                yield self.name(part)
            if isinstance(part, Aggregate) and part.name in ("sum", "first") and self.value(part) is None:
                yield self.of(part)

    def of(self, node: Node) -> str:
        match node:
            case Number():
                return show_number(node.value)
            case Text():
                return node.value
            case Value():
                return f"{self.name(node)} {self.answer(node)}".strip()
            case Arithmetic():
                return f"{self.inner(node.left)} {SIGNS[node.operator]} {self.inner(node.right)}"
            case Aggregate():
                return self.aggregate(node)
            case Choose() if self.value(node.test) is True:
                return self.of(node.then)
            case Choose():
                return self.of(node.otherwise)
            case Call(name="coalesce"):
                filled = (part for part in node.arguments if self.value(part) is not None)
                return self.of(next(filled, node.arguments[0]))
            case Call(name="number", arguments=(Attribute() as attribute,)) | (Attribute() as attribute):
                value = self.value(node)
                if isinstance(value, float):
                    return f"代码表系数 {show_number(value)}"
                return f"代码表系数 {value or attribute.attribute}"
            case _:
                return _shown(self.value(node))

    def answer(self, node: Value) -> str:
        """Give the number at an item; "" for a text, which tells nothing here, and in a row that stands for many."""
        if node.place == "loop":
            return ""
        value = self.value(node)
        if value is None or isinstance(value, float):
            return _shown(value)
        return ""

    def aggregate(self, node: Aggregate) -> str:
        rows, shown = self.rows(node.rows), _shown(self.value(node))
        over, what = OVER.get(node.name, ""), ""
        if node.element is not None:
            what = self.of(node.element)
        if node.name == "first":
            return f"{rows}{self.only(node)}{what} {shown}"
        if what:
            return f"{rows}各行（{what}）{over} {shown}"
        return f"{rows}{over} {shown}"

    def inner(self, node: Node) -> str:
        """Put sums between brackets where they are part of something else."""
        if isinstance(node, Arithmetic) and node.operator in "+-":
            return f"（{self.of(node)}）"
        return self.of(node)

    def only(self, node: Aggregate) -> str:
        """Name the ready-made row that is meant, where the condition picks one by its code."""
        match node.condition:
            case OneOf(item=Value() as item, options=(code,)):
                found = self.item(item, node.rows)
                label = code
                if found and found.codelist:
                    label = codelist(found.codelist).label(code)
                return f"“{label}”的"
            case _:
                return ""

    def rows(self, rows: Rows) -> str:
        form, title = self.form(rows.form), ""
        if form and rows.group in form.groups():
            title = form.groups()[rows.group].title
        if rows.form:
            return f"{rows.form} {title}"
        return title

    def name(self, node: Value) -> str:
        found, name = self.item(node), node.key
        if found:
            name = found.name
        # Of a generator's row the form is said once, with its rows.
        if node.form and node.place != "loop":
            return f"{node.form} {name}"
        return name

    def item(self, node: Value, rows: Rows | None = None) -> Item | None:
        code, group = node.form, node.group
        if rows is not None:
            code, group = code or rows.form, group or rows.group
        form = self.form(code)
        if form is None or not form.has_item(node.key, group):
            return None
        return form.item(node.key, group)

    def form(self, code: str) -> Form | None:
        """Give another form by its code, this one for ""; None for one that has no definition."""
        if not code:
            return self.book.form
        if code not in self.forms:
            return None
        return self.forms.current(code)


def _shown(value: object) -> str:
    if isinstance(value, float):
        return show_number(value)
    return BLANK

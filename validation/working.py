"""How a figure that the program works out came about, in words: the expression with the items' names and values in it."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Any, Final

from forms.catalogue import Catalogue
from forms.codelists import codelist
from forms.definition import Form, Item
from validation.evaluators.record import value_of
from validation.language.messages import show_number
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
        rows = range(len(answers.get(item.rows_key) or ())) if item.rows_key else (None,)
        for row in rows:
            place = (item.rows_key, row) if row is not None else None
            value = value_of(node, book, answers, related, row=place)
            words = _Words(book, forms, answers, related, place)
            yield Figure(
                item,
                row,
                value if isinstance(value, float) else None,
                words.of(node),
                tuple(dict.fromkeys(words.blanks(node))),
            )


@dataclass(frozen=True, slots=True)
class _Words:
    book: RuleBook
    forms: Catalogue
    answers: Answers
    related: Mapping[str, Answers]
    place: tuple[str, int] | None

    def value(self, node: Node) -> object:
        return value_of(node, self.book, self.answers, self.related, row=self.place)

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
                value = self.value(node) if node.place != "loop" else None
                shown = (
                    show_number(value)
                    if isinstance(value, float)
                    else "未填"
                    if value is None and node.place != "loop"
                    else ""
                )
                return f"{self.name(node)} {shown}".strip()
            case Arithmetic():
                return f"{self.inner(node.left)} {SIGNS[node.operator]} {self.inner(node.right)}"
            case Aggregate():
                value = self.value(node)
                shown = show_number(value) if isinstance(value, float) else "未填"
                what = self.of(node.element) if node.element is not None else ""
                if node.name == "first":
                    return f"{self.rows(node.rows)}{self.only(node)}{what} {shown}"
                return (
                    f"{self.rows(node.rows)}各行（{what}）{OVER.get(node.name, '')} {shown}"
                    if what
                    else f"{self.rows(node.rows)}{OVER.get(node.name, '')} {shown}"
                )
            case Choose():
                return self.of(node.then if self.value(node.test) is True else node.otherwise)
            case Call(name="coalesce"):
                return self.of(
                    next((part for part in node.arguments if self.value(part) is not None), node.arguments[0])
                )
            case Call(name="number", arguments=(Attribute() as attribute,)) | (Attribute() as attribute):
                value = self.value(node)
                return f"代码表系数 {show_number(value) if isinstance(value, float) else value or attribute.attribute}"
            case _:
                value = self.value(node)
                return show_number(value) if isinstance(value, float) else "未填"

    def inner(self, node: Node) -> str:
        return f"（{self.of(node)}）" if isinstance(node, Arithmetic) and node.operator in "+-" else self.of(node)

    def only(self, node: Aggregate) -> str:
        """Name the ready-made row that is meant, where the condition picks one by its code."""
        match node.condition:
            case OneOf(item=Value() as item, options=(code,)):
                found = self.item(item, node.rows)
                label = codelist(found.codelist).label(code) if found and found.codelist else code
                return f"“{label}”的"
            case _:
                return ""

    def rows(self, rows: Rows) -> str:
        form = self.form(rows.form)
        return f"{rows.form} " * bool(rows.form) + (
            form.groups()[rows.group].title if form and rows.group in form.groups() else ""
        )

    def name(self, node: Value) -> str:
        found = self.item(node)
        return f"{node.form} " * bool(node.form and node.place != "loop") + (found.name if found else node.key)

    def item(self, node: Value, rows: Rows | None = None) -> Item | None:
        form = self.form(node.form or (rows.form if rows else ""))
        group = node.group or (rows.group if rows else "")
        return form.item(node.key, group) if form and form.has_item(node.key, group) else None

    def form(self, code: str) -> Form | None:
        return self.book.form if not code else self.forms.current(code) if code in self.forms else None

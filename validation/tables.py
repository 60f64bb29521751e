"""Checks that need many records: only a batch can answer them, as queries of their own (``evaluators.table_sql``).

``unique``, ``near_duplicate`` and ``far_from_area`` are asked of any batch. The others are true of a whole region only:
they look at the register, one line per unit with its other forms beside it, and are left out where it is not given.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Final

from forms.checks import TableCheck
from forms.definition import Form
from validation.language.expression import ExpressionError, scope_of
from validation.language.messages import compile_message
from validation.language.nodes import Flag, Kind, Node, Rows
from validation.language.scope import Definitions, Scope
from validation.rules import Rule, RuleError, make_rule, parse_for, rows_of

OF_ANY_BATCH: Final = ("unique", "near_duplicate", "far_from_area")


@dataclass(frozen=True, slots=True)
class TableRule:
    """A check between the records of a batch; ``rule`` carries its id, severity and words, ``check`` its limits.

    The nodes stand over the batch, but for ``total``, ``listed`` and ``applies``: they stand over the register.
    """

    rule: Rule
    check: TableCheck
    form: str  # code of the form whose records are compared
    columns: tuple[Node, ...] = ()
    where: Node | None = None  # only records (rows) for which this holds take part
    position: tuple[Node, Node] | None = None  # longitude and latitude
    value: Node | None = None  # what is judged
    by: Node | None = None  # what names the group of an outlier
    total: Node | None = None  # what is summed of another form
    listed: Node | None = None  # the item of another form that must hold the value
    applies: Node | None = None  # whether a unit owes this form

    @property
    def is_of_region(self) -> bool:
        """Whether only a whole region can answer it."""
        return self.check.kind not in OF_ANY_BATCH

    def batch_nodes(self) -> Iterator[Node | Rows]:
        """Give what is read from the batch, for the message too."""
        yield from self.columns
        yield from self.position or ()
        yield from (node for node in (self.where, self.value, self.by, self.rule.each) if node is not None)
        yield from (part for part in self.rule.message if not isinstance(part, str))

    def register_nodes(self) -> Iterator[Node]:
        """Give what is read from the register."""
        yield from (node for node in (self.total, self.listed, self.applies) if node is not None)


def table_rules(form: Form, catalogue: Definitions) -> Iterator[TableRule]:
    """Compile the checks between records. Raises RuleError naming form, check and position.

    One that looks into a form which has no definition yet is left out.
    """
    for check in form.table_checks:
        if not check.other or check.other.partition(".")[0] in catalogue:
            yield _Compiler(check, form, catalogue).table_rule()


class _Compiler:
    def __init__(self, check: TableCheck, form: Form, catalogue: Definitions) -> None:
        self.check, self.form, self.catalogue = check, form, catalogue
        self.where, self.scope = f"table check {check.id}", scope_of(form, catalogue, check.each)

    def table_rule(self) -> TableRule:
        check = self.check
        value = check.value
        if not value and check.kind in ("outlier", "region_sum"):
            value = check.columns[0]
        return TableRule(
            self.rule(),
            check,
            self.form.code,
            tuple(self.node(key) for key in check.columns),
            self.optional(check.where, "bool"),
            self.position(),
            self.optional(value, "number"),
            self.optional(check.by),
            self.total(),
            self.listed(),
            self.applies(),
        )

    def rule(self) -> Rule:
        check = self.check
        try:
            message = compile_message(check.message, self.scope)
        except ExpressionError as problem:
            raise RuleError(f"{self.form.code}, message of {self.where}: {problem}") from None
        items = tuple((self.group_of(key), key) for key in (*check.columns, check.position) if key)
        each = None
        if check.each:
            each = rows_of(self.form, check.each, scope_of(self.form, self.catalogue))
        return make_rule(check.id, "written", check.severity, Flag(value=True), message, items, each)

    def group_of(self, key: str) -> str:
        """Give the group whose rows a column stands in, "" for the record itself."""
        if self.check.each and self.form.has_item(key, self.check.each):
            return self.check.each
        return ""

    def node(self, text: str) -> Node:
        return parse_for(self.form, self.where, text, self.scope)

    def optional(self, text: str, kind: Kind = "any") -> Node | None:
        if not text:
            return None
        return self.typed(self.node(text), kind)

    def typed(self, node: Node, kind: Kind) -> Node:
        if kind != "any" and node.kind not in (kind, "any"):
            raise RuleError(f"{self.form.code}, {self.where}: a {kind} is wanted, this is a {node.kind}")
        return node

    def position(self) -> tuple[Node, Node] | None:
        if self.check.position:
            return self.node(f"{self.check.position}.lon"), self.node(f"{self.check.position}.lat")
        if self.check.kind == "far_from_area":
            lon, lat = self.check.columns
            return self.typed(self.node(lon), "number"), self.typed(self.node(lat), "number")
        return None

    def total(self) -> Node | None:
        if self.check.kind != "region_sum":
            return None
        total = parse_for(self.form, f"sum of {self.where}", self.check.sum, self.other(self.check.other))
        return self.typed(total, "number")

    def listed(self) -> Node | None:
        if self.check.kind != "listed_in":
            return None
        code, _, item = self.check.other.partition(".")
        return self.typed(parse_for(self.form, f"other of {self.where}", item, self.other(code)), "text")

    def applies(self) -> Node | None:
        if self.check.kind != "coverage":
            return None
        scope = scope_of(self.form, self.catalogue, viewer="*")
        return self.typed(parse_for(self.form, "applies_when", self.form.applies_when or "True", scope), "bool")

    def other(self, code: str) -> Scope:
        """Give the names of another form as the register's lines know them."""
        return scope_of(self.catalogue.current(code), self.catalogue, viewer="*")

"""Turns rules into SQL over the frame that ``forms.answers.frames.to_frame`` lays out: the evaluator for a whole batch.

Three-valued logic is SQL's own. A plain rule gives true where it fails; a rule asked of every row gives the list of
row numbers, from 0, where it fails. ``inside`` is a function that the connection must have
(``validation.evaluators.engine``); everything else is plain SQL. How an engine spells it stands in ``dialect``.
"""

from __future__ import annotations

from collections.abc import Callable
from datetime import date
from typing import Any, Final

from forms.codelists import UnknownCodeList, codelist
from validation.evaluators.closures import attribute_values
from validation.evaluators.dialect import DUCKDB, Dialect, double, named, quoted
from validation.language.nodes import (
    RELATIVE_TOLERANCE,
    Aggregate,
    And,
    Arithmetic,
    Attribute,
    Call,
    Choose,
    Compare,
    Day,
    Explained,
    Flag,
    Kind,
    Listed,
    Node,
    Not,
    Nothing,
    Number,
    OneOf,
    Or,
    Rows,
    Same,
    Sound,
    Text,
    Texts,
    Together,
    Value,
)
from validation.rules import Rule

# Names of lambda parameters; item keys never end in an underscore.
ROW, INDEX, LOOP = "row_", "index_", "loop_"


def to_sql(rule: Rule, dialect: Dialect = DUCKDB) -> str:
    """Give the column that tells where a rule fails: true or false, or where it is asked of rows a list of those."""
    emitter = _Emitter(dialect)
    failing = f"NOT ({emitter.sql(rule.node)})"
    if rule.each is None:
        return f"coalesce({failing}, FALSE)"
    rows = emitter.rows(rule.each)
    numbers = f"list_transform({rows}, lambda {ROW}, {INDEX}: CASE WHEN {failing} THEN {INDEX} - 1 END)"
    return f"list_filter({numbers}, lambda number_: number_ IS NOT NULL)"


def expression_sql(node: Node, dialect: Dialect = DUCKDB) -> str:
    """Give one expression as SQL; unknown is NULL."""
    return _Emitter(dialect).sql(node)


def rows_sql(rows: Rows, dialect: Dialect = DUCKDB) -> str:
    """Give the rows of a group as a list; none while the group is hidden."""
    return _Emitter(dialect).rows(rows)


class _Emitter:
    def __init__(self, dialect: Dialect) -> None:
        self.dialect = dialect

    def sql(self, node: Node, kind: Kind = "any") -> str:
        """Emit a node; ``kind`` types a NULL that does not know its own."""
        if isinstance(node, Nothing):
            return self.nothing(node, kind)
        return _TEMPLATES[type(node)](self, node)

    def nothing(self, node: Nothing, kind: Kind) -> str:
        # Engines refuse a NULL of no type in places where a number or a list is wanted.
        if node.kind != "any":
            kind = node.kind
        wanted = self.dialect.types.get(kind)
        if wanted is None:
            return "NULL"
        return f"CAST(NULL AS {wanted})"

    def rows(self, rows: Rows) -> str:
        column = f"coalesce({named(_column(rows.form, rows.group))}, [])"
        if rows.when is None:
            return column
        return f"CASE WHEN {self.sql(rows.when)} THEN {column} ELSE [] END"

    def value(self, node: Value) -> str:
        key = node.key
        if node.part:
            key = f"{key}__{node.part}"
        elif node.kind == "position":
            # A position has no column of its own: where it is known, so is its longitude.
            key = f"{key}__lon"
        match node.place:
            case "main" | "form":
                return named(_column(node.form, key))
            case "row":
                return f"{ROW}.{named(key)}"
            case "loop":
                return f"{LOOP}.{named(key)}"
            case "baseline":
                return named(f"baseline__{key}")

    def texts(self, node: Texts) -> str:
        parts = ", ".join(self.sql(part, "text") for part in node.elements)
        if all(isinstance(part, Text) for part in node.elements):
            return f"[{parts}]"
        filled = f"list_filter([{parts}], lambda text_: text_ IS NOT NULL)"
        return f"CASE WHEN coalesce({parts}) IS NOT NULL THEN {filled} END"

    def together(self, node: Together) -> str:
        parts = [self.sql(part) for part in node.elements]
        known = " AND ".join(f"{part} IS NOT NULL" for part in parts)
        return f"CASE WHEN {known} THEN {self.dialect.struct(parts)} END"

    def arithmetic(self, node: Arithmetic) -> str:
        if "date" in (node.left.kind, node.right.kind):
            return f"date_diff('day', {self.sql(node.right, 'date')}, {self.sql(node.left, 'date')})::DOUBLE"
        left, right = self.sql(node.left, "number"), self.sql(node.right, "number")
        if node.operator == "/":
            return f"({left} / nullif({right}, 0))"
        return f"({left} {node.operator} {right})"

    def compare(self, node: Compare) -> str:
        if "date" in (node.left.kind, node.right.kind):
            operator = _DATE_OPERATORS.get(node.operator, node.operator)
            return f"({self.sql(node.left, 'date')} {operator} {self.sql(node.right, 'date')})"
        left, right = self.sql(node.left, "number"), self.sql(node.right, "number")
        if node.tolerance is None:
            tolerance = f"{double(RELATIVE_TOLERANCE)} * greatest(abs({left}), abs({right}))"
        else:
            tolerance = double(node.tolerance)
        return f"({_WITHIN[node.operator].format(a=left, b=right, t=tolerance)})"

    def listed(self, node: Listed) -> str:
        try:
            codes = tuple(entry.code for entry in codelist(node.codelist) if entry.is_selectable)
        except UnknownCodeList:
            return "CAST(NULL AS BOOLEAN)"
        return self.among(node.item, codes)

    def among(self, item: Node, options: tuple[str, ...]) -> str:
        texts = ", ".join(map(quoted, options))
        if item.kind == "list":
            return f"list_has_all([{texts}], {self.sql(item, 'list')})"
        return f"({self.sql(item, 'text')} IN ({texts}))"

    def attribute(self, node: Attribute) -> str:
        codes: dict[str, list[str]] = {}
        for code, value in attribute_values(node.codelist, node.attribute).items():
            codes.setdefault(value, []).append(code)
        item = self.sql(node.item, "text")
        cases = "".join(
            f" WHEN {item} IN ({', '.join(map(quoted, each))}) THEN {quoted(value)}" for value, each in codes.items()
        )
        if not cases:
            return "CAST(NULL AS VARCHAR)"
        return f"CASE{cases} END"

    def choose(self, node: Choose) -> str:
        then, otherwise = self.sql(node.then, node.kind), self.sql(node.otherwise, node.kind)
        return f"CASE WHEN {self.sql(node.test)} THEN {then} ELSE {otherwise} END"

    def call(self, node: Call) -> str:
        kind = _ARGUMENTS.get(node.name, "any")
        return self.dialect.call(node.name, [self.sql(part, kind) for part in node.arguments])

    def sound(self, node: Sound) -> str:
        problem, problems = node.problem, '"_problems"'
        if problem != "unknown":
            problem = f"{node.key or node.group}:{problem}"
        if node.place == "row":
            problems = f"{ROW}.{problems}"
        return f"(NOT coalesce(list_contains({problems}, {quoted(problem)}), FALSE))"

    def explained(self, node: Explained) -> str:
        path = quoted(f"/{node.key}")
        if node.place == "row":
            path = f"({quoted(f'/{node.group}/')} || ({INDEX} - 1) || {path})"
        return f'coalesce(list_contains("_explained", {path}), FALSE)'

    def aggregate(self, node: Aggregate) -> str:
        rows = self.rows(node.rows)
        if node.condition is not None:
            rows = f"list_filter({rows}, lambda {LOOP}: coalesce({self.sql(node.condition, 'bool')}, FALSE))"
        if node.element is None:
            return f"len({rows})::DOUBLE"
        kind: Kind = "number"
        if node.name in ("any", "all"):
            kind = "bool"
        elif node.element.kind != "any":
            kind = node.element.kind
        values = f"list_transform({rows}, lambda {LOOP}: {self.sql(node.element, kind)})"
        return _OVER_ROWS[node.name].format(v=values)


def _column(form: str, name: str) -> str:
    if form:
        return f"{form.replace('-', '_')}__{name}"
    return name


_DATE_OPERATORS: Final = {"==": "="}  # the others are spelled as in the check language
_WITHIN: Final = {
    "==": "abs({a} - {b}) <= {t}",
    "!=": "abs({a} - {b}) > {t}",
    "<": "{a} < {b} - {t}",
    "<=": "{a} <= {b} + {t}",
    ">": "{a} > {b} + {t}",
    ">=": "{a} >= {b} - {t}",
}
_OVER_ROWS: Final = {
    "sum": "list_sum({v})",
    "min": "list_min({v})",
    "max": "list_max({v})",
    "count": "len({v})::DOUBLE",
    "first": "({v})[1]",
    "any": "CASE WHEN list_contains({v}, TRUE) THEN TRUE WHEN list_count({v}) < len({v}) THEN NULL ELSE FALSE END",
    "all": "CASE WHEN list_contains({v}, FALSE) THEN FALSE WHEN list_count({v}) < len({v}) THEN NULL ELSE TRUE END",
    "unique": "(list_unique({v}) = list_count({v}))",
}
# What a blank argument is cast to. Functions that are not here take a NULL of any type.
_ARGUMENTS: Final[dict[str, Kind]] = {
    "abs": "number",
    "min": "number",
    "max": "number",
    "year": "date",
    "date_of": "number",
    "length": "text",
    "number": "text",
    "matches": "text",
    "valid_uscc": "text",
    "valid_org_code": "text",
    "valid_person_id": "text",
    "distance_m": "number",
    "count_chosen": "list",
    "distinct": "list",
}
_TEMPLATES: Final[dict[type, Callable[[_Emitter, Any], str]]] = {
    Number: lambda _, node: f"({double(node.value)})",
    Text: lambda _, node: quoted(node.value),
    Flag: lambda _, node: str(node.value).upper(),
    Day: lambda _, node: f"DATE '{date.fromordinal(node.ordinal).isoformat()}'",
    Value: _Emitter.value,
    Texts: _Emitter.texts,
    Together: _Emitter.together,
    Arithmetic: _Emitter.arithmetic,
    Compare: _Emitter.compare,
    Same: lambda emitter, node: (
        f"({emitter.sql(node.left, node.right.kind)} = {emitter.sql(node.right, node.left.kind)})"
    ),
    OneOf: lambda emitter, node: emitter.among(node.item, node.options),
    Listed: _Emitter.listed,
    And: lambda emitter, node: f"({' AND '.join(emitter.sql(part, 'bool') for part in node.parts)})",
    Or: lambda emitter, node: f"({' OR '.join(emitter.sql(part, 'bool') for part in node.parts)})",
    Not: lambda emitter, node: f"(NOT {emitter.sql(node.part, 'bool')})",
    Choose: _Emitter.choose,
    Call: _Emitter.call,
    Attribute: _Emitter.attribute,
    Sound: _Emitter.sound,
    Explained: _Emitter.explained,
    Aggregate: _Emitter.aggregate,
}

"""Turns rules into SQL over the frame that ``forms.answers.frames.to_frame`` lays out: the evaluator for a whole batch.

Three-valued logic is SQL's own. A plain rule gives true where it fails; a rule asked of every row gives the list of
row numbers, from 0, where it fails. ``inside`` is a function that the connection must have (``validation.evaluators.engine``);
everything else is plain SQL. A second engine is a second ``Dialect``.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from datetime import date
from typing import Any, Final

from forms.codelists import UnknownCodeList, codelist
from validation.evaluators.closures import attribute_values
from validation.language.functions import EARTH_RADIUS_M, ORG_WEIGHTS, PERSON_WEIGHTS, USCC_ALPHABET, USCC_WEIGHTS
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


def quoted(text: str) -> str:
    return "'" + text.replace("'", "''") + "'"


def double(number: float) -> str:
    """Spell a number so that it is a double, not a decimal."""
    text = repr(number)
    return text if "e" in text else f"{text}e0"


def named(name: str) -> str:
    return '"' + name.replace('"', '""') + '"'


def _weighted(text: str, weights: tuple[int, ...], alphabet: str) -> str:
    terms = (
        f"(strpos('{alphabet}', substr({text}, {place}, 1)) - 1) * {weight}"
        for place, weight in enumerate(weights, start=1)
    )
    return f"({' + '.join(terms)})"


def _uscc(code: str) -> str:
    total = _weighted(code, (*USCC_WEIGHTS, 1), USCC_ALPHABET)
    return f"(regexp_full_match({code}, '[{USCC_ALPHABET}]{{18}}') AND {total} % 31 = 0)"


def _org_code(code: str) -> str:
    total = _weighted(code, ORG_WEIGHTS, "0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZ")
    return f"(regexp_full_match({code}, '[0-9A-Z]{{8}}-?[0-9X]') AND substr('0123456789X0', 12 - {total} % 11, 1) = right({code}, 1))"


def _person_id(code: str) -> str:
    total = _weighted(code, PERSON_WEIGHTS, "0123456789")
    born = f"try_cast(substr({code}, 7, 4) || '-' || substr({code}, 11, 2) || '-' || substr({code}, 13, 2) AS DATE)"
    fits = f"regexp_full_match({code}, '[0-9]{{17}}[0-9X]') AND {born} IS NOT NULL AND substr('10X98765432', 1 + {total} % 11, 1) = right({code}, 1)"
    return f"CASE WHEN {code} IS NOT NULL THEN {fits} END"  # IS NOT NULL alone would call a blank wrong


def _distance(lon_1: str, lat_1: str, lon_2: str, lat_2: str) -> str:
    half_lat, half_lon = f"pow(sin(radians({lat_2} - {lat_1}) / 2), 2)", f"pow(sin(radians({lon_2} - {lon_1}) / 2), 2)"
    chord = f"({half_lat} + cos(radians({lat_1})) * cos(radians({lat_2})) * {half_lon})"
    known = f"{lon_1} + {lat_1} + {lon_2} + {lat_2} IS NOT NULL"  # least() would skip a blank
    return f"CASE WHEN {known} THEN {double(2 * EARTH_RADIUS_M)} * asin(least(1e0, sqrt({chord}))) END"


def _date_of(year: str, month: str, day: str) -> str:
    whole = " AND ".join(f"{part} = trunc({part})" for part in (year, month, day))
    text = f"printf('%04d-%02d-%02d', {year}::BIGINT, {month}::BIGINT, {day}::BIGINT)"
    return f"CASE WHEN {whole} AND {year} BETWEEN 1 AND 9999 AND {month} BETWEEN 1 AND 12 AND {day} BETWEEN 1 AND 31 THEN try_cast({text} AS DATE) END"


@dataclass(frozen=True, slots=True)
class Dialect:
    """How one engine spells types, and each function of the check language."""

    name: str
    types: Mapping[Kind, str]
    functions: Mapping[str, str | Callable[..., str]]  # a template of the arguments, or what makes one

    def struct(self, parts: Sequence[str]) -> str:
        """Give one value that is equal where all its parts are."""
        return f"struct_pack({', '.join(f'part{number} := {part}' for number, part in enumerate(parts))})"

    def call(self, name: str, arguments: Sequence[str]) -> str:
        spelling = self.functions[name]
        return (
            spelling.format(*arguments, all=", ".join(arguments)) if isinstance(spelling, str) else spelling(*arguments)
        )


DUCKDB: Final = Dialect(
    "duckdb",
    {"number": "DOUBLE", "text": "VARCHAR", "bool": "BOOLEAN", "date": "DATE", "list": "VARCHAR[]"},
    {
        "blank": "({0} IS NULL)",
        "coalesce": "coalesce({all})",
        "abs": "abs({0})",
        "min": "least({all})",
        "max": "greatest({all})",
        "year": "year({0})::DOUBLE",
        "date_of": _date_of,
        "length": "length({0})::DOUBLE",
        "prefix": "nullif(substr({0}, 1, greatest(0, trunc({1}))::BIGINT), '')",
        "matches": "regexp_full_match({0}, {1})",
        "number": "CASE WHEN regexp_full_match({0}, '-?[0-9]{{1,15}}([.][0-9]{{1,15}})?') THEN TRY_CAST({0} AS DOUBLE) END",
        "valid_uscc": _uscc,
        "valid_org_code": _org_code,
        "valid_person_id": _person_id,
        "any_of": "list_has_any({0}, {1})",
        "chosen": "list_contains({0}, {1})",
        "count_chosen": "coalesce(len({0}), 0)::DOUBLE",
        "distinct": "(list_unique({0}) = len({0}))",
        "present": 'list_contains("_present", {0})',
        "inside": "census_inside({0}, {1}, {2})",
        "distance_m": _distance,
    },
)


def to_sql(rule: Rule, dialect: Dialect = DUCKDB) -> str:
    """Give the column that tells where a rule fails: true or false, or for rules asked of rows the list of failing rows."""
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
        return _TEMPLATES[type(node)](self, node) if not isinstance(node, Nothing) else self.nothing(node, kind)

    def nothing(self, node: Nothing, kind: Kind) -> str:
        wanted = self.dialect.types.get(node.kind if node.kind != "any" else kind)
        return f"CAST(NULL AS {wanted})" if wanted else "NULL"

    def rows(self, rows: Rows) -> str:
        column = f"coalesce({named(_column(rows.form, rows.group))}, [])"
        return column if rows.when is None else f"CASE WHEN {self.sql(rows.when)} THEN {column} ELSE [] END"

    def value(self, node: Value) -> str:
        key = f"{node.key}__{node.part or 'lon'}" if node.part or node.kind == "position" else node.key
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
        return (
            f"CASE WHEN coalesce({parts}) IS NOT NULL THEN list_filter([{parts}], lambda text_: text_ IS NOT NULL) END"
        )

    def together(self, node: Together) -> str:
        parts = [self.sql(part) for part in node.elements]
        known = " AND ".join(f"{part} IS NOT NULL" for part in parts)
        return f"CASE WHEN {known} THEN {self.dialect.struct(parts)} END"

    def arithmetic(self, node: Arithmetic) -> str:
        if "date" in (node.left.kind, node.right.kind):
            return f"date_diff('day', {self.sql(node.right, 'date')}, {self.sql(node.left, 'date')})::DOUBLE"
        left, right = self.sql(node.left, "number"), self.sql(node.right, "number")
        return f"({left} / nullif({right}, 0))" if node.operator == "/" else f"({left} {node.operator} {right})"

    def compare(self, node: Compare) -> str:
        kind: Kind = "date" if "date" in (node.left.kind, node.right.kind) else "number"
        left, right = self.sql(node.left, kind), self.sql(node.right, kind)
        if kind == "date":
            return f"({left} {'=' if node.operator == '==' else node.operator} {right})"
        tolerance = (
            double(node.tolerance)
            if node.tolerance is not None
            else f"{double(RELATIVE_TOLERANCE)} * greatest(abs({left}), abs({right}))"
        )
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
        return f"CASE{cases} END" if cases else "CAST(NULL AS VARCHAR)"

    def choose(self, node: Choose) -> str:
        then, otherwise = self.sql(node.then, node.kind), self.sql(node.otherwise, node.kind)
        return f"CASE WHEN {self.sql(node.test)} THEN {then} ELSE {otherwise} END"

    def call(self, node: Call) -> str:
        return self.dialect.call(
            node.name, [self.sql(part, _ARGUMENTS.get(node.name, "any")) for part in node.arguments]
        )

    def sound(self, node: Sound) -> str:
        problem = node.problem if node.problem == "unknown" else f"{node.key or node.group}:{node.problem}"
        problems = f'{ROW}."_problems"' if node.place == "row" else '"_problems"'
        return f"(NOT coalesce(list_contains({problems}, {quoted(problem)}), FALSE))"

    def explained(self, node: Explained) -> str:
        path = (
            quoted(f"/{node.key}")
            if node.place == "main"
            else f"({quoted(f'/{node.group}/')} || ({INDEX} - 1) || {quoted(f'/{node.key}')})"
        )
        return f'coalesce(list_contains("_explained", {path}), FALSE)'

    def aggregate(self, node: Aggregate) -> str:
        rows = self.rows(node.rows)
        if node.condition is not None:
            rows = f"list_filter({rows}, lambda {LOOP}: coalesce({self.sql(node.condition, 'bool')}, FALSE))"
        if node.element is None:
            return f"len({rows})::DOUBLE"
        kind: Kind = (
            "bool" if node.name in ("any", "all") else node.element.kind if node.element.kind != "any" else "number"
        )
        values = f"list_transform({rows}, lambda {LOOP}: {self.sql(node.element, kind)})"
        return _OVER_ROWS[node.name].format(v=values)


def _column(form: str, name: str) -> str:
    return f"{form.replace('-', '_')}__{name}" if form else name


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
    Flag: lambda _, node: "TRUE" if node.value else "FALSE",
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

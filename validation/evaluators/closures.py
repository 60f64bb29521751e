"""Turns nodes into Python functions of a record, once per rule book: the evaluator for one record.

Speed matters here, every stored submission passes through it: a check costs about a microsecond. None is unknown.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any, Final

from forms.boundaries import boundary
from forms.codelists import Entry, UnknownCodeList, codelist
from validation.evaluators.comparisons import comparison
from validation.language.functions import FUNCTIONS, PYTHON, inside_rings
from validation.language.nodes import (
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

Values = Mapping[str, Any]
Place = tuple[str, int, str, str]  # group or "", row or -1, item key, problem


@dataclass(slots=True)
class Record:
    """One record's typed answers and what is known beside them; ``row`` and ``loop`` are set while rows are asked."""

    main: Values
    rows: Mapping[str, Sequence[Values]]
    forms: Mapping[str, Record] = field(default_factory=dict[str, "Record"])
    baseline: Values = field(default_factory=dict[str, Any])
    present: frozenset[str] = frozenset()
    problems: frozenset[Place] = frozenset()
    explained: frozenset[str] = frozenset()
    passes: bool = False  # the screens: what single values decide holds
    row: Values = field(default_factory=dict[str, Any])
    index: int = -1
    loop: Values = field(default_factory=dict[str, Any])


Question = Callable[[Record], Any]
RowsQuestion = Callable[[Record], Sequence[Values]]
NO_RECORD: Final = Record({}, {})


def question(node: Node) -> Question:
    """Compile one node to a function of the record."""
    return _COMPILERS[type(node)](node)


def rows_question(rows: Rows) -> RowsQuestion:
    """Compile a reference to rows: none while the section is hidden."""
    group, code = rows.group, rows.form

    def bare(record: Record) -> Sequence[Values]:
        owner = record.forms.get(code, NO_RECORD) if code else record
        return owner.rows.get(group, ())

    if rows.when is None:
        return bare
    when = question(rows.when)
    return lambda record: bare(record) if when(record) is True else ()


def _constant(value: object) -> Question:
    return lambda _: value


def _value(node: Value) -> Question:
    key = f"{node.key}.{node.part}" if node.part else node.key
    match node.place:
        case "main":
            return lambda record: record.main.get(key)
        case "row":
            return lambda record: record.row.get(key)
        case "loop":
            return lambda record: record.loop.get(key)
        case "baseline":
            return lambda record: record.baseline.get(key)
        case "form":
            code = node.form
            return lambda record: record.forms.get(code, NO_RECORD).main.get(key)


def _texts(node: Texts) -> Question:
    parts = tuple(map(question, node.elements))

    def texts(record: Record) -> tuple[Any, ...] | None:
        return tuple(value for part in parts if (value := part(record)) is not None) or None

    return texts


def _together(node: Together) -> Question:
    parts = tuple(map(question, node.elements))

    def together(record: Record) -> tuple[Any, ...] | None:
        values = tuple(part(record) for part in parts)
        return None if None in values else values

    return together


def _arithmetic(node: Arithmetic) -> Question:
    left, right = question(node.left), question(node.right)

    def add(record: Record) -> float | None:
        a, b = left(record), right(record)
        return None if a is None or b is None else a + b

    def subtract(record: Record) -> float | None:
        a, b = left(record), right(record)
        return None if a is None or b is None else a - b

    def multiply(record: Record) -> float | None:
        a, b = left(record), right(record)
        return None if a is None or b is None else a * b

    def divide(record: Record) -> float | None:
        a, b = left(record), right(record)
        return None if a is None or not b else a / b

    return {"+": add, "-": subtract, "*": multiply, "/": divide}[node.operator]


def _compare(node: Compare) -> Question:
    return comparison(node, question(node.left), question(node.right))


def _same(node: Same) -> Question:
    left, right = question(node.left), question(node.right)

    def same(record: Record) -> bool | None:
        a, b = left(record), right(record)
        return None if a is None or b is None else a == b

    return same


def _among(item: Question, options: Callable[[object], bool], *, several: bool) -> Question:
    def one(record: Record) -> bool | None:
        code = item(record)
        return None if code is None else options(code)

    def every(record: Record) -> bool | None:
        codes = item(record)
        return None if codes is None else all(map(options, codes))

    return every if several else one


def _one_of(node: OneOf) -> Question:
    return _among(question(node.item), frozenset(node.options).__contains__, several=node.item.kind == "list")


def _listed(node: Listed) -> Question:
    try:
        codes = codelist(node.codelist)
    except UnknownCodeList:
        return _constant(None)
    return _among(question(node.item), lambda code: codes.contains(str(code)), several=node.item.kind == "list")


def _attribute(node: Attribute) -> Question:
    item, values = question(node.item), attribute_values(node.codelist, node.attribute)

    def attribute(record: Record) -> str | None:
        code = item(record)
        return None if code is None else values.get(code)

    return attribute


def attribute_values(name: str, attribute: str) -> dict[str, str]:
    """Give one attribute of every entry of a code list; entries without it are left out."""
    try:
        entries = tuple(codelist(name))
    except UnknownCodeList:
        return {}
    return {entry.code: value for entry in entries if (value := _attribute_of(entry, attribute))}


def _attribute_of(entry: Entry, attribute: str) -> str:
    match attribute:
        case "label":
            return entry.label
        case "parent":
            return entry.parent
        case _:
            return entry.attributes.get(attribute, "")


def _and(node: And) -> Question:
    parts = tuple(map(question, node.parts))

    def both(record: Record) -> bool | None:
        result: bool | None = True
        for part in parts:
            value = part(record)
            if value is False:
                return False
            if value is None:
                result = None
        return result

    return both


def _or(node: Or) -> Question:
    parts = tuple(map(question, node.parts))

    def either(record: Record) -> bool | None:
        result: bool | None = False
        for part in parts:
            value = part(record)
            if value is True:
                return True
            if value is None:
                result = None
        return result

    return either


def _not(node: Not) -> Question:
    if isinstance(node.part, Call) and node.part.name == "blank":
        asked = question(node.part.arguments[0])
        return lambda record: asked(record) is not None
    part = question(node.part)

    def negated(record: Record) -> bool | None:
        value = part(record)
        return None if value is None else not value

    return negated


def _choose(node: Choose) -> Question:
    test, then, otherwise = question(node.test), question(node.then), question(node.otherwise)
    if node.otherwise == Flag(value=True) and isinstance(
        node.then, Not
    ):  # nearly always there: why it must be need not be asked
        return lambda record: True if (value := then(record)) is True or test(record) is not True else value
    return lambda record: then(record) if test(record) is True else otherwise(record)


def _call(node: Call) -> Question:
    arguments = tuple(map(question, node.arguments))
    function: Callable[..., Any] = PYTHON[node.name]
    match node.name, node.arguments:
        case "blank", _:
            part = arguments[0]
            return lambda record: part(record) is None
        case "present", (Text() as code,):
            return lambda record: code.value in record.present
        case "matches", (_, Text() as pattern):
            return _strict((arguments[0], _constant(re.compile(pattern.value))), function)
        case "inside", _:
            return _strict(arguments, _inside)
        case _:
            return (
                _strict(arguments, function)
                if FUNCTIONS[node.name].strict
                else lambda record: function(*[part(record) for part in arguments])
            )


def _inside(lon: float, lat: float, region: str) -> bool | None:
    rings = boundary(region)
    return None if rings is None else inside_rings(lon, lat, rings)


def _strict(arguments: tuple[Question, ...], function: Callable[..., Any]) -> Question:
    def strict(record: Record) -> object:
        values = [part(record) for part in arguments]
        return None if None in values else function(*values)

    if len(arguments) == 1:
        only = arguments[0]
        return lambda record: None if (value := only(record)) is None else function(value)
    return strict


def _sound(node: Sound) -> Question:
    group, key, problem = node.group, node.key, node.problem
    if problem in ("rows", "unknown"):  # somewhere in the group, or anywhere in the record
        return lambda record: (
            not (
                record.problems
                and any(place[3] == problem and (not group or place[0] == group) for place in record.problems)
            )
        )
    if node.place == "main":
        place = ("", -1, key, problem)
        return lambda record: place not in record.problems
    return lambda record: not record.problems or (group, record.index, key, problem) not in record.problems


def _explained(node: Explained) -> Question:
    if node.place == "main":
        path = f"/{node.key}"
        return lambda record: path in record.explained
    return lambda record: f"/{node.group}/{record.index}/{node.key}" in record.explained


def _aggregate(node: Aggregate) -> Question:
    rows = rows_question(node.rows)
    element = question(node.element) if node.element is not None else None
    condition = question(node.condition) if node.condition is not None else None
    conclude = _CONCLUSIONS[node.name]

    def aggregate(record: Record) -> object:
        values: list[Any] = []
        for row in rows(record):
            record.loop = row
            if condition is None or condition(record) is True:
                values.append(element(record) if element is not None else 1.0)
        return conclude(values)

    return aggregate


def _sum(values: list[float | None]) -> float | None:
    there = [value for value in values if value is not None]
    return sum(there) if there else None


def _any(values: list[bool | None]) -> bool | None:
    return True if True in values else None if None in values else False


def _all(values: list[bool | None]) -> bool | None:
    return False if False in values else None if None in values else True


def _unique(values: list[object]) -> bool:
    there = [value for value in values if value is not None]
    return len(set(there)) == len(there)


_CONCLUSIONS: Final[dict[str, Callable[[list[Any]], Any]]] = {
    "sum": _sum,
    "min": lambda values: min((value for value in values if value is not None), default=None),
    "max": lambda values: max((value for value in values if value is not None), default=None),
    "count": lambda values: float(len(values)),
    "any": _any,
    "all": _all,
    "unique": _unique,
    "first": lambda values: values[0] if values else None,
}

_COMPILERS: Final[dict[type, Callable[[Any], Question]]] = {
    Number: lambda node: _constant(node.value),
    Text: lambda node: _constant(node.value),
    Flag: lambda node: _constant(node.value),
    Day: lambda node: _constant(node.ordinal),
    Nothing: lambda _: _constant(None),
    Value: _value,
    Texts: _texts,
    Together: _together,
    Arithmetic: _arithmetic,
    Compare: _compare,
    Same: _same,
    OneOf: _one_of,
    Listed: _listed,
    And: _and,
    Or: _or,
    Not: _not,
    Choose: _choose,
    Call: _call,
    Attribute: _attribute,
    Sound: _sound,
    Explained: _explained,
    Aggregate: _aggregate,
}

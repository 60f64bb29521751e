"""Turns nodes into Python functions of a record, once per rule book: the evaluator for one record.

Speed matters here, every stored submission passes through it: a check costs about a microsecond. So all that can be
decided is decided while compiling, and the functions left call nothing that they need not. None is unknown.

What a record is stands in ``questions``, comparisons and what is worked out over rows in modules of their own.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Sequence
from typing import Any, Final

from forms.boundaries import boundary
from forms.codelists import Entry, UnknownCodeList, codelist
from validation.evaluators.aggregates import aggregate
from validation.evaluators.comparisons import comparison
from validation.evaluators.questions import NO_RECORD, Question, Record, RowsQuestion, Values
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


def question(node: Node) -> Question:
    """Compile one node to a function of the record."""
    return _COMPILERS[type(node)](node)


def rows_question(rows: Rows) -> RowsQuestion:
    """Compile a reference to rows: none while the section is hidden."""
    group, code = rows.group, rows.form

    def bare(record: Record) -> Sequence[Values]:
        return record.rows.get(group, ())

    def of_other_form(record: Record) -> Sequence[Values]:
        return record.forms.get(code, NO_RECORD).rows.get(group, ())

    there: RowsQuestion = bare
    if code:
        there = of_other_form
    if rows.when is None:
        return there
    when = question(rows.when)

    def unless_hidden(record: Record) -> Sequence[Values]:
        if when(record) is True:
            return there(record)
        return ()

    return unless_hidden


def _constant(value: object) -> Question:
    return lambda _: value


def _value(node: Value) -> Question:
    key = node.answer_key
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
        if None in values:
            return None
        return values

    return together


def _arithmetic(node: Arithmetic) -> Question:
    left, right = question(node.left), question(node.right)

    def add(record: Record) -> float | None:
        a, b = left(record), right(record)
        if a is None or b is None:
            return None
        return a + b

    def subtract(record: Record) -> float | None:
        a, b = left(record), right(record)
        if a is None or b is None:
            return None
        return a - b

    def multiply(record: Record) -> float | None:
        a, b = left(record), right(record)
        if a is None or b is None:
            return None
        return a * b

    def divide(record: Record) -> float | None:
        a, b = left(record), right(record)
        if a is None or not b:
            # Blank, or divided by zero: both are unknown.
            return None
        return a / b

    return {"+": add, "-": subtract, "*": multiply, "/": divide}[node.operator]


def _compare(node: Compare) -> Question:
    return comparison(node, question(node.left), question(node.right))


def _same(node: Same) -> Question:
    left, right = question(node.left), question(node.right)

    def same(record: Record) -> bool | None:
        a, b = left(record), right(record)
        if a is None or b is None:
            return None
        return a == b

    return same


def _among(item: Question, options: Callable[[object], bool], *, several: bool) -> Question:
    def one(record: Record) -> bool | None:
        code = item(record)
        if code is None:
            return None
        return options(code)

    def every(record: Record) -> bool | None:
        codes = item(record)
        if codes is None:
            return None
        return all(map(options, codes))

    if several:
        return every
    return one


def _one_of(node: OneOf) -> Question:
    return _among(question(node.item), frozenset(node.options).__contains__, several=node.item.kind == "list")


def _listed(node: Listed) -> Question:
    try:
        codes = codelist(node.codelist)
    except UnknownCodeList:
        # A list that nobody has given yet calls no answer wrong.
        return _constant(None)
    return _among(question(node.item), lambda code: codes.contains(str(code)), several=node.item.kind == "list")


def _attribute(node: Attribute) -> Question:
    item, values = question(node.item), attribute_values(node.codelist, node.attribute)

    def attribute(record: Record) -> str | None:
        code = item(record)
        if code is None:
            return None
        return values.get(code)

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
        # "It is filled" is asked of every required item: one function instead of two.
        filled = question(node.part.arguments[0])
        return lambda record: filled(record) is not None
    part = question(node.part)

    def negated(record: Record) -> bool | None:
        value = part(record)
        if value is None:
            return None
        return not value

    return negated


def _choose(node: Choose) -> Question:
    test, then, otherwise = question(node.test), question(node.then), question(node.otherwise)

    def chosen(record: Record) -> object:
        if test(record) is True:
            return then(record)
        return otherwise(record)

    def owed(record: Record) -> object:
        value = then(record)
        if value is True or test(record) is not True:
            return True
        return value

    # "Filled where it must be": it nearly always is, and then why it must be need not be asked.
    if node.otherwise == Flag(value=True) and isinstance(node.then, Not):
        return owed
    return chosen


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
        case _ if FUNCTIONS[node.name].strict:
            return _strict(arguments, function)
        case _:
            return lambda record: function(*[part(record) for part in arguments])


def _inside(lon: float, lat: float, region: str) -> bool | None:
    rings = boundary(region)
    if rings is None:
        # Nobody has drawn that region: unknown, not outside.
        return None
    return inside_rings(lon, lat, rings)


def _strict(arguments: tuple[Question, ...], function: Callable[..., Any]) -> Question:
    """Call a function where all its arguments are known; unknown where one is not."""
    only = arguments[0]

    def of_one(record: Record) -> object:
        value = only(record)
        if value is None:
            return None
        return function(value)

    def of_several(record: Record) -> object:
        values = [part(record) for part in arguments]
        if None in values:
            return None
        return function(*values)

    if len(arguments) == 1:
        return of_one
    return of_several


def _sound(node: Sound) -> Question:
    group, key, problem = node.group, node.key, node.problem

    def nowhere(record: Record) -> bool:
        """No such problem in the group, or with "" in the record."""
        return not any(noted == problem and (not group or at == group) for at, _, _, noted in record.problems)

    if problem in ("rows", "unknown"):
        return nowhere
    if node.place == "main":
        here = ("", -1, key, problem)
        return lambda record: here not in record.problems
    return lambda record: not record.problems or (group, record.index, key, problem) not in record.problems


def _explained(node: Explained) -> Question:
    if node.place == "main":
        path = f"/{node.key}"
        return lambda record: path in record.explained
    return lambda record: f"/{node.group}/{record.index}/{node.key}" in record.explained


def _aggregate(node: Aggregate) -> Question:
    return aggregate(node.name, rows_question(node.rows), _optional(node.element), _optional(node.condition))


def _optional(node: Node | None) -> Question | None:
    if node is None:
        return None
    return question(node)


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

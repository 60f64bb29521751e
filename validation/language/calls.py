"""How calls in a check's text are read: functions of the table, and what is worked out over rows."""

from __future__ import annotations

import ast
from datetime import date
from typing import Final, Literal, cast

from validation.language.functions import FUNCTIONS, Function
from validation.language.names import Names
from validation.language.nodes import (
    Aggregate,
    Call,
    Day,
    Explained,
    Flag,
    Kind,
    Node,
    Nothing,
    Text,
    Together,
    Value,
    walk,
)
from validation.language.patterns import PatternError, portable

_OVER_ROWS: Final = ("sum", "min", "max", "count", "any", "all", "unique")
_YES_OR_NO: Final = ("any", "all", "unique")  # those that conclude with true or false
_NUMBERS: Final = ("sum", "count")  # those that conclude with a number; min and max may be dates too
_ELEMENTS: Final[dict[str, tuple[Kind, ...]]] = {
    "sum": ("number",),
    "any": ("bool",),
    "all": ("bool",),
    "unique": ("number", "text", "date", "together"),
}


class Calls(Names):
    """Reads ``name(…)``."""

    def call(self, at: ast.Call) -> Node:
        if not isinstance(at.func, ast.Name) or at.keywords:
            raise self.wrong(at, "only functions of the table are called, with plain arguments")
        name = at.func.id
        # min(a, b) compares two answers, min(r.a for r in rows) goes over rows: one argument tells them apart.
        if name in _OVER_ROWS and len(at.args) == 1:
            return self.over_rows(at, name, at.args[0])
        match name:
            case "date":
                return self.date(at)
            case "explained":
                return self.explained(at)
            case "code":
                raise self.wrong(at, "code(item) is followed by .attribute")
            case _:
                return self.function(at, name)

    def function(self, at: ast.Call, name: str) -> Node:
        """Read a call of a function of the table, its arguments checked against what the table declares."""
        declared = FUNCTIONS.get(name)
        if declared is None:
            known = ", ".join(sorted({*FUNCTIONS, *_OVER_ROWS, "date", "explained", "code"}))
            raise self.wrong(at, f"no function {name!r}: there are {known}")
        arguments: list[Node] = []
        same: Kind = "any"  # what "same" stands for: the first kind that any argument turned out to have
        for written, wanted in zip(at.args, self.wanted(at, name, declared), strict=True):
            if wanted == "literal":
                arguments.append(self.literal(written, name))
                continue
            argument = self.argument(written, wanted, same, name)
            if same == "any":
                same = argument.kind
            arguments.append(argument)
        if name == "present":
            return self.present(cast("Text", arguments[0]))
        result = declared.result
        if result == "same":
            result = same
        return Call(name, tuple(arguments), cast("Kind", result))

    def wanted(self, at: ast.Call, name: str, declared: Function) -> list[str]:
        """Give the declared kind of each argument written; the last is repeated where "…" allows more of it."""
        kinds = [kind for kind in declared.arguments if kind != "…"]
        is_open = declared.arguments[-1] == "…"
        given = len(at.args)
        if given < len(kinds) or (given > len(kinds) and not is_open):
            or_more = " or more" * is_open
            raise self.wrong(at, f"{name} takes {len(kinds)}{or_more} arguments, here are {given}")
        return kinds + kinds[-1:] * (given - len(kinds))

    def argument(self, at: ast.expr, wanted: str, same: Kind, name: str) -> Node:
        """Read one argument: of the declared kind, or where that is "same", of the kind of those before it."""
        if wanted == "same":
            wanted = same
        if wanted == "any":
            return self.node(at)
        return self.of(at, cast("Kind", wanted), name)

    def present(self, code: Text) -> Node:
        """Read ``present("G102")``: what can be told from the definitions alone is settled here."""
        # The form whose check this is: it is there, it is being checked.
        if code == Text(self.scope.viewer or self.scope.form.code):
            return Flag(value=True)
        # No definition yet: unknown, not absent, so that a check may be written before the form is.
        if code.value not in self.scope.catalogue:
            return Nothing("bool")
        return Call("present", (code,), "bool")

    def literal(self, at: ast.expr, name: str) -> Text:
        if not isinstance(at, ast.Constant) or not isinstance(at.value, str):
            raise self.wrong(at, f"{name} wants a text between quotes here")
        if name != "matches":
            return Text(at.value)
        try:
            return Text(portable(at.value))
        except PatternError as problem:
            raise self.wrong(at, str(problem)) from None

    def date(self, at: ast.Call) -> Node:
        if len(at.args) == 3:
            return Call("date_of", tuple(self.of(part, "number", "date") for part in at.args), "date")
        match at.args:
            case [ast.Constant(value=str() as text)]:
                try:
                    return Day(date.fromisoformat(text).toordinal())
                except ValueError:
                    pass
            case _:
                pass
        raise self.wrong(at, 'date takes a day such as "2017-12-31", or year, month and day')

    def explained(self, at: ast.Call) -> Node:
        """Read ``explained(item)``: an explanation stands at the item, whatever conditions its answer is under."""
        match at.args:
            case [ast.Name() as item]:
                found = self.answer_at(item)
            case _:
                found = None
        if found is None:
            raise self.wrong(at, "explained takes one item of this form")
        return Explained(cast("Literal['main', 'row']", found.place), found.group, found.key)

    def answer_at(self, at: ast.Name) -> Value | None:
        """Find the bare answer of an item of this form in what its name stands for; None where it has none."""
        for part in walk(self.name(at)):
            if isinstance(part, Value) and part.key == at.id and part.place in ("main", "row"):
                return part
        return None

    def over_rows(self, at: ast.Call, name: str, argument: ast.expr) -> Node:
        if isinstance(argument, ast.GeneratorExp):
            return self.generator(at, name, argument)
        if name == "count":
            if (found := self.rows_or_none(argument)) is not None:
                return Aggregate("count", found, None, None, "number")
            return Call("count_chosen", (self.of(argument, "list", "count"),), "number")
        if name == "unique":
            return Call("distinct", (self.of(argument, "list", "unique"),), "bool")
        raise self.wrong(at, f"{name} wants a generator, such as {name}(r.item for r in rows)")

    def generator(self, at: ast.Call, name: str, generator: ast.GeneratorExp) -> Node:
        """Read ``name(element for r in rows if condition)``; the row's name is known only while inside."""
        if self.loops or len(generator.generators) != 1:
            raise self.wrong(generator, "a generator has one 'for' and stands in no other")
        over = generator.generators[0]
        if not isinstance(over.target, ast.Name) or len(over.ifs) > 1 or over.is_async:
            raise self.wrong(generator, "a generator reads: item for row in rows if condition")
        rows, scope = self.rows(over.iter)
        if scope is None:
            # Rows of a form without a definition: whatever is concluded from them is unknown.
            return _unknown(name)
        self.loops[over.target.id] = scope
        try:
            element = self.element(name, generator.elt)
            condition = self.condition(over)
        finally:
            del self.loops[over.target.id]
        # The text holds one generator, but an item read in it may be computed or shown by another. Evaluators keep
        # one row at a time and would lose the outer one.
        if _goes_over_rows(element) or _goes_over_rows(condition):
            raise self.wrong(
                generator, "a generator stands in no other: an item read here is computed or shown over rows itself"
            )
        result = self.concluded(at, name, element)
        aggregate = cast("Literal['sum', 'min', 'max', 'count', 'any', 'all', 'unique']", name)
        return Aggregate(aggregate, rows, element, condition, result)

    def element(self, name: str, at: ast.expr) -> Node | None:
        """Read what is looked at in each row; None for a count, which looks at nothing."""
        if name == "count":
            return None
        if name != "unique" or not isinstance(at, ast.Tuple):
            return self.node(at)
        parts = tuple(self.node(part) for part in at.elts)
        for part, written in zip(parts, at.elts, strict=True):
            if part.kind not in ("number", "text", "date", "bool", "any"):
                raise self.wrong(written, f"unique compares numbers, texts, dates and yes or no, this is {part.kind}")
        return Together(parts)

    def condition(self, over: ast.comprehension) -> Node | None:
        if not over.ifs:
            return None
        return self.of(over.ifs[0], "bool", "if")

    def concluded(self, at: ast.Call, name: str, element: Node | None) -> Kind:
        """Give the kind of what is concluded over rows, once the element is of a kind that the name can take."""
        kind: Kind = "number"
        if element is not None:
            kind = element.kind
        allowed = _ELEMENTS.get(name, ("number", "date"))
        if kind not in (*allowed, "any"):
            raise self.wrong(at, f"{name} over rows wants {' or '.join(allowed)}, this is {kind}")
        if name in _YES_OR_NO:
            return "bool"
        if name in _NUMBERS:
            return "number"
        return kind


def _unknown(name: str) -> Nothing:
    if name in _YES_OR_NO:
        return Nothing("bool")
    return Nothing()


def _goes_over_rows(part: Node | None) -> bool:
    return part is not None and any(isinstance(below, Aggregate) for below in walk(part))

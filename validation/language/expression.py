"""The check language: ``parse(text, scope)`` turns a check's text into a typed tree.

The grammar is a whitelist of Python's own, read by the standard library's ``ast``: nothing is ever evaluated by
Python itself. What each construct means stands in ``docs/reference/check-language.md``. Every error says where in the
text it is and what would be allowed.
"""

from __future__ import annotations

import ast
import unicodedata
from collections.abc import Iterator
from datetime import date
from typing import Final, Literal, cast

from forms.definition import Form
from validation.language import functions
from validation.language.names import ExpressionError, Names
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
    Kind,
    Node,
    Not,
    Nothing,
    Number,
    OneOf,
    Or,
    Rows,
    Same,
    Text,
    Texts,
    Together,
    Value,
    walk,
)
from validation.language.patterns import PatternError, portable
from validation.language.scope import POSITION_PARTS, Definitions, NameProblem, Scope, layout
from validation.language.tolerance import tolerance

_ARITHMETIC: Final[dict[type[ast.operator], Literal["+", "-", "*", "/"]]] = {
    ast.Add: "+",
    ast.Sub: "-",
    ast.Mult: "*",
    ast.Div: "/",
}
_COMPARISONS: Final[dict[type[ast.cmpop], Literal["==", "!=", "<", "<=", ">", ">="]]] = {
    ast.Eq: "==",
    ast.NotEq: "!=",
    ast.Lt: "<",
    ast.LtE: "<=",
    ast.Gt: ">",
    ast.GtE: ">=",
}
_OVER_ROWS: Final = ("sum", "min", "max", "count", "any", "all", "unique")
_ELEMENTS: Final[dict[str, tuple[Kind, ...]]] = {
    "sum": ("number",),
    "any": ("bool",),
    "all": ("bool",),
    "unique": ("number", "text", "date", "together"),
}
_LONGEST: Final = 8_000


def scope_of(form: Form, catalogue: Definitions, each: str = "", viewer: str = "") -> Scope:
    """Give the names that the expressions of a form may use; ``each`` names the group whose rows are asked."""
    return Scope(form, catalogue, layout(form), parse, each, viewer)


def parse(text: str, scope: Scope) -> Node:
    """Read one expression. Raises ExpressionError for anything outside the check language."""
    if len(text) > _LONGEST:
        raise ExpressionError(text[:40] + "…", _LONGEST, f"an expression has at most {_LONGEST} characters")
    try:
        tree = ast.parse(f"({text}\n)", mode="eval")  # in brackets a check may run over several lines
    except SyntaxError as wrong:
        raise ExpressionError(text, max(1, (wrong.offset or 1) - 1), f"not readable: {wrong.msg}") from None
    except (ValueError, RecursionError, MemoryError):
        raise ExpressionError(text, 1, "not readable: too deep, or a character that no text may hold") from None
    try:
        return _Parser(text, scope).node(tree.body)
    except RecursionError:
        raise ExpressionError(text, 1, "not readable: too deep") from None


class _Parser(Names):
    """Turns ``ast`` nodes into ours."""

    def node(self, at: ast.expr) -> Node:
        match at:
            case ast.Constant():
                return self.constant(at)
            case ast.Name():
                return self.name(at)
            case ast.Attribute():
                return self.attribute(at)
            case ast.BinOp():
                return self.arithmetic(at)
            case ast.UnaryOp(op=ast.Not()):
                return Not(self.of(at.operand, "bool", "not"))
            case ast.UnaryOp(op=ast.USub()):
                inner = self.of(at.operand, "number", "-")
                return Number(-inner.value) if isinstance(inner, Number) else Arithmetic("-", Number(0.0), inner)
            case ast.BoolOp():
                parts = tuple(self.of(part, "bool", "and, or") for part in at.values)
                return And(parts) if isinstance(at.op, ast.And) else Or(parts)
            case ast.Compare():
                return self.comparisons(at)
            case ast.IfExp():
                return self.choice(at)
            case ast.Call():
                return self.call(at)
            case ast.Tuple() | ast.List():
                return Texts(tuple(self.of(part, "text", "a list") for part in at.elts))
            case _:
                raise self.wrong(
                    at,
                    f"{type(at).__name__} is not part of the check language: allowed are items, numbers, texts, + - * /, comparisons, and or not, in, … if … else …, and the functions of the table",
                )

    def of(self, at: ast.expr, kind: Kind, where: str) -> Node:
        """Read a part that must be of one kind."""
        part = self.node(at)
        if part.kind in (kind, "any"):
            return part
        raise self.wrong(at, f"{where} wants {kind}, this is {part.kind}")

    def constant(self, at: ast.Constant) -> Node:
        match at.value:
            case bool():
                return Flag(at.value)
            case int() | float():
                return Number(float(at.value))
            case str():
                text = unicodedata.normalize("NFC", at.value).strip()
                return Text(text) if text else Nothing("text")
            case None:
                raise self.wrong(at, "None is not part of the check language: ask blank(item)")
            case _:
                raise self.wrong(at, "a literal is a number, a text, True or False")

    def name(self, at: ast.Name) -> Node:
        try:
            found = self.scope.item(at.id)
        except NameProblem as problem:
            raise self.wrong(at, str(problem)) from None
        if found is None:
            raise self.wrong(
                at,
                f"no item {at.id!r} in {self.scope.form.code}"
                + (f" or its rows {self.scope.each!r}" if self.scope.each else ""),
            )
        return found

    def attribute(self, at: ast.Attribute) -> Node:
        match at.value:
            case ast.Call(func=ast.Name(id="code")):
                return self.code_attribute(at, at.value)
            case ast.Subscript():
                return self.preset(at, at.value)
            case _:
                pass
        if at.attr in POSITION_PARTS and (part := self.position_part(at)) is not None:
            return part
        owner = self.owner(at.value)
        if owner is None:
            return Nothing()
        try:
            found = owner.item(at.attr)
        except NameProblem as problem:
            raise self.wrong(at, str(problem)) from None
        if found is None:
            raise self.wrong(
                at, f"no item {at.attr!r} in {owner.form.code}" + (f", rows {owner.each!r}" if owner.each else "")
            )
        return found

    def position_part(self, at: ast.Attribute) -> Node | None:
        """Read ``gps.lon``; None when what stands before the point is no position."""
        if isinstance(at.value, ast.Name) and (
            at.value.id in self.loops or at.value.id == "baseline" or self.scope.item(at.value.id) is None
        ):
            return None
        whole = self.node(at.value)
        if whole.kind != "position":
            raise self.wrong(at, f"only a position has .{at.attr}, this is {whole.kind}")
        return _part(whole, at.attr)

    def code_attribute(self, at: ast.Attribute, call: ast.Call) -> Node:
        if len(call.args) != 1 or call.keywords:
            raise self.wrong(call, "code(item).attribute takes one item")
        item = self.of(call.args[0], "text", "code()")
        names = {listed for part in _outcomes(item) if isinstance(part, Value) and (listed := self.codelist(part))}
        if len(names) != 1:
            raise self.wrong(call, "code() wants an item with a code list")
        return Attribute(item, names.pop(), at.attr)

    def codelist(self, value: Value) -> str:
        places = self.scope.layout
        if value.form:
            places = layout(self.scope.catalogue.current(value.form))
        found = places.items.get((value.group, value.key))
        return found[1].codelist if found else ""

    def preset(self, at: ast.Attribute, subscript: ast.Subscript) -> Node:
        """Read ``pollutants["W01"].item``: the first row with that code among the ready-made rows."""
        rows, scope = self.rows(subscript.value)
        if scope is None:
            return Nothing()
        group = scope.layout.groups[scope.each]
        coded = [item for item in group.items if group.preset and item.codelist == group.preset]
        if not coded or not isinstance(subscript.slice, ast.Constant) or not isinstance(subscript.slice.value, str):
            raise self.wrong(subscript, f"{scope.each}[…] wants ready-made rows (preset) and a code between quotes")
        code, element = scope.item(coded[0].key), scope.item(at.attr)
        if code is None or element is None:
            raise self.wrong(at, f"no item {at.attr!r} in rows {scope.each!r}")
        return Aggregate("first", rows, element, OneOf(code, (subscript.slice.value,)), element.kind)

    def arithmetic(self, at: ast.BinOp) -> Node:
        operator = _ARITHMETIC.get(type(at.op))
        if operator is None:
            raise self.wrong(at, "arithmetic is + - * /")
        left, right = self.node(at.left), self.node(at.right)
        if operator == "-" and left.kind == "date" and right.kind in ("date", "any"):
            return Arithmetic(operator, left, right)
        for side, part in ((at.left, left), (at.right, right)):
            if part.kind not in ("number", "any"):
                raise self.wrong(
                    side,
                    f"{operator} wants numbers, this is {part.kind}"
                    + ("; dates can only be subtracted from each other" if part.kind == "date" else ""),
                )
        if isinstance(left, Number) and isinstance(right, Number) and not (operator == "/" and right.value == 0):
            return Number(
                {
                    "+": left.value + right.value,
                    "-": left.value - right.value,
                    "*": left.value * right.value,
                    "/": left.value / (right.value or 1),
                }[operator]
            )
        return Arithmetic(operator, left, right)

    def comparisons(self, at: ast.Compare) -> Node:
        sides = [at.left, *at.comparators]
        parts = tuple(self.comparison(at, *each) for each in zip(sides, at.ops, sides[1:], strict=False))
        return parts[0] if len(parts) == 1 else And(parts)

    def comparison(self, at: ast.Compare, first: ast.expr, operator: ast.cmpop, second: ast.expr) -> Node:
        if isinstance(operator, ast.In | ast.NotIn):
            inside = self.membership(at, first, second)
            return inside if isinstance(operator, ast.In) else Not(inside)
        spelled = _COMPARISONS.get(type(operator))
        if spelled is None:
            raise self.wrong(at, "comparisons are == != < <= > >= in, not in; blank(item) asks for blanks")
        return self.compare(at, spelled, self.node(first), self.node(second))

    def compare(
        self, at: ast.expr, operator: Literal["==", "!=", "<", "<=", ">", ">="], left: Node, right: Node
    ) -> Node:
        kinds = {left.kind, right.kind} - {"any"}
        if len(kinds) > 1:
            raise self.wrong(
                at,
                f"{left.kind} and {right.kind} cannot be compared"
                + ("; codes are texts, written between quotes" if kinds == {"text", "number"} else ""),
            )
        kind = kinds.pop() if kinds else "any"
        if kind in ("number", "date"):
            return Compare(operator, left, right, 0.0 if kind == "date" else tolerance(left, right))
        if kind in ("list", "position"):
            raise self.wrong(at, f"a {kind} is not compared as a whole")
        if operator not in ("==", "!="):
            raise self.wrong(at, f"{operator} orders numbers and dates only")
        same = Same(left, right)
        return same if operator == "==" else Not(same)

    def membership(self, at: ast.expr, first: ast.expr, second: ast.expr) -> Node:
        item = self.node(first)
        if not isinstance(second, ast.Tuple | ast.List):
            whole = self.of(second, "list", "in")
            if item.kind not in ("text", "any"):
                raise self.wrong(first, f"in a multiple choice stands a text, this is {item.kind}")
            return Call("chosen", (whole, item), "bool")
        options = tuple(self.node(part) for part in second.elts)
        if not options:
            raise self.wrong(second, "in (…) wants at least one value")
        if item.kind in ("text", "any") and all(isinstance(option, Text) for option in options):
            return OneOf(item, tuple(cast("Text", option).value for option in options))
        parts = tuple(self.compare(at, "==", item, option) for option in options)
        return parts[0] if len(parts) == 1 else Or(parts)

    def choice(self, at: ast.IfExp) -> Node:
        test, then, otherwise = self.of(at.test, "bool", "if"), self.node(at.body), self.node(at.orelse)
        kinds = {then.kind, otherwise.kind} - {"any"}
        if len(kinds) > 1:
            raise self.wrong(
                at, f"both sides of if … else … must be of one kind, these are {then.kind} and {otherwise.kind}"
            )
        return Choose(test, then, otherwise, then.kind if otherwise.kind == "any" else otherwise.kind)

    def call(self, at: ast.Call) -> Node:
        if not isinstance(at.func, ast.Name) or at.keywords:
            raise self.wrong(at, "only functions of the table are called, with plain arguments")
        name = at.func.id
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
        declared = functions.FUNCTIONS.get(name)
        if declared is None:
            known = ", ".join(sorted({*functions.FUNCTIONS, *_OVER_ROWS, "date", "explained", "code"}))
            raise self.wrong(at, f"no function {name!r}: there are {known}")
        wanted = [argument for argument in declared.arguments if argument != "…"]
        if len(at.args) < len(wanted) or (len(at.args) > len(wanted) and declared.arguments[-1] != "…"):
            raise self.wrong(
                at,
                f"{name} takes {len(wanted)}{' or more' if declared.arguments[-1] == '…' else ''} arguments, here are {len(at.args)}",
            )
        wanted += [wanted[-1]] * (len(at.args) - len(wanted))
        arguments: list[Node] = []
        same: Kind = "any"
        for place, kind in zip(at.args, wanted, strict=True):
            if kind == "literal":
                arguments.append(self.literal(place, name))
                continue
            part = (
                self.node(place)
                if kind == "any"
                else self.of(place, cast("Kind", same if kind == "same" else kind), name)
                if kind != "same" or same != "any"
                else self.node(place)
            )
            same = part.kind if same == "any" else same
            arguments.append(part)
        if name == "present" and arguments[0] == Text(self.scope.viewer or self.scope.form.code):
            return Flag(value=True)
        if name == "present" and cast("Text", arguments[0]).value not in self.scope.catalogue:
            return Nothing("bool")
        return Call(name, tuple(arguments), cast("Kind", same if declared.result == "same" else declared.result))

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
        wanted = at.args[0].id if len(at.args) == 1 and isinstance(at.args[0], ast.Name) else ""
        found = (
            next(
                (
                    part
                    for part in walk(self.name(cast("ast.Name", at.args[0])))
                    if isinstance(part, Value) and part.key == wanted and part.place in ("main", "row")
                ),
                None,
            )
            if wanted
            else None
        )
        if found is None:
            raise self.wrong(at, "explained takes one item of this form")
        return Explained(cast("Literal['main', 'row']", found.place), found.group, found.key)

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

    def element(self, name: str, at: ast.expr) -> Node:
        if name != "unique" or not isinstance(at, ast.Tuple):
            return self.node(at)
        parts = tuple(self.node(part) for part in at.elts)
        for part, written in zip(parts, at.elts, strict=True):
            if part.kind not in ("number", "text", "date", "bool", "any"):
                raise self.wrong(written, f"unique compares numbers, texts, dates and yes or no, this is {part.kind}")
        return Together(parts)

    def generator(self, at: ast.Call, name: str, generator: ast.GeneratorExp) -> Node:
        if self.loops or len(generator.generators) != 1:
            raise self.wrong(generator, "a generator has one 'for' and stands in no other")
        over = generator.generators[0]
        if not isinstance(over.target, ast.Name) or len(over.ifs) > 1 or over.is_async:
            raise self.wrong(generator, "a generator reads: item for row in rows if condition")
        rows, scope = self.rows(over.iter)
        if scope is None:
            return Nothing("bool" if name in ("any", "all", "unique") else "any")
        self.loops[over.target.id] = scope
        try:
            counted = name == "count"
            element = None if counted else self.element(name, generator.elt)
            condition = self.of(over.ifs[0], "bool", "if") if over.ifs else None
        finally:
            del self.loops[over.target.id]
        if any(
            isinstance(below, Aggregate) for part in (element, condition) if part is not None for below in walk(part)
        ):
            raise self.wrong(
                generator, "a generator stands in no other: an item read here is computed or shown over rows itself"
            )
        kind: Kind = "number" if element is None else element.kind
        allowed = _ELEMENTS.get(name, ("number", "date"))
        if kind not in (*allowed, "any"):
            raise self.wrong(at, f"{name} over rows wants {' or '.join(allowed)}, this is {kind}")
        result: Kind = "bool" if name in ("any", "all", "unique") else "number" if name in ("sum", "count") else kind
        return Aggregate(
            cast("Literal['sum', 'min', 'max', 'count', 'any', 'all', 'unique']", name),
            rows,
            element,
            condition,
            result,
        )


def _outcomes(node: Node) -> Iterator[Node | Rows]:
    """Give the parts that may be an expression's value, without the conditions that choose among them."""
    if isinstance(node, Choose):
        yield from (*_outcomes(node.then), *_outcomes(node.otherwise))
    elif isinstance(node, Call) and node.name == "coalesce":
        yield from (part for argument in node.arguments for part in _outcomes(argument))
    else:
        yield from walk(node)


def _part(whole: Node, part: str) -> Node:
    """Give one number of a position, under the same conditions as the whole."""
    match whole:
        case Value():
            return Value(whole.place, whole.key, POSITION_PARTS[part], whole.form, whole.group, part)
        case Choose():
            return Choose(whole.test, _part(whole.then, part), _part(whole.otherwise, part), POSITION_PARTS[part])
        case _:
            return Nothing(POSITION_PARTS[part])

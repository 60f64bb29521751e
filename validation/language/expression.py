"""The check language: ``parse(text, scope)`` turns a check's text into a typed tree.

The grammar is a whitelist of Python's own, read by the standard library's ``ast``: nothing is ever evaluated by
Python itself. What each construct means stands in ``docs/reference/check-language.md``. Every error says where in the
text it is and what would be allowed.

Literals, operators and comparisons are read here; names in ``names``, calls in ``calls``.
"""

from __future__ import annotations

import ast
import unicodedata
from typing import Final, Literal, cast

from forms.definition import Form
from validation.language.calls import Calls
from validation.language.names import ExpressionError
from validation.language.nodes import (
    And,
    Arithmetic,
    Call,
    Choose,
    Compare,
    Flag,
    Node,
    Not,
    Nothing,
    Number,
    OneOf,
    Or,
    Same,
    Text,
    Texts,
    joined,
)
from validation.language.scope import Definitions, Scope, layout
from validation.language.tolerance import tolerance

_Operator = Literal["+", "-", "*", "/"]
_Comparison = Literal["==", "!=", "<", "<=", ">", ">="]
_ARITHMETIC: Final[dict[type[ast.operator], _Operator]] = {
    ast.Add: "+",
    ast.Sub: "-",
    ast.Mult: "*",
    ast.Div: "/",
}
_COMPARISONS: Final[dict[type[ast.cmpop], _Comparison]] = {
    ast.Eq: "==",
    ast.NotEq: "!=",
    ast.Lt: "<",
    ast.LtE: "<=",
    ast.Gt: ">",
    ast.GtE: ">=",
}
_LONGEST: Final = 8_000
_ALLOWED: Final = (
    "allowed are items, numbers, texts, + - * /, comparisons, and or not, in, … if … else …, "
    "and the functions of the table"
)


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


class _Parser(Calls):
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
                return self.negative(at)
            case ast.BoolOp():
                return self.joining(at)
            case ast.Compare():
                return self.comparisons(at)
            case ast.IfExp():
                return self.choice(at)
            case ast.Call():
                return self.call(at)
            case ast.Tuple() | ast.List():
                return Texts(tuple(self.of(part, "text", "a list") for part in at.elts))
            case _:
                raise self.wrong(at, f"{type(at).__name__} is not part of the check language: {_ALLOWED}")

    def constant(self, at: ast.Constant) -> Node:
        match at.value:
            case bool():
                return Flag(at.value)
            case int() | float():
                return Number(float(at.value))
            case str():
                text = unicodedata.normalize("NFC", at.value).strip()
                if not text:
                    # An answer of nothing but spaces is blank, so a text compared with it must be as well.
                    return Nothing("text")
                return Text(text)
            case None:
                raise self.wrong(at, "None is not part of the check language: ask blank(item)")
            case _:
                raise self.wrong(at, "a literal is a number, a text, True or False")

    def negative(self, at: ast.UnaryOp) -> Node:
        inner = self.of(at.operand, "number", "-")
        if isinstance(inner, Number):
            return Number(-inner.value)
        return Arithmetic("-", Number(0.0), inner)

    def joining(self, at: ast.BoolOp) -> Node:
        parts = tuple(self.of(part, "bool", "and, or") for part in at.values)
        if isinstance(at.op, ast.And):
            return And(parts)
        return Or(parts)

    def arithmetic(self, at: ast.BinOp) -> Node:
        operator = _ARITHMETIC.get(type(at.op))
        if operator is None:
            raise self.wrong(at, "arithmetic is + - * /")
        left, right = self.node(at.left), self.node(at.right)
        if operator == "-" and left.kind == "date" and right.kind in ("date", "any"):
            return Arithmetic(operator, left, right)
        for side, part in ((at.left, left), (at.right, right)):
            if part.kind not in ("number", "any"):
                problem = f"{operator} wants numbers, this is {part.kind}"
                if part.kind == "date":
                    problem += "; dates can only be subtracted from each other"
                raise self.wrong(side, problem)
        if isinstance(left, Number) and isinstance(right, Number):
            return _reckoned(operator, left, right)
        return Arithmetic(operator, left, right)

    def comparisons(self, at: ast.Compare) -> Node:
        sides = [at.left, *at.comparators]
        parts = tuple(self.comparison(at, *each) for each in zip(sides, at.ops, sides[1:], strict=False))
        return joined(And, parts)

    def comparison(self, at: ast.Compare, first: ast.expr, operator: ast.cmpop, second: ast.expr) -> Node:
        if isinstance(operator, ast.In | ast.NotIn):
            inside = self.membership(at, first, second)
            if isinstance(operator, ast.NotIn):
                return Not(inside)
            return inside
        spelled = _COMPARISONS.get(type(operator))
        if spelled is None:
            raise self.wrong(at, "comparisons are == != < <= > >= in, not in; blank(item) asks for blanks")
        return self.compare(at, spelled, self.node(first), self.node(second))

    def compare(self, at: ast.expr, operator: _Comparison, left: Node, right: Node) -> Node:
        kinds = {left.kind, right.kind} - {"any"}
        if len(kinds) > 1:
            problem = f"{left.kind} and {right.kind} cannot be compared"
            if kinds == {"text", "number"}:
                problem += "; codes are texts, written between quotes"
            raise self.wrong(at, problem)
        match next(iter(kinds), "any"):
            case "date":
                return Compare(operator, left, right, 0.0)  # days are whole: nothing is lost by rounding
            case "number":
                return Compare(operator, left, right, tolerance(left, right))
            case "list" | "position" as whole:
                raise self.wrong(at, f"a {whole} is not compared as a whole")
            case _:
                pass
        if operator not in ("==", "!="):
            raise self.wrong(at, f"{operator} orders numbers and dates only")
        same = Same(left, right)
        if operator == "!=":
            return Not(same)
        return same

    def membership(self, at: ast.expr, first: ast.expr, second: ast.expr) -> Node:
        item = self.node(first)
        if not isinstance(second, ast.Tuple | ast.List):
            return self.among_chosen(item, first, second)
        options = tuple(self.node(part) for part in second.elts)
        if not options:
            raise self.wrong(second, "in (…) wants at least one value")
        # By far the most frequent: codes between quotes. One node keeps SQL short and lets a set be looked up.
        if item.kind in ("text", "any") and all(isinstance(option, Text) for option in options):
            return OneOf(item, tuple(cast("Text", option).value for option in options))
        return joined(Or, [self.compare(at, "==", item, option) for option in options])

    def among_chosen(self, item: Node, first: ast.expr, second: ast.expr) -> Node:
        """Read ``"3" in item``: a code among those chosen of a multiple choice."""
        whole = self.of(second, "list", "in")
        if item.kind not in ("text", "any"):
            raise self.wrong(first, f"in a multiple choice stands a text, this is {item.kind}")
        return Call("chosen", (whole, item), "bool")

    def choice(self, at: ast.IfExp) -> Node:
        test, then, otherwise = self.of(at.test, "bool", "if"), self.node(at.body), self.node(at.orelse)
        kind = then.kind
        if kind == "any":
            kind = otherwise.kind
        if otherwise.kind not in (kind, "any"):
            raise self.wrong(
                at, f"both sides of if … else … must be of one kind, these are {then.kind} and {otherwise.kind}"
            )
        return Choose(test, then, otherwise, kind)


def _reckoned(operator: _Operator, left: Number, right: Number) -> Node:
    """Give what two literal numbers come to, so that ``1 / 3`` is worked out once and not for every record."""
    match operator:
        case "+":
            return Number(left.value + right.value)
        case "-":
            return Number(left.value - right.value)
        case "*":
            return Number(left.value * right.value)
        case "/" if right.value != 0:
            return Number(left.value / right.value)
        case "/":
            return Arithmetic(operator, left, right)  # stays a division, and is unknown

"""How names in a check's text are read: whose items they are, which rows they name, and where an error stands.

What is done with what they name stands in ``calls`` and ``expression``: a text's reader is made of the three, each
leaning on the one before, so that none is too long to be read.
"""

from __future__ import annotations

import ast
from abc import ABC, abstractmethod
from collections.abc import Iterator

from validation.language.nodes import Aggregate, Attribute, Call, Choose, Kind, Node, Nothing, OneOf, Rows, Value, walk
from validation.language.scope import FORM_NAME, POSITION_PARTS, NameProblem, Scope, layout


class ExpressionError(ValueError):
    """A text is not in the check language; ``position`` counts characters from 1."""

    def __init__(self, text: str, position: int, problem: str) -> None:
        super().__init__(f"{problem} (at {position} of: {text})")
        self.text, self.position, self.problem = text, position, problem


class Names(ABC):
    """The names of one text; a generator's row names are kept in ``loops`` while inside it."""

    def __init__(self, text: str, scope: Scope) -> None:
        self.text, self.scope = text, scope
        self.loops: dict[str, Scope] = {}

    @abstractmethod
    def node(self, at: ast.expr) -> Node:
        """Read any part of the text."""

    def of(self, at: ast.expr, kind: Kind, where: str) -> Node:
        """Read a part that must be of one kind."""
        part = self.node(at)
        if part.kind in (kind, "any"):
            return part
        raise self.wrong(at, f"{where} wants {kind}, this is {part.kind}")

    def wrong(self, at: ast.AST, problem: str) -> ExpressionError:
        line, column = getattr(at, "lineno", 1), getattr(at, "col_offset", 1)
        lines = f"({self.text}".split("\n")
        before = sum(len(one) + 1 for one in lines[: line - 1])
        # ``ast`` counts bytes of UTF-8; people count characters, and checks are full of Chinese ones.
        within = len(lines[line - 1].encode()[:column].decode(errors="ignore"))
        return ExpressionError(self.text, max(1, before + within), problem)

    def name(self, at: ast.Name) -> Node:
        where = self.scope.form.code
        if self.scope.each:
            where += f" or its rows {self.scope.each!r}"
        return self.item(at, at.id, self.scope, where)

    def attribute(self, at: ast.Attribute) -> Node:
        """Read ``something.name``: a code's attribute, a ready-made row, part of a position, another owner's item."""
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
            # A form without a definition: unknown, so that a check may already name it.
            return Nothing()
        where = owner.form.code
        if owner.each:
            where += f", rows {owner.each!r}"
        return self.item(at, at.attr, owner, where)

    def item(self, at: ast.expr, key: str, owner: Scope, where: str) -> Node:
        """Read an item of an owner; ``where`` says in the error where it was looked for."""
        try:
            found = owner.item(key)
        except NameProblem as problem:
            raise self.wrong(at, str(problem)) from None
        if found is None:
            raise self.wrong(at, f"no item {key!r} in {where}")
        return found

    def position_part(self, at: ast.Attribute) -> Node | None:
        """Read ``gps.lon``; None when what stands before the point is no position."""
        # lon, lat and source may be items too: of a generator's row, of the register, of another form.
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
        # The item may be hidden or be one of several: the list must be the same whichever of them is looked up.
        names = {listed for part in _outcomes(item) if isinstance(part, Value) and (listed := self.codelist(part))}
        if len(names) != 1:
            raise self.wrong(call, "code() wants an item with a code list")
        return Attribute(item, names.pop(), at.attr)

    def codelist(self, value: Value) -> str:
        places = self.scope.layout
        if value.form:
            places = layout(self.scope.catalogue.current(value.form))
        found = places.items.get((value.group, value.key))
        if found is None:
            return ""
        _, item = found
        return item.codelist

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

    def owner(self, at: ast.expr) -> Scope | None:
        """Find whose items ``owner.item`` names: a generator's row, the register, another form.

        None is a form that is not defined yet.
        """
        if not isinstance(at, ast.Name):
            raise self.wrong(at, "before the point stands a row of a generator, baseline, or a form such as G101_1")
        if at.id in self.loops:
            return self.loops[at.id]
        if at.id == "baseline":
            return self.scope.baseline()
        if FORM_NAME.fullmatch(at.id) is None:
            raise self.wrong(at, f"{at.id!r} is no row here and no form")
        return self.scope.other(at.id)

    def rows(self, at: ast.expr) -> tuple[Rows, Scope | None]:
        """Find the rows that a generator goes over, and the names in them (None: a form that is not defined yet)."""
        scope: Scope | None = self.scope
        match at:
            case ast.Name(id=group):
                pass
            case ast.Attribute(value=ast.Name() as owner, attr=group):
                if owner.id not in self.loops:
                    scope = self.owner(owner)
            case _:
                raise self.wrong(at, "rows are named by their section, or form.section")
        if scope is None:
            return Rows(group), None
        found = scope.rows(group)
        if found is None:
            known = ", ".join(scope.layout.groups) or "none"
            raise self.wrong(at, f"no repeating section {group!r} in {scope.form.code}: there are {known}")
        return found, scope.loop(group)

    def rows_or_none(self, at: ast.expr) -> Rows | None:
        """Find the rows when the name is a repeating section and no item."""
        match at:
            case ast.Name(id=group) if group in self.scope.layout.groups:
                return self.rows(at)[0]
            case ast.Attribute(value=ast.Name(id=name) as before, attr=group) if name not in (*self.loops, "baseline"):
                owner = self.owner(before)
                if owner is None or group in owner.layout.groups:
                    return self.rows(at)[0]
                return None
            case _:
                return None


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

"""How names in a check's text are read: whose items they are, which rows they name, and where an error stands."""

from __future__ import annotations

import ast

from validation.language.nodes import Rows
from validation.language.scope import FORM_NAME, Scope


class ExpressionError(ValueError):
    """A text is not in the check language; ``position`` counts characters from 1."""

    def __init__(self, text: str, position: int, problem: str) -> None:
        super().__init__(f"{problem} (at {position} of: {text})")
        self.text, self.position, self.problem = text, position, problem


class Names:
    """The names of one text; a generator's row names are kept in ``loops`` while inside it."""

    def __init__(self, text: str, scope: Scope) -> None:
        self.text, self.scope = text, scope
        self.loops: dict[str, Scope] = {}

    def wrong(self, at: ast.AST, problem: str) -> ExpressionError:
        line, column = getattr(at, "lineno", 1), getattr(at, "col_offset", 1)
        lines = f"({self.text}".split("\n")
        before = sum(len(one) + 1 for one in lines[: line - 1])
        within = len(lines[line - 1].encode()[:column].decode(errors="ignore"))
        return ExpressionError(self.text, max(1, before + within), problem)

    def owner(self, at: ast.expr) -> Scope | None:
        """Find whose items ``owner.item`` names: a generator's row, the register, another form (None: not defined yet)."""
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
        match at:
            case ast.Name():
                scope, group = self.scope, at.id
            case ast.Attribute(value=ast.Name() as owner):
                scope, group = (self.scope if owner.id in self.loops else self.owner(owner)), at.attr
            case _:
                raise self.wrong(at, "rows are named by their section, or form.section")
        if scope is None:
            return Rows(group), None
        found = scope.rows(group)
        if found is None:
            raise self.wrong(
                at,
                f"no repeating section {group!r} in {scope.form.code}: there are {', '.join(scope.layout.groups) or 'none'}",
            )
        return found, scope.loop(group)

    def rows_or_none(self, at: ast.expr) -> Rows | None:
        """Find the rows when the name is a repeating section and no item."""
        if isinstance(at, ast.Name) and at.id in self.scope.layout.groups:
            return self.rows(at)[0]
        if (
            isinstance(at, ast.Attribute)
            and isinstance(at.value, ast.Name)
            and at.value.id not in (*self.loops, "baseline")
        ):
            owner = self.owner(at.value)
            return self.rows(at)[0] if owner is None or at.attr in owner.layout.groups else None
        return None

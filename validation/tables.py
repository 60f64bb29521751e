"""Checks that need many records: only a batch can answer them.

``unique`` and ``near_duplicate`` are asked of the records in one frame. ``listed_in`` is left out: it needs the records
of a form (J101-1) that has no definition yet.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

from forms.definition import Form, TableCheck
from validation.expression import ExpressionError, scope_of
from validation.messages import compile_message
from validation.nodes import Call, Flag, Node, Value
from validation.rules import Rule, RuleError, make_rule, parse_for
from validation.scope import Definitions


@dataclass(frozen=True, slots=True)
class TableRule:
    """A check between the records of a batch; ``rule`` carries its id, severity and words."""

    rule: Rule
    columns: tuple[Node, ...]         # answers that two records must not share; a blank first one takes no part
    where: Node | None = None         # only records for which this holds take part
    position: tuple[Node, Node] | None = None  # longitude and latitude: share them only when this near
    within_m: float = 0.0


def table_rules(form: Form, catalogue: Definitions) -> Iterator[TableRule]:
    """Compile the checks between records. Raises RuleError naming form, check and position."""
    for check in form.table_checks:
        if check.kind != "listed_in":
            yield _table_rule(check, form, catalogue)


def _table_rule(check: TableCheck, form: Form, catalogue: Definitions) -> TableRule:
    where, scope = f"table check {check.id}", scope_of(form, catalogue)
    if check.each:
        raise RuleError(f"{form.code}, {where}: {check.kind} compares records, not rows")
    try:
        message = compile_message(check.message, scope)
    except ExpressionError as problem:
        raise RuleError(f"{form.code}, message of {where}: {problem}") from None
    items = tuple(("", key) for key in check.columns)
    rule = make_rule(check.id, "written", check.severity, Flag(value=True), message, items, None)
    position = None
    if check.position:
        position = (parse_for(form, where, f"{check.position}.lon", scope), parse_for(form, where, f"{check.position}.lat", scope))
    return TableRule(
        rule, tuple(parse_for(form, where, key, scope) for key in check.columns), parse_for(form, where, check.where, scope) if check.where else None,
        position, check.within_m or 0.0,
    )


def distance_node(position: tuple[Node, Node]) -> Node:
    """Give the distance between a record's position and that of a neighbour, which stands as a generator's row."""
    return Call("distance_m", (*position, Value("loop", "lon", "number"), Value("loop", "lat", "number")), "number")

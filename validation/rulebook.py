"""A form's checks, compiled once: the written ones and those that its items imply.

A hidden item is blank everywhere and no implied check is asked about it; the rows of a hidden section are no rows.
"""

from __future__ import annotations

from collections.abc import Collection, Iterable, Iterator
from dataclasses import dataclass, field
from functools import lru_cache

from forms.definition import Check, Form
from validation.implied import implied, shown
from validation.language.expression import ExpressionError, scope_of
from validation.language.messages import compile_message
from validation.language.nodes import Attribute, Call, Listed, Node, Rows, Text, Value, walk
from validation.language.scope import Definitions
from validation.rules import Rule, RuleError, make_rule, parse_for, rows_of
from validation.tables import TableRule, table_rules


@dataclass(frozen=True, slots=True)
class Needs:
    """What beside the record's own answers the checks lean on."""

    forms: dict[str, frozenset[tuple[str, str]]]  # form code → (group or "", item key or "" for the group) read there
    baseline: frozenset[str]
    present: frozenset[str]
    codelists: frozenset[str]
    attributes: frozenset[tuple[str, str]]  # (code list, attribute)
    boundaries: bool  # some check asks whether a position lies inside a region
    distances: bool


@dataclass(frozen=True, eq=False)
class RuleBook:
    """All checks of one form version."""

    form: Form
    rules: tuple[Rule, ...]
    needs: Needs
    related: dict[str, Form]  # the definitions behind ``needs.forms`` and ``register``
    shown: dict[tuple[str, str], Node]  # (group or "", key) → when it is shown; (group, "") for a whole group
    computed: dict[tuple[str, str], Node]  # (group or "", key) → what the program works out
    tables: tuple[TableRule, ...] = ()  # checks between records
    # As ``needs.forms``: read there of all units.
    register: dict[str, frozenset[tuple[str, str]]] = field(default_factory=dict[str, frozenset[tuple[str, str]]])

    def rule(self, check: str) -> Rule:
        """Return one rule by its check id. Raises KeyError."""
        for rule in self.rules:
            if rule.id == check:
                return rule
        raise KeyError(check)


@dataclass(frozen=True, slots=True, eq=False)
class Definition:
    """One form in one catalogue, told apart by identity: comparing whole definitions would cost more than it saves."""

    form: Form
    catalogue: Definitions

    def __hash__(self) -> int:
        return hash((id(self.form), id(self.catalogue)))

    def __eq__(self, other: object) -> bool:
        return isinstance(other, Definition) and other.form is self.form and other.catalogue is self.catalogue


def compile_form(form: Form, catalogue: Definitions, reached: Collection[str] = ()) -> RuleBook:
    """Give the compiled checks of a form; asked again for the same definition, the same object.

    ``reached`` are the case stages reached so far (散乱污): items and checks with another ``stage`` are not yet owed.
    The first stage always is: a case that is written down has been found.

    Raises RuleError naming form, check and position.
    """
    return _compiled(Definition(form, catalogue), frozenset([*reached, *form.stages[:1]]))


@lru_cache(maxsize=256)
def _compiled(definition: Definition, reached: frozenset[str]) -> RuleBook:
    form, catalogue = definition.form, definition.catalogue
    asked = [check for check in form.checks if not check.stage or check.stage in reached]
    rules = (*implied(form, catalogue, reached), *(_written(check, form, catalogue) for check in asked))
    conditions = dict(_conditions(form, catalogue))
    computed = dict(_computed(form, catalogue))
    tables = tuple(table_rules(form, catalogue))
    between = [node for table in tables for node in table.batch_nodes()]
    needs = needs_of(form, [*conditions.values(), *computed.values(), *_parts(rules), *between])
    register = needs_of(form, (node for table in tables for node in table.register_nodes())).forms
    related = {code: catalogue.current(code) for code in (*needs.forms, *register)}
    return RuleBook(form, rules, needs, related, conditions, computed, tables, register)


def _written(check: Check, form: Form, catalogue: Definitions) -> Rule:
    scope = scope_of(form, catalogue, check.each)
    node = parse_for(form, f"check {check.id}", check.expr, scope)
    if node.kind not in ("bool", "any"):
        raise RuleError(f"{form.code}, check {check.id}: a check is true or false, this is a {node.kind}")
    try:
        message = compile_message(check.message, scope)
    except ExpressionError as problem:
        raise RuleError(f"{form.code}, message of check {check.id}: {problem}") from None
    items = tuple(_place(form, check.each, key) for key in check.items)
    each = None
    if check.each:
        each = rows_of(form, check.each, scope_of(form, catalogue))
    return make_rule(check.id, "written", check.severity, node, message, items, each)


def _place(form: Form, each: str, key: str) -> tuple[str, str]:
    """Give where a name in a check's ``items`` stands: in the row asked about, as a whole group, in the record."""
    if each and form.has_item(key, each):
        return each, key
    if key in form.groups():
        return key, ""
    return "", key


def _computed(form: Form, catalogue: Definitions) -> Iterator[tuple[tuple[str, str], Node]]:
    for item in form.items():
        if item.computed:
            scope = scope_of(form, catalogue, item.rows_key)
            yield (item.rows_key, item.key), parse_for(form, f"computed of {item.key}", item.computed, scope)


def _conditions(form: Form, catalogue: Definitions) -> Iterator[tuple[tuple[str, str], Node]]:
    for item in form.items():
        condition = shown(form, item, catalogue)
        if condition is not None:
            yield (item.rows_key, item.key), condition
    for key in form.groups():
        when = rows_of(form, key, scope_of(form, catalogue)).when
        if when is not None:
            yield (key, ""), when


def _parts(rules: Iterable[Rule]) -> Iterator[Node | Rows]:
    for rule in rules:
        yield rule.node
        if rule.each:
            yield rule.each
        yield from (part for part in rule.message if not isinstance(part, str))


def needs_of(form: Form, roots: Iterable[Node | Rows]) -> Needs:
    """Find what beside a form's own answers some expressions lean on."""
    forms: dict[str, set[tuple[str, str]]] = {}
    baseline, present, codelists = set[str](), set[str](), set[str]()
    attributes = set[tuple[str, str]]()
    called = set[str]()
    for part in (part for root in roots for part in walk(root)):
        match part:
            case Value(place="baseline"):
                baseline.add(part.key)
            case Value() if part.form:
                forms.setdefault(part.form, set()).add((part.group, part.key))
            case Rows() if part.form:
                forms.setdefault(part.form, set()).add((part.group, ""))
            case Call(name="present", arguments=(Text() as code,)):
                present.add(code.value)
            case Call():
                called.add(part.name)
            case Listed():
                codelists.add(part.codelist)
            case Attribute():
                attributes.add((part.codelist, part.attribute))
            case _:
                pass
    present.discard(form.code)  # a form is there while it is checked
    return Needs(
        {code: frozenset(keys) for code, keys in sorted(forms.items())},
        frozenset(baseline),
        frozenset(present),
        frozenset(codelists),
        frozenset(attributes),
        "inside" in called,
        "distance_m" in called,
    )

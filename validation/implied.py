"""The checks that items imply: filled where it must be, of its type, within its range, in its code list, well formed.

They are written in the same tree as the written ones. All of them hold while an item is hidden, and none is asked
about an item that the program computes.
"""

from __future__ import annotations

from collections.abc import Collection, Iterator
from dataclasses import dataclass
from typing import Final

from forms.definition import Form, Group, Item
from forms.formats import FORMATS
from validation.language.expression import ExpressionError, scope_of
from validation.language.nodes import (
    Aggregate,
    And,
    Call,
    Choose,
    Compare,
    Flag,
    Listed,
    Node,
    Not,
    Nothing,
    Number,
    OneOf,
    Or,
    Rows,
    Sound,
    Text,
    Value,
)
from validation.language.patterns import portable
from validation.language.scope import Definitions, NameProblem, all_of, kind_of
from validation.language.tolerance import tolerance
from validation.rules import Rule, RuleError, RuleKind, make_rule, parse_for, rows_of

_HOLDS: Final = Flag(value=True)


def implied(form: Form, catalogue: Definitions, reached: Collection[str]) -> Iterator[Rule]:
    """Give the implied checks of a form; ``reached`` are the case stages from which staged items are owed."""
    groups = {key: rows_of(form, key, scope_of(form, catalogue)) for key in form.groups()}
    for item in form.items():
        if not item.computed:
            owed = not item.stage or item.stage in reached
            yield from _OfItem(form, item, catalogue, groups.get(item.rows_key)).rules(owed=owed)
    for key, group in form.groups().items():
        yield _of_group(form, group, groups[key])
    yield make_rule(
        f"{form.code}.unknown",
        "unknown",
        "error",
        Sound("main", "", "", "unknown"),
        ("填报内容里有本表没有的项目，请删除或改用正确的表。",),
        (("", ""),),
        None,
    )


def shown(form: Form, item: Item, catalogue: Definitions) -> Node | None:
    """Give the condition under which an item is shown, None for always."""
    scope = scope_of(form, catalogue, item.rows_key)
    try:
        return scope.shown(item.rows_key, scope.layout.items[item.rows_key, item.key][0], item)
    except (ExpressionError, NameProblem) as problem:
        raise RuleError(f"{form.code}, when of {item.key}: {problem}") from None


def _of_group(form: Form, group: Group, rows: Rows) -> Rule:
    counted = Aggregate("count", rows, None, None, "number")
    parts: list[Node] = [Sound("main", group.key, "", "rows")]
    words: list[str] = []
    if group.minimum:
        enough: Node = Compare(">=", counted, Number(float(group.minimum)), 0.5)
        parts.append(_while(rows.when, enough))
        words.append(f"，至少 {group.minimum} 行")
    if group.maximum is not None:
        parts.append(Compare("<=", counted, Number(float(group.maximum)), 0.5))
        words.append(f"，至多 {group.maximum} 行")
    message = f"“{group.title}”应逐行填写{''.join(words)}。"
    return make_rule(
        f"{form.code}.{group.key}.rows", "rows", "error", And(tuple(parts)), (message,), ((group.key, ""),), None
    )


@dataclass(frozen=True)
class _OfItem:
    form: Form
    item: Item
    catalogue: Definitions
    each: Rows | None

    def rules(self, *, owed: bool) -> Iterator[Rule]:
        item = self.item
        kind = kind_of(item)
        place = "row" if item.rows_key else "main"
        bare = Value(place, item.key, kind, "", item.rows_key, decimals=item.kind.decimals(item))
        condition = shown(self.form, item, self.catalogue)
        answer: Node = bare
        if condition is not None:
            answer = Choose(condition, bare, Nothing(kind), kind)

        def sound(problem: str) -> Node:
            return _while(condition, Sound(place, item.rows_key, item.key, problem))

        yield self.rule("type", sound("type"), item.kind.words)
        # A staged item is owed from its case state on; before that it may stay blank.
        if item.required and owed:
            yield self.rule("required", self.filled(bare, sound("type"), condition), "")
        if item.precision is not None:
            yield self.rule("precision", sound("precision"), _precision_words(item))
        if item.minimum is not None or item.maximum is not None:
            yield self.rule("range", _within(answer, item.minimum, item.maximum), _range_words(item))
        # Options are few and stand in the check itself; a list is looked up, whatever its version.
        if item.options:
            yield self.rule("code", OneOf(answer, tuple(code for code, _ in item.options)), "请从列出的选项中选择")
        elif item.codelist:
            yield self.rule("code", Listed(answer, item.codelist), "的代码不在代码表中，请重新选择")
        wanted = FORMATS.get(item.format)
        if wanted is None:
            return
        if wanted.function:
            yield self.rule("pattern", Call(wanted.function, (answer,), "bool"), f"应为{wanted.words}")
        elif wanted.pattern:
            fits = Call("matches", (answer, Text(portable(wanted.pattern))), "bool")
            yield self.rule("pattern", fits, f"应为{wanted.words}")

    def filled(self, bare: Node, readable: Node, condition: Node | None) -> Node:
        """An answer that cannot be read is a matter of its type, not missing."""
        there = Or((Not(Call("blank", (bare,), "bool")), Not(readable)))
        owed: list[Node] = []
        if condition is not None:
            owed.append(condition)
        if isinstance(self.item.required, str):
            scope = scope_of(self.form, self.catalogue, self.item.rows_key)
            owed.append(parse_for(self.form, f"required of {self.item.key}", self.item.required, scope))
        return _while(all_of(owed), there)

    def rule(self, kind: RuleKind, node: Node, words: str) -> Rule:
        item = self.item
        check = ".".join(part for part in (self.form.code, item.rows_key, item.key, kind) if part)
        message = f"“{item.name}”{words}。"
        if kind == "required":
            message = f"请填写“{item.name}”。"
        return make_rule(check, kind, "error", node, (message,), ((item.rows_key, item.key),), self.each)


def _while(condition: Node | None, wanted: Node) -> Node:
    """Ask something only while a condition holds; None: always."""
    if condition is None:
        return wanted
    return Choose(condition, wanted, _HOLDS, "bool")


def _within(answer: Node, minimum: float | None, maximum: float | None) -> Node:
    parts: list[Node] = []
    if minimum is not None:
        parts.append(Compare(">=", answer, Number(float(minimum)), tolerance(answer)))
    if maximum is not None:
        parts.append(Compare("<=", answer, Number(float(maximum)), tolerance(answer)))
    return all_of(parts) or _HOLDS


def _precision_words(item: Item) -> str:
    where = "的秒" if item.kind.wire == "degrees" else ""
    if not item.precision:
        return f"{where}应为整数"
    return f"{where}最多保留 {item.precision} 位小数"


def _range_words(item: Item) -> str:
    unit = ""
    if item.unit and item.kind.wire != "degrees":  # bounds of an angle are in degrees, whatever stands beside its boxes
        unit = f" {item.unit}"
    if item.minimum is None:
        return f"不能大于 {item.maximum:g}{unit}"
    if item.maximum is None:
        return f"不能小于 {item.minimum:g}{unit}"
    low, high = f"{item.minimum:g}", f"{item.maximum:g}"
    if low == high:
        return f"应为 {low}{unit}"
    return f"应在 {low} 至 {high}{unit} 之间"

"""Turns expressions into XPath as field tools of the ODK family read it, for ``forms.views.xlsform``.

XPath has no unknown: an empty answer is an empty text and a number that is none. So each condition is written twice,
as what is certainly true (``when_true``) and what is certainly false (``when_false``); what is neither is unknown. What
the tools cannot say (other forms, code-list attributes, check digits, filtered rows) raises NotInXPath and stays with
this program.
"""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import date
from typing import Final

from forms.catalogue import catalogue
from forms.definition import Form, Item
from forms.views.xlsform import Expressions, Place, xlsform
from validation.language.nodes import (
    RELATIVE_TOLERANCE,
    Aggregate,
    And,
    Arithmetic,
    Call,
    Choose,
    Compare,
    Day,
    Flag,
    Node,
    Not,
    Nothing,
    Number,
    OneOf,
    Or,
    Same,
    Sound,
    Text,
    Texts,
    Value,
)
from validation.rulebook import RuleBook, compile_form
from validation.rules import Rule

_REFERENCE: Final = re.compile(r"\$\{([^}]+)\}")
LONGEST: Final = 2_000  # a longer constraint is no help to anybody who meets it


class NotInXPath(ValueError):
    """Field tools cannot ask this."""


def xlsform_of(form: Form) -> bytes:
    """Write a form of the packaged catalogue as XLSForm."""
    book, called = compile_form(form, catalogue()), names(form)
    return xlsform(form, called, expressions(book, called))


def expressions(book: RuleBook, names: Mapping[Place, str]) -> Expressions:
    """Translate what can be translated of a form's conditions, calculations and checks.

    ``names`` are what the tools call the items: to them every item is a question.
    """
    emitter = _Emitter(names)
    order = {(item.rows_key, item.key): number for number, item in enumerate(book.form.items())}
    relevant = {place: text for place, node in book.shown.items() if (text := _tried(emitter.when_true, node))}
    computed = {place: text for place, node in book.computed.items() if (text := _tried(emitter.value, node))}
    constraints: dict[Place, list[tuple[str, str]]] = {}
    for rule in book.rules:
        # Implied checks are what the tools do by themselves; a warning must not bar the way to the next question.
        if rule.kind != "written" or rule.severity != "error":
            continue
        place = _last_read(rule, order)
        if place is None:
            continue
        text = _tried(emitter.when_false, rule.node)
        if text and len(text) <= LONGEST:
            constraints.setdefault(place, []).append((f"not({text})", _plain(rule)))
    required = {(item.rows_key, item.key): _required(book, emitter, item) for item in book.form.items()}
    required = {place: text for place, text in required.items() if text}
    return Expressions(relevant, _without_circles(required, (relevant, computed), names), computed, constraints)


def _without_circles(
    required: Mapping[Place, str], others: Sequence[Mapping[Place, str]], names: Mapping[Place, str]
) -> dict[Place, str]:
    """Drop conditions by which two questions ask for each other: field tools refuse a form that goes in circles."""
    leans = {names[place]: set[str]() for place in names}
    for texts in (required, *others):
        for place, text in texts.items():
            leans[names[place]] |= set(_REFERENCE.findall(text))
    return {place: text for place, text in required.items() if not _leads_to(leans, names[place])}


def _leads_to(leans: Mapping[str, set[str]], start: str) -> bool:
    """Tell whether following the references from a question leads back to it."""
    seen, ahead = set[str](), list(leans[start])
    while ahead:
        name = ahead.pop()
        if name == start:
            return True
        if name not in seen:
            seen.add(name)
            ahead += leans.get(name, ())
    return False


def _tried(write: Callable[[Node], str], node: Node) -> str:
    try:
        return write(node)
    except NotInXPath:
        return ""


def _last_read(rule: Rule, order: Mapping[Place, int]) -> Place | None:
    """Name the question that is asked last of those a check leans on: there all others are answered.

    None where the check leans on no question of this form.
    """
    groups = [""]
    if rule.each:
        groups = [rule.each.group, ""]
    read = [(group, key) for key in rule.reads for group in groups if (group, key) in order]
    return max(read, key=order.__getitem__, default=None)


def _plain(rule: Rule) -> str:
    """Give the message as it can stand in a tool that puts in no numbers."""
    words = ["…"] * len(rule.message)
    for place, part in enumerate(rule.message):
        if isinstance(part, str):
            words[place] = part
    return "".join(words).replace("… 与", "与").strip()


def _required(book: RuleBook, emitter: _Emitter, item: Item) -> str:
    """Give the condition under which an answer is owed; "" where it never is, or the tools cannot say when."""
    if item.required is True:
        return "true()"
    if item.required is False:
        return ""
    parts = (book.form.code, item.rows_key, item.key, "required")
    rule = book.rule(".".join(filter(None, parts)))
    # The rule reads: filled, if it is shown and owed. Only the condition is wanted here.
    match rule.node:
        case Choose(test=owed):
            return _tried(emitter.when_true, owed)
        case _:
            return ""


@dataclass(frozen=True, slots=True)
class _Emitter:
    names: Mapping[Place, str]

    def when_true(self, node: Node) -> str:  # noqa: PLR0912 - one branch per kind of node
        """Give an expression that is true where the node certainly is."""
        match node:
            case Flag():
                return _TRUTHS[node.value]
            case And():
                return _joined(" and ", map(self.when_true, node.parts))
            case Or():
                return _joined(" or ", map(self.when_true, node.parts))
            case Not():
                return self.when_false(node.part)
            case Choose():
                return self.chosen(node.test, self.when_true(node.then), self.when_true(node.otherwise))
            case Compare():
                return self.compared(node, _WITHIN[node.operator])
            case Same():
                left, right = self.value(node.left), self.value(node.right)
                return f"({left} != '' and {left} = {right})"
            case OneOf() if node.item.kind != "list":
                item = self.value(node.item)
                return _joined(" or ", (f"{item} = {_quoted(option)}" for option in node.options))
            case Value(kind="bool"):
                return f"{self.value(node)} = 'true'"
            case Call():
                return self.called(node)
            case Sound():
                return "true()"
            case Nothing():
                return "false()"
            case _:
                raise NotInXPath(type(node).__name__)

    def when_false(self, node: Node) -> str:  # noqa: PLR0912 - the same
        """Give an expression that is true where the node is certainly false."""
        match node:
            case Flag():
                return _TRUTHS[not node.value]
            case And():
                return _joined(" or ", map(self.when_false, node.parts))
            case Or():
                return _joined(" and ", map(self.when_false, node.parts))
            case Not():
                return self.when_true(node.part)
            case Choose():
                return self.chosen(node.test, self.when_false(node.then), self.when_false(node.otherwise))
            case Compare():
                return self.compared(node, _WITHIN[_OPPOSITES[node.operator]])
            case Same():
                left, right = self.value(node.left), self.value(node.right)
                return f"({left} != '' and {right} != '' and {left} != {right})"
            case OneOf() if node.item.kind != "list":
                item = self.value(node.item)
                return _joined(" and ", [f"{item} != ''", *(f"{item} != {_quoted(option)}" for option in node.options)])
            case Value(kind="bool"):
                return f"{self.value(node)} = 'false'"
            case Call(name="blank"):
                return f"not({self.when_true(node)})"
            case Call(name="matches" | "chosen" | "any_of") if node.arguments and isinstance(node.arguments[0], Value):
                return f"({self.value(node.arguments[0])} != '' and not({self.when_true(node)}))"
            case Sound() | Nothing():
                return "false()"
            case _:
                raise NotInXPath(type(node).__name__)

    def chosen(self, test: Node, then: str, otherwise: str) -> str:
        """Choose between two conditions; an unknown test takes the other one."""
        certain = self.when_true(test)
        return f"(({certain} and {then}) or (not({certain}) and {otherwise}))"

    def compared(self, node: Compare, template: str) -> str:
        left, right = self.value(node.left), self.value(node.right)
        if "date" in (node.left.kind, node.right.kind):
            left, right = f"decimal-date-time({left})", f"decimal-date-time({right})"
            tolerance = "0"
        elif node.tolerance is not None:
            tolerance = _number(node.tolerance)
        else:
            tolerance = f"{_number(RELATIVE_TOLERANCE)} * max(abs({left}), abs({right}))"
        return template.format(a=left, b=right, t=tolerance)

    def called(self, node: Call) -> str:
        match node:
            case Call(name="blank", arguments=(Value() as item,)):
                return f"{self.reference(item)} = ''"
            case Call(name="matches", arguments=(item, Text() as pattern)):
                return f"regex({self.value(item)}, {_quoted(f'^({pattern.value})$')})"
            case Call(name="chosen", arguments=(Value() as item, Text() as code)):
                return f"selected({self.reference(item)}, {_quoted(code.value)})"
            case Call(name="any_of", arguments=(Value() as item, Texts() as codes)) if _are_written(codes):
                chosen = (f"selected({self.reference(item)}, {self.value(part)})" for part in codes.elements)
                return _joined(" or ", chosen)
            case _:
                raise NotInXPath(node.name)

    def value(self, node: Node) -> str:
        """Give a number, a text or a date; an empty answer is an empty text, or no number."""
        match node:
            case Number():
                return _number(node.value)
            case Text():
                return _quoted(node.value)
            case Day():
                return _quoted(date.fromordinal(node.ordinal).isoformat())
            case Value(kind="number"):
                return f"number({self.reference(node)})"
            case Value():
                return self.reference(node)
            case Arithmetic() if "date" not in (node.left.kind, node.right.kind):
                return f"({self.value(node.left)} {_OPERATORS[node.operator]} {self.value(node.right)})"
            case Choose():
                return f"if({self.when_true(node.test)}, {self.value(node.then)}, {self.value(node.otherwise)})"
            case Call(name="abs" | "coalesce" | "length" | "prefix" | "year" | "count_chosen"):
                return self.function(node)
            case Aggregate(name="sum" | "count", condition=None, rows=rows) if not rows.form:
                return self.summed(node)
            case Nothing():
                return "''"
            case _:
                raise NotInXPath(type(node).__name__)

    def function(self, node: Call) -> str:
        match node.name, node.arguments:
            case "abs", (part,):
                return f"abs({self.value(part)})"
            case "coalesce", (Value() as first, second):
                return f"if({self.reference(first)} != '', {self.value(first)}, {self.value(second)})"
            case "length", (part,):
                return f"string-length({self.value(part)})"
            case "prefix", (part, Number() as count):
                return f"substr({self.value(part)}, 0, {int(count.value)})"
            case "year", (Value() as day,):
                return f"number(format-date({self.reference(day)}, '%Y'))"
            case "count_chosen", (Value() as item,):
                return f"count-selected({self.reference(item)})"
            case _:
                return _no(node)

    def summed(self, node: Aggregate) -> str:
        if node.name == "count":
            return f"count({self.reference_to(node.rows.group, '')})"
        if isinstance(node.element, Value):
            return f"sum({self.reference(node.element)})"
        return _no(node)

    def reference(self, node: Value) -> str:
        if node.form or node.part or node.place == "baseline":
            raise NotInXPath(f"{node.form or node.place} {node.key}")
        return self.reference_to(node.group, node.key)

    def reference_to(self, group: str, key: str) -> str:
        name = self.names.get((group, key))
        if name is None:
            raise NotInXPath(f"{group} {key}")
        return f"${{{name}}}"


def _no(node: Node) -> str:
    raise NotInXPath(type(node).__name__)


def _are_written(codes: Texts) -> bool:
    """Whether a list holds nothing but texts between quotes."""
    return all(isinstance(part, Text) for part in codes.elements)


def _joined(word: str, parts: Iterable[str]) -> str:
    texts = list(parts)
    if len(texts) == 1:
        return texts[0]
    return f"({word.join(texts)})"


def _number(value: float) -> str:
    return f"{value:.12f}".rstrip("0").rstrip(".") or "0"


def _quoted(text: str) -> str:
    if "'" not in text:
        return f"'{text}'"
    if '"' in text:
        raise NotInXPath("both kinds of quotes")
    return f'"{text}"'


_TRUTHS: Final = {True: "true()", False: "false()"}
_OPERATORS: Final = {"+": "+", "-": "-", "*": "*", "/": "div"}
_WITHIN: Final = {
    "==": "abs({a} - {b}) <= {t}",
    "!=": "abs({a} - {b}) > {t}",
    "<": "{a} < {b} - {t}",
    "<=": "{a} <= {b} + {t}",
    ">": "{a} > {b} + {t}",
    ">=": "{a} >= {b} - {t}",
}
_OPPOSITES: Final = {"==": "!=", "!=": "==", "<": ">=", "<=": ">", ">": "<=", ">=": "<"}


def names(form: Form) -> dict[Place, str]:
    """Name the questions: the item's key, with its group before it where two groups share a key."""
    keys = Counter(item.key for item in form.items())
    taken = {*form.groups(), *(section.key for section in form.sections)}
    found: dict[Place, str] = {}
    for item in form.items():
        name = item.key
        if keys[item.key] > 1 or item.key in taken:
            name = f"{item.rows_key or 'item'}_{item.key}"
        found[item.rows_key, item.key] = name
    return found | {(group, ""): group for group in form.groups()}

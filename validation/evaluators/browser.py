"""The rule book as JSON for ``rules.js``: the same tree, so that a phone asks exactly what the server asks."""

from __future__ import annotations

from collections.abc import Iterable
from datetime import date
from typing import Any

from forms.catalogue import Catalogue
from forms.definition import Form, Item
from validation.applicability import is_told_in_words
from validation.evaluators.closures import attribute_values
from validation.language.expression import scope_of
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
from validation.rulebook import RuleBook, needs_of
from validation.rules import Rule, parse_for

EPOCH = date(1970, 1, 1).toordinal()  # browsers count days from here


def rules_json(rulebook: RuleBook) -> dict[str, Any]:
    """Give what ``rules.js`` needs to check one record.

    Code lists and boundaries stay outside: the page hands them in, for many forms share them.
    """
    needs, form = rulebook.needs, rulebook.form
    return {
        "form": form.code,
        "version": form.version,
        "digest": form.digest,
        "items": [_item(item) for item in form.items()],
        "groups": list(form.groups()),
        "baseline": [_item(form.item(key)) for key in sorted(needs.baseline)],
        "related": {code: _related(rulebook.related[code], places) for code, places in needs.forms.items()},
        "codelists": sorted(needs.codelists),
        "attributes": {f"{name}.{part}": attribute_values(name, part) for name, part in sorted(needs.attributes)},
        "boundaries": needs.boundaries,
        "shown": [[group, key, encode(node)] for (group, key), node in rulebook.shown.items()],
        "computed": [[group, key, encode(node)] for (group, key), node in rulebook.computed.items()],
        "rules": [_rule(rule) for rule in rulebook.rules],
    }


def applies_json(form: Form, catalogue: Catalogue) -> dict[str, Any]:
    """Give the condition under which a unit owes a form, as a rule book of two: ``must_not`` and ``must``.

    Each fails when it is so; where neither does, the form may be filled.
    """
    node: Node = parse_for(form, "applies_when", form.applies_when or "True", scope_of(form, catalogue, viewer="*"))
    needs = needs_of(form, [node])
    forms = needs.forms
    if is_told_in_words(form) or not (forms or needs.present):
        node = Nothing("bool")  # hangs on no answer: the server has judged
    silent: dict[str, Any] = {
        "kind": "written",
        "severity": "error",
        "message": [],
        "items": [["", ""]],
        "each": None,
        "reads": [],
    }
    return {
        "form": form.code,
        "items": [],
        "groups": [],
        "baseline": [],
        "codelists": [],
        "attributes": {},
        "shown": [],
        "computed": [],
        "related": {code: _related(catalogue.current(code), places) for code, places in forms.items()},
        "rules": [
            silent | {"id": "must_not", "node": encode(node)},
            silent | {"id": "must", "node": ["not", encode(node)]},
        ],
    }


def _item(item: Item) -> dict[str, Any]:
    parts = {
        "group": item.rows_key,
        "key": item.key,
        "type": item.type,
        "precision": item.precision,
        "alias": item.alias,
    }
    return {name: value for name, value in parts.items() if value not in ("", None)}


def _related(form: Form, places: Iterable[tuple[str, str]]) -> dict[str, Any]:
    wanted = set(places)
    return {
        "items": [_item(item) for item in form.items() if (item.rows_key, item.key) in wanted],
        "groups": [group for group in form.groups() if any(place[0] == group for place in wanted)],
    }


def _rule(rule: Rule) -> dict[str, Any]:
    return {
        "id": rule.id,
        "kind": rule.kind,
        "severity": rule.severity,
        "node": encode(rule.node),
        "message": [_words(part) for part in rule.message],
        "items": [list(place) for place in rule.items],
        "each": rule.each and encode_rows(rule.each),
        "reads": sorted(rule.reads),
    }


def _words(part: str | Node) -> Any:
    if isinstance(part, str):
        return part
    return [part.kind, encode(part)]


def encode_rows(rows: Rows) -> list[Any]:
    return ["rows", rows.form, rows.group, *_optional(rows.when)]


def _optional(node: Node | None) -> list[Any]:
    if node is None:
        return []
    return [encode(node)]


def encode(node: Node) -> Any:  # noqa: C901, PLR0911, PLR0912 - JSON; one line per shape
    """Give one node as JSON: literals as themselves, everything else a list that begins with its name."""
    match node:
        case Number() | Flag():
            return node.value
        case Nothing():
            return None
        case Text():
            return ["text", node.value]
        case Day():
            return ["day", node.ordinal - EPOCH]
        case Value():
            return ["value", node.place, node.answer_key, node.form]
        case Texts():
            return ["list", *map(encode, node.elements)]
        case Together():
            return ["together", *map(encode, node.elements)]
        case Arithmetic():
            return [node.operator, encode(node.left), encode(node.right)]
        case Compare():
            return ["compare", node.operator, encode(node.left), encode(node.right), node.tolerance]
        case Same():
            return ["same", encode(node.left), encode(node.right)]
        case OneOf():
            return ["in", encode(node.item), list(node.options)]
        case Listed():
            return ["listed", encode(node.item), node.codelist]
        case And():
            return ["and", *map(encode, node.parts)]
        case Or():
            return ["or", *map(encode, node.parts)]
        case Not():
            return ["not", encode(node.part)]
        case Choose():
            return ["if", encode(node.test), encode(node.then), encode(node.otherwise)]
        case Call():
            return ["call", node.name, *map(encode, node.arguments)]
        case Attribute():
            return ["attribute", encode(node.item), f"{node.codelist}.{node.attribute}"]
        case Sound():
            return ["sound", node.place, node.group, node.key, node.problem]
        case Explained():
            return ["explained", node.place, node.group, node.key]
        case Aggregate():
            return ["over", node.name, encode_rows(node.rows), _optional(node.element), _optional(node.condition)]

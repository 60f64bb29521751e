"""What is asked of answers while they are read, so that most checks need not be asked of most records.

A check of a single item (a range, a code list, an answer that is required) holds wherever the item's value passes its
screen. Only a record that some screen stops is asked all checks.

A screen may stop a record on which nothing is wrong (a value out of range at an item that is hidden): that costs time
only. It must never pass one on which its check fails.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Sequence
from typing import Any, Final, NamedTuple

from forms.codelists import UnknownCodeList, codelist
from validation.evaluators.answers import Accepts, Screens
from validation.evaluators.soundness import of_sound
from validation.language.nodes import And, Call, Choose, Compare, Flag, Listed, Node, Not, Nothing, Number, OneOf, Value
from validation.rules import Rule

Key = tuple[str, str]
HOLDS: Final = Flag(value=True)


class Screened(NamedTuple):
    """The screens of a rule book, and the rules that hold of every record without problems that passes them."""

    screens: Screens
    ids: frozenset[str]


class _Screen(NamedTuple):
    """The item that alone decides over a check, and which of its values make it hold; None: any value does."""

    place: Key
    accepts: Accepts | None


def screened(rules: Iterable[Rule]) -> Screened:
    """Find the rules that one value decides."""
    accepts: dict[Key, tuple[Accepts, ...]] = {}
    needed: dict[str, set[str]] = {}
    ids: set[str] = set()
    for rule in rules:
        found = _screen_of(of_sound(rule.node))
        if found is None:
            continue
        # Rows of another form are not read with this record's answers.
        if rule.each is not None and rule.each.form:
            continue
        ids.add(rule.id)
        group, key = found.place
        if found.accepts is None:
            needed.setdefault(group, set()).add(key)
        else:
            accepts[found.place] = (*accepts.get(found.place, ()), found.accepts)
    return Screened(
        Screens(
            {place: _all_of(each) for place, each in accepts.items()},
            {group: frozenset(keys) for group, keys in needed.items()},
        ),
        frozenset(ids),
    )


def _screen_of(node: Node) -> _Screen | None:
    """Find the screen that stands for a check; None where more than one value decides over it."""
    match node:
        case Not(Call("blank", (Value() as value,))):
            return _on(value, None)
        # What must hold only under a condition holds all the more where it always does. Not so for "filled where it
        # must be": it is blank on most records, and every one of them would be stopped.
        case Choose(_, then, otherwise) if otherwise == HOLDS and not isinstance(then, Not):
            return _screen_of(then)
        case And(parts):
            return _joined([_screen_of(part) for part in parts])
        case Compare(operator, left, Number(bound), tolerance) if tolerance is not None and operator in _BOUNDS:
            return _on(left, _BOUNDS[operator](bound, tolerance))
        case OneOf(item, options):
            return _on(item, _among(frozenset(options).__contains__, item))
        case Listed(item, name):
            return _listed(item, name)
        case _:
            return None


def _joined(screens: Sequence[_Screen | None]) -> _Screen | None:
    """Make one screen of several: only where each part has one, and all look at the same item."""
    places: set[Key] = set()
    accepts: list[Accepts] = []
    for each in screens:
        if each is None or each.accepts is None:
            return None
        places.add(each.place)
        accepts.append(each.accepts)
    if len(places) != 1:
        return None
    return _Screen(places.pop(), _all_of(accepts))


def _listed(item: Node, name: str) -> _Screen | None:
    try:
        codes = frozenset(entry.code for entry in codelist(name) if entry.is_selectable)
    except UnknownCodeList:
        return None
    return _on(item, _among(codes.__contains__, item))


def _on(node: Node, accepts: Accepts | None) -> _Screen | None:
    """Make a screen for an item's answer; None for anything that is not simply the answer at an item of this form."""
    # A hidden answer is unknown, and the check holds: what the condition says does not matter.
    if isinstance(node, Choose) and isinstance(node.otherwise, Nothing):
        node = node.then
    match node:
        case Value(place="main", key=key, part=""):
            return _Screen(("", key), accepts)
        case Value(place="row", key=key, group=group, part=""):
            return _Screen((group, key), accepts)
        case _:
            return None


def _among(accepts: Accepts, item: Node) -> Accepts:
    """Give what accepts an answer whose code, or each of whose codes, is accepted."""
    if item.kind == "list":
        return lambda codes: all(map(accepts, codes))
    return accepts


def _all_of(accepts: Iterable[Accepts]) -> Accepts:
    each = tuple(accepts)
    # One and two are by far the most frequent, and run for every answer: spelled out they save a loop.
    if len(each) == 1:
        return each[0]
    if len(each) == 2:
        first, second = each
        return lambda value: first(value) and second(value)
    return lambda value: all(one(value) for one in each)


def _at_least(bound: float, within: float) -> Accepts:
    least = bound - within
    return lambda value: value >= least


def _at_most(bound: float, within: float) -> Accepts:
    most = bound + within
    return lambda value: value <= most


_BOUNDS: Final[dict[str, Callable[[float, float], Any]]] = {">=": _at_least, "<=": _at_most}

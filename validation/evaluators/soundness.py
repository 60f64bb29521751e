"""What is left of an expression in a record whose answers could all be read: most records, asked less."""

from __future__ import annotations

from validation.language.nodes import And, Choose, Flag, Node, Not, Or, Sound, joined


def of_sound(node: Node) -> Node:
    """Give an expression of the same value in every record without problems of shape."""
    match node:
        case Sound():
            return Flag(value=True)
        case Not(part):
            return _negated(of_sound(part))
        case And(parts):
            return _left_of(And, parts, neutral=True)
        case Or(parts):
            return _left_of(Or, parts, neutral=False)
        case Choose(test, then, otherwise, kind):
            then, otherwise = of_sound(then), of_sound(otherwise)
            if isinstance(then, Flag) and then == otherwise:
                # True either way: most checks of types end here, whatever shows their item.
                return then
            return Choose(of_sound(test), then, otherwise, kind)
        case _:
            return node


def _negated(node: Node) -> Node:
    if isinstance(node, Flag):
        return Flag(value=not node.value)
    return Not(node)


def _left_of(kind: type[And | Or], parts: tuple[Node, ...], *, neutral: bool) -> Node:
    """Join what is left of some parts; ``neutral`` is what a part may be without changing the whole."""
    left = [part for part in map(of_sound, parts) if part != Flag(value=neutral)]
    if not left:
        return Flag(value=neutral)
    if Flag(value=not neutral) in left:
        return Flag(value=not neutral)
    return joined(kind, left)

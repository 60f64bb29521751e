"""What is left of an expression in a record whose answers could all be read: most records, asked less."""

from __future__ import annotations

from validation.language.nodes import And, Choose, Flag, Node, Not, Or, Sound


def of_sound(node: Node) -> Node:
    """Give an expression of the same value in every record without problems of shape."""
    match node:
        case Sound():
            return Flag(value=True)
        case Not(part):
            inner = of_sound(part)
            return Flag(value=not inner.value) if isinstance(inner, Flag) else Not(inner)
        case And(parts):
            return _joined(And, parts, neutral=True)
        case Or(parts):
            return _joined(Or, parts, neutral=False)
        case Choose(test, then, otherwise, kind):
            then, otherwise = of_sound(then), of_sound(otherwise)
            return (
                then if isinstance(then, Flag) and then == otherwise else Choose(of_sound(test), then, otherwise, kind)
            )
        case _:
            return node


def _joined(kind: type[And | Or], parts: tuple[Node, ...], *, neutral: bool) -> Node:
    left = tuple(part for part in map(of_sound, parts) if part != Flag(value=neutral))
    if Flag(value=not neutral) in left:
        return Flag(value=not neutral)
    return Flag(value=neutral) if not left else left[0] if len(left) == 1 else kind(left)

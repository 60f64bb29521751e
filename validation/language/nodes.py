"""The tree that a check becomes: small frozen values, each knowing the kind of its result.

Every evaluator walks these nodes and nothing else. "Hidden is blank", chains of comparisons, membership in a list of
expressions and preset rows are already spelled out in simpler nodes here, so an evaluator has about twenty shapes
to know. Dates are days; numbers are IEEE doubles; unknown is None, NULL, null.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, fields
from functools import cache
from typing import Any, ClassVar, Literal, cast

Kind = Literal["number", "text", "bool", "date", "list", "position", "together", "any"]
Place = Literal["main", "row", "loop", "form", "baseline"]

RELATIVE_TOLERANCE = 1e-9


@dataclass(frozen=True, slots=True)
class Number:
    value: float
    kind: ClassVar[Kind] = "number"


@dataclass(frozen=True, slots=True)
class Text:
    value: str
    kind: ClassVar[Kind] = "text"


@dataclass(frozen=True, slots=True)
class Flag:
    value: bool
    kind: ClassVar[Kind] = "bool"


@dataclass(frozen=True, slots=True)
class Day:
    """A date, as Python's proleptic ordinal."""

    ordinal: int
    kind: ClassVar[Kind] = "date"


@dataclass(frozen=True, slots=True)
class Nothing:
    """Blank: a hidden item, or anything about a form that no definition describes yet."""

    kind: Kind = "any"


@dataclass(frozen=True, slots=True)
class Value:
    """The answer at one item.

    ``place`` says whose: the form's own (main), the row that an ``each`` check is asked about (row), the row of a
    generator (loop), another form of the unit (form), or what the register knew (baseline).
    """

    place: Place
    key: str
    kind: Kind
    form: str = ""  # code of the other form whose item it is, "" for this one
    group: str = ""  # repeating group, places "row" and "loop" only
    part: str = ""  # lon, lat, accuracy_m, source of a position
    decimals: int | None = None  # declared decimals of a number

    @property
    def answer_key(self) -> str:
        """What it is called among the answers once they are read: a position is read as its parts, ``gps.lon``."""
        if self.part:
            return f"{self.key}.{self.part}"
        return self.key


@dataclass(frozen=True, slots=True)
class Texts:
    """A written-out list of texts; blanks are skipped, and with nothing left it is blank."""

    elements: tuple[Node, ...]
    kind: ClassVar[Kind] = "list"


@dataclass(frozen=True, slots=True)
class Together:
    """Several values of one row that only together tell rows apart; blank where one of them is."""

    elements: tuple[Node, ...]
    kind: ClassVar[Kind] = "together"


@dataclass(frozen=True, slots=True)
class Arithmetic:
    """``a / b`` is unknown where b is zero. The difference of two dates counts days."""

    operator: Literal["+", "-", "*", "/"]
    left: Node
    right: Node
    kind: ClassVar[Kind] = "number"


@dataclass(frozen=True, slots=True)
class Compare:
    """A comparison of numbers or dates, with what counts as equal fixed when the check is compiled.

    ``tolerance`` is half a unit of the coarsest declared decimal, 0 for dates; None means relative, for ratios.
    """

    operator: Literal["==", "!=", "<", "<=", ">", ">="]
    left: Node
    right: Node
    tolerance: float | None
    kind: ClassVar[Kind] = "bool"


@dataclass(frozen=True, slots=True)
class Same:
    """Equality of texts or of yes/no answers."""

    left: Node
    right: Node
    kind: ClassVar[Kind] = "bool"


@dataclass(frozen=True, slots=True)
class OneOf:
    """A text among literal texts; of a multiple choice, every one."""

    item: Node
    options: tuple[str, ...]
    kind: ClassVar[Kind] = "bool"


@dataclass(frozen=True, slots=True)
class Listed:
    """A code that stands in a code list; of a multiple choice, every one. A list nobody has is unknown."""

    item: Node
    codelist: str
    kind: ClassVar[Kind] = "bool"


@dataclass(frozen=True, slots=True)
class And:
    parts: tuple[Node, ...]
    kind: ClassVar[Kind] = "bool"


@dataclass(frozen=True, slots=True)
class Or:
    parts: tuple[Node, ...]
    kind: ClassVar[Kind] = "bool"


@dataclass(frozen=True, slots=True)
class Not:
    part: Node
    kind: ClassVar[Kind] = "bool"


@dataclass(frozen=True, slots=True)
class Choose:
    """``then if test else otherwise``; an unknown test takes ``otherwise``, as CASE does."""

    test: Node
    then: Node
    otherwise: Node
    kind: Kind


@dataclass(frozen=True, slots=True)
class Call:
    """A function of the table in ``functions``; arguments that must be literals are literal nodes."""

    name: str
    arguments: tuple[Node, ...]
    kind: Kind


@dataclass(frozen=True, slots=True)
class Attribute:
    """One attribute of the code-list entry that an item names, as text."""

    item: Node
    codelist: str
    attribute: str
    kind: ClassVar[Kind] = "text"


@dataclass(frozen=True, slots=True)
class Sound:
    """No such problem with the raw answer: wrong type, too many decimals, a row that is none, an item unknown."""

    place: Literal["main", "row"]
    group: str
    key: str  # "" : the group itself, or the whole record
    problem: str  # type | precision | rows | unknown
    kind: ClassVar[Kind] = "bool"


@dataclass(frozen=True, slots=True)
class Explained:
    """Whether the enumerator wrote an explanation at an item."""

    place: Literal["main", "row"]
    group: str
    key: str
    kind: ClassVar[Kind] = "bool"


@dataclass(frozen=True, slots=True)
class Rows:
    """The rows of a repeating group of this form, or of another; none while ``when`` does not hold."""

    group: str
    form: str = ""
    when: Node | None = None


@dataclass(frozen=True, slots=True)
class Aggregate:
    """``name(element for r in rows if condition)``; ``first`` gives the value in the first such row."""

    name: Literal["sum", "min", "max", "count", "any", "all", "unique", "first"]
    rows: Rows
    element: Node | None
    condition: Node | None
    kind: Kind


Node = (
    Number
    | Text
    | Flag
    | Day
    | Nothing
    | Value
    | Texts
    | Together
    | Arithmetic
    | Compare
    | Same
    | OneOf
    | Listed
    | And
    | Or
    | Not
    | Choose
    | Call
    | Attribute
    | Sound
    | Explained
    | Aggregate
)


def joined(by: type[And | Or], parts: Sequence[Node]) -> Node:
    """Join conditions by ``And`` or ``Or``; one alone stands for itself."""
    if len(parts) == 1:
        return parts[0]
    return by(tuple(parts))


def walk(node: Node | Rows) -> Iterator[Node | Rows]:
    """Give the node and all below it, conditions of hidden items and rows included."""
    yield node
    for name in _below(type(node)):
        inner: Any = getattr(node, name)
        parts = (inner,)
        if isinstance(inner, tuple):
            parts = cast("tuple[Any, ...]", inner)
        for part in parts:
            if isinstance(part, Node | Rows):
                yield from walk(part)


@cache
def _below(kind: type[Node | Rows]) -> tuple[str, ...]:
    """The fields that may hold further nodes."""
    return tuple(field.name for field in fields(kind) if "Node" in str(field.type) or "Rows" in str(field.type))

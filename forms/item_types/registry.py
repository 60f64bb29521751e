"""What an item is, what a type of item must say of itself, and where other modules add what they alone know of a type.

``TYPES`` holds the rows; an item looks its row up once, when it is made, and keeps it as ``item.kind``, so that reading
a million cells looks nothing up. A ``Facet`` is a table of one thing about every type that stands elsewhere because it
leans on more than ``forms.item_types`` may import. Both refuse an unknown name with a sentence, never with a bare
KeyError.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass, field
from typing import Any, Final, Generic, Literal, TypeVar

from forms.checks import Confidence
from forms.item_types.values import Parsed, Value

Fact = TypeVar("Fact")
ColumnKind = Literal["text", "number", "integer", "boolean", "date", "texts"]
ValueKind = ColumnKind | Literal["position"]
Wire = Literal["text", "flag", "codes", "degrees", "position"]
Keyboard = Literal["text", "tel", "numeric", "decimal"]
Schema = dict[str, Any]


@dataclass(frozen=True, slots=True)
class Item:
    """One item 指标 of a form."""

    key: str  # stable name; outsiders' records use it
    name: str  # Chinese label
    type: str  # a name of TYPES
    no: str = ""  # official item number, "" when the paper form gives none
    unit: str = ""  # shown beside the box, e.g. 立方米
    precision: int | None = None  # decimals allowed (decimal), digits of seconds (dms)
    required: bool | str = False  # True, False or an expression: required when it holds
    when: str = ""  # asked only when this expression holds
    minimum: float | None = None
    maximum: float | None = None
    options: tuple[tuple[str, str], ...] = ()  # (code, label), for choice and multichoice without a code list
    codelist: str = ""  # name of a code list in forms/codelists
    offer: str = ""  # attribute that is "1" on the entries a picker offers; "": all
    format: str = ""  # a name of forms.formats.FORMATS
    help: str = ""
    prefill: str = ""  # filled by the program at first; see PREFILLS
    computed: str = ""  # expression; shown, never typed
    stage: str = ""  # 散乱污: required only from this case state on
    personal: bool = False  # personal data: masked on desks, never in logs
    alias: str = ""  # former key, accepted on the way in
    confidence: Confidence = "recalled"
    rows_key: str = ""  # "" or the key of the repeating group it belongs to (set by the loader)
    kind: ItemType = field(init=False, repr=False, compare=False)  # what its type says; follows from ``type``

    def __post_init__(self) -> None:
        object.__setattr__(self, "kind", TYPES[self.type])


@dataclass(frozen=True, slots=True)
class ColumnPart:
    """One of several columns that an answer of several parts fills."""

    name: str
    label: str
    kind: ColumnKind
    unit: str


@dataclass(frozen=True, slots=True)
class Question:
    """How an XLSForm asks for an item: the cells that depend on its type."""

    type: str
    appearance: str = ""
    parameters: str = ""
    constraints: tuple[tuple[str, str], ...] = ()  # XPath that must hold, and the sentence for people


@dataclass(frozen=True, slots=True, kw_only=True)
class ItemType:
    """One type of item. Its functions are handed the item, for what that declares: precision, options, format."""

    name: str
    wire: Wire  # how an answer is written in JSON: most are texts
    value: ValueKind  # what is read from it: the column's kind and, from it, that of the check language
    read: Callable[[Item, object], Parsed]  # reads an answer that is not blank
    plain: Callable[[Item], Callable[[Any], Value]]  # makes the short way of reading; see ``values.plain_reader``
    usual: Callable[[Item], str] | None = (
        None  # pattern of texts that Arrow may cast as they stand; None: keep the text
    )
    words: str  # completes “项目名”… where an answer is not of this type
    show: Callable[[Item, object, Value], str]  # writes an answer for people, from how it came and what it means
    schema: Callable[[Item], Schema]  # JSON Schema of an answer that is there
    question: Callable[[Item], Question]
    number: Literal["", "plain", "grouped"] = (
        ""  # a number that is typed in one box, and whether its digits are grouped
    )
    keyboard: Keyboard = "text"
    unit: str = ""  # of its values, where it is not the item's own
    parts: tuple[ColumnPart, ...] = ()  # its columns, where there are several
    is_coded: bool = False  # answered by codes of the item's options or code list
    is_searched: bool = False  # a long code list is searched by typing instead of shown whole
    has_options: bool = False  # the item may write its options down itself
    has_precision: bool = False

    @property
    def is_picked(self) -> bool:
        """Whether one picks from what is shown, instead of writing."""
        return self.is_coded or self.wire == "flag"

    def decimals(self, item: Item) -> int | None:
        """Give the decimals that a number may have; None where no comparison can lean on them (angles are sums)."""
        if self.value == "integer":
            return 0
        if self.number:
            return item.precision
        return None


class UnknownItemType(ValueError):
    """No type of item has this name."""


class MissingFacet(LookupError):
    """A type of item is known, but not what one module must know about it."""


class _Types(dict[str, ItemType]):
    def __missing__(self, name: str) -> ItemType:
        raise UnknownItemType(f"no item type {name!r}: expected one of {', '.join(self)}")


TYPES: Final = _Types()
FACETS: Final[list[Facet[Any]]] = []


def register(kind: ItemType) -> ItemType:
    """Make a type known. Raises ValueError when the name is taken."""
    if kind.name in TYPES:
        raise ValueError(f"two item types are called {kind.name}")
    TYPES[kind.name] = kind
    return kind


class Facet(dict[str, Fact], Generic[Fact]):
    """One thing about every type of item, by the type's name, kept where it is needed.

    A plain dictionary but for two things: a type that is missing is refused by name, and ``holes`` finds it before.
    """

    def __init__(self, name: str, module: str, known: Mapping[str, Fact] | None = None) -> None:
        super().__init__(known or {})
        self.name = name  # as in "type 'percentage' has no form field"
        self.module = module  # the file to write it in
        FACETS.append(self)

    def of(self, *types: str) -> Callable[[Fact], Fact]:
        """Take what is decorated as this facet of some types."""

        def take(fact: Fact) -> Fact:
            self.update(dict.fromkeys(types, fact))
            return fact

        return take

    def hole(self, name: str) -> str:
        return f"type {name!r} has no {self.name}: {self.module}"

    def __missing__(self, name: str) -> Fact:
        raise MissingFacet(self.hole(name))


def holes() -> Iterator[str]:
    """Name what each type lacks in the facets of the modules imported so far, and what they say of unknown types."""
    for facet in FACETS:
        yield from (facet.hole(name) for name in TYPES if name not in facet)
        yield from (
            f"{facet.module} has a {facet.name} of the unknown type {name!r}" for name in facet.keys() - TYPES.keys()
        )

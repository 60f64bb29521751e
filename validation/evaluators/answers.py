"""Reads raw answers into the typed values that checks ask about, and notes what is wrong with their shape."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import date
from typing import Any, Final, NamedTuple, cast

from forms.answers.values import parse, plain_reader
from forms.definition import Form, Item
from forms.item_types.values import Position, Value
from validation.evaluators.questions import Problem, Values

Answers = Mapping[str, Any]
Accepts = Callable[[Any], bool]
_NO_VALUES: Final[dict[str, Any]] = {}
_NOTHING_NEEDED: Final[frozenset[str]] = frozenset()


@dataclass(frozen=True, slots=True)
class Screens:
    """What holds of most records, asked while they are read; by group ("" for the record itself) and item key."""

    accepts: Mapping[tuple[str, str], Accepts] = field(default_factory=dict[tuple[str, str], Accepts])
    needed: Mapping[str, frozenset[str]] = field(default_factory=dict[str, frozenset[str]])


NO_SCREENS: Final = Screens()


class Read(NamedTuple):
    """Main values, rows by group, what is wrong with the shape of the answers, and whether all screens let it pass."""

    main: Values
    rows: dict[str, Sequence[Values]]
    problems: frozenset[Problem]
    passes: bool


@dataclass(slots=True)
class _Noted:
    """What is noticed while a record is read."""

    problems: list[Problem] = field(default_factory=list[Problem])
    passes: bool = True


class _Entry(NamedTuple):
    """How one key of the answers is read."""

    key: str
    plain: Callable[[Any], Value]
    accepts: Accepts | None
    item: Item


class Reader:
    """Reads the answers of one form; ``wanted`` limits it to some items, for forms that a check only glances at."""

    def __init__(
        self, form: Form, wanted: Iterable[tuple[str, str]] | None = None, screens: Screens = NO_SCREENS
    ) -> None:
        self._complete = wanted is None
        keys = {(item.rows_key, item.key) for item in form.items()}
        if wanted is not None:
            keys &= set(wanted)
        self._main: dict[str, _Entry] = {}
        self._groups: dict[str, dict[str, _Entry]] = {key: {} for key in form.groups()}
        self._needed = screens.needed
        for item in form.items():
            place = item.rows_key, item.key
            if place in keys:
                entries = self._groups.get(item.rows_key, self._main)
                entry = _Entry(item.key, plain_reader(item), screens.accepts.get(place), item)
                entries[item.key] = entry
                # Records made before an item was renamed still say its former name.
                if item.alias:
                    entries.setdefault(item.alias, entry)
        # Few wanted of many given: asked by name, unless two names lead to one item and the order given decides.
        self._by_name = not self._complete and all(
            key == entry.key for each in (self._main, *self._groups.values()) for key, entry in each.items()
        )

    def read(self, answers: Answers) -> Read:
        """Read all answers; of a record with problems of shape it is not told whether it passes."""
        noted = _Noted()
        groups = self._groups
        rows: dict[str, Sequence[Values]] = {
            group: self._rows(group, raw, noted) for group in groups if (raw := answers.get(group)) is not None
        }
        main = self._values(self._main, "", -1, answers, noted, skip=groups)
        return Read(main, rows, frozenset(noted.problems), noted.passes)

    def _rows(self, group: str, raw: object, noted: _Noted) -> list[Values]:
        if not isinstance(raw, list):
            noted.problems.append((group, -1, "", "rows"))
            return []
        rows: list[Values] = []
        for index, row in enumerate(cast("list[object]", raw)):
            if isinstance(row, dict):
                rows.append(self._values(self._groups[group], group, index, cast("Answers", row), noted))
            else:
                noted.problems.append((group, index, "", "rows"))
                rows.append(_NO_VALUES)
        return rows

    def _values(
        self,
        entries: dict[str, _Entry],
        group: str,
        index: int,
        answers: Answers,
        noted: _Noted,
        skip: Mapping[str, object] = _NO_VALUES,
    ) -> Values:
        values: dict[str, Any] = {}
        keys: Iterable[str] = answers
        if self._by_name:
            keys = entries
        for key in keys:
            raw = answers.get(key)
            if raw is None:
                continue
            entry = entries.get(key)
            if entry is None:
                if self._complete and key not in skip:
                    noted.problems.append((group, index, key, "unknown"))
                continue
            # The reader of plain answers knows nearly all there are; None sends the rest the long way.
            value = entry.plain(raw)
            if value is None:
                value = _parsed(entry, raw, (group, index), noted, values)
            else:
                values[entry.key] = value
            if entry.accepts is not None and value is not None and not entry.accepts(value):
                noted.passes = False
        # What is owed on every record, or in every row, is missing here: the checks must be asked, and will say so.
        if not self._needed.get(group, _NOTHING_NEEDED) <= values.keys():
            noted.passes = False
        return values


def _parsed(entry: _Entry, raw: object, place: tuple[str, int], noted: _Noted, values: dict[str, Any]) -> object:
    """Read an answer that is not as plain as most, put its value with the others and give it; None for a blank."""
    key = entry.key
    value, problem = parse(entry.item, raw)
    if problem == "precision":
        noted.problems.append((*place, key, "precision"))
    elif problem:
        # Checks tell two kinds of unreadable apart: a number that is too fine, and anything else.
        noted.problems.append((*place, key, "type"))
    if value is None or value == ():
        return None
    if isinstance(value, Position):
        values.update(_position(key, value))
    elif isinstance(value, date):
        values[key] = value.toordinal()
    else:
        values[key] = value
    return values[key]


def _position(key: str, position: Position) -> dict[str, object]:
    """Give a position as checks look at it: that it is there, and each of its parts."""
    parts = {"lon": position.lon, "lat": position.lat, "accuracy_m": position.accuracy_m, "source": position.source}
    return {key: True, **{f"{key}.{part}": value for part, value in parts.items() if value is not None}}

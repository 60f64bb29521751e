"""Reads raw answers into the typed values that checks ask about, and notes what is wrong with their shape."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from datetime import date
from typing import Any, Final, cast

from forms.definition import Form, Item
from forms.values import Position, parse
from validation.closures import Place, Values

Answers = Mapping[str, Any]
_NO_VALUES: Final[dict[str, Any]] = {}


class Reader:
    """Reads the answers of one form; ``wanted`` limits it to some items, for forms that a check only glances at."""

    def __init__(self, form: Form, wanted: Iterable[tuple[str, str]] | None = None) -> None:
        keys = None if wanted is None else set(wanted)
        self._main: dict[str, Item] = {}
        self._groups: dict[str, dict[str, Item]] = {key: {} for key in form.groups()}
        for item in form.items():
            if keys is None or (item.rows_key, item.key) in keys:
                target = self._groups[item.rows_key] if item.rows_key else self._main
                target[item.key] = item
                if item.alias:
                    target.setdefault(item.alias, item)
        self._complete = keys is None

    def read(self, answers: Answers) -> tuple[Values, dict[str, Sequence[Values]], frozenset[Place]]:
        """Give main values, rows by group, and what is wrong with the shape of the answers."""
        problems: list[Place] = []
        groups = self._groups
        rows: dict[str, Sequence[Values]] = {group: self._rows(group, raw, problems) for group in groups if (raw := answers.get(group)) is not None}
        main = self._values(self._main, "", -1, answers, problems, skip=groups)
        return main, rows, frozenset(problems)

    def _rows(self, group: str, raw: object, problems: list[Place]) -> list[Values]:
        if not isinstance(raw, list):
            problems.append((group, -1, "", "rows"))
            return []
        rows: list[Values] = []
        for index, row in enumerate(cast("list[object]", raw)):
            if isinstance(row, dict):
                rows.append(self._values(self._groups[group], group, index, cast("Answers", row), problems))
            else:
                problems.append((group, index, "", "rows"))
                rows.append(_NO_VALUES)
        return rows

    def _values(self, items: dict[str, Item], group: str, index: int, answers: Answers, problems: list[Place],
                skip: Mapping[str, object] = _NO_VALUES) -> Values:
        values: dict[str, Any] = {}
        for key, raw in answers.items():
            if raw is None:
                continue
            item = items.get(key)
            if item is None:
                if self._complete and key not in skip:
                    problems.append((group, index, key, "unknown"))
                continue
            parsed = parse(item, raw)
            if parsed.problem:
                problems.append((group, index, item.key, "precision" if parsed.problem == "precision" else "type"))
            value = parsed.value
            if value is None or value == ():
                continue
            if type(value) is date:
                values[item.key] = value.toordinal()
            elif isinstance(value, Position):
                values.update(_position(item.key, value))
            else:
                values[item.key] = value
        return values


def _position(key: str, position: Position) -> dict[str, object]:
    parts = {"lon": position.lon, "lat": position.lat, "accuracy_m": position.accuracy_m, "source": position.source}
    return {key: True, **{f"{key}.{part}": value for part, value in parts.items() if value is not None}}

"""Slips that happen in any form: planted by the definitions' own items, so that new forms get theirs by themselves."""

from __future__ import annotations

import random
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from typing import Any, Final

from forms.catalogue import catalogue
from forms.definition import Form, Item

Answers = dict[str, Any]
HOURS_OF_A_YEAR: Final = 8_760
NO_SUCH_CODE: Final = "zz9"


@dataclass(frozen=True, slots=True)
class Place:
    """An answered item: the answers that hold it, those of the form or of one row."""

    item: Item
    holder: Answers

    def check(self, form: Form, kind: str) -> str:
        """Name the implied check of this kind."""
        return ".".join(part for part in (form.code, self.item.rows_key, self.item.key, kind) if part)


@dataclass(frozen=True, slots=True)
class Slip:
    """One kind of slip: where it can happen, what is then written, and which implied check finds it."""

    name: str
    pain: str  # number in the list of field pains (docs/explanation/pains.md)
    kind: str
    happens_at: Callable[[Item], bool]
    write: Callable[[Place], None]

    def plant(self, form_code: str, answers: Answers, chance: random.Random) -> str | None:
        """Make the slip in one of the answers and give the check that finds it; None if it cannot happen here."""
        form = catalogue().current(form_code)
        fitting = [place for place in _places(form, answers) if self.happens_at(place.item)]
        if not fitting:
            return None
        place = chance.choice(fitting)
        self.write(place)
        return place.check(form, self.kind)


def _places(form: Form, answers: Answers) -> Iterator[Place]:
    for item in form.items():
        if item.computed:
            continue
        for holder in _holders(item, answers):
            if item.key in holder:
                yield Place(item, holder)


def _holders(item: Item, answers: Answers) -> Sequence[Answers]:
    """Give the answers that may hold an item: each row of its group, or those of the form."""
    if item.rows_key:
        return answers.get(item.rows_key, ())
    return (answers,)


def _leave_out(place: Place) -> None:
    del place.holder[place.item.key]


def _mistype(place: Place) -> None:
    place.holder[place.item.key] = NO_SUCH_CODE


def _overrun(place: Place) -> None:
    place.holder[place.item.key] = str(HOURS_OF_A_YEAR + 740)


def _swap(place: Place) -> None:
    other = place.item.key.replace("longitude", "latitude")
    place.holder[place.item.key], place.holder[other] = place.holder[other], place.holder[place.item.key]


def _is_owed(item: Item) -> bool:
    return item.required is True and item.type in {"integer", "decimal", "text", "date"} and not item.prefill


def _is_chosen(item: Item) -> bool:
    return item.type in {"choice", "code"} and not item.prefill and bool(item.options or item.codelist)


SLIPS: Final = (
    Slip("任一表必填漏填", "C3", "required", _is_owed, _leave_out),
    Slip("代码不在代码表", "A6", "code", _is_chosen, _mistype),
    Slip(
        "小时数多于全年",
        "C4",
        "range",
        lambda item: item.maximum == HOURS_OF_A_YEAR and item.type == "integer",
        _overrun,
    ),
    Slip("经纬度颠倒", "B7", "range", lambda item: item.type == "dms" and item.key == "longitude", _swap),
)

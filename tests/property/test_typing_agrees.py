"""While somebody types, the phone asks only what leans on the change, and says what it says of the whole record."""

from __future__ import annotations

import json
import random
from collections.abc import Iterator
from typing import Any, Final

import pytest

from census.examples.records import answers_for
from forms.catalogue import catalogue
from forms.definition import Form, Item
from tests.evaluators import Browser, codes_of
from validation.evaluators.browser import rules_json
from validation.rulebook import compile_form

EDITS: Final = 60
ROWS: Final = 2
ODD: Final[tuple[Any, ...]] = (None, "", "0", "x", "-1", "12.345", ["1"], True)


@pytest.fixture(scope="module")
def browser() -> Iterator[Browser]:
    started = Browser()
    yield started
    started.close()


def test_a_record_kept_up_to_date_says_what_one_asked_anew_says(browser: Browser) -> None:
    differing: list[Any] = []
    for form in catalogue().forms():
        book = compile_form(form, catalogue(), form.stages)
        answers = answers_for(form.code, seed=3).answers
        request = {
            "book": form.code,
            "rules": rules_json(book),
            "codes": codes_of(book),
            "boundaries": {},
            "forget": True,
        }
        edits = list(drawn_edits(form, answers, random.Random(form.code)))
        differing += [(form.code, one) for one in browser.ask(request | {"answers": answers, "edits": edits})]
    assert differing == []


def drawn_edits(form: Form, answers: dict[str, Any], chance: random.Random) -> Iterator[tuple[str, Any]]:
    """Rows at the end of each group, then answers here and there: right ones of other examples, blanks, nonsense."""
    examples = [answers, *(answers_for(form.code, seed=seed).answers for seed in (4,))]
    lengths = {key: len(answers.get(key, ())) for key in form.groups()}
    for group, item in ((group, group.items[0]) for group in form.groups().values() for _ in range(ROWS)):
        yield f"/{group.key}", {item.key: _value(item, examples, chance)}
        lengths[group.key] += 1
    items = [item for item in form.items() if not item.computed]
    for item in chance.choices(items, k=EDITS):
        row = f"{item.rows_key}/{chance.randrange(lengths[item.rows_key])}/" if item.rows_key else ""
        yield f"/{row}{item.key}", _value(item, examples, chance)


def _value(item: Item, examples: list[dict[str, Any]], chance: random.Random) -> Any:
    rows = [row for one in examples for row in (one.get(item.rows_key, ()) if item.rows_key else (one,))]
    known = [row[item.key] for row in rows if item.key in row]
    return json.loads(json.dumps(chance.choice([*known, *known, chance.choice(ODD)])))

"""Every type of item is known wherever one has to be known, and a new one is told what it lacks."""

from __future__ import annotations

import json
import re
import subprocess
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path

import pytest

from census.examples import drafts, hints
from census.examples.records import answers_for
from census.schema import ROOT
from forms.answers.columns import columns
from forms.answers.values import display, parse, plain_reader
from forms.catalogue import Catalogue, catalogue
from forms.definition import Form, Item, load
from forms.item_types.numbers import DECIMAL
from forms.item_types.registry import (
    FACETS,
    TYPES,
    Facet,
    ItemType,
    MissingFacet,
    Question,
    UnknownItemType,
    holes,
    register,
)
from forms.item_types.values import Parsed
from forms.views import paper
from forms.views.fields import FIELDS, AnswerField, answers_from, fill, form_class
from forms.views.json_schema import item_schema
from tests.node import NODE
from tests.scripts import SCRIPTS, located
from validation.evaluators import xpath
from validation.evaluators.engine import frame_of
from validation.evaluators.record import check_record
from validation.rulebook import compile_form

READ_ON_THE_PHONE = Facet[object]("reading on the phone", "census/web/static/js/shared/values.js")

DEFINITION = """
code = "PC-1"
version = "2017.1"
title = "测试表"
programme = "census"
source_kind = "industrial"
subject = "object"

[[section]]
key = "main"
title = "基本情况"
items = [
    {key = "share", name = "回用比例", type = "percentage", precision = 1, required = true, minimum = 0, maximum = 100},
]

[[section]]
key = "lines"
title = "生产线"
repeat = {key = "line", title = "生产线", minimum = 1}
items = [{key = "load", name = "负荷", type = "percentage"}]

[[check]]
id = "PC-1-C01"
severity = "error"
expr = "share <= 90"
message = "回用比例一般不超过 90%。"
items = ["share"]
"""


def on_the_phone(script: str) -> object:
    module = (SCRIPTS / located("values")).as_uri()
    source = f"import {{ PARSERS, parse }} from {json.dumps(module)}; {script}"
    run = subprocess.run(
        [NODE, "--input-type=module", "--eval", source], check=True, capture_output=True, encoding="utf-8"
    )
    return json.loads(run.stdout)


@pytest.fixture(scope="module", autouse=True)
def phone() -> None:
    READ_ON_THE_PHONE.update(
        dict.fromkeys(on_the_phone("console.log(JSON.stringify(Object.keys(PARSERS)));"), "read")  # pyright: ignore[reportArgumentType, reportCallIssue]
    )


@pytest.fixture
def percentage() -> Iterator[ItemType]:
    """A type that only these tests know."""

    def show(_item: Item, raw: object, _value: object) -> str:
        return f"{raw}%"

    def question(_item: Item) -> Question:
        return Question("range", parameters="start=0 end=100")

    kind = replace(DECIMAL, name="percentage", words="应为百分数，不要带 % 号", show=show, question=question, unit="%")
    yield register(kind)
    del TYPES["percentage"]
    for facet in FACETS:
        facet.pop("percentage", None)


@pytest.fixture
def complete(percentage: ItemType) -> ItemType:
    """The type with all that other modules must know of it."""
    FIELDS[percentage.name] = AnswerField
    drafts.SAMPLES[percentage.name] = drafts.SAMPLES["decimal"]
    hints.TRIALS[percentage.name] = hints.TRIALS["decimal"]
    READ_ON_THE_PHONE[percentage.name] = "read"
    return percentage


@pytest.fixture
def form(complete: ItemType, tmp_path: Path) -> Form:
    assert complete.name in DEFINITION
    path = tmp_path / "pc-1.toml"
    path.write_text(DEFINITION, encoding="utf-8")
    return load(path)


def test_no_type_lacks_anything():
    assert list(holes()) == []


def test_every_table_of_types_is_asked_for_its_holes():
    made = [
        path.relative_to(ROOT).as_posix()
        for package in ("forms", "validation", "exports", "census")
        for path in (ROOT / package).rglob("*.py")
        if re.search(r"\bFacet\(\s*[\"\n]", path.read_text(encoding="utf-8"))
    ]
    assert sorted(made) == sorted(facet.module for facet in FACETS if facet is not READ_ON_THE_PHONE)


def test_a_new_type_is_told_exactly_what_it_lacks(percentage: ItemType):
    assert set(holes()) == {
        f"type '{percentage.name}' has no form field: forms/views/fields.py",
        f"type '{percentage.name}' has no plausible answer: census/examples/drafts.py",
        f"type '{percentage.name}' has no answers worth trying: census/examples/hints.py",
        f"type '{percentage.name}' has no reading on the phone: census/web/static/js/shared/values.js",
    }


def test_what_a_row_lacks_is_named_when_it_is_written():
    with pytest.raises(TypeError, match="'words', 'show', 'schema', and 'question'"):
        ItemType(name="half", wire="text", value="text", read=DECIMAL.read, plain=DECIMAL.plain)  # pyright: ignore[reportCallIssue]


def test_what_is_asked_of_a_type_that_lacks_it_is_refused_by_name(percentage: ItemType):
    with pytest.raises(MissingFacet, match=r"type 'percentage' has no form field: forms/views/fields\.py"):
        FIELDS[percentage.name]


def test_an_unknown_type_is_refused_where_the_item_is_made():
    with pytest.raises(UnknownItemType, match="no item type 'percent': expected one of text"):
        Item("share", "比例", "percent")


def test_a_name_is_taken_once():
    with pytest.raises(ValueError, match="two item types are called decimal"):
        register(DECIMAL)


def test_what_stands_under_an_unknown_name_is_found(percentage: ItemType):
    FIELDS["percentages"] = AnswerField
    found = [hole for hole in holes() if "unknown" in hole]
    del FIELDS["percentages"]
    assert found == ["forms/views/fields.py has a form field of the unknown type 'percentages'"]
    assert percentage.name in TYPES


def test_nothing_is_lacking_once_it_is_given(complete: ItemType):
    assert complete.name in TYPES
    assert list(holes()) == []


def test_an_item_of_a_new_type_is_read_and_shown(form: Form):
    item = form.item("share")
    assert parse(item, "12.5") == Parsed(12.5)
    assert parse(item, "12.55").problem == "precision"
    assert plain_reader(item)("12.5") == 12.5
    assert display(item, "12.5") == "12.5%"
    script = "PARSERS.percentage = PARSERS.decimal; console.log(JSON.stringify(parse({ type: 'percentage' }, '12.5')));"
    assert on_the_phone(script) == {"value": 12.5, "problem": ""}


def test_an_item_of_a_new_type_has_its_field_and_widget(form: Form):
    page = form_class(form)()
    fill(form, page, {"share": "12.5", "line": [{"load": "80"}]})
    assert 'value="12.5"' in str(page["share"]())
    assert 'data-number="grouped"' in str(page["share"]())
    assert answers_from(form, page) == {"share": "12.5", "line": [{"load": "80"}]}


def test_an_item_of_a_new_type_has_its_column_and_frame(form: Form):
    [share], [load_column] = columns(form), columns(form, "line")
    assert (share.kind, share.unit, load_column.sql_type) == ("number", "%", "DOUBLE")


def test_an_item_of_a_new_type_is_described_to_other_tools(form: Form):
    item = form.item("share")
    assert item_schema(item)["anyOf"][0] == {"type": "string", "pattern": r"^-?[0-9]{1,15}(\.[0-9]{1,1})?$"}
    assert item.kind.question(item).type == "range"
    assert xpath.xlsform_of(form).startswith(b"PK")
    assert "12.5%" in paper.html(form, {"share": "12.5"})


def test_an_item_of_a_new_type_is_checked_alone_and_in_a_batch_and_gets_its_examples(form: Form):
    from forms.answers.frames import Row

    forms = Catalogue((*catalogue().forms(), form))
    book = compile_form(form, forms)
    good, bad = answers_for("PC-1", forms=forms), answers_for("PC-1", "PC-1-C01", forms=forms)
    assert check_record(book, good.answers) == []
    assert {finding.check for finding in check_record(book, bad.answers)} == {"PC-1-C01"}
    assert [finding.message for finding in check_record(book, {"share": "12%", "line": [{}]})] == [
        "“回用比例”应为百分数，不要带 % 号。"
    ]
    rows = [Row(str(number), 1, "u", "440113", one.answers) for number, one in enumerate((good, bad))]
    assert frame_of(book, rows)["share"].tolist() == [float(good.answers["share"]), float(bad.answers["share"])]

"""A province adds a form with one data file: the file of the how-to, tried."""

from __future__ import annotations

import re
from pathlib import Path

import pandas as pd
import pytest

from census.examples.records import Example, answers_for
from census.schema import ROOT
from forms.answers.frames import Row
from forms.catalogue import Catalogue, catalogue
from forms.definition import Form, load
from forms.views import paper
from forms.views.client import client_form
from forms.views.fields import form_class
from forms.views.json_schema import json_schema
from forms.views.xlsform import xlsform
from validation.checkpoint import run
from validation.evaluators import xpath
from validation.evaluators.browser import rules_json
from validation.evaluators.engine import frame_of
from validation.evaluators.record import check_record
from validation.rulebook import RuleBook, compile_form

GUIDE = ROOT / "docs/how-to/add-a-form.md"


@pytest.fixture(scope="module")
def form(tmp_path_factory: pytest.TempPathFactory) -> Form:
    [text] = re.findall(r"```toml\n(.*?)```", GUIDE.read_text(encoding="utf-8"), re.DOTALL)
    path: Path = tmp_path_factory.mktemp("definitions") / "gd-1.toml"
    path.write_text(text, encoding="utf-8")
    return load(path)


@pytest.fixture(scope="module")
def forms(form: Form) -> Catalogue:
    return Catalogue((*(other for other in catalogue().forms() if other.code != form.code), form))


@pytest.fixture(scope="module")
def book(form: Form, forms: Catalogue) -> RuleBook:
    return compile_form(form, forms)


def failing(book: RuleBook, example: Example) -> list[str]:
    return sorted(
        {
            finding.check
            for finding in check_record(book, example.answers, related=example.related, baseline=example.baseline)
        }
    )


def test_each_of_its_checks_can_be_broken_alone(book: RuleBook, forms: Catalogue):
    assert failing(book, answers_for("GD-1", forms=forms)) == []
    assert {check.id: failing(book, answers_for("GD-1", check.id, forms=forms)) for check in book.form.checks} == {
        check.id: [check.id] for check in book.form.checks
    }


def test_phone_paper_and_other_tools_have_it(form: Form, book: RuleBook):
    assert "purifier" in form_class(form).unbound
    assert client_form(form)["form"] == rules_json(book)["form"] == "GD-1"
    assert "基准灶头数" in paper.html(form)
    assert "purifier" in json_schema(form)["properties"]
    names = xpath.names(form)
    assert xlsform(form, names, xpath.expressions(book, names)).startswith(b"PK")


def test_a_batch_is_judged_by_great_expectations(book: RuleBook, forms: Catalogue):
    examples = [answers_for("GD-1", "GD-1-C01", forms=forms), answers_for("GD-1", seed=1, forms=forms)]
    rows = [
        Row(str(number), 1, f"u{number}", "440113011001", example.answers) for number, example in enumerate(examples)
    ]
    frame: pd.DataFrame = frame_of(book, rows)
    result = run(frame, book)
    assert result.complete
    assert [(finding.key, finding.check) for finding in result.findings] == [("0", "GD-1-C01")]

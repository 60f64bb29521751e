from __future__ import annotations

import re

import pytest
from markupsafe import escape

from census.examples.records import answers_for
from forms.catalogue import catalogue
from forms.views import paper

FORMS = sorted({form.code for form in catalogue().forms()})
LINK = "https://census.example/collect/units/0190a6f0-0000-7000-8000-000000000001"


def text_of(page: str) -> str:
    return re.sub(r"\s+", " ", re.sub(r"<[^>]+>", " ", page))


@pytest.mark.parametrize("code", FORMS)
def test_the_sheet_shows_every_item_with_its_number_and_unit(code: str):
    form = catalogue().current(code)
    page = paper.html(form)
    missing = [
        item.key for item in form.items() if str(escape(item.name)) not in page or (item.unit and item.unit not in page)
    ]
    assert missing == []
    assert "<script" not in page
    assert " style=" not in page


def test_the_head_names_form_approval_and_validity():
    page = text_of(paper.html(catalogue().current("G102")))
    assert all(
        words in page
        for words in ("G102", "国统制〔2018〕103号", "国家统计局", "2019 年 12 月 31 日", "单位负责人", "报出日期")
    )


def test_a_filled_sheet_shows_answers_and_ticks_what_was_chosen():
    example = answers_for("G101-1")
    page = paper.html(catalogue().current("G101-1"), example.answers)
    assert example.answers["gross_output"].split(".")[0][-3:] in text_of(page)
    assert re.search(r"☑</span> 1 运行", page)
    assert re.search(r"□</span> 2 全年停产", page)


def test_what_people_typed_is_no_markup():
    page = paper.html(catalogue().current("G102"), {"unit_name": "<b>厂</b>"})
    assert "<b>厂</b>" not in page
    assert "&lt;b&gt;厂&lt;/b&gt;" in page


def test_the_code_of_a_unit_is_drawn_only_where_there_is_one():
    form = catalogue().current("G102")
    assert "<svg" in paper.html(form, link=LINK)
    assert "<svg" not in paper.html(form)

from __future__ import annotations

import pytest

from census.examples.records import answers_for
from forms.catalogue import catalogue
from validation.rulebook import compile_form
from validation.working import Figure, figures


def worked(code: str) -> list[Figure]:
    example = answers_for(code)
    return list(
        figures(compile_form(catalogue().current(code), catalogue()), catalogue(), example.answers, example.related)
    )


def test_a_figure_tells_from_which_items_and_values_it_came():
    [cod] = [figure for figure in worked("J104-3") if figure.item.key == "cod_discharged"]
    assert cod.value is not None
    assert "“化学需氧量”的出口浓度年平均值" in cod.working
    assert "J104-1 出口水量" in cod.working
    assert cod.working.endswith("÷ 1\u2009000\u2009000")
    assert cod.missing == ()


def test_each_row_has_its_own_figure_and_the_sum_names_the_rows():
    found = worked("Y203")
    rows = [figure for figure in found if figure.row is not None]
    [total] = [figure for figure in found if figure.item.key == "voc_total"]
    assert total.value == pytest.approx(sum(figure.value or 0 for figure in rows))
    assert "各行" in total.working


def test_what_is_missing_is_named():
    book = compile_form(catalogue().current("J104-3"), catalogue())
    [cod] = [figure for figure in figures(book, catalogue(), {}, {}) if figure.item.key == "cod_discharged"]
    assert cod.value is None
    assert "J104-1 出口水量（排放量）" in cod.missing

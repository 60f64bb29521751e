from __future__ import annotations

import pytest

from forms.catalogue import Catalogue
from forms.definition import Form, Item, Repeat, Section
from validation.language.expression import ExpressionError, parse, scope_of
from validation.language.functions import FUNCTIONS, PYTHON
from validation.language.nodes import Aggregate, Choose, Compare, Nothing, Same, Value
from validation.language.patterns import PatternError, portable

WATER = Form(
    "G102",
    "1",
    "废水",
    "census",
    "industrial",
    "object",
    (
        Section(
            "main",
            "主表",
            (
                Item("intake", "取水量", "integer"),
                Item("tap", "自来水", "decimal", precision=2),
                Item("price", "价格", "decimal"),
                Item("name", "名称", "text"),
                Item("has_outlet", "有排放口", "yesno"),
                Item("outlet_name", "排放口", "text", when="has_outlet"),
                Item("kinds", "种类", "multichoice", options=(("1", "一"), ("2", "二"))),
                Item("filled_on", "日期", "date"),
                Item("position", "定位", "gps"),
                Item("region", "区划", "code", codelist="regions"),
                Item("facility_count", "套数", "integer"),
            ),
        ),
        Section(
            "treatment",
            "设施",
            (
                Item("hours", "小时", "integer", rows_key="facility"),
                Item("method", "方法", "text", rows_key="facility", when="hours > 0"),
            ),
            repeat=Repeat("facility", "设施"),
            when="facility_count > 0",
        ),
    ),
    (),
    baseline=("name",),
)
BASIC = Form(
    "G101-1",
    "1",
    "基本",
    "census",
    "industrial",
    "object",
    (Section("main", "主表", (Item("hours", "时间", "integer"),)),),
    (),
)
CATALOGUE = Catalogue((WATER, BASIC))


def tree(text: str, each: str = "") -> object:
    return parse(text, scope_of(WATER, CATALOGUE, each))


@pytest.mark.parametrize(
    "text",
    [
        "intake == tap + 3",
        "0 <= intake <= 100",
        "name in ('a', 'b')",
        '"1" in kinds',
        'any_of(kinds, ("1", "2"))',
        "intake in (1, 2)",
        "blank(name) or not has_outlet",
        "sum(r.hours for r in facility if r.hours > 3) >= 0",
        "count(facility) == facility_count",
        "count(kinds) >= 1",
        "unique(r.method for r in facility)",
        "unique((name, region))",
        "all(r.hours <= 8760 for r in facility)",
        "inside(position.lon, position.lat, prefix(region, 6))",
        'code(region).level == "county"',
        'present("G101-1")',
        "G101_1.hours >= 3",
        'filled_on >= date("2017-12-31")',
        "filled_on - date(2017, 12, 31) < 365",
        "year(filled_on) == 2017",
        "baseline.name == name",
        'matches(name, "[0-9A-Z]{18}")',
        "(intake if has_outlet else tap) > 0",
        "max(intake, tap, 0) > 1",
        "explained(name)",
        "intake ==\n  tap",
        'present("G103-1") or G103_1.anything > 3',
        "any(r.x > 1 for r in G103_1.rows)",
    ],
)
def test_the_language_reads(text: str):
    assert parse(text, scope_of(WATER, CATALOGUE)).kind in ("bool", "any")


def test_a_generator_over_an_item_that_is_itself_summed_over_rows_is_refused():
    form = Form(
        "T1",
        "1",
        "试表",
        "census",
        "industrial",
        "object",
        (
            Section("parts", "部分", (Item("amount", "数量", "integer", rows_key="part"),), Repeat("part", "部分")),
            Section(
                "wholes",
                "整体",
                (Item("total", "合计", "integer", rows_key="whole", computed="sum(p.amount for p in part)"),),
                Repeat("whole", "整体"),
            ),
        ),
        (),
    )
    with pytest.raises(ExpressionError, match="stands in no other"):
        parse("sum(w.total for w in whole) > 1", scope_of(form, Catalogue((form,))))


@pytest.mark.parametrize(
    ("text", "position", "problem"),
    [
        ('intake == "3"', 1, "codes are texts"),
        ("intake > foo", 10, "no item 'foo'"),
        ("名称 == intake or foo", 1, "no item"),
        ("name < name", 1, "orders numbers"),
        ("name is None", 1, "blank(item)"),
        ("__import__('os')", 1, "no function"),
        ("(lambda: 1)()", 1, "only functions"),
        ("[1][0]", 1, "Subscript"),
        ("sum(intake)", 1, "wants a generator"),
        ("coalesce(tap, name)", 15, "wants number"),
        ('matches(name, "\\\\d")', 15, "a pattern holds"),
        ("f'{name}'", 1, "not part of"),
        ("intake +", 1, "not readable"),
        ("hours > 3", 1, "no item 'hours'"),
        ("G101_1.zz > 1", 1, "no item 'zz'"),
        ("baseline.region == region", 1, "register does not know"),
        ("intake and has_outlet", 1, "wants bool"),
        ("position == position", 1, "as a whole"),
        ("sum(sum(q.hours for q in facility) for r in facility) > 1", 8, "stands in no other"),
        ("intake ** 2 > 1", 1, "arithmetic is"),
    ],
)
def test_what_is_not_in_the_language_is_refused_with_its_place(text: str, position: int, problem: str):
    with pytest.raises(ExpressionError) as refused:
        tree(text)
    assert problem in refused.value.problem
    assert refused.value.position == position


def test_a_deep_expression_is_refused_not_crashed():
    with pytest.raises(ExpressionError):
        tree("(" * 3000 + "1" + ")" * 3000)


def test_a_hidden_item_reads_as_blank():
    read = tree("outlet_name")
    assert isinstance(read, Choose)
    assert read.otherwise == Nothing("text")


def test_rows_of_a_hidden_section_are_no_rows():
    read = tree("count(facility) > 0")
    assert isinstance(read, Compare)
    assert isinstance(read.left, Aggregate)
    assert isinstance(read.left.rows.when, Compare)


def test_row_names_come_first():
    assert tree("hours", each="facility") == Value("row", "hours", "number", group="facility", decimals=0)


def test_a_form_without_definition_is_blank():
    assert tree('present("G103-1")') == Nothing("bool")


def test_a_condition_that_leans_on_itself_is_refused():
    items = (Item("a", "甲", "yesno", when="b"), Item("b", "乙", "yesno", when="a"))
    circular = Form("X-1", "1", "环", "census", "listing", "object", (Section("main", "主表", items),), ())
    with pytest.raises(ExpressionError, match="leans on itself"):
        parse("a", scope_of(circular, Catalogue((circular,))))


@pytest.mark.parametrize(
    ("text", "tolerance"),
    [
        ("intake == tap", 0.5),
        ("tap <= 3", 0.005),
        ("tap / intake <= 0.2", None),
        ("tap / 2 <= 3", 0.005),
        ("price <= 3", None),
        ("count(facility) == 3", 0.5),
        ("sum(r.hours for r in facility) <= tap", 0.5),
        ("filled_on >= filled_on", 0.0),
        ("filled_on - filled_on > 3", 0.5),
    ],
)
def test_the_tolerance_follows_the_coarsest_declared_decimal(text: str, tolerance: float | None):
    read = tree(text)
    assert isinstance(read, Compare)
    assert read.tolerance == tolerance


def test_texts_are_compared_exactly():
    assert isinstance(tree('name == "x"'), Same)


def test_functions_and_their_python_stand_under_the_same_names():
    assert set(FUNCTIONS) == set(PYTHON)


@pytest.mark.parametrize("pattern", ["[0-9A-HJ]{18}", "(a|b)+c?", "0[0-9]{2,3}-?.*", "\\.\\(x\\)", "[^a-z]"])
def test_portable_patterns_are_accepted(pattern: str):
    portable(pattern)


@pytest.mark.parametrize(
    "pattern", ["\\d", "^a", "a$", "(?:a)", "(?=a)", "a*?", "a++", "[[:alpha:]]", "(a", "a)", "*a", "\\1", "[]"]
)
def test_what_engines_read_differently_is_refused(pattern: str):
    with pytest.raises(PatternError):
        portable(pattern)

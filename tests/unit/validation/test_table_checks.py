"""Checks between records, asked through Great Expectations: each finds what it should and nothing else."""

from __future__ import annotations

import math
import random
from collections.abc import Sequence
from dataclasses import replace
from typing import Any

import pytest

from forms.answers.frames import Row
from forms.catalogue import Catalogue
from forms.checks import TableCheck
from forms.definition import Form, Item, Repeat, Section
from validation.rulebook import RuleBook, compile_form

VILLAGE, NEXT_VILLAGE, OTHER_TOWN = "440113011001", "440113011002", "440113012001"
COUNTY = "440113"

AREA = Form(
    "N202",
    "2017.1",
    "区域",
    "census",
    "agricultural",
    "area",
    (Section("main", "主表", (Item("pigs", "生猪", "integer"),)),),
    (),
)
PLANT = Form(
    "J101-1",
    "2017.1",
    "污水处理厂",
    "census",
    "centralized",
    "object",
    (Section("main", "主表", (Item("unit_name", "名称", "text"), Item("open", "运行", "yesno"))),),
    (),
    applies_when="G101_1.wastewater",
)
BASIC = Form(
    "G101-1",
    "2017.1",
    "基本情况",
    "census",
    "industrial",
    "object",
    (Section("main", "主表", (Item("wastewater", "有废水", "yesno"), Item("industry", "行业", "text"))),),
    (),
)


def water_form(*checks: TableCheck) -> Form:
    return Form(
        "G102",
        "2017.1",
        "废水",
        "census",
        "industrial",
        "object",
        (
            Section(
                "main",
                "主表",
                (
                    Item("code", "代码", "text"),
                    Item("name", "名称", "text"),
                    Item("water", "取水量", "decimal", precision=2),
                    Item("output", "产值", "decimal", precision=2),
                    Item("position", "定位", "gps"),
                    Item("longitude", "经度", "dms"),
                    Item("latitude", "纬度", "dms"),
                    Item("kept", "饲养", "integer"),
                ),
            ),
            Section(
                "outlets",
                "排口",
                (
                    Item("receiver", "去向单位", "text", rows_key="outlet"),
                    Item("kind", "去向", "text", rows_key="outlet"),
                ),
                repeat=Repeat("outlet", "排口"),
            ),
        ),
        (),
        table_checks=checks,
        applies_when="G101_1.wastewater",
    )


def book(form: Form) -> RuleBook:
    others = [PLANT, BASIC]
    if form.code == AREA.code:
        others.append(water_form())
    else:
        others.append(AREA)
    return compile_form(form, Catalogue((form, *others)))


def a_check(kind: Any, **keys: Any) -> TableCheck:
    return TableCheck("T1", "warning", kind, keys.pop("columns", ()), "请核对。", **keys)


def row(number: int, answers: dict[str, Any], region: str = VILLAGE, **related: dict[str, Any]) -> Row:
    forms = {code.replace("_", "-"): each for code, each in related.items()}
    return Row(f"k{number}", 1, f"u{number}", region, answers, forms, present=frozenset(forms) | {"G102"})


def rows(*answers: dict[str, Any], region: str = VILLAGE) -> list[Row]:
    return [row(number, each, region) for number, each in enumerate(answers)]


def found(form: Form, records: Sequence[Row], units: Sequence[Row] | None = None) -> list[tuple[str, tuple[int, ...]]]:
    """Run the form's checks over records and, where units are given, the register they are part of."""
    from validation.checkpoint import run
    from validation.evaluators.engine import Surroundings, frame_of, register_of

    rulebook = book(form)
    surroundings = None
    if units is not None:
        owing = [unit.region_code.startswith(COUNTY) for unit in units]
        surroundings = Surroundings(register_of(rulebook, units, owing))
    result = run(frame_of(rulebook, records), rulebook, surroundings=surroundings)
    assert result.complete, result.crashed
    assert {each.check for each in result.findings} <= {"T1"}
    return [(each.key, each.rows) for each in result.findings] or [(unit, ()) for unit in result.lacking]


def keys(*numbers: int) -> list[tuple[str, tuple[int, ...]]]:
    return [(f"k{number}", ()) for number in numbers]


def test_a_code_that_two_records_share_is_found_at_both():
    form = water_form(a_check("unique", columns=("code", "name")))
    records = rows({"code": "a"}, {"code": "a"}, {"code": "a", "name": "x"}, {"name": "x"}, {}, {})
    assert found(form, records) == keys(0, 1)
    assert found(form, rows({"code": "a"})) == []


def test_only_records_of_different_towns_share_a_code_across_towns():
    form = water_form(a_check("unique", columns=("code",), across="town"))
    records = [
        row(0, {"code": "a"}),
        row(1, {"code": "a"}, NEXT_VILLAGE),
        row(2, {"code": "b"}),
        row(3, {"code": "b"}, OTHER_TOWN),
        row(4, {"code": "a"}, COUNTY),
        row(5, {}, OTHER_TOWN),
    ]
    assert found(form, records) == keys(2, 3)


def test_a_code_may_be_used_once_in_every_county():
    form = water_form(a_check("unique", columns=("code",), within="county"))
    records = [
        row(0, {"code": "a"}),
        row(1, {"code": "a"}, "440114011001"),
        row(2, {"code": "b"}),
        row(3, {"code": "b"}, OTHER_TOWN),
        row(4, {"code": "b"}, "44"),
    ]
    assert found(form, records) == keys(2, 3)


def test_near_records_of_one_operator_are_found_at_both():
    form = water_form(a_check("near_duplicate", columns=("code",), position="position", within_m=30))
    here, there, far = ({"lon": lon, "lat": "22.93"} for lon in ("113.3600", "113.3601", "113.37"))
    records = rows(
        {"code": "a", "position": here},
        {"code": "a", "position": there},
        {"code": "a", "position": far},
        {"code": "b", "position": here},
        {"code": "a"},
        {"position": here},
        {"position": here},
    )
    assert found(form, records) == keys(0, 1)


LISTED = a_check("listed_in", columns=("receiver",), each="outlet", where='kind == "E"', other="J101-1.unit_name")


def test_a_receiver_that_no_plant_is_called_is_found_at_its_row():
    records = rows(
        {
            "outlet": [
                {"receiver": "大石厂", "kind": "E"},
                {"receiver": "无名厂", "kind": "E"},
                {"receiver": "河", "kind": "A"},
                {"kind": "E"},
            ]
        },
        {"outlet": [{"receiver": "大石厂", "kind": "E"}]},
        {},
    )
    plants = [row(8, {}, J101_1={"unit_name": "大石厂"}), row(9, {}, J101_1={})]
    assert found(water_form(LISTED), records, plants) == [("k0", (1,))]
    in_another_town = [row(8, {}, OTHER_TOWN, J101_1={"unit_name": "大石厂"})]
    assert found(water_form(replace(LISTED, within="town")), records, in_another_town) == []


def test_a_list_that_is_not_there_yet_lacks_no_name():
    records = rows({"outlet": [{"receiver": "大石厂", "kind": "E"}]})
    assert found(water_form(LISTED), records, rows({})) == []


def test_a_unit_that_owes_the_form_and_has_none_is_counted_against_the_register():
    form = water_form(a_check("coverage"))
    owes, owes_nothing = {"wastewater": True}, {"wastewater": False}
    units = [
        row(0, {}, G101_1=owes, G102={}),
        row(1, {}, G101_1=owes),
        row(2, {}, G101_1=owes_nothing),
        row(3, {}),
        row(4, {}, "440114011001", G101_1=owes),
        row(5, {}, G101_1=owes),
    ]
    units = [replace(unit, present=frozenset(unit.related)) for unit in units]
    assert found(form, rows({}), units) == [("u1", ()), ("u5", ())]
    assert found(form, [], []) == []


RATIO = a_check("outlier", columns=("water",), value="water / output", by="prefix(G101_1.industry, 2)")


def of_industry(number: int, water: float, output: float, industry: str = "3311") -> Row:
    return row(number, {"water": f"{water:.2f}", "output": f"{output:.2f}"}, G101_1={"industry": industry})


def test_a_ratio_that_stands_out_of_its_industry_is_found():
    chance = random.Random(7)
    plants = [
        of_industry(number, output * chance.lognormvariate(2, 0.8), output)
        for number in range(40)
        for output in [chance.lognormvariate(6, 1)]
    ]
    thirsty = [of_industry(100 + number, 5_000 * chance.lognormvariate(2, 0.8), 1, "1711") for number in range(30)]
    slipped = of_industry(200, 100 * math.exp(2) * 10_000, 100)
    blanks = [
        row(201, {}),
        row(202, {"water": "5.00", "output": "0.00"}, G101_1={"industry": "3311"}),
        row(203, {"water": "9999999.00", "output": "1.00"}),
    ]
    records = [*plants, *thirsty, slipped, *blanks]
    assert found(water_form(RATIO), records, []) == [("k200", ())]


def test_a_group_below_the_minimum_is_not_judged():
    records = [*(of_industry(number, 1, 1) for number in range(18)), of_industry(18, 10_000, 1)]
    assert found(water_form(RATIO), records, []) == []
    assert found(water_form(replace(RATIO, group_minimum=19)), records, []) == [("k18", ())]


def test_a_group_that_agrees_has_no_outlier_a_few_per_cent_away():
    records = [*(of_industry(number, 100, 1) for number in range(30)), of_industry(30, 110, 1), of_industry(31, 200, 1)]
    assert found(water_form(RATIO), records, []) == [("k31", ())]
    linear = replace(RATIO, value="water", scale="linear")
    assert found(water_form(linear), records, []) == [("k31", ())]


KEPT = a_check("region_sum", columns=("pigs",), other="G102", sum="kept", within="county", tolerance=0.05)


def test_a_region_s_figure_is_held_against_the_sum_over_its_objects():
    areas = [
        Row(f"k{number}", 1, f"u{number}", region, {"pigs": pigs})
        for number, (region, pigs) in enumerate(
            [(COUNTY, "100"), (COUNTY, "80"), (COUNTY, None), ("440114", "1"), ("44", "7")]
        )
    ]
    farms = [
        row(10, {}, G102={"kept": "60"}),
        row(11, {}, OTHER_TOWN, G102={"kept": "44"}),
        row(12, {}, G102={}),
        row(13, {}, "440114011001", G101_1={}),
    ]
    farms = [replace(unit, present=frozenset(unit.related)) for unit in farms]
    assert found(replace(AREA, table_checks=(KEPT,)), areas, farms) == keys(1)
    assert found(replace(AREA, table_checks=(replace(KEPT, compare="<="),)), areas, farms) == keys(1)
    assert found(replace(AREA, table_checks=(replace(KEPT, compare=">="),)), areas, farms) == []
    assert found(replace(AREA, table_checks=(replace(KEPT, sum="1"),)), areas, farms) == keys(0, 1)


def test_a_position_far_from_the_smallest_region_that_has_an_outline_is_found():
    form = water_form(a_check("far_from_area", columns=("longitude", "latitude"), within_m=2_000))

    def at(lon: tuple[int, int], lat: tuple[int, int]) -> dict[str, Any]:
        return {"longitude": {"d": lon[0], "m": lon[1], "s": "0"}, "latitude": {"d": lat[0], "m": lat[1], "s": "0"}}

    inside, foshan = at((113, 22), (22, 56)), at((113, 7), (23, 1))
    records = [
        row(0, inside),
        row(1, foshan),
        row(2, {}),
        row(3, foshan, "450101001001"),
        row(4, {"longitude": foshan["longitude"]}),
    ]
    assert found(form, records) == keys(1)


def test_a_village_with_an_outline_is_asked_before_its_county():
    from validation.checkpoint import run
    from validation.evaluators.engine import Surroundings, frame_of, register_of

    form = water_form(a_check("far_from_area", position="position", within_m=100))
    square = (((113.36, 22.93), (113.37, 22.93), (113.37, 22.94), (113.36, 22.94)),)
    records = rows(*({"position": {"lon": lon, "lat": "22.935"}} for lon in ("113.365", "113.3705", "113.372")))
    rulebook = book(form)
    surroundings = Surroundings(register_of(rulebook, [], []), {VILLAGE: [square]})
    result = run(frame_of(rulebook, records), rulebook, surroundings=surroundings)
    assert [each.key for each in result.findings] == ["k2"]  # 51 m outside is near enough, 205 m is not


@pytest.mark.parametrize("check", [LISTED, a_check("coverage"), RATIO])
def test_what_is_true_of_a_whole_region_only_is_not_asked_of_a_part(check: TableCheck):
    from validation.checkpoint import run
    from validation.evaluators.engine import frame_of

    rulebook = book(water_form(check))
    result = run(frame_of(rulebook, rows({"outlet": [{"receiver": "无名厂", "kind": "E"}]})), rulebook)
    assert result.suite_size == len(rulebook.rules) + 3
    assert result.findings == ()


def test_a_hundred_thousand_records_are_asked_in_a_moment():
    from validation.evaluators.engine import Surroundings, failing, frame_of, register_of

    checks = [
        a_check("unique", columns=("code",), across="town"),
        a_check("near_duplicate", columns=("code",), position="position", within_m=30),
        LISTED,
        a_check("coverage"),
        replace(RATIO, threshold=8),
        a_check("far_from_area", position="position", within_m=100),
    ]
    form = water_form(*(replace(check, id=f"T{number}") for number, check in enumerate(checks)))
    chance = random.Random(3)
    records = [
        replace(
            of_industry(number, math.exp(chance.gauss(3, 1)), 1, f"{13 + number % 30}11"),
            region_code=f"4401130{11 + number % 5:02}001",
        )
        for number in range(2_000)
    ]
    records[1_000] = replace(records[1_000], answers={"water": "90000000.00", "output": "1.00"})
    frame = frame_of(book(form), records)
    big = frame.loc[frame.index.repeat(50)].reset_index(drop=True)
    units = register_of(
        book(form), [replace(each, present=frozenset({"G101-1"})) for each in records], [True] * len(records)
    )
    found = failing(big, (), book(form).tables, Surroundings(units))
    assert [len(each.records) for each in found] == [0, 0, 0, 0, 50, 0]

"""Summary tables tie, and the report tells nothing that lets a firm be recognised."""

from __future__ import annotations

import zipfile
from pathlib import Path
from typing import Any
from uuid import UUID

import duckdb
import orjson
import pytest
import python_calamine

from exports.bundle import Bundle
from exports.engines import Summary, queries, run
from exports.record import Computed, Door, Progress, Standing
from exports.report import shown_industries
from tests.builders.exports import a_bundle, a_finding, a_record, a_source, a_unit


def plant(number: int, town: str = "440113011", industry: str | None = "3311", **answers: Any) -> tuple[Any, Any]:
    unit = a_unit(number, town, industry_code=industry)
    outlets = [
        {"wastewater_discharged": "100", "cod_emitted": "0.125"},
        {"wastewater_discharged": str(number), "cod_emitted": None},
    ]
    return unit, a_record(unit, {"water_intake_total": "1000", "outlet": outlets, **answers})


@pytest.fixture(scope="module")
def made(tmp_path_factory: pytest.TempPathFactory) -> Bundle:
    plants = [
        plant(1),
        plant(2),
        plant(3, "440113012", "1711"),
        plant(4, "999999999", None),
        plant(5, "440113012", "1711"),
        plant(6, "440113012", "1711"),
    ]
    units, records = [unit for unit, _ in plants], [record for _, record in plants]
    basic = a_record(units[0], {"industry_code_1": "1711"}, id=str(UUID(int=1)), form="G101-1")
    findings = [
        a_finding(records[0]),
        a_finding(records[1], state="open", explanation=""),
        a_finding(records[3], state="exempt", severity="error", explanation="有证明 <b>。"),
    ]
    standing = Standing(
        "还不能上报：问题没有通过",
        (Door("审核", is_open=True, says="全部通过"), Door("问题", is_open=False, says="1 条没有说明")),
        (Progress("440113011", 9, 5, 2), Progress("440113012", 4, 4, 4)),
    )
    return a_bundle(
        tmp_path_factory.mktemp("summary"),
        a_source(units=units, records=[basic, *records], findings=findings, standing=standing),
    )


def summary(made: Bundle, name: str) -> Summary:
    [found] = run(made.folder / "aggregate.duckdb", [query for query in queries() if query.name == name])
    return found


@pytest.mark.parametrize(
    "query",
    [query for query in queries() if any(column.kind == "sum" for column in query.columns)],
    ids=lambda query: query.name,
)
def test_the_lines_of_a_table_add_up_to_its_total(made: Bundle, query: Any):
    found = summary(made, query.name)
    *lines, total = found.rows
    for place, column in enumerate(found.query.columns):
        if column.kind == "sum":
            assert total[place] == pytest.approx(sum(float(line[place] or 0) for line in lines))


def test_wastewater_is_counted_by_the_industry_that_the_plant_itself_gave(made: Bundle):
    found = summary(made, "wastewater_by_industry")
    assert [(row[0], row[2], row[3], row[4], row[5]) for row in found.rows] == [
        ("17", 4, 4000, 415, 0.5),
        ("33", 1, 1000, 102, 0.125),
        ("", 1, 1000, 104, 0.125),
        ("合计", 6, 6000, 621, 0.75),
    ]
    assert found.rows[2][1] == "（未对上行业）"
    with duckdb.connect(str(made.folder / "aggregate.duckdb"), read_only=True) as connection:
        assert connection.execute("select sum(wastewater_discharged) from G102_outlet").fetchone() == (621,)


def test_towns_add_up_and_a_town_that_nobody_knows_is_shown(made: Bundle):
    objects, findings = summary(made, "objects_by_town"), summary(made, "findings_by_town")
    assert [(row[1], row[-1]) for row in objects.rows] == [
        ("小谷围街道", 2),
        ("南村镇", 3),
        ("（未知乡镇街道）", 1),
        ("", 6),
    ]
    assert [(row[1], row[3], row[-4:]) for row in findings.rows] == [
        ("小谷围街道", "G102-C02", (1, 1, 0, 2)),
        ("（未知乡镇街道）", "G102-C02", (0, 0, 1, 1)),
        ("", "", (1, 1, 1, 3)),
    ]


def test_computed_figures_leave_as_such_and_have_no_total_across_pollutants(tmp_path: Path):
    units = [a_unit(1), a_unit(2), a_unit(3, "440113", kind="county", region_code="440113")]
    computed = [
        Computed(unit.id, unit.region_code, "J104-3", no, key, label, None, value, "吨")
        for unit, value in zip(units, (0.25, 1.5), strict=False)
        for no, key, label in (("01", "cod_discharged", "化学需氧量排放量"), ("15", "so2_emitted", "二氧化硫排放量"))
    ]
    computed.append(Computed(units[2].id, "440113", "Y202-4", "05", "pm_total", "颗粒物合计", None, 3.5, "吨"))
    made = a_bundle(tmp_path, a_source(units=units, records=[], findings=[], computed=computed))
    assert summary(made, "computed_figures").rows == (
        ("J104-3", "普查对象", "01", "化学需氧量排放量", "吨", 2, 1.75),
        ("J104-3", "普查对象", "15", "二氧化硫排放量", "吨", 2, 1.75),
        ("Y202-4", "地区", "05", "颗粒物合计", "吨", 1, 3.5),
    )
    with zipfile.ZipFile(made.package.path) as archive:
        lines = archive.read("tables/computed.csv").decode().splitlines()
        [described] = [
            each
            for each in orjson.loads(archive.read("datapackage.json"))["resources"]
            if each["path"] == "tables/computed.csv"
        ]
    assert lines[1:] == [
        f"{each.unit},{each.region_code},{each.form},{each.item_no},{each.item},{each.label},,{each.value},吨"
        for each in computed
    ]
    assert described["title"] == "核算结果（由程序算出，不是填报）"
    page = (made.folder / "report.html").read_text(encoding="utf-8")
    assert "核算表结果（由程序算出，不是填报）" in page
    assert "颗粒物合计" in page
    assert "化学需氧量排放量" not in page  # of two firms each would know the other's


def test_a_workbook_says_of_what_when_and_from_what_it_was_made(made: Bundle):
    sheet = (
        python_calamine.load_workbook(made.folder / "summary" / "wastewater_by_industry.xlsx")
        .get_sheet_by_index(0)
        .to_python()
    )
    heads = {str(row[0]): str(row[1]) for row in sheet[:10]}
    assert (heads["普查年度"], heads["区划"], heads["数据版本"]) == ("2017", "番禺区 440113", made.package.digest[:12])
    assert {"汇总口径", "来源", "生成时间", "普查对象数", "填报表数"} <= heads.keys()


def test_an_industry_of_few_firms_is_told_only_among_others():
    def row(division: str, plants: int, water: int) -> dict[str, str | int | float | None]:
        return {
            "division": division,
            "industry": division,
            "plants": plants,
            "intake": 0,
            "wastewater": water,
            "cod": 0,
            "ammonia": 0,
            "nitrogen": 0,
            "phosphorus": 0,
        }

    shown, hidden = shown_industries([row("13", 5, 10), row("17", 2, 90), row("33", 3, 20), row("39", 4, 5)])
    assert ([(each["division"], each["plants"], each["wastewater"]) for each in shown], hidden) == (
        [("33", 3, 20), ("13", 5, 10), ("", 6, 95)],
        1,
    )
    assert shown_industries([row("13", 2, 10)]) == ([], 1)


def test_the_report_tells_where_the_region_stands_without_script_or_network(made: Bundle):
    page = (made.folder / "report.html").read_text(encoding="utf-8")
    assert "还不能上报：问题没有通过" in page
    assert "1 条没有说明" in page
    assert "有证明 &lt;b&gt;。" in page
    assert "<svg" in page
    assert [word for word in ("<script", "http://", "https://", "兴盛五金加工厂", "工厂 1") if word in page] == []

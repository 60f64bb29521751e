from __future__ import annotations

import io
from pathlib import Path

import pytest
import xlsxwriter
from sqlalchemy import func, select
from sqlalchemy.orm import Session

from census.models.register import Assignment, EnumerationArea, Region, Team, Unit
from census.services.register.importing import BadFile, Report, import_register
from census.services.tables import NoTable, read_table
from tests.builders.api import VILLAGE, an_account

HEADINGS = ["单位名称", "统一社会信用代码", "区划代码", "行业代码", "经度", "纬度", "普查员", "联系人"]
GOOD = ["兴盛五金加工厂", "91440101MA59ABCD16", VILLAGE, "3360", "113.39", "23.04", "enumerator01", "陈某"]


@pytest.fixture(autouse=True)
def place(session: Session) -> None:
    session.merge(Region(code=VILLAGE, name="北亭村", level="village"))
    an_account(session, "enumerator01")


def take(session: Session, *rows: list[str], most_rejected: int = 0, dry_run: bool = False) -> Report:
    from validation.language.functions import uscc_check_character

    good = GOOD.copy()
    good[1] = good[1][:17] + uscc_check_character(good[1][:17])
    table = [HEADINGS, *(rows or [good])]
    return import_register(session, table, most_rejected=most_rejected, dry_run=dry_run, actor="test")


def row(**changes: str) -> list[str]:
    cells = dict(zip(HEADINGS, ["", "", VILLAGE, "", "", "", "", ""], strict=True)) | {"单位名称": "某厂"} | changes
    return list(cells.values())


def test_areas_and_teams_come_along_and_likely_doubles_are_named(session: Session) -> None:
    lead = an_account(session, "supervisor01", "supervisor")
    team = Team(name="一组", region_code=VILLAGE, supervisor_id=lead.id)
    session.add(team)
    session.flush()
    headings = ["单位名称", "区划代码", "地址", "普查小区代码", "普查小区名称", "组", "经度", "纬度"]
    rows = [
        ["甲厂", VILLAGE, "一号", f"{VILLAGE}0001", "第一小区", "一组", "113.39", "23.04"],
        ["甲厂", VILLAGE, "二号", f"{VILLAGE}0001", "第一小区", "", "", ""],
        ["乙厂", VILLAGE, "三号", "", "", "", "113.39001", "23.04001"],
        ["丙厂", VILLAGE, "四号", "1234", "第九小区", "", "", ""],
        ["丁厂", VILLAGE, "五号", "", "", "十组", "", ""],
    ]
    report = import_register(session, [headings, *rows], most_rejected=2, dry_run=False, actor="test")
    assert ([one.row for one in report.rejected], [one.row for one in report.doubtful], report.areas) == (
        [5, 6],
        [3, 4],
        1,
    )
    assert session.scalars(select(EnumerationArea.name)).all() == ["第一小区"]
    assert session.execute(select(Assignment.account_id, Assignment.team_id)).one() == (None, team.id)
    assert "G101-1" in session.scalars(select(Unit).where(Unit.name == "乙厂")).one().forms


def count(session: Session, table: type) -> int:
    return session.scalar(select(func.count()).select_from(table)) or 0


def test_a_row_becomes_a_unit_with_its_enumerator_and_what_was_known(session: Session) -> None:
    report = take(session)
    assert (report.accepted, report.rejected, report.written) == (1, [], True)
    unit = session.scalars(select(Unit).where(Unit.name == GOOD[0])).one()
    assert (unit.region_code, unit.lon, unit.known, unit.source) == (
        VILLAGE,
        113.39,
        {"contact_person": "陈某"},
        "import",
    )
    assert session.scalars(select(Assignment.unit_id)).one() == unit.id


@pytest.mark.parametrize(
    ("changes", "reason"),
    [
        ({"单位名称": ""}, "没有单位名称"),
        ({"区划代码": "440113"}, "不在本地区划表里"),
        ({"区划代码": ""}, "没有区划代码"),
        ({"统一社会信用代码": "91440101MA59ABCD1I"}, "校验位"),
        ({"行业代码": "9999"}, "GB/T 4754"),
        ({"经度": "113"}, "一起填"),
        ({"经度": "113,3", "纬度": "23"}, "十进制度数"),
        ({"经度": "23", "纬度": "113"}, "十进制度数"),
        ({"普查员": "nobody"}, "nobody"),
        ({"单位名称": "a\0"}, "无法保存"),
    ],
)
def test_a_bad_row_is_named_with_its_number_and_reason(session: Session, changes: dict[str, str], reason: str) -> None:
    report = take(session, row(), row(**({"单位名称": "别厂"} | changes)))
    assert [found.row for found in report.rejected] == [3]
    assert reason in report.rejected[0].reason
    assert not report.written
    assert count(session, Unit) == 0


def test_a_few_bad_rows_may_be_left_out(session: Session) -> None:
    report = take(session, row(), row(区划代码=""), most_rejected=1)
    assert (report.accepted, len(report.rejected), report.written, count(session, Unit)) == (1, 1, True, 1)


def test_a_dry_run_writes_nothing(session: Session) -> None:
    assert take(session, dry_run=True).accepted == 1
    assert count(session, Unit) == 0


def test_the_same_list_again_finds_every_row_there_already(session: Session) -> None:
    take(session)
    report = take(session)
    assert (report.accepted, len(report.rejected)) == (0, 1)
    assert "名录重复" in report.rejected[0].reason


def test_a_list_without_region_codes_is_no_list_of_units(session: Session) -> None:
    with pytest.raises(BadFile, match="区划代码"):
        import_register(session, [["单位名称"]], most_rejected=0, dry_run=True, actor="test")


def test_codes_in_a_workbook_stay_codes(tmp_path: Path) -> None:
    content = io.BytesIO()
    with xlsxwriter.Workbook(content) as book:
        sheet = book.add_worksheet()
        sheet.write_row(0, 0, ["单位名称", "区划代码", "经度"])
        sheet.write_row(1, 0, ["某厂", 440113011001, 113.5])
    file = tmp_path / "list.xlsx"
    file.write_bytes(content.getvalue())
    assert read_table(file) == [["单位名称", "区划代码", "经度"], ["某厂", "440113011001", "113.5"]]


@pytest.mark.parametrize("encoding", ["utf-8", "utf-8-sig", "gb18030"])
def test_a_csv_is_read_in_the_encodings_that_offices_use(tmp_path: Path, encoding: str) -> None:
    file = tmp_path / "list.csv"
    file.write_bytes("单位名称,区划代码\n某厂,440113011001\n".encode(encoding))
    assert read_table(file)[1] == ["某厂", "440113011001"]


@pytest.mark.parametrize("content", [b"PK\x03\x04broken", b"\xff\xff\xff\xff"])
def test_what_is_no_table_is_said(tmp_path: Path, content: bytes) -> None:
    file = tmp_path / "list"
    file.write_bytes(content)
    with pytest.raises(NoTable):
        read_table(file)
    with pytest.raises(NoTable):
        read_table(tmp_path / "absent")

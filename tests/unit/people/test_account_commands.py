from __future__ import annotations

import csv
from collections.abc import Callable
from pathlib import Path

from sqlalchemy import func, select

from census.db import FULL
from census.models.evidence import AuditEntry
from census.models.people import Account
from census.models.register import Region
from tests.builders.review import TOWN, VILLAGE
from tests.unit.conftest import Operator

HEADINGS = "用户名,姓名,角色,区划代码,普查员证号"


def test_the_first_administrator_is_made_at_the_command_line(operator: Callable[[str, str], Operator]) -> None:
    county = operator("county", "440113")
    code, said = county.run("account", "add", "chenadmin", "--name", "陈管理", "--role", "admin")
    assert code == 0
    username, password = said.strip().split("\t")
    with county.databases.census.transaction(FULL) as session:
        account = session.scalars(select(Account)).one()
        assert (account.username, account.must_change_password) == (username, True)
        assert [(grant.role, grant.region_code) for grant in account.grants] == [("admin", "440113")]
        assert not session.scalar(
            select(func.count()).select_from(AuditEntry).where(AuditEntry.body.contains(password))
        )
    code, said = county.run("account", "add", "chenadmin", "--name", "陈管理", "--role", "admin")
    assert (code, "已经有人用了" in said) == (2, True)
    code, said = county.run("account", "reset", "chenadmin")
    assert (code, said.strip().split("\t")[1] != password) == (0, True)
    assert county.run("account", "reset", "nobody")[0] == 1


def test_a_list_of_people_is_taken_whole_or_not_at_all(
    operator: Callable[[str, str], Operator], tmp_path: Path
) -> None:
    county = operator("county", "440113")
    people, out = tmp_path / "people.csv", tmp_path / "passwords.csv"
    rows = [
        HEADINGS,
        f"zhang.san,张三,普查员,{VILLAGE},44010173",
        f"zhang.san,张三,普查指导员,{TOWN},44010173",
        f"li.si,李四,普查员,{TOWN},",
    ]
    people.write_text("\n".join(rows), encoding="utf-8")
    code, said = county.run("account", "import", str(people), "--out", str(out))
    assert (code, "第 4 行：普查员要有普查员证号" in said, out.exists()) == (1, True, False)
    people.write_text("\n".join(rows) + "44010174", encoding="utf-8")
    code, said = county.run("account", "import", str(people), "--out", str(out))
    assert (code, "已建 2 个账号" in said, out.stat().st_mode & 0o777) == (0, True, 0o600)
    with out.open(encoding="utf-8-sig", newline="") as file:
        assert [row[:2] for row in csv.reader(file)] == [["用户名", "姓名"], ["zhang.san", "张三"], ["li.si", "李四"]]
    with county.databases.census.transaction(FULL) as session:
        found = session.scalars(select(Account).where(Account.username == "zhang.san")).one()
        assert {grant.role for grant in found.grants} == {"enumerator", "supervisor"}
    assert county.run("account", "import", str(people), "--out", str(out))[0] == 2


def test_migrating_brings_the_regions_of_the_code_list(operator: Callable[[str, str], Operator]) -> None:
    county = operator("county", "440113")
    with county.databases.census.transaction(FULL) as session:
        session.get_one(Region, TOWN).name = "旧名"
    assert county.run("migrate")[0] == 0
    with county.databases.census.transaction(FULL) as session:
        assert session.get_one(Region, TOWN).name != "旧名"
        assert (
            len(
                session.scalars(
                    select(Region).where(Region.code.startswith("440113"), func.length(Region.code) == 12)
                ).all()
            )
            > 200
        )

"""The commands of the hand-up, as an operator gives them: one county, one province, a file carried between them."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

from census.db import FULL
from census.models.collect import Submission
from census.services import evidence
from census.services.handup import keys
from tests.builders.jobs import a_factory, a_sent_record
from tests.builders.review import VILLAGE
from tests.unit.conftest import Operator


def approved_records(county: Operator) -> None:
    with county.databases.census.transaction(FULL) as session:
        unit = a_factory(session)
        for form in ("G101-1", "G102"):
            a_sent_record(session, unit, form, state="county_approved")


def test_a_package_is_carried_to_the_province_as_a_file(
    operator: Callable[[str, str], Operator], tmp_path: Path
) -> None:
    county, province = operator("county", "440113"), operator("province", "44")
    approved_records(county)
    code, checked = county.last_object("check", "--region", VILLAGE)
    assert (code, checked["complete"], checked["records"], checked["gate"]["open"]) == (0, True, 2, True)
    code, exported = county.last_object("export", "--region", VILLAGE, "--out", str(tmp_path / "out"))
    assert (code, exported["counts"]["records"]) == (0, 2)

    code, said = province.run("receive", exported["package"])
    assert (code, "不在受信任之列" in said) == (1, True)
    with province.databases.census.transaction(FULL) as session:
        assert session.query(Submission).count() == 0
        keys.trust(session, keys.public_document(county.settings))
    code, receipt = province.last_object("receive", exported["package"])
    assert (code, receipt["state"], receipt["pending"], receipt["package"]) == (0, "open", 2, exported["digest"])
    assert province.last_object("receive", exported["package"])[1]["pending"] == 2
    with province.databases.census.transaction(FULL) as session:
        assert {row.state for row in session.query(Submission)} == {"received"}


def test_a_final_export_refuses_while_the_gate_is_shut(
    operator: Callable[[str, str], Operator], tmp_path: Path
) -> None:
    county = operator("county", "440113")
    approved_records(county)
    code, said = county.run("export", "--region", VILLAGE, "--out", str(tmp_path / "out"), "--final")
    assert (code, "还不能上报" in said, (tmp_path / "out").exists()) == (1, True, False)


def test_two_exports_of_the_same_records_are_the_same_file(
    operator: Callable[[str, str], Operator], tmp_path: Path
) -> None:
    county = operator("county", "440113")
    approved_records(county)
    files = [
        Path(county.last_object("export", "--region", VILLAGE, "--out", str(tmp_path / name))[1]["package"])
        for name in ("a", "b")
    ]
    assert files[0].name == files[1].name
    assert files[0].read_bytes() == files[1].read_bytes()


def test_the_audit_trail_is_walked_from_the_command_line(operator: Callable[[str, str], Operator]) -> None:
    county = operator("county", "440113")
    with county.databases.census.transaction(FULL) as session:
        evidence.record(session, "somebody", "something", "somewhere", {})
    assert county.run("audit", "verify") == (
        0,
        "census: 1 entries, the chain holds\nscattered: 0 entries, the chain holds\n",
    )


def test_a_file_that_is_not_there_is_a_matter_of_usage(
    operator: Callable[[str, str], Operator], tmp_path: Path
) -> None:
    county = operator("county", "440113")
    assert county.run("send", str(tmp_path / "none.zip"), "--to", "http://127.0.0.1:1")[0] == 2
    assert county.run("receive", str(tmp_path / "none.zip"))[0] == 2


def test_a_line_that_is_down_is_told_from_a_refusal(operator: Callable[[str, str], Operator], tmp_path: Path) -> None:
    county = operator("county", "440113")
    (tmp_path / "some.zip").write_bytes(b"PK")
    code, said = county.run("send", str(tmp_path / "some.zip"), "--to", "http://127.0.0.1:9")
    assert (code, "连接不上" in said) == (3, True)

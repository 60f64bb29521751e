"""Each how-to, done as it says: its files are written, its commands run, its pages opened and its buttons pressed."""

from __future__ import annotations

import csv
import os
import re
import shutil
import subprocess
import sys
from pathlib import Path
from typing import Any

import orjson
import pytest
from flask.testing import FlaskClient
from sqlalchemy import select
from werkzeug.test import TestResponse

from census.db import FULL
from census.models.collect import Submission
from census.models.people import Account
from census.models.register import Assignment
from census.schema import ROOT
from census.services.people.accounts import create_account
from census.settings import Settings
from tests.builders.api import PASSWORD, TOWN, VILLAGE, an_account, an_assigned_unit
from tests.builders.review import a_submission, some_regions
from tests.conftest import Databases
from tests.docs.pages import HOW_TO, addresses, commands, fenced, read
from validation.language.functions import uscc_check_character


class Checkout:
    """A copy of what git tracks, and somebody who types there what a page says."""

    def __init__(self, folder: Path, databases: Databases) -> None:
        self.folder = folder
        kept = {name: value for name, value in os.environ.items() if not name.startswith(("CENSUS_", "SCATTERED_"))}
        self.environment = kept | databases.environment | {"PYTHONPATH": str(folder), "PYTEST_ADDOPTS": "-n 0"}
        listed = subprocess.run(["git", "ls-files"], cwd=ROOT, capture_output=True, text=True, check=True).stdout
        for name in listed.splitlines():
            if (ROOT / name).is_file():
                (folder / name).parent.mkdir(parents=True, exist_ok=True)
                shutil.copyfile(ROOT / name, folder / name)

    def run(self, words: list[str]) -> str:
        """Run one line of a page with this Python, and give what it printed."""
        done = subprocess.run(
            self.translated(words), cwd=self.folder, env=self.environment, capture_output=True, text=True, check=False
        )
        assert done.returncode == 0, f"{words}: {done.stdout[-2000:]}{done.stderr[-2000:]}"
        return done.stdout

    def translated(self, words: list[str]) -> list[str]:
        """``make`` installs first: here its recipe is run alone."""
        if words[0] == "make":
            recipe = re.search(rf"^{words[1]}:.*\n\t\$\(BIN\)/python (.+)$", read(ROOT / "Makefile"), re.MULTILINE)
            assert recipe, words
            return [sys.executable, *recipe[1].split()]
        program = {"census": ["-m", "census"], "python": []}[Path(words[0]).name]
        return [sys.executable, *program, *words[1:]]


@pytest.fixture
def checkout(tmp_path: Path, own_databases: Databases) -> Checkout:
    folder = tmp_path / "checkout"
    folder.mkdir()
    return Checkout(folder, own_databases)


def test_a_form_is_added_by_one_file(checkout: Checkout, own_databases: Databases) -> None:
    page = HOW_TO / "add-a-form.md"
    with own_databases.census.transaction(FULL) as session:
        some_regions(session)
        an_assigned_unit(session, an_account(session, "enumerator01"), kind="domestic", forms=[])
    [definition] = fenced(page, "toml")
    [name] = set(re.findall(r"`(forms/definitions/[\w-]+\.toml)`", read(page)))
    (checkout.folder / name).write_text(definition, encoding="utf-8")

    said = [checkout.run(words) for words in commands(page)]

    assert re.search(r"\b[1-9]\d* passed", said[0])
    assert (checkout.folder / "docs/reference/forms/GD-1.md").is_file()
    assert {path.suffix for path in checkout.folder.glob("gd-1.*")} == {".pdf", ".xlsx"}
    assert len([orjson.loads(line) for line in said[-2].splitlines()]) == 3
    assert orjson.loads(said[-1])["form"] == "GD-1"


def test_a_bureau_is_started_from_empty_databases(checkout: Checkout) -> None:
    page = HOW_TO / "start-a-bureau.md"
    headings = re.split(r",\s+", re.search(r"columns (用户名.+?)\n", read(page))[1])  # type: ignore[index]
    write_list(checkout.folder / "名单.csv", headings, ["wangpucha", "王普查", "普查员", TOWN, "44010001"])
    code = "91440101MA59ABCD1"
    write_list(
        checkout.folder / "名录.csv",
        ["单位名称", "统一社会信用代码", "区划代码", "普查员"],
        ["兴盛五金加工厂", code + uscc_check_character(code), VILLAGE, "wangpucha"],
    )
    typed = [[word.replace(".xlsx", ".csv") for word in words] for words in commands(page)]
    imports = re.findall(r"`census (import register [^`]+)`", read(page))
    dry = ["census", *imports[0].replace(".xlsx", ".csv").split()]

    checkout.run(["census", "migrate"])
    said = [checkout.run(words) for words in (*typed, dry, [word for word in dry if word != "--dry-run"])]

    assert "chenguanli" in said[0]
    assert (checkout.folder / "初始密码.csv").stat().st_mode & 0o777 == 0o600
    assert "--dry-run" in dry


def write_list(path: Path, *rows: list[str]) -> None:
    with path.open("w", encoding="utf-8", newline="") as file:
        csv.writer(file).writerows(rows)


def test_the_settings_of_production_are_complete(tmp_path: Path) -> None:
    page = HOW_TO / "run-in-production.md"
    values: dict[str, str] = {}
    made_by = ""
    for line in fenced(page, "sh")[0].splitlines():
        name, _, rest = line.partition("=")
        value, _, comment = rest.partition("#")
        made_by = comment.partition("each of these:")[2] or comment or made_by
        values[name] = value.strip()
        if value.strip() == "…":
            values[name] = as_a_shell_reads_it(made_by)
    compose = read(ROOT / "compose.yaml")
    assert sorted(values) == sorted(name for name in values if f"${{{name}:" in compose)
    assert set(re.findall(r"\$\{(\w+):\?\}", compose)) <= values.keys()
    settings = Settings.from_env(
        {name: value for name, value in values.items() if name.startswith("CENSUS_")}
        | {"CENSUS_DATABASE_URL": "postgresql://a@db/census", "SCATTERED_DATABASE_URL": "postgresql://b@db/scattered"}
        | {"CENSUS_DATA_DIR": str(tmp_path)}
    )
    assert (settings.production, settings.region) == (True, values["CENSUS_REGION"])


def as_a_shell_reads_it(line: str) -> str:
    return subprocess.run(["sh", "-c", line], capture_output=True, text=True, check=True).stdout.strip()


class Person:
    """Somebody at the pages, signed in."""

    def __init__(self, client: FlaskClient, username: str) -> None:
        self.client = client
        self.post("/sign-in", username=username, password=PASSWORD)

    def get(self, address: str) -> str:
        answer = self.client.get(address, follow_redirects=True)
        assert answer.status_code == 200, (address, answer.status_code)
        return answer.get_data(as_text=True)

    def post(self, address: str, **fields: Any) -> TestResponse:
        page = self.client.get("/sign-in").get_data(as_text=True)
        token = re.search(r'name="csrf_token" value="([0-9a-f]+)"', page)
        assert token
        return self.client.post(address, data={"csrf_token": token[1], **fields})


@pytest.fixture
def records(own_databases: Databases) -> dict[str, Submission]:
    """What the review waits for: one record with an error, three without; a supervisor and a county reviewer."""
    with own_databases.census.transaction(FULL) as session:
        some_regions(session)
        for username, role, region in (("supervisor01", "supervisor", TOWN), ("county01", "county", "440113")):
            create_account(session, username=username, password=PASSWORD, full_name="陈", grants=[(role, region)])
        return {
            "flagged": a_submission(session, "flagged", errors=1),
            **{name: a_submission(session) for name in ("approved", "returned", "together")},
        }


def test_records_are_reviewed(client: FlaskClient, own_databases: Databases, records: dict[str, Submission]) -> None:
    ids = {name: str(record.id) for name, record in records.items()}
    supervisor = Person(client, "supervisor01")

    queue = supervisor.get("/review/")  # 1
    assert all(f"/review/{one}" in queue for one in ids.values())
    shown = supervisor.get(f"/review/{ids['flagged']}")  # 2
    assert "不能通过" in shown
    keys = set(re.findall(r"`([A-Z?])`", read(HOW_TO / "review-records.md")))
    script = read(ROOT / "census/web/static/js/desk/review.js")
    assert {
        key for key in keys if f'data-key="{key.lower()}"' not in shown and f"'{key.lower()}'" not in script
    } == set()
    assert supervisor.post(f"/review/{ids['approved']}/approve", revision=1).status_code == 303  # 3
    back = {"path": "/unit_name", "reason": "missing", "text": "请补填。", "revision": 1}
    assert supervisor.post(f"/review/{ids['returned']}/return", **back).status_code == 303  # 4
    supervisor.post("/review/approve", record=f"{ids['together']}:1")  # 5
    finding = re.search(r'name="check" value="([^"]+)".*?name="path" value="([^"]*)"', shown, re.DOTALL)
    county = Person(client.application.test_client(), "county01")
    finding = finding or re.search(
        r'name="check" value="([^"]+)".*?name="path" value="([^"]*)"',
        county.get(f"/review/{ids['flagged']}"),
        re.DOTALL,
    )
    assert finding
    county.post(  # 6
        f"/review/{ids['flagged']}/exemptions", check=finding[1], path=finding[2], reason="已看原始凭证。", revision=1
    )

    with own_databases.census.transaction(FULL) as session:
        states = {name: session.get_one(Submission, record.id).state for name, record in records.items()}
    assert states == {
        "flagged": "checked",
        "approved": "supervisor_approved",
        "returned": "returned",
        "together": "supervisor_approved",
    }


@pytest.mark.usefixtures("records")
def test_work_is_shared_out(client: FlaskClient, own_databases: Databases) -> None:
    with own_databases.census.transaction(FULL) as session:
        enumerator = an_account(session, "enumerator01").id
        leader = session.scalars(select(Account.id).where(Account.username == "supervisor01")).one()
        unit = an_assigned_unit(session, None)
    supervisor = Person(client, "supervisor01")
    assert all("<h1" in supervisor.get(address) for address in addresses(HOW_TO / "share-out-the-work.md"))

    outside = re.search(r'href="(/areas/[^"?]+)[^>]*>未划入小区', supervisor.get("/areas/"))  # 1
    assert outside
    supervisor.post("/areas/teams", name="一组", region=TOWN, supervisor=str(leader), member=str(enumerator))  # 2
    assert "一组" in supervisor.get("/areas/teams")
    supervisor.post(f"{outside[1]}/assign", unit=str(unit), target=f"account:{enumerator}")  # 3

    with own_databases.census.transaction(FULL) as session:
        assert session.scalars(select(Assignment.account_id).where(Assignment.unit_id == unit)).one() == enumerator


@pytest.mark.usefixtures("records")
def test_the_desk_takes_a_rescue_file_and_the_phone_checks_itself(client: FlaskClient) -> None:
    page = HOW_TO / "phones-without-a-network.md"
    supervisor = Person(client, "supervisor01")
    for address in addresses(page):
        assert 'type="file"' in supervisor.get(address)
    assert "「出门检查」" in read(page)
    assert "出门检查" in read(ROOT / "census/web/templates/collect/check.html")

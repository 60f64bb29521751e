"""``census account``: the first administrator, lists of people, a new password. The rest is at ``/admin/``."""

from __future__ import annotations

import argparse
import csv
import os
from collections.abc import Generator
from contextlib import closing, contextmanager
from pathlib import Path
from typing import TYPE_CHECKING

from census.commands import Commands
from census.settings import PROGRAMMES, Settings

if TYPE_CHECKING:
    from sqlalchemy.orm import Session


def register(commands: Commands) -> None:
    actions = commands.add_parser("account", help="people: make accounts, give out passwords").add_subparsers(
        dest="action",
        required=True,
        metavar="ACTION",
    )
    adding = actions.add_parser("add", help="make one account and print the password to give out")
    adding.add_argument("username")
    adding.add_argument("--name", required=True, help="full name")
    adding.add_argument("--role", required=True, help="one of the roles, as admin or enumerator")
    adding.add_argument("--region", metavar="CODE", help="where: a code and all below it (default: the instance's own)")
    adding.add_argument("--card", default="", help="number of the enumerator card")
    adding.set_defaults(run=add)
    importing = actions.add_parser("import", help="make the accounts of a list: whole, or not at all")
    importing.add_argument("file", type=Path, help="XLSX or CSV with 用户名, 姓名, 角色, 区划代码, 普查员证号")
    importing.add_argument(
        "--out", type=Path, required=True, metavar="FILE", help="where to write the passwords to give out (CSV)"
    )
    importing.set_defaults(run=import_)
    resetting = actions.add_parser("reset", help="print a new password to give out, and unlock the account")
    resetting.add_argument("username")
    resetting.set_defaults(run=reset)
    for action in (adding, importing, resetting):
        action.add_argument("--programme", choices=PROGRAMMES, default="census")


def add(arguments: argparse.Namespace) -> int:
    from census.services.people import account_desk

    with _transaction(arguments) as (settings, session):
        given = account_desk.add(
            session,
            None,
            arguments.programme,
            account_desk.Draft(
                arguments.username,
                arguments.name,
                ((arguments.role, arguments.region or settings.region),),
                arguments.card,
            ),
        )
    print(f"{given.account.username}\t{given.password}")
    return 0


def import_(arguments: argparse.Namespace) -> int:
    from census.services.people import account_desk
    from census.services.tables import NoTable, read_table

    try:
        table = read_table(arguments.file)
    except NoTable as error:
        print(f"{arguments.file}：{error}")
        return 2
    try:
        descriptor = os.open(arguments.out, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600)
    except OSError as error:
        print(f"{arguments.out}：写不了这个文件（{error.strerror}）。请换一个还没有的文件名。")
        return 2
    with os.fdopen(descriptor, "w", encoding="utf-8-sig", newline="") as out, _transaction(arguments) as (_, session):
        report = account_desk.add_all(session, arguments.programme, table)
        rows = csv.writer(out)
        rows.writerow(("用户名", "姓名", "初始密码"))
        rows.writerows((given.account.username, given.account.full_name, given.password) for given in report.given_out)
    for number, reason in report.rejected:
        print(f"第 {number} 行：{reason}")
    if report.rejected:
        arguments.out.unlink()
        print("有退回的行，一个账号也没有建。改好后再导入。")
        return 1
    print(f"已建 {len(report.given_out)} 个账号，初始密码在 {arguments.out}，发完请删除。")
    return 0


def reset(arguments: argparse.Namespace) -> int:
    from sqlalchemy import select

    from census.errors import NotFound
    from census.models.people import Account
    from census.services.people import account_desk

    with _transaction(arguments) as (_, session):
        account_id = session.scalar(select(Account.id).where(Account.username == arguments.username))
        if account_id is None:
            raise NotFound(f"没有账号 {arguments.username}。")
        given = account_desk.reset_password(session, None, account_id)
    print(f"{given.account.username}\t{given.password}")
    return 0


@contextmanager
def _transaction(arguments: argparse.Namespace) -> Generator[tuple[Settings, Session]]:
    from census.db import FULL, Database
    from census.embedded.cluster import with_databases

    settings = with_databases(Settings.from_env())
    with (
        closing(Database(settings.database_url(arguments.programme))) as database,
        database.transaction(FULL) as session,
    ):
        yield settings, session

"""``census import register``: a list of units from XLSX or CSV."""

from __future__ import annotations

import argparse
from pathlib import Path
from typing import TYPE_CHECKING

from census.commands import Commands

if TYPE_CHECKING:
    from census.services.register.importing import Report


def register(commands: Commands) -> None:
    kinds = commands.add_parser("import", help="take lists from other systems").add_subparsers(
        dest="kind", required=True, metavar="KIND"
    )
    parser = kinds.add_parser("register", help="a list of units: one line per rejected row; taken whole or not at all")
    parser.add_argument("file", type=Path, help="XLSX or CSV with a heading row")
    parser.add_argument("--dry-run", action="store_true", help="report only, write nothing")
    parser.add_argument(
        "--max-rejected", type=int, default=0, metavar="N", help="take the other rows if at most N are rejected"
    )
    parser.set_defaults(run=run)


def run(arguments: argparse.Namespace) -> int:
    from census.db import FULL, Database
    from census.embedded.cluster import with_databases
    from census.services.register.importing import BadFile, import_register
    from census.services.tables import NoTable, read_table
    from census.settings import Settings

    try:
        table = read_table(arguments.file)
        database = Database(with_databases(Settings.from_env()).census_database_url)
        with database.transaction(FULL) as session:
            report = import_register(
                session,
                table,
                most_rejected=arguments.max_rejected,
                dry_run=arguments.dry_run,
                actor="command line",
            )
        database.close()
    except (NoTable, BadFile) as error:
        print(f"{arguments.file}：{error}")
        return 2
    for row in report.rejected:
        print(f"第 {row.row} 行：{row.reason}")
    for row in report.doubtful:
        print(f"第 {row.row} 行（疑似重复，已收）：{row.reason}")
    print(
        f"可用 {report.accepted} 行，退回 {len(report.rejected)} 行，疑似重复 {len(report.doubtful)} 行，"
        f"新建普查小区 {report.areas} 个；{_done(report, dry_run=arguments.dry_run)}。"
    )
    # A dry run is good when a real one would be.
    if report.written or (arguments.dry_run and not report.rejected):
        return 0
    return 1


def _done(report: Report, *, dry_run: bool) -> str:
    if report.written:
        return "已写入名录"
    if dry_run:
        return "试运行，没有写入"
    return "退回的行太多，没有写入"

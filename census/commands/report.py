"""``census report``: the 散乱污 reports R1 to R8, to read, to send or to work on."""

from __future__ import annotations

import argparse
import sys
from datetime import date, datetime, time
from pathlib import Path
from typing import TYPE_CHECKING

from census.commands import Commands
from census.errors import InvalidInput
from census.settings import Settings

if TYPE_CHECKING:
    from census.services.cases.reports import Report

CODES = tuple(f"R{number}" for number in range(1, 9))


def register(commands: Commands) -> None:
    parser = commands.add_parser("report", help="print a 散乱污 report, R1 to R8")
    parser.add_argument("code", choices=CODES, metavar="R1…R8")
    parser.add_argument("--as-of", type=date.fromisoformat, metavar="DATE", help="as it stood at the end of this day")
    parser.add_argument("--year", type=int, help="default: the year of --as-of, or the latest one with cases")
    parser.add_argument("--region", metavar="CODE", help="default: this instance's region")
    parser.add_argument("--format", choices=("json", "xlsx", "pdf", "text"), default="text")
    parser.add_argument(
        "--out", type=Path, metavar="FILE", help="default: standard output; needed for xlsx on a terminal"
    )
    parser.set_defaults(run=run)


def run(arguments: argparse.Namespace) -> int:
    from census.db import FULL, Database
    from census.embedded.cluster import with_databases
    from census.services.cases import reports

    if arguments.format == "pdf":
        raise InvalidInput("PDF 暂不提供：请用 --format xlsx 或 text，再从办公软件打印为 PDF。")
    if arguments.format == "xlsx" and arguments.out is None and sys.stdout.isatty():
        raise InvalidInput("工作簿不能显示在终端里：请用 --out 指定文件。")
    settings = with_databases(Settings.from_env())
    database = Database(settings.database_url("scattered"))
    with database.transaction(FULL) as session:
        window = reports.window_of(session, arguments.region or settings.region, arguments.as_of, arguments.year)
        content = written(reports.report(session, arguments.code, window), arguments.format)
    database.close()
    if arguments.out is not None:
        arguments.out.write_bytes(content)
    else:
        sys.stdout.buffer.write(content)
    return 0


def written(report: Report, form: str) -> bytes:
    """A report in the asked form."""
    if form == "json":
        return as_json(report)
    if form == "xlsx":
        return as_workbook(report)
    return as_text(report)


def as_json(report: Report) -> bytes:
    """The same object as the API answers."""
    import orjson

    from census.web.cases.api import report_as_json

    return orjson.dumps(report_as_json(report), option=orjson.OPT_INDENT_2 | orjson.OPT_APPEND_NEWLINE)


def as_text(report: Report) -> bytes:
    """The paragraph as it is printed, or the table with tabs between its columns."""
    if report.paragraph:
        return f"{report.paragraph}\n".encode()
    lines = ["\t".join(title for _, title in report.columns)]
    lines += ["\t".join("" if row[key] is None else str(row[key]) for key, _ in report.columns) for row in report.rows]
    return ("\n".join(lines) + "\n").encode()


def as_workbook(report: Report) -> bytes:
    """One sheet: the figures with their parts and the paragraph under them, or the table. Values only, no formulas."""
    import io

    from xlsxwriter import Workbook

    window, buffer = report.window, io.BytesIO()
    with Workbook(buffer, {"in_memory": True, "default_date_format": "yyyy-mm-dd", "remove_timezone": True}) as book:
        sheet, bold = book.add_worksheet(report.code), book.add_format({"bold": True})
        sheet.write_string(0, 0, report.title, bold)
        sheet.write_string(1, 0, f"区划 {window.region}，{window.year} 年，截至 {window.until}")
        columns = report.columns or (
            ("id", "编号"),
            ("label", "指标"),
            ("value", "数值"),
            ("unit", "单位"),
            ("numerator", "分子"),
            ("denominator", "分母"),
        )
        rows = report.rows or tuple({key: getattr(figure, key) for key, _ in columns} for figure in report.figures)
        sheet.write_row(3, 0, [title for _, title in columns], bold)
        for at, row in enumerate(rows, start=4):
            for column, (key, _) in enumerate(columns):
                value = row[key]
                if isinstance(value, date):
                    sheet.write_datetime(at, column, datetime.combine(value, time.min))
                elif isinstance(value, str):
                    sheet.write_string(at, column, value)
                elif value is not None:
                    sheet.write_number(at, column, float(value))
        if report.paragraph:
            sheet.write_string(len(rows) + 5, 0, report.paragraph)
        sheet.freeze_panes(4, 0)
        sheet.set_column(0, len(columns) - 1, 16)
    return buffer.getvalue()

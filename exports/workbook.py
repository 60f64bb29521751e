"""Summary tables for people: XLSX and CSV. Values only, no formulas, nothing that a cell could run."""

from __future__ import annotations

import csv
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path
from typing import Any, Final

import xlsxwriter

from exports.engines import Summary, SummaryColumn
from exports.package import YEAR
from exports.record import Region

RUNNABLE: Final = ("=", "+", "-", "@", "\t", "\r")  # how a text begins that a spreadsheet would run
# xlsxwriter's functions are untyped.
Book = Any  # xlsxwriter.Workbook
Sheet = Any  # xlsxwriter.worksheet.Worksheet


@dataclass(frozen=True, slots=True)
class Heading:
    """What stands above every table: of what, of when, made from how many records."""

    region: Region
    content: str  # digest of the package with the same records
    units: int
    records: int
    made_at: datetime

    def lines(self, summary: Summary) -> list[tuple[str, str]]:
        return [
            ("普查年度", YEAR),
            ("区划", f"{self.region.name} {self.region.code}"),
            ("汇总口径", summary.query.scope),
            ("来源", "审核通过的普查表和普查对象名录"),
            ("数据版本", self.content[:12]),
            ("普查对象数", str(self.units)),
            ("填报表数", str(self.records)),
            ("生成时间", f"{self.made_at:%Y-%m-%d %H:%M}"),
        ]


def write_xlsx(path: Path, heading: Heading, summary: Summary) -> None:
    """Write one table: title, heading, column names with units, figures, total."""
    options = {
        "strings_to_formulas": False,
        "strings_to_urls": False,
        "strings_to_numbers": False,
        "nan_inf_to_errors": True,
    }
    with xlsxwriter.Workbook(str(path), options) as book:
        # XLSX knows no time zones: the moment goes in as it was given.
        book.set_properties({"title": summary.query.title, "created": heading.made_at.replace(tzinfo=None)})
        sheet: Sheet = book.add_worksheet(summary.query.id)
        top = _write_heading(book, sheet, heading, summary)
        _write_titles(book, sheet, top, summary)
        _write_rows(book, sheet, top + 1, summary)
        sheet.freeze_panes(top + 1, 2)  # the titles, and the two columns that say what a row is about
        sheet.set_landscape()
        sheet.fit_to_pages(1, 0)  # one page wide, as many long as it takes


def _write_heading(book: Book, sheet: Sheet, heading: Heading, summary: Summary) -> int:
    """Write what stands above the table; give the row in which the table begins, after an empty one."""
    bold = book.add_format({"bold": True, "font_size": 14})
    quiet = book.add_format({"font_color": "#53615e"})
    sheet.write_string(0, 0, f"表 {summary.query.id}　{summary.query.title}", bold)
    lines = heading.lines(summary)
    for number, (label, value) in enumerate(lines, start=1):
        sheet.write_string(number, 0, label, quiet)
        sheet.write_string(number, 1, value, quiet)
    return len(lines) + 2


def _write_titles(book: Book, sheet: Sheet, top: int, summary: Summary) -> None:
    head = book.add_format(
        {
            "bold": True,
            "bg_color": "#e3f2ef",
            "border": 1,
            "text_wrap": True,
            "valign": "vcenter",
            "align": "center",
        }
    )
    for place, column in enumerate(summary.query.columns):
        sheet.write_string(top, place, _title(column), head)
        sheet.set_column(place, place, 18 if column.kind == "text" else 14)


def _write_rows(book: Book, sheet: Sheet, top: int, summary: Summary) -> None:
    figures = [
        book.add_format({"num_format": _number_format(column.decimals), "border": 1})
        for column in summary.query.columns
    ]
    words = book.add_format({"border": 1, "num_format": "@"})
    for number, row in enumerate(summary.rows, start=top):
        for place, value in enumerate(row):
            if isinstance(value, int | float):
                sheet.write_number(number, place, value, figures[place])
            else:  # never ``write``, which would guess a formula or an address from the text
                sheet.write_string(number, place, value or "", words)


def write_csv(path: Path, summary: Summary) -> None:
    """Write one table as CSV that Excel opens as Chinese; a text that a spreadsheet would run is quoted."""
    with path.open("w", encoding="utf-8-sig", newline="") as file:
        writer = csv.writer(file)
        writer.writerow(map(_title, summary.query.columns))
        writer.writerows([harmless(value) for value in row] for row in summary.rows)


def harmless(value: str | float | None) -> str | float | None:
    """Take away a spreadsheet's wish to run a text as a formula."""
    if isinstance(value, str) and value.startswith(RUNNABLE):
        return f"'{value}"
    return value


def _title(column: SummaryColumn) -> str:
    if not column.unit:
        return column.label
    return f"{column.label}（{column.unit}）"


def _number_format(decimals: int) -> str:
    """Digits in threes, as Excel writes such a format: ``# ##0.00``."""
    whole = "# ##0"
    if decimals == 0:  # else a lonely point would stand behind every number
        return whole
    return f"{whole}.{'0' * decimals}"

"""Summary tables for people: XLSX and CSV. Values only, no formulas, nothing that a cell could run."""

from __future__ import annotations

import csv
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path
from typing import Any, Final

import xlsxwriter

from exports.engines import Summary
from exports.package import YEAR
from exports.record import Region

RUNNABLE: Final = ("=", "+", "-", "@", "\t", "\r")
Sheet = Any  # xlsxwriter.worksheet.Worksheet, whose functions are untyped


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
    with xlsxwriter.Workbook(
        str(path),
        {
            "strings_to_formulas": False,
            "strings_to_urls": False,
            "strings_to_numbers": False,
            "nan_inf_to_errors": True,
        },
    ) as book:
        book.set_properties({"title": summary.query.title, "created": heading.made_at.replace(tzinfo=None)})
        sheet: Sheet = book.add_worksheet(summary.query.id)
        bold = book.add_format({"bold": True, "font_size": 14})
        quiet = book.add_format({"font_color": "#53615e"})
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
        figures = [
            book.add_format(
                {"num_format": "# ##0" + ("." + "0" * column.decimals if column.decimals else ""), "border": 1}
            )
            for column in summary.query.columns
        ]
        words = book.add_format({"border": 1, "num_format": "@"})
        sheet.write_string(0, 0, f"表 {summary.query.id}　{summary.query.title}", bold)
        lines = heading.lines(summary)
        for number, (label, value) in enumerate(lines, start=1):
            sheet.write_string(number, 0, label, quiet)
            sheet.write_string(number, 1, value, quiet)
        top = len(lines) + 2
        for place, column in enumerate(summary.query.columns):
            sheet.write_string(top, place, f"{column.label}（{column.unit}）" if column.unit else column.label, head)
            sheet.set_column(place, place, 18 if column.kind == "text" else 14)
        for number, row in enumerate(summary.rows, start=top + 1):
            for place, value in enumerate(row):
                if isinstance(value, int | float):
                    sheet.write_number(number, place, value, figures[place])
                else:
                    sheet.write_string(number, place, value or "", words)
        sheet.freeze_panes(top + 1, 2)
        sheet.set_landscape()
        sheet.fit_to_pages(1, 0)


def write_csv(path: Path, summary: Summary) -> None:
    """Write one table as CSV that Excel opens as Chinese; a text that a spreadsheet would run is quoted."""
    with path.open("w", encoding="utf-8-sig", newline="") as file:
        writer = csv.writer(file)
        writer.writerow(
            f"{column.label}（{column.unit}）" if column.unit else column.label for column in summary.query.columns
        )
        writer.writerows([harmless(value) for value in row] for row in summary.rows)


def harmless(value: str | float | None) -> str | float | None:
    """Take away a spreadsheet's wish to run a text as a formula."""
    return f"'{value}" if isinstance(value, str) and value.startswith(RUNNABLE) else value

"""Reading a table that an office exported: XLSX, or CSV in whichever encoding its spreadsheet wrote."""

from __future__ import annotations

import csv
import io
from datetime import date, datetime
from pathlib import Path


class NoTable(ValueError):
    """The file is not there or is no table."""


def read_table(file: Path) -> list[list[str]]:
    """All rows of the first sheet as text; whole numbers without a decimal point, so that codes stay codes."""
    try:
        content = file.read_bytes()
    except OSError as error:
        raise NoTable(f"读不到文件（{error.strerror}）。") from error
    if content.startswith(b"PK"):  # a ZIP, whatever the file is called: XLSX
        return _workbook(content)
    return _comma_separated(content)


def _workbook(content: bytes) -> list[list[str]]:
    from python_calamine import CalamineError, CalamineWorkbook  # noqa: PLC0415 - only an import of XLSX needs it

    try:
        sheet = CalamineWorkbook.from_filelike(io.BytesIO(content)).get_sheet_by_index(0)
        return [[_text(cell) for cell in row] for row in sheet.to_python(skip_empty_area=False)]
    except CalamineError as error:
        raise NoTable("不是可以读取的 XLSX 文件。") from error


def _comma_separated(content: bytes) -> list[list[str]]:
    for encoding in ("utf-8-sig", "gb18030"):
        try:
            text = content.decode(encoding)
        except UnicodeDecodeError:
            continue
        try:
            return list(csv.reader(io.StringIO(text)))
        except csv.Error as error:
            raise NoTable("不是可以读取的 CSV 文件。") from error
    raise NoTable("不是 XLSX，也不是 UTF-8 或 GB18030 编码的 CSV 文件。")


def _text(cell: object) -> str:
    if isinstance(cell, float) and cell.is_integer():
        return str(int(cell))
    if isinstance(cell, (date, datetime)):
        return cell.isoformat()
    if cell is None:
        return ""
    return str(cell)

"""The printable form: the layout of the official 报表, from the same definition as every other view of it.

Blank for visits without a device, or filled to be signed. ``html`` needs nothing beyond a browser; ``pdf`` needs Pango
(Debian: libpango-1.0-0, libpangoft2-1.0-0) and is never called in a web process.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from functools import cache
from pathlib import Path
from typing import Any, Final, cast

import segno
from jinja2 import Environment, FileSystemLoader, StrictUndefined
from markupsafe import Markup

from forms.answers.values import display
from forms.definition import Form, Group, Item, Section
from forms.item_types.choices import options
from forms.views.fields import SHORT_LIST

PAGE: Final = Path(__file__).with_name("paper_page")
STYLE: Final = PAGE / "paper.css"
ISSUER, APPROVER, VALID_UNTIL = (
    "国务院第二次全国污染源普查领导小组办公室",
    "国家统计局",
    "2019 年 12 月 31 日",
)  # of 国统制〔2018〕103号
DEVICES: Final = 3  # columns of one table for devices, outlets, wastes
BLANK_ROWS: Final = 8  # lines of an empty table of rows
WIDEST: Final = 9  # a row of more items is printed as a column
CODE_BOXES: Final = {"uscc": 18, "org_code": 9}
HEADING: Final = (
    "survey_district_code",
    "credit_code",
    "credit_code_suffix",
    "org_code",
    "unit_name",
    "farm_name",
    "reference_year",
)
SIGNERS: Final = ("unit_head", "statistics_head", "filler", "report_date")
YES_NO: Final = (("1", "是"), ("2", "否"))
Answers = Mapping[str, Any]


class PdfNotPossible(RuntimeError):
    """The machine lacks what draws PDF files."""


@dataclass(frozen=True, slots=True)
class Cell:
    """What stands in one box: an answer, the options to tick, or room to write."""

    text: str = ""
    ticks: tuple[tuple[str, str, bool], ...] = ()  # code, label, chosen


@dataclass(frozen=True, slots=True)
class Line:
    """One item and its boxes, as many as there are columns of values."""

    item: Item
    cells: tuple[Cell, ...]
    legend: tuple[tuple[str, str], ...] = ()  # codes and labels to choose from, where the boxes are too small for them


@dataclass(frozen=True, slots=True)
class Block:
    """One table of the form. ``columns`` heads the value columns; ``rows`` is filled where rows are printed as rows."""

    title: str
    note: str
    columns: tuple[str, ...]
    lines: tuple[Line, ...] = ()
    heads: tuple[Item, ...] = ()
    rows: tuple[tuple[Cell, ...], ...] = ()
    numbered: tuple[str, ...] = ()  # names of the rows
    legends: tuple[tuple[Item, tuple[tuple[str, str], ...]], ...] = ()


def html(
    form: Form, answers: Answers | None = None, *, link: str = "", stylesheet: str = "paper.css", icon: str = ""
) -> str:
    """Write the form as one HTML page, blank or with the answers of one record.

    ``link`` becomes the QR code in the head, usually the unit's page: whoever types the sheet finds the unit by it.
    """
    known = answers or {}
    template = _environment().get_template("form.html")
    return template.render(
        form=form,
        blocks=tuple(_blocks(form, known)),
        heading=tuple(_singles(form, HEADING, known)),
        signers=tuple(_singles(form, SIGNERS, known)),
        qr=_qr(link),
        link=link,
        stylesheet=stylesheet,
        icon=icon,
        issuer=ISSUER,
        approver=APPROVER,
        valid_until=VALID_UNTIL,
        boxes=_boxes,
    )


def pdf(form: Form, answers: Answers | None = None, *, link: str = "") -> bytes:
    """Write the form as PDF on A4 with embedded fonts. Raises PdfNotPossible where the machine lacks Pango."""
    try:
        from weasyprint import HTML  # noqa: PLC0415 - loads native libraries that not every machine has, and takes a second
    except OSError as error:
        raise PdfNotPossible(f"{error}; Debian: apt-get install libpango-1.0-0 libpangoft2-1.0-0") from error
    page: Any = HTML(string=html(form, answers, link=link), base_url=f"{PAGE}/")
    return cast("bytes", page.write_pdf())


@cache
def _environment() -> Environment:
    return Environment(
        loader=FileSystemLoader(PAGE), autoescape=True, undefined=StrictUndefined, trim_blocks=True, lstrip_blocks=True
    )


def _qr(link: str) -> Markup | None:
    if not link:
        return None
    code: Any = segno.make_qr(link, error="m")
    return Markup(code.svg_inline(scale=2, border=2, svgclass="qr", lineclass="qr-dark", omitsize=True))  # noqa: S704 - drawn here, the link is not in it


def _singles(form: Form, keys: Sequence[str], answers: Answers) -> Iterator[tuple[Item, str]]:
    for key in keys:
        if form.has_item(key):
            item = form.item(key)
            yield item, display(item, _value(item, answers))


def _value(item: Item, answers: Answers) -> Any:
    value = answers.get(item.key)
    if value is None and item.prefill.startswith("const:"):
        return item.prefill.removeprefix("const:")
    return value


def _boxes(item: Item, text: str) -> list[str] | None:
    """Give the characters of a code for its row of boxes, None for what is written on a line."""
    count = CODE_BOXES.get(item.format) or CODE_BOXES.get(
        {"credit_code": "uscc", "org_code": "org_code"}.get(item.key, "")
    )
    if count is None or len(text) > count:  # what has too many characters for its boxes is written on a line
        return None
    return list(text.ljust(count))


def _blocks(form: Form, answers: Answers) -> Iterator[Block]:
    groups, done = form.groups(), set[str]()
    printed = {*HEADING, *SIGNERS}
    for section in form.sections:
        if section.repeat is None:
            items = [item for item in section.items if item.key not in printed]
            if items:
                yield Block(
                    section.title,
                    section.note,
                    ("指标值",),
                    tuple(Line(item, (_cell(item, _value(item, answers)),)) for item in items),
                )
        elif section.repeat.key not in done:
            done.add(section.repeat.key)
            yield from _of_group(groups[section.repeat.key], section, answers)


def _of_group(group: Group, section: Section, answers: Answers) -> Iterator[Block]:
    rows = _given_rows(group, answers)
    if group.preset and not rows:
        rows = _preset_rows(group)
    # Few items make a row across the sheet; more of them stand below each other, a column for each row.
    if group.axis == "rows" and len(group.items) <= WIDEST:
        shown = rows or [{}] * BLANK_ROWS
        yield Block(
            group.title,
            section.note,
            (),
            heads=group.items,
            numbered=tuple(str(number) for number in range(1, len(shown) + 1)),
            rows=tuple(tuple(_cell(item, row.get(item.key), ticks=False) for item in group.items) for row in shown),
            legends=tuple((item, legend) for item in group.items if (legend := _legend(item, group))),
        )
        return
    shown = rows or [{}] * DEVICES
    for start in range(0, len(shown), DEVICES):
        part = shown[start : start + DEVICES]
        columns = tuple(str(start + number + 1) for number in range(len(part)))
        lines = tuple(
            Line(item, tuple(_cell(item, row.get(item.key), ticks=False) for row in part), _legend(item, group))
            for item in group.items
        )
        title, note = group.title, section.note
        if start:  # the note stands once, above the first table
            title, note = f"{group.title}（续）", ""
        yield Block(title, note, columns, lines)


def _legend(item: Item, group: Group) -> tuple[tuple[str, str], ...]:
    """Give the codes to choose from, unless they are the ready-made rows themselves or too many to print."""
    if item.codelist == group.preset and item.kind.is_coded:
        return ()
    offered = _offered(item)
    if len(offered) > SHORT_LIST:
        return ()
    return offered


def _offered(item: Item) -> tuple[tuple[str, str], ...]:
    """Give what may be picked at an item, nothing where one writes."""
    if item.kind.wire == "flag":
        return YES_NO
    if item.kind.is_coded:
        return options(item)
    return ()


def _given_rows(group: Group, answers: Answers) -> list[Answers]:
    given = answers.get(group.key)
    if not isinstance(given, list):
        return []
    return [row for row in cast("list[Any]", given) if isinstance(row, dict)]


def _preset_rows(group: Group) -> list[Answers]:
    coded = next((item for item in group.items if item.codelist == group.preset), None)
    if coded is None:
        return []
    return [{coded.key: code} for code, _ in options(coded)]


def _cell(item: Item, value: Any, *, ticks: bool = True) -> Cell:
    offered = _offered(item)
    # Boxes to tick need room: rows and columns print the text, and so do long lists.
    if not ticks or not item.kind.is_picked or len(offered) > SHORT_LIST:
        return Cell(display(item, value))
    chosen = _chosen(value)
    return Cell(ticks=tuple((code, label, code in chosen) for code, label in offered))


def _chosen(value: Any) -> set[Any]:
    """Give the codes of what is picked; yes is 1 on paper and no 2."""
    if value is True:
        return {"1"}
    if value is False:
        return {"2"}
    if isinstance(value, list):
        return set(cast("list[str]", value))
    return {value}

"""A form as XLSForm, for the field tools of the ODK family: the same items, choices, skip logic and help.

What an XLSForm can say is said: types, bounds, decimals, patterns, conditions, rows, calculations and those checks
whose expressions such tools understand. Conditions come translated from ``validation.evaluators.xpath``; the others
stay with this program.
"""

from __future__ import annotations

import io
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any, Final

import xlsxwriter

from forms.definition import Form, Item, Section
from forms.item_types.choices import YES_NO, list_name, options

Place = tuple[str, str]  # group or "", item key or "" for the group itself
LANGUAGE: Final = "中文 (zh)"
SURVEY: Final = (
    "type",
    "name",
    f"label::{LANGUAGE}",
    f"hint::{LANGUAGE}",
    "required",
    f"required_message::{LANGUAGE}",
    "relevant",
    "constraint",
    f"constraint_message::{LANGUAGE}",
    "calculation",
    "default",
    "appearance",
    "readonly",
    "parameters",
    "repeat_count",
)
CHOICES: Final = ("list_name", "name", f"label::{LANGUAGE}")
SETTINGS: Final = ("form_title", "form_id", "version", "default_language", "style")
Row = dict[str, str]


@dataclass(frozen=True, slots=True)
class Expressions:
    """What the checks' tree says about the questions, as XPath."""

    relevant: Mapping[Place, str] = field(default_factory=dict[Place, str])
    required: Mapping[Place, str] = field(default_factory=dict[Place, str])
    computed: Mapping[Place, str] = field(default_factory=dict[Place, str])
    constraints: Mapping[Place, Sequence[tuple[str, str]]] = field(
        default_factory=dict[Place, "Sequence[tuple[str, str]]"]
    )  # expression, message


def xlsform(form: Form, names: Mapping[Place, str], expressions: Expressions) -> bytes:
    """Write one form version as an XLSX workbook with the sheets survey, choices and settings."""
    writer = _Writer(form, names, expressions)
    stream = io.BytesIO()
    with xlsxwriter.Workbook(
        stream, {"in_memory": True, "strings_to_formulas": False, "strings_to_urls": False, "strings_to_numbers": False}
    ) as workbook:
        bold: Any = workbook.add_format({"bold": True})
        for title, columns, rows in (
            ("survey", SURVEY, writer.survey()),
            ("choices", CHOICES, writer.choices()),
            ("settings", SETTINGS, writer.settings()),
        ):
            sheet: Any = workbook.add_worksheet(title)
            sheet.freeze_panes(1, 0)
            sheet.set_column(0, len(columns) - 1, 22)
            for place, column in enumerate(columns):
                sheet.write_string(0, place, column, bold)
            for line, row in enumerate(rows, start=1):
                for place, column in enumerate(columns):
                    if row.get(column):
                        sheet.write_string(line, place, row[column])
    return stream.getvalue()


@dataclass(frozen=True, slots=True)
class _Writer:
    form: Form
    names: Mapping[Place, str]
    expressions: Expressions

    def survey(self) -> Iterator[Row]:
        yield {"type": "start", "name": "start"}
        yield {"type": "end", "name": "end"}
        done: set[str] = set()
        for section in self.form.sections:
            if section.repeat is None:
                yield from self.section(section)
            # Sections of one group are one repeat, written where the first of them stands.
            elif section.repeat.key not in done:
                done.add(section.repeat.key)
                yield from self.group(section.repeat.key)

    def section(self, section: Section) -> Iterator[Row]:
        questions = [row for item in section.items for row in self.item(item)]
        if not section.note and all(row["type"] == "calculate" for row in questions):
            yield from questions  # nothing to see: field tools refuse an empty page
            return
        yield {
            "type": "begin_group",
            "name": f"section_{section.key}",
            f"label::{LANGUAGE}": section.title,
            "appearance": "field-list",
        }
        if section.note:
            yield {"type": "note", "name": f"note_{section.key}", f"label::{LANGUAGE}": section.note}
        yield from questions
        yield {"type": "end_group", "name": f"section_{section.key}"}

    def group(self, key: str) -> Iterator[Row]:
        group = self.form.groups()[key]
        preset = next((item for item in group.items if group.preset and item.codelist == group.preset), None)
        codes: list[str] = []
        if preset:
            codes = [code for code, _ in options(preset)]
        yield {
            "type": "begin_repeat",
            "name": key,
            f"label::{LANGUAGE}": group.title,
            "relevant": self.expressions.relevant.get((key, ""), ""),
            "repeat_count": str(len(codes) or ""),
        }
        for item in group.items:
            # The item that names a ready-made row is not asked: it follows from the row's place.
            if item is preset:
                yield from self.preset(item, codes)
            else:
                yield from self.item(item)
        yield {"type": "end_repeat", "name": key}

    def preset(self, item: Item, codes: list[str]) -> Iterator[Row]:
        """A ready-made row: its code follows from its place."""
        name = self.names[item.rows_key, item.key]
        yield {"type": "calculate", "name": name, "calculation": f"selected-at('{' '.join(codes)}', position(..) - 1)"}
        listed = dict(options(item))
        chosen = "".join(f"if(${{{name}}} = '{code}', '{listed[code]}', " for code in codes) + "''" + ")" * len(codes)
        yield {"type": "calculate", "name": f"{name}_label", "calculation": chosen}
        yield {"type": "note", "name": f"{name}_shown", f"label::{LANGUAGE}": f"{item.name}：${{{name}_label}}"}

    def item(self, item: Item) -> Iterator[Row]:
        place = (item.rows_key, item.key)
        label = f"{item.no} {item.name}".strip()
        if item.unit:
            label += f"（{item.unit}）"
        if item.computed:
            # What such tools cannot work out is left out: this program works it out when the record comes in.
            if calculation := self.expressions.computed.get(place):
                yield {
                    "type": "calculate",
                    "name": self.names[place],
                    "calculation": calculation,
                    f"label::{LANGUAGE}": label,
                }
            return
        asked = item.kind.question(item)
        default = required_message = ""
        if item.prefill.startswith("const:"):
            default = item.prefill.removeprefix("const:")
        if item.required:
            required_message = f"请填写“{item.name}”。"
        constraints = (*asked.constraints, *self.expressions.constraints.get(place, ()))
        yield {
            "type": asked.type,
            "appearance": asked.appearance,
            "parameters": asked.parameters,
            "name": self.names[place],
            f"label::{LANGUAGE}": label,
            f"hint::{LANGUAGE}": item.help,
            "required": self.expressions.required.get(place, ""),
            "relevant": self.expressions.relevant.get(place, ""),
            "constraint": " and ".join(f"({expression})" for expression, _ in constraints),
            f"constraint_message::{LANGUAGE}": " ".join(message for _, message in constraints),
            "default": default,
            f"required_message::{LANGUAGE}": required_message,
        }

    def choices(self) -> Iterator[Row]:
        yield from (
            {"list_name": YES_NO, "name": code, f"label::{LANGUAGE}": label}
            for code, label in (("true", "是"), ("false", "否"))
        )
        done: set[str] = set()
        for item in self.form.items():
            name = list_name(item)
            if item.computed or not item.kind.is_coded or name in done:
                continue
            done.add(name)
            yield from ({"list_name": name, "name": code, f"label::{LANGUAGE}": label} for code, label in options(item))

    def settings(self) -> Iterator[Row]:
        yield {
            "form_title": f"{self.form.code} {self.form.title}",
            "form_id": self.form.code.lower().replace("-", "_"),
            "version": self.form.version,
            "default_language": LANGUAGE,
            "style": "pages",
        }

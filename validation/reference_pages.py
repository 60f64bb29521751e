"""The reference page of each form, written from its definition: items, checks, and where each item is used.

``python -m validation.reference_pages FOLDER`` writes them (``make docs``); a test compares them with what is committed.
"""

from __future__ import annotations

import sys
from collections.abc import Iterable, Iterator, Mapping
from pathlib import Path
from typing import Final

from forms.answers.columns import columns
from forms.catalogue import Catalogue, catalogue
from forms.definition import Check, Form, Item, TableCheck
from validation.implied import shown
from validation.language.nodes import Node, Rows, Value, walk
from validation.rulebook import compile_form
from validation.rules import Rule

KINDS: Final = {
    "listing": "清查",
    "industrial": "工业源",
    "agricultural": "农业源",
    "domestic": "生活源",
    "centralized": "集中式污染治理设施",
    "mobile": "移动源",
    "scattered": "散乱污",
}
SUBJECTS: Final = {
    "object": "one unit, filled at the door",
    "area": "one region, filled by a department at a desk",
    "computed": "worked out by the program, never typed",
}
Use = tuple[str, str, str]  # form, group or "", item


def write_pages(folder: Path, forms: Catalogue | None = None) -> list[Path]:
    """Write one page for each form and the list of all; return what was written."""
    folder.mkdir(parents=True, exist_ok=True)
    written: list[Path] = []
    for name, text in pages(forms or catalogue()).items():
        path = folder / name
        path.write_text(text, encoding="utf-8")
        written.append(path)
    return written


def pages(forms: Catalogue) -> dict[str, str]:
    """Give the pages by file name."""
    current = [forms.current(code) for code in sorted({form.code for form in forms.forms()}, key=_order)]
    uses = _uses(current, forms)
    found = {f"{form.code}.md": _page(form, forms, uses) for form in current}
    return {"README.md": _list(current, forms), **found}


def _order(code: str) -> list[tuple[int, str]]:
    return [(int(part), "") if part.isdigit() else (0, part) for part in code.split("-")]


def _uses(current: Iterable[Form], forms: Catalogue) -> dict[Use, list[str]]:
    """Tell for each item which written checks lean on it, those of other forms included."""
    found: dict[Use, list[str]] = {}
    for form in current:
        for rule in compile_form(form, forms, form.stages).rules:
            if rule.kind == "written":
                for place in dict.fromkeys(_reads(form, rule)):
                    found.setdefault(place, []).append(rule.id)
    return found


def _reads(form: Form, rule: Rule) -> Iterator[Use]:
    roots: list[Node | Rows] = [rule.node, *((rule.each,) if rule.each else ())]
    for part in (part for root in roots for part in walk(root)):
        if isinstance(part, Value) and part.place != "baseline":
            yield part.form or form.code, part.group, part.key


def _list(current: list[Form], forms: Catalogue) -> str:
    rules = {form.code: compile_form(form, forms, form.stages).rules for form in current}
    items, written = sum(len(list(form.items())) for form in current), sum(len(form.checks) for form in current)
    tables, implied = (
        sum(len(form.table_checks) for form in current),
        sum(len(rules[form.code]) for form in current) - written,
    )
    lines = [
        "# Forms",
        "",
        _MADE,
        "",
        f"{len(current)} forms, {items:,} items, {written + tables:,} written checks ({tables} of them between records), {implied:,} implied by the items.",
        "[NOTES](NOTES.md) says where a definition departs from its source, and why.",
        "",
        "| form | title | source | about | items | checks |",
        "|---|---|---|---|--:|--:|",
    ]
    lines += [
        f"| [{form.code}]({form.code}.md) | {form.title} | {KINDS[form.source_kind]} | {SUBJECTS[form.subject]} | {len(list(form.items()))} | {len(form.checks) + len(form.table_checks)} |"
        for form in current
    ]
    return "\n".join(lines) + "\n"


_MADE: Final = "<!-- made by `make docs` from forms/definitions; a test compares -->"


def _page(form: Form, forms: Catalogue, uses: Mapping[Use, list[str]]) -> str:
    lines = [
        f"# {form.code} {form.title}",
        "",
        _MADE,
        "",
        f"Version {form.version}. About {SUBJECTS[form.subject]}. {KINDS[form.source_kind]}{f'; {form.approval}' if form.approval else ''}.",
        "",
    ]
    if form.applies_text:
        lines += [
            f"Who fills it: {form.applies_text}。"
            + (f" In the check language: `{form.applies_when}`." if form.applies_when else ""),
            "",
        ]
    if form.note:
        lines += [form.note, ""]
    lines += [
        "## Items",
        "",
        f"Their columns stand in `tables/{form.code}.parquet` of an export, those of repeating groups in `tables/{form.code}.<group>.parquet`.",
        "",
    ]
    for section in form.sections:
        lines += [f"### {section.title}", ""]
        if section.repeat:
            lines += [
                f"Rows of `{section.repeat.key}`"
                + (f", ready-made from the code list `{section.repeat.preset}`" if section.repeat.preset else "")
                + ".",
                "",
            ]
        if section.when:
            lines += [f"Asked when `{section.when}`.", ""]
        lines += ["| no. | key | item | type | owed | used by | confidence |", "|---|---|---|---|---|---|---|"]
        lines += [_item(form, item, forms, uses) for item in section.items]
        lines.append("")
    if form.checks:
        lines += ["## Checks", "", *(line for check in form.checks for line in _check(check))]
    if form.table_checks:
        lines += [
            "## Checks between records",
            "",
            *(line for check in form.table_checks for line in _table_check(check)),
        ]
    return "\n".join(lines).rstrip() + "\n"


def _item(form: Form, item: Item, forms: Catalogue, uses: Mapping[Use, list[str]]) -> str:
    kind = (
        item.type
        + (f", {item.precision} decimals" if item.type == "decimal" and item.precision is not None else "")
        + (f", {item.unit}" if item.unit else "")
    )
    if item.codelist:
        kind += f", list `{item.codelist}`"
    if item.computed:
        kind += f", worked out: `{item.computed}`"
    owed = "yes" if item.required is True else f"when `{item.required}`" if item.required else ""
    if item.when and shown(form, item, forms) is not None:
        owed = f"{owed}; " * bool(owed) + f"asked when `{item.when}`"
    used = ", ".join(uses.get((form.code, item.rows_key, item.key), ()))
    names = ", ".join(f"`{column.name}`" for column in columns(form, item.rows_key) if column.item.key == item.key)
    return f"| {item.no} | {names or f'`{item.key}`'} | {_cell(item.name)} | {_cell(kind)} | {_cell(owed)} | {used} | {item.confidence} |"


def _check(check: Check) -> Iterator[str]:
    asked = f", asked of each row of `{check.each}`" if check.each else ""
    yield f"**{check.id}** · {check.severity}{asked} · at {', '.join(f'`{key}`' for key in check.items)}"
    yield ""
    yield f"`{check.expr}`"
    yield ""
    yield f"{check.message}" + (f" — {check.basis}" if check.basis else "") + f" ({check.confidence})"
    yield ""


def _table_check(check: TableCheck) -> Iterator[str]:
    yield f"**{check.id}** · {check.severity} · {check.kind} · over {', '.join(f'`{column}`' for column in check.columns) or 'the register'}"
    yield ""
    yield f"{check.message}" + (f" — {check.basis}" if check.basis else "") + f" ({check.confidence})"
    yield ""


def _cell(text: str) -> str:
    return text.replace("|", "\\|")


if __name__ == "__main__":
    write_pages(Path(sys.argv[1]))

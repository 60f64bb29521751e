"""The reference page of each form, written from its definition: items, checks, and where each item is used.

``python -m validation.reference_pages FOLDER`` writes them (``make docs``); a test compares them with those committed.
"""

from __future__ import annotations

import sys
from collections.abc import Iterable, Iterator, Mapping
from pathlib import Path
from typing import Final

from forms.answers.columns import columns
from forms.catalogue import Catalogue, catalogue
from forms.definition import Check, Form, Item, Section, TableCheck
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
_MADE: Final = "<!-- made by `make docs` from forms/definitions; a test compares -->"
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
    """Sort codes as people count: G103-2 before G103-10."""
    return [_part(part) for part in code.split("-")]


def _part(part: str) -> tuple[int, str]:
    if part.isdigit():
        return int(part), ""
    return 0, part


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
    roots: list[Node | Rows] = [rule.node]
    if rule.each:
        roots.append(rule.each)
    for part in (part for root in roots for part in walk(root)):
        if isinstance(part, Value) and part.place != "baseline":
            yield part.form or form.code, part.group, part.key


def _list(current: list[Form], forms: Catalogue) -> str:
    items = sum(len(list(form.items())) for form in current)
    alone = sum(len(form.checks) for form in current)
    tables = sum(len(form.table_checks) for form in current)
    implied = sum(len(compile_form(form, forms, form.stages).rules) for form in current) - alone
    checks = f"{alone + tables:,} written checks ({tables} of them between records), {implied:,} implied by the items"
    lines = [
        "# Forms",
        "",
        _MADE,
        "",
        f"{len(current)} forms, {items:,} items, {checks}.",
        "[NOTES](NOTES.md) says where a definition departs from its source, and why.",
        "",
        "| form | title | source | about | items | checks |",
        "|---|---|---|---|--:|--:|",
        *map(_line, current),
    ]
    return "\n".join(lines) + "\n"


def _line(form: Form) -> str:
    cells = (
        f"[{form.code}]({form.code}.md)",
        form.title,
        KINDS[form.source_kind],
        SUBJECTS[form.subject],
        len(list(form.items())),
        len(form.checks) + len(form.table_checks),
    )
    return _row(cells)


def _page(form: Form, forms: Catalogue, uses: Mapping[Use, list[str]]) -> str:
    tables = (
        f"Their columns stand in `tables/{form.code}.parquet` of an export, "
        f"those of repeating groups in `tables/{form.code}.<group>.parquet`."
    )
    lines = [f"# {form.code} {form.title}", "", _MADE, "", _about(form), ""]
    lines += _who(form)
    lines += ["## Items", "", tables, ""]
    for section in form.sections:
        lines += _section(form, section, forms, uses)
    if form.checks:
        lines += ["## Checks", "", *(line for check in form.checks for line in _check(check))]
    if form.table_checks:
        between = (line for check in form.table_checks for line in _table_check(check))
        lines += ["## Checks between records", "", *between]
    return "\n".join(lines).rstrip() + "\n"


def _about(form: Form) -> str:
    about = f"Version {form.version}. About {SUBJECTS[form.subject]}. {KINDS[form.source_kind]}"
    if form.approval:
        about += f"; {form.approval}"
    return f"{about}."


def _who(form: Form) -> Iterator[str]:
    """Say who fills a form, in words and in the check language, and what else is to be known of it."""
    if form.applies_text:
        who = f"Who fills it: {form.applies_text}。"
        if form.applies_when:
            who += f" In the check language: `{form.applies_when}`."
        yield from (who, "")
    if form.note:
        yield from (form.note, "")


def _section(form: Form, section: Section, forms: Catalogue, uses: Mapping[Use, list[str]]) -> Iterator[str]:
    yield from (f"### {section.title}", "")
    if section.repeat:
        rows = f"Rows of `{section.repeat.key}`"
        if section.repeat.preset:
            rows += f", ready-made from the code list `{section.repeat.preset}`"
        yield from (f"{rows}.", "")
    if section.when:
        yield from (f"Asked when `{section.when}`.", "")
    yield from ("| no. | key | item | type | owed | used by | confidence |", "|---|---|---|---|---|---|---|")
    for item in section.items:
        yield _item(form, item, forms, uses)
    yield ""


def _item(form: Form, item: Item, forms: Catalogue, uses: Mapping[Use, list[str]]) -> str:
    used = ", ".join(uses.get((form.code, item.rows_key, item.key), ()))
    names = [f"`{column.name}`" for column in columns(form, item.rows_key) if column.item.key == item.key]
    name = ", ".join(names or [f"`{item.key}`"])
    kind, owed = _cell(_kind(item)), _cell(_owed(form, item, forms))
    return _row((item.no, name, _cell(item.name), kind, owed, used, item.confidence))


def _kind(item: Item) -> str:
    kind = item.type
    if item.type == "decimal" and item.precision is not None:
        kind += f", {item.precision} decimals"
    if item.unit:
        kind += f", {item.unit}"
    if item.codelist:
        kind += f", list `{item.codelist}`"
    if item.computed:
        kind += f", worked out: `{item.computed}`"
    return kind


def _owed(form: Form, item: Item, forms: Catalogue) -> str:
    """Say when an answer is owed, and when it is asked for at all."""
    said: list[str] = []
    if item.required is True:
        said.append("yes")
    elif item.required:
        said.append(f"when `{item.required}`")
    if item.when and shown(form, item, forms) is not None:
        said.append(f"asked when `{item.when}`")
    return "; ".join(said)


def _check(check: Check) -> Iterator[str]:
    asked = ""
    if check.each:
        asked = f", asked of each row of `{check.each}`"
    yield f"**{check.id}** · {check.severity}{asked} · at {_names(check.items)}"
    yield ""
    yield f"`{check.expr}`"
    yield ""
    yield _message(check)
    yield ""


def _table_check(check: TableCheck) -> Iterator[str]:
    over = _names(check.columns) or "the register"
    yield f"**{check.id}** · {check.severity} · {check.kind} · over {over}"
    yield ""
    yield _message(check)
    yield ""


def _message(check: Check | TableCheck) -> str:
    """Give what people are told, where it comes from and how sure we are of that."""
    if check.basis:
        return f"{check.message} — {check.basis} ({check.confidence})"
    return f"{check.message} ({check.confidence})"


def _names(keys: Iterable[str]) -> str:
    return ", ".join(f"`{key}`" for key in keys)


def _row(cells: Iterable[object]) -> str:
    return f"| {' | '.join(map(str, cells))} |"


def _cell(text: str) -> str:
    return text.replace("|", "\\|")


if __name__ == "__main__":
    write_pages(Path(sys.argv[1]))

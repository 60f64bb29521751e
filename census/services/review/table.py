"""The middle of the record page: sections of lines, each an item with its value, the register's and the change.

Pure values: what stands here is worked out from a form and two revisions of its answers, without a database.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field, replace
from itertools import zip_longest
from typing import Any, Final, Literal, cast

from forms.answers.values import blank, display
from forms.definition import Form, Item, Section

Change = Literal["", "changed", "added", "removed"]
Mark = Literal["", "error", "warning", "explained"]
Show = Literal["all", "problems", "changes", "filled"]
MASK: Final = "●●●●"


@dataclass(frozen=True, slots=True)
class Line:
    """One item as reviewers see it. Texts are ready to show; "" is a blank."""

    path: str
    no: str
    name: str
    unit: str
    value: str
    known: str  # what the register or last year's statistics say
    before: str  # the value of the version compared with
    change: Change
    mark: Mark
    is_number: bool
    is_masked: bool
    is_asked_back: bool  # marked in the last return

    @property
    def anchor(self) -> str:
        """The element id of the line, so that a finding can point at it."""
        return anchor(self.path)


@dataclass(frozen=True, slots=True)
class Row:
    """The lines of one row of a repeating group; of a plain section the only one, without a title."""

    path: str
    title: str
    change: Change
    lines: tuple[Line, ...]


@dataclass(frozen=True, slots=True)
class SectionView:
    """One section with its rows and what is wrong in it."""

    key: str
    title: str
    repeats: bool
    rows: tuple[Row, ...]
    errors: int
    warnings: int
    changes: int
    row_count: int  # rows of this version: those that were deleted are shown, not counted


@dataclass(frozen=True, slots=True)
class Beside:
    """What is shown beside the answers. ``marks`` are the worst finding by path."""

    known: Mapping[str, Any] = field(default_factory=dict[str, Any])
    before: Mapping[str, Any] | None = None
    marks: Mapping[str, Mark] = field(default_factory=dict[str, Mark])
    asked_back: frozenset[str] = frozenset()
    reveal: bool = False


def anchor(path: str) -> str:
    """The element id of a path: ``/facility/0/run_hours`` is ``i-facility-0-run_hours``."""
    return "i" + path.replace("/", "-")


def sections(form: Form, answers: Mapping[str, Any], beside: Beside) -> tuple[SectionView, ...]:
    """Lay the answers out in the order of the paper form."""
    return tuple(_section(section, answers, beside) for section in form.sections)


def only(all_sections: Sequence[SectionView], show: Show) -> tuple[SectionView, ...]:
    """The sections with only the lines asked for; what is then empty is left out. Counts stay those of the whole."""
    if show == "all":
        return tuple(all_sections)
    kept: list[SectionView] = []
    for section in all_sections:
        rows = [replace(row, lines=tuple(line for line in row.lines if _SHOWN[show](line))) for row in section.rows]
        # A row that went or came whole is a change even where no line of it is.
        rows = [row for row in rows if row.lines or (row.change and show == "changes")]
        if rows:
            kept.append(replace(section, rows=tuple(rows)))
    return tuple(kept)


_SHOWN: Final[Mapping[Show, Callable[[Line], bool]]] = {
    "problems": lambda line: line.mark != "",
    "changes": lambda line: line.change != "",
    "filled": lambda line: line.value != "",
}


def item_at(form: Form, path: str) -> Item | None:
    """The item a path points at; None for rows, groups and what the form does not have."""
    match path.split("/")[1:]:
        case [key]:
            group = ""
        case [group, _, key]:
            pass
        case _:
            return None
    if not form.has_item(key, group):
        return None
    return form.item(key, group)


def _section(section: Section, answers: Mapping[str, Any], beside: Beside) -> SectionView:
    if section.repeat:
        group = f"/{section.repeat.key}"
        rows = tuple(_rows(section, section.repeat.key, answers, beside))
    else:
        group = ""
        rows = (_only_row(section, answers, beside),)
    lines = [line for row in rows for line in row.lines]
    marks = [beside.marks.get(path, "") for path in (group, *(row.path for row in rows)) if path]
    marks += [line.mark for line in lines]
    return SectionView(
        key=section.key,
        title=section.title,
        repeats=section.repeat is not None,
        rows=rows,
        errors=marks.count("error"),
        warnings=marks.count("warning") + marks.count("explained"),
        changes=sum(line.change != "" for line in lines),
        row_count=sum(row.change != "removed" for row in rows),
    )


def _only_row(section: Section, answers: Mapping[str, Any], beside: Beside) -> Row:
    before = beside.before or {}
    lines = (
        _line(item, f"/{item.key}", answers.get(item.key), beside, before.get(item.key), is_new=False)
        for item in section.items
    )
    return Row("", "", "", tuple(lines))


def _rows(section: Section, group: str, answers: Mapping[str, Any], beside: Beside) -> Iterator[Row]:
    now, before = rows_of(answers, group), rows_of(beside.before or {}, group)
    nothing: Mapping[str, Any] = {}
    # Rows of both versions side by side; the shorter one is filled up with empty rows.
    for index, (row, old) in enumerate(zip_longest(now, before, fillvalue=nothing)):
        change: Change = ""
        if beside.before is not None and index >= len(before):
            change = "added"
        elif index >= len(now):
            change = "removed"
        path = f"/{group}/{index}"
        lines = (
            _line(item, f"{path}/{item.key}", row.get(item.key), beside, old.get(item.key), is_new=change == "added")
            for item in section.items
        )
        yield Row(path, _row_title(section, index, row or old), change, tuple(lines))


def _row_title(section: Section, index: int, shown: Mapping[str, Any]) -> str:
    """Name a row by its first item, as people do, unless that is blank or personal."""
    first = section.items[0]
    if first.personal or blank(shown.get(first.key)):
        return f"第 {index + 1} 行"
    return f"{index + 1} · {display(first, shown.get(first.key))}"


def rows_of(answers: Mapping[str, Any], group: str) -> Sequence[Mapping[str, Any]]:
    """The rows of a repeating group; what is not a row (answers are kept as they came) counts as an empty one."""
    rows = answers.get(group)
    if not isinstance(rows, list):
        return ()
    return [cast("dict[str, Any]", row) if isinstance(row, dict) else {} for row in cast("list[object]", rows)]


def _line(item: Item, path: str, raw: object, beside: Beside, old: object, *, is_new: bool) -> Line:
    value, before = display(item, raw), display(item, old)
    change: Change = ""
    if beside.before is not None and not is_new:  # a whole new row is marked as one, not item by item
        change = _change(before, value)
    known = ""
    if not item.rows_key:  # what the register knows has no rows
        known = display(item, beside.known.get(item.key))
    is_masked = item.personal and not beside.reveal
    if is_masked:
        value, before, known = _masked(value), _masked(before), _masked(known)
    return Line(
        path=path,
        no=item.no,
        name=item.name,
        unit=item.unit,
        value=value,
        known=known,
        before=before,
        change=change,
        mark=beside.marks.get(path, ""),
        is_number=item.kind.number != "",
        is_masked=is_masked and bool(value),
        is_asked_back=path in beside.asked_back,
    )


def _change(before: str, value: str) -> Change:
    if value == before:
        return ""
    if not before:
        return "added"
    if not value:
        return "removed"
    return "changed"


def _masked(text: str) -> str:
    """Hide a text but not that there is one."""
    return MASK if text else ""

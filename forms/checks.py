"""The checks that a definition writes down: of one record 审核规则, and between many records.

Their expressions are kept as text; ``validation.rulebook`` compiles them. What each key means stands in
``docs/reference/definition-format.md``.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Final, Literal, get_args

from forms.toml_reader import TomlTable

Severity = Literal["error", "warning"]
Confidence = Literal["verified", "recalled", "placeholder"]
TableCheckKind = Literal["unique", "near_duplicate", "listed_in", "coverage", "outlier", "region_sum", "far_from_area"]
Level = Literal["", "province", "city", "county", "town", "village"]
SEVERITIES: Final[tuple[Severity, ...]] = get_args(Severity)
CONFIDENCES: Final[tuple[Confidence, ...]] = get_args(Confidence)
TABLE_CHECK_KINDS: Final[tuple[TableCheckKind, ...]] = get_args(TableCheckKind)
LEVELS: Final[tuple[Level, ...]] = get_args(Level)
LEVEL_DIGITS: Final[dict[str, int]] = {"province": 2, "city": 4, "county": 6, "town": 9, "village": 12}


@dataclass(frozen=True, slots=True)
class Check:
    """A written check 审核规则: holds when the record is right."""

    id: str
    severity: Severity
    expr: str  # check language (docs/reference/check-language.md)
    message: str  # tells the enumerator what to do; {expression} in braces is replaced by its value
    items: tuple[str, ...]  # item keys at which it is shown, first = where the error list jumps
    each: str = ""  # key of a repeating group: asked once per row
    basis: str = ""
    confidence: Confidence = "recalled"
    stage: str = ""  # 散乱污: asked only from this case state on


@dataclass(frozen=True, slots=True)
class TableCheck:
    """A check that needs many records; only a batch can answer it, through Great Expectations."""

    id: str
    severity: Severity
    kind: TableCheckKind
    columns: tuple[str, ...]  # items compared, and where the finding is shown
    message: str
    each: str = ""  # asked of the rows of this group (listed_in, outlier)
    where: str = ""  # only records (rows) for which this expression holds take part
    position: str = ""  # a gps item (near_duplicate, far_from_area)
    within_m: float | None = None
    other: str = ""  # listed_in: form and item, J101-1.unit_name; region_sum: the form that is summed
    within: Level = ""  # compare inside one region of this level
    across: Level = ""  # unique: only records that lie in different regions of this level
    value: str = ""  # expression that is judged; default: columns[0]
    by: str = ""  # outlier: expression that names the group
    threshold: float = 5.0  # outlier: robust z above which a value stands out
    group_minimum: int = 20  # outlier: smaller groups are not judged
    scale: Literal["log", "linear"] = "log"  # outlier: magnitudes are compared as logarithms
    sum: str = ""  # region_sum: expression over a record of the other form
    compare: Literal["==", "<=", ">="] = "=="  # region_sum: the sum … the value
    tolerance: float = 0.05  # region_sum: as a part of the value
    basis: str = ""
    confidence: Confidence = "recalled"


def read_check(table: TomlTable) -> Check:
    check = Check(
        id=table.text("id", None),
        severity=table.word("severity", SEVERITIES),
        expr=table.text("expr", None),
        message=table.text("message", None),
        items=table.texts("items"),
        each=table.text("each"),
        basis=table.text("basis"),
        confidence=table.word("confidence", CONFIDENCES, "recalled"),
        stage=table.text("stage"),
    )
    table.done()
    return check


def read_table_check(table: TomlTable) -> TableCheck:
    check = TableCheck(
        id=table.text("id", None),
        severity=table.word("severity", SEVERITIES),
        kind=table.word("kind", TABLE_CHECK_KINDS),
        columns=table.texts("columns"),
        message=table.text("message", None),
        each=table.text("each"),
        where=table.text("where"),
        position=table.text("position"),
        within_m=table.number("within_m"),
        other=table.text("other"),
        within=table.word("within", LEVELS, ""),
        across=table.word("across", LEVELS, ""),
        value=table.text("value"),
        by=table.text("by"),
        threshold=table.number("threshold", 5.0),
        group_minimum=table.count("group_minimum", 20),
        scale=table.word("scale", ("log", "linear"), "log"),
        sum=table.text("sum"),
        compare=table.word("compare", ("==", "<=", ">="), "=="),
        tolerance=table.number("tolerance", 0.05),
        basis=table.text("basis"),
        confidence=table.word("confidence", CONFIDENCES, "recalled"),
    )
    table.done()
    return check


_WANTED: Final[dict[TableCheckKind, tuple[str, ...]]] = {
    "unique": ("columns",),
    "near_duplicate": ("columns", "position", "within_m"),
    "listed_in": ("columns", "other"),
    "coverage": (),
    "outlier": ("columns",),
    "region_sum": ("columns", "other", "sum", "within"),
    "far_from_area": ("within_m",),
}
_TAKEN: Final[dict[str, tuple[TableCheckKind, ...]]] = {
    "columns": ("unique", "near_duplicate", "listed_in", "outlier", "region_sum", "far_from_area"),
    "each": ("listed_in", "outlier"),
    "position": ("near_duplicate", "far_from_area"),
    "within_m": ("near_duplicate", "far_from_area"),
    "other": ("listed_in", "region_sum"),
    "within": ("unique", "listed_in", "region_sum"),
    "across": ("unique",),
    "value": ("outlier", "region_sum"),
    "by": ("outlier",),
    "sum": ("region_sum",),
    "where": ("unique", "near_duplicate", "listed_in", "outlier", "region_sum", "far_from_area"),
}


def table_check_faults(check: TableCheck) -> Iterator[str]:
    """Give what a table check lacks, and what it says that its kind does not know."""
    for key in _WANTED[check.kind]:
        if not getattr(check, key):
            yield f"{check.kind} needs {key}"
    for key, kinds in _TAKEN.items():
        if getattr(check, key) and check.kind not in kinds:
            yield f"{key} belongs to {', '.join(kinds)}, not to {check.kind}"
    if check.kind == "far_from_area" and not check.position and len(check.columns) != 2:
        yield "far_from_area needs a position, or longitude and latitude as its two columns"
    if check.kind == "listed_in" and check.other and "." not in check.other:
        yield f"other is form and item, such as J101-1.unit_name, not {check.other}"

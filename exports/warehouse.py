"""Approved records as typed tables: Parquet files, one DuckDB database over them, and CSV for the package.

``<form>.parquet`` has a line per record, ``<form>.<group>.parquet`` a line per row of a repeating section, ``unit`` and
``region`` what the register knows. Order is that of the records given. Units, labels and official item numbers stand in
each column's metadata. Personal data stay out: only the records themselves, in the package, carry them.
"""

from __future__ import annotations

from collections import deque
from collections.abc import Mapping, Sequence
from concurrent.futures import Future, ThreadPoolExecutor
from contextlib import closing
from dataclasses import dataclass
from itertools import groupby
from pathlib import Path
from types import TracebackType
from typing import Any, Final, Self

import duckdb
import pyarrow  # noqa: ICN001 - it has no type stubs, so ``pa`` is Any
import pyarrow.compute
import pyarrow.parquet

from exports.layout import ARROW, HEADS, ROW_HEADS, Head, Laid, Layout
from exports.package import Table
from exports.record import Computed, Region, Unit
from forms.answers.arrays import typed
from forms.answers.columns import Column, ColumnKind, columns
from forms.codelists import codelist
from forms.definition import Form, Item

pa: Any = pyarrow  # neither has type stubs
parquet: Any = pyarrow.parquet
compute: Any = pyarrow.compute

TABLE_SCHEMA: Final[Mapping[ColumnKind, str]] = {
    "text": "string",
    "number": "number",
    "integer": "integer",
    "boolean": "boolean",
    "date": "date",
    "texts": "string",
}
ROW_GROUP: Final = 16_000
AHEAD: Final = 2  # batches that may wait while another is written
ENGINE: Final[dict[str, str | bool | int | float | list[str]]] = {
    "threads": 2,
    "memory_limit": "256MB",
    "preserve_insertion_order": True,
}
DATABASE: Final = "aggregate.duckdb"


class FormTables:
    """The tables of one form, written batch by batch, so that a province's records never stand in memory at once.

    They are written in a thread of their own while the next records are read.
    """

    def __init__(self, form: Form, folder: Path) -> None:
        self.form = form
        self.placeholders = 0  # answers so far that use a code which stands in for an official one
        self._layout = Layout(form)
        self._writers = {group: Writer(form, group, folder) for group in ("", *form.groups())}
        self._thread = ThreadPoolExecutor(1, "tables")
        self._under_way: deque[Future[None]] = deque()

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        try:
            while self._under_way and error is None:
                self._under_way.popleft().result()
        finally:
            self._thread.shutdown(cancel_futures=True)
            for writer in self._writers.values():
                writer.close()

    def add(self, lines: Sequence[bytes]) -> None:
        """Take in some records as JSON lines (``exports.record.line``).

        What goes wrong with them is raised by a later call, or at the end.
        """
        if len(self._under_way) == AHEAD:
            self._under_way.popleft().result()
        self._under_way.append(self._thread.submit(self._add, lines))

    def _add(self, lines: Sequence[bytes]) -> None:
        for laid in self._layout.lay_out(lines):
            self.placeholders += self._writers[laid.group].add(laid)

    def tables(self) -> list[Writer]:
        return list(self._writers.values())


class Writer:
    """One Parquet file: the main table of a form (``group`` empty), or one of its repeating sections."""

    def __init__(self, form: Form, group: str, folder: Path) -> None:
        self.form, self.group = form, group
        self.name, self.title, self.heads = form.code, form.title, HEADS
        if group:
            self.name += f".{group}"
            self.title += f"：{form.groups()[group].title}"
            self.heads = ROW_HEADS
        self.columns = tuple(column for column in columns(form, group) if not column.item.personal)
        self._items = [
            (item, list(parts)) for item, parts in groupby(columns(form, group), key=lambda column: column.item)
        ]
        self.path = folder / f"{self.name}.parquet"
        self.schema: Any = pa.schema(
            [
                *(pa.field(head.name, ARROW[head.kind], metadata={"label": head.label}) for head in self.heads),
                *(pa.field(column.name, ARROW[column.kind], metadata=_metadata(column)) for column in self.columns),
            ],
            metadata={"form": form.code, "version": form.version, "title": self.title},
        )
        self._writer: Any = parquet.ParquetWriter(self.path, self.schema, compression="zstd")
        self._waiting: list[Any] = []

    def add(self, laid: Laid) -> int:
        """Take in some lines; return how many of their answers are placeholder codes."""
        arrays: dict[str, Any] = {name: laid.heads.column(name) for name in laid.heads.column_names}
        placeholders = 0
        for item, parts in self._items:
            if item.personal and not item.kind.is_coded:
                continue  # stays out, and holds no code to count
            read = typed(item, parts, laid.raws(item))
            placeholders += _placeholders(item, read.arrays[parts[0].part])
            arrays |= {column.name: read.arrays[column.part] for column in parts}
        self._waiting.append(
            pa.table(
                [arrays[name].cast(self.schema.field(name).type) for name in self.schema.names], schema=self.schema
            )
        )
        if sum(map(len, self._waiting)) >= ROW_GROUP:
            self._flush()
        return placeholders

    def close(self) -> None:
        self._flush()
        self._writer.close()

    def _flush(self) -> None:
        if self._waiting:
            self._writer.write_table(pa.concat_tables(self._waiting), row_group_size=2 * ROW_GROUP)
            self._waiting.clear()


def _placeholders(item: Item, codes: Any) -> int:
    """Count the codes of an item that stand in for official ones (``x-…``)."""
    if not item.kind.is_coded or codes.null_count == len(codes):
        return 0
    if item.type == "multichoice":
        codes = compute.list_flatten(codes)
    is_placeholder = _begins_as_placeholder
    if item.codelist:
        is_placeholder = codelist(item.codelist).is_placeholder
    counts = {each["values"]: each["counts"] for each in compute.value_counts(codes).to_pylist()}
    return sum(count for code, count in counts.items() if code is not None and is_placeholder(code))


def _begins_as_placeholder(code: str) -> bool:
    """The rule for a choice whose options stand in the form itself."""
    return code.startswith("x-")


def _metadata(column: Column) -> dict[str, str]:
    return {"label": column.label, "unit": column.unit, "item_no": column.item.no}


UNIT_FIELDS: Final = (
    Head("id", "text", "普查对象编号"),
    Head("kind", "text", "类别"),
    Head("name", "text", "名称"),
    Head("address", "text", "地址"),
    Head("credit_code", "text", "统一社会信用代码"),
    Head("industry_code", "text", "行业代码"),
    Head("region_code", "text", "行政区划代码"),
    Head("lon", "number", "经度（度）"),
    Head("lat", "number", "纬度（度）"),
    Head("source", "text", "来源"),
    Head("outcome", "text", "入户结果"),
)
REGION_FIELDS: Final = (
    Head("code", "text", "行政区划代码"),
    Head("name", "text", "名称"),
    Head("level", "text", "级别"),
    Head("parent_code", "text", "上级代码"),
)


INDUSTRY_FIELDS: Final = (Head("code", "text", "行业大类代码"), Head("name", "text", "行业大类"))
FINDING_FIELDS: Final = (
    Head("record", "text", "填报编号"),
    Head("region_code", "text", "行政区划代码"),
    Head("form", "text", "表号"),
    Head("check_id", "text", "审核规则"),
    Head("title", "text", "规则内容"),
    Head("severity", "text", "性质"),
    Head("state", "text", "状态"),
)


COMPUTED_FIELDS: Final = (
    Head("unit", "text", "普查对象编号"),
    Head("region_code", "text", "行政区划代码"),
    Head("form", "text", "表号"),
    Head("item_no", "text", "指标代码"),
    Head("item", "text", "指标"),
    Head("label", "text", "指标名称"),
    Head("row", "integer", "行号"),
    Head("value", "number", "算出的数值"),
    Head("measure", "text", "计量单位"),
)


@dataclass(frozen=True, slots=True)
class Industry:
    """A division of the national classification of industries (GB/T 4754)."""

    code: str
    name: str


@dataclass(frozen=True, slots=True)
class Found:
    """A finding without what anybody answered."""

    record: str
    region_code: str
    form: str
    check_id: str
    title: str
    severity: str
    state: str


def write_register(
    folder: Path,
    units: Sequence[Unit],
    regions: Sequence[Region],
    findings: Sequence[Found],
    computed: Sequence[Computed] = (),
) -> list[Path]:
    """Write ``unit``, ``region``, ``finding``, ``industry`` and ``computed`` as Parquet files."""
    industries = [
        Industry(entry.code, entry.label)
        for entry in codelist("gbt4754")
        if entry.attributes.get("level") == "division"
    ]
    return [
        _write_values(folder / "unit.parquet", UNIT_FIELDS, units),
        _write_values(folder / "region.parquet", REGION_FIELDS, regions),
        _write_values(folder / "finding.parquet", FINDING_FIELDS, findings),
        _write_values(folder / "industry.parquet", INDUSTRY_FIELDS, industries),
        _write_values(folder / "computed.parquet", COMPUTED_FIELDS, computed),
    ]


def _write_values(
    path: Path, heads: Sequence[Head], values: Sequence[Unit | Region | Found | Industry | Computed]
) -> Path:
    schema: Any = pa.schema([pa.field(head.name, ARROW[head.kind], metadata={"label": head.label}) for head in heads])
    arrays = [pa.array([getattr(value, head.name) for value in values], ARROW[head.kind]) for head in heads]
    parquet.write_table(pa.Table.from_arrays(arrays, schema=schema), path, compression="zstd")
    return path


def build_database(out: Path, parquet_files: Sequence[Path]) -> Path:
    """Load Parquet files into ``aggregate.duckdb``: table ``G102`` for a form, ``G102_facility`` for a group of it."""
    path = out / DATABASE
    draft = out / f".{DATABASE}.draft"
    draft.unlink(missing_ok=True)
    with closing(duckdb.connect(str(draft), config=ENGINE)) as connection:
        for file in parquet_files:
            table = table_name(file)
            connection.execute(f'create table "{table}" as select * from read_parquet(?)', [str(file)])
            for field in parquet.read_schema(file):
                comment = _quoted(_comment(field.metadata or {}))
                connection.execute(f'comment on column "{table}"."{field.name}" is {comment}')
    draft.replace(path)
    return path


def table_name(file: Path) -> str:
    return file.name.removesuffix(".parquet").replace("-", "_").replace(".", "_")


def _comment(metadata: Mapping[bytes, bytes]) -> str:
    label, unit = (metadata.get(name, b"").decode() for name in (b"label", b"unit"))
    if not unit:
        return label
    return f"{label}（{unit}）"


@dataclass(frozen=True, slots=True)
class Written:
    """A Parquet file whose columns are all heads."""

    name: str
    title: str
    path: Path
    heads: tuple[Head, ...]
    columns: tuple[Column, ...] = ()


def computed_table(folder: Path) -> Written:
    """Give the table of computed figures, for people to read as what it is."""
    return Written("computed", "核算结果（由程序算出，不是填报）", folder / "computed.parquet", COMPUTED_FIELDS)


def write_csv_tables(folder: Path, tables: Sequence[Writer | Written]) -> list[Table]:
    """Write each table as CSV in the record order of its Parquet file, with the fields of its Table Schema.

    Lists of codes become text, separated by semicolons.
    """
    pa.default_memory_pool().release_unused()
    # Two tables at a time, one thread each: as quick as two threads for one after the other, in half the memory.
    with closing(duckdb.connect(config=ENGINE | {"threads": 1})) as connection, ThreadPoolExecutor(2, "csv") as threads:
        writing = [threads.submit(_write_csv, connection.cursor(), folder, table) for table in tables]
        return [each.result() for each in writing]


def _write_csv(connection: duckdb.DuckDBPyConnection, folder: Path, table: Writer | Written) -> Table:
    file = folder / f"{table.name}.csv"
    select = ", ".join(_csv_column(part.name, part.kind) for part in (*table.heads, *table.columns))
    connection.execute(
        f"copy (select {select} from read_parquet(?)) to {_quoted(str(file))} (header, delimiter ',')",
        [str(table.path)],
    )
    return Table(f"tables/{table.name}.csv", table.title, _fields(table), file)


def _csv_column(name: str, kind: ColumnKind) -> str:
    """A column as it is selected for CSV, which knows no lists."""
    if kind == "texts":
        return f"""array_to_string("{name}", ';') as "{name}" """
    return f'"{name}"'


def _quoted(text: str) -> str:
    """A text as a literal of SQL, where DuckDB takes no parameter."""
    return "'" + text.replace("'", "''") + "'"


def _fields(table: Writer | Written) -> list[dict[str, Any]]:
    heads = [{"name": head.name, "type": TABLE_SCHEMA[head.kind], "title": head.label} for head in table.heads]
    items: list[dict[str, Any]] = []
    for column in table.columns:
        field: dict[str, Any] = {"name": column.name, "type": TABLE_SCHEMA[column.kind], "title": column.label}
        if column.kind == "boolean":
            field |= {"trueValues": ["true"], "falseValues": ["false"]}
        if column.unit:
            field["unit"] = column.unit
        items.append(field)
    return [*heads, *items]

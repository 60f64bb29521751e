"""Approved records as typed tables: Parquet files, one DuckDB database over them, and CSV for the package.

``<form>.parquet`` has a line per record, ``<form>.<group>.parquet`` a line per row of a repeating section, ``unit`` and
``region`` what the register knows. Order is that of the records given. Units, labels and official item numbers stand in
each column's metadata. Personal data stay out: only the records themselves, in the package, carry them.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from contextlib import closing
from dataclasses import dataclass
from pathlib import Path
from types import TracebackType
from typing import Any, Final, Self, cast

import duckdb
import pyarrow  # noqa: ICN001 - it has no type stubs, so ``pa`` is Any
import pyarrow.parquet

from exports.package import Table
from exports.record import Record, Region, Unit
from forms.columns import Column, ColumnKind, cell, columns
from forms.definition import Form

pa: Any = pyarrow            # neither has type stubs
parquet: Any = pyarrow.parquet

ARROW: Final[Mapping[ColumnKind, Any]] = {
    "text": pa.string(), "number": pa.float64(), "integer": pa.int64(), "boolean": pa.bool_(), "date": pa.date32(),
    "texts": pa.list_(pa.string()),
}
TABLE_SCHEMA: Final[Mapping[ColumnKind, str]] = {
    "text": "string", "number": "number", "integer": "integer", "boolean": "boolean", "date": "date", "texts": "string",
}
ROW_GROUP: Final = 50_000
DATABASE: Final = "aggregate.duckdb"


@dataclass(frozen=True, slots=True)
class Head:
    """A column that every table of a form has before its items."""

    name: str
    kind: ColumnKind
    label: str


HEADS: Final = (
    Head("_record", "text", "填报编号"), Head("_unit", "text", "普查对象编号"), Head("_region", "text", "行政区划代码"),
    Head("_revision", "integer", "版本"),
)
ROW_HEADS: Final = (*HEADS, Head("_row", "integer", "行号"))


class FormTables:
    """The tables of one form, written batch by batch, so that a province's records never stand in memory at once."""

    def __init__(self, form: Form, folder: Path) -> None:
        self.form = form
        self._writers = {group: Writer(form, group, folder) for group in ("", *form.groups())}

    def __enter__(self) -> Self:
        return self

    def __exit__(self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None) -> None:
        for writer in self._writers.values():
            writer.close()

    def add(self, records: Sequence[Record]) -> None:
        for writer in self._writers.values():
            writer.add(records)

    def tables(self) -> list[Writer]:
        return list(self._writers.values())


class Writer:
    """One Parquet file: the main table of a form (``group`` empty), or one of its repeating sections."""

    def __init__(self, form: Form, group: str, folder: Path) -> None:
        self.form, self.group = form, group
        self.name = f"{form.code}.{group}" if group else form.code
        self.title = f"{form.title}：{form.groups()[group].title}" if group else form.title
        self.heads = ROW_HEADS if group else HEADS
        self.columns = tuple(column for column in columns(form, group) if not column.item.personal)
        self.path = folder / f"{self.name}.parquet"
        self.schema: Any = pa.schema(
            [*(pa.field(head.name, ARROW[head.kind], metadata={"label": head.label}) for head in self.heads),
             *(pa.field(column.name, ARROW[column.kind], metadata=_metadata(column)) for column in self.columns)],
            metadata={"form": form.code, "version": form.version, "title": self.title},
        )
        self._writer: Any = parquet.ParquetWriter(self.path, self.schema, compression="zstd")

    def add(self, records: Sequence[Record]) -> None:
        lines = [line for record in records for line in self._lines(record)]
        if not lines:
            return
        values = zip(*lines, strict=True)
        arrays = [pa.array(list(column), field.type) for column, field in zip(values, self.schema, strict=True)]
        self._writer.write_table(pa.Table.from_arrays(arrays, schema=self.schema), row_group_size=ROW_GROUP)

    def close(self) -> None:
        self._writer.close()

    def _lines(self, record: Record) -> Iterable[tuple[object, ...]]:
        head = (record.id, record.unit, record.region_code, record.revision)
        if not self.group:
            yield (*head, *self._cells(record.answers))
            return
        rows = record.answers.get(self.group)
        for number, row in enumerate(cast("list[object]", rows) if isinstance(rows, list) else [], start=1):
            if isinstance(row, Mapping):
                yield (*head, number, *self._cells(cast("Mapping[str, Any]", row)))

    def _cells(self, answers: Mapping[str, Any]) -> Iterable[object]:
        for column in self.columns:
            item = column.item
            raw = answers.get(item.key, answers.get(item.alias) if item.alias else None)
            yield None if raw is None else cell(column, raw)  # most are blank


def _metadata(column: Column) -> dict[str, str]:
    return {"label": column.label, "unit": column.unit, "item_no": column.item.no}


UNIT_FIELDS: Final = (
    Head("id", "text", "普查对象编号"), Head("kind", "text", "类别"), Head("name", "text", "名称"),
    Head("address", "text", "地址"), Head("credit_code", "text", "统一社会信用代码"), Head("industry_code", "text", "行业代码"),
    Head("region_code", "text", "行政区划代码"), Head("lon", "number", "经度（度）"), Head("lat", "number", "纬度（度）"),
    Head("source", "text", "来源"), Head("outcome", "text", "入户结果"),
)
REGION_FIELDS: Final = (
    Head("code", "text", "行政区划代码"), Head("name", "text", "名称"), Head("level", "text", "级别"),
    Head("parent_code", "text", "上级代码"),
)


def write_register(folder: Path, units: Sequence[Unit], regions: Sequence[Region]) -> list[Path]:
    """Write ``unit.parquet`` and ``region.parquet``."""
    return [_write_values(folder / "unit.parquet", UNIT_FIELDS, units), _write_values(folder / "region.parquet", REGION_FIELDS, regions)]


def _write_values(path: Path, heads: Sequence[Head], values: Sequence[Unit] | Sequence[Region]) -> Path:
    schema: Any = pa.schema([pa.field(head.name, ARROW[head.kind], metadata={"label": head.label}) for head in heads])
    arrays = [pa.array([getattr(value, head.name) for value in values], ARROW[head.kind]) for head in heads]
    parquet.write_table(pa.Table.from_arrays(arrays, schema=schema), path, compression="zstd")
    return path


def build_database(out: Path, parquet_files: Sequence[Path]) -> Path:
    """Load Parquet files into ``aggregate.duckdb``: table ``G102`` for a form, ``G102_facility`` for a group of it."""
    path = out / DATABASE
    draft = out / f".{DATABASE}.draft"
    draft.unlink(missing_ok=True)
    with closing(duckdb.connect(str(draft))) as connection:
        for file in parquet_files:
            table = table_name(file)
            connection.execute(f'create table "{table}" as select * from read_parquet(?)', [str(file)])
            for field in parquet.read_schema(file):
                comment = _comment(field.metadata or {})
                connection.execute(f"""comment on column "{table}"."{field.name}" is '{comment.replace("'", "''")}'""")
    draft.replace(path)
    return path


def table_name(file: Path) -> str:
    return file.name.removesuffix(".parquet").replace("-", "_").replace(".", "_")


def _comment(metadata: Mapping[bytes, bytes]) -> str:
    label, unit = (metadata.get(name, b"").decode() for name in (b"label", b"unit"))
    return f"{label}（{unit}）" if unit else label


def write_csv_tables(folder: Path, tables: Sequence[Writer]) -> list[Table]:
    """Write each table as CSV in the record order of its Parquet file, with the fields of its Table Schema.

    Lists of codes become text, separated by semicolons.
    """
    made: list[Table] = []
    with closing(duckdb.connect(config={"threads": 2, "preserve_insertion_order": True})) as connection:
        for table in tables:
            file = folder / f"{table.name}.csv"
            select = ", ".join(
                f"""array_to_string("{name}", ';') as "{name}" """ if kind == "texts" else f'"{name}"'
                for name, kind in _names(table)
            )
            connection.execute(
                f"copy (select {select} from read_parquet(?)) to '{str(file).replace(chr(39), chr(39) * 2)}' (header, delimiter ',')",
                [str(table.path)],
            )
            made.append(Table(f"tables/{table.name}.csv", table.title, _fields(table), file))
    return made


def _names(table: Writer) -> list[tuple[str, ColumnKind]]:
    return [(part.name, part.kind) for part in (*table.heads, *table.columns)]


def _fields(table: Writer) -> list[dict[str, Any]]:
    heads = [{"name": head.name, "type": TABLE_SCHEMA[head.kind], "title": head.label} for head in table.heads]
    items: list[dict[str, Any]] = []
    for column in table.columns:
        field: dict[str, Any] = {"name": column.name, "type": TABLE_SCHEMA[column.kind], "title": column.label}
        if column.kind == "boolean":
            field |= {"trueValues": ["true"], "falseValues": ["false"]}
        items.append(field | ({"unit": column.unit} if column.unit else {}))
    return [*heads, *items]

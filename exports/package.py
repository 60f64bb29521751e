"""A signed data package 数据包: a Frictionless data package in a reproducible ZIP.

Everything in it depends on the approved records alone: no time, no machine, no account. So the same records always give
the same bytes, and the SHA-256 of ``datapackage.json`` names the content. ``docs/reference/package.md`` describes it.
"""

from __future__ import annotations

import hashlib
from collections.abc import Mapping, Sequence
from dataclasses import asdict, dataclass, field
from pathlib import Path
from typing import Any, Final

import orjson
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey

from exports import archive
from exports.record import Region
from exports.signing import sign

FORMAT: Final = 1  # of this layout; whoever receives refuses a number that it does not know
YEAR: Final = "2017"  # which the census asks about; it was taken in 2018
DESCRIPTOR: Final = "datapackage.json"
SIGNATURE: Final = "signature.json"
UNITS: Final = "units.jsonl"
REGIONS: Final = "regions.jsonl"
RECORDS: Final = "records.jsonl"
FINDINGS: Final = "findings.jsonl"
TITLES: Final[Mapping[str, str]] = {
    UNITS: "普查对象",
    REGIONS: "行政区划",
    RECORDS: "填报原文",
    FINDINGS: "核实性说明和豁免",
}


@dataclass(frozen=True, slots=True)
class Table:
    """A CSV for people and statistics programs, with the fields of its Table Schema."""

    path: str  # inside the package, for example tables/G102.csv
    title: str
    fields: Sequence[Mapping[str, Any]]
    file: Path


@dataclass(frozen=True, slots=True)
class Description:
    """What ``datapackage.json`` says of the whole, beside the list of files."""

    region: Region
    forms: Sequence[Mapping[str, str]]  # {form, version, title, digest}
    counts: Mapping[str, int]
    validation: Mapping[str, Any] = field(default_factory=dict[str, Any])


@dataclass(frozen=True, slots=True)
class Package:
    """A package on disk. ``digest`` is the SHA-256 of its ``datapackage.json``."""

    path: Path
    digest: str
    size: int


def write_package(
    out: Path,
    description: Description,
    lines: Mapping[str, Path],
    tables: Sequence[Table],
    key: Ed25519PrivateKey,
) -> Package:
    """Describe, sign and pack prepared files into ``package-<region>-<digest12>.zip``.

    ``lines`` holds the JSON-lines files by their name in the package: ``UNITS``, ``REGIONS``, ``RECORDS`` and
    ``FINDINGS``.
    """
    resources = [*(_lines_resource(name, path) for name, path in sorted(lines.items())), *map(_table_resource, tables)]
    descriptor = {
        "profile": "data-package",
        "name": f"census-{YEAR}-{description.region.code}",
        "title": f"第二次全国污染源普查 {YEAR} 年度 {description.region.name}",
        "census": {
            "format": FORMAT,
            "year": YEAR,
            "region": asdict(description.region),
            "forms": list(description.forms),
            "counts": dict(description.counts),
            "validation": dict(description.validation),
        },
        "resources": resources,
    }
    # The descriptor names every file's SHA-256, so its own digest stands for the whole, and a signature over it too.
    content = orjson.dumps(descriptor, option=orjson.OPT_SORT_KEYS | orjson.OPT_INDENT_2) + b"\n"
    digest = hashlib.sha256(content).hexdigest()
    path = out / f"package-{description.region.code}-{digest[:12]}.zip"
    files = {**lines, **{table.path: table.file for table in tables}}
    # Members in the order of the list: the same records give the same bytes.
    archive.write(
        path,
        {
            DESCRIPTOR: content,
            SIGNATURE: orjson.dumps(sign(digest, key), option=orjson.OPT_SORT_KEYS | orjson.OPT_INDENT_2) + b"\n",
            **{str(resource["path"]): files[str(resource["path"])] for resource in resources},
        },
    )
    return Package(path, digest, path.stat().st_size)


def _lines_resource(name: str, path: Path) -> dict[str, Any]:
    return {
        "name": name.partition(".")[0],
        "title": TITLES[name],
        "path": name,
        "type": "file",
        "format": "jsonl",
        "mediatype": "application/x-ndjson",
        "encoding": "utf-8",
        **_sums(path),
    }


def _table_resource(table: Table) -> dict[str, Any]:
    return {
        "name": table.path.removesuffix(".csv").replace("/", "-").lower(),
        "title": table.title,
        "path": table.path,
        "type": "table",
        "format": "csv",
        "mediatype": "text/csv",
        "encoding": "utf-8",
        **_sums(table.file),
        "schema": {"fields": list(table.fields), "missingValues": [""]},
    }


def _sums(path: Path) -> dict[str, Any]:
    return {"bytes": path.stat().st_size, "hash": f"sha256:{sha256(path)}"}


def sha256(path: Path) -> str:
    """SHA-256 of a file, in hexadecimal."""
    with path.open("rb") as file:
        return hashlib.file_digest(file, "sha256").hexdigest()

"""Opening a package that came from below: it is believed whole or refused whole, with the reason.

Checked in this order, and nothing is unpacked to disk: the ZIP's shape, the signature and who may sign for the region,
every file's size and SHA-256, the forms, then each record against its own digest.
"""

from __future__ import annotations

import hashlib
import re
import zipfile
import zlib
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path
from types import TracebackType
from typing import Any, Final, Self, cast

import orjson

from exports.package import DESCRIPTOR, FORMAT, RECORDS, REGIONS, SIGNATURE, UNITS
from exports.record import Record, Region, Unit
from exports.signing import FindKey, SignatureRefused, verify
from forms.answers.values import digest
from forms.catalogue import Catalogue, UnknownForm

MEMBERS_LIMIT: Final = 1_000
BYTES_LIMIT: Final = 8 * 2**30  # unpacked; a province's year fits many times
DESCRIPTOR_LIMIT: Final = 32 * 2**20
LINE_LIMIT: Final = 32 * 2**20
CHUNK: Final = 1 << 20
NAME: Final = re.compile(r"[A-Za-z0-9_-][A-Za-z0-9_.-]*(/[A-Za-z0-9_-][A-Za-z0-9_.-]*)?")


class PackageRefused(Exception):
    """The package is not taken in. ``code`` is for programs, the text says to people what is wrong."""

    def __init__(self, code: str, message: str) -> None:
        self.code = code
        self.message = message
        super().__init__(message)


@dataclass(frozen=True, slots=True)
class Facts:
    """What a verified package says of itself."""

    digest: str
    key_id: str
    region: Region
    counts: Mapping[str, int]
    forms: tuple[tuple[str, str], ...]


class ReceivedFile:
    """One package file, open for reading. ``verify`` first; what it holds may then be read as often as needed."""

    def __init__(self, path: Path) -> None:
        try:
            self._archive = zipfile.ZipFile(path)
        except (zipfile.BadZipFile, OSError, ValueError) as error:
            raise PackageRefused("not_a_package", "这不是数据包，或文件不完整。请重新导出、重新上传。") from error

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self._archive.close()

    def verify(self, find_key: FindKey, forms: Catalogue) -> Facts:
        """Check everything that can be checked without a database. Raises PackageRefused."""
        try:
            return self._verify(find_key, forms)
        except (
            zipfile.BadZipFile,
            zipfile.LargeZipFile,
            zlib.error,
            EOFError,
            OSError,
            RuntimeError,
            UnicodeDecodeError,
        ) as error:
            raise PackageRefused("damaged", "数据包已损坏，内容读不出来。请重新上传。") from error
        except (KeyError, TypeError, ValueError, AttributeError) as error:
            raise PackageRefused("malformed", "数据包的说明文件不符合格式。请用同一版本的程序重新导出。") from error

    def units(self) -> Iterator[Unit]:
        for line in self._lines(UNITS):
            line["forms"] = tuple(line["forms"])
            yield Unit(**line)

    def regions(self) -> Iterator[Region]:
        for line in self._lines(REGIONS):
            yield Region(**line)

    def records(self) -> Iterator[Record]:
        for line in self._lines(RECORDS):
            yield Record(**line)

    def _verify(self, find_key: FindKey, forms: Catalogue) -> Facts:
        self._check_shape()
        content = self._read(DESCRIPTOR)
        content_digest = hashlib.sha256(content).hexdigest()
        try:
            signer = verify(orjson.loads(self._read(SIGNATURE)), content_digest, find_key)
        except SignatureRefused as error:
            raise PackageRefused("signature", f"数据包的签名无效：{error}。") from error
        descriptor: dict[str, Any] = orjson.loads(content)
        about: dict[str, Any] = descriptor["census"]
        if about["format"] != FORMAT:
            raise PackageRefused("unknown_format", f"数据包的格式版本 {about['format']} 本机不认识。请先升级本级程序。")
        self._check_files(descriptor["resources"])
        named = tuple((str(form["form"]), str(form["version"])) for form in about["forms"])
        for code, version in named:
            _form(forms, code, version)
        facts = Facts(content_digest, signer, Region(**about["region"]), about["counts"], named)
        self._check_contents(facts, forms)
        return facts

    def _check_shape(self) -> None:
        members = self._archive.infolist()
        if len(members) > MEMBERS_LIMIT or sum(member.file_size for member in members) > BYTES_LIMIT:
            raise PackageRefused("too_large", "数据包解开后过大，不予接收。请按镇街分开导出。")
        names = [member.filename for member in members]
        for name in names:
            if not NAME.fullmatch(name) or ".." in name:  # would be written outside the folder by whoever unpacks it
                raise PackageRefused("bad_name", f"数据包里有不允许的文件名 {name[:80]!r}。")
        if len(set(names)) != len(names):  # two readers might take a different one of the two
            raise PackageRefused("bad_name", "数据包里有重名的文件。")
        for name in (DESCRIPTOR, SIGNATURE):
            if name not in names:
                raise PackageRefused("missing_file", f"数据包缺少文件 {name}。")

    def _read(self, name: str) -> bytes:
        if self._archive.getinfo(name).file_size > DESCRIPTOR_LIMIT:
            raise PackageRefused("too_large", f"数据包里的 {name} 过大，不予接收。")
        # A ZIP may claim one size and unpack to another: never read more than what is allowed.
        with self._archive.open(name) as file:
            content = file.read(DESCRIPTOR_LIMIT + 1)
        if len(content) > DESCRIPTOR_LIMIT:
            raise PackageRefused("too_large", f"数据包里的 {name} 过大，不予接收。")
        return content

    def _check_files(self, resources: list[dict[str, Any]]) -> None:
        """Every file listed is there with its size and SHA-256, and no other file is."""
        there = set(self._archive.namelist()) - {DESCRIPTOR, SIGNATURE}
        listed = {str(resource["path"]) for resource in resources}
        for name in (UNITS, REGIONS, RECORDS):
            if name not in listed:
                raise PackageRefused("missing_file", f"数据包的清单里没有 {name}。")
        if listed - there:
            raise PackageRefused("missing_file", f"数据包缺少文件 {min(listed - there)}。")
        if there - listed:
            raise PackageRefused("extra_file", f"数据包里多出清单之外的文件 {min(there - listed)}。")
        for resource in resources:
            name = str(resource["path"])
            if f"sha256:{self._sha256(name, int(resource['bytes']))}" != resource["hash"]:
                raise PackageRefused("wrong_hash", f"文件 {name} 的内容与清单不符，可能在传送中损坏或被改动。")

    def _sha256(self, name: str, size: int) -> str:
        """Hash a file, reading no more than the size that was signed for: a ZIP may claim one and unpack to another."""
        found, read = hashlib.sha256(), 0
        with self._archive.open(name) as file:
            while chunk := file.read(CHUNK):
                read += len(chunk)
                if read > size:
                    break
                found.update(chunk)
        if read != size:
            raise PackageRefused("wrong_hash", f"文件 {name} 的大小与清单不符。")
        return found.hexdigest()

    def _check_contents(self, facts: Facts, forms: Catalogue) -> None:
        inside = facts.region.code
        units: dict[str, str] = {}
        for unit in self.units():
            if unit.id in units or not unit.region_code.startswith(inside):
                raise PackageRefused("wrong_region", f"普查对象 {unit.name} 重复出现，或不在 {facts.region.name} 内。")
            units[unit.id] = unit.region_code
        seen: set[str] = set()
        for record in self.records():
            _form(forms, record.form, record.version)
            if (
                record.id in seen
                or record.unit not in units
                or record.region_code != units[record.unit]
                or record.revision < 1
            ):
                raise PackageRefused("malformed", f"填报 {record.id} 与数据包里的普查对象对不上。")
            if digest(record.answers, record.explanations) != record.digest:
                raise PackageRefused("wrong_digest", f"填报 {record.id} 的内容与它的摘要不符。")
            seen.add(record.id)
        if (len(seen), len(units)) != (facts.counts["records"], facts.counts["units"]):
            raise PackageRefused("malformed", "数据包里的记录数与说明文件不一致。")

    def _lines(self, name: str) -> Iterator[dict[str, Any]]:
        with self._archive.open(name) as file:
            while line := file.readline(LINE_LIMIT):
                if not line.endswith(b"\n") or b"\\u0000" in line:  # no database text can hold a NUL
                    raise PackageRefused("malformed", f"文件 {name} 有一行不完整、过长或含有不允许的字符。")
                yield cast("dict[str, Any]", orjson.loads(line))


def _form(forms: Catalogue, code: str, version: str) -> None:
    try:
        forms.get(code, version)
    except UnknownForm as error:
        raise PackageRefused(
            "unknown_form", f"本机没有 {code} 表 {version} 版的定义。请先升级本级程序再接收。"
        ) from error

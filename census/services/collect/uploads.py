"""Uploads under way. Their bytes lie in a file; how many have arrived is that file's length, also after a kill.

A transaction notes that an upload exists and when it ends; no bytes are written inside one.
"""

from __future__ import annotations

import fcntl
import hashlib
import os
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta
from pathlib import Path
from typing import IO, Any, Final, Literal
from uuid import UUID

from sqlalchemy import delete, select
from sqlalchemy.orm import Session

from census.db import now
from census.errors import Busy, ChecksumMismatch, Conflict, Gone, NotFound, TooLarge
from census.models.files import Upload
from census.settings import Programme, Settings

Purpose = Literal["file", "package"]
LARGEST_BYTES: Final[Mapping[Purpose, int]] = {"file": 50 * 2**20, "package": 8 * 2**30}
LIFETIME: Final = timedelta(days=7)
SWEPT_AT_ONCE: Final = 20
CHUNK_BYTES: Final = 2**16


@dataclass(frozen=True, slots=True)
class Checksum:
    """What a part of an upload must digest to."""

    algorithm: str
    digest: bytes


def begin(session: Session, purpose: Purpose, size: int, meta: Mapping[str, str], account_id: UUID | None) -> Upload:
    """Announce an upload of ``size`` bytes. ``account_id`` is None for another instance, whose key ``meta`` names."""
    upload = Upload(purpose=purpose, size=size, meta=dict(meta), account_id=account_id, expires_at=now() + LIFETIME)
    session.add(upload)
    session.flush()
    return upload


def find(session: Session, purpose: Purpose, upload_id: UUID, owner: Mapping[str, Any], at: datetime) -> Upload:
    """The owner's upload (``account_id`` or ``key_id``). Raises NotFound, also for a stranger, and Gone."""
    upload = session.get(Upload, upload_id)
    if upload is None or upload.purpose != purpose:
        raise NotFound
    # A person's upload has no key and an instance's no account: both are compared, so that neither opens the other's.
    whose = {"account_id": upload.account_id, "key_id": upload.meta.get("key_id")}
    if whose != {"account_id": None, "key_id": None, **owner}:
        raise NotFound
    if upload.finished_at is None and upload.expires_at <= at:
        raise Gone
    return upload


def sweep(session: Session, folder: Path, at: datetime) -> None:
    """Forget some uploads whose time is over, bytes and all."""
    over = select(Upload.id).where(Upload.expires_at <= at, Upload.finished_at.is_(None)).limit(SWEPT_AT_ONCE)
    for upload_id in session.scalars(delete(Upload).where(Upload.id.in_(over)).returning(Upload.id)):
        (folder / str(upload_id)).unlink(missing_ok=True)


def folder_of(settings: Settings, programme: Programme) -> Path:
    """Where a programme's unfinished uploads lie."""
    folder = settings.data_dir / "uploads" / programme
    folder.mkdir(parents=True, exist_ok=True)
    return folder


def arrived(upload: Upload, file: Path) -> int:
    """How many bytes are there. A finished upload's file may have been moved on."""
    if upload.finished_at is not None:
        return upload.size
    if not file.is_file():
        return 0  # announced, and nothing has come yet
    return file.stat().st_size


def append(file: Path, body: IO[bytes], offset: int, size: int, checksum: Checksum | None) -> int:
    """Add a part at ``offset`` and return how many bytes are there then.

    What arrives before a connection breaks is kept, unless a checksum was promised for the whole part. Raises Conflict
    when something else is there already, Busy, TooLarge, ChecksumMismatch.
    """
    with _existing(file) as target:
        try:
            fcntl.flock(target, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError:
            raise Busy from None
        there = target.seek(0, os.SEEK_END)
        if offset != there:
            raise Conflict("上传的位置不对，请从已收到的位置继续。", offset=there)
        whole = False
        try:
            there = _copy(body, target, there, size, checksum)
            whole = True
        finally:
            if checksum is not None and not whole:
                target.truncate(offset)
            target.flush()
            os.fsync(target.fileno())
    return there


def _existing(file: Path) -> IO[bytes]:
    try:
        return file.open("r+b")
    except FileNotFoundError:
        raise Gone from None


def _copy(body: IO[bytes], target: IO[bytes], there: int, size: int, checksum: Checksum | None) -> int:
    digest = checksum and hashlib.new(checksum.algorithm)
    while chunk := body.read(CHUNK_BYTES):
        if there + len(chunk) > size:
            raise TooLarge("收到的内容比开始时说的长，没有保存多出的部分。")
        target.write(chunk)
        there += len(chunk)
        if digest is not None:
            digest.update(chunk)
    if checksum is not None and digest is not None and digest.digest() != checksum.digest:
        raise ChecksumMismatch
    return there

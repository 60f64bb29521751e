"""Evidence: photos and documents, kept once under the SHA-256 of what was sent, whatever they were called."""

from __future__ import annotations

import hashlib
import os
import shutil
from collections.abc import Generator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import IO, Any, Final, cast
from urllib.parse import urlsplit
from uuid import UUID

import fsspec
from sqlalchemy import literal, select
from sqlalchemy.dialects.postgresql import insert
from sqlalchemy.orm import Session

from census.access import Actor
from census.errors import ChecksumMismatch, NotFound, WrongContent
from census.models.files import Attachment, Blob
from census.services.collect.photos import FORMATS, clean, told_facts
from census.settings import Programme, Settings

CHUNK_BYTES: Final = 2**20


@dataclass(frozen=True, slots=True)
class Content:
    """What a file's bytes say it is, and where those lie that are kept of it."""

    sha256: str  # of what was sent: the name that answers and signatures know it by
    size: int  # of what is kept
    media_type: str
    kept: Path
    # position and time of a photo, digest of what is kept
    facts: Mapping[str, Any] = field(default_factory=dict[str, Any])

    def discard(self, sent: Path) -> None:
        """Remove what was written for keeping, once it is kept."""
        if self.kept != sent:
            self.kept.unlink(missing_ok=True)


def examine(file: Path, promised_sha256: str | None = None, told: str | None = None) -> Content:
    """Digest a file, tell its type by its first bytes, and prepare a photo for keeping.

    ``told`` is what a phone read from a photo before it stripped it; what the photo itself still says comes first.
    Raises WrongContent unless it is a whole photo or a PDF, ChecksumMismatch when it is not the file that was promised.
    """
    with file.open("rb") as content:
        media_type = _media_type(content.read(16))
        if media_type is None:
            raise WrongContent
        content.seek(0)
        sha256 = hashlib.file_digest(content, "sha256").hexdigest()
    if promised_sha256 not in {None, sha256}:
        raise ChecksumMismatch
    if media_type not in FORMATS:
        return Content(sha256, file.stat().st_size, media_type, file)
    cleaned = clean(file, media_type)
    return Content(sha256, cleaned.size, cleaned.media_type, cleaned.file, told_facts(told) | cleaned.facts)


def record(session: Session, content: Content, account_id: UUID | None) -> None:
    """Note that a file is in the store. The same file twice is one file."""
    row = {
        "sha256": content.sha256,
        "size": content.size,
        "media_type": content.media_type,
        "account_id": account_id,
        "facts": dict(content.facts),
    }
    session.execute(insert(Blob).values(row).on_conflict_do_nothing())


def readable(session: Session, actor: Actor, sha256: str) -> Blob:
    """A file that the actor sent, or that is evidence in the actor's regions. Raises NotFound."""
    blob = session.get(Blob, sha256)
    if blob is None:
        raise NotFound
    if blob.account_id != actor.account_id:
        used = session.scalar(select(literal(1)).select_from(Attachment).where(Attachment.sha256 == sha256).limit(1))
        if used is None:
            raise NotFound
    return blob


class FileStore:
    """Where one programme's files lie: a folder, or any place that fsspec can write to."""

    def __init__(self, settings: Settings, programme: Programme) -> None:
        self._address = f"{settings.files_url.rstrip('/')}/{programme}"
        self._folder: Path | None = None  # None: elsewhere, by fsspec
        if urlsplit(self._address).scheme in {"", "file"}:
            self._folder = Path(self._address.removeprefix("file://"))

    def save(self, file: Path, sha256: str) -> None:
        """Keep a file; it is there whole and durable, or not at all. Saving it again changes nothing."""
        if self._folder is None:
            system, place = self._elsewhere(sha256)
            system.put_file(str(file), place)
            return
        target = self._folder / sha256[:2] / sha256
        if target.is_file():
            return
        target.parent.mkdir(parents=True, exist_ok=True)
        # Under another name until it is whole and on the disk: a power cut must not leave half a file under its digest.
        draft = target.with_name(f"{sha256}.{os.getpid()}.part")
        with file.open("rb") as source, draft.open("wb") as copy:
            shutil.copyfileobj(source, copy, CHUNK_BYTES)
            copy.flush()
            os.fsync(copy.fileno())
        draft.rename(target)
        _sync_folder(target.parent)

    @contextmanager
    def open(self, sha256: str) -> Generator[IO[bytes]]:
        """Read a file. Raises NotFound when it is not in the store."""
        try:
            if self._folder is not None:
                with (self._folder / sha256[:2] / sha256).open("rb") as content:
                    yield content
            else:
                system, place = self._elsewhere(sha256)
                with system.open(place, "rb") as content:
                    yield content
        except FileNotFoundError:
            raise NotFound from None

    def _elsewhere(self, sha256: str) -> tuple[Any, str]:
        system, root = cast("tuple[Any, str]", fsspec.url_to_fs(self._address))
        return system, f"{root}/{sha256[:2]}/{sha256}"


def _media_type(head: bytes) -> str | None:
    if head.startswith(b"\xff\xd8\xff"):
        return "image/jpeg"
    if head.startswith(b"\x89PNG\r\n\x1a\n"):
        return "image/png"
    if head.startswith(b"RIFF") and head[8:12] == b"WEBP":
        return "image/webp"
    if head.startswith(b"%PDF-"):
        return "application/pdf"
    return None


def _sync_folder(folder: Path) -> None:
    """Make a rename survive a power cut."""
    descriptor = os.open(folder, os.O_RDONLY)
    try:
        os.fsync(descriptor)
    finally:
        os.close(descriptor)

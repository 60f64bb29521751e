"""Files: content-addressed blobs, what they belong to, and uploads under way."""

from __future__ import annotations

from datetime import datetime
from typing import Any
from uuid import UUID

from sqlalchemy import BigInteger, ForeignKey, Index
from sqlalchemy.dialects.postgresql import JSONB
from sqlalchemy.orm import Mapped, mapped_column

from census.db import Base, Stamp, Text, new_id, now


class Blob(Base):
    """A stored file, named by the SHA-256 of its bytes (64 hex digits)."""

    __tablename__ = "blob"

    sha256: Mapped[str] = mapped_column(Text, primary_key=True)
    size: Mapped[int] = mapped_column(BigInteger)
    media_type: Mapped[str] = mapped_column(Text)
    account_id: Mapped[UUID | None] = mapped_column(ForeignKey("account.id"))
    facts: Mapped[dict[str, Any]] = mapped_column(JSONB, default=dict)  # position and time read from a photo
    created_at: Mapped[datetime] = mapped_column(Stamp, default=now)


class Attachment(Base):
    """A blob used as evidence by a submission, visit or case."""

    __tablename__ = "attachment"
    __table_args__ = (Index("ix_attachment_subject", "subject_kind", "subject_id"),)

    id: Mapped[UUID] = mapped_column(primary_key=True, default=new_id)
    sha256: Mapped[str] = mapped_column(Text, index=True)  # may arrive before or after its blob
    subject_kind: Mapped[str] = mapped_column(Text)  # submission, visit, case_event
    subject_id: Mapped[UUID]
    region_code: Mapped[str] = mapped_column(Text)


class Upload(Base):
    """A resumable upload (tus 1.0) of a file or a package."""

    __tablename__ = "upload"

    id: Mapped[UUID] = mapped_column(primary_key=True, default=new_id)
    purpose: Mapped[str] = mapped_column(Text)  # file | package
    size: Mapped[int] = mapped_column(BigInteger)
    offset: Mapped[int] = mapped_column(BigInteger, default=0)
    meta: Mapped[dict[str, Any]] = mapped_column(JSONB, default=dict)
    account_id: Mapped[UUID | None] = mapped_column(ForeignKey("account.id"))
    created_at: Mapped[datetime] = mapped_column(Stamp, default=now)
    expires_at: Mapped[datetime] = mapped_column(Stamp, index=True)
    finished_at: Mapped[datetime | None] = mapped_column(Stamp)

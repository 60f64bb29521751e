"""Leaving: packages built here, their deliveries and receipts; packages received from below."""

from __future__ import annotations

from datetime import datetime
from typing import Any
from uuid import UUID

from sqlalchemy import BigInteger, CheckConstraint, ForeignKey, Index, PrimaryKeyConstraint, UniqueConstraint
from sqlalchemy.dialects.postgresql import JSONB
from sqlalchemy.orm import Mapped, mapped_column

from census.db import Base, Stamp, Text, new_id, now


class Package(Base):
    """A package 数据包 built for a region. The digest depends on content only."""

    __tablename__ = "package"
    __table_args__ = (UniqueConstraint("region_code", "digest"), Index("ix_package_region", "region_code", "built_at"))

    id: Mapped[UUID] = mapped_column(primary_key=True, default=new_id)
    region_code: Mapped[str] = mapped_column(Text)
    digest: Mapped[str] = mapped_column(Text)  # SHA-256 of datapackage.json
    file: Mapped[str] = mapped_column(Text)  # path below the data folder
    size: Mapped[int] = mapped_column(BigInteger)
    record_count: Mapped[int]
    is_final: Mapped[bool] = mapped_column(default=False)
    run_id: Mapped[UUID | None] = mapped_column(ForeignKey("validation_run.id"))
    counts: Mapped[dict[str, Any]] = mapped_column(JSONB, default=dict)
    built_by: Mapped[UUID | None] = mapped_column(ForeignKey("account.id"))
    built_at: Mapped[datetime] = mapped_column(Stamp, default=now)


class PackageItem(Base):
    """Which revision of which submission a package holds."""

    __tablename__ = "package_item"
    __table_args__ = (PrimaryKeyConstraint("package_id", "submission_id"),)

    package_id: Mapped[UUID] = mapped_column(ForeignKey("package.id"))
    submission_id: Mapped[UUID] = mapped_column(ForeignKey("submission.id"), index=True)
    revision: Mapped[int]
    digest: Mapped[str] = mapped_column(Text)


class Delivery(Base):
    """One hand-up 上报 of a package to the next level, with its progress; the same row on every retry."""

    __tablename__ = "delivery"
    __table_args__ = (
        CheckConstraint(
            "state in ('queued', 'building', 'sending', 'waiting', 'answered', 'failed')", name="known_state"
        ),
        Index("ix_delivery_region", "region_code", "created_at"),
    )

    id: Mapped[UUID] = mapped_column(primary_key=True, default=new_id)
    region_code: Mapped[str] = mapped_column(Text)
    package_id: Mapped[UUID | None] = mapped_column(ForeignKey("package.id"))
    target_url: Mapped[str] = mapped_column(Text)
    upload_url: Mapped[str | None] = mapped_column(Text)
    state: Mapped[str] = mapped_column(Text, default="queued")
    bytes_sent: Mapped[int] = mapped_column(BigInteger, default=0)
    problem: Mapped[str] = mapped_column(Text, default="")
    account_id: Mapped[UUID | None] = mapped_column(ForeignKey("account.id"))
    created_at: Mapped[datetime] = mapped_column(Stamp, default=now)
    updated_at: Mapped[datetime] = mapped_column(Stamp, default=now)


class Receipt(Base):
    """A receipt 回执 of the next level, as it came: signed, and applied once per content."""

    __tablename__ = "receipt"
    __table_args__ = (UniqueConstraint("delivery_id", "digest"),)

    id: Mapped[UUID] = mapped_column(primary_key=True, default=new_id)
    delivery_id: Mapped[UUID] = mapped_column(ForeignKey("delivery.id"), index=True)
    digest: Mapped[str] = mapped_column(Text)
    document: Mapped[dict[str, Any]] = mapped_column(JSONB)
    accepted_count: Mapped[int]
    returned_count: Mapped[int]
    pending_count: Mapped[int]
    received_at: Mapped[datetime] = mapped_column(Stamp, default=now)


class ReceivedPackage(Base):
    """A package that came from below: stored whole or refused whole, with the reason."""

    __tablename__ = "received_package"
    __table_args__ = (
        CheckConstraint("state in ('verifying', 'stored', 'refused')", name="known_state"),
        Index("ix_received_package_at", "received_at", "id"),
    )

    id: Mapped[UUID] = mapped_column(primary_key=True)  # the upload's id
    digest: Mapped[str] = mapped_column(Text, index=True)
    key_id: Mapped[str] = mapped_column(Text, default="")
    region_code: Mapped[str] = mapped_column(Text)
    file: Mapped[str] = mapped_column(Text, default="")
    state: Mapped[str] = mapped_column(Text)
    problem: Mapped[str] = mapped_column(Text, default="")
    record_count: Mapped[int] = mapped_column(default=0)
    received_at: Mapped[datetime] = mapped_column(Stamp, default=now)


class ReceivedItem(Base):
    """A record of a received package, by the submission id that it has had since the phone."""

    __tablename__ = "received_item"
    __table_args__ = (PrimaryKeyConstraint("package_id", "submission_id"),)

    package_id: Mapped[UUID] = mapped_column(ForeignKey("received_package.id"))
    submission_id: Mapped[UUID] = mapped_column(ForeignKey("submission.id"), index=True)
    revision: Mapped[int]
    digest: Mapped[str] = mapped_column(Text)


class TrustedKey(Base):
    """A public key of another instance whose packages or receipts are believed."""

    __tablename__ = "trusted_key"

    key_id: Mapped[str] = mapped_column(Text, primary_key=True)
    public_key: Mapped[str] = mapped_column(Text)  # Ed25519, base64
    name: Mapped[str] = mapped_column(Text)
    region_code: Mapped[str] = mapped_column(Text, default="")  # packages of this region and below
    added_at: Mapped[datetime] = mapped_column(Stamp, default=now)

"""Visits: one for all forms of a unit, with two enumerator cards and the respondent's signature (art. 24, 25)."""

from __future__ import annotations

from datetime import datetime
from typing import Any
from uuid import UUID

from sqlalchemy import CheckConstraint, ForeignKey, Index
from sqlalchemy.dialects.postgresql import JSONB
from sqlalchemy.orm import Mapped, mapped_column

from census.db import Base, Stamp, Text, new_id, now

OUTCOMES = ("done", "stopped", "closed", "moved", "refused", "not_found", "duplicate")


class Visit(Base):
    """One visit to one unit. ``digest`` is that of the request's content, so that a repeat is recognised."""

    __tablename__ = "visit"
    __table_args__ = (
        CheckConstraint(f"outcome in {OUTCOMES}", name="known_outcome"),
        Index("ix_visit_unit_started", "unit_id", "started_at"),
        Index("ix_visit_signed", "signed_digests", postgresql_using="gin"),
    )

    id: Mapped[UUID] = mapped_column(primary_key=True)
    unit_id: Mapped[UUID] = mapped_column(ForeignKey("unit.id"))
    region_code: Mapped[str] = mapped_column(Text)
    account_id: Mapped[UUID] = mapped_column(ForeignKey("account.id"), index=True)
    outcome: Mapped[str] = mapped_column(Text)
    cards: Mapped[list[str]] = mapped_column(JSONB)  # two enumerator card numbers
    started_at: Mapped[datetime | None] = mapped_column(Stamp)
    finished_at: Mapped[datetime | None] = mapped_column(Stamp)
    lon: Mapped[float | None]
    lat: Mapped[float | None]
    accuracy_m: Mapped[float | None]
    position_source: Mapped[str | None] = mapped_column(Text)
    signature: Mapped[dict[str, Any] | None] = mapped_column(JSONB)  # {file, signed_name, signed_at, over}
    signed_digests: Mapped[list[str]] = mapped_column(JSONB, default=list)  # signature.over: hex digests
    device: Mapped[str] = mapped_column(Text, default="")
    digest: Mapped[str] = mapped_column(Text)
    received_at: Mapped[datetime] = mapped_column(Stamp, default=now)


class VisitConflict(Base):
    """Another visit under an id that is taken: kept whole, as it was sent, for a person to look at."""

    __tablename__ = "visit_conflict"
    __table_args__ = (
        Index("ix_visit_conflict_key", "visit_id", "digest", unique=True), Index("ix_visit_conflict_unit", "unit_id"),
    )

    id: Mapped[UUID] = mapped_column(primary_key=True, default=new_id)
    visit_id: Mapped[UUID] = mapped_column(ForeignKey("visit.id"))
    unit_id: Mapped[UUID] = mapped_column(ForeignKey("unit.id"))
    region_code: Mapped[str] = mapped_column(Text)
    account_id: Mapped[UUID] = mapped_column(ForeignKey("account.id"))
    content: Mapped[dict[str, Any]] = mapped_column(JSONB)
    device: Mapped[str] = mapped_column(Text, default="")
    digest: Mapped[str] = mapped_column(Text)
    received_at: Mapped[datetime] = mapped_column(Stamp, default=now)

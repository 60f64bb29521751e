"""Work done by the worker: validation runs. The queue's own tables are procrastinate's."""

from __future__ import annotations

from datetime import datetime
from typing import Any
from uuid import UUID

from sqlalchemy import Index
from sqlalchemy.dialects.postgresql import JSONB
from sqlalchemy.orm import Mapped, mapped_column

from census.db import Base, Stamp, Text, new_id, now


class ValidationRun(Base):
    """One run of Great Expectations over a batch of one form, or over a whole scope (``kind`` gate)."""

    __tablename__ = "validation_run"
    __table_args__ = (Index("ix_validation_run_scope", "kind", "region_code", "started_at"),)

    id: Mapped[UUID] = mapped_column(primary_key=True, default=new_id)
    kind: Mapped[str] = mapped_column(Text)  # batch | gate
    region_code: Mapped[str] = mapped_column(Text, default="")
    form: Mapped[str] = mapped_column(Text, default="")
    version: Mapped[str] = mapped_column(Text, default="")
    started_at: Mapped[datetime] = mapped_column(Stamp, default=now)
    finished_at: Mapped[datetime | None] = mapped_column(Stamp)
    is_complete: Mapped[bool] = mapped_column(default=False)  # every check ran
    crashed: Mapped[list[str]] = mapped_column(JSONB, default=list)  # ids of checks that crashed
    record_count: Mapped[int] = mapped_column(default=0)
    finding_count: Mapped[int] = mapped_column(default=0)
    content_digest: Mapped[str] = mapped_column(Text, default="")  # of the (submission, revision, digest) it judged
    folder: Mapped[str] = mapped_column(Text, default="")
    summary: Mapped[dict[str, Any]] = mapped_column(JSONB, default=dict)

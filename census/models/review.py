"""Review: decisions 审核意见, findings 审核问题 and what the enumerator hears of them."""

from __future__ import annotations

from datetime import datetime
from typing import Any
from uuid import UUID

from sqlalchemy import BigInteger, CheckConstraint, ForeignKey, Identity, Index, text
from sqlalchemy.dialects.postgresql import JSONB
from sqlalchemy.orm import Mapped, mapped_column

from census.db import Base, Stamp, Text, Xid8, new_id, now


class Decision(Base):
    """One decision on one revision. Never changed; the next decision is a new row."""

    __tablename__ = "decision"
    __table_args__ = (Index("ix_decision_submission", "submission_id", "decided_at"),)

    id: Mapped[UUID] = mapped_column(primary_key=True, default=new_id)
    submission_id: Mapped[UUID] = mapped_column(ForeignKey("submission.id"))
    revision: Mapped[int]
    region_code: Mapped[str] = mapped_column(Text)
    account_id: Mapped[UUID | None] = mapped_column(ForeignKey("account.id"))  # null: by a receipt from above
    role: Mapped[str] = mapped_column(Text)
    outcome: Mapped[str] = mapped_column(Text)  # approve, return, exempt, withdraw, hand_up, accept
    from_state: Mapped[str] = mapped_column(Text)
    to_state: Mapped[str] = mapped_column(Text)
    note: Mapped[str] = mapped_column(Text, default="")
    items: Mapped[list[dict[str, Any]]] = mapped_column(JSONB, default=list)  # [{path, reason, text}]
    decided_at: Mapped[datetime] = mapped_column(Stamp, default=now)


class FindingRow(Base):
    """A finding of the worker's latest verdict on a submission."""

    __tablename__ = "finding"
    __table_args__ = (
        CheckConstraint("severity in ('error', 'warning')", name="known_severity"),
        CheckConstraint("state in ('open', 'explained', 'exempt')", name="known_state"),
        Index("ix_finding_submission", "submission_id"),
        Index("ix_finding_check_region", "check_id", "region_code", "submission_id"),
    )

    id: Mapped[int] = mapped_column(BigInteger, Identity(), primary_key=True)
    submission_id: Mapped[UUID] = mapped_column(ForeignKey("submission.id"))
    revision: Mapped[int]
    region_code: Mapped[str] = mapped_column(Text)
    form: Mapped[str] = mapped_column(Text)
    check_id: Mapped[str] = mapped_column(Text)
    severity: Mapped[str] = mapped_column(Text)
    path: Mapped[str] = mapped_column(Text)
    message: Mapped[str] = mapped_column(Text)
    state: Mapped[str] = mapped_column(Text)
    explanation: Mapped[str] = mapped_column(Text, default="")
    run_id: Mapped[UUID | None] = mapped_column(ForeignKey("validation_run.id"), index=True)


class Change(Base):
    """What happened to an enumerator's submission, in commit order (cursor = ``xid.id``)."""

    __tablename__ = "change"
    __table_args__ = (Index("ix_change_account", "account_id", "xid", "id"),)

    id: Mapped[int] = mapped_column(BigInteger, Identity(), primary_key=True)
    account_id: Mapped[UUID] = mapped_column(ForeignKey("account.id"))
    submission_id: Mapped[UUID] = mapped_column(ForeignKey("submission.id"))
    kind: Mapped[str] = mapped_column(Text)  # returned, approved, accepted, checked, flagged …
    state: Mapped[str] = mapped_column(Text)
    revision: Mapped[int]
    note: Mapped[str] = mapped_column(Text, default="")
    items: Mapped[list[dict[str, Any]]] = mapped_column(JSONB, default=list)
    at: Mapped[datetime] = mapped_column(Stamp, default=now)
    xid: Mapped[int] = mapped_column(Xid8, server_default=text("pg_current_xact_id()"))


class Comment(Base):
    """A remark between reviewers on a submission or one of its items."""

    __tablename__ = "comment"

    id: Mapped[UUID] = mapped_column(primary_key=True, default=new_id)
    submission_id: Mapped[UUID] = mapped_column(ForeignKey("submission.id"), index=True)
    region_code: Mapped[str] = mapped_column(Text)
    account_id: Mapped[UUID] = mapped_column(ForeignKey("account.id"))
    path: Mapped[str] = mapped_column(Text, default="")
    text: Mapped[str] = mapped_column(Text)
    created_at: Mapped[datetime] = mapped_column(Stamp, default=now)

"""What comes from the field: visits, submissions 填报 and their immutable revisions 版本."""

from __future__ import annotations

from datetime import datetime
from typing import Any
from uuid import UUID

from sqlalchemy import BigInteger, CheckConstraint, ForeignKey, Identity, Index, PrimaryKeyConstraint, text
from sqlalchemy.dialects.postgresql import JSONB
from sqlalchemy.orm import Mapped, mapped_column

from census.db import Base, Stamp, Text, new_id, now

OUTCOMES = ("done", "stopped", "closed", "moved", "refused", "not_found", "duplicate")
STATES = (
    "submitted",
    "received",
    "checked",
    "flagged",
    "supervisor_approved",
    "county_approved",
    "city_approved",
    "province_approved",
    "handed_up",
    "accepted",
    "returned",
    "withdrawn",
)


class Submission(Base):
    """One form of one unit on its way through review. The id is made on the phone."""

    __tablename__ = "submission"
    __table_args__ = (
        CheckConstraint(f"state in {STATES}", name="known_state"),
        Index("ix_submission_queue", "state", "region_code", "updated_at", "id"),
        Index("ix_submission_waiting", "state", "updated_at", "id", postgresql_include=["region_code", "form"]),
        Index("ix_submission_region_form", "region_code", "form", "id"),
        Index("ix_submission_unit_form", "unit_id", "form"),
        Index("ix_submission_account", "account_id", "updated_at", "id"),
        Index("ix_submission_judge_due", "form", "version", "updated_at", postgresql_where=text("judge_due")),
    )

    id: Mapped[UUID] = mapped_column(primary_key=True)
    unit_id: Mapped[UUID] = mapped_column(ForeignKey("unit.id"))
    form: Mapped[str] = mapped_column(Text)
    version: Mapped[str] = mapped_column(Text)
    region_code: Mapped[str] = mapped_column(Text)
    account_id: Mapped[UUID | None] = mapped_column(ForeignKey("account.id"))  # null on instances above the county
    visit_id: Mapped[UUID | None] = mapped_column(ForeignKey("visit.id"))
    revision: Mapped[int]  # the latest
    state: Mapped[str] = mapped_column(Text)
    judge_due: Mapped[bool] = mapped_column(default=True)  # awaits the worker's verdict
    judged_revision: Mapped[int | None]
    error_count: Mapped[int] = mapped_column(default=0)  # of the latest verdict, exemptions not counted
    warning_count: Mapped[int] = mapped_column(default=0)
    unexplained_count: Mapped[int] = mapped_column(default=0)
    # False: no longer owed, so shown but neither counted nor exported.
    applies: Mapped[bool] = mapped_column(default=True, server_default=text("true"))
    opened_at: Mapped[datetime | None] = mapped_column(Stamp)  # first opened by a reviewer: recall ends
    created_at: Mapped[datetime] = mapped_column(Stamp, default=now)
    updated_at: Mapped[datetime] = mapped_column(Stamp, default=now)


class SubmissionTally(Base):
    """How many submissions stand in a state: the sum of the lines. A trigger adds them, the worker folds them."""

    __tablename__ = "submission_tally"

    id: Mapped[int] = mapped_column(BigInteger, Identity(), primary_key=True)
    region_code: Mapped[str] = mapped_column(Text)
    form: Mapped[str] = mapped_column(Text)
    state: Mapped[str] = mapped_column(Text)
    records: Mapped[int] = mapped_column(BigInteger)


class Revision(Base):
    """What was sent, as it was sent. The application role can insert and read, nothing else."""

    __tablename__ = "revision"
    __table_args__ = (
        PrimaryKeyConstraint("submission_id", "number"),
        CheckConstraint("number >= 1", name="number_from_one"),
        Index("ix_revision_receipt_number", "receipt_number", unique=True),
    )

    submission_id: Mapped[UUID] = mapped_column(ForeignKey("submission.id"))
    number: Mapped[int]
    region_code: Mapped[str] = mapped_column(Text)
    answers: Mapped[dict[str, Any]] = mapped_column(JSONB)
    explanations: Mapped[list[dict[str, Any]]] = mapped_column(JSONB)
    files: Mapped[list[str]] = mapped_column(JSONB, default=list)
    # Where devices and taps put what was answered.
    points: Mapped[list[dict[str, Any]]] = mapped_column(JSONB, default=list, server_default=text("'[]'"))
    findings: Mapped[list[dict[str, Any]]] = mapped_column(JSONB, default=list)  # of the check at submit
    confirmation: Mapped[dict[str, Any] | None] = mapped_column(JSONB)
    digest: Mapped[str] = mapped_column(Text)
    account_id: Mapped[UUID | None] = mapped_column(ForeignKey("account.id"))
    device: Mapped[str] = mapped_column(Text, default="")
    visit_id: Mapped[UUID | None] = mapped_column(ForeignKey("visit.id"))
    receipt_number: Mapped[str] = mapped_column(Text)
    received_at: Mapped[datetime] = mapped_column(Stamp, default=now)


class RevisionConflict(Base):
    """A revision that met another one of the same number: kept whole, for a person to resolve."""

    __tablename__ = "revision_conflict"
    __table_args__ = (Index("ix_revision_conflict_key", "submission_id", "number", "digest", unique=True),)

    id: Mapped[UUID] = mapped_column(primary_key=True, default=new_id)
    submission_id: Mapped[UUID] = mapped_column(ForeignKey("submission.id"))
    number: Mapped[int]
    region_code: Mapped[str] = mapped_column(Text)
    answers: Mapped[dict[str, Any]] = mapped_column(JSONB)
    explanations: Mapped[list[dict[str, Any]]] = mapped_column(JSONB)
    digest: Mapped[str] = mapped_column(Text)
    account_id: Mapped[UUID | None] = mapped_column(ForeignKey("account.id"))
    device: Mapped[str] = mapped_column(Text, default="")
    receipt_number: Mapped[str] = mapped_column(Text)
    received_at: Mapped[datetime] = mapped_column(Stamp, default=now)


class Draft(Base):
    """A form being filled without JavaScript: the server keeps what the phone would."""

    __tablename__ = "draft"
    __table_args__ = (PrimaryKeyConstraint("account_id", "unit_id", "form"),)

    account_id: Mapped[UUID] = mapped_column(ForeignKey("account.id"))
    unit_id: Mapped[UUID] = mapped_column(ForeignKey("unit.id"))
    form: Mapped[str] = mapped_column(Text)
    submission_id: Mapped[UUID]
    region_code: Mapped[str] = mapped_column(Text)
    answers: Mapped[dict[str, Any]] = mapped_column(JSONB)
    explanations: Mapped[list[dict[str, Any]]] = mapped_column(JSONB, default=list)
    updated_at: Mapped[datetime] = mapped_column(Stamp, default=now)


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
        Index("ix_visit_conflict_key", "visit_id", "digest", unique=True),
        Index("ix_visit_conflict_unit", "unit_id"),
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

"""散乱污: cases, their events, operations, dated batches and imported registers. Lives in the scattered database."""

from __future__ import annotations

from datetime import date, datetime
from typing import Any
from uuid import UUID

from sqlalchemy import CheckConstraint, ForeignKey, Index, UniqueConstraint
from sqlalchemy.dialects.postgresql import JSONB
from sqlalchemy.orm import Mapped, mapped_column

from census.db import Base, Stamp, Text, new_id, now

CASE_STATES = (
    "found",
    "verified",
    "rejected",
    "classified",
    "rectifying",
    "done",
    "accepted",
    "lookback",
    "rebounded",
    "archived",
)


class Case(Base):
    """One place 场所 and what is done about it.

    Columns are what reports count; the rest stands in the register form.
    """

    __tablename__ = "case"
    __table_args__ = (
        CheckConstraint(f"state in {CASE_STATES}", name="known_state"),
        Index("ix_case_region_state", "region_code", "state", "id"),
        Index("ix_case_found_on", "found_on", "id"),
        Index("ix_case_done_on", "done_on", "id"),
    )

    id: Mapped[UUID] = mapped_column(primary_key=True, default=new_id)
    case_no: Mapped[str] = mapped_column(Text, unique=True)
    unit_id: Mapped[UUID | None] = mapped_column(ForeignKey("unit.id"), index=True)
    name: Mapped[str] = mapped_column(Text)
    address: Mapped[str] = mapped_column(Text, default="")
    region_code: Mapped[str] = mapped_column(Text)
    lon: Mapped[float | None]
    lat: Mapped[float | None]
    industry_code: Mapped[str | None] = mapped_column(Text)
    is_industrial: Mapped[bool] = mapped_column(default=True)
    lead_source: Mapped[str] = mapped_column(Text)  # town_self, district, petition, …
    lead_no: Mapped[str] = mapped_column(Text, default="")
    category: Mapped[str | None] = mapped_column(Text)  # close, relocate, upgrade
    mode: Mapped[str | None] = mapped_column(Text)  # stop, move, demolish, inplace
    state: Mapped[str] = mapped_column(Text)
    version: Mapped[int] = mapped_column(default=1)
    found_on: Mapped[date]
    found_by: Mapped[UUID | None] = mapped_column(ForeignKey("account.id"))
    verified_on: Mapped[date | None]
    deadline: Mapped[date | None]
    done_on: Mapped[date | None]  # first completion; never moved by a rebound
    accepted_on: Mapped[date | None]
    demolished_m2: Mapped[float | None]
    self_checked_by: Mapped[UUID | None] = mapped_column(ForeignKey("account.id"))
    river_code: Mapped[str | None] = mapped_column(Text, index=True)
    facts: Mapped[dict[str, Any]] = mapped_column(JSONB, default=dict)
    created_at: Mapped[datetime] = mapped_column(Stamp, default=now)


class CaseEvent(Base):
    """One step of a case. Append-only; a case's columns can be rebuilt from its events."""

    __tablename__ = "case_event"
    __table_args__ = (UniqueConstraint("case_id", "number"),)

    id: Mapped[UUID] = mapped_column(primary_key=True, default=new_id)
    case_id: Mapped[UUID] = mapped_column(ForeignKey("case.id"))
    number: Mapped[int]
    region_code: Mapped[str] = mapped_column(Text)
    kind: Mapped[str] = mapped_column(Text)  # verify, reject, classify, rectify, done, accept, return, look_back …
    from_state: Mapped[str] = mapped_column(Text)
    to_state: Mapped[str] = mapped_column(Text)
    account_id: Mapped[UUID | None] = mapped_column(ForeignKey("account.id"))
    occurred_on: Mapped[date]
    facts: Mapped[dict[str, Any]] = mapped_column(JSONB, default=dict)
    evidence: Mapped[list[str]] = mapped_column(JSONB, default=list)  # SHA-256 of files
    note: Mapped[str] = mapped_column(Text, default="")
    recorded_at: Mapped[datetime] = mapped_column(Stamp, default=now)


class Operation(Base):
    """One operation 专项行动: counted once, however many cases it touched."""

    __tablename__ = "operation"
    __table_args__ = (Index("ix_operation_held_on", "kind", "held_on"),)

    id: Mapped[UUID] = mapped_column(primary_key=True, default=new_id)
    operation_no: Mapped[str] = mapped_column(Text, unique=True)
    kind: Mapped[str] = mapped_column(Text)  # slw: the 散乱污 campaign; shawan: joint enforcement on the waterway
    region_code: Mapped[str] = mapped_column(Text)
    held_on: Mapped[date]
    person_times: Mapped[int] = mapped_column(default=0)
    places_checked: Mapped[int] = mapped_column(default=0)
    led_by_leader: Mapped[bool] = mapped_column(default=False)
    closed_places: Mapped[int] = mapped_column(default=0)
    demolished_m2: Mapped[float] = mapped_column(default=0)  # 五违 buildings pulled down in it
    counts: Mapped[dict[str, Any]] = mapped_column(JSONB, default=dict)  # sorties, intakes, ships, …
    created_at: Mapped[datetime] = mapped_column(Stamp, default=now)


class Batch(Base):
    """A dated list 批次: a frozen snapshot, never a part of the year's total."""

    __tablename__ = "batch"

    code: Mapped[str] = mapped_column(Text, primary_key=True)
    name: Mapped[str] = mapped_column(Text)
    snapshot_on: Mapped[date]
    places_checked: Mapped[int | None]
    region_code: Mapped[str] = mapped_column(Text)


class BatchItem(Base):
    """One place of a batch; linked to a case where one is known."""

    __tablename__ = "batch_item"
    __table_args__ = (Index("ix_batch_item_batch", "batch_code", "id"),)

    id: Mapped[UUID] = mapped_column(primary_key=True, default=new_id)
    batch_code: Mapped[str] = mapped_column(ForeignKey("batch.code"))
    case_id: Mapped[UUID | None] = mapped_column(ForeignKey("case.id"), index=True)
    region_code: Mapped[str] = mapped_column(Text)
    name: Mapped[str] = mapped_column(Text)
    is_done: Mapped[bool] = mapped_column(default=False)
    done_on: Mapped[date | None]


class River(Base):
    """A river 河涌 of the black-and-foul list; one without a sourced name keeps its number."""

    __tablename__ = "river"

    code: Mapped[str] = mapped_column(Text, primary_key=True)
    name: Mapped[str | None] = mapped_column(Text)
    phase: Mapped[str] = mapped_column(Text)  # p1 | p2
    listed_on: Mapped[date]


class RegisterEntry(Base):
    """A row of an imported register: enforcement, petitions, inspection tasks. Reports add up ``quantity``."""

    __tablename__ = "register_entry"
    __table_args__ = (
        UniqueConstraint("register", "source_row"),
        Index("ix_register_entry_kind", "register", "kind", "occurred_on"),
    )

    id: Mapped[UUID] = mapped_column(primary_key=True, default=new_id)
    register: Mapped[str] = mapped_column(Text)  # enforcement | petition | inspection
    kind: Mapped[str] = mapped_column(Text)  # the figure it counts towards, e.g. penalties
    occurred_on: Mapped[date]
    quantity: Mapped[float] = mapped_column(default=1)
    group_no: Mapped[str | None] = mapped_column(Text)  # 宗: several 件 may form one
    state: Mapped[str] = mapped_column(Text, default="")
    region_code: Mapped[str] = mapped_column(Text)
    source_row: Mapped[str] = mapped_column(Text)  # file and row it came from

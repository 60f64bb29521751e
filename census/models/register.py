"""The register 名录: regions, enumeration areas, units and who visits them."""

from __future__ import annotations

from datetime import datetime
from typing import Any
from uuid import UUID

from sqlalchemy import (
    ARRAY,
    BigInteger,
    CheckConstraint,
    ForeignKey,
    Identity,
    Index,
    PrimaryKeyConstraint,
    UniqueConstraint,
    Uuid,
    text,
)
from sqlalchemy.dialects.postgresql import JSONB
from sqlalchemy.orm import Mapped, mapped_column

from census.db import Base, Stamp, Text, Xid8, new_id, now


class Region(Base):
    """Administrative region 行政区划: 2 digits province, 4 city, 6 county, 9 town, 12 village."""

    __tablename__ = "region"

    code: Mapped[str] = mapped_column(Text, primary_key=True)
    name: Mapped[str] = mapped_column(Text)
    level: Mapped[str] = mapped_column(Text)
    parent_code: Mapped[str | None] = mapped_column(ForeignKey("region.code"), index=True)


class EnumerationArea(Base):
    """Enumeration area 普查小区: the village code and a four-digit number."""

    __tablename__ = "enumeration_area"

    code: Mapped[str] = mapped_column(Text, primary_key=True)
    name: Mapped[str] = mapped_column(Text)
    region_code: Mapped[str] = mapped_column(Text, index=True)
    boundary: Mapped[dict[str, Any] | None] = mapped_column(JSONB)  # GeoJSON geometry, WGS-84
    is_schematic: Mapped[bool] = mapped_column(default=False)  # drawn from a seed: marked 示意 on every map


class Unit(Base):
    """A census object 普查对象, or a place of the 散乱污 programme."""

    __tablename__ = "unit"
    __table_args__ = (
        CheckConstraint("length(region_code) between 2 and 12", name="region_code_length"),
        Index("ix_unit_region_id", "region_code", "id"),
        Index("ix_unit_changed", "changed_xid", "id"),
        Index("ix_unit_credit_code", "credit_code", postgresql_where=text("credit_code is not null")),
        Index("ix_unit_name_trgm", "name", postgresql_using="gin", postgresql_ops={"name": "gin_trgm_ops"}),
        Index("ix_unit_position", "lat", "lon", postgresql_where=text("lat is not null")),
    )

    id: Mapped[UUID] = mapped_column(primary_key=True, default=new_id)
    kind: Mapped[str] = mapped_column(Text)  # industrial, livestock, domestic, centralized, scattered, …
    name: Mapped[str] = mapped_column(Text)
    address: Mapped[str] = mapped_column(Text, default="")
    credit_code: Mapped[str | None] = mapped_column(Text)
    industry_code: Mapped[str | None] = mapped_column(Text)
    region_code: Mapped[str] = mapped_column(Text)  # village, 12 digits where known
    area_code: Mapped[str | None] = mapped_column(ForeignKey("enumeration_area.code"), index=True)
    lon: Mapped[float | None]
    lat: Mapped[float | None]
    source: Mapped[str] = mapped_column(Text, default="register")  # register | import | found
    found_by: Mapped[UUID | None] = mapped_column(ForeignKey("account.id"))
    known: Mapped[dict[str, Any]] = mapped_column(JSONB, default=dict)  # what the register knows, by item key
    # What it must fill, e.g. ["G101-1", "G102"], and what hangs on an answer not given yet: see ``unit_forms`` in
    # services.register.
    forms: Mapped[list[str]] = mapped_column(JSONB, default=list)
    may_forms: Mapped[list[str]] = mapped_column(JSONB, default=list, server_default=text("'[]'"))
    # The definitions that both were derived from.
    forms_basis: Mapped[str] = mapped_column(Text, index=True, default="", server_default=text("''"))
    outcome: Mapped[str | None] = mapped_column(Text)  # of the latest visit
    created_at: Mapped[datetime] = mapped_column(Stamp, default=now)
    updated_at: Mapped[datetime] = mapped_column(Stamp, default=now)
    changed_xid: Mapped[int] = mapped_column(Xid8, server_default=text("pg_current_xact_id()"))


class Team(Base):
    """Enumerators under one supervisor 普查指导员. Members name their team in ``account.team_id``."""

    __tablename__ = "team"

    id: Mapped[UUID] = mapped_column(primary_key=True, default=new_id)
    name: Mapped[str] = mapped_column(Text)
    region_code: Mapped[str] = mapped_column(Text, index=True)
    supervisor_id: Mapped[UUID] = mapped_column(ForeignKey("account.id"), index=True)


class Assignment(Base):
    """Whose a unit is now: a team's, and of its enumerators the one who is to visit it (nobody yet: null).

    ``former`` are those who had it before: what their phones still hold is taken in when it comes.
    """

    __tablename__ = "assignment"
    __table_args__ = (UniqueConstraint("unit_id"), Index("ix_assignment_account_unit", "account_id", "unit_id"))

    id: Mapped[UUID] = mapped_column(primary_key=True, default=new_id)
    unit_id: Mapped[UUID] = mapped_column(ForeignKey("unit.id"))
    account_id: Mapped[UUID | None] = mapped_column(ForeignKey("account.id"))
    team_id: Mapped[UUID | None] = mapped_column(ForeignKey("team.id"), index=True)
    former: Mapped[list[UUID]] = mapped_column(ARRAY(Uuid), default=list, server_default=text("'{}'"))
    created_at: Mapped[datetime] = mapped_column(Stamp, default=now)


class AssignmentEvent(Base):
    """Somebody got a unit, or it was taken or handed back: never changed, and what phones learn of it."""

    __tablename__ = "assignment_event"
    __table_args__ = (
        CheckConstraint("kind in ('given', 'taken', 'handed_back')", name="known_kind"),
        Index("ix_assignment_event_account", "account_id", "xid"),
        Index("ix_assignment_event_unit", "unit_id", "id"),
    )

    id: Mapped[int] = mapped_column(BigInteger, Identity(), primary_key=True)
    xid: Mapped[int] = mapped_column(Xid8, server_default=text("pg_current_xact_id()"))
    unit_id: Mapped[UUID] = mapped_column(ForeignKey("unit.id"))
    account_id: Mapped[UUID] = mapped_column(ForeignKey("account.id"))  # whose unit it became or no longer is
    by_id: Mapped[UUID] = mapped_column(ForeignKey("account.id"))
    kind: Mapped[str] = mapped_column(Text)
    reason: Mapped[str] = mapped_column(Text, default="")
    note: Mapped[str] = mapped_column(Text, default="")
    at: Mapped[datetime] = mapped_column(Stamp, default=now)


class Lease(Base):
    """An offline copy of a unit on one device, and until when the desk counts on hearing from it."""

    __tablename__ = "lease"
    __table_args__ = (
        PrimaryKeyConstraint("unit_id", "session_id"),
        Index("ix_lease_session", "session_id", postgresql_where=text("ended_at is null")),
    )

    unit_id: Mapped[UUID] = mapped_column(ForeignKey("unit.id"))
    session_id: Mapped[UUID] = mapped_column(ForeignKey("device_session.id"))
    account_id: Mapped[UUID] = mapped_column(ForeignKey("account.id"))
    region_code: Mapped[str] = mapped_column(Text)
    taken_at: Mapped[datetime] = mapped_column(Stamp)
    expires_at: Mapped[datetime] = mapped_column(Stamp)
    ended_at: Mapped[datetime | None] = mapped_column(Stamp)  # handed back, or told that the unit is another's

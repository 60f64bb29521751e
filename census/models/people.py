"""People: accounts, what they may do where, and the devices they are signed in on."""

from __future__ import annotations

from datetime import datetime
from uuid import UUID

from sqlalchemy import CheckConstraint, ForeignKey, Index, LargeBinary, UniqueConstraint, false, text
from sqlalchemy.orm import Mapped, mapped_column, relationship

from census.db import Base, Stamp, Text, new_id, now


class Account(Base):
    """A person of one programme. The two programmes have separate account tables: nothing links them."""

    __tablename__ = "account"

    id: Mapped[UUID] = mapped_column(primary_key=True, default=new_id)
    username: Mapped[str] = mapped_column(Text, unique=True)
    password_hash: Mapped[str] = mapped_column(Text)
    full_name: Mapped[str] = mapped_column(Text)
    card_number: Mapped[str | None] = mapped_column(Text)  # enumerator card 普查员证
    is_active: Mapped[bool] = mapped_column(default=True)
    is_demo: Mapped[bool] = mapped_column(default=False)
    must_change_password: Mapped[bool] = mapped_column(default=False, server_default=false())  # somebody else chose it
    failed_sign_ins: Mapped[int] = mapped_column(default=0)
    locked_until: Mapped[datetime | None] = mapped_column(Stamp)
    team_id: Mapped[UUID | None] = mapped_column(ForeignKey("team.id", use_alter=True), index=True)
    created_at: Mapped[datetime] = mapped_column(Stamp, default=now)

    grants: Mapped[list[RoleGrant]] = relationship(back_populates="account", lazy="selectin")


class RoleGrant(Base):
    """One role in one region and everything below it (``region_code`` is a code prefix)."""

    __tablename__ = "role_grant"
    __table_args__ = (
        UniqueConstraint("account_id", "role", "region_code"),
        CheckConstraint(
            "role in ('enumerator', 'supervisor', 'county', 'checker', 'admin', 'auditor', 'city', 'province',"
            " 'inspector', 'case_office', 'department')",
            name="known_role",
        ),
    )

    id: Mapped[UUID] = mapped_column(primary_key=True, default=new_id)
    account_id: Mapped[UUID] = mapped_column(ForeignKey("account.id"), index=True)
    role: Mapped[str] = mapped_column(Text)
    region_code: Mapped[str] = mapped_column(Text)

    account: Mapped[Account] = relationship(back_populates="grants")


class DeviceSession(Base):
    """A sign-in on one device: the token is kept only as its SHA-256, the receipt key signs receipts for it."""

    __tablename__ = "device_session"
    __table_args__ = (Index("ix_device_session_account", "account_id", "created_at"),)

    id: Mapped[UUID] = mapped_column(primary_key=True, default=new_id)
    account_id: Mapped[UUID] = mapped_column(ForeignKey("account.id"))
    token_digest: Mapped[bytes] = mapped_column(LargeBinary, unique=True)
    kind: Mapped[str] = mapped_column(Text, default="api")  # api | web
    device: Mapped[str] = mapped_column(Text, default="")
    receipt_key: Mapped[bytes] = mapped_column(LargeBinary)
    created_at: Mapped[datetime] = mapped_column(Stamp, default=now)
    expires_at: Mapped[datetime] = mapped_column(Stamp)
    revoked_at: Mapped[datetime | None] = mapped_column(Stamp)
    # The phone forgets all on its next contact.
    is_wiped: Mapped[bool] = mapped_column(default=False, server_default=text("false"))

    account: Mapped[Account] = relationship(lazy="joined")

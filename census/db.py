"""The database: declarative base, column types and the one way to open a transaction."""

from __future__ import annotations

import secrets
import time
from collections.abc import Generator, Sequence
from contextlib import contextmanager
from datetime import UTC, datetime
from typing import Any, Final
from uuid import UUID

from sqlalchemy import DateTime, Engine, MetaData, create_engine, text
from sqlalchemy import Text as Text  # noqa: PLC0414 - models take their column types from here
from sqlalchemy.orm import DeclarativeBase, Session
from sqlalchemy.types import UserDefinedType

NAMING: Final = {
    "ix": "ix_%(column_0_label)s",
    "uq": "uq_%(table_name)s_%(column_0_N_name)s",
    "ck": "ck_%(table_name)s_%(constraint_name)s",
    "fk": "fk_%(table_name)s_%(column_0_N_name)s_%(referred_table_name)s",
    "pk": "pk_%(table_name)s",
}

Stamp = DateTime(timezone=True)

FULL: Final = ("*",)
"""The scope that sees every region: the worker, the migrations' checks, the commands of an operator."""


class Xid8(UserDefinedType[int]):
    """PostgreSQL's 64-bit transaction id: orders rows by commit without gaps that a reader could miss."""

    cache_ok = True

    def get_col_spec(self, **_: Any) -> str:
        """Name the column type."""
        return "xid8"


class Base(DeclarativeBase):
    """Base of all tables; constraint names follow one convention so that migrations can name them."""

    metadata = MetaData(naming_convention=NAMING)


def now() -> datetime:
    """Return the time, in UTC."""
    return datetime.now(UTC)


def new_id() -> UUID:
    """Make a UUID of version 7: ordered by time, so that indexes grow at one end."""
    milliseconds = time.time_ns() // 1_000_000
    value = (milliseconds << 80) | (0x7 << 76) | (secrets.randbits(12) << 64) | (0b10 << 62) | secrets.randbits(62)
    return UUID(int=value)


class Database:
    """One programme's database. An argument everywhere, never a global.

    ``scope`` is the list of region code prefixes that row-level security lets the transaction see.
    """

    def __init__(self, url: str, *, pool_size: int = 5, echo: bool = False) -> None:
        self.url = url
        self.engine: Engine = create_engine(
            url, pool_size=pool_size, max_overflow=10, pool_pre_ping=True, echo=echo,
            hide_parameters=True,  # an error's text must not quote a respondent's answers
        )

    @contextmanager
    def transaction(self, scope: Sequence[str] | None = None) -> Generator[Session]:
        """Open one transaction with row-level security set to ``scope``; commit at the end, roll back on error.

        ``None`` sees no region at all; ``FULL`` sees every region.
        """
        with Session(self.engine, expire_on_commit=False) as session, session.begin():
            set_scope(session, scope)
            yield session

    def close(self) -> None:
        """Give all connections back."""
        self.engine.dispose()


def set_scope(session: Session, scope: Sequence[str] | None) -> None:
    """Let the rest of this transaction see the regions of ``scope`` (code prefixes) and no others."""
    prefixes = "," if scope == FULL else ",".join(scope or ())  # two empty prefixes match every code
    session.execute(text("select set_config('census.scope', :scope, true)"), {"scope": prefixes})

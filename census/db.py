"""The database: declarative base, column types and the one way to open a transaction."""

from __future__ import annotations

import secrets
import time
from collections.abc import Generator, Iterable, Mapping, Sequence
from contextlib import contextmanager
from datetime import UTC, datetime
from typing import Any, Final, LiteralString, cast
from uuid import UUID

import orjson
import psycopg
from psycopg import sql
from psycopg.rows import namedtuple_row
from sqlalchemy import Connection, DateTime, Engine, MetaData, create_engine, event, text
from sqlalchemy import Text as Text  # noqa: PLC0414 - models take their column types from here
from sqlalchemy.engine.interfaces import DBAPIConnection
from sqlalchemy.exc import DBAPIError, InvalidatePoolError
from sqlalchemy.orm import DeclarativeBase, Session
from sqlalchemy.pool import ConnectionPoolEntry, PoolProxiedConnection
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

RESTED_S: Final = 1.0
FLUSH: Final = "select pg_logical_emit_message(true, 'census', '')"
"""A word in the log whose own commit waits until all that was logged before it is on the disk."""
NO_IDS: Final = "{}"
SCOPE, SINCE, LAST = "census_scope", "census_since", "census_last"


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
            url,
            pool_size=pool_size,
            max_overflow=10,
            echo=echo,
            json_deserializer=orjson.loads,
            hide_parameters=True,  # an error's text must not quote a respondent's answers
            connect_args={"autocommit": True},  # ``_begin`` opens transactions: begin and scope in one round trip
        )
        event.listen(self.engine, "begin", _begin)
        event.listen(self.engine, "checkin", _note_return)
        event.listen(self.engine, "checkout", _check_idle)

    @contextmanager
    def transaction(self, scope: Sequence[str] | None = None, *, durable: bool = False) -> Generator[Session]:
        """Open one transaction with row-level security set to ``scope``; commit at the end, roll back on error.

        ``None`` sees no region at all; ``FULL`` sees every region. ``durable``: what was read is on the disk, too, when
        the transaction has ended, though others may have written it.
        """
        with Session(self.engine, expire_on_commit=False) as session, session.begin():
            session.info[LAST] = []
            session.connection(execution_options={SCOPE: scope or ()})
            yield session
            _end(session, durable=durable)

    def close(self) -> None:
        """Give all connections back."""
        self.engine.dispose()


def set_scope(session: Session, scope: Sequence[str] | None) -> None:
    """Let the rest of this transaction see the regions of ``scope`` (code prefixes) and no others."""
    session.execute(text("select set_config('census.scope', :scope, true)"), {"scope": _prefixes(scope or ())})


def run(session: Session, *statements: tuple[LiteralString, Mapping[str, Any]]) -> list[list[Any]]:
    """Run prepared statements in one round trip and give the rows of each, as named tuples: no ORM, nothing compiled.

    Parameters are psycopg's ``%(name)s``. For the few paths that the whole district shares.
    """
    connection = session.connection()
    driver = _driver(connection)
    try:
        cursors = [driver.cursor(row_factory=namedtuple_row) for _ in statements]
        with driver.pipeline():
            for cursor, (statement, parameters) in zip(cursors, statements, strict=True):
                cursor.execute(statement, parameters, prepare=True)
        # A statement that returns nothing has no fields, and asking it for rows is an error.
        return [cursor.fetchall() if cursor.pgresult and cursor.pgresult.nfields else [] for cursor in cursors]
    except psycopg.Error as error:
        if driver.closed:
            connection.invalidate(error)
        raise DBAPIError.instance(
            statements[0][0],
            None,
            error,
            psycopg.Error,
            hide_parameters=True,
            connection_invalidated=driver.closed,
            dialect=connection.dialect,
        ) from error


def uuids(ids: Iterable[UUID]) -> str:
    """Ids as one text, for ``%(ids)s::uuid[]``: a list would be looked at id by id to find its type."""
    return "{" + ",".join(map(str, ids)) + "}"


def run_last(session: Session, statement: sql.Composed) -> None:
    """Run a statement right before the commit, in one message with it: what it locks is held as shortly as can be.

    Where the transaction is somebody else's, or inside a savepoint, it runs at once.
    """
    if LAST in session.info and not session.in_nested_transaction():
        session.info[LAST].append(statement)
    else:
        session.flush()
        connection = session.connection()
        _send(connection, statement.as_string(_driver(connection)))


def _end(session: Session, *, durable: bool) -> None:
    """Finish a transaction; nobody is answered before it is on the disk.

    The locks of its last statements are let go before its log is written: who waits for them need not wait for the
    disk, too, and one write to the disk serves several.
    """
    last = session.info.pop(LAST)
    session.flush()
    connection = session.connection()
    if last:
        driver = _driver(connection)
        _send(
            connection,
            ";".join(
                ["set local synchronous_commit = off", *(each.as_string(driver) for each in last), "commit", FLUSH]
            ),
        )
    elif durable:
        connection.execute(text(FLUSH))


def _begin(connection: Connection) -> None:
    scope = connection.get_execution_options().get(SCOPE)
    if scope is None:
        _send(connection, "begin")
    else:
        setting = sql.SQL("begin; select set_config('census.scope', {}, true)").format(sql.Literal(_prefixes(scope)))
        _send(connection, setting.as_string(_driver(connection)))


def _send(connection: Connection, statements: str) -> None:
    """Send statements without parameters as one message."""
    connection.exec_driver_sql(statements, execution_options={"no_parameters": True}).close()


def _driver(connection: Connection) -> psycopg.Connection[Any]:
    return cast("psycopg.Connection[Any]", connection.connection.driver_connection)


def _prefixes(scope: Sequence[str]) -> str:
    if scope == FULL:
        return ","  # two empty prefixes match every code
    return ",".join(scope)


def _note_return(_: DBAPIConnection | None, record: ConnectionPoolEntry) -> None:
    record.info[SINCE] = time.monotonic()


def _check_idle(connection: DBAPIConnection, record: ConnectionPoolEntry, _: PoolProxiedConnection) -> None:
    """Ask a connection that rested whether it still lives; one just used needs no round trip for it."""
    if time.monotonic() - record.info.get(SINCE, 0.0) < RESTED_S or SINCE not in record.info:
        return
    try:
        cursor = connection.cursor()
        cursor.execute("select 1")
        cursor.close()
    except psycopg.Error:
        raise InvalidatePoolError from None

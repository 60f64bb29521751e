"""A migrated database made again what its migrations made it: deleting a test's rows costs a tenth of a new copy."""

from __future__ import annotations

from dataclasses import dataclass

import psycopg
from psycopg import sql

TABLES = "select relname from pg_class where relkind = 'r' and relnamespace = 'public'::regnamespace order by relname"
OTHERS_END = """
    select pg_terminate_backend(pid, 60000) from pg_stat_activity
     where datname = current_database() and pid <> pg_backend_pid() and backend_type = 'client backend'
"""
NUMBERS_BEGIN_AGAIN = """
    select setval(format('%I.%I', schemaname, sequencename), start_value, false) from pg_sequences
     where last_value is not null
"""


@dataclass(frozen=True)
class Migrated:
    """What one database holds before its first test. For tests that leave its tables, grants and policies alone."""

    url: str  # a superuser's: rows of every region, tables that nobody else may delete from
    tables: tuple[str, ...]
    rows: dict[str, bytes]  # what the migrations themselves wrote

    @classmethod
    def found_at(cls, url: str) -> Migrated:
        """Remember a database that no test has used yet."""
        with psycopg.connect(url) as connection:
            tables = tuple(str(name) for (name,) in connection.execute(TABLES).fetchall())
            return cls(url, tables, {name: copied(connection, name) for name in filled(connection, tables)})

    def again(self) -> None:
        """Take back what a test committed, whoever of it is still connected."""
        with psycopg.connect(self.url) as connection:
            connection.execute(OTHERS_END)
            connection.execute("set session_replication_role = replica")  # no foreign keys, no triggers
            for name in filled(connection, self.tables):
                connection.execute(sql.SQL("delete from {}").format(sql.Identifier(name)))
            for name, rows in self.rows.items():
                with connection.cursor().copy(sql.SQL("copy {} from stdin").format(sql.Identifier(name))) as table:
                    table.write(rows)
            connection.execute(NUMBERS_BEGIN_AGAIN)


def filled(connection: psycopg.Connection, tables: tuple[str, ...]) -> list[str]:
    asked = sql.SQL(", ").join(sql.SQL("exists (select from {})").format(sql.Identifier(name)) for name in tables)
    answers = connection.execute(sql.SQL("select {}").format(asked)).fetchone()
    assert answers is not None
    return [name for name, answer in zip(tables, answers, strict=True) if answer]


def copied(connection: psycopg.Connection, table: str) -> bytes:
    with connection.cursor().copy(sql.SQL("copy {} to stdout").format(sql.Identifier(table))) as rows:
        return b"".join(bytes(part) for part in rows)

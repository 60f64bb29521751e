"""Add the tables of the job queue: procrastinate 3.10.0's own schema, unchanged."""

from __future__ import annotations

from pathlib import Path

from alembic import op

revision = "0002"
down_revision = "0001"
branch_labels = None
depends_on = None

SCHEMA = Path(__file__).parents[1] / "sql" / "procrastinate_3.10.0.sql"


def upgrade() -> None:
    """Apply."""
    with op.get_bind().connection.cursor() as cursor:
        cursor.execute(SCHEMA.read_text(encoding="utf-8"))


def downgrade() -> None:
    """Take back: everything the schema made carries procrastinate's name."""
    op.execute(
        """
        do $$
        declare thing record;
        begin
            for thing in select oid::regclass as name from pg_class
                         where relname like 'procrastinate\\_%' and relkind in ('r', 'p')
                           and relnamespace = current_schema()::regnamespace loop
                execute 'drop table ' || thing.name || ' cascade';
            end loop;
            for thing in select oid::regprocedure as name from pg_proc
                         where proname like 'procrastinate\\_%'
                           and pronamespace = current_schema()::regnamespace loop
                execute 'drop function ' || thing.name || ' cascade';
            end loop;
            for thing in select typname as name from pg_type
                         where typname like 'procrastinate\\_%' and typtype in ('e', 'c')
                           and typnamespace = current_schema()::regnamespace loop
                execute 'drop type ' || quote_ident(thing.name) || ' cascade';
            end loop;
        end $$;
        """
    )

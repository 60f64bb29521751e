"""Count submissions as they change, so that a queue's counts are read, not counted.

The queue gets an index in its order.
"""

from __future__ import annotations

import sqlalchemy as sa
from alembic import context, op

revision = "0005"
down_revision = "0004"
branch_labels = None
depends_on = None

IN_SCOPE = (
    "region_code ^@ any ((select string_to_array(nullif(current_setting('census.scope', true), ''), ','))::text[])"
)

# Each statement adds what it changed; the worker folds the lines together. Nobody waits for anybody's line.
TALLY = """
create function tally_submissions() returns trigger language plpgsql set search_path = public, pg_temp as $$
begin
    if tg_op = 'INSERT' then
        insert into submission_tally (region_code, form, state, records)
        select region_code, form, state, count(*) from added group by 1, 2, 3;
    elsif tg_op = 'DELETE' then
        insert into submission_tally (region_code, form, state, records)
        select region_code, form, state, -count(*) from gone group by 1, 2, 3;
    else
        insert into submission_tally (region_code, form, state, records)
        select region_code, form, state, sum(records) from (
            select region_code, form, state, 1 as records from added
             union all select region_code, form, state, -1 from gone
        ) changed group by 1, 2, 3 having sum(records) <> 0;
    end if;
    return null;
end $$
"""
TRIGGERS = (
    ("insert", "referencing new table as added"),
    ("delete", "referencing old table as gone"),
    ("update", "referencing new table as added old table as gone"),
)


def upgrade() -> None:
    """Apply."""
    role = context.config.attributes["app_role"]
    op.create_table(
        "submission_tally",
        sa.Column("id", sa.BigInteger(), sa.Identity(always=False), nullable=False),
        sa.Column("region_code", sa.Text(), nullable=False),
        sa.Column("form", sa.Text(), nullable=False),
        sa.Column("state", sa.Text(), nullable=False),
        sa.Column("records", sa.BigInteger(), nullable=False),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_submission_tally")),
    )
    op.create_index(
        "ix_submission_waiting",
        "submission",
        ["state", "updated_at", "id"],
        postgresql_include=["region_code", "form"],
    )
    op.execute("select set_config('census.scope', ',', true)")
    op.execute(
        "insert into submission_tally (region_code, form, state, records) "
        "select region_code, form, state, count(*) from submission group by 1, 2, 3"
    )
    op.execute("alter table submission_tally enable row level security")
    op.execute("alter table submission_tally force row level security")
    op.execute(f"create policy by_region on submission_tally using ({IN_SCOPE}) with check ({IN_SCOPE})")
    op.execute(f'grant select, insert, delete on submission_tally to "{role}"')
    op.execute(f'grant usage on all sequences in schema public to "{role}"')
    op.execute(TALLY)
    for event, tables in TRIGGERS:
        op.execute(
            f"create trigger tally_{event} after {event} on submission {tables} "
            "for each statement execute function tally_submissions()"
        )


def downgrade() -> None:
    """Take back."""
    for event, _ in TRIGGERS:
        op.execute(f"drop trigger tally_{event} on submission")
    op.execute("drop function tally_submissions()")
    op.drop_table("submission_tally")
    op.drop_index("ix_submission_waiting", table_name="submission")

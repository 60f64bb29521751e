"""Keep teams, leases of offline copies, what became of assignments, conflicting visits, and which forms apply."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import context, op
from sqlalchemy.dialects import postgresql
from sqlalchemy.types import UserDefinedType

revision = "0004"
down_revision = "0003"
branch_labels = None
depends_on = None

IN_SCOPE = (
    "region_code ^@ any ((select string_to_array(nullif(current_setting('census.scope', true), ''), ','))::text[])"
)
BY_REGION = ("lease", "team", "visit_conflict")


class Xid8(UserDefinedType[int]):
    """PostgreSQL's 64-bit transaction id, as it was when this step was written."""

    cache_ok = True

    def get_col_spec(self, **_: object) -> str:
        """Name the column type."""
        return "xid8"


def upgrade() -> None:
    """Apply."""
    role = context.config.attributes["app_role"]
    stamp = sa.DateTime(timezone=True)
    op.create_table(
        "team",
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("name", sa.Text(), nullable=False),
        sa.Column("region_code", sa.Text(), nullable=False),
        sa.Column("supervisor_id", sa.Uuid(), nullable=False),
        sa.ForeignKeyConstraint(["supervisor_id"], ["account.id"], name=op.f("fk_team_supervisor_id_account")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_team")),
    )
    op.create_index(op.f("ix_team_region_code"), "team", ["region_code"])
    op.create_index(op.f("ix_team_supervisor_id"), "team", ["supervisor_id"])
    op.add_column("account", sa.Column("team_id", sa.Uuid(), nullable=True))
    op.create_foreign_key(op.f("fk_account_team_id_team"), "account", "team", ["team_id"], ["id"])
    op.create_index(op.f("ix_account_team_id"), "account", ["team_id"])

    op.alter_column("assignment", "account_id", nullable=True)
    op.add_column("assignment", sa.Column("team_id", sa.Uuid(), nullable=True))
    op.add_column(
        "assignment", sa.Column("former", sa.ARRAY(sa.Uuid()), server_default=sa.text("'{}'"), nullable=False)
    )
    op.create_foreign_key(op.f("fk_assignment_team_id_team"), "assignment", "team", ["team_id"], ["id"])
    op.create_index(op.f("ix_assignment_team_id"), "assignment", ["team_id"])
    op.create_table(
        "assignment_event",
        sa.Column("id", sa.BigInteger(), sa.Identity(), nullable=False),
        sa.Column("xid", Xid8(), server_default=sa.text("pg_current_xact_id()"), nullable=False),
        sa.Column("unit_id", sa.Uuid(), nullable=False),
        sa.Column("account_id", sa.Uuid(), nullable=False),
        sa.Column("by_id", sa.Uuid(), nullable=False),
        sa.Column("kind", sa.Text(), nullable=False),
        sa.Column("reason", sa.Text(), nullable=False),
        sa.Column("note", sa.Text(), nullable=False),
        sa.Column("at", stamp, nullable=False),
        sa.CheckConstraint("kind in ('given', 'taken', 'handed_back')", name=op.f("ck_assignment_event_known_kind")),
        sa.ForeignKeyConstraint(["account_id"], ["account.id"], name=op.f("fk_assignment_event_account_id_account")),
        sa.ForeignKeyConstraint(["by_id"], ["account.id"], name=op.f("fk_assignment_event_by_id_account")),
        sa.ForeignKeyConstraint(["unit_id"], ["unit.id"], name=op.f("fk_assignment_event_unit_id_unit")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_assignment_event")),
    )
    op.create_index("ix_assignment_event_account", "assignment_event", ["account_id", "xid"])
    op.create_index("ix_assignment_event_unit", "assignment_event", ["unit_id", "id"])
    op.create_table(
        "lease",
        sa.Column("unit_id", sa.Uuid(), nullable=False),
        sa.Column("session_id", sa.Uuid(), nullable=False),
        sa.Column("account_id", sa.Uuid(), nullable=False),
        sa.Column("region_code", sa.Text(), nullable=False),
        sa.Column("taken_at", stamp, nullable=False),
        sa.Column("expires_at", stamp, nullable=False),
        sa.Column("ended_at", stamp, nullable=True),
        sa.ForeignKeyConstraint(["account_id"], ["account.id"], name=op.f("fk_lease_account_id_account")),
        sa.ForeignKeyConstraint(["session_id"], ["device_session.id"], name=op.f("fk_lease_session_id_device_session")),
        sa.ForeignKeyConstraint(["unit_id"], ["unit.id"], name=op.f("fk_lease_unit_id_unit")),
        sa.PrimaryKeyConstraint("unit_id", "session_id", name=op.f("pk_lease")),
    )
    op.create_index("ix_lease_session", "lease", ["session_id"], postgresql_where=sa.text("ended_at is null"))
    op.create_table(
        "visit_conflict",
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("visit_id", sa.Uuid(), nullable=False),
        sa.Column("unit_id", sa.Uuid(), nullable=False),
        sa.Column("region_code", sa.Text(), nullable=False),
        sa.Column("account_id", sa.Uuid(), nullable=False),
        sa.Column("content", postgresql.JSONB(astext_type=sa.Text()), nullable=False),
        sa.Column("device", sa.Text(), nullable=False),
        sa.Column("digest", sa.Text(), nullable=False),
        sa.Column("received_at", stamp, nullable=False),
        sa.ForeignKeyConstraint(["account_id"], ["account.id"], name=op.f("fk_visit_conflict_account_id_account")),
        sa.ForeignKeyConstraint(["unit_id"], ["unit.id"], name=op.f("fk_visit_conflict_unit_id_unit")),
        sa.ForeignKeyConstraint(["visit_id"], ["visit.id"], name=op.f("fk_visit_conflict_visit_id_visit")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_visit_conflict")),
    )
    op.create_index("ix_visit_conflict_key", "visit_conflict", ["visit_id", "digest"], unique=True)
    op.create_index("ix_visit_conflict_unit", "visit_conflict", ["unit_id"])

    json = postgresql.JSONB(astext_type=sa.Text())
    op.add_column("unit", sa.Column("may_forms", json, server_default=sa.text("'[]'"), nullable=False))
    op.add_column("unit", sa.Column("forms_basis", sa.Text(), server_default=sa.text("''"), nullable=False))
    op.create_index(op.f("ix_unit_forms_basis"), "unit", ["forms_basis"])
    op.create_index("ix_unit_position", "unit", ["lat", "lon"], postgresql_where=sa.text("lat is not null"))
    op.add_column("submission", sa.Column("applies", sa.Boolean(), server_default=sa.text("true"), nullable=False))

    for table in BY_REGION:
        op.execute(f'alter table "{table}" enable row level security')
        op.execute(f'alter table "{table}" force row level security')
        op.execute(f'create policy by_region on "{table}" using ({IN_SCOPE}) with check ({IN_SCOPE})')
    op.execute(f'grant select, insert on assignment_event, visit_conflict to "{role}"')
    op.execute(f'grant select, insert, update on team, lease to "{role}"')
    op.execute(f'grant usage on all sequences in schema public to "{role}"')


def downgrade() -> None:
    """Take back. Units that nobody is to visit lose their assignment's row."""
    op.drop_column("submission", "applies")
    op.drop_index("ix_unit_position", table_name="unit")
    for column in ("forms_basis", "may_forms"):
        op.drop_column("unit", column)
    for table in ("visit_conflict", "lease", "assignment_event"):
        op.drop_table(table)
    op.drop_column("assignment", "former")
    op.drop_column("assignment", "team_id")
    op.execute("delete from assignment where account_id is null")
    op.alter_column("assignment", "account_id", nullable=False)
    op.drop_column("account", "team_id")
    op.drop_table("team")

"""Departments fill the forms of a whole county or city at a desk: a role of their own."""

from __future__ import annotations

from alembic import op

revision = "0007"
down_revision = "0006"
branch_labels = None
depends_on = None

BEFORE = (
    "enumerator",
    "supervisor",
    "county",
    "checker",
    "admin",
    "auditor",
    "city",
    "province",
    "inspector",
    "case_office",
)


def upgrade() -> None:
    op.drop_constraint(op.f("ck_role_grant_known_role"), "role_grant", type_="check")
    op.create_check_constraint(op.f("ck_role_grant_known_role"), "role_grant", _among((*BEFORE, "department")))


def downgrade() -> None:
    op.execute("delete from role_grant where role = 'department'")
    op.drop_constraint(op.f("ck_role_grant_known_role"), "role_grant", type_="check")
    op.create_check_constraint(op.f("ck_role_grant_known_role"), "role_grant", _among(BEFORE))


def _among(roles: tuple[str, ...]) -> str:
    return f"role in ({', '.join(repr(role) for role in roles)})"

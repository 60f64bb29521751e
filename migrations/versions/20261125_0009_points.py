"""Keep with a revision where the device stood and where the map was tapped."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op
from sqlalchemy.dialects.postgresql import JSONB

revision = "0009"
down_revision = "0008"
branch_labels = None
depends_on = None


def upgrade() -> None:
    """Apply."""
    op.add_column("revision", sa.Column("points", JSONB(), server_default=sa.text("'[]'"), nullable=False))


def downgrade() -> None:
    """Take back."""
    op.drop_column("revision", "points")

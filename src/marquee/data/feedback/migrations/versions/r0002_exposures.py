"""Which arm of an experiment chose what was shown."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = "0002"
down_revision = "0001"
branch_labels = None
depends_on = None


def upgrade() -> None:
    """Adds the log of exposures."""
    op.create_table(
        "exposures",
        sa.Column("experiment", sa.String(200), nullable=False),
        sa.Column("viewer_id", sa.BigInteger, sa.ForeignKey("viewers.viewer_id"), nullable=False),
        sa.Column("answer_id", sa.String(64), nullable=False),
        sa.Column("at_us", sa.BigInteger, nullable=False),
        sa.Column("titles", sa.JSON, nullable=False),
        sa.Column("arms", sa.JSON, nullable=False),
        sa.PrimaryKeyConstraint("experiment", "viewer_id", "answer_id", name="pk_exposures"),
        sqlite_with_rowid=False,
    )
    op.create_index("ix_exposures_viewer_id", "exposures", ["viewer_id"])


def downgrade() -> None:
    """Drops the log."""
    op.drop_table("exposures")

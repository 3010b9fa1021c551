"""The first tables: viewers, events, answers, erased, counters.

A script says its tables itself: those of the package go on changing, a revision never does.
"""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = "0001"
down_revision = None
branch_labels = None
depends_on = None


def upgrade() -> None:
    """Brings an empty database to the first tables."""
    op.create_table(
        "viewers",
        sa.Column("viewer_id", sa.BigInteger, primary_key=True, autoincrement=False),
        sa.Column("revision", sa.BigInteger, nullable=False),
        sa.Column("settings", sa.JSON),
        sa.Column("request_id", sa.String(64)),
        sa.UniqueConstraint("request_id", name="uq_viewers_request_id"),
    )
    op.create_table(
        "events",
        sa.Column("viewer_id", sa.BigInteger, sa.ForeignKey("viewers.viewer_id"), nullable=False),
        sa.Column("revision", sa.BigInteger, nullable=False),
        sa.Column("event_id", sa.String(64), nullable=False),
        sa.Column("at_us", sa.BigInteger, nullable=False),
        sa.Column("verb", sa.String(20), nullable=False),
        sa.Column("facet", sa.String(20), nullable=False),
        sa.Column("title_id", sa.BigInteger),
        sa.Column("answer_id", sa.String(64)),
        sa.Column("value", sa.Double),
        sa.Column("reason", sa.String(20)),
        sa.Column("text", sa.Text),
        sa.Column("undone", sa.Boolean, nullable=False),
        sa.PrimaryKeyConstraint("viewer_id", "revision", name="pk_events"),
        sa.UniqueConstraint("viewer_id", "event_id", name="uq_events_event_id"),
        sqlite_with_rowid=False,
    )
    op.create_index("ix_events_facet_title_id", "events", ["facet", "title_id"])
    op.create_table(
        "answers",
        sa.Column("viewer_id", sa.BigInteger, sa.ForeignKey("viewers.viewer_id"), nullable=False),
        sa.Column("answer_id", sa.String(64), nullable=False),
        sa.Column("at_us", sa.BigInteger, nullable=False),
        sa.Column("model", sa.String(200), nullable=False),
        sa.Column("snapshot", sa.String(200), nullable=False),
        sa.Column("titles", sa.JSON, nullable=False),
        sa.Column("n_titles", sa.Integer, nullable=False),
        sa.PrimaryKeyConstraint("viewer_id", "answer_id", name="pk_answers"),
        sqlite_with_rowid=False,
    )
    op.create_table(
        "erased",
        sa.Column("viewer_id", sa.BigInteger, primary_key=True, autoincrement=False),
        sa.Column("day", sa.Date, nullable=False),
    )
    op.create_table(
        "counters",
        sa.Column("name", sa.String(20), primary_key=True),
        sa.Column("value", sa.BigInteger, nullable=False),
    )


def downgrade() -> None:
    """Drops every table, and all feedback with them."""
    for table in ("counters", "erased", "answers", "events", "viewers"):
        op.drop_table(table)

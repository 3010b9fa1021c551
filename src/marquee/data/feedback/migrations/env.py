"""Runs the scripts on the connection that ``migrating`` hands over, inside its transaction."""

from __future__ import annotations

from alembic import context

from marquee.data.feedback.schema import METADATA

context.configure(
    connection=context.config.attributes["connection"],
    target_metadata=METADATA,
    version_table=context.config.attributes["version_table"],
)
context.run_migrations()

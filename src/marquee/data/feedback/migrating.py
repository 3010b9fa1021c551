"""Brings a feedback database to the tables of this version."""

from __future__ import annotations

import threading
from pathlib import Path

import sqlalchemy as sa
from alembic import command
from alembic.config import Config
from alembic.runtime.migration import MigrationContext
from alembic.script import ScriptDirectory

from marquee.data.feedback.database import Database
from marquee.errors import FeedbackError

VERSION_TABLE = "marquee_feedback_version"
"""Where Alembic notes the revision: a name of our own, for a database may serve others too."""
_ONE_AT_A_TIME = threading.Lock()
"""Alembic keeps the migration under way in a global of its own."""
LOCK = 0x6D617271756565
"""Number of the advisory lock that PostgreSQL migrations take."""


def migrate(database: Database, revision: str = "head") -> str | None:
    """The revision in force after bringing the tables to the one asked for; None for no tables.

    A second call changes nothing, and processes that start at once take turns. ``revision`` may be
    an older one, or ``base``: what the newer tables held is lost then.

    Raises
    ------
    FeedbackError
        If the database cannot be opened, or a newer version of Marquee has changed its tables.
    """
    if database.file is not None:
        database.file.parent.mkdir(parents=True, exist_ok=True)
    with _ONE_AT_A_TIME, database.writing() as connection:
        if database.kind == "postgresql":
            connection.execute(sa.select(sa.func.pg_advisory_xact_lock(LOCK)))
        config = migration_config(connection)
        scripts = ScriptDirectory.from_config(config)
        before = current(connection)
        newest_first = [script.revision for script in scripts.walk_revisions()]
        if before is not None and before not in newest_first:
            raise FeedbackError(
                f"{database.name} was changed by a newer Marquee: its tables are at revision "
                f"{before}, this one knows {newest_first[0]} and older; update Marquee"
            )
        older = newest_first[newest_first.index(before) + 1 :] if before else []
        step = command.downgrade if revision in {*older, "base"} else command.upgrade
        step(config, revision)
        return current(connection)


def current(connection: sa.Connection) -> str | None:
    """The revision that the database is at, None where it has no tables of ours."""
    context = MigrationContext.configure(connection, opts={"version_table": VERSION_TABLE})
    return context.get_current_revision()


def migration_config(connection: sa.Connection) -> Config:
    """Alembic's configuration for the scripts of this package, run on that connection."""
    config = Config(attributes={"connection": connection, "version_table": VERSION_TABLE})
    folder = str(Path(__file__).with_name("migrations"))
    config.set_main_option("script_location", folder.replace("%", "%%"))
    config.set_main_option("path_separator", "os")
    return config

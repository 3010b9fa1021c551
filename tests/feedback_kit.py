"""Short words for tests of the feedback database, and a look into its tables from outside."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from typing import Any

import sqlalchemy as sa

from marquee.data.feedback import Event
from marquee.data.feedback.schema import METADATA

NOON = datetime(2026, 5, 4, 12, tzinfo=UTC)


def later(minutes: float) -> datetime:
    """So many minutes after noon; before it where negative."""
    return NOON + timedelta(minutes=minutes)


def rate(viewer: int, title: int, stars: float, event_id: str = "", minutes: float = 0) -> Event:
    return Event(viewer, "rate", later(minutes), title_id=title, value=stars, event_id=event_id)


def about(
    viewer: int, verb: str, title: int, event_id: str = "", minutes: float = 0, **rest: Any
) -> Event:
    return Event(viewer, verb, later(minutes), title_id=title, event_id=event_id, **rest)


def contents(url: str) -> dict[str, list[tuple[Any, ...]]]:
    """Every row of every table of the database, whoever made the table."""
    engine = sa.create_engine(url, poolclass=sa.NullPool)
    with engine.connect() as connection:
        names = sa.inspect(connection).get_table_names()
        return {
            name: [tuple(row) for row in connection.execute(sa.text(f'SELECT * FROM "{name}"'))]
            for name in names
        }


def clear(url: str) -> None:
    """Deletes every row of the tables of the feedback database."""
    engine = sa.create_engine(url, poolclass=sa.NullPool)
    with engine.begin() as connection:
        for table in reversed(METADATA.sorted_tables):
            connection.execute(sa.delete(table))

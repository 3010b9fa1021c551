"""Tables of the feedback database; the migrations build exactly these.

Moments are whole microseconds since 1970 in UTC: SQLite has no type for a moment with a zone, and a
number compares alike everywhere. A viewer's ``revision`` numbers their changes from 1; it is the
key of the event log, so that a profile is read from neighboring pages.
"""

from __future__ import annotations

import sqlalchemy as sa

FIRST_OWN_VIEWER = 2**40
"""Viewers from here on were numbered by the feedback database; those below came with a source.

No published set comes near this number of viewers, and it is below 2**53: exact in JavaScript.
"""

ID_LENGTH = 64
"""Longest id of an event or answer, in characters."""
NAME_LENGTH = 200
"""Longest name of a model or snapshot, in characters."""

METADATA = sa.MetaData()

viewers = sa.Table(
    "viewers",
    METADATA,
    sa.Column("viewer_id", sa.BigInteger, primary_key=True, autoincrement=False),
    sa.Column("revision", sa.BigInteger, nullable=False),
    sa.Column("settings", sa.JSON(none_as_null=True)),
    sa.Column("request_id", sa.String(ID_LENGTH)),
    sa.UniqueConstraint("request_id", name="uq_viewers_request_id"),
)
"""Viewers with feedback or settings; whoever changes anything about one holds the row first."""

events = sa.Table(
    "events",
    METADATA,
    sa.Column("viewer_id", sa.BigInteger, sa.ForeignKey("viewers.viewer_id"), nullable=False),
    sa.Column("revision", sa.BigInteger, nullable=False),
    sa.Column("event_id", sa.String(ID_LENGTH), nullable=False),
    sa.Column("at_us", sa.BigInteger, nullable=False),
    sa.Column("verb", sa.String(20), nullable=False),
    sa.Column("facet", sa.String(20), nullable=False),
    sa.Column("title_id", sa.BigInteger),
    sa.Column("answer_id", sa.String(ID_LENGTH)),
    sa.Column("value", sa.Double),
    sa.Column("reason", sa.String(20)),
    sa.Column("text", sa.Text),
    sa.Column("undone", sa.Boolean(create_constraint=False), nullable=False),
    sa.PrimaryKeyConstraint("viewer_id", "revision", name="pk_events"),
    sa.UniqueConstraint("viewer_id", "event_id", name="uq_events_event_id"),
    sa.Index("ix_events_facet_title_id", "facet", "title_id"),
    sqlite_with_rowid=False,
)
"""The log of what viewers said: rows are added, marked as undone, and erased, never rewritten."""

answers = sa.Table(
    "answers",
    METADATA,
    sa.Column("viewer_id", sa.BigInteger, sa.ForeignKey("viewers.viewer_id"), nullable=False),
    sa.Column("answer_id", sa.String(ID_LENGTH), nullable=False),
    sa.Column("at_us", sa.BigInteger, nullable=False),
    sa.Column("model", sa.String(NAME_LENGTH), nullable=False),
    sa.Column("snapshot", sa.String(NAME_LENGTH), nullable=False),
    sa.Column("titles", sa.JSON(none_as_null=True), nullable=False),
    sa.Column("n_titles", sa.Integer, nullable=False),
    sa.PrimaryKeyConstraint("viewer_id", "answer_id", name="pk_answers"),
    sqlite_with_rowid=False,
)
"""Lists that were shown: ``titles`` are the title ids in the order of their places."""

exposures = sa.Table(
    "exposures",
    METADATA,
    sa.Column("experiment", sa.String(NAME_LENGTH), nullable=False),
    sa.Column("viewer_id", sa.BigInteger, sa.ForeignKey("viewers.viewer_id"), nullable=False),
    sa.Column("answer_id", sa.String(ID_LENGTH), nullable=False),
    sa.Column("at_us", sa.BigInteger, nullable=False),
    sa.Column("titles", sa.JSON(none_as_null=True), nullable=False),
    sa.Column("arms", sa.JSON(none_as_null=True), nullable=False),
    sa.PrimaryKeyConstraint("experiment", "viewer_id", "answer_id", name="pk_exposures"),
    sa.Index("ix_exposures_viewer_id", "viewer_id"),
    sqlite_with_rowid=False,
)
"""Lists of an experiment that were shown: ``arms`` says of each of the ``titles`` which arm chose
it, null where none did. Rows are added and erased, never changed."""

erased = sa.Table(
    "erased",
    METADATA,
    sa.Column("viewer_id", sa.BigInteger, primary_key=True, autoincrement=False),
    sa.Column("day", sa.Date, nullable=False),
)
"""Viewers who asked to be forgotten, and since when."""

counters = sa.Table(
    "counters",
    METADATA,
    sa.Column("name", sa.String(20), primary_key=True),
    sa.Column("value", sa.BigInteger, nullable=False),
)
"""The last number given out: a number is never given out twice, not even after an erasure."""

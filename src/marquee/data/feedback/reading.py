"""What the feedback database answers, each from a transaction that the caller opened."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterator
from types import MappingProxyType
from typing import Any

import sqlalchemy as sa

from marquee.data.feedback.checks import settings_of
from marquee.data.feedback.events import event_of
from marquee.data.feedback.records import Entry, Profile, Viewer
from marquee.data.feedback.schema import FIRST_OWN_VIEWER, erased, events, viewers
from marquee.data.feedback.writing import is_erased


def in_force(*facets: str, viewer_id: int | None = None) -> sa.Select[Any]:
    """Events that count: of each viewer, facet and thing the latest that was not undone.

    The later moment counts, and of equal moments the later arrival. A statement taken back leaves
    nothing in force. Rows come from the oldest to the newest.
    """
    thing = (events.c.viewer_id, events.c.facet, events.c.title_id, events.c.answer_id)
    newest = (events.c.at_us.desc(), events.c.revision.desc())
    said = sa.select(
        events, sa.func.row_number().over(partition_by=thing, order_by=newest).label("place")
    ).where(~events.c.undone)
    if facets:
        said = said.where(events.c.facet.in_(facets))
    if viewer_id is not None:
        said = said.where(events.c.viewer_id == viewer_id)
    last = said.subquery("said")
    return (
        sa.select(*(last.c[column.name] for column in events.c))
        .where(last.c.place == 1, last.c.value.is_not(None))
        .order_by(last.c.at_us, last.c.viewer_id, last.c.revision)
    )


def profile(connection: sa.Connection, viewer_id: int) -> Profile:
    """What the viewer thinks now; an empty profile for one who never said anything."""
    row = connection.execute(
        sa.select(viewers.c.revision, viewers.c.settings).where(viewers.c.viewer_id == viewer_id)
    ).first()
    if row is None:
        revision, settings = (-1 if is_erased(connection, viewer_id) else 0), None
    else:
        revision, settings = row
    values: dict[str, dict[int, float]] = defaultdict(dict)
    reasons: dict[int, str] = {}
    facets = ("rating", "watch", "seen", "watchlist", "hidden")
    for said in connection.execute(in_force(*facets, viewer_id=viewer_id)):
        values[said.facet][said.title_id] = said.value
        if said.reason is not None:
            reasons[said.title_id] = said.reason
    return Profile(
        viewer_id,
        ratings=MappingProxyType(values["rating"]),
        watched=MappingProxyType(values["watch"]),
        seen=frozenset(values["seen"]),
        watchlist=frozenset(values["watchlist"]),
        hidden=frozenset(values["hidden"]),
        hidden_reasons=MappingProxyType(reasons),
        settings=settings_of(settings),
        revision=revision,
    )


def history(
    connection: sa.Connection, viewer_id: int, limit: int | None = None, before: int | None = None
) -> Iterator[Entry]:
    """What the viewer said, the last to arrive first, from below the revision ``before``."""
    said = sa.select(events).where(events.c.viewer_id == viewer_id)
    if before is not None:
        said = said.where(events.c.revision < before)
    rows = connection.execute(said.order_by(events.c.revision.desc()).limit(limit)).mappings()
    return (Entry(event_of(row), row["revision"], row["undone"]) for row in rows)


def local_viewers(connection: sa.Connection) -> tuple[Viewer, ...]:
    """The profiles made here, in the order in which they were made."""
    own = sa.select(viewers.c.viewer_id, viewers.c.settings)
    own = own.where(viewers.c.viewer_id >= FIRST_OWN_VIEWER).order_by(viewers.c.viewer_id)
    return tuple(
        Viewer(row.viewer_id, settings_of(row.settings)) for row in connection.execute(own)
    )


def erased_viewers(connection: sa.Connection) -> frozenset[int]:
    """Numbers of the viewers who asked to be forgotten."""
    return frozenset(connection.execute(sa.select(erased.c.viewer_id)).scalars())

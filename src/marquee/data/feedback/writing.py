"""Changes to the feedback database, each inside a transaction that the caller opened."""

from __future__ import annotations

import itertools
from collections import Counter, defaultdict
from collections.abc import Callable, Iterator, Sequence
from datetime import date
from typing import Any

import sqlalchemy as sa
from sqlalchemy.dialects import postgresql, sqlite

from marquee.data.feedback.events import CONTENT
from marquee.data.feedback.records import Receipt
from marquee.data.feedback.schema import (
    FIRST_OWN_VIEWER,
    answers,
    counters,
    erased,
    events,
    exposures,
    viewers,
)
from marquee.errors import FeedbackError, UnknownIdError

MOST_VARIABLES = 500
"""Ids in one query: databases bound the number of variables."""

Row = dict[str, Any]


def take(connection: sa.Connection, viewer_id: int, n_changes: int) -> int:
    """The viewer's revision before so many changes, which it now counts.

    The viewer's row is held until the transaction ends, so changes to one viewer, an erasure
    included, happen one after another. Viewers of a source are entered at their first word.

    Raises
    ------
    UnknownIdError
        If the viewer was erased, or the number was never given out.
    """
    raised = viewers.c.revision + n_changes
    if viewer_id >= FIRST_OWN_VIEWER:
        update = sa.update(viewers).where(viewers.c.viewer_id == viewer_id).values(revision=raised)
        after = connection.execute(update.returning(viewers.c.revision)).scalar()
    else:
        entry = _insert(connection, viewers).values(viewer_id=viewer_id, revision=n_changes)
        after = connection.execute(
            entry.on_conflict_do_update(
                index_elements=["viewer_id"], set_={"revision": raised}
            ).returning(viewers.c.revision)
        ).scalar_one()
    if is_erased(connection, viewer_id):
        raise UnknownIdError(f"viewer {viewer_id} was erased; make a new profile")
    if after is None:
        raise UnknownIdError(f"there is no viewer {viewer_id}; add_viewer() gives out numbers")
    return int(after) - n_changes


def append_events(connection: sa.Connection, rows: Sequence[Row]) -> list[Receipt]:
    """Receipts of the events, in order; those already in the log are not written again.

    Raises
    ------
    FeedbackError
        If an event id is in the log, or among the rows, with another content; ``problems`` says
        which.
    """
    n_rows = Counter(row["viewer_id"] for row in rows)
    # In one order for everybody: two batches that wait for one another would never end.
    revision = {viewer: take(connection, viewer, n) for viewer, n in sorted(n_rows.items())}
    known: dict[tuple[int, str], Row] = {}
    for viewer, own in _by_viewer(rows).items():
        ids = [row["event_id"] for row in own]
        known |= {(viewer, row["event_id"]): row for row in _stored(connection, viewer, ids)}
    fresh: list[Row] = []
    receipts: list[Receipt] = []
    problems: dict[int, str] = {}
    for place, row in enumerate(rows):
        viewer, event_id = row["viewer_id"], row["event_id"]
        first = known.get((viewer, event_id))
        is_new = first is None
        if first is None:
            revision[viewer] += 1
            first = known[viewer, event_id] = row | {"revision": revision[viewer]}
            fresh.append(first)
        elif any(first[name] != row[name] for name in CONTENT):
            problems[place] = _conflict(event_id, first, row)
        receipts.append(Receipt(viewer, event_id, first["revision"], is_new))
    if problems:
        raise refusal(problems, "event")
    for viewer in {receipt.viewer_id for receipt in receipts if not receipt.new}:
        _set_revision(connection, viewer, revision[viewer])
    if fresh:
        connection.execute(sa.insert(events), fresh)
    return receipts


def undo_event(connection: sa.Connection, viewer_id: int, event_id: str) -> bool:
    """Whether the event counted until now; it no longer does.

    Raises
    ------
    UnknownIdError
        If the viewer has no such event.
    """
    before = take(connection, viewer_id, 1)
    this = (events.c.viewer_id == viewer_id) & (events.c.event_id == event_id)
    undone = connection.execute(sa.select(events.c.undone).where(this)).scalar()
    if undone is None:
        raise UnknownIdError(f"viewer {viewer_id} has no event {event_id!r}")
    if undone:
        _set_revision(connection, viewer_id, before)
    else:
        connection.execute(sa.update(events).where(this).values(undone=True))
    return not undone


def append_answers(connection: sa.Connection, rows: Sequence[Row]) -> int:
    """Number of lists that were not in the database before.

    Raises
    ------
    FeedbackError
        If an answer id is there with other titles, model or snapshot; ``problems`` says which.
    """
    known: dict[tuple[int, str], Row] = {}
    for viewer, own in sorted(_by_viewer(rows).items()):
        take(connection, viewer, 0)
        for ids in _chunks([row["answer_id"] for row in own]):
            found = sa.select(answers).where(
                answers.c.viewer_id == viewer, answers.c.answer_id.in_(ids)
            )
            for stored in connection.execute(found).mappings():
                known[viewer, stored["answer_id"]] = dict(stored)
    fresh: list[Row] = []
    problems: dict[int, str] = {}
    for place, row in enumerate(rows):
        key = (row["viewer_id"], row["answer_id"])
        first = known.setdefault(key, row)
        if first is row:
            fresh.append(row)
        elif any(first[name] != row[name] for name in ("titles", "model", "snapshot")):
            problems[place] = f"answer_id {row['answer_id']!r} was used for another list"
    if problems:
        raise refusal(problems, "list")
    if fresh:
        columns = [column.name for column in answers.c]
        connection.execute(
            sa.insert(answers), [{name: row[name] for name in columns} for row in fresh]
        )
    _append_exposures(connection, rows)
    return len(fresh)


def _append_exposures(connection: sa.Connection, rows: Sequence[Row]) -> None:
    """Enters what was shown in experiments, each list once however often it is told.

    In the transaction of the lists themselves: a kill leaves both or neither.
    """
    exposed = [
        {name: row[name] for name in ("viewer_id", "answer_id", "at_us", "titles")}
        | row["exposure"]
        for row in rows
        if row["exposure"] is not None
    ]
    if exposed:
        connection.execute(_insert(connection, exposures).on_conflict_do_nothing(), exposed)


def add_viewer(connection: sa.Connection, settings: Row, request_id: str | None) -> int:
    """The number of a new viewer, or of the one whom the same request made before."""
    # Counting first: it makes a repeated request wait for the first one to end.
    count = _insert(connection, counters).values(name="viewer", value=FIRST_OWN_VIEWER)
    viewer_id = connection.execute(
        count.on_conflict_do_update(
            index_elements=["name"], set_={"value": counters.c.value + 1}
        ).returning(counters.c.value)
    ).scalar_one()
    if request_id is not None:
        made = sa.select(viewers.c.viewer_id).where(viewers.c.request_id == request_id)
        earlier = connection.execute(made).scalar()
        if earlier is not None:
            return int(earlier)
    connection.execute(
        sa.insert(viewers).values(
            viewer_id=viewer_id, revision=1, settings=settings, request_id=request_id
        )
    )
    return int(viewer_id)


def change_settings(
    connection: sa.Connection, viewer_id: int, change: Callable[[Row | None], Row]
) -> int:
    """The viewer's revision with what ``change`` makes of the stored settings, None for none.

    The viewer's row is held meanwhile. The same settings again change nothing.
    """
    before = take(connection, viewer_id, 1)
    this = viewers.c.viewer_id == viewer_id
    stored = connection.execute(sa.select(viewers.c.settings).where(this)).scalar()
    settings = change(stored)
    if stored == settings:
        _set_revision(connection, viewer_id, before)
        return before
    connection.execute(sa.update(viewers).where(this).values(settings=settings))
    return before + 1


def erase_viewer(connection: sa.Connection, viewer_id: int, day: date) -> dict[str, int]:
    """Rows deleted from each table; the number and the day are noted as erased.

    Raises
    ------
    UnknownIdError
        If the number was never given out.
    """
    counts = {"events": 0, "answers": 0, "exposures": 0, "viewers": 0}
    if is_erased(connection, viewer_id):
        return counts
    listed = sa.select(viewers.c.viewer_id).where(viewers.c.viewer_id == viewer_id)
    counts["viewers"] = len(connection.execute(listed).all())
    take(connection, viewer_id, 0)
    for table in (events, answers, exposures):
        gone = connection.execute(sa.delete(table).where(table.c.viewer_id == viewer_id))
        counts[table.name] = gone.rowcount
    connection.execute(sa.delete(viewers).where(viewers.c.viewer_id == viewer_id))
    connection.execute(sa.insert(erased).values(viewer_id=viewer_id, day=day))
    return counts


def is_erased(connection: sa.Connection, viewer_id: int) -> bool:
    """Whether the viewer asked to be forgotten."""
    found = sa.select(erased.c.viewer_id).where(erased.c.viewer_id == viewer_id)
    return connection.execute(found).scalar() is not None


def checked_rows(records: Sequence[Any], check: Callable[[Any], Row], what: str) -> list[Row]:
    """Rows of the records.

    Raises
    ------
    FeedbackError
        If some are refused; ``problems`` maps the place of each to what is wrong with it.
    """
    rows: list[Row] = []
    problems: dict[int, str] = {}
    for place, record in enumerate(records):
        try:
            rows.append(check(record))
        except FeedbackError as error:
            problems[place] = str(error)
    if problems:
        raise refusal(problems, what)
    return rows


def refusal(problems: dict[int, str], what: str) -> FeedbackError:
    """The error that names the first refused records of a batch and holds all of them."""
    named = [
        f"{what} {place}: {problem}" for place, problem in itertools.islice(problems.items(), 3)
    ]
    more = f"; and {len(problems) - 3} more" if len(problems) > 3 else ""
    return FeedbackError(f"nothing was written: {'; '.join(named)}{more}", problems)


def _set_revision(connection: sa.Connection, viewer_id: int, revision: int) -> None:
    """Takes back what ``take`` counted and did not happen."""
    this = viewers.c.viewer_id == viewer_id
    connection.execute(sa.update(viewers).where(this).values(revision=revision))


def _insert(connection: sa.Connection, table: sa.Table) -> Any:
    """An insert that can say what to do about a conflict: both databases can, in equal words."""
    dialect = postgresql if connection.dialect.name == "postgresql" else sqlite
    return dialect.insert(table)


def _by_viewer(rows: Sequence[Row]) -> dict[int, list[Row]]:
    grouped: dict[int, list[Row]] = defaultdict(list)
    for row in rows:
        grouped[row["viewer_id"]].append(row)
    return grouped


def _stored(connection: sa.Connection, viewer_id: int, ids: Sequence[str]) -> Iterator[Row]:
    for chunk in _chunks(ids):
        found = sa.select(events).where(
            events.c.viewer_id == viewer_id, events.c.event_id.in_(chunk)
        )
        yield from (dict(row) for row in connection.execute(found).mappings())


def _chunks(ids: Sequence[str]) -> Iterator[Sequence[str]]:
    return (ids[start : start + MOST_VARIABLES] for start in range(0, len(ids), MOST_VARIABLES))


def _conflict(event_id: str, first: Row, row: Row) -> str:
    differs = next(name for name in CONTENT if first[name] != row[name])
    return (
        f"event_id {event_id!r} was used for another event: {differs} was {first[differs]!r}, "
        f"now {row[differs]!r}"
    )

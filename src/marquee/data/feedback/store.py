"""The feedback database as one object: every call is one transaction."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from datetime import date, datetime
from typing import Any

import polars as pl

from marquee.data.feedback import counts, frames, leaving, migrating, reading, writing
from marquee.data.feedback.checks import (
    checked_id,
    checked_settings,
    checked_shown,
    checked_text,
    microseconds,
    settings_of,
)
from marquee.data.feedback.database import Database
from marquee.data.feedback.events import row_of
from marquee.data.feedback.records import (
    Entry,
    Event,
    Profile,
    Receipt,
    Satisfaction,
    Settings,
    Shown,
    Viewer,
)
from marquee.data.feedback.schema import ID_LENGTH
from marquee.errors import ParameterError


@dataclass(frozen=True)
class SatisfactionReport:
    """Satisfaction with all lists, and with those of each model."""

    overall: Satisfaction
    by_model: dict[str, Satisfaction]


class FeedbackStore:
    """What viewers said, kept in SQLite or PostgreSQL; safe to use from many threads.

    A call that writes returns when the database has it on disk. Nothing here reads a clock: moments
    come with the records. A record that is not what it should be is refused with a
    ``FeedbackError`` and nothing is written; so is a database that does not answer.

    Parameters
    ----------
    url
        ``sqlite:///PATH`` or ``postgresql+psycopg://USER@HOST/NAME``.

    Raises
    ------
    ParameterError
        If the URL is of neither kind, or the PostgreSQL driver is not installed.
    """

    def __init__(self, url: str) -> None:
        self._database = Database(url)

    @property
    def is_local(self) -> bool:
        """Whether the database is a file of this machine: a reading waits for no network."""
        return self._database.kind == "sqlite"

    def migrate(self, revision: str = "head") -> str | None:
        """The revision in force after bringing the tables to the one asked for.

        Call it once before anything else; again, or from several processes at once, does no harm.
        """
        return migrating.migrate(self._database, revision)

    def close(self) -> None:
        """Closes the pooled connections."""
        self._database.close()

    # Writing

    def write(self, events: Sequence[Event]) -> tuple[Receipt, ...]:
        """Receipts of the events, in order: all are written, or none.

        An event whose id the viewer used before is not written again: its receipt is that of the
        first time.

        Raises
        ------
        FeedbackError
            If events are refused, or an id was used with another content; ``problems`` maps the
            place of each in the batch to what is wrong with it.
        UnknownIdError
            If a viewer was erased, or has a number that was never given out.
        """
        rows = writing.checked_rows(events, row_of, "event")
        if not rows:
            return ()
        with self._database.writing() as connection:
            return tuple(writing.append_events(connection, rows))

    def undo(self, viewer_id: int, event_id: str) -> bool:
        """Whether the event counted until now; things are as if it had never been said.

        What was said before about the same thing counts again, unless something later does.

        Raises
        ------
        UnknownIdError
            If the viewer has no such event, or was erased.
        """
        checked_id(viewer_id, "viewer_id")
        checked_text(event_id, "event_id", ID_LENGTH)
        with self._database.writing() as connection:
            return writing.undo_event(connection, viewer_id, event_id)

    def show(self, lists: Sequence[Shown]) -> int:
        """Number of lists entered as shown that were not there before: all are entered, or none.

        Profiles do not depend on them, so revisions stay.

        Raises
        ------
        FeedbackError
            If lists are refused, or an answer id was used for another list.
        UnknownIdError
            If a viewer was erased, or has a number that was never given out.
        """
        rows = writing.checked_rows(lists, checked_shown, "list")
        if not rows:
            return 0
        with self._database.writing() as connection:
            return writing.append_answers(connection, rows)

    def add_viewer(self, settings: Settings, *, request_id: str | None = None) -> int:
        """The number of a new local profile; the same request again gives the same number."""
        row = checked_settings(settings)
        if request_id is not None:
            checked_text(request_id, "request_id", ID_LENGTH)
        with self._database.writing() as connection:
            return writing.add_viewer(connection, row, request_id)

    def change_settings(self, viewer_id: int, settings: Settings) -> int:
        """The viewer's revision with these settings in place of those before.

        Raises
        ------
        UnknownIdError
            If the viewer was erased, or the number was never given out.
        """
        return self.revise_settings(viewer_id, lambda _: settings)

    def revise_settings(self, viewer_id: int, revise: Callable[[Settings], Settings]) -> int:
        """The viewer's revision with what ``revise`` makes of the settings now.

        Nobody changes them in between, not even another process: of two changes to different
        settings none is lost.

        Raises
        ------
        UnknownIdError
            If the viewer was erased, or the number was never given out.
        """
        checked_id(viewer_id, "viewer_id")
        with self._database.writing() as connection:
            return writing.change_settings(
                connection,
                viewer_id,
                lambda stored: checked_settings(revise(settings_of(stored))),
            )

    def erase(self, viewer_id: int, *, day: date) -> dict[str, int]:
        """Rows deleted from each table; all that stays is the number and the day.

        The number is never given out again and takes no more feedback. A second erasure finds
        nothing and keeps the first day.

        Raises
        ------
        UnknownIdError
            If the number was never given out.
        """
        checked_id(viewer_id, "viewer_id")
        if isinstance(day, datetime) or not isinstance(day, date):
            raise ParameterError(f"day must be a date without a time, got {day!r}")
        with self._database.writing() as connection:
            deleted = writing.erase_viewer(connection, viewer_id, day)
        self._database.scrub()
        return deleted

    # One viewer

    def profile(self, viewer_id: int) -> Profile:
        """What the viewer thinks now; an empty profile for one who never said anything."""
        checked_id(viewer_id, "viewer_id")
        with self._database.reading() as connection:
            return reading.profile(connection, viewer_id)

    def revision(self, viewer_id: int) -> int:
        """The viewer's revision: a profile kept from before holds while this is the same."""
        return reading.revision_now(self._database, checked_id(viewer_id, "viewer_id"))

    def history(
        self,
        viewer_id: int,
        limit: int = 50,
        before: int | None = None,
        *,
        title_id: int | None = None,
    ) -> tuple[Entry, ...]:
        """What the viewer said, the last to arrive first, undone events included.

        ``before`` is the revision of the last entry of the page before; ``title_id`` asks for what
        was said of one title.
        """
        checked_id(viewer_id, "viewer_id")
        if checked_id(limit, "limit") < 1:
            raise ParameterError(f"limit must be at least 1, got {limit}")
        if before is not None:
            checked_id(before, "before")
        with self._database.reading() as connection:
            return tuple(reading.history(connection, viewer_id, limit, before, title_id))

    def viewers(self) -> tuple[Viewer, ...]:
        """The profiles made here, in the order in which they were made."""
        with self._database.reading() as connection:
            return reading.local_viewers(connection)

    def speakers(self) -> frozenset[int]:
        """Numbers of the profiles made here that said something of a title or a list."""
        with self._database.reading() as connection:
            return reading.speakers(connection)

    def export(self, viewer_id: int) -> dict[str, Any]:
        """All that is kept about a viewer, as JSON values."""
        checked_id(viewer_id, "viewer_id")
        with self._database.reading() as connection:
            return leaving.everything(connection, viewer_id)

    # All viewers

    def erased_viewers(self) -> frozenset[int]:
        """Viewers who asked to be forgotten: the next fit leaves out their rows everywhere."""
        with self._database.reading() as connection:
            return reading.erased_viewers(connection)

    def ratings_frame(self) -> pl.DataFrame:
        """The ratings in force in the columns of the ratings table, source ``feedback``."""
        with self._database.reading() as connection:
            return frames.ratings_frame(connection)

    def unrated_frame(self) -> pl.DataFrame:
        """Viewers and titles whose stars were taken back, those of the tables included."""
        with self._database.reading() as connection:
            return frames.unrated_frame(connection)

    def watches_frame(self) -> pl.DataFrame:
        """What was watched or marked as seen, columns ``frames.WATCHES``."""
        with self._database.reading() as connection:
            return frames.watches_frame(connection)

    def impressions_frame(
        self, since: datetime | None = None, until: datetime | None = None
    ) -> pl.DataFrame:
        """What was shown to whom at which place, columns ``frames.IMPRESSIONS``.

        From the first moment on and before the second, where they are given.
        """
        first, last = _microseconds(since, "since"), _microseconds(until, "until")
        with self._database.reading() as connection:
            return frames.impressions_frame(connection, first, last)

    def judgments_frame(self) -> pl.DataFrame:
        """The verdicts on picks that are in force, columns ``frames.JUDGMENTS``."""
        with self._database.reading() as connection:
            return frames.judgments_frame(connection)

    def exposures_frame(self, experiment: str) -> pl.DataFrame:
        """What an experiment showed to whom, columns ``frames.EXPOSURES``."""
        with self._database.reading() as connection:
            return frames.exposures_frame(connection, experiment)

    def experiment_frames(self, experiment: str) -> tuple[pl.DataFrame, pl.DataFrame]:
        """What an experiment showed, and what its viewers said of titles, at one moment."""
        with self._database.reading() as connection:
            return (
                frames.exposures_frame(connection, experiment),
                frames.exposed_events_frame(connection, experiment),
            )

    def n_ratings_by_title(self) -> dict[int, int]:
        """Number of ratings in force of each title that has any."""
        with self._database.reading() as connection:
            return counts.n_ratings_by_title(connection)

    def satisfaction(
        self, since: datetime | None = None, until: datetime | None = None
    ) -> SatisfactionReport:
        """How content viewers are with what they were shown, from the first moment on.

        With ``until`` only what was before that one counts.
        """
        first, last = _microseconds(since, "since"), _microseconds(until, "until")
        with self._database.reading() as connection:
            by_model = counts.satisfaction_by_model(connection, first, last)
        return SatisfactionReport(counts.overall(by_model), by_model)


def _microseconds(moment: datetime | None, name: str) -> int | None:
    return None if moment is None else microseconds(moment, name)

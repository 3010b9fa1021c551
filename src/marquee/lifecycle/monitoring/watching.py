"""Reading the weeks that are over and were not read yet."""

from __future__ import annotations

import time
from collections.abc import Callable, Sequence
from datetime import date
from typing import TYPE_CHECKING

import polars as pl

from marquee.data.tables import Tables
from marquee.data.workspace import Workspace
from marquee.errors import WorkspaceError
from marquee.evaluation.drift.alarm import LEAST_WEEKS, MOST_WEEKS
from marquee.evaluation.experiment import OnStep
from marquee.lifecycle.fitting import known_now
from marquee.lifecycle.monitoring.accuracy import accuracy_of
from marquee.lifecycle.monitoring.drifting import LEAST_BEFORE, WEEKS_BEFORE, drift_of
from marquee.lifecycle.monitoring.observing import WEEK, Observed, monday, observe
from marquee.lifecycle.monitoring.records import Latency, Reading, keep, readings
from marquee.lifecycle.monitoring.shown import lists_of
from marquee.lifecycle.serving import serving, serving_key

if TYPE_CHECKING:
    from marquee.data.feedback import FeedbackStore

WEEKS_BACK = 104
"""Weeks that are read where none was read before: two years, of which the first tells what is
usual."""
UNDATED = "no rating has a moment, so weeks cannot be told apart"
SILENT_AFTER = 8
"""Weeks that tell whether one without a rating is an alarm."""
SILENT_VIEWERS = 10
"""Viewers a week in these, on average, from which on it is: where they come independently of one
another a week has nobody with a chance of e^-10, one in 22,000."""


def monitor(
    workspace: Workspace,
    day: date,
    *,
    feedback: FeedbackStore | None = None,
    latency: Sequence[Latency] = (),
    seed: int = 0,
    on_step: OnStep | None = None,
    timer: Callable[[], float] = time.perf_counter,
) -> list[Reading]:
    """The readings that were made now, the oldest first, of weeks that were over on that day.

    Each is kept as soon as it is made; what was read before is never read again, whatever came
    late. Without a reading from before, the last two years are read.

    Parameters
    ----------
    latency
        What a server tells of itself now; kept with the newest week.

    Raises
    ------
    WorkspaceError
        If the workspace holds no ratings, none has a moment, or all are older than two years.
    """
    last = monday(day) - WEEK
    kept = readings(workspace, MOST_WEEKS + 1)
    oldest = last - (WEEKS_BACK - 1) * WEEK
    first = oldest if not kept else max(date.fromisoformat(kept[-1].week) + WEEK, oldest)
    if first > last:
        return []
    tables = _tables(workspace, feedback)
    first = max(first, _first_week(tables, oldest, last)) if not kept else first
    judged = None if feedback is None else feedback.judgments_frame()
    observed = observe(tables, judged, first - WEEKS_BEFORE * WEEK, last + WEEK)
    made: list[Reading] = []
    n_weeks = (last - first) // WEEK + 1
    tell = on_step or (lambda _done, _total, _text: None)
    for number in range(n_weeks):
        week = first + number * WEEK
        tell(number, n_weeks, f"week of {week}")
        reading = read_week(
            workspace,
            tables,
            observed,
            week,
            [*kept, *made],
            feedback=feedback,
            latency=latency if week == last else (),
            seed=seed,
            timer=timer,
        )
        keep(workspace, reading)
        made.append(reading)
    tell(n_weeks, n_weeks, "done")
    return made


def newest_rating(workspace: Workspace, feedback: FeedbackStore | None = None) -> date:
    """Day of the last rating.

    Raises
    ------
    WorkspaceError
        If the workspace holds no ratings, or none has a moment.
    """
    newest = _tables(workspace, feedback).ratings["rated_at"].dt.date().max()
    if not isinstance(newest, date):
        raise WorkspaceError(UNDATED)
    return newest


def read_week(
    workspace: Workspace,
    tables: Tables,
    observed: Observed,
    week: date,
    earlier: Sequence[Reading],
    *,
    feedback: FeedbackStore | None = None,
    latency: Sequence[Latency] = (),
    seed: int = 0,
    timer: Callable[[], float] = time.perf_counter,
) -> Reading:
    """The reading of one week, which nothing is written of."""
    rows = observed.rows(week, week + WEEK)
    before = observed.rows(week - WEEKS_BEFORE * WEEK, week)
    n_ratings = observed.n_ratings.get(week, 0)
    weeks_before = [
        each for each in observed.n_ratings if week - WEEKS_BEFORE * WEEK <= each < week
    ]
    key = serving_key(workspace)
    accuracy = accuracy_of(workspace, serving(workspace), tables, week, timer=timer) if key else []
    drift = drift_of(observed, week, earlier, seed=seed)
    lately = observed.rows(week - SILENT_AFTER * WEEK, week)
    return Reading(
        week=week.isoformat(),
        snapshot=workspace.snapshot,
        model=key,
        n_ratings=n_ratings,
        n_viewers=int(rows.size),
        n_weeks_before=len(weeks_before),
        n_viewers_before=int(before.size),
        drift=drift,
        accuracy=accuracy,
        lists=None if feedback is None else lists_of(feedback, tables, week),
        latency=list(latency),
        silent=not rows.size and lately.size >= SILENT_AFTER * SILENT_VIEWERS,
        notes=[
            *_undated(tables),
            *_notes(n_ratings, len(weeks_before), len(earlier), bool(accuracy), key),
        ],
    )


def _undated(tables: Tables) -> list[str]:
    n, n_all = tables.ratings["rated_at"].null_count(), tables.ratings.height
    return [f"{n:,} of {n_all:,} ratings have no moment and are of no week"] if n else []


def _notes(
    n_ratings: int, n_before: int, n_earlier: int, measured: bool, key: str | None
) -> list[str]:
    """What could not be told, and why."""
    found = []
    if not n_ratings:
        found.append("no rating arrived in the week")
    elif n_before < LEAST_BEFORE:
        found.append(
            f"{n_before} weeks with ratings lie before it; {LEAST_BEFORE} are needed to compare"
        )
    elif n_earlier < LEAST_WEEKS:
        found.append(
            f"{n_earlier} weeks were read before it; from {LEAST_WEEKS} with a distance on an "
            "alarm is possible"
        )
    if key is None:
        found.append("no model answers, so there is no accuracy to tell")
    elif n_ratings and not measured:
        found.append(
            "what answers has learned from all ratings of the week, or knows none of its titles: "
            "there is no accuracy on new ones"
        )
    return found


def _tables(workspace: Workspace, feedback: FeedbackStore | None) -> Tables:
    """What counts now, without viewers who were erased; nothing is written."""
    tables, _ = known_now(workspace, feedback)
    erased = [] if feedback is None else sorted(feedback.erased_viewers())
    if not erased:
        return tables
    return tables.replace(ratings=tables.ratings.filter(~pl.col("viewer_id").is_in(erased)))


def _first_week(tables: Tables, oldest: date, last: date) -> date:
    """Monday of the first week with a rating, from the oldest that is read."""
    days: list[date] = tables.ratings["rated_at"].dt.date().drop_nulls().unique().sort().to_list()
    if not days:
        raise WorkspaceError(UNDATED)
    within = [day for day in days if oldest <= day < last + WEEK]
    if not within:
        raise WorkspaceError(
            f"no rating is of the {WEEKS_BACK} weeks before {last + WEEK}: they are of "
            f"{days[0]} to {days[-1]}; name a day of theirs with --as-of"
        )
    return monday(within[0])

"""Feedback of all viewers as tables for the next fit."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from typing import Any

import polars as pl
import sqlalchemy as sa

from marquee.data.feedback.reading import in_force, last_said
from marquee.data.feedback.schema import answers, events, exposures
from marquee.data.schema import RATINGS, SECONDS, conform

SOURCE = "feedback"
"""Public name of the feedback database as a source."""

WATCHES = {
    "viewer_id": pl.Int64(),
    "title_id": pl.Int64(),
    "watch_fraction": pl.Float32(),
    "watched_at": SECONDS,
    "source": pl.String(),
}
"""Columns of what was watched; the fraction is null where a title was only marked as seen."""

IMPRESSIONS = {
    "viewer_id": pl.Int64(),
    "answer_id": pl.String(),
    "title_id": pl.Int64(),
    "place": pl.Int64(),
    "model": pl.String(),
    "snapshot": pl.String(),
    "shown_at": SECONDS,
}
"""Columns of what was shown: one title in one list a row, at its place, 1 first."""

JUDGMENTS = {
    "viewer_id": pl.Int64(),
    "title_id": pl.Int64(),
    "value": pl.Float64(),
    "judged_at": SECONDS,
}
"""Columns of verdicts on picks: 1 for a good one, 0 for a bad one."""

EXPOSURES: dict[str, pl.DataType] = {
    "viewer_id": pl.Int64(),
    "answer_id": pl.String(),
    "title_id": pl.Int64(),
    "place": pl.Int64(),
    "arm": pl.String(),
    "at_us": pl.Int64(),
}
"""Columns of what an experiment showed: one title in one list a row, at its place, 1 first."""

SHOWN: dict[str, pl.DataType] = {
    "viewer_id": pl.Int64(),
    "answer_id": pl.String(),
    "titles": pl.List(pl.Int64),
    "model": pl.String(),
    "snapshot": pl.String(),
    "at_us": pl.Int64(),
}
SAID: dict[str, pl.DataType] = {
    "viewer_id": pl.Int64(),
    "title_id": pl.Int64(),
    "value": pl.Float64(),
    "at_us": pl.Int64(),
}


def ratings_frame(connection: sa.Connection) -> pl.DataFrame:
    """The ratings in force in the columns of the ratings table, by viewer and title.

    ``watch_fraction`` is filled for titles that are rated and watched; those only watched are in
    ``watches_frame``.
    """
    watched = _said(connection, "watch").select(
        "viewer_id", "title_id", pl.col("value").alias("watch_fraction")
    )
    ratings = _said(connection, "rating").join(
        watched, on=["viewer_id", "title_id"], how="left", validate="1:1"
    )
    frame = ratings.select(
        "viewer_id",
        "title_id",
        pl.col("value").alias("rating"),
        _moment().alias("rated_at"),
        "watch_fraction",
        pl.lit(SOURCE).alias("source"),
    )
    return conform(frame, RATINGS).sort("viewer_id", "title_id")


def unrated_frame(connection: sa.Connection) -> pl.DataFrame:
    """``viewer_id`` and ``title_id`` where the last word on the stars took them back, in order."""
    last = last_said("rating").subquery()
    taken = sa.select(last.c.viewer_id, last.c.title_id).where(last.c.value.is_(None))
    columns = {name: SAID[name] for name in ("viewer_id", "title_id")}
    return _frame(connection.execute(taken), columns).sort("viewer_id", "title_id")


def watches_frame(connection: sa.Connection) -> pl.DataFrame:
    """Titles that viewers watched or marked as seen, columns ``WATCHES``, by viewer and title."""
    watched, seen = _said(connection, "watch"), _said(connection, "seen")
    only_seen = seen.join(watched, on=["viewer_id", "title_id"], how="anti")
    said = pl.concat([watched, only_seen.with_columns(pl.lit(None, pl.Float64).alias("value"))])
    return said.select(
        "viewer_id",
        "title_id",
        pl.col("value").cast(pl.Float32).alias("watch_fraction"),
        _moment().alias("watched_at"),
        pl.lit(SOURCE).alias("source"),
    ).sort("viewer_id", "title_id")


def judgments_frame(connection: sa.Connection) -> pl.DataFrame:
    """The verdicts on picks that are in force, columns ``JUDGMENTS``, by moment and viewer."""
    said = _said(connection, "pick")
    return said.select("viewer_id", "title_id", "value", _moment().alias("judged_at")).sort(
        "judged_at", "viewer_id", "title_id"
    )


def impressions_frame(
    connection: sa.Connection, since_us: int | None = None, until_us: int | None = None
) -> pl.DataFrame:
    """What was shown to whom, columns ``IMPRESSIONS``, by viewer, list and place.

    From the first moment on and before the second, where they are given.
    """
    asked = sa.select(*(answers.c[name] for name in SHOWN))
    if since_us is not None:
        asked = asked.where(answers.c.at_us >= since_us)
    if until_us is not None:
        asked = asked.where(answers.c.at_us < until_us)
    frame = _frame(connection.execute(asked), SHOWN)
    return (
        frame.with_columns(pl.int_ranges(1, pl.col("titles").list.len() + 1).alias("place"))
        .explode("titles", "place")
        .select(
            *("viewer_id", "answer_id", pl.col("titles").alias("title_id"), "place"),
            *("model", "snapshot", _moment().alias("shown_at")),
        )
        .sort("viewer_id", "answer_id", "place")
    )


def exposures_frame(connection: sa.Connection, experiment: str) -> pl.DataFrame:
    """What an experiment showed to whom, columns ``EXPOSURES``, by viewer, moment and place."""
    names = ("viewer_id", "answer_id", "at_us", "titles", "arms")
    asked = sa.select(*(exposures.c[name] for name in names))
    rows = connection.execute(asked.where(exposures.c.experiment == experiment))
    lists = {"titles": pl.List(pl.Int64), "arms": pl.List(pl.String)}
    frame = _frame(rows, {name: lists.get(name) or SHOWN[name] for name in names})
    return (
        frame.with_columns(pl.int_ranges(1, pl.col("titles").list.len() + 1).alias("place"))
        .explode("titles", "arms", "place")
        .rename({"titles": "title_id", "arms": "arm"})
        .select(list(EXPOSURES))
        .sort("viewer_id", "at_us", "answer_id", "place")
    )


def exposed_events_frame(connection: sa.Connection, experiment: str) -> pl.DataFrame:
    """What viewers of an experiment said of titles, but for what they took back.

    Columns ``viewer_id``, ``title_id``, ``facet``, ``value``, ``at_us``, in order.
    """
    exposed = sa.select(exposures.c.viewer_id).where(exposures.c.experiment == experiment)
    columns = {
        "viewer_id": pl.Int64(),
        "title_id": pl.Int64(),
        "facet": pl.String(),
        "value": pl.Float64(),
        "at_us": pl.Int64(),
    }
    asked = sa.select(*(events.c[name] for name in columns)).where(
        ~events.c.undone, events.c.title_id.is_not(None), events.c.viewer_id.in_(exposed)
    )
    return _frame(connection.execute(asked), columns).sort(list(columns))


def _said(connection: sa.Connection, facet: str) -> pl.DataFrame:
    """Viewer, title, value and moment of what is in force of a facet."""
    force = in_force(facet).subquery()
    rows = connection.execute(sa.select(*(force.c[name] for name in SAID)))
    return _frame(rows, SAID)


def _frame(rows: Iterable[Sequence[Any]], columns: dict[str, pl.DataType]) -> pl.DataFrame:
    """The rows as a frame; by columns, which is several times faster than row by row."""
    values = list(zip(*rows, strict=True)) or [()] * len(columns)
    return pl.DataFrame(
        [pl.Series(name, cells, columns[name]) for name, cells in zip(columns, values, strict=True)]
    )


def _moment() -> pl.Expr:
    return pl.from_epoch("at_us", time_unit="us").dt.replace_time_zone("UTC")

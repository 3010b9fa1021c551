"""What each viewer did in each week, feature by feature."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from datetime import UTC, date, datetime, timedelta
from typing import NamedTuple

import numpy as np
import polars as pl
from numpy.typing import NDArray
from scipy.sparse import csr_array

from marquee.data.tables import Tables
from marquee.evaluation.drift.weeks import Shares

WEEK = timedelta(days=7)
DAYS_PER_YEAR = 365.25
NO_SERVICE = "no service"


class _Rows(NamedTuple):
    """What features are made from; all of the weeks that are looked at, and no others."""

    ratings: pl.DataFrame
    """``viewer_id``, ``week``, ``rating``, ``rated_on``, and what is known of the title."""
    judged: pl.DataFrame
    """``viewer_id``, ``week`` and ``value``: 1 for a pick judged good, 0 for a bad one."""
    availability: pl.DataFrame


Feature = Callable[[_Rows], pl.DataFrame]
"""``viewer_id``, ``week``, ``value`` and the ``weight`` of each value; rows without a value may be
there, and count as nothing."""


class Watched(NamedTuple):
    """A feature whose drift is watched."""

    of: Feature
    ordered: bool
    """Whether its values are numbers; else they are names."""
    words: str


@dataclass(frozen=True, eq=False)
class Observed:
    """Viewers in weeks, by week and viewer, with the shares of each feature."""

    weeks: NDArray[np.int64]
    """Days since 1970 of the Monday of each row's week, ascending, shape (n_viewer_weeks,)."""
    features: dict[str, Shares]
    """Of ``FEATURES``, those of which there is any value."""
    n_ratings: dict[date, int]
    """Ratings given in each week that has any, by its Monday."""

    def rows(self, begins: date, ends: date) -> NDArray[np.int64]:
        """Rows of the weeks from the Monday ``begins`` up to before the day ``ends``."""
        low, high = np.searchsorted(self.weeks, [_day(begins), _day(ends)])
        return np.arange(low, high)


def monday(day: date) -> date:
    """The Monday of the day's week."""
    return day - timedelta(days=day.weekday())


def observe(tables: Tables, judged: pl.DataFrame | None, begins: date, ends: date) -> Observed:
    """What viewers did in the weeks from the Monday ``begins`` up to before the Monday ``ends``.

    Ratings without a moment belong to no week. ``judged`` holds verdicts on picks: ``viewer_id``,
    ``value`` (1 good, 0 bad) and ``judged_at``.
    """
    ratings = _within(tables.ratings, "rated_at", begins, ends).join(
        tables.titles.select(
            *("title_id", "release_date", "year", "runtime_min", "genres", "languages")
        ),
        on="title_id",
        how="left",
        validate="m:1",
        maintain_order="left",
    )
    verdicts = _NOTHING_JUDGED if judged is None else judged
    rows = _Rows(
        ratings.with_columns(rated_on=pl.col("rated_at").dt.date()),
        _within(verdicts, "judged_at", begins, ends),
        tables.availability,
    )
    who = (
        pl.concat([frame.select("viewer_id", "week") for frame in (rows.ratings, rows.judged)])
        .unique()
        .sort("week", "viewer_id")
        .with_row_index("row")
    )
    counted = rows.ratings.group_by("week").len().sort("week")
    found = {name: _shares(each, rows, who) for name, each in FEATURES.items()}
    return Observed(
        weeks=who["week"].cast(pl.Int32).to_numpy().astype(np.int64),
        features={name: shares for name, shares in found.items() if shares is not None},
        n_ratings=dict(counted.iter_rows()),
    )


def _within(frame: pl.DataFrame, moment: str, begins: date, ends: date) -> pl.DataFrame:
    first, last = (datetime(day.year, day.month, day.day, tzinfo=UTC) for day in (begins, ends))
    kept = frame.filter(pl.col(moment).is_between(first, last, closed="left"))
    return kept.with_columns(week=pl.col(moment).dt.date().dt.truncate("1w"))


def _shares(feature: Watched, rows: _Rows, who: pl.DataFrame) -> Shares | None:
    told = feature.of(rows).drop_nulls("value")
    if told.is_empty():
        return None
    labels = told["value"].unique().sort()
    columns = pl.DataFrame({"value": labels}).with_row_index("column")
    placed = (
        told.join(who, on=["viewer_id", "week"], validate="m:1")
        .join(columns, on="value", validate="m:1")
        .sort("row", "column", "weight")  # so that sums are the same to the last bit every time
        .with_columns(share=pl.col("weight") / pl.col("weight").sum().over("row"))
    )
    matrix = csr_array(
        (placed["share"].to_numpy(), (placed["row"].to_numpy(), placed["column"].to_numpy())),
        shape=(who.height, len(labels)),
    )
    matrix.sum_duplicates()
    return Shares(tuple(labels.to_list()), feature.ordered, matrix)


def _values(frame: pl.DataFrame, value: pl.Expr) -> pl.DataFrame:
    return frame.select("viewer_id", "week", value=value, weight=pl.lit(1.0))


def _of_list(frame: pl.DataFrame, column: str) -> pl.DataFrame:
    """Each name in a list with an equal part of the row's weight."""
    names = pl.col(column).list.unique()
    parted = frame.select("viewer_id", "week", value=names, weight=1.0 / names.list.len())
    return parted.filter(pl.col("value").list.len() > 0).explode("value")


def _title_age(rows: _Rows) -> pl.DataFrame:
    # A title of which only the year is known counts from the middle of it: counted in calendar
    # years all titles would grow a year older on January 1.
    released = pl.coalesce("release_date", pl.date("year", 7, 1))
    days = (pl.col("rated_on") - released).dt.total_days()
    return _values(rows.ratings, (days / DAYS_PER_YEAR).floor().cast(pl.Int64))


def _activity(rows: _Rows) -> pl.DataFrame:
    n_of_viewer = rows.ratings.group_by("viewer_id", "week").len("n").sort("week", "viewer_id")
    return _values(n_of_viewer, pl.col("n").cast(pl.Int64))


def _services(rows: _Rows) -> pl.DataFrame:
    if rows.availability.is_empty():
        return _values(rows.ratings.clear(), pl.lit(None, pl.String))
    offers = rows.availability.group_by("title_id", "service").agg(pl.col("known_on").min())
    rated = rows.ratings.select("viewer_id", "week", "title_id", "rated_on").with_row_index("place")
    offered = rated.join(offers, on="title_id").filter(
        pl.col("known_on").is_null() | (pl.col("known_on") <= pl.col("rated_on"))
    )
    nowhere = rated.join(offered, on="place", how="anti").with_columns(service=pl.lit(NO_SERVICE))
    columns = ("place", "viewer_id", "week", "service")
    return pl.concat([offered.select(columns), nowhere.select(columns)]).select(
        "viewer_id", "week", value="service", weight=1.0 / pl.len().over("place")
    )


FEATURES: dict[str, Watched] = {
    "rating": Watched(
        lambda rows: _values(rows.ratings, pl.col("rating").cast(pl.Float64)), True, "stars given"
    ),
    "title_age": Watched(_title_age, True, "years from a title's release to its rating"),
    "runtime": Watched(
        lambda rows: _values(rows.ratings, pl.col("runtime_min").cast(pl.Int64)),
        True,
        "minutes of the titles rated",
    ),
    "activity": Watched(_activity, True, "ratings of a viewer in the week"),
    "genre": Watched(
        lambda rows: _of_list(rows.ratings, "genres"), False, "genres of the titles rated"
    ),
    "language": Watched(
        lambda rows: _values(rows.ratings, pl.col("languages").list.first()),
        False,
        "original languages of the titles rated",
    ),
    "service": Watched(_services, False, "services that offered the titles rated"),
    "satisfied": Watched(
        lambda rows: _values(rows.judged, pl.col("value").cast(pl.Float64)),
        True,
        "picks judged good",
    ),
}
"""Every feature by name. A rating of a title that lacks a fact counts for the other features."""

_NOTHING_JUDGED = pl.DataFrame(
    schema={
        "viewer_id": pl.Int64,
        "value": pl.Float64,
        "judged_at": pl.Datetime("us", "UTC"),
    }
)


def _day(day: date) -> int:
    return (day - date(1970, 1, 1)).days

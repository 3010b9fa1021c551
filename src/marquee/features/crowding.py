"""How many other films come out around the same time, as far as was known by then."""

from __future__ import annotations

import polars as pl

from marquee.data.tables import Tables
from marquee.features.asking import known_films

REACH_DAYS = 14


def crowding(tables: Tables, own: pl.DataFrame) -> pl.DataFrame:
    """The questions with crowding_month, crowding_14_days and crowding_14_days_usd.

    ``own`` holds title_id, as_of, kind, release_date, budget_usd of known titles that have a date;
    the title itself does not count.
    """
    films = known_films(tables, "release_date", _whole("budget_usd")).drop_nulls("release_date")
    near = films.with_columns(
        pl.concat_list(
            pl.col("release_date").dt.offset_by(f"{away}d")
            for away in range(-REACH_DAYS, REACH_DAYS + 1)
        ).alias("place")
    ).explode("place")
    month = films.with_columns(pl.col("release_date").dt.month_start().alias("place"))
    is_film = pl.col("kind") == "film"
    itself = is_film.cast(pl.Int64)
    itself_usd = pl.when(is_film).then(_whole("budget_usd").fill_null(0)).otherwise(0)
    asked = own.sort("as_of", "title_id")
    by_month = _so_far(
        month, asked.with_columns(pl.col("release_date").dt.month_start().alias("place"))
    )
    by_days = _so_far(near, asked.with_columns(pl.col("release_date").alias("place")))
    return asked.select(
        "title_id",
        "as_of",
        (by_month["n"] - itself).alias("crowding_month"),
        (by_days["n"] - itself).alias("crowding_14_days"),
        (by_days["usd"] - itself_usd).alias("crowding_14_days_usd"),
    )


def _whole(column: str) -> pl.Expr:
    """Dollars in whole numbers, whose sums do not depend on the order of the rows."""
    return pl.col(column).round().cast(pl.Int64)


def _so_far(films: pl.DataFrame, asked: pl.DataFrame) -> pl.DataFrame:
    """Number and budget of the films at each question's place that were known before its day.

    Columns n and usd, one row per question, 0 where there is none.
    """
    running = (
        films.group_by("place", "known_on")
        .agg(pl.len().cast(pl.Int64).alias("n"), pl.col("budget_usd").sum().alias("usd"))
        .sort("known_on", "place")
        .with_columns(pl.col("n", "usd").cum_sum().over("place"))
    )
    return (
        asked.select("place", "as_of")
        .join_asof(
            running,
            left_on="as_of",
            right_on="known_on",
            by="place",
            allow_exact_matches=False,
            check_sortedness=False,
        )
        .select(pl.col("n", "usd").fill_null(0))
    )

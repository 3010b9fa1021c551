"""What the exports of a viewer's own account share: one viewer, stars, and one rating per title."""

from __future__ import annotations

from collections.abc import Iterable
from pathlib import PurePosixPath

import polars as pl

from marquee.data.schema import CREDITS, TITLES
from marquee.data.sources.base import Loaded
from marquee.data.sources.files import Files, files_with_columns
from marquee.data.sources.records import Rejects
from marquee.data.tables import Tables

RATED_LATER = "the viewer rated the title again later"

VIEWER_ID = 1
"""Number of the viewer whose export it is."""


def table_named(files: Files, name: str, columns: Iterable[str]) -> str:
    """The name of the CSV file with those columns, preferably the one called ``name``.

    Where no file has them, the only file or ``name``, so that reading it says what is wrong.
    """
    found = files_with_columns(files, columns)
    if name in found or len(files.names) > 1:
        return found[0] if found and name not in found else name
    return next((PurePosixPath(full).name.removesuffix(".gz") for full in files.names), name)


def stars(column: str, best: int) -> pl.Expr:
    """The rating in a column on the scale of 0.5 to 5 stars, null where it is none.

    ``best`` is the best rating of the source: 5 for stars, 10 for a scale that is halved.
    """
    given = pl.col(column).cast(pl.String).str.strip_chars().cast(pl.Float32, strict=False)
    value = given * pl.lit(5 / best, dtype=pl.Float32)
    return pl.when(value.is_between(0.5, 5)).then(value)


def imdb_number(column: str) -> pl.Expr:
    """The number in an IMDb id of a title, with its letters or without; null where it is none."""
    digits = pl.col(column).str.strip_chars().str.extract(r"^(?:tt)?(\d{1,12})$")
    number = digits.cast(pl.Int64)
    return pl.when(number > 0).then(number)


def latest_of_each(
    records: pl.DataFrame, key: str | list[str], when: str
) -> tuple[pl.DataFrame, pl.DataFrame]:
    """The latest record of each title and the records that it replaced, both in file order.

    Records without a time count as the earliest, and of equal times the last in the file stands.
    """
    ordered = records.with_row_index("_place").sort(when, "_place", nulls_last=False)
    is_last = ordered.select(pl.struct(key).is_last_distinct()).to_series()
    latest, replaced = ordered.filter(is_last), ordered.filter(~is_last)
    return latest.sort("_place").drop("_place"), replaced.sort("_place").drop("_place")


def loaded(
    source: str,
    records: pl.DataFrame,
    rejects: Rejects,
    *,
    directors: pl.DataFrame | None = None,
    n_merged: int = 0,
) -> Loaded:
    """What an export holds: one record per title, with its facts, ``rating`` and ``rated_at``.

    The titles' source and the first day of their year, as the day from which they were known where
    the source names no day, are filled in here. A record without a rating gives a title alone.
    ``n_merged`` counts records that were read and went into others.
    """
    first_day = pl.date(pl.col("year"), 1, 1)
    known = pl.coalesce("release_date", first_day) if "release_date" in records else first_day
    titles = records.select(
        *(name for name in records.columns if name in TITLES.dtypes),
        known.alias("known_on"),
        pl.lit(source).alias("source"),
        pl.concat_list(pl.lit(source)).alias("sources"),
    )
    ratings = records.filter(pl.col("rating").is_not_null()).select(
        pl.lit(VIEWER_ID).alias("viewer_id"),
        "title_id",
        "rating",
        "rated_at",
        pl.lit(source).alias("source"),
    )
    viewers = pl.DataFrame({"viewer_id": [VIEWER_ID], "source_id": ["me"], "source": [source]})
    people = CREDITS.empty() if directors is None else directors
    tables = Tables(titles=titles, credits=people, ratings=ratings, viewers=viewers)
    rejected = rejects.frame()
    n_rejected = rejected.filter(~pl.col("row_kept")).height
    return Loaded(tables, rejected, records.height + n_merged + n_rejected)

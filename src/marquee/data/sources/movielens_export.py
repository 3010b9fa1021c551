"""A viewer's own export from movielens.org: ``movielens-ratings.csv``, which names no times."""

from __future__ import annotations

import polars as pl

from marquee.data.sources.base import Loaded, Source
from marquee.data.sources.facts import imdb_id_of
from marquee.data.sources.files import Files, files_with_columns
from marquee.data.sources.movielens_titles import named, whole_number
from marquee.data.sources.records import Rejects, first_of_each, parse, read_records
from marquee.data.sources.viewer_export import imdb_number, loaded, stars, table_named

NAME = "movielens-export"
_COLUMNS = ("movie_id", "imdb_id", "tmdb_id", "rating", "title")


def _recognizes(files: Files) -> bool:
    return bool(files_with_columns(files, (*_COLUMNS, "average_rating")))


def _read(files: Files) -> Loaded:
    rejects = Rejects(NAME)
    file = table_named(files, "movielens-ratings.csv", _COLUMNS)
    records = read_records(files.text(file), file, None, rejects, required=_COLUMNS)
    number = whole_number("movie_id")
    records = parse(records, "movie_id", number, rejects, file, "not a whole number", required=True)
    records = parse(records, "title", pl.col("title"), rejects, file, "no title", required=True)
    rating = stars("rating", 5)
    reason = "not between 0.5 and 5 stars"
    records = parse(records, "rating", rating, rejects, file, reason, required=True)
    imdb, tmdb = imdb_number("imdb_id"), whole_number("tmdb_id")
    records = parse(records, "imdb_id", imdb, rejects, file, "not an IMDb id")
    records = parse(records, "tmdb_id", tmdb, rejects, file, "not a whole number")
    records = first_of_each(records, "movie_id", rejects, file, "a rating of this title is above")
    return loaded(
        NAME,
        named(records, "title").select(
            pl.col("movie_id").alias("title_id"),
            pl.lit("film").alias("kind"),
            "name",
            "original_name",
            "year",
            imdb_id_of(pl.col("imdb_id")).alias("imdb_id"),
            "tmdb_id",
            pl.col("movie_id").alias("movielens_id"),
            "rating",
            pl.lit(None).alias("rated_at"),
        ),
        rejects,
    )


SOURCE = Source(
    name=NAME,
    summary="a viewer's own export from movielens.org: movielens-ratings.csv",
    recognizes=_recognizes,
    read=_read,
    strict=False,
)

"""MovieLens 10M: half-star ratings to 2009 and tags, in files separated by ``::``."""

from __future__ import annotations

import polars as pl

from marquee.data.sources.base import Loaded, Source
from marquee.data.sources.files import Files
from marquee.data.sources.movielens_titles import (
    cells_of,
    n_rejected,
    raters,
    titles_table,
    with_keywords,
)
from marquee.data.sources.ratings_file import Layout
from marquee.data.sources.ratings_table import read_ratings
from marquee.data.sources.records import Rejects, read_records
from marquee.data.tables import Tables

NAME = "ml-10m"
_MOVIE = ("MovieID", "Title", "Genres")
_TAG = ("UserID", "MovieID", "Tag", "Timestamp")
_LINES = Layout(
    viewer="UserID",
    title="MovieID",
    rating="Rating",
    seconds="Timestamp",
    columns=("UserID", "MovieID", "Rating", "Timestamp"),
    separator="::",
)


def _recognizes(files: Files) -> bool:
    return files.has("movies.dat", "ratings.dat") and not files.has("users.dat")


def _read(files: Files) -> Loaded:
    rejects = Rejects(NAME)
    text = cells_of(files.text("movies.dat"))
    records = read_records(text, "movies.dat", _MOVIE, rejects, separator="\t", quoted=False)
    titles = titles_table(records, _MOVIE, rejects, "movies.dat", NAME)
    n_tags = 0
    if files.has("tags.dat"):
        titles, n_tags = with_keywords(
            titles, files, "tags.dat", _TAG, rejects, "movies.dat", separator="::"
        )
    ratings = read_ratings(
        files, "ratings.dat", _LINES, rejects, titles=("movies.dat", titles["title_id"])
    ).with_columns(pl.lit(NAME).alias("source"))
    tables = Tables(titles=titles, viewers=raters(ratings, NAME), ratings=ratings)
    n_used = titles.height + n_tags + ratings.height
    return Loaded(tables, rejects.frame(), n_used + n_rejected(rejects))


SOURCE = Source(
    name=NAME,
    summary="MovieLens 10M: movies.dat, ratings.dat and tags.dat",
    recognizes=_recognizes,
    read=_read,
)

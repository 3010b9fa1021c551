"""MovieLens 100K: 100,000 ratings of 1997 and 1998, with the publisher's seven splits.

The item ids are of this set alone; they are not the ``movieId`` of later sets.
"""

from __future__ import annotations

import logging

import polars as pl

from marquee.data.schema import RATINGS, conform
from marquee.data.sources.base import Loaded, Source
from marquee.data.sources.facts import YEARS
from marquee.data.sources.files import Files
from marquee.data.sources.movielens_titles import (
    n_rejected,
    named,
    of_source,
    text_of,
    title_ids,
    viewers_of,
    whole_number,
)
from marquee.data.sources.ratings_file import Layout
from marquee.data.sources.ratings_table import read_ratings
from marquee.data.sources.records import Rejects, first_of_each, parse, read_records
from marquee.data.tables import Tables
from marquee.errors import ParameterError

NAME = "ml-100k"
OLDEST = 120
FOLDS = ("u1", "u2", "u3", "u4", "u5", "ua", "ub")
_LINES = Layout(
    viewer="user id",
    title="item id",
    rating="rating",
    seconds="timestamp",
    columns=("user id", "item id", "rating", "timestamp"),
    separator="\t",
)
_ITEM = ("movie id", "movie title", "release date", "video release date", "IMDb URL")
_USER = ("user id", "age", "gender", "occupation", "zip code")

_log = logging.getLogger(__name__)


def _recognizes(files: Files) -> bool:
    return files.has("u.data", "u.item")


def _read(files: Files) -> Loaded:
    rejects = Rejects(NAME)
    genres = _genres(files, rejects)
    titles = _titles(files, genres, rejects)
    viewers = _viewers(files, rejects)
    ratings = _ratings(files, "u.data", titles, viewers, rejects)
    n_used = len(genres) + titles.height + viewers.height + ratings.height
    tables = Tables(titles=titles, viewers=viewers, ratings=ratings)
    return Loaded(tables, rejects.frame(), n_used + n_rejected(rejects))


def _read_fold(files: Files, fold: str) -> tuple[pl.DataFrame, pl.DataFrame]:
    if fold not in FOLDS:
        raise ParameterError(f"{NAME} has no split {fold!r}; it has {', '.join(FOLDS)}")
    rejects = Rejects(NAME)
    titles = _titles(files, _genres(files, rejects), rejects)
    viewers = _viewers(files, rejects)
    rejects = Rejects(NAME)
    train, test = (
        conform(_ratings(files, f"{fold}.{part}", titles, viewers, rejects), RATINGS)
        for part in ("base", "test")
    )
    if n_rejected(rejects):
        _log.warning("%d lines of split %s were rejected", n_rejected(rejects), fold)
    return train, test


def _genres(files: Files, rejects: Rejects) -> list[str]:
    """The genres in the order of their flags."""
    file = "u.genre"
    records = read_records(
        text_of(files, file), file, ("genre", "flag"), rejects, separator="|", quoted=False
    )
    flag = pl.col("flag").str.strip_chars().cast(pl.Int64, strict=False)
    records = parse(records, "flag", flag, rejects, file, "not a whole number", required=True)
    return records.sort("flag")["genre"].to_list()


def _titles(files: Files, genres: list[str], rejects: Rejects) -> pl.DataFrame:
    file = "u.item"
    flags = [f"is {genre}" for genre in genres]
    records = read_records(
        text_of(files, file), file, (*_ITEM, *flags), rejects, separator="|", quoted=False
    )
    records = title_ids(records, "movie id", "movie title", rejects, file)
    day = pl.col("release date").str.strip_chars().str.to_date("%d-%b-%Y", strict=False)
    day = pl.when(day.dt.year().is_between(*YEARS)).then(day)
    records = parse(records, "release date", day, rejects, file, "not a day like 11-Mar-1994")
    day, first = pl.col("release date"), pl.date(pl.col("year"), 1, 1)
    is_day = (day.dt.month() > 1) | (day.dt.day() > 1)
    held = [
        pl.when(pl.col(flag).str.strip_chars() == "1").then(pl.lit(genre))
        for flag, genre in zip(flags, genres, strict=True)
        if genre != "unknown"
    ]
    return named(records, "movie title").select(
        pl.col("movie id").alias("title_id"),
        "name",
        "original_name",
        pl.coalesce("year", day.dt.year()).alias("year"),
        # Two thirds of the films carry 1 January, which is how the set writes a bare year.
        pl.when(is_day).then(day).alias("release_date"),
        pl.coalesce(day, first).alias("known_on"),
        pl.concat_list(held).list.drop_nulls().alias("genres"),
        *of_source(NAME),
    )


def _viewers(files: Files, rejects: Rejects) -> pl.DataFrame:
    file = "u.user"
    records = read_records(text_of(files, file), file, _USER, rejects, separator="|", quoted=False)
    number, age = whole_number("user id"), whole_number("age")
    records = parse(records, "user id", number, rejects, file, "not a whole number", required=True)
    records = first_of_each(records, "user id", rejects, file, "a viewer of this id stands above")
    age = pl.when(age <= OLDEST).then(age)
    records = parse(records, "age", age, rejects, file, f"not an age up to {OLDEST}")
    viewers = records.rename({"user id": "viewer_id", "zip code": "zip_code"}).drop("line")
    return viewers_of(viewers, NAME)


def _ratings(
    files: Files, file: str, titles: pl.DataFrame, viewers: pl.DataFrame, rejects: Rejects
) -> pl.DataFrame:
    ratings = read_ratings(
        files,
        file,
        _LINES,
        rejects,
        titles=("u.item", titles["title_id"]),
        viewers=("u.user", viewers["viewer_id"]),
    )
    return ratings.with_columns(pl.lit(NAME).alias("source"))


SOURCE = Source(
    name=NAME,
    summary="MovieLens 100K: u.data, u.item, u.user, u.genre and seven splits",
    recognizes=_recognizes,
    read=_read,
    fold_names=FOLDS,
    read_fold=_read_fold,
)

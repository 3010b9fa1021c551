"""MovieLens 20M, 25M, 32M, latest and latest-small: ratings, titles, tags and links as CSV."""

from __future__ import annotations

import polars as pl

from marquee.data.sources.base import Loaded, Source
from marquee.data.sources.facts import imdb_id_of
from marquee.data.sources.files import Files, files_with_columns
from marquee.data.sources.movielens_titles import (
    n_rejected,
    raters,
    titles_table,
    whole_number,
    with_keywords,
)
from marquee.data.sources.ratings_file import Layout
from marquee.data.sources.ratings_table import read_ratings
from marquee.data.sources.records import Rejects, first_of_each, parse, read_records
from marquee.data.tables import Tables

NAME = "ml-csv"
_MOVIE = ("movieId", "title", "genres")
_TAG = ("userId", "movieId", "tag", "timestamp")
_LINK = ("movieId", "imdbId", "tmdbId")
LINES = Layout(viewer="userId", title="movieId", rating="rating", seconds="timestamp")


def _recognizes(files: Files) -> bool:
    return "movies.csv" in files_with_columns(
        files, _MOVIE
    ) and "ratings.csv" in files_with_columns(files, LINES.types)


def _read(files: Files) -> Loaded:
    rejects = Rejects(NAME)
    titles, n_used = read_titles(files, rejects)
    ratings = read_ratings(
        files, "ratings.csv", LINES, rejects, titles=("movies.csv", titles["title_id"])
    ).with_columns(pl.lit(NAME).alias("source"))
    tables = Tables(titles=titles, viewers=raters(ratings, NAME), ratings=ratings)
    return Loaded(tables, rejects.frame(), n_used + ratings.height + n_rejected(rejects))


def read_titles(files: Files, rejects: Rejects) -> tuple[pl.DataFrame, int]:
    """The titles with their tags and links, and how many records made them."""
    records = read_records(files.text("movies.csv"), "movies.csv", None, rejects, required=_MOVIE)
    titles = titles_table(records, _MOVIE, rejects, "movies.csv", NAME)
    n_used = titles.height
    if files.has("tags.csv"):
        titles, n_tags = with_keywords(titles, files, "tags.csv", _TAG, rejects, "movies.csv")
        n_used += n_tags
    if files.has("links.csv"):
        links = _links(files, titles, rejects)
        titles = titles.join(links, on="title_id", how="left", maintain_order="left")
        n_used += links.height
    return titles, n_used


def _links(files: Files, titles: pl.DataFrame, rejects: Rejects) -> pl.DataFrame:
    """IMDb and TMDB ids by title; IMDb's have lost their letters and leading zeros here."""
    file = "links.csv"
    records = read_records(files.text(file), file, None, rejects, required=_LINK)
    number = whole_number("movieId")
    records = parse(records, "movieId", number, rejects, file, "not a whole number", required=True)
    records = first_of_each(records, "movieId", rejects, file, "links of this title stand above")
    strange = ~pl.col("movieId").is_in(titles["title_id"].implode())
    rejects.add(file, records.filter(strange), "title is not in movies.csv", "movieId")
    records = records.filter(~strange)
    imdb = imdb_id_of(whole_number("imdbId"))
    records = parse(records, "imdbId", imdb, rejects, file, "not the number of an IMDb id")
    tmdb = whole_number("tmdbId")
    records = parse(records, "tmdbId", tmdb, rejects, file, "not a whole number")
    return records.select(
        pl.col("movieId").alias("title_id"),
        pl.col("imdbId").alias("imdb_id"),
        pl.col("tmdbId").alias("tmdb_id"),
    )


SOURCE = Source(
    name=NAME,
    summary="MovieLens 20M, 25M, 32M, latest, latest-small: ratings, movies, tags, links as CSV",
    recognizes=_recognizes,
    read=_read,
)

"""The Movies Dataset (Kaggle): TMDB's films with keywords, people and MovieLens ratings.

``movies_metadata.csv`` with nested columns as Python literals; beside it, where they are there,
``keywords.csv``, ``credits.csv``, ``links.csv``, ``links_small.csv``, and ``ratings.csv`` or else
``ratings_small.csv``. In place of the whole film file, a part of it may stand: its first rows
(``movies_metadata_first_rows.csv``), four of its columns (``movies_metadata_4_columns.csv``), or
both.

Ratings name a MovieLens ``movieId``, which the links lead to a TMDB id.
"""

from __future__ import annotations

from datetime import date

import polars as pl

from marquee.data import schema
from marquee.data.sources import tmdb_fields
from marquee.data.sources.base import Loaded, Source
from marquee.data.sources.facts import imdb_id, merge_repeats, ragged
from marquee.data.sources.files import Files, files_to_read, files_with_columns
from marquee.data.sources.linked_ratings import RATINGS, ids_by_film, read_links, read_ratings
from marquee.data.sources.movielens_titles import raters
from marquee.data.sources.nested import from_literal, objects, texts
from marquee.data.sources.ratings_file import without
from marquee.data.sources.records import Rejects, parse, read_records
from marquee.data.tables import Tables
from marquee.errors import SourceError

NAME = "movies-dataset"
MOVIES = "movies_metadata.csv"
FIRST_ROWS = "movies_metadata_first_rows.csv"
FOUR_COLUMNS = "movies_metadata_4_columns.csv"
KEYWORDS = "keywords.csv"
CREDITS = "credits.csv"
MOVIE_COLUMNS = (
    *("id", "imdb_id", "title", "original_title", "original_language", "overview", "release_date"),
    *("belongs_to_collection", "genres", "production_companies", "production_countries"),
    *("spoken_languages", "runtime", "budget", "revenue", "popularity", "vote_average"),
    "vote_count",
)

COLLECTED_ON = date(2017, 11, 10)
"""Day on which popularity and votes count as collected: the date of the data set as published."""

REPEAT = "repeats the film of an earlier line"


def recognizes(files: Files) -> bool:
    """Whether a CSV file has the columns of the film file, or one stands in for it."""
    return bool(files_with_columns(files, MOVIE_COLUMNS)) or files.has(FOUR_COLUMNS)


def read(files: Files) -> Loaded:
    """Titles, credits, ratings, viewers and outcomes, with TMDB ids as title ids."""
    rejects = Rejects(NAME)
    movies, n_records = _movies(files, rejects)
    links, n_links = read_links(files, rejects)
    movies = movies.join(
        ids_by_film(links), on="id", how="left", maintain_order="left"
    ).with_columns(pl.coalesce("imdb_id", "linked_imdb_id").alias("imdb_id"))
    if files.has(KEYWORDS):
        keywords, n_keywords = _keywords(files, movies, rejects)
        movies = movies.drop("keywords").join(keywords, on="id", how="left", maintain_order="left")
        n_records += n_keywords
    titles = tmdb_fields.titles(movies, NAME)
    people = schema.CREDITS.empty()
    if files.has(CREDITS):
        people, n_credits = _credits(files, titles, rejects)
        n_records += n_credits
    ratings = read_ratings(files, links, titles, rejects, NAME)
    tables = Tables(
        titles=titles,
        credits=people,
        ratings=ratings,
        viewers=raters(ratings, NAME),
        outcomes=tmdb_fields.measured(movies, COLLECTED_ON, NAME),
    )
    found = rejects.frame()
    of_ratings = pl.col("file").is_in(RATINGS)
    n_ratings = ratings.height + found.filter(of_ratings & ~pl.col("row_kept")).height
    n_records += n_links + n_ratings + ragged(found.filter(~of_ratings))
    return Loaded(tables, found, n_records)


def _movies(files: Files, rejects: Rejects) -> tuple[pl.DataFrame, int]:
    """The films of the film file or of what stands in for it, and how many records were read."""
    if (
        not files_with_columns(files, MOVIE_COLUMNS)
        and not any(files.has(name) for name in (MOVIES, FIRST_ROWS))
        and files.has(FOUR_COLUMNS)
    ):
        records = _four_columns(files, rejects)
        return _films(records, rejects, FOUR_COLUMNS), records.height
    file = files_to_read(files, MOVIE_COLUMNS, [MOVIES, FIRST_ROWS])[0]
    records = read_records(files.text(file), file, None, rejects, required=MOVIE_COLUMNS)
    films = _films(records, rejects, file)
    if file != FIRST_ROWS or not files.has(FOUR_COLUMNS):
        return films, records.height
    rest = _after(_four_columns(files, rejects), records, rejects)
    more = _films(rest, rejects, FOUR_COLUMNS)
    again = pl.col("id").is_in(films["id"].implode())
    rejects.add(FOUR_COLUMNS, more.filter(again), REPEAT, "id", row_kept=True)
    both = pl.concat([films, more.filter(~again).select(films.columns)])
    return both, records.height + rest.height


def _four_columns(files: Files, rejects: Rejects) -> pl.DataFrame:
    required = ("id", "title", "revenue", "release_date")
    return read_records(files.text(FOUR_COLUMNS), FOUR_COLUMNS, None, rejects, required=required)


def _after(records: pl.DataFrame, first: pl.DataFrame, rejects: Rejects) -> pl.DataFrame:
    """The records that follow the first rows, which hold the same films with all columns."""
    n_ragged = ragged(rejects.frame().filter(pl.col("file") == FIRST_ROWS))
    n_first = first.height + n_ragged
    others = records.head(n_first).filter(~pl.col("id").is_in(first["id"].implode()))
    if others.height > n_ragged:
        raise SourceError(
            f"{FOUR_COLUMNS} does not begin with the films of {FIRST_ROWS}: "
            f"line {others['line'][0]} has id {others['id'][0]}"
        )
    return records.slice(n_first)


def _films(records: pl.DataFrame, rejects: Rejects, file: str) -> pl.DataFrame:
    for column in ("imdb_id", "belongs_to_collection"):
        if column not in records.columns:
            records = records.with_columns(pl.lit(None, dtype=pl.String).alias(column))
    films = tmdb_fields.parse_records(records, from_literal, rejects, file)
    films = parse(films, "imdb_id", imdb_id("imdb_id"), rejects, file, "not an IMDb id")
    series = texts(objects(films, "belongs_to_collection", from_literal, rejects, file), "name")
    films = films.with_columns(series.list.first().alias("collection"))
    films = films.select("line", "id", "imdb_id", "collection", *tmdb_fields.COLUMNS)
    return merge_repeats(films, "id", rejects, file, REPEAT)


def _keywords(files: Files, movies: pl.DataFrame, rejects: Rejects) -> tuple[pl.DataFrame, int]:
    required = ("id", "keywords")
    raw = read_records(files.text(KEYWORDS), KEYWORDS, None, rejects, required=required)
    records = tmdb_fields.parse_id(raw, "id", rejects, KEYWORDS)
    records = merge_repeats(records, "id", rejects, KEYWORDS, REPEAT)
    listed = pl.col("id").is_in(movies["id"].implode())
    records = without(records, ~listed, rejects, KEYWORDS, "no film of that id", "id")
    words = texts(objects(records, "keywords", from_literal, rejects, KEYWORDS), "name")
    return records.select("id", words.alias("keywords")), raw.height


def _credits(files: Files, titles: pl.DataFrame, rejects: Rejects) -> tuple[pl.DataFrame, int]:
    required = ("id", "cast", "crew")
    raw = read_records(files.text(CREDITS), CREDITS, None, rejects, required=required)
    records = tmdb_fields.parse_id(raw, "id", rejects, CREDITS)
    records = merge_repeats(records, "id", rejects, CREDITS, REPEAT).rename({"id": "title_id"})
    return tmdb_fields.credited(records, from_literal, titles, rejects, CREDITS), raw.height


SOURCE = Source(
    name=NAME,
    summary="45,000 films with keywords and MovieLens ratings (The Movies Dataset)",
    recognizes=recognizes,
    read=read,
)

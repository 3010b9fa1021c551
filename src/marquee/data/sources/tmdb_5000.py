"""TMDB 5000 Movie Dataset (Kaggle): ``tmdb_5000_movies.csv`` and ``tmdb_5000_credits.csv``.

Nested columns are JSON. The files belong together by id: three titles are shared by two films each.
"""

from __future__ import annotations

import logging
from datetime import date

import polars as pl

from marquee.data import schema
from marquee.data.sources import tmdb_fields
from marquee.data.sources.base import Loaded, Source
from marquee.data.sources.facts import merge_repeats, ragged
from marquee.data.sources.files import Files, files_to_read, files_with_columns
from marquee.data.sources.nested import from_json
from marquee.data.sources.records import Rejects, read_records
from marquee.data.tables import Tables

NAME = "tmdb-5000"
MOVIES = "tmdb_5000_movies.csv"
CREDITS = "tmdb_5000_credits.csv"
MOVIE_COLUMNS = (
    *("id", "title", "original_title", "original_language", "overview", "release_date", "runtime"),
    *("genres", "keywords", "production_companies", "production_countries", "spoken_languages"),
    *("budget", "revenue", "popularity", "vote_average", "vote_count"),
)
CREDIT_COLUMNS = ("movie_id", "cast", "crew")

COLLECTED_ON = date(2017, 9, 28)
"""Day on which popularity and votes count as collected: the date of the data set's last version as
published. The films themselves end in February 2017."""

_log = logging.getLogger(__name__)


def recognizes(files: Files) -> bool:
    """Whether a CSV file has the columns of the film file."""
    return bool(files_with_columns(files, MOVIE_COLUMNS))


def read(files: Files) -> Loaded:
    """Titles, credits and outcomes, with TMDB ids as title ids; without a credits file no credits.

    A credit of a film that the film file lacks is rejected.
    """
    rejects = Rejects(NAME)
    file = files_to_read(files, MOVIE_COLUMNS, [MOVIES])[0]
    records = read_records(files.text(file), file, None, rejects, required=MOVIE_COLUMNS)
    n_records = records.height
    movies = tmdb_fields.parse_records(records, from_json, rejects, file)
    movies = merge_repeats(movies, "id", rejects, file, "repeats the film of an earlier line")
    titles = tmdb_fields.titles(movies, NAME)
    people = None
    if files_with_columns(files, CREDIT_COLUMNS) or files.has(CREDITS):
        file = files_to_read(files, CREDIT_COLUMNS, [CREDITS])[0]
        records = read_records(files.text(file), file, None, rejects, required=CREDIT_COLUMNS)
        n_records += records.height
        people = _credits(records, titles, rejects, file)
    else:
        _log.warning("%s holds no %s: its titles have no credits", files.path, CREDITS)
    tables = Tables(
        titles=titles,
        credits=schema.CREDITS.empty() if people is None else people,
        outcomes=tmdb_fields.measured(movies, COLLECTED_ON, NAME),
    )
    found = rejects.frame()
    return Loaded(tables, found, n_records + ragged(found))


def _credits(
    records: pl.DataFrame, titles: pl.DataFrame, rejects: Rejects, file: str
) -> pl.DataFrame:
    records = tmdb_fields.parse_id(records, "movie_id", rejects, file)
    records = merge_repeats(records, "movie_id", rejects, file, "repeats an earlier line's film")
    records = records.rename({"movie_id": "title_id"})
    return tmdb_fields.credited(records, from_json, titles, rejects, file)


SOURCE = Source(
    name=NAME,
    summary="4,803 films with cast, crew and money (TMDB 5000 Movie Dataset)",
    recognizes=recognizes,
    read=read,
)

"""IMDb's own daily files: ``title.basics.tsv`` and, where they are there, ratings and people.

Films and television films are films, series and mini-series are shows; episodes, shorts, videos and
games are out of scope and passed over. People need ``name.basics.tsv``, without which there are no
credits: ``title.principals.tsv`` has the main ones with their characters, ``title.crew.tsv`` all
directors and writers.
"""

from __future__ import annotations

import logging
from datetime import date

import polars as pl

from marquee.data import schema
from marquee.data.sources.base import Loaded, Source
from marquee.data.sources.facts import (
    imdb_number,
    merge_repeats,
    outcomes,
    parse_numbers,
    title_known_on,
    year,
)
from marquee.data.sources.files import Files
from marquee.data.sources.imdb_lines import collect, scan
from marquee.data.sources.imdb_people import read_people
from marquee.data.sources.records import Rejects, parse
from marquee.data.tables import Tables
from marquee.errors import SourceError

NAME = "imdb-official"
BASICS = "title.basics.tsv"
RATINGS = "title.ratings.tsv"
BASICS_COLUMNS = (
    *("tconst", "titleType", "primaryTitle", "originalTitle", "isAdult", "startYear", "endYear"),
    *("runtimeMinutes", "genres"),
)
RATINGS_COLUMNS = ("tconst", "averageRating", "numVotes")
KINDS = {"movie": "film", "tvMovie": "film", "tvSeries": "show", "tvMiniSeries": "show"}

_log = logging.getLogger(__name__)


def recognizes(files: Files) -> bool:
    """Whether IMDb's file of titles is there."""
    return files.has(BASICS) and files.head(BASICS).startswith("tconst\t")


def read(files: Files) -> Loaded:
    """Titles, credits and outcomes; a title's number is the one in its IMDb id.

    The files change daily and name no day: votes count as collected on the day on which the file
    was written to the disk, which is never before.
    """
    rejects = Rejects(NAME)
    titles, n_records = _titles(files, rejects)
    measured = schema.OUTCOMES.empty()
    if files.has(RATINGS):
        voted, n_ratings = _votes(files, titles, rejects)
        measured = outcomes(voted, _written_on(files), NAME)
        n_records += n_ratings
    known = titles.select("title_id", "known_on", "source")
    people, n_people = read_people(files, known, rejects)
    tables = Tables(titles=titles, credits=people, outcomes=measured)
    return Loaded(tables, rejects.frame(), n_records + n_people)


def _titles(files: Files, rejects: Rejects) -> tuple[pl.DataFrame, int]:
    lines, n_records = scan(files, BASICS, BASICS_COLUMNS, rejects)
    if not n_records:
        raise SourceError(f"{BASICS} holds no record")
    wanted = lines.filter(pl.col("titleType").is_in(list(KINDS))).drop("isAdult", "endYear")
    records = collect(wanted, files, BASICS)
    name = pl.col("primaryTitle").str.strip_chars()
    records = parse(records, "primaryTitle", name, rejects, BASICS, "not a title", required=True)
    records = parse(records, "startYear", year("startYear"), rejects, BASICS, "not a year")
    records = parse_numbers(records, {"runtimeMinutes": 1e6}, rejects, BASICS)
    records = merge_repeats(records, "tconst", rejects, BASICS, "repeats an earlier title")
    dated = records.with_columns(
        pl.lit(None, dtype=pl.Date).alias("release_date"), pl.col("startYear").alias("year")
    )
    titles = dated.select(
        imdb_number("tconst").alias("title_id"),
        pl.col("titleType").replace_strict(KINDS).alias("kind"),
        pl.col("primaryTitle").alias("name"),
        pl.col("originalTitle").alias("original_name"),
        "year",
        title_known_on(),
        pl.col("genres").str.split(","),
        pl.col("runtimeMinutes").cast(pl.Int32).alias("runtime_min"),
        pl.col("tconst").alias("imdb_id"),
        pl.lit(NAME).alias("source"),
        pl.concat_list(pl.lit(NAME)).alias("sources"),
    )
    _log.info("%s: %d of %d titles are films or shows", BASICS, titles.height, n_records)
    return titles, n_records


def _votes(files: Files, titles: pl.DataFrame, rejects: Rejects) -> tuple[pl.DataFrame, int]:
    lines, n_records = scan(files, RATINGS, RATINGS_COLUMNS, rejects)
    listed = titles.lazy().select(pl.col("imdb_id").alias("tconst"))
    records = collect(
        lines.join(listed, on="tconst", how="semi", maintain_order="left"), files, RATINGS
    )
    maxima = {"averageRating": 10.0, "numVotes": 1e9}
    records = parse_numbers(records, maxima, rejects, RATINGS)
    records = merge_repeats(records, "tconst", rejects, RATINGS, "repeats an earlier title")
    voted = pl.col("numVotes") > 0
    return records.select(
        imdb_number("tconst").alias("title_id"),
        pl.lit(None, dtype=pl.Date).alias("release_date"),
        pl.when(voted).then("averageRating").alias("vote_average"),
        pl.when(voted).then("numVotes").alias("vote_count"),
    ), n_records


def _written_on(files: Files) -> date:
    path = files.path_of(RATINGS) or files.path
    return date.fromtimestamp(path.stat().st_mtime)


SOURCE = Source(
    name=NAME,
    summary="IMDb's daily files (title.basics.tsv.gz and its companions)",
    recognizes=recognizes,
    read=read,
)

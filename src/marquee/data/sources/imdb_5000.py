"""IMDB 5000 Movie Dataset (Kaggle): ``movie_metadata.csv``.

``budget`` is in the currency of the country of production (12.2 billion for a Korean film), and the
file does not say which: it is kept for films of the USA alone, and filed among the rejects for all
others. ``gross`` is box office in the United States and Canada, in dollars everywhere.

The pages of television series carry no year and pad their titles; they are shows here. Records that
repeat a film's link are merged into the first one.
"""

from __future__ import annotations

from datetime import date

import polars as pl

from marquee.data.sources.base import Loaded, Source
from marquee.data.sources.facts import (
    imdb_number,
    known_number,
    merge_repeats,
    outcomes,
    parse_numbers,
    ragged,
    title_known_on,
    year,
)
from marquee.data.sources.files import Files, files_to_read, files_with_columns
from marquee.data.sources.records import Rejects, parse, read_records
from marquee.data.tables import Tables

NAME = "imdb-5000"
FILE = "movie_metadata.csv"
COLUMNS = (
    *("movie_title", "title_year", "duration", "genres", "plot_keywords", "language", "country"),
    *("content_rating", "budget", "gross", "director_name", "actor_1_name", "actor_2_name"),
    *("actor_3_name", "imdb_score", "num_voted_users", "movie_imdb_link"),
)
ACTORS = ("actor_1_name", "actor_2_name", "actor_3_name")
MAXIMA = {
    "budget": 1e12,
    "duration": 1e5,
    "gross": 1e12,
    "imdb_score": 10,
    "num_voted_users": 1e9,
}

COLLECTED_ON = date(2016, 8, 29)
"""Day on which votes and gross count as collected: the date of the data set as first published."""


def recognizes(files: Files) -> bool:
    """Whether a CSV file has the columns of the film file."""
    return bool(files_with_columns(files, COLUMNS))


def read(files: Files) -> Loaded:
    """Titles, credits and outcomes; a title's number is the one in its IMDb link.

    People have names but no ids. Actors keep the order of the file.
    """
    rejects = Rejects(NAME)
    file = files_to_read(files, COLUMNS, [FILE])[0]
    records = read_records(files.text(file), file, None, rejects, required=COLUMNS)
    films = _parse(records.select("line", *COLUMNS), file, rejects)
    titles = _titles(films)
    known = titles.select("title_id", "known_on", "source")
    tables = Tables(
        titles=titles,
        credits=_credits(films).join(known, on="title_id", maintain_order="left"),
        outcomes=outcomes(_measured(films), COLLECTED_ON, NAME),
    )
    found = rejects.frame()
    return Loaded(tables, found, records.height + ragged(found))


def _parse(records: pl.DataFrame, file: str, rejects: Rejects) -> pl.DataFrame:
    link = pl.col("movie_imdb_link").str.extract(r"/title/(tt\d{1,12})\b")
    reason = "no IMDb id in the link"
    records = parse(records, "movie_imdb_link", link, rejects, file, reason, required=True)
    # Strips the no-break space that ends nearly every title, too.
    name = pl.col("movie_title").str.strip_chars()
    records = parse(records, "movie_title", name, rejects, file, "not a title", required=True)
    kind = pl.when(pl.col("title_year").is_null()).then(pl.lit("show")).otherwise(pl.lit("film"))
    records = records.with_columns(kind.alias("kind"))
    records = parse(records, "title_year", year("title_year"), rejects, file, "not a year")
    records = parse_numbers(records, MAXIMA, rejects, file)
    reason = "repeats the film of an earlier line"
    films = merge_repeats(records, "movie_imdb_link", rejects, file, reason)
    local = pl.col("budget").is_not_null() & pl.col("country").ne_missing("USA")
    reason = "budget may be in local currency"
    rejects.add(file, films.filter(local), reason, "budget", row_kept=True)
    return films.with_columns(
        pl.when(~local).then("budget").alias("budget"),
        imdb_number("movie_imdb_link").alias("title_id"),
    )


def _titles(films: pl.DataFrame) -> pl.DataFrame:
    dated = films.with_columns(
        pl.lit(None, dtype=pl.Date).alias("release_date"), pl.col("title_year").alias("year")
    )
    spoken = pl.when(pl.col("language") != "None").then("language")
    return dated.select(
        "title_id",
        "kind",
        pl.col("movie_title").alias("name"),
        "year",
        title_known_on(),
        pl.col("genres").str.split("|"),
        pl.concat_list(spoken).list.drop_nulls().alias("languages"),
        pl.concat_list("country").list.drop_nulls().alias("countries"),
        pl.col("plot_keywords").str.split("|").alias("keywords"),
        pl.col("content_rating").alias("certificate"),
        pl.col("duration").cast(pl.Int32).alias("runtime_min"),
        pl.col("budget").alias("budget_usd"),
        pl.col("movie_imdb_link").alias("imdb_id"),
        pl.lit(NAME).alias("source"),
        pl.concat_list(pl.lit(NAME)).alias("sources"),
    )


def _measured(films: pl.DataFrame) -> pl.DataFrame:
    voted = pl.col("num_voted_users") > 0
    return films.select(
        "title_id",
        pl.lit(None, dtype=pl.Date).alias("release_date"),
        known_number("gross").alias("domestic_gross_usd"),
        pl.when(voted).then("imdb_score").alias("vote_average"),
        pl.when(voted).then("num_voted_users").alias("vote_count"),
    )


def _credits(films: pl.DataFrame) -> pl.DataFrame:
    roles = {"director_name": "director", **dict.fromkeys(ACTORS, "actor")}
    places = {"director_name": 0, **{name: place for place, name in enumerate(ACTORS)}}
    cells = films.unpivot(list(roles), index="title_id", variable_name="cell", value_name="person")
    return (
        cells.select(
            "title_id",
            pl.col("person").str.strip_chars(),
            pl.col("cell").replace_strict(roles).alias("role"),
            pl.col("cell").replace_strict(places, return_dtype=pl.Int32).alias("position"),
        )
        .filter(pl.col("person") != "")
        .sort("title_id", "role", "position", descending=[False, True, False])
    )


SOURCE = Source(
    name=NAME,
    summary="5,043 records of films with money, people and keywords (IMDB 5000 Movie Dataset)",
    recognizes=recognizes,
    read=read,
)

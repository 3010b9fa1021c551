"""A viewer's own ratings from IMDb, 1 to 10, halved to stars.

Both layouts are read: the one of today, and the one until 2017, whose copies are often in
Windows-1252. Episodes, games and music videos are neither film nor show and are rejected. IMDb's
own rating and votes are those of the day of the export, which the file does not name; they are left
out.

A list of titles has the columns of today's ratings too, but its cells of a rating are mostly empty,
or missing in older copies. The watchlist is a list like any other and is known by its name alone:
:func:`read_list` reads it as titles without ratings.
"""

from __future__ import annotations

from collections.abc import Sequence

import polars as pl

from marquee.data.sources.base import Loaded, Source
from marquee.data.sources.facts import imdb_id_of, listed
from marquee.data.sources.files import Files, decode_either, files_with_columns
from marquee.data.sources.records import Rejects, parse, read_records, require_columns
from marquee.data.sources.viewer_export import (
    RATED_LATER,
    imdb_number,
    latest_of_each,
    loaded,
    stars,
    table_named,
)
from marquee.errors import SourceError

NAME = "imdb-export"
_COLUMNS = ("Const", "Your Rating", "Title")
_OLD = {
    "const": "Const",
    "You rated": "Your Rating",
    "created": "Date Rated",
    "Title type": "Title Type",
    "Release Date (month/day/year)": "Release Date",
}
_OLD_COLUMNS = ("const", "You rated", "Title")
_OPTIONAL = (
    *("Date Rated", "Original Title", "Title Type", "Runtime (mins)", "Year", "Genres"),
    *("Release Date", "Directors"),
)
_WATCHLIST = "watchlist"
_SHOWS = r"(?i)series"
_NEITHER = r"(?i)episode|game|music\s?video|podcast"


def _recognizes(files: Files) -> bool:
    return bool(files_with_columns(files, _COLUMNS) or files_with_columns(files, _OLD_COLUMNS))


def _read(files: Files) -> Loaded:
    rejects = Rejects(NAME)
    file = _table(files)
    listing = files_with_columns(files, ("Position", "Const"))
    if file in listing and file not in files_with_columns(files, ("Your Rating",)):
        raise SourceError(
            f"{file} is a list without ratings; call it watchlist.csv if it is your watchlist"
        )
    records = _records(files, file, rejects, _COLUMNS)
    if _WATCHLIST in file.lower():  # what is not rated is listed alone
        records = records.filter(pl.col("Your Rating").is_not_null())
    records = _parsed(records, rejects, file)
    titles = _titles(records)
    return loaded(NAME, titles, rejects, directors=_directors(titles))


def lists(files: Files) -> dict[str, list[str]]:
    """Names of the watchlists; a list of another name may be one of anything."""
    tables = dict.fromkeys(
        [*files_with_columns(files, ("Const", "Title")), *files_with_columns(files, ("const",))]
    )
    named = [file for file in tables if _WATCHLIST in file.lower()]
    return {"watchlist": named} if named else {}


def read_list(files: Files, names: Sequence[str]) -> Loaded | None:
    """The titles of watchlists of :func:`lists`, without ratings; None where they name none.

    Raises
    ------
    SourceError
        If a list is no table, or lacks a column.
    """
    rejects = Rejects(NAME)
    tables = []
    for file in names:
        if len(decode_either(files.read(file), file, "cp1252").strip().splitlines()) > 1:
            records = _records(files, file, rejects, ("Const", "Title"))
            unrated = records.with_columns(
                pl.lit(None, pl.String).alias(name) for name in ("Your Rating", "Date Rated")
            )
            again = pl.col("Const").is_not_null() & ~pl.col("Const").is_first_distinct()
            tables.append(_parsed(unrated.filter(~again), rejects, file, is_rated=False))
    if not tables:
        return None
    titles = _titles(
        pl.concat(tables, how="diagonal").unique("Const", keep="first", maintain_order=True)
    )
    return loaded(NAME, titles, rejects, directors=_directors(titles))


def _table(files: Files) -> str:
    """The name of the table of ratings: a watchlist is none where there is another."""
    modern = files_with_columns(files, _COLUMNS)
    columns = _COLUMNS if modern or not files_with_columns(files, _OLD_COLUMNS) else _OLD_COLUMNS
    file = table_named(files, "ratings.csv", columns)
    others = [name for name in files_with_columns(files, columns) if _WATCHLIST not in name.lower()]
    return others[0] if _WATCHLIST in file.lower() and others else file


def _records(files: Files, file: str, rejects: Rejects, required: Sequence[str]) -> pl.DataFrame:
    """The records of a table of either layout, in the names of today's."""
    records = read_records(decode_either(files.read(file), file, "cp1252"), file, None, rejects)
    records = records.rename({old: new for old, new in _OLD.items() if old in records.columns})
    require_columns(records.columns[1:], required, file)
    return records.with_columns(
        pl.lit(None, dtype=pl.String).alias(name)
        for name in _OPTIONAL
        if name not in records.columns
    )


def _parsed(
    records: pl.DataFrame, rejects: Rejects, file: str, *, is_rated: bool = True
) -> pl.DataFrame:
    """The records of films and shows, parsed, the latest of each title."""
    number, rating = imdb_number("Const"), stars("Your Rating", 10)
    records = parse(records, "Const", number, rejects, file, "not an IMDb title id", required=True)
    reason = "not between 1 and 10"
    records = parse(records, "Your Rating", rating, rejects, file, reason, required=is_rated)
    records = parse(records, "Title", pl.col("Title"), rejects, file, "no title", required=True)
    neither = pl.col("Title Type").str.contains(_NEITHER).fill_null(False)
    rejects.add(file, records.filter(neither), "neither a film nor a show", "Title Type")
    records = records.filter(~neither)
    given = pl.col("Date Rated").str.strip_chars()
    at = pl.coalesce(
        given.str.to_datetime("%Y-%m-%d", strict=False),
        given.str.to_datetime("%a %b %e %H:%M:%S %Y", strict=False),
    ).dt.replace_time_zone("UTC")
    records = parse(records, "Date Rated", at, rejects, file, "not a day like 2021-01-31")
    day = pl.col("Release Date").str.strip_chars()
    # A release known to the month or year alone has no day.
    partial = day.str.contains(r"^\d{4}(-\d{2})?$")
    records = records.with_columns(pl.when(~partial).then(day).alias("Release Date"))
    released = pl.col("Release Date").str.to_date("%Y-%m-%d", strict=False)
    records = parse(records, "Release Date", released, rejects, file, "not a day like 2021-01-31")
    for column, low, high in (("Year", 1870, 2100), ("Runtime (mins)", 1, 100_000)):
        value = pl.col(column).str.strip_chars().cast(pl.Int32, strict=False)
        value = pl.when(value.is_between(low, high)).then(value)
        records = parse(records, column, value, rejects, file, f"not between {low} and {high}")
    latest, replaced = latest_of_each(records, "Const", "Date Rated")
    rejects.add(file, replaced, RATED_LATER, "Const")
    return latest


def _titles(records: pl.DataFrame) -> pl.DataFrame:
    """One row per title, with its facts, ``rating``, ``rated_at`` and ``person``, its directors."""
    return records.select(
        pl.col("Const").alias("title_id"),
        pl.when(pl.col("Title Type").str.contains(_SHOWS))
        .then(pl.lit("show"))
        .otherwise(pl.lit("film"))
        .alias("kind"),
        pl.col("Title").alias("name"),
        pl.col("Original Title").alias("original_name"),
        pl.col("Year").alias("year"),
        pl.col("Release Date").alias("release_date"),
        listed("Genres").alias("genres"),
        pl.col("Runtime (mins)").alias("runtime_min"),
        imdb_id_of(pl.col("Const")).alias("imdb_id"),
        pl.col("Your Rating").alias("rating"),
        pl.col("Date Rated").alias("rated_at"),
        listed("Directors").alias("person"),
    )


def _directors(titles: pl.DataFrame) -> pl.DataFrame:
    """One credit per director; the export names them without ids."""
    return (
        titles.filter(pl.col("person").is_not_null())
        .with_columns(pl.int_ranges(pl.col("person").list.len()).alias("position"))
        .select(
            "title_id",
            "person",
            "position",
            pl.coalesce("release_date", pl.date(pl.col("year"), 1, 1)).alias("known_on"),
            pl.lit("director").alias("role"),
            pl.lit(NAME).alias("source"),
        )
        .explode("person", "position")
        .drop_nulls("person")
    )


SOURCE = Source(
    name=NAME,
    summary="a viewer's own ratings from IMDb, as CSV",
    recognizes=_recognizes,
    read=_read,
    strict=False,
)

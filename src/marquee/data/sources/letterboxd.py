"""A viewer's own export from Letterboxd: the films they rated, half a star to five.

``ratings.csv`` holds the rating in force of every rated film and is all that the source reads of a
whole export. ``watched.csv`` and ``watchlist.csv`` hold no rating: :func:`read_list` reads them as
titles alone. Where only ``diary.csv`` is given, the latest viewing of a film stands, and a film
seen without a rating is a title alone.
"""

from __future__ import annotations

from collections.abc import Sequence

import polars as pl

from marquee.data.sources.base import Loaded, Source
from marquee.data.sources.files import Files, files_with_columns
from marquee.data.sources.records import Rejects, parse, read_records
from marquee.data.sources.viewer_export import (
    RATED_LATER,
    latest_of_each,
    loaded,
    stars,
    table_named,
)

NAME = "letterboxd"
_COLUMNS = ("Date", "Name", "Year", "Letterboxd URI", "Rating")
_SEEN = "Watched Date"
LISTS = {"watched.csv": "seen", "watchlist.csv": "watchlist"}
"""Lists of an export that hold no rating, and what each says of its films."""


def _recognizes(files: Files) -> bool:
    return bool(files_with_columns(files, _COLUMNS))


def _read(files: Files) -> Loaded:
    rejects = Rejects(NAME)
    file = _table(files)
    records = read_records(files.text(file), file, None, rejects, required=_COLUMNS)
    is_diary = _SEEN in records.columns
    day = _SEEN if is_diary else "Date"
    name, year = pl.col("Name").str.strip_chars(), _year("Year")
    records = parse(records, "Name", name, rejects, file, "no title", required=True)
    records = parse(records, "Year", year, rejects, file, "not a year")
    at = pl.col(day).str.strip_chars().str.to_datetime("%Y-%m-%d", strict=False, time_zone="UTC")
    records = parse(records, day, at, rejects, file, "not a day like 2021-03-04")
    rated = parse(
        records,
        "Rating",
        stars("Rating", 5),
        rejects,
        file,
        "not between 0.5 and 5 stars",
        required=not is_diary,
    )
    if is_diary:
        latest, replaced = _latest_viewings(rated, day)
        rejects.add(file, replaced, "an earlier viewing of the title", "Rating", row_kept=True)
    else:
        latest, replaced = latest_of_each(rated, "Letterboxd URI", day)
        rejects.add(file, replaced, RATED_LATER)
    return loaded(
        NAME,
        latest.select(
            pl.int_range(1, pl.len() + 1).alias("title_id"),
            pl.lit("film").alias("kind"),
            pl.col("Name").alias("name"),
            pl.col("Year").alias("year"),
            pl.col("Rating").alias("rating"),
            pl.col(day).alias("rated_at"),
        ),
        rejects,
        n_merged=replaced.height if is_diary else 0,
    )


def lists(files: Files) -> dict[str, list[str]]:
    """Names of the files that hold no rating, by what they say of their films, of ``LISTS``."""
    here = files_with_columns(files, ())
    return {verb: [file] for file, verb in LISTS.items() if file in here}


def read_list(files: Files, names: Sequence[str]) -> Loaded | None:
    """The films of a list of :func:`lists` as titles alone; None where it names none.

    An archive holds the list of somebody who put nothing on it too, with its header alone.

    Raises
    ------
    SourceError
        If the list lacks a column.
    """
    [file] = names
    text = files.text(file)
    if len(text.strip().splitlines()) == 1:
        return None
    rejects = Rejects(NAME)
    records = read_records(text, file, None, rejects, required=_COLUMNS[:4])
    name = pl.col("Name").str.strip_chars()
    records = parse(records, "Name", name, rejects, file, "no title", required=True)
    records = parse(records, "Year", _year("Year"), rejects, file, "not a year")
    records = records.unique(["Name", "Year"], keep="first", maintain_order=True)
    return loaded(
        NAME,
        records.select(
            pl.int_range(1, pl.len() + 1).alias("title_id"),
            pl.lit("film").alias("kind"),
            pl.col("Name").alias("name"),
            pl.col("Year").alias("year"),
            pl.lit(None, pl.Float32).alias("rating"),
            pl.lit(None, pl.Datetime("us", "UTC")).alias("rated_at"),
        ),
        rejects,
    )


def _latest_viewings(viewings: pl.DataFrame, day: str) -> tuple[pl.DataFrame, pl.DataFrame]:
    """The viewing of each film that counts, and the others: the latest with a rating, if any has.

    Every viewing has an address of its own, so films are told apart by name and year.
    """
    film = ["Name", "Year"]
    rated = viewings.filter(pl.col("Rating").is_not_null())
    unrated = viewings.filter(pl.col("Rating").is_null())
    counted, replaced = latest_of_each(rated, film, day)
    only_seen = unrated.join(rated, on=film, how="anti", nulls_equal=True, maintain_order="left")
    seen, again = latest_of_each(only_seen, film, day)
    beside = unrated.join(rated, on=film, how="semi", nulls_equal=True, maintain_order="left")
    return pl.concat([counted, seen]).sort("line"), pl.concat([replaced, again, beside])


def _table(files: Files) -> str:
    found = files_with_columns(files, _COLUMNS)
    plain = [name for name in found if name not in files_with_columns(files, (*_COLUMNS, _SEEN))]
    if "ratings.csv" not in found and not plain and "diary.csv" in found:
        return "diary.csv"
    return table_named(files, "ratings.csv", _COLUMNS)


def _year(column: str) -> pl.Expr:
    year = pl.col(column).str.strip_chars().cast(pl.Int32, strict=False)
    return pl.when(year.is_between(1870, 2100)).then(year)


SOURCE = Source(
    name=NAME,
    summary="a viewer's own export from Letterboxd: ratings.csv, diary.csv, or the whole zip",
    recognizes=_recognizes,
    read=_read,
    strict=False,
)

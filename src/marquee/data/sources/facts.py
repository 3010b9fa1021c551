"""What readers of film lists share: numbers, the days on which facts became known, repeats."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from datetime import date

import polars as pl

from marquee.data.schema import MEASURES
from marquee.data.sources.records import Rejects, parse

BOX_OFFICE_DAYS = 180
"""Days after release at which box office counts as known: a theatrical run, with the countries that
open late, is nearly complete after half a year."""

BOX_OFFICE = ("revenue_usd", "domestic_gross_usd")

YEARS = (1870, 2100)


def number(column: str, maximum: float = 1e15) -> pl.Expr:
    """The text of a column as a number from 0 to the maximum, commas dropped; else null."""
    text = pl.col(column).str.replace_all(",", "", literal=True).str.strip_chars()
    value = text.cast(pl.Float64, strict=False)
    return pl.when(value.is_finite() & value.is_between(0, maximum)).then(value)


def year(column: str) -> pl.Expr:
    """The text of a column as a year, null outside 1870 to 2100."""
    value = number(column)
    return pl.when(value.is_between(*YEARS) & (value == value.floor())).then(value.cast(pl.Int32))


def day(column: str) -> pl.Expr:
    """The ISO date in a column, null outside the years 1870 to 2100."""
    value = pl.col(column).str.strip_chars().str.to_date("%Y-%m-%d", strict=False)
    return pl.when(value.dt.year().is_between(*YEARS)).then(value)


def imdb_id(column: str) -> pl.Expr:
    """The IMDb id of a title, tt and digits, where the text is one."""
    return pl.col(column).str.strip_chars().str.extract(r"^(tt\d{1,12})$")


def imdb_id_of(number: pl.Expr) -> pl.Expr:
    """The IMDb id of a number: tt and at least seven digits."""
    return "tt" + number.cast(pl.String).str.zfill(7)


def imdb_number(column: str) -> pl.Expr:
    """The number in an IMDb id, which is unique among titles."""
    return pl.col(column).str.slice(2).cast(pl.Int64)


def listed(column: str | pl.Expr, separator: str = ",") -> pl.Expr:
    """The texts of a cell, without outer blanks and empty ones."""
    cell = pl.col(column) if isinstance(column, str) else column
    parts = cell.str.split(separator).list.eval(pl.element().str.strip_chars())
    return parts.list.filter(pl.element() != "")


def known_number(column: str) -> pl.Expr:
    """The number in a column, null where it is zero, which these sources write for unknown."""
    return pl.when(pl.col(column) > 0).then(pl.col(column))


def parse_numbers(
    records: pl.DataFrame, maxima: Mapping[str, float], rejects: Rejects, file: str
) -> pl.DataFrame:
    """The records with those columns as numbers; a cell that is none is rejected, its row kept."""
    for column, maximum in maxima.items():
        reason = f"not a number from 0 to {maximum:g}"
        records = parse(records, column, number(column, maximum), rejects, file, reason)
    return records


def with_columns_of(records: pl.DataFrame, columns: Iterable[str]) -> pl.DataFrame:
    """The records with every one of the columns, as empty text where the file lacks it."""
    absent = [name for name in columns if name not in records.columns]
    return records.with_columns(pl.lit(None, dtype=pl.String).alias(name) for name in absent)


def merge_repeats(
    records: pl.DataFrame, key: str, rejects: Rejects, file: str, reason: str
) -> pl.DataFrame:
    """One record per key, in order of first appearance.

    Of each column the first value that is there stands, so a later record of the same title only
    fills gaps. Later records are filed as kept: what they describe is not lost.
    """
    repeats = records.filter(~pl.col(key).is_first_distinct())
    if repeats.is_empty():
        return records
    rejects.add(file, repeats, reason, key, row_kept=True)
    return (
        records.group_by(key, maintain_order=True)
        .agg(pl.exclude(key).drop_nulls().first())
        .select(records.columns)
    )


def ragged(rejects: pl.DataFrame) -> int:
    """Number of rejected records that never became rows: those with too few or too many cells."""
    return rejects.filter(pl.col("reason").str.contains(r"^not \d+ cells$")).height


def title_known_on() -> pl.Expr:
    """First day on which a title could be known: its release date, else January 1 of its year."""
    return pl.coalesce("release_date", pl.date(pl.col("year"), 1, 1)).alias("known_on")


def outcomes(measured: pl.DataFrame, collected_on: date, source: str) -> pl.DataFrame:
    """The outcomes table of ``title_id``, ``release_date`` and columns named as measures.

    Box office is known :data:`BOX_OFFICE_DAYS` after the release, but no later than the day on
    which the source was collected, unless the film opened after that day; without a release date it
    is known from the collection. Everything else is a state of the day of collection.
    """
    collected = pl.lit(collected_on, dtype=pl.Date)
    settled = pl.col("release_date").dt.offset_by(f"{BOX_OFFICE_DAYS}d")
    box_office = (
        pl.when(pl.col("release_date") > collected_on)
        .then(settled)
        .otherwise(pl.min_horizontal(settled, collected))
        .fill_null(collected)
    )
    measures = [name for name in MEASURES if name in measured.columns]
    return (
        measured.select(
            "title_id", "release_date", *(pl.col(name).cast(pl.Float64) for name in measures)
        )
        .unpivot(measures, index=["title_id", "release_date"], variable_name="measure")
        .drop_nulls("value")
        .select(
            "title_id",
            "measure",
            "value",
            pl.when(pl.col("measure").is_in(BOX_OFFICE))
            .then(box_office)
            .otherwise(collected)
            .alias("known_on"),
            pl.lit(source).alias("source"),
        )
    )

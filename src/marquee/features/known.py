"""Counts and means of what was known on a day, per group, without the title that is asked about."""

from __future__ import annotations

import numpy as np
import polars as pl

UNIT = 2.0**32
"""Parts into which 1 is cut. Sums are kept in whole parts, so that they are exact in any order and
a title's own value can be taken out of them without a trace. A log of dollars lies below 2^5, which
leaves room for sums over 2^26 films."""


def known(facts: pl.DataFrame, asked: pl.DataFrame, years: int | None = None) -> pl.DataFrame:
    """The questions in their order with ``known_n`` and ``known_mean``: of the group's facts.

    Facts have group, title_id, value and ``counts_on``, the first day asked about on which they
    count; at most one row per group and title. Questions have group, title_id and as_of; facts of
    their own title are left out whatever the day. With ``years``, only facts that have counted for
    less than so many years are taken. Without any, the count is 0 and the mean null.
    """
    facts = facts.with_columns((pl.col("value") * UNIT).round().cast(pl.Int64).alias("parts"))
    running = _running(facts)
    asked = asked.with_row_index("_row").with_columns(
        pl.col("as_of").alias("_until"),
        (
            pl.lit(None, pl.Date) if years is None else pl.col("as_of").dt.offset_by(f"-{years}y")
        ).alias("_since"),
    )
    until, since = (_sums(running, asked, day) for day in ("_until", "_since"))
    own = asked.join(
        facts.select("group", "title_id", "counts_on", "parts"),
        on=["group", "title_id"],
        how="left",
    )
    own = own.sort("_row").select(
        (
            (pl.col("counts_on") <= pl.col("_until"))
            & (pl.col("counts_on") > pl.col("_since")).fill_null(True)
        )
        .fill_null(False)
        .cast(pl.Int64)
        .alias("n"),
        "parts",
    )
    n = (until["n"] - since["n"] - own["n"]).to_numpy()
    parts = (until["parts"] - since["parts"] - own["n"] * own["parts"].fill_null(0)).to_numpy()
    with np.errstate(invalid="ignore"):
        mean = parts / UNIT / n
    return asked.drop("_row", "_until", "_since").with_columns(
        pl.Series("known_n", n), pl.Series("known_mean", mean, nan_to_null=True)
    )


def _running(facts: pl.DataFrame) -> pl.DataFrame:
    """Counts and sums up to each day of each group, by ``counts_on``."""
    days = facts.group_by("group", "counts_on").agg(
        pl.len().cast(pl.Int64).alias("n"), pl.col("parts").sum()
    )
    return days.sort("counts_on", "group").with_columns(
        pl.col("n", "parts").cum_sum().over("group")
    )


def _sums(running: pl.DataFrame, asked: pl.DataFrame, day: str) -> pl.DataFrame:
    """Counts and sums up to that day of each question, in the questions' order; 0 for no day."""
    days = asked.select("_row", "group", pl.col(day).alias("_day"))
    found = (
        days.drop_nulls("_day")
        .sort("_day")
        .join_asof(
            running,
            left_on="_day",
            right_on="counts_on",
            by="group",
            strategy="backward",
            check_sortedness=False,
        )
    )
    return (
        days.select("_row")
        .join(found.select("_row", "n", "parts"), on="_row", how="left")
        .sort("_row")
        .select(pl.col("n", "parts").fill_null(0))
    )

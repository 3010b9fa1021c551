"""Films whose box office is known, alone and by the groups they belong to.

A film counts for a question once it has been out for ``asking.LAG_DAYS``, its box office is known,
and so are the title and its link to the group. Money is in constant dollars, so that films of
different decades can be set side by side.
"""

from __future__ import annotations

import math

import polars as pl

from marquee.data.tables import Tables
from marquee.features.asking import settled
from marquee.features.cpi import real_usd

PLAUSIBLE_USD = 1000.0
"""Money below it was written in another unit or by mistake, and is taken as unknown."""

RETURNS = (0.05, 20.0)
"""Multiples of the budget beyond which a film's return counts as these: one home movie that took
in a thousand times its cost says little about the next film."""


def past_films(tables: Tables) -> pl.DataFrame:
    """Films whose box office is known: title_id, released_on, counts_on, and how they did.

    ``counts_on`` is the first day asked about on which the film counts. ``log_revenue`` is the log
    of the revenue in constant dollars, ``total_usd`` that revenue, ``log_return`` the log of
    revenue over budget, null without a budget and cut to :data:`RETURNS`.
    """
    films = settled(tables, "revenue_usd").filter(pl.col("value") >= PLAUSIBLE_USD)
    real = real_usd(pl.col("value"), pl.col("released_on").dt.year())
    budget = pl.when(pl.col("budget_usd") >= PLAUSIBLE_USD).then(pl.col("budget_usd"))
    multiple = pl.col("value") / budget
    return films.join(tables.titles.select("title_id", "budget_usd"), on="title_id").select(
        "title_id",
        "released_on",
        pl.col("usable_from").alias("counts_on"),
        real.alias("total_usd"),
        real.log().alias("log_revenue"),
        multiple.log().clip(*map(math.log, RETURNS)).alias("log_return"),
    )


def day_after(column: str) -> pl.Expr:
    """The first day asked about that lies after the day in the column."""
    return pl.col(column).dt.offset_by("1d")


def history(films: pl.DataFrame, groups: pl.DataFrame) -> pl.DataFrame:
    """The past films of each group, one row per group and title.

    ``films`` comes from :func:`past_films`; ``groups`` has group, title_id and ``known_on``, the
    day on which it became known that the title belongs to the group, null for never.
    """
    links = (
        groups.drop_nulls("known_on")
        .group_by("group", "title_id")
        .agg(pl.col("known_on").min())
        .join(films, on="title_id")
    )
    return links.with_columns(
        pl.max_horizontal("counts_on", day_after("known_on")).alias("counts_on")
    ).drop("known_on")

"""What a title goes on with: the films of its series that were out by then, and how they did.

A first film is not in a franchise, although its row may name one today: only earlier films count.
"""

from __future__ import annotations

import polars as pl

from marquee.data.tables import Tables
from marquee.features.asking import LAG_DAYS, own_rows, settled
from marquee.features.base import Column, Theme
from marquee.features.cpi import BASE_YEAR, real_usd
from marquee.features.series import BILLED, earlier_parts

DAYS_PER_YEAR = 365.25

LEAST_BUDGET_USD = 1000.0
"""A budget below it was written in another unit or by mistake; no multiple of it is told."""


def compute(tables: Tables, asked: pl.DataFrame) -> pl.DataFrame:
    """The questions with the columns of the theme."""
    parts = earlier_parts(tables, asked)
    revenue = settled(tables, "revenue_usd").select(
        pl.col("title_id").alias("part_id"),
        real_usd(pl.col("value"), pl.col("released_on").dt.year()).alias("real_usd"),
        "value",
        "usable_from",
    )
    budgets = tables.titles.filter(pl.col("budget_usd") >= LEAST_BUDGET_USD).select(
        pl.col("title_id").alias("part_id"), "budget_usd"
    )
    told = parts.join(revenue, on="part_id", how="left", maintain_order="left").join(
        budgets, on="part_id", how="left", maintain_order="left"
    )
    usable = pl.col("usable_from") <= pl.col("as_of")
    earned = pl.col("real_usd").filter(usable)
    multiple = (pl.col("value") / pl.col("budget_usd")).filter(usable).drop_nulls()
    since = pl.coalesce("released_on", "as_of").first() - pl.col("part_released_on").last()
    found = told.group_by("title_id", "as_of", maintain_order=True).agg(
        pl.len().alias("n_earlier_parts"),
        earned.last().alias("earlier_last_revenue_usd"),
        earned.mean().alias("earlier_mean_revenue_usd"),
        earned.max().alias("earlier_max_revenue_usd"),
        multiple.last().alias("earlier_last_multiple"),
        (since.dt.total_days() / DAYS_PER_YEAR).alias("years_since_earlier_part"),
    )
    own = own_rows(tables, asked)
    return own.join(
        found, on=["title_id", "as_of"], how="left", maintain_order="left", validate="1:1"
    ).with_columns(
        pl.when("known").then(pl.col("n_earlier_parts").fill_null(0)).alias("n_earlier_parts"),
        pl.when("known").then(pl.col("n_earlier_parts").fill_null(0) > 0).alias("is_sequel"),
    )


_REAL = f"US dollars of {BASE_YEAR}, outcomes known by then, {LAG_DAYS} days after release"

THEME = Theme(
    name="collection",
    summary="Earlier films of the series, and how they did.",
    columns=(
        Column(
            "n_earlier_parts",
            "number",
            "announced",
            "franchise",
            "films of the same series released before: by the collection in both rows, else by a "
            "name with a higher number, or one that goes on and a director or one of the first "
            f"{BILLED} actors in common",
        ),
        Column("is_sequel", "flag", "announced", "franchise", "whether there is an earlier film"),
        Column(
            "earlier_last_revenue_usd",
            "number",
            "announced",
            "franchise",
            f"worldwide box office of the latest earlier film, {_REAL}",
        ),
        Column(
            "earlier_mean_revenue_usd",
            "number",
            "announced",
            "franchise",
            f"mean worldwide box office of the earlier films, {_REAL}",
        ),
        Column(
            "earlier_max_revenue_usd",
            "number",
            "announced",
            "franchise",
            f"greatest worldwide box office of the earlier films, {_REAL}",
        ),
        Column(
            "earlier_last_multiple",
            "number",
            "announced",
            "franchise",
            "box office of the latest earlier film as a multiple of its budget, where both are "
            "known by then",
        ),
        Column(
            "years_since_earlier_part",
            "number",
            "announced",
            "franchise",
            "years from the release of the latest earlier film to this one's",
        ),
    ),
    compute=compute,
)

"""What became of the title itself, as known by then: for looking back, never for forecasts."""

from __future__ import annotations

import polars as pl

from marquee.data.schema import MEASURES
from marquee.data.tables import Tables
from marquee.features.asking import own_rows
from marquee.features.base import Column, Theme


def compute(tables: Tables, asked: pl.DataFrame) -> pl.DataFrame:
    """The questions with the columns of the theme.

    Of several values of a measure the one that became known last counts, the greatest where
    several did on one day.
    """
    own = own_rows(tables, asked, "budget_usd")
    facts = tables.outcomes.select("title_id", "measure", "value", "known_on")
    seen = (
        own.filter("known")
        .select("title_id", "as_of")
        .join(facts, on="title_id", how="inner")
        .filter(pl.col("known_on") < pl.col("as_of"))
        .sort("title_id", "as_of", "known_on", "value")
    )
    latest = seen.group_by("title_id", "as_of", maintain_order=True).agg(
        pl.col("value").filter(pl.col("measure") == name).last().alias(name) for name in MEASURES
    )
    own = own.join(
        latest, on=["title_id", "as_of"], how="left", maintain_order="left", validate="1:1"
    )
    return own.with_columns(
        (pl.col("revenue_usd") - pl.col("budget_usd")).alias("profit_usd"),
        (pl.col("revenue_usd") / pl.col("budget_usd")).alias("roi"),
    )


THEME = Theme(
    name="outcomes",
    summary="The title's own votes, box office and critics, as known by then.",
    columns=(
        *(
            Column(name, "number", "post_release", "outcome", f"{meaning}, as last known")
            for name, meaning in MEASURES.items()
        ),
        Column(
            "profit_usd",
            "number",
            "post_release",
            "outcome",
            "worldwide box office less the budget, nominal US dollars; null unless both are known",
        ),
        Column(
            "roi",
            "number",
            "post_release",
            "outcome",
            "worldwide box office as a multiple of the budget; null unless both are known",
        ),
    ),
    compute=compute,
)

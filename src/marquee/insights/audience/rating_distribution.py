"""How viewers use the rating scale."""

from __future__ import annotations

import polars as pl

from marquee.data.tables import Tables
from marquee.insights import charts
from marquee.insights.audience.ratings import need_ratings
from marquee.insights.base import Chart, Finding, Insight
from marquee.insights.intervals import mean
from marquee.insights.sentences import Number, said


def rating_distribution(tables: Tables, _seed: int = 0) -> Finding:
    """The ratings given at each step of the scale, their mean, and the step given most.

    The interval of the mean takes viewers as drawn at random, with all the ratings of each.
    """
    ratings = need_ratings(tables)
    counts = ratings.group_by("rating").len("ratings").sort("rating")
    table = counts.select(
        pl.col("rating").cast(pl.Float64).alias("stars"),
        "ratings",
        (pl.col("ratings") / ratings.height).alias("share"),
    )
    top = table.sort("ratings", "stars", descending=True).row(0, named=True)
    n = ratings.height
    middle = mean(ratings["rating"].to_numpy(), ratings["viewer_id"].to_numpy(), "stars")
    median = float(ratings["rating"].cast(pl.Float64).median() or 0)  # type: ignore[arg-type]
    spread = float(ratings["rating"].cast(pl.Float64).std() or 0)  # type: ignore[arg-type]
    return Finding(
        sentences=(
            said(
                "The mean rating is {mean:sure}, and {top} is given most, in {share} of the "
                "ratings.",
                mean=middle,
                top=Number(top["stars"], unit="stars", digits=1),
                share=Number(top["share"], unit="%", digits=1, n=n),
            ),
            said(
                "Half of the ratings are at least {median}; their standard deviation is {spread}.",
                median=Number(median, unit="stars", digits=1, n=n),
                spread=Number(spread, unit="stars", digits=2, n=n),
            ),
        ),
        n=n,
        counted="ratings",
        table=table,
        units={"share": "%", "stars": "year"},
        chart=Chart(
            charts.columns(table, charts.axis("stars", kind="ordinal"), "ratings"),
            said(
                "Bars of the number of ratings at each of {steps} steps from {low} to {high}; the "
                "tallest is at {top}.",
                steps=Number(table.height),
                low=Number(float(table["stars"][0]), digits=1),
                high=Number(float(table["stars"][-1]), unit="stars", digits=1),
                top=Number(top["stars"], unit="stars", digits=1),
            ),
        ),
        caveats=(
            said(
                "People rate what they chose to watch: the mean of ratings is higher than the mean "
                "of what everybody would think."
            ),
        ),
        weight=0.6,
    )


INSIGHT = Insight(
    "rating-distribution", "audience", "How do viewers use the scale?", rating_distribution
)

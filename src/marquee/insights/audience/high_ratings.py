"""How many ratings are high."""

from __future__ import annotations

import polars as pl

from marquee.data.tables import Tables
from marquee.insights import charts
from marquee.insights.audience.ratings import need_ratings
from marquee.insights.audience.scores import LEAST
from marquee.insights.base import Chart, Finding, Insight
from marquee.insights.intervals import mean, share
from marquee.insights.sentences import Number, count, said

HIGH = 4.0
"""Stars from which on a rating is called high."""


def high_ratings(tables: Tables, _seed: int = 0) -> Finding:
    """The share of ratings of at least each number of stars, and of titles that most rate high.

    Intervals take viewers as drawn at random, with all the ratings of each.
    """
    ratings = need_ratings(tables)
    stars = ratings["rating"].to_numpy()
    viewers = ratings["viewer_id"].to_numpy()
    steps = [step for step in ratings["rating"].unique().sort().to_list() if step >= 1]
    shares = [mean(stars >= step, viewers, "%", 1) for step in steps]
    table = pl.DataFrame(
        {
            "at least": steps,
            "ratings": [int((stars >= step).sum()) for step in steps],
            "share": [number.value for number in shares],
            "low": [number.low for number in shares],
            "high": [number.high for number in shares],
        },
        schema_overrides={"at least": pl.Float64, "low": pl.Float64, "high": pl.Float64},
    )
    high = mean(stars >= HIGH, viewers, "%", 1)
    by_title = ratings.group_by("title_id").agg(
        n=pl.len(), high=(pl.col("rating") >= HIGH).sum().cast(pl.Int64)
    )
    known = by_title.filter(pl.col("n") >= LEAST)
    sentences = [
        said(
            "{share:sure} of the ratings are {high} or more.",
            share=high,
            high=Number(HIGH, unit="stars"),
        )
    ]
    if known.height:
        most = int((known["high"] * 2 > known["n"]).sum())
        sentences.append(
            said(
                "{share:sure} of the {n} titles with at least {least} ratings are rated so high by "
                "most of their viewers.",
                share=share(most, known.height),
                n=count(known.height),
                least=Number(LEAST),
            )
        )
    return Finding(
        sentences=tuple(sentences),
        n=ratings.height,
        counted="ratings",
        table=table,
        units={"at least": "year", "share": "%", "low": "%", "high": "%"},
        chart=Chart(
            charts.columns(
                table,
                charts.axis("at least", "at least so many stars", kind="ordinal"),
                "share",
                "share of ratings",
                share=True,
            ),
            said(
                "Falling columns: the share of ratings of at least each number of stars, {share} "
                "at {high}.",
                share=high,
                high=Number(HIGH, unit="stars"),
            ),
        ),
        caveats=(
            said(
                "A high rating says that somebody who chose the title liked it, and not how many "
                "would choose it."
            ),
        ),
        weight=0.45,
    )


INSIGHT = Insight("high-ratings", "audience", "How many ratings are high?", high_ratings)

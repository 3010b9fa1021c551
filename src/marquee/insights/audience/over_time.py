"""How ratings change over time."""

from __future__ import annotations

import numpy as np
import polars as pl
from scipy.stats import t

from marquee.data.tables import Tables
from marquee.errors import UnanswerableError
from marquee.insights import charts
from marquee.insights.audience.ratings import need_ratings
from marquee.insights.base import Chart, Finding, Insight
from marquee.insights.intervals import COVERAGE, difference_and_error, estimate, mean_and_error
from marquee.insights.sentences import Number, Sentence, count, said
from marquee.insights.wording import compared

STEPS = (("1mo", 36, "month"), ("3mo", 60, "quarter"), ("1y", 10_000, "year"))
"""Lengths of a step, each for a span of at most so many of them."""
LEAST = 20
"""Ratings of a step whose mean is shown."""


def over_time(tables: Tables, _seed: int = 0) -> Finding:
    """Ratings and their mean in each month, quarter or year; and the later half against the first.

    The halves are of the ratings in the order of their days. A viewer who rated in both is one
    viewer: the error of the difference follows from what each viewer adds to it.
    """
    every = need_ratings(tables)
    ratings = every.drop_nulls("rated_at")
    if ratings.is_empty():
        raise UnanswerableError("no rating has a day")
    step, word = _step(ratings)
    if step is None:
        raise UnanswerableError("all ratings were given in one month")
    table = (
        ratings.with_columns(
            from_=pl.col("rated_at").dt.date().dt.truncate(step),
            rating=pl.col("rating").cast(pl.Float64),
        )
        .group_by("from_")
        .agg(ratings=pl.len().cast(pl.Int64), viewers=pl.col("viewer_id").n_unique().cast(pl.Int64))
        .sort("from_")
    )
    starts = ratings["rated_at"].dt.date().dt.truncate(step)
    means = [
        mean_and_error(part["rating"].to_numpy(), part["viewer_id"].to_numpy())
        for part in ratings.with_columns(starts.alias("from_"))
        .sort("from_", "viewer_id", "title_id")
        .partition_by("from_", maintain_order=True)
    ]
    reach = np.array([t.isf((1 - COVERAGE) / 2, freedom) * error for _, error, freedom in means])
    middle = np.array([value for value, *_ in means])
    shown = (table["ratings"] >= LEAST).to_numpy()
    table = table.with_columns(
        pl.Series("mean rating", np.where(shown, middle, np.nan), nan_to_null=True),
        pl.Series("low", np.where(shown, middle - reach, np.nan), nan_to_null=True),
        pl.Series("high", np.where(shown, middle + reach, np.nan), nan_to_null=True),
    ).rename({"from_": f"{word} from"})
    apart = _halves(ratings)
    drawn = table.drop_nulls("mean rating")
    return Finding(
        sentences=tuple(_sentences(ratings, table, apart, word)),
        n=ratings.height,
        counted="ratings with a day",
        table=table,
        units={},
        chart=Chart(
            charts.band(
                drawn, charts.axis(f"{word} from", "", kind="temporal"), "mean rating", "low",
                "high", f"mean rating of each {word}",
            ),
            said(
                "A line of the mean rating of each {word} with its interval, from {first} to "
                "{last}.",
                word=word,
                first=Number(float(drawn["mean rating"][0]), digits=2),
                last=Number(float(drawn["mean rating"][-1]), unit="stars", digits=2),
            ),
        )
        if drawn.height > 1
        else None,
        caveats=(
            *_undated(every.height - ratings.height, every.height),
            said(
                "Who rates and what is rated change too: a mean that moves does not say that "
                "tastes did."
            ),
        ),
        differences=("the later half",) if apart.is_sure else (),
        weight=0.45,
    )  # fmt: skip


def _step(ratings: pl.DataFrame) -> tuple[str | None, str]:
    days = ratings["rated_at"].dt.date()
    for step, most, word in STEPS:
        n = days.dt.truncate(step).n_unique()
        if n == 1:
            break
        if n <= most:
            return step, word
    return None, ""


def _halves(ratings: pl.DataFrame) -> Number:
    ordered = ratings.sort("rated_at", "viewer_id", "title_id")
    later = np.arange(ordered.height) * 2 >= ordered.height
    return estimate(
        difference_and_error(ordered["rating"].to_numpy(), later, ordered["viewer_id"].to_numpy()),
        "stars",
        2,
    )


def _sentences(
    ratings: pl.DataFrame, table: pl.DataFrame, apart: Number, word: str
) -> list[Sentence]:
    told = []
    if apart.is_sure:
        told.append(
            said(
                "The later half of the ratings is {words} than the first, by {apart:size}.",
                words=compared(apart, "higher", "lower", ""),
                apart=apart,
            )
        )
    elif apart.low is not None:
        told.append(said("The later half of the ratings is not shown to differ from the first."))
    busiest = table.sort(pl.col("ratings").neg(), f"{word} from").row(0, named=True)
    told.append(
        said(
            "Of {n} ratings from {first} to {last}, {most} fall into the busiest {word}, which "
            "began on {start}.",
            n=count(ratings.height),
            first=str(ratings["rated_at"].dt.date().min()),
            last=str(ratings["rated_at"].dt.date().max()),
            most=count(busiest["ratings"]),
            word=word,
            start=str(busiest[f"{word} from"]),
        )
    )
    return told


def _undated(n: int, every: int) -> list[Sentence]:
    if not n:
        return []
    return [
        said(
            "{share} of the ratings have no day and are left out.",
            share=Number(n / every, unit="%", digits=1, n=every),
        )
    ]


INSIGHT = Insight("over-time", "audience", "Do ratings change over time?", over_time)

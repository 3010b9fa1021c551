"""How many ratings viewers give, and whether those who give most give others."""

from __future__ import annotations

import numpy as np
import polars as pl
from numpy.typing import NDArray

from marquee.data.tables import Tables
from marquee.errors import UnanswerableError
from marquee.insights import charts
from marquee.insights.audience.ratings import need_ratings
from marquee.insights.base import Chart, Finding, Insight
from marquee.insights.intervals import difference_and_error, estimate
from marquee.insights.sentences import Number, Sentence, count, said
from marquee.insights.wording import compared

ACTIVE = 0.1
"""The share of the viewers, those with most ratings, that is called the most active."""
LEAST_VIEWERS = 20
LEAST_RATINGS = 20
"""Ratings that a title has from others where its mean without the most active is told."""


def viewer_activity(tables: Tables, _seed: int = 0) -> Finding:
    """Ratings per viewer, and what the averages would be without the most active viewers.

    Of viewers with equally many ratings the one of the lower number counts as more active.
    """
    ratings = need_ratings(tables)
    counts = (
        ratings.group_by("viewer_id")
        .agg(n=pl.len().cast(pl.Int64))
        .sort(pl.col("n").neg(), "viewer_id")
    )
    if counts.height < LEAST_VIEWERS:
        raise UnanswerableError(
            f"{counts.height} viewers rated, and {LEAST_VIEWERS} are needed to tell the most active"
        )
    n_active = max(round(ACTIVE * counts.height), 1)
    active = counts.head(n_active)
    marked = ratings["viewer_id"].is_in(active["viewer_id"].implode()).to_numpy()
    stars = ratings["rating"].to_numpy().astype(np.float64)
    apart = estimate(
        difference_and_error(stars, marked, ratings["viewer_id"].to_numpy()), "stars", 2
    )
    held = Number(float(active["n"].sum() / ratings.height), unit="%", n=ratings.height)
    sentences = [
        said(
            "The most active {part} of the viewers give {share} of the ratings.",
            part=Number(ACTIVE, unit="%", n=n_active),
            share=held,
        ),
        *_compared(apart),
        said(
            "Half of the {n} viewers give at most {median} ratings; the most active gives {most}.",
            n=count(counts.height),
            median=Number(float(counts["n"].median() or 0)),  # type: ignore[arg-type]
            most=count(int(counts["n"][0])),
        ),
        *_moved(ratings, marked),
    ]
    table = _table(counts, ratings)
    return Finding(
        sentences=tuple(sentences),
        n=ratings.height,
        counted="ratings",
        table=table,
        units={"share of ratings": "%"},
        chart=Chart(
            charts.columns(
                table,
                charts.axis("tenth of viewers", "tenths of viewers", kind="ordinal"),
                "share of ratings",
                share=True,
            ),
            said(
                "Falling columns: the share of the ratings that each tenth of the viewers gives; "
                "the most active tenth gives {share}.",
                share=held,
            ),
        ),
        differences=("the most active",) if apart.is_sure else (),
        weight=0.35 + 0.5 * held.value,
    )  # fmt: skip


def _compared(apart: Number) -> list[Sentence]:
    if apart.low is None:
        return []
    if not apart.is_sure:
        return [said("Their ratings are not shown to differ from those of the others.")]
    return [
        said(
            "Their ratings are {words} than those of the others, by {apart:size}.",
            words=compared(apart, "higher", "lower", ""),
            apart=apart,
        )
    ]


def _moved(ratings: pl.DataFrame, marked: NDArray[np.bool_]) -> list[Sentence]:
    """How far titles' means move when the most active are left out."""
    by_title = (
        ratings.with_columns(active=pl.Series(marked), rating=pl.col("rating").cast(pl.Float64))
        .group_by("title_id")
        .agg(
            every=pl.col("rating").mean(),
            others=pl.col("rating").filter(~pl.col("active")).mean(),
            n=(~pl.col("active")).sum(),
        )
        .filter(pl.col("n") >= LEAST_RATINGS)
    )
    if by_title.height < 2:
        return []
    moved = (by_title["others"] - by_title["every"]).abs().sort()
    return [
        said(
            "Without them the means of titles with at least {least} other ratings move: half of "
            "them by more than {median}, one by {most}.",
            least=Number(LEAST_RATINGS),
            median=Number(float(moved.median() or 0), unit="stars", digits=2, n=by_title.height),  # type: ignore[arg-type]
            most=Number(float(moved[-1]), unit="stars", digits=2, n=by_title.height),
        )
    ]


def _table(counts: pl.DataFrame, ratings: pl.DataFrame) -> pl.DataFrame:
    place = pl.int_range(pl.len()) * 10 // pl.len() + 1
    tenths = counts.with_columns(place.alias("tenth of viewers"))
    sums = (
        ratings.join(tenths, on="viewer_id")
        .group_by("tenth of viewers")
        .agg(mean=pl.col("rating").cast(pl.Float64).sum() / pl.len())
    )
    return (
        tenths.group_by("tenth of viewers")
        .agg(
            viewers=pl.len().cast(pl.Int64),
            ratings=pl.col("n").sum(),
            fewest=pl.col("n").min(),
            most=pl.col("n").max(),
        )
        .join(sums, on="tenth of viewers")
        .sort("tenth of viewers")
        .with_columns((pl.col("ratings") / ratings.height).alias("share of ratings"))
        .rename({"mean": "mean rating"})
    )


INSIGHT = Insight(
    "viewer-activity", "audience", "How much do the most active viewers shape the averages?",
    viewer_activity,
)  # fmt: skip

"""How far viewers agree, and about which titles they are divided."""

from __future__ import annotations

import numpy as np
import polars as pl
from numpy.typing import NDArray

from marquee.data.tables import Tables
from marquee.errors import UnanswerableError
from marquee.insights import charts
from marquee.insights.audience.ratings import need_ratings
from marquee.insights.audience.scores import named
from marquee.insights.base import Chart, Finding, Insight
from marquee.insights.multiple import compare
from marquee.insights.sentences import Number, Sentence, count, said

LEAST = 50
"""Ratings of a title whose spread is told."""
SHOWN = 10
"""Titles at each end of the picture."""


def agreement(tables: Tables, _seed: int = 0) -> Finding:
    r"""How far two ratings of a title lie apart, and which titles divide viewers more than others.

    With :math:`s_i^2` the variance within a title and :math:`s^2` the variance of all ratings, the
    share of how ratings vary that goes when one knows the title is :math:`1 - s_w^2 / s^2`, where
    :math:`s_w^2` is the variance within titles, pooled. A title is called more or less divided
    where its variance differs from the pooled one; the variance of a sample variance is
    :math:`(m_4 - s_i^4) / n_i` (large samples), of the title's own fourth moment or the pooled one,
    whichever says more; corrected for the number of titles.
    """
    ratings = need_ratings(tables)
    by_title = _moments(ratings)
    many = by_title.filter(pl.col("n") > 1)
    if many.is_empty():
        raise UnanswerableError("no title has two ratings")
    within = float((many["squares"]).sum()) / float((many["n"] - 1).sum())
    overall = float(ratings["rating"].cast(pl.Float64).var() or 0)  # type: ignore[arg-type]
    known = by_title.filter(pl.col("n") >= LEAST).join(named(tables), on="title_id", how="left")
    if known.height < 2 or overall <= 0:
        raise UnanswerableError(f"fewer than two titles have {LEAST} ratings")
    variance = (known["squares"] / (known["n"] - 1)).to_numpy()
    fourth = (known["fourths"] / known["n"]).to_numpy()
    usual = float(many["fourths"].sum()) / float(many["n"].sum()) - within**2
    errors = np.sqrt(np.maximum(fourth - variance**2, usual) / known["n"].to_numpy())
    found = compare(variance - within, errors)
    table = _table(known, variance, found.differs, found.estimates)
    divided = int((found.differs & (found.estimates > 0)).sum())
    agreed = int((found.differs & (found.estimates < 0)).sum())
    return Finding(
        sentences=tuple(
            _sentences(within, overall, ratings.height, known.height, divided, agreed, table)
        ),
        n=ratings.height,
        counted="ratings",
        table=table,
        units={"low ratings": "%", "high ratings": "%"},
        chart=Chart(
            charts.chart(
                table,
                charts.line_at(float(np.sqrt(within))),
                charts.layer(
                    "point",
                    x=charts.axis("spread", "standard deviation, stars", scale=charts.NEAR),
                    y=charts.names("title"),
                ),
            ),
            said(
                "Dots of the spread of ratings of {n} titles: the most divided at the top, from "
                "{most}, and the least divided at the bottom, to {least}, on both sides of the "
                "line of all titles at {within}.",
                n=count(table.height),
                most=Number(float(table["spread"][0]), unit="stars", digits=2),
                least=Number(float(table["spread"][-1]), unit="stars", digits=2),
                within=Number(float(np.sqrt(within)), unit="stars", digits=2),
            ),
        ),
        caveats=(
            said(
                "A title whose mean lies near the end of the scale has less room for ratings to "
                "differ."
            ),
        ),
        differences=tuple(sorted(known.filter(pl.Series(found.differs))["title"].to_list())),
        weight=0.55,
    )  # fmt: skip


def _moments(ratings: pl.DataFrame) -> pl.DataFrame:
    """Of each title: n, mean, sums of second and fourth powers about it, low and high ratings."""
    stars = pl.col("rating").cast(pl.Float64)
    counts = ratings.group_by("title_id", "rating").agg(k=pl.len().cast(pl.Int64))
    counts = counts.sort("title_id", "rating").with_columns(stars)
    n, total = pl.col("k").sum(), (pl.col("k") * pl.col("rating")).sum()
    apart = pl.col("rating") - total / n
    return (
        counts.group_by("title_id", maintain_order=True)
        .agg(
            n=n,
            mean=total / n,
            squares=(pl.col("k") * apart**2).sum(),
            fourths=(pl.col("k") * apart**4).sum(),
            low=pl.col("k").filter(pl.col("rating") <= 2).sum() / n,
            high=pl.col("k").filter(pl.col("rating") >= 4).sum() / n,
        )
        .sort("title_id")
    )


def _table(
    known: pl.DataFrame,
    variance: NDArray[np.float64],
    differs: NDArray[np.bool_],
    apart: NDArray[np.float64],
) -> pl.DataFrame:
    """The titles at both ends, the most divided first."""
    ordered = (
        known.with_columns(spread=np.sqrt(variance), differs=differs, apart=apart)
        .sort(pl.col("spread").round(9).neg(), "title_id")
        .select(
            "title",
            pl.col("n").alias("ratings"),
            "mean",
            "spread",
            pl.col("low").alias("low ratings"),
            pl.col("high").alias("high ratings"),
            "differs",
        )
    )
    if ordered.height <= 2 * SHOWN:
        return ordered
    return pl.concat([ordered.head(SHOWN), ordered.tail(SHOWN)])


def _sentences(
    within: float, overall: float, n: int, n_titles: int, divided: int, agreed: int,
    table: pl.DataFrame,
) -> list[Sentence]:  # fmt: skip
    first, last = table.row(0, named=True), table.row(-1, named=True)
    return [
        said(
            "Knowing the title explains {share} of how ratings vary: two viewers of one title "
            "differ nearly as much as two ratings of any."
            if within > 0.75 * overall
            else "Knowing the title explains {share} of how ratings vary.",
            share=Number(max(1 - within / overall, 0), unit="%", n=n),
        ),
        said(
            "Of {n} titles with at least {least} ratings {divided} divide viewers more than usual, "
            "and {agreed} less.",
            n=count(n_titles),
            least=Number(LEAST),
            divided=count(divided),
            agreed=count(agreed),
        ),
        said(
            "The most divided is {first}, with {low} of its {count} ratings at two stars or less "
            "and {high} at four or more; the least is {last}.",
            first=first["title"],
            low=Number(first["low ratings"], unit="%"),
            high=Number(first["high ratings"], unit="%"),
            count=count(first["ratings"]),
            last=last["title"],
        ),
    ]


INSIGHT = Insight("agreement", "audience", "How far do viewers agree?", agreement)

"""Which titles to ask ratings for: those where one more rating would tell the most."""

from __future__ import annotations

import numpy as np
import polars as pl
from numpy.typing import NDArray
from scipy.stats import norm

from marquee.data.tables import Tables
from marquee.errors import UnanswerableError
from marquee.insights import charts
from marquee.insights.base import Chart, Finding, Insight
from marquee.insights.intervals import share
from marquee.insights.sentences import Number, count, said

GOOD = 4.0
"""Mean in stars from which a title is worth recommending to everybody."""

SHOWN = 20
MIN_RATINGS = 100
"""Ratings of titles with two and more that the spreads are estimated from."""


def to_be_rated(tables: Tables, _seed: int = 0) -> Finding:
    """Titles by how much one more rating is expected to help tell whether they are good.

    A title's true mean is drawn from a normal distribution over titles, its ratings from one
    around it. What a rating is worth is the expected gain of the better of two answers, "good" and
    "not good", once it is known: large for a title of few ratings that may be either.

    References
    ----------
    P. Frazier, W. Powell and S. Dayanik, "A knowledge-gradient policy for sequential information
    collection", SIAM Journal on Control and Optimization 47, 2008.
    """
    if tables.ratings.is_empty():
        raise UnanswerableError("the data hold no ratings by viewers")
    rated = (
        tables.ratings.group_by("title_id")
        .agg(
            pl.len().alias("ratings"),
            pl.col("rating").cast(pl.Float64).mean().alias("mean so far"),
            pl.col("rating").cast(pl.Float64).var(ddof=1).alias("variance"),
        )
        .sort("title_id")
    )
    middle, within, between = spreads(rated)
    n = rated["ratings"].to_numpy().astype(np.float64)
    weight = between / (between + within / n)
    expected = middle + weight * (rated["mean so far"].to_numpy() - middle)
    variance = between * (1 - weight)
    gain = gains(expected, variance, within)
    chance = norm.sf((GOOD - expected) / np.sqrt(variance))
    table = (
        rated.with_columns(
            pl.Series("expected mean", expected),
            pl.Series("from", expected - 1.96 * np.sqrt(variance)),
            pl.Series("to", expected + 1.96 * np.sqrt(variance)),
            pl.Series("chance to be good", chance),
            pl.Series("_gain", gain),
        )
        .join(tables.titles.select("title_id", "name", "year"), on="title_id", how="left")
        .sort("_gain", "title_id", descending=[True, False])
    )
    unsure = int(((chance > 0.1) & (chance < 0.9)).sum())
    shown = table.head(SHOWN).select(
        pl.when(pl.col("year").is_null())
        .then("name")
        .otherwise(pl.format("{} ({})", "name", "year"))
        .alias("title"),
        "ratings",
        "mean so far",
        "expected mean",
        "from",
        "to",
        "chance to be good",
    )
    first = shown.row(0, named=True)
    return Finding(
        sentences=(
            said(
                "Ask first for ratings of {title}: as far as the number of its ratings, {ratings}, "
                "can tell, its mean is {mean}, {mean:range}, and it is good, which is {good} and "
                "more, with a chance of {chance}.",
                title=str(first["title"]),
                ratings=count(first["ratings"]),
                mean=Number(first["expected mean"], first["from"], first["to"], "stars", 1),
                chance=Number(first["chance to be good"], unit="%"),
                good=Number(GOOD, unit="stars"),
            ),
            said(
                "Of {unsure:sure} of {titles} it is open whether they are good: their chance lies "
                "between {low} and {high}; the {shown} whose next rating would tell most have "
                "{few} to {many}.",
                unsure=share(unsure, rated.height),
                titles=count(rated.height, "rated titles"),
                low=Number(0.1, unit="%"),
                high=Number(0.9, unit="%"),
                shown=Number(shown.height),
                few=Number(int(shown["ratings"].min())),  # type: ignore[arg-type]
                many=count(int(shown["ratings"].max()), "ratings"),  # type: ignore[arg-type]
            ),
        ),
        n=tables.ratings.height,
        counted="ratings",
        table=shown,
        units={"chance to be good": "%"},
        chart=Chart(
            charts.intervals(
                shown, "title", "expected mean", "from", "to", "stars expected", rule=GOOD
            ),
            said(
                "A dot with its interval for each of {n}: the mean that is expected of it; a line "
                "marks a good title.",
                n=count(shown.height, "titles"),
            ),
        ),
        caveats=(
            said(
                "Who rates chose to watch: the next rating is taken to be like those before it, "
                "and a viewer who is asked may see it otherwise."
            ),
            said(
                "It is about whom everybody may like; whom a title suits is another question, and "
                "the recommenders answer it."
            ),
        ),
        weight=0.55,
    )


def spreads(rated: pl.DataFrame) -> tuple[float, float, float]:
    """Mean over titles, variance of ratings of one title, and of the titles' true means.

    By moments: the pooled variance within titles, and what the means vary beyond it.

    Raises
    ------
    UnanswerableError
        If there are too few ratings, or the means vary no more than their ratings let expect.
    """
    several = rated.filter(pl.col("ratings") > 1)
    if several["ratings"].sum() < MIN_RATINGS or several.height < 3:
        raise UnanswerableError(
            f"{several['ratings'].sum()} ratings are of titles with two and more; {MIN_RATINGS} "
            "are needed to tell how far titles lie apart"
        )
    n = several["ratings"].to_numpy().astype(np.float64)
    within = float(((n - 1) @ several["variance"].to_numpy()) / (n - 1).sum())
    means = several["mean so far"].to_numpy()
    # Means of few ratings vary more; each is weighted by what it would have without a spread.
    weight = n / n.sum()
    middle = float(weight @ means)
    excess = float(n @ (means - middle) ** 2) - (n.size - 1) * within
    between = excess / float(n.sum() - (n**2).sum() / n.sum())
    if between <= 0 or within <= 0:
        raise UnanswerableError("titles do not lie further apart than chance lets expect")
    return middle, within, between


def gains(
    expected: NDArray[np.float64], variance: NDArray[np.float64], within: float
) -> NDArray[np.float64]:
    """What one more rating of each title is worth, in stars, shape (n,).

    The expected distance from :data:`GOOD` on the right side, after the rating less before it.
    """
    after = 1 / (1 / variance + 1 / within)
    step = np.sqrt(variance - after)
    distance = np.abs(expected - GOOD) / step
    return np.asarray(step * (norm.pdf(distance) - distance * norm.sf(distance)), np.float64)


INSIGHT = Insight(
    "to-be-rated", "conclusions", "Which titles should viewers be asked to rate?", to_be_rated
)

"""Track records: how the earlier films of a person or company did, as known on a day.

Which films count, and from when on, is told by :mod:`marquee.features.past`. The film that is asked
about never counts.
"""

from __future__ import annotations

import math
from datetime import date

import numpy as np
import polars as pl
from numpy.typing import NDArray

from marquee.features.known import known

PRIOR_FILMS = 3.0
"""Weight of the mean over everybody in a shrunken mean, as a number of films. On TMDB-5000 films of
2003 to 2011, forecast from the years before, 3 and 6 did alike and 1 a little worse."""

HALF_LIFE_YEARS = 5.0
"""Age at which a film weighs half in a recency-weighted mean. On the same films 5 and 10 did alike
and 3 a little worse."""

DAYS_PER_YEAR = 365.25

EVERYBODY = "everybody"
"""The group of all films, whose mean records are shrunken to."""

STATISTICS = ("count", "mean", "max", "last", "recent", "return", "debut", "gap", "total_usd")
"""What :func:`records` says of a group."""

_EPOCH = date(2000, 1, 1)
"""Day on which recency weights are 1 before they are scaled to the day asked about."""


def records(films: pl.DataFrame, past: pl.DataFrame, members: pl.DataFrame) -> pl.DataFrame:
    """The members in their order, with the record of their group on the day asked about.

    ``films`` and ``past`` come from :mod:`marquee.features.past`; members have group, title_id and
    as_of, and each question names a group once. The title's own row never counts. Added are the
    :data:`STATISTICS`:

    - count: number of films that count; debut: whether there is none
    - mean: log of real revenue, shrunken to the mean of all films known on the day:
      (sum + m prior) / (count + m) with m = :data:`PRIOR_FILMS`; without films it is that mean
    - recent: the same with the weight 2^(-age / :data:`HALF_LIFE_YEARS`) for each film
    - return: log of revenue over budget, shrunken in the same way
    - max, last: highest and latest log of real revenue; null without films
    - gap: years since the release of the latest film; null without films
    - total_usd: sum of real revenue in dollars; 0 without films

    Films of the same day are ordered by title_id. Everything is null but count, debut and total_usd
    where no film at all was known.
    """
    members = members.with_row_index("_row")
    relabeled, past = _without_own(members, past)
    priors = _priors(films, members)
    found = (
        relabeled.sort("as_of")
        .join_asof(
            _running(past),
            left_on="as_of",
            right_on="counts_on",
            by="group",
            strategy="backward",
            check_sortedness=False,
        )
        .sort("_row")
        .select("n", "n_returns", "weights", "weighted", *_SUMS, "max", "last", "last_released")
    )
    values = pl.concat([members, found, priors], how="horizontal")
    n, n_returns = _numbers(values, "n", fill=0), _numbers(values, "n_returns", fill=0)
    fade = np.exp2(-_years(values, "as_of", _EPOCH) / HALF_LIFE_YEARS)

    def shrunken(
        total: NDArray[np.float64], weight: NDArray[np.float64], prior: str
    ) -> NDArray[np.float64]:
        return (total + PRIOR_FILMS * _numbers(values, prior)) / (weight + PRIOR_FILMS)

    # Polars divides by a single value in another way than by a column, which shows in the last
    # bit: NumPy does not.
    weights = _numbers(values, "weights", fill=0) * fade
    weighted = _numbers(values, "weighted", fill=0) * fade
    revenues, returns = (_numbers(values, name, fill=0) for name in ("log_revenue", "log_return"))
    numbers = {
        "count": n,
        "mean": shrunken(revenues, n, "prior"),
        "max": _numbers(values, "max"),
        "last": _numbers(values, "last"),
        "recent": shrunken(weighted, weights, "prior"),
        "return": shrunken(returns, n_returns, "prior_return"),
        "gap": _years(values, "as_of", "last_released"),
        "total_usd": _numbers(values, "total_usd", fill=0),
    }
    answers = pl.DataFrame(numbers, nan_to_null=True).with_columns(
        pl.Series("debut", n == 0, pl.Boolean)
    )
    return pl.concat([members.drop("_row"), answers.select(STATISTICS)], how="horizontal")


def _numbers(frame: pl.DataFrame, column: str, fill: float = math.nan) -> NDArray[np.float64]:
    return frame[column].cast(pl.Float64).fill_null(fill).to_numpy()


def _years(frame: pl.DataFrame, later: str, earlier: str | date) -> NDArray[np.float64]:
    since = pl.col(earlier) if isinstance(earlier, str) else pl.lit(earlier)
    days = frame.select((pl.col(later) - since).dt.total_days().alias("days"))
    return _numbers(days, "days") / DAYS_PER_YEAR


_SUMS = ("log_revenue", "log_return", "total_usd")


def _running(past: pl.DataFrame) -> pl.DataFrame:
    """The state of each group after each day on which a film of it began to count.

    Sums run in one order, by counts_on, released_on and title_id, so the state of a day is the same
    to the last bit whatever rows follow and in whatever order they were given.
    """
    order = past.select("title_id", "released_on", "log_revenue").unique("title_id")
    order = order.sort("released_on", "title_id").with_row_index("_place")
    past = past.with_columns(
        pl.Series("weights", np.exp2(_years(past, "released_on", _EPOCH) / HALF_LIFE_YEARS))
    )
    state = (
        past.join(order.select("title_id", "_place"), on="title_id")
        .sort("counts_on", "_place", "group")
        .select(
            "group",
            "counts_on",
            pl.int_range(1, pl.len() + 1).over("group").alias("n"),
            pl.col("log_return").is_not_null().cum_sum().over("group").alias("n_returns"),
            pl.col("weights").cum_sum().over("group"),
            (pl.col("weights") * pl.col("log_revenue")).cum_sum().over("group").alias("weighted"),
            *(pl.col(name).fill_null(0).cum_sum().over("group") for name in _SUMS),
            pl.col("log_revenue").cum_max().over("group").alias("max"),
            pl.col("_place").cum_max().over("group"),
        )
        .unique(["group", "counts_on"], keep="last", maintain_order=True)
    )
    latest = order.select(
        "_place",
        pl.col("log_revenue").alias("last"),
        pl.col("released_on").alias("last_released"),
    )
    return state.join(latest, on="_place", how="left", maintain_order="left")


def _without_own(members: pl.DataFrame, past: pl.DataFrame) -> tuple[pl.DataFrame, pl.DataFrame]:
    """Members and past films such that no member's group holds the member's own title.

    A question about a film whose own box office would count by then gets a group of its own: a copy
    of the group without the film. Taking a value back out of a sum or a maximum would leave traces.
    """
    own = (
        members.join(past.select("group", "title_id", "counts_on"), on=["group", "title_id"])
        .filter(pl.col("counts_on") <= pl.col("as_of"))
        .select("group", "title_id")
        .unique()
        .with_columns(pl.format("{} but {}", "group", "title_id").alias("_copy"))
    )
    if own.is_empty():
        return members, past
    copies = own.rename({"title_id": "_own"}).join(past, on="group")
    copies = copies.filter(pl.col("title_id") != pl.col("_own")).with_columns(
        pl.col("_copy").alias("group")
    )
    relabeled = members.join(own, on=["group", "title_id"], how="left", maintain_order="left")
    return (
        relabeled.with_columns(pl.coalesce("_copy", "group").alias("group")).drop("_copy"),
        pl.concat([past, copies.select(past.columns)]),
    )


def _priors(films: pl.DataFrame, members: pl.DataFrame) -> pl.DataFrame:
    """Mean log revenue and log return of all films known on each member's day, but its own."""
    asked = members.select(pl.lit(EVERYBODY).alias("group"), "title_id", "as_of")

    def mean(value: str) -> pl.Series:
        facts = films.select(
            pl.lit(EVERYBODY).alias("group"), "title_id", "counts_on", pl.col(value).alias("value")
        )
        return known(facts.drop_nulls("value"), asked)["known_mean"]

    return pl.DataFrame({"prior": mean("log_revenue"), "prior_return": mean("log_return")})

"""The viewers of the world: taste group, demographics, personal taste, and how much they rate."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import numpy as np
import polars as pl
from numpy.typing import NDArray

from marquee.data.world import effects
from marquee.data.world.calendar import END
from marquee.data.world.streams import pick_by_weight, stream
from marquee.errors import ParameterError

COUNTRY_SHARE = {
    "US": 0.46,
    "GB": 0.1,
    "CA": 0.08,
    "IN": 0.09,
    "DE": 0.08,
    "FR": 0.07,
    "BR": 0.06,
    "JP": 0.06,
}
OCCUPATIONS = (
    "student", "teacher", "nurse", "engineer", "clerk", "farmer", "artist", "carpenter", "driver",
    "lawyer", "programmer", "cook", "scientist", "shopkeeper", "writer", "homemaker", "retired",
)  # fmt: skip
ACTIVITY_SD = 1.2
"""Standard deviation of log activity: a few viewers give most of the ratings."""
PASSERS_BY = 0.02
"""Share of viewers who give three ratings at most, some of them none."""
MOST_OF_CATALOG = 0.5
"""Share of the titles released when a viewer joins that they rate at most."""
STAY_DAYS = 900.0
"""Mean length of the history of those who come more than once."""
ONE_DAY = 20
"""Ratings up to which a viewer comes once and never again."""


@dataclass(frozen=True, eq=False)
class Viewers:
    """The viewers, numbered 1 to n_viewers; arrays of shape (n_viewers,) unless said."""

    group: NDArray[np.int64]
    """Position in ``effects.TASTE_GROUPS``."""
    bias: NDArray[np.float64]
    """Stars by which their mean lies above the others'."""
    tastes: NDArray[np.float32]
    """Stars per unit of each trait, the group's included, shape (n_viewers, n_traits)."""
    drift: NDArray[np.float64]
    """Stars per year, from the middle of their history."""
    joined: NDArray[np.int64]
    """First day of their history, days since the epoch."""
    left: NDArray[np.int64]
    """Last day of their history."""
    n_ratings: NDArray[np.int64]

    def __len__(self) -> int:
        return len(self.group)


def invite_viewers(n_viewers: int, n_ratings: int, released: NDArray[Any], seed: int) -> Viewers:
    """The viewers of a world, who give that many ratings in all.

    ``released`` holds the days of release of the titles that can be watched, ascending.

    Raises
    ------
    ParameterError
        If so many ratings do not fit.
    """
    rng = stream(seed, "viewers")
    groups = effects.TASTE_GROUPS
    group = pick_by_weight(rng, np.array([group.share for group in groups]), n_viewers)
    liked = np.array([[g.traits.get(t.name, 0.0) for t in effects.TRAITS] for g in groups])
    personal = rng.normal(0, effects.TRAIT_TASTE_SD, (n_viewers, len(effects.TRAITS)))
    opened = np.datetime64(effects.RATINGS_START, "D").astype(int)
    closed = END.astype(int)
    # More viewers join in later years.
    joined = opened + ((closed - opened) * rng.random(n_viewers) ** 0.8).astype(np.int64)
    stay = rng.exponential(STAY_DAYS, n_viewers).astype(np.int64)
    room = np.searchsorted(released.astype("datetime64[D]").astype(np.int64), joined, side="left")
    most = np.floor(MOST_OF_CATALOG * room).astype(np.int64)
    passing = rng.random(n_viewers) < PASSERS_BY
    most = np.where(passing, np.minimum(most, rng.integers(0, 4, n_viewers)), most)
    if n_ratings > most.sum():
        raise ParameterError(
            f"n_ratings must be at most {most.sum()} for {n_viewers} viewers and {len(released)} "
            f"titles that can be watched, got {n_ratings}"
        )
    activity = rng.lognormal(0, ACTIVITY_SD, n_viewers)
    counts = share_out(n_ratings, activity, most)
    stay = np.where(counts <= ONE_DAY, 0, stay)
    return Viewers(
        group=group,
        bias=rng.normal(0, effects.VIEWER_BIAS_SD, n_viewers),
        tastes=(personal + liked[group]).astype(np.float32),
        drift=rng.normal(0, effects.DRIFT_SD, n_viewers),
        joined=joined,
        left=np.minimum(joined + stay, closed),
        n_ratings=counts,
    )


def share_out(
    total: int, weights: NDArray[np.float64], most: NDArray[np.int64]
) -> NDArray[np.int64]:
    """Whole numbers that sum to ``total``, near to proportion with the weights and within ``most``.

    The scale is found by bisection; what rounding down leaves goes to the largest remainders.
    """
    low, high = 0.0, 1.0
    while np.minimum(weights * high, most).sum() < total:
        high *= 2
    for _ in range(80):
        middle = (low + high) / 2
        if np.minimum(weights * middle, most).sum() < total:
            low = middle
        else:
            high = middle
    exact = np.minimum(weights * high, most)
    counts = np.floor(exact).astype(np.int64)
    rest = total - int(counts.sum())
    while rest:
        remainder = np.where(counts < most, exact - counts, -np.inf)
        lifted = np.argsort(-remainder, kind="stable")[:rest]
        lifted = lifted[np.isfinite(remainder[lifted])]
        counts[lifted] += 1
        rest -= len(lifted)
    return counts


def viewers_table(viewers: Viewers, seed: int) -> pl.DataFrame:
    """The viewers with their demographics, which lean as their taste group does."""
    rng = stream(seed, "demographics")
    n = len(viewers)
    groups = effects.TASTE_GROUPS
    age = rng.normal(np.array([group.age for group in groups])[viewers.group], 9.0)
    woman = rng.random(n) < np.array([group.women for group in groups])[viewers.group]
    gender = np.where(woman, "F", "M").astype(object)
    gender[rng.random(n) < 0.02] = "X"
    country = np.array(list(COUNTRY_SHARE))[
        pick_by_weight(rng, np.array(list(COUNTRY_SHARE.values())), n)
    ]
    occupation = np.array(OCCUPATIONS)[rng.integers(0, len(OCCUPATIONS), n)]
    digits = pl.Series(rng.integers(0, 100_000, n)).cast(pl.String).str.zfill(5)
    letters = np.array(list("ABCEGHJKLMNPRSTVXY"))[rng.integers(0, 18, (2, n))]
    untold = rng.random((3, n)) < 0.03
    ids = np.arange(1, n + 1)
    return pl.DataFrame(
        {
            "viewer_id": ids,
            "age": np.clip(age, 13, 90).astype(np.int32),
            "gender": pl.Series(gender, dtype=pl.String),
            "occupation": occupation,
            "country": country,
            "_digits": digits,
            "_first": letters[0],
            "_second": letters[1],
            "_no_age": untold[0],
            "_no_gender": untold[1],
            "_no_zip": untold[2],
        }
    ).select(
        "viewer_id",
        source_id=pl.format("world:v{}", "viewer_id"),
        age=pl.when(~pl.col("_no_age")).then("age"),
        gender=pl.when(~pl.col("_no_gender")).then("gender"),
        occupation="occupation",
        zip_code=pl.when(~pl.col("_no_zip")).then(
            pl.when(pl.col("country").is_in(["GB", "CA"]))
            .then(pl.format("{}{}{}", "_first", pl.col("_digits").str.slice(0, 1), "_second"))
            .otherwise("_digits")
        ),
        country="country",
        source=pl.lit(effects.SOURCE),
    )

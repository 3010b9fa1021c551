"""How the world's titles do: revenue, expected and actual, quality, popularity."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import numpy as np
import polars as pl
from numpy.typing import NDArray

from marquee.data.world import effects
from marquee.data.world.calendar import END
from marquee.data.world.people import People
from marquee.data.world.streams import stream
from marquee.data.world.titles import Plan

POPULARITY_FROM_REVENUE = 0.6
POPULARITY_FROM_QUALITY = 0.5
POPULARITY_NOISE_SD = 1.2
"""Log points of popularity that revenue and quality bring per standard deviation, and the rest."""
NEVER_RATED_SHARE = 0.02
"""Titles that no viewer of the world ever comes across."""
REVENUE_UNKNOWN = 0.12
BUDGET_UNKNOWN = 0.15
"""Share of films whose money is unknown at the usual budget; small films' is unknown more often."""


@dataclass(frozen=True, eq=False)
class Success:
    """What becomes of each title; arrays of shape (n_titles,) in order of release."""

    expected_log_revenue: NDArray[np.float64]
    """Log revenue in nominal US dollars without its noise; NaN for shows."""
    log_revenue: NDArray[np.float64]
    """The same with its noise: what the films took in."""
    quality: NDArray[np.float64]
    """Stars by which the audience's mean lies above :data:`effects.MEAN_RATING`."""
    log_popularity: NDArray[np.float64]
    """Log of how much a title is watched, beside tastes; -inf for those never watched."""
    budget_known: NDArray[np.bool_]
    revenue_known: NDArray[np.bool_]


def revenue_parts(plan: Plan, people: People) -> dict[str, NDArray[np.float64]]:
    """What each planted effect adds to a title's expected log revenue, shape (n_titles,) each.

    Their sum is the expectation. Shows have NaN in the part of the budget.
    """
    return {
        "base": np.full(len(plan), effects.BASE_LOG_REVENUE),
        "budget": effects.BUDGET_ELASTICITY * (plan.log_budget - effects.REFERENCE_LOG_BUDGET),
        "month": np.array(effects.MONTH_LIFT)[plan.months],
        "director": effects.DIRECTOR_WORTH * people.talent[people.directors[:, 0]],
        "star": effects.STAR_WORTH * people.talent[people.cast[:, 0]],
        "sequel": effects.SEQUEL_LIFT * (plan.part > 1),
        "growth": effects.YEARLY_GROWTH * (plan.years - effects.REFERENCE_YEAR),
        "certificate": np.array(list(effects.CERTIFICATE_EFFECT.values()))[plan.certificate],
        "genres": plan.genres @ np.array(list(effects.GENRE_EFFECT.values())),
    }


def become(plan: Plan, people: People, seed: int) -> Success:
    """What becomes of the titles."""
    rng = stream(seed, "success")
    n = len(plan)
    expected = np.sum(list(revenue_parts(plan, people).values()), axis=0)
    shock = rng.normal(0, effects.REVENUE_NOISE_SD, n)
    from_director = people.talent[people.directors[:, 0]] * effects.QUALITY_FROM_DIRECTOR
    of_its_own = rng.standard_normal(n) * np.sqrt(1 - effects.QUALITY_FROM_DIRECTOR**2)
    quality = effects.TITLE_QUALITY_SD * (from_director + of_its_own)
    revenue = expected + shock
    drawn = np.where(plan.is_show, rng.standard_normal(n), _standard(revenue))
    popularity = (
        POPULARITY_FROM_REVENUE * drawn
        + POPULARITY_FROM_QUALITY * quality / effects.TITLE_QUALITY_SD
        + rng.normal(0, POPULARITY_NOISE_SD, n)
    )
    popularity[rng.random(n) < NEVER_RATED_SHARE] = -np.inf
    # Whether money is known depends on the budget alone, so that what is missing biases nothing.
    smaller = np.exp(-0.5 * _standard(plan.log_budget))
    return Success(
        expected_log_revenue=expected,
        log_revenue=revenue,
        quality=quality,
        log_popularity=popularity,
        budget_known=~plan.is_show & (rng.random(n) > BUDGET_UNKNOWN * smaller),
        revenue_known=~plan.is_show & (rng.random(n) > REVENUE_UNKNOWN * smaller),
    )


def _standard(values: NDArray[np.float64]) -> NDArray[np.float64]:
    """Values brought to mean 0 and standard deviation 1; NaN stays, a lone value becomes 0."""
    known = values[np.isfinite(values)]
    if known.size < 2:
        return np.where(np.isfinite(values), 0.0, np.nan)
    return np.asarray((values - known.mean()) / max(known.std(), 1e-9), np.float64)


def outcomes_table(plan: Plan, success: Success, seed: int) -> pl.DataFrame:
    """The measured outcomes that became known by the world's end, with the columns of outcomes."""
    rng = stream(seed, "outcomes")
    n = len(plan)
    home = np.clip(rng.normal(*effects.DOMESTIC_SHARE, n), 0.1, 0.9)
    low, high = effects.VOTES_KNOWN_DAYS
    voted = plan.released + rng.integers(low, high + 1, n)
    watched = np.exp(np.clip(success.log_popularity, -8, None))
    votes = rng.poisson(400 * watched)
    voters_error = rng.normal(0, 1, n) / np.sqrt(np.maximum(votes, 1))
    score = np.clip(2 * (effects.MEAN_RATING + success.quality + voters_error), 0.5, 10).round(1)
    critics = 58 + 30 * success.quality + rng.normal(0, 9, n)
    dollars = np.rint(np.exp(np.where(plan.is_show, 0.0, success.log_revenue)))
    boxed = plan.released + effects.REVENUE_KNOWN_DAYS
    reviewed = rng.random(n) < 0.7
    measured: list[tuple[str, NDArray[np.float64], NDArray[Any], NDArray[np.bool_]]] = [
        ("revenue_usd", dollars, boxed, success.revenue_known),
        ("domestic_gross_usd", np.rint(dollars * home), boxed, success.revenue_known),
        ("popularity", (10 * watched).round(3), voted, np.ones(n, bool)),
        ("vote_average", score, voted, votes > 0),
        ("vote_count", votes.astype(float), voted, np.ones(n, bool)),
        ("metascore", np.clip(critics, 1, 100).round(), voted, reviewed),
    ]
    return pl.concat([_measure(plan, *one) for one in measured])


def _measure(
    plan: Plan,
    measure: str,
    values: NDArray[np.float64],
    known: NDArray[Any],
    has: NDArray[np.bool_],
) -> pl.DataFrame:
    told = has & (known <= END)
    return pl.DataFrame(
        {"title_id": plan.title_ids[told], "value": values[told], "known_on": known[told]}
    ).with_columns(measure=pl.lit(measure), source=pl.lit(effects.SOURCE))

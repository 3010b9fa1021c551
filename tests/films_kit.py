"""Films of known effects, and many small worlds cut out of a large one."""

from __future__ import annotations

from functools import cache

import numpy as np
import polars as pl

from marquee.data.world import make_world
from marquee.data.world.effects import CERTIFICATES, GENRES
from marquee.features.calendar import MONTHS, WEEKDAYS

N_WORLDS = 200


@cache
def many_worlds(n_titles: int = 120_000) -> tuple[pl.DataFrame, ...]:
    """The films of 200 worlds of the same planted truth, none of which shares a film with another.

    They are cut out of one large world, and made of its plan without names and plots, which is
    quicker than making so many small ones.
    """
    world = make_world(n_titles, 1, 0, 11)
    plan, success = world.plan, world.success
    genres = [[GENRES[at] for at in np.flatnonzero(row)] for row in plan.genres]
    unknown = np.where(success.budget_known, 1.0, np.nan)
    weekdays = plan.released.astype("datetime64[D]").astype(np.int64) % 7
    made = pl.DataFrame(
        {
            "year": plan.years,
            "month": [MONTHS[at] for at in plan.months],
            "weekday": [WEEKDAYS[at] for at in weekdays],
            "genres": pl.Series(genres, dtype=pl.List(pl.String)),
            "certificate": [CERTIFICATES[at] for at in plan.certificate],
            "is_sequel": plan.part > 1,
            "budget_real_usd": np.exp(plan.log_budget) * unknown,
            "revenue_real_usd": np.exp(success.log_revenue),
        },
        nan_to_null=True,
    ).filter(pl.Series(success.revenue_known))
    part = np.random.default_rng(3).integers(0, N_WORLDS, made.height)
    return tuple(made.filter(pl.Series(part == at)) for at in range(N_WORLDS))


def planted_films(n: int = 400, noise: float = 0.0, seed: int = 0) -> pl.DataFrame:
    """Films of which June has the dear ones, but takes less than May and July at a like budget.

    Revenue is 100 times the root of the budget, times 0.5 in June; every genre and year is alike.
    """
    rng = np.random.default_rng(seed)
    month = rng.choice(["May", "June", "July"], n)
    budget = np.exp(rng.normal(16, 1, n) + 3.0 * (month == "June"))
    lift = np.where(month == "June", np.log(0.5), 0.0)
    revenue = 100 * np.exp(0.5 * np.log(budget) + lift + noise * rng.standard_normal(n))
    return pl.DataFrame(
        {
            "month": month,
            "budget_real_usd": budget,
            "is_sequel": rng.random(n) < 0.2,
            "year": rng.integers(1990, 2010, n),
            "genres": pl.Series([["Drama"]] * n, dtype=pl.List(pl.String)),
            "certificate": pl.Series([None] * n, dtype=pl.String),
            "revenue_real_usd": revenue,
        }
    )

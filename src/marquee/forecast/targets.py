"""Success, return and profit, all read off one distribution of revenue.

Success is worldwide gross in multiples of the production budget, in nine classes. Because each
figure is derived from the same :class:`Forecast` of revenue, no two of them contradict each other:
the class of the median revenue is the median class, and the probability of at least twice the
budget is the sum of the probabilities of the classes from there up.

Money that is missing or zero is unknown (catalogs write 0 for it), and a film with an unknown
budget or revenue has no class; it is not a disaster.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import ArrayLike, NDArray

from marquee.errors import ParameterError
from marquee.forecast.distribution import Forecast

NO_CLASS = -1
"""Class of a film with an unknown budget or revenue."""


@dataclass(frozen=True)
class SuccessClass:
    """A class of success: films that grossed ``low`` up to, not with, ``high`` times the budget."""

    name: str
    low: float
    high: float


SUCCESS: tuple[SuccessClass, ...] = (
    SuccessClass("disaster", 0.0, 0.5),
    SuccessClass("flop", 0.5, 1.0),
    SuccessClass("below average", 1.0, 1.5),
    SuccessClass("average", 1.5, 2.0),
    SuccessClass("above average", 2.0, 2.5),
    SuccessClass("hit", 2.5, 3.5),
    SuccessClass("super hit", 3.5, 5.0),
    SuccessClass("blockbuster", 5.0, 8.0),
    SuccessClass("all-time blockbuster", 8.0, np.inf),
)
"""The classes, worst first. A cinema keeps about half of the gross, so twice the budget is about
what it takes to break even; trade papers do not agree on one list, so the names are a convention.
"""

CUTS = np.array([each.low for each in SUCCESS[1:]])
"""Multiples of the budget between neighboring classes, shape (8,)."""


def success_class(revenue_usd: ArrayLike, budget_usd: ArrayLike) -> NDArray[np.int64]:
    """Position of each film's class in :data:`SUCCESS`, shape (n_titles,); -1 where unknown.

    A film exactly on a cut-off belongs to the class above it.

    Raises
    ------
    ParameterError
        If money is negative.
    """
    revenue, budget = np.broadcast_arrays(
        _money("revenue", revenue_usd), _money("budget", budget_usd)
    )
    reached = revenue[:, None] >= CUTS * budget[:, None]
    return np.where(np.isnan(revenue) | np.isnan(budget), NO_CLASS, reached.sum(axis=1))


def class_probabilities(revenue: Forecast, budget_usd: ArrayLike) -> NDArray[np.float64]:
    """Probability of each class of :data:`SUCCESS`, shape (n_titles, 9); rows sum to 1.

    Rows of titles with an unknown budget are NaN.
    """
    budget = _budgets(revenue, budget_usd)
    below = np.where(np.isnan(budget)[:, None], np.nan, _below(revenue, CUTS, budget))
    return np.diff(below, axis=1, prepend=0.0, append=1.0)


def probability_of_multiple(
    revenue: Forecast, budget_usd: ArrayLike, multiple: float = 2.0
) -> NDArray[np.float64]:
    """Probability that revenue is at least ``multiple`` times the budget, shape (n_titles,).

    NaN where the budget is unknown.
    """
    if not (np.isfinite(multiple) and multiple > 0):
        raise ParameterError(f"the multiple of the budget must be positive, got {multiple}")
    budget = _budgets(revenue, budget_usd)
    return np.where(np.isnan(budget), np.nan, 1 - _below(revenue, [multiple], budget)[:, 0])


def return_forecast(revenue: Forecast, budget_usd: ArrayLike) -> Forecast:
    """Distribution of revenue in multiples of the budget.

    Raises
    ------
    ParameterError
        If a budget is unknown: a return on it is not defined. Take those rows out first.
    """
    budget = _budgets(revenue, budget_usd)
    unknown = np.flatnonzero(np.isnan(budget))
    if unknown.size:
        raise ParameterError(
            f"{unknown.size} title(s) have no known budget, first in row {unknown[0]}; a return "
            "needs one"
        )
    return Forecast(revenue.levels, revenue.quantiles / budget[:, None], revenue.log)


def profit_quantiles(
    revenue: Forecast, budget_usd: ArrayLike, levels: ArrayLike
) -> NDArray[np.float64]:
    """Quantiles of revenue less budget in US dollars, shape (n_titles, n_levels).

    The gross is taken whole, before what cinemas keep. NaN where the budget is unknown.
    """
    return revenue.at(levels) - _budgets(revenue, budget_usd)[:, None]


def _below(
    revenue: Forecast, multiples: ArrayLike, budget: NDArray[np.float64]
) -> NDArray[np.float64]:
    """Probability of less than each multiple of the budget, shape (n_titles, n_multiples)."""
    # The same product as in success_class, so that both put a tie on the same side.
    return revenue.below(np.asarray(multiples) * np.nan_to_num(budget, nan=1.0)[:, None])


def _budgets(revenue: Forecast, budget_usd: ArrayLike) -> NDArray[np.float64]:
    budget = _money("budget", budget_usd)
    if budget.size not in (1, len(revenue)):
        raise ParameterError(f"{budget.size} budgets for {len(revenue)} titles")
    return np.broadcast_to(budget, (len(revenue),))


def _money(what: str, usd: ArrayLike) -> NDArray[np.float64]:
    """Dollars, shape (n,), NaN where unknown."""
    values = np.atleast_1d(np.asarray(usd, dtype=np.float64))
    if (values < 0).any():
        raise ParameterError(f"{what} must not be negative, got {values[values < 0][0]}")
    return np.where(np.isfinite(values) & (values > 0), values, np.nan)

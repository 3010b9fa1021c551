r"""Intervals and tests for a mean that hold whenever one looks, and stops.

An interval for a fixed number of viewers lies when one looks every day and stops at the first
difference. Here a gambler bets against each value m that the mean might have. Their capital

.. math:: K_t(m) = \max\Big(\tfrac12\prod_{i\le t}(1+\lambda_i(X_i-m)),\;
          \tfrac12\prod_{i\le t}(1-\lambda_i(X_i-m))\Big)

is a fair game if m is the mean, so the chance that it ever reaches :math:`1/\alpha` is at most
:math:`\alpha` (Ville): all m at which it never did are an interval that covers the mean at all
times at once. Nothing is assumed but that values lie within known bounds and that the mean of each,
given those before, is the same.

References
----------
I. Waudby-Smith and A. Ramdas, "Estimating means of bounded random variables by betting", JRSS B
2024 (the hedged capital process, its bets of equation 26, truncated at half).
R. Johari, P. Koomen, L. Pekelis and D. Walsh, "Always valid inference: continuous monitoring of
A/B tests", Operations Research 2022.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import ArrayLike, NDArray

from marquee.errors import ParameterError

MOST_BET = 0.5
"""Share of the capital that a bet may lose."""
_GRID = 200
_FINER = 3
"""How often an interval's ends are looked for between two neighbors of a grid."""
_BLOCK = 2048


@dataclass(frozen=True)
class Anytime:
    """What can be said of a mean at any time."""

    mean: float
    """Mean of the values so far; NaN where there is none."""
    low: float
    high: float
    p: float
    """Chance at most to ever see as much if the mean were the one in question."""
    n: int


def anytime(
    values: ArrayLike, *, low: float, high: float, null: float, alpha: float = 0.05
) -> Anytime:
    """The interval and the p-value for the mean of values between the bounds, in order.

    The interval is what all looks so far agree on: it never widens. Without a value it is the
    bounds. It leaves ``null`` out if and only if p is at most ``alpha``, save for the grid, whose
    rounding widens the interval by at most a hundred-thousandth of the bounds' distance.

    Raises
    ------
    ParameterError
        If a value or ``null`` lies outside the bounds, or alpha is not between 0 and 1.
    """
    x = scaled(values, low, high)
    [m0] = scaled([null], low, high)
    if not 0 < alpha < 1:
        raise ParameterError(f"alpha must lie between 0 and 1, got {alpha}")
    if not len(x):
        return Anytime(float("nan"), low, high, 1.0, 0)
    bar = np.log(1 / alpha)
    mean = float(x.mean())
    first, last = (_end(x, side, mean, bar, alpha) for side in (0.0, 1.0))
    p = float(min(1.0, np.exp(-_highest(x, np.array([m0]), alpha)[0])))
    width = high - low
    return Anytime(low + width * mean, low + width * first, low + width * last, p, len(x))


def log_capital(
    x: NDArray[np.float64], means: NDArray[np.float64], alpha: float
) -> NDArray[np.float64]:
    """Logarithm of the capital after each value, for each mean bet against: (n, n_means).

    Values and means lie between 0 and 1. ``alpha`` only sets how boldly is bet.
    """
    bet = bets(x, alpha)[:, None]
    with np.errstate(divide="ignore"):
        up = np.minimum(bet, MOST_BET / means)
        down = np.minimum(bet, MOST_BET / (1 - means))
    apart = x[:, None] - means
    rise = np.cumsum(np.log1p(up * apart), axis=0)
    fall = np.cumsum(np.log1p(-down * apart), axis=0)
    capital: NDArray[np.float64] = np.maximum(rise, fall) - np.log(2)
    return capital


def bets(x: NDArray[np.float64], alpha: float) -> NDArray[np.float64]:
    """How much is bet on each value, from those before it alone, shape (n,)."""
    t = np.arange(1, len(x) + 1)
    centers = (0.5 + np.cumsum(x)) / (t + 1)
    spread = (0.25 + np.cumsum((x - centers) ** 2)) / (t + 1)
    before = np.concatenate([[0.25], spread[:-1]])
    bold: NDArray[np.float64] = np.sqrt(2 * np.log(2 / alpha) / (before * t * np.log(t + 1)))
    return bold


def scaled(values: ArrayLike, low: float, high: float) -> NDArray[np.float64]:
    """The values as shares of the way from the lower bound to the upper.

    Raises
    ------
    ParameterError
        If one lies outside, or is no number.
    """
    given = np.asarray(values, np.float64).reshape(-1)
    bad = given[~((given >= low) & (given <= high))]
    if bad.size:
        raise ParameterError(f"values must lie between {low:g} and {high:g}, got {bad[0]}")
    return (given - low) / (high - low)


def _highest(
    x: NDArray[np.float64], means: NDArray[np.float64], alpha: float
) -> NDArray[np.float64]:
    """The highest logarithm of the capital so far for each mean, in blocks of means."""
    size = max(1, _BLOCK * 64 // max(len(x), 1))
    parts = [
        log_capital(x, means[start : start + size], alpha).max(axis=0)
        for start in range(0, len(means), size)
    ]
    return np.concatenate(parts)


def _end(x: NDArray[np.float64], side: float, mean: float, bar: float, alpha: float) -> float:
    """The bound of the means that were never ruled out, on the side of 0 or of 1.

    Capital falls and then rises again as m passes the data, so means ruled out on one side are an
    interval that begins at the end of the scale; its inner end is looked for, grid in grid.
    """
    outer, inner = side, mean
    if _highest(x, np.array([outer]), alpha)[0] < bar:
        return outer
    for _ in range(_FINER):
        grid = np.linspace(outer, inner, _GRID + 1)
        out = _highest(x, grid, alpha) >= bar
        # Not the data's own mean, unless looks before ruled out what those since speak for.
        first_in = int(np.argmin(out)) if not out.all() else len(grid) - 1
        outer, inner = float(grid[max(first_in - 1, 0)]), float(grid[first_in])
        if first_in == 0:
            break
    return outer

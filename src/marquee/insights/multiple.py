"""Many comparisons at once: which are differences, and how wide their intervals must be."""

from __future__ import annotations

from typing import NamedTuple

import numpy as np
from numpy.typing import ArrayLike, NDArray
from scipy.stats import t

from marquee.insights.sentences import Number

FALSE_DISCOVERY_RATE = 0.05
"""Share of the differences claimed together that may be expected to be none."""


class Comparisons(NamedTuple):
    """Estimated differences from zero, corrected for being many; each of shape (n,)."""

    estimates: NDArray[np.float64]
    lows: NDArray[np.float64]
    highs: NDArray[np.float64]
    adjusted_p: NDArray[np.float64]
    """Smallest false-discovery rate at which each would be claimed."""
    differs: NDArray[np.bool_]
    """What may be worded as a difference; exactly those whose interval leaves out zero."""

    def part(self, first: int, end: int) -> Comparisons:
        """Those of a range of places, as they are after correction for all."""
        at = slice(first, end)
        return Comparisons(
            self.estimates[at],
            self.lows[at],
            self.highs[at],
            self.adjusted_p[at],
            self.differs[at],
        )

    def sides(self, more: str = "more", less: str = "less") -> list[str]:
        """To which side each differs, in words; "no" where it does not."""
        return [
            (more if value > 0 else less) if differs else "no"
            for value, differs in zip(self.estimates, self.differs, strict=True)
        ]

    def number(self, place: int, unit: str = "", digits: int = 2, n: int | None = None) -> Number:
        """One of them with its interval, for a sentence."""
        return Number(
            float(self.estimates[place]),
            float(self.lows[place]),
            float(self.highs[place]),
            unit,
            digits,
            n,
        )


def adjusted(p_values: ArrayLike) -> NDArray[np.float64]:
    """Benjamini-Hochberg adjusted p-values, shape (n,): a rate q claims those at most q.

    References
    ----------
    Y. Benjamini and Y. Hochberg, "Controlling the false discovery rate", JRSS B 57, 1995.
    """
    p = np.asarray(p_values, np.float64)
    order = np.argsort(-p, kind="stable")
    scaled = p[order] * p.size / np.arange(p.size, 0, -1)
    found = np.empty(p.size)
    found[order] = np.minimum(np.minimum.accumulate(scaled), 1)
    return found


def compare(
    estimates: ArrayLike,
    errors: ArrayLike,
    freedom: ArrayLike = np.inf,
    rate: float = FALSE_DISCOVERY_RATE,
) -> Comparisons:
    """Which of the estimates differ from zero, with intervals that say the same.

    ``errors`` are standard errors, ``freedom`` the degrees of freedom of Student's t. With R of m
    claimed, all intervals hold their truth with probability 1 - R rate / m (with R = 1 where none
    is): so at most that rate of the intervals of what is claimed miss, and an interval leaves out
    zero exactly where a difference is claimed. An estimate or error that is not a number, or an
    error of zero, claims nothing and does not count among the m.

    References
    ----------
    Y. Benjamini and D. Yekutieli, "False discovery rate-adjusted multiple confidence intervals for
    selected parameters", JASA 100, 2005.
    """
    value, error, df = np.broadcast_arrays(
        *(np.atleast_1d(np.asarray(x, np.float64)) for x in (estimates, errors, freedom))
    )
    known = np.isfinite(value) & np.isfinite(error) & (error > 0) & (df > 0)
    p = np.ones(value.shape)
    p[known] = 2 * t.sf(np.abs(value[known] / error[known]), df[known])
    q = np.ones(value.shape)
    q[known] = adjusted(p[known])
    differs = known & (q <= rate)
    level = rate * max(int(differs.sum()), 1) / max(int(known.sum()), 1)
    reach = np.full(value.shape, np.nan)
    reach[known] = t.isf(level / 2, df[known]) * error[known]
    return Comparisons(value.copy(), value - reach, value + reach, q, differs)

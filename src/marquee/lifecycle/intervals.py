"""How far a mean over viewers would move with other viewers drawn alike.

The draws and the percentiles are those of every evaluation. What stands here is the mean of plain
values by viewer, which is what a run keeps and the gates compare: `evaluation/significance.py`
compares results of an evaluation, with their lists and splits, and corrects the p-values of all
that it compares, while a gate asks for the ends of one interval.
"""

from __future__ import annotations

from typing import Any, NamedTuple

import numpy as np
from numpy.typing import NDArray

from marquee.evaluation.bootstrap import COVERAGE, N_RESAMPLES, draws, percentile_interval

LEVEL = COVERAGE


class Interval(NamedTuple):
    """A mean and the interval around it; NaN where there are no viewers."""

    mean: float
    low: float
    high: float
    n: int
    """Viewers that have a value."""

    def __str__(self) -> str:
        return f"{self.mean:.4f} ({self.low:.4f} to {self.high:.4f}, {self.n:,} viewers)"


def mean_interval(
    values: NDArray[np.float64],
    weights: NDArray[Any] | None = None,
    *,
    level: float = LEVEL,
    seed: int = 0,
) -> Interval:
    """The mean of each viewer's value with its percentile bootstrap interval; NaN are left out.

    With ``weights`` it is the weighted mean: weights that count ratings make it a mean over these,
    resampled by viewer all the same. For differences of two models on the same viewers it is the
    paired bootstrap. One viewer alone has no interval.

    References
    ----------
    B. Efron and R. J. Tibshirani, "An Introduction to the Bootstrap", 1993, chapter 13.
    """
    there = ~np.isnan(values)
    kept = values[there]
    mass = np.ones(kept.size) if weights is None else np.asarray(weights, np.float64)[there]
    if not kept.size or not mass.sum():
        return Interval(float("nan"), float("nan"), float("nan"), 0)
    mean = float(kept @ mass / mass.sum())
    if kept.size < 2:
        return Interval(mean, float("nan"), float("nan"), kept.size)
    means = np.full(N_RESAMPLES, np.nan)
    for place, who in enumerate(draws(kept.size, N_RESAMPLES, seed)):
        total = mass[who].sum()
        if total > 0:
            means[place] = kept[who] @ mass[who] / total
    span = percentile_interval(mean, means, level)
    return Interval(mean, span.low, span.high, kept.size)

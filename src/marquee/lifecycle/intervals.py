"""How far a mean over viewers would move with other viewers drawn alike."""

from __future__ import annotations

from typing import Any, NamedTuple

import numpy as np
from numpy.typing import NDArray

N_RESAMPLES = 1_000
LEVEL = 0.95
BLOCK_CELLS = 1 << 22
"""Drawn viewers that are held at once: 32 MB."""


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
    rng = np.random.default_rng(seed)
    block = max(1, BLOCK_CELLS // kept.size)
    drawn = []
    for start in range(0, N_RESAMPLES, block):
        size = min(block, N_RESAMPLES - start)
        who = rng.integers(0, kept.size, (size, kept.size))
        if weights is None:
            drawn.append(kept[who].mean(axis=1))
        else:
            total = mass[who].sum(axis=1)
            drawn.append((kept * mass)[who].sum(axis=1) / np.where(total > 0, total, np.nan))
    means = np.concatenate(drawn)
    low, high = np.nanquantile(means, [(1 - level) / 2, (1 + level) / 2])
    return Interval(mean, float(low), float(high), kept.size)

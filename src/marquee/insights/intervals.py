"""Figures with the interval that holds them in 95 of 100 samples."""

from __future__ import annotations

import math

import numpy as np
from numpy.typing import ArrayLike, NDArray
from scipy.stats import norm, t

from marquee.insights.sentences import Number

COVERAGE = 0.95


def share(k: int, n: int, digits: int = 0) -> Number:
    """The share k / n of independent draws, with Wilson's interval.

    References
    ----------
    E. B. Wilson, "Probable inference, the law of succession, and statistical inference", JASA 22,
    1927.
    """
    z = float(norm.isf((1 - COVERAGE) / 2))
    p = k / n
    middle = (p + z * z / (2 * n)) / (1 + z * z / n)
    reach = z / (1 + z * z / n) * math.sqrt(p * (1 - p) / n + z * z / (4 * n * n))
    low, high = max(middle - reach, 0.0), min(middle + reach, 1.0)
    return Number(p, min(low, p), max(high, p), "%", digits, n)


def mean_and_error(
    values: ArrayLike, clusters: ArrayLike | None = None
) -> tuple[float, float, float]:
    """The mean, its standard error and the degrees of freedom; NaN where one cluster is all.

    Values of one cluster, such as the ratings of one viewer, may resemble one another: the mean is
    a ratio of sums over clusters, whose error follows from how the clusters lie around it.

    References
    ----------
    W. G. Cochran, "Sampling Techniques", 3rd edition, 1977, equation 6.13.
    """
    x = np.asarray(values, np.float64)
    if not x.size:
        return math.nan, math.nan, math.nan
    middle = float(x.mean())
    sums = x - middle
    if clusters is not None:
        _, cluster = np.unique(np.asarray(clusters), return_inverse=True)
        sums = np.asarray(np.bincount(cluster, sums), np.float64)
    n = sums.size
    if n < 2:
        return middle, math.nan, math.nan
    error = math.sqrt(float((sums * sums).sum()) * n / (n - 1)) / x.size
    return middle, error, float(n - 1)


def mean(
    values: ArrayLike, clusters: ArrayLike | None = None, unit: str = "", digits: int = 2
) -> Number:
    """The mean of one or more values with its interval, by :func:`mean_and_error`."""
    middle, error, freedom = mean_and_error(values, clusters)
    n = int(np.asarray(values).size)
    if math.isnan(error):
        return Number(middle, unit=unit, digits=digits, n=n)
    reach = float(t.isf((1 - COVERAGE) / 2, freedom)) * error
    return Number(middle, middle - reach, middle + reach, unit, digits, n)


def percentiles(value: float, resampled: NDArray[np.float64], unit: str, digits: int) -> Number:
    """The value with the central 95 % of its resampled values, widened to hold it."""
    low, high = np.quantile(resampled, [(1 - COVERAGE) / 2, (1 + COVERAGE) / 2])
    return Number(value, min(float(low), value), max(float(high), value), unit, digits)

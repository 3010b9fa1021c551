"""Figures with the interval that holds them in 95 of 100 samples."""

from __future__ import annotations

import math

import numpy as np
from numpy.typing import ArrayLike, NDArray
from scipy.stats import binom, norm, t

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
    return estimate(mean_and_error(values, clusters), unit, digits, int(np.asarray(values).size))


def median(values: ArrayLike, unit: str = "", digits: int = 2) -> Number:
    """The median of one or more values with the interval between two of them; none of too few.

    Half of all lies below the median, so that the number of values below it is binomial: the
    interval holds it with the coverage at least, however the values are spread.

    References
    ----------
    H. A. David and H. N. Nagaraja, "Order Statistics", 3rd edition, 2003, section 7.1.
    """
    x = np.sort(np.asarray(values, np.float64))
    least = int(binom.ppf((1 - COVERAGE) / 2, x.size, 0.5))
    middle = float(np.median(x))
    if not least:
        return Number(middle, unit=unit, digits=digits, n=x.size)
    return Number(middle, float(x[least - 1]), float(x[-least]), unit, digits, x.size)


def difference_and_error(
    values: ArrayLike, marked: ArrayLike, clusters: ArrayLike
) -> tuple[float, float, float]:
    """Mean of the marked values less that of the others, its standard error, degrees of freedom.

    A cluster may have values on both sides, as a viewer has who rated early and late: the error
    follows from what each cluster adds to the difference. NaN where a side has fewer than two
    clusters.
    """
    x, on = np.asarray(values, np.float64), np.asarray(marked, np.bool_)
    if on.all() or not on.any():
        return math.nan, math.nan, math.nan
    _, cluster = np.unique(np.asarray(clusters), return_inverse=True)
    first, second = float(x[on].mean()), float(x[~on].mean())
    adds = np.where(on, (x - first) / on.sum(), -(x - second) / (~on).sum())
    sums = np.bincount(cluster, adds)
    sides = min(np.unique(cluster[on]).size, np.unique(cluster[~on]).size)
    if sides < 2:
        return first - second, math.nan, math.nan
    n = sums.size
    return first - second, math.sqrt(float((sums * sums).sum()) * n / (n - 1)), float(sides - 1)


def welch(one: ArrayLike, other: ArrayLike) -> tuple[float, float, float]:
    """Mean of one sample less that of another, its standard error, degrees of freedom.

    NaN where a sample has fewer than two values or neither varies.

    References
    ----------
    B. L. Welch, "The generalization of Student's problem when several different population
    variances are involved", Biometrika 34, 1947.
    """
    samples = [np.asarray(sample, np.float64) for sample in (one, other)]
    if min(sample.size for sample in samples) < 2:
        return math.nan, math.nan, math.nan
    shares = [float(sample.var(ddof=1)) / sample.size for sample in samples]
    total = sum(shares)
    value = float(samples[0].mean() - samples[1].mean())
    if total <= 0:
        return value, math.nan, math.nan
    freedom = total**2 / sum(
        share**2 / (sample.size - 1) for share, sample in zip(shares, samples, strict=True)
    )
    return value, math.sqrt(total), freedom


def careful(one: ArrayLike, other: ArrayLike) -> tuple[float, float, float]:
    """As :func:`welch`, with Student's pooled error where that is the greater.

    A small sample of a skewed quantity often misses its long tail, and so its spread: of many small
    groups Welch's error alone would claim too many. What the samples have in common makes up for
    it.
    """
    value, error, freedom = welch(one, other)
    samples = [np.asarray(sample, np.float64) for sample in (one, other)]
    rest = sum(sample.size for sample in samples) - 2
    if math.isnan(error) or rest < 1:
        return value, error, freedom
    squares = sum(float(sample.var(ddof=1)) * (sample.size - 1) for sample in samples)
    pooled = math.sqrt(squares / rest * sum(1 / sample.size for sample in samples))
    return value, max(error, pooled), freedom


def estimate(
    found: tuple[float, float, float], unit: str = "", digits: int = 2, n: int | None = None
) -> Number:
    """A value, its standard error and degrees of freedom as a number with its interval."""
    value, error, freedom = found
    if math.isnan(error):
        return Number(value, unit=unit, digits=digits, n=n)
    reach = float(t.isf((1 - COVERAGE) / 2, freedom)) * error
    return Number(value, value - reach, value + reach, unit, digits, n)


def percentiles(value: float, resampled: NDArray[np.float64], unit: str, digits: int) -> Number:
    """The value with the central 95 % of its resampled values, widened to hold it."""
    low, high = np.quantile(resampled, [(1 - COVERAGE) / 2, (1 + COVERAGE) / 2])
    return Number(value, min(float(low), value), max(float(high), value), unit, digits)

"""How sure a figure is: intervals from resampled films or viewers, and paired differences."""

from __future__ import annotations

from collections.abc import Callable, Hashable, Iterator, Mapping
from dataclasses import dataclass
from typing import TypeVar

import numpy as np
from numpy.typing import ArrayLike, NDArray

from marquee.errors import ParameterError

Rows = NDArray[np.int64]

Statistic = Callable[[Rows], float]
"""A figure of the films in those rows; rows may repeat."""

Key = TypeVar("Key", bound=Hashable)

N_RESAMPLES = 1000
COVERAGE = 0.95


@dataclass(frozen=True)
class Interval:
    """A figure and the interval that holds it, by the bootstrap."""

    value: float
    low: float
    high: float


def draws(n_units: int, n: int, seed: int) -> Iterator[Rows]:
    """``n`` draws with replacement of as many units as there are, each of shape (n_units,).

    Raises
    ------
    ParameterError
        If there is no unit, or ``n`` is below 1.
    """
    if n_units < 1 or n < 1:
        raise ParameterError(f"needs some units and resamples, got {n_units} and {n}")
    rng = np.random.default_rng(seed)
    for _ in range(n):
        yield rng.integers(0, n_units, n_units)


def resamples(title_ids: ArrayLike, n: int, seed: int) -> Iterator[Rows]:
    """The rows of ``n`` resamples: as many films as there are, drawn with replacement.

    A film that was drawn brings all of its rows, so that rows of one film are never taken for
    independent ones.

    Raises
    ------
    ParameterError
        If there is no film, or ``n`` is below 1.
    """
    films = np.asarray(title_ids)
    if films.ndim != 1 or not films.size or n < 1:
        raise ParameterError(f"needs some films and resamples, got {films.shape} and {n}")
    _, film_of_row = np.unique(films, return_inverse=True)
    order = np.argsort(film_of_row, kind="stable").astype(np.int64)
    count = np.bincount(film_of_row)
    start = np.cumsum(count) - count
    for drawn in draws(count.size, n, seed):
        sizes = count[drawn]
        within = np.arange(sizes.sum()) - np.repeat(np.cumsum(sizes) - sizes, sizes)
        yield order[np.repeat(start[drawn], sizes) + within]


def percentile_interval(value: float, resampled: ArrayLike, coverage: float = COVERAGE) -> Interval:
    """The figure with the central share of its resampled values; NaN ones are left out.

    References
    ----------
    B. Efron and R. J. Tibshirani, "An Introduction to the Bootstrap", 1993, chapter 13.
    """
    values = np.asarray(resampled, np.float64)
    values = values[~np.isnan(values)]
    if not values.size or np.isnan(value):
        return Interval(value, float("nan"), float("nan"))
    low, high = np.quantile(values, [(1 - coverage) / 2, (1 + coverage) / 2])
    return Interval(value, float(low), float(high))


def bootstrap(
    statistics: Mapping[Key, Statistic],
    title_ids: ArrayLike,
    *,
    seed: int,
    n: int = N_RESAMPLES,
    coverage: float = COVERAGE,
) -> tuple[dict[Key, Interval], dict[Key, NDArray[np.float64]]]:
    """The interval of each statistic by its name, and its values on the resamples, shape (n,).

    All statistics see the same resamples, so that values of the same place may be subtracted.
    """
    films = np.asarray(title_ids)
    drawn: dict[Key, list[float]] = {name: [] for name in statistics}
    for rows in resamples(films, n, seed):
        for name, statistic in statistics.items():
            drawn[name].append(statistic(rows))
    every = np.arange(films.size, dtype=np.int64)
    values = {name: np.array(each, np.float64) for name, each in drawn.items()}
    intervals = {
        name: percentile_interval(statistic(every), values[name], coverage)
        for name, statistic in statistics.items()
    }
    return intervals, values

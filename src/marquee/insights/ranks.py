"""Places in an order that is itself uncertain: which is largest, and how sure that is."""

from __future__ import annotations

from typing import NamedTuple

import numpy as np
from numpy.typing import ArrayLike, NDArray

COVERAGE = 0.95
N_DRAWS = 4000
_SEED = 20
"""Draws of the largest of correlated errors; the same each time, so that a sentence stays true."""


class Ranks(NamedTuple):
    """Places of several quantities, and those that may be their true ones; of shape (n,) each."""

    places: NDArray[np.int64]
    """1 for the largest."""
    lows: NDArray[np.int64]
    highs: NDArray[np.int64]


def ranks(estimates: ArrayLike, covariance: ArrayLike, coverage: float = COVERAGE) -> Ranks:
    """The places of estimated quantities, each within an interval that holds the true place.

    A quantity lies certainly below those that it differs from, by a test that allows for all of its
    differences at once; the others may lie to either side. So an interval holds its place with
    the coverage also where quantities are tied, in which case any of the tied places is true.
    ``covariance`` is that of the estimates, shape (n, n), or their squared errors, shape (n,).

    References
    ----------
    M. Mogstad, J. P. Romano, A. M. Shaikh and D. Wilhelm, "Inference for ranks with applications to
    mobility across neighbourhoods and academic achievement across countries", Review of Economic
    Studies 91, 2024.
    """
    value = np.asarray(estimates, np.float64)
    spread = np.asarray(covariance, np.float64)
    spread = np.diag(spread) if spread.ndim == 1 else spread
    n = value.size
    order = np.argsort(-value, kind="stable")
    places = np.empty(n, np.int64)
    places[order] = np.arange(1, n + 1)
    lows, highs = np.ones(n, np.int64), np.full(n, n, np.int64)
    roots, directions = np.linalg.eigh(spread) if n else (np.zeros(0), np.zeros((0, 0)))
    draws = np.random.default_rng(_SEED).standard_normal((N_DRAWS, n))
    errors = (draws * np.sqrt(np.maximum(roots, 0))) @ directions.T
    for at in range(n):
        others = np.delete(np.arange(n), at)
        variance = spread[at, at] + np.diag(spread)[others] - 2 * spread[at, others]
        error = np.sqrt(np.maximum(variance, 0))
        known = error > 0
        if not known.any():
            continue
        drawn = np.abs(errors[:, others] - errors[:, [at]])[:, known] / error[known]
        reach = np.quantile(drawn.max(axis=1), coverage)
        distance = (value[others] - value[at])[known] / error[known]
        lows[at] = 1 + int((distance > reach).sum())
        highs[at] = n - int((distance < -reach).sum())
    return Ranks(places, lows, highs)


def means_by(
    values: ArrayLike, groups: ArrayLike, n_groups: int
) -> tuple[NDArray[np.float64], ...]:
    """The mean of each group, its squared standard error and its size, shape (n_groups,) each.

    A group of fewer than two has NaN for what cannot be told.
    """
    x, group = np.asarray(values, np.float64), np.asarray(groups, np.int64)
    sizes = np.bincount(group, minlength=n_groups).astype(np.float64)
    with np.errstate(invalid="ignore", divide="ignore"):
        middle = np.bincount(group, x, minlength=n_groups) / sizes
        squares = np.bincount(group, (x - middle[group]) ** 2, minlength=n_groups)
        error = np.where(sizes > 1, squares / (sizes - 1) / sizes, np.nan)
    return middle, error, sizes

"""Rank correlation, for checks that must not depend on units."""

from __future__ import annotations

from typing import Any

import numpy as np
from numpy.typing import ArrayLike, NDArray


def ranks(values: ArrayLike) -> NDArray[np.float64]:
    """Ranks from 1, ties at their mean, shape (n,)."""
    _, place, counts = np.unique(np.asarray(values), return_inverse=True, return_counts=True)
    mean_rank = np.cumsum(counts) - (counts - 1) / 2
    found: NDArray[np.float64] = mean_rank[place.ravel()]
    return found


def spearman(one: ArrayLike, other: ArrayLike) -> float:
    """Rank correlation of aligned values, from -1 to 1; 0 where one of them does not vary.

    Pairs with a NaN are left out.
    """
    a, b = np.asarray(one, np.float64), np.asarray(other, np.float64)
    both = ~(np.isnan(a) | np.isnan(b))
    if np.count_nonzero(both) < 3:
        return 0.0
    return _correlation(ranks(a[both]), ranks(b[both]))


def spearman_within(one: NDArray[Any], other: NDArray[Any], groups: NDArray[Any]) -> float:
    """Rank correlation within groups, ranks taken and centered in each; 0 where nothing varies."""
    pieces: list[tuple[NDArray[np.float64], NDArray[np.float64]]] = []
    order = np.argsort(groups, kind="stable")
    bounds = np.flatnonzero(np.diff(groups[order])) + 1
    for members in np.split(order, bounds):
        if len(members) > 2:
            a, b = ranks(one[members]), ranks(other[members])
            if np.ptp(a) and np.ptp(b):
                pieces.append((a - a.mean(), b - b.mean()))
    if not pieces:
        return 0.0
    return _correlation(*(np.concatenate(parts) for parts in zip(*pieces, strict=True)))


def _correlation(a: NDArray[np.float64], b: NDArray[np.float64]) -> float:
    a, b = a - a.mean(), b - b.mean()
    scale = float(np.sqrt((a @ a) * (b @ b)))
    return float(a @ b) / scale if scale else 0.0

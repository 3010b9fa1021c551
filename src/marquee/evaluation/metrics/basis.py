"""What all metrics share: values by user, their mean, and what a list got right."""

from __future__ import annotations

from typing import Any

import numpy as np
from numpy.typing import NDArray
from scipy.sparse import csr_array

from marquee.errors import ParameterError
from marquee.models.ranking import TopK

UserValues = NDArray[np.float64]
"""One value per user, shape (n_users,); NaN for a user who has none."""


def mean_over_users(values: UserValues) -> float:
    """Mean of the values that are not NaN; NaN where no user has one."""
    counted = values[~np.isnan(values)]
    return float(counted.mean()) if counted.size else float("nan")


def standard_error(values: UserValues) -> float:
    """Standard error of the mean over users, sd / sqrt(n), of the values that are not NaN.

    It tells how far the mean would move with other users drawn alike, not with another fit; NaN for
    fewer than two users.
    """
    counted = values[~np.isnan(values)]
    if counted.size < 2:
        return float("nan")
    return float(counted.std(ddof=1) / np.sqrt(counted.size))


def hits_in(recommended: TopK, relevant: Any) -> tuple[NDArray[np.bool_], NDArray[np.int64]]:
    """Whether each slot holds a relevant item, (n_users, k), and the number of relevant items.

    Raises
    ------
    ParameterError
        If the lists are of other users, or hold items outside the catalog.
    """
    items = recommended.items
    n_users, n_items = relevant.shape
    if items.ndim != 2 or len(items) != n_users or items.shape[1] < 1:
        raise ParameterError(f"lists of shape {items.shape} for {n_users} users")
    if items.size and items.max() >= n_items:
        raise ParameterError(f"item {items.max()} is outside the catalog of {n_items} items")
    owners = np.repeat(np.arange(n_users, dtype=np.int64), np.diff(relevant.indptr))
    cells = np.unique(owners * n_items + relevant.indices)
    n_relevant = np.bincount(cells // max(n_items, 1), minlength=n_users)
    wanted = np.arange(n_users, dtype=np.int64)[:, None] * n_items + items
    place = np.minimum(np.searchsorted(cells, wanted), max(len(cells) - 1, 0))
    found = cells[place] == wanted if len(cells) else np.zeros(items.shape, np.bool_)
    return found & (items >= 0), n_relevant


def marks_of(items: NDArray[np.int32], n_items: int) -> Any:
    """A 1 for each title of each list, ``csr_array`` of shape (n_users, n_items)."""
    there = items >= 0
    rows = np.nonzero(there)[0]
    return csr_array((np.ones(len(rows)), (rows, items[there])), shape=(len(items), n_items))


def ratio(numerator: NDArray[Any], denominator: NDArray[Any]) -> UserValues:
    """The quotient as float64, NaN where the denominator is not above 0."""
    bottom = denominator.astype(np.float64)
    quotient = np.full(bottom.shape, np.nan)
    np.divide(numerator.astype(np.float64), bottom, out=quotient, where=bottom > 0)
    return quotient

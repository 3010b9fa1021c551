"""Parts of the training films on which choices are tried."""

from __future__ import annotations

import numpy as np
import polars as pl
from numpy.typing import ArrayLike, NDArray

from marquee.errors import ParameterError

Fold = tuple[NDArray[np.int64], NDArray[np.int64]]
"""Rows to learn from, and rows to be tried on."""


def rolling_years(features: pl.DataFrame, n_years: int = 3) -> list[Fold]:
    """Each of the latest years of ``as_of``, tried by what the films before it teach."""
    years = features["as_of"].dt.year().to_numpy()
    latest = np.unique(years)[-n_years:]
    if n_years < 1 or not (years < latest[0]).any():
        raise ParameterError(
            f"{n_years} years to be tried need films of earlier years to learn from; the films "
            f"are of {np.unique(years).size} year(s)"
        )
    return [(np.flatnonzero(years < year), np.flatnonzero(years == year)) for year in latest]


def rolling_blocks(features: pl.DataFrame, n_blocks: int = 3, share: float = 0.1) -> list[Fold]:
    """The latest blocks of films, each a share of all, tried by what all films before teach.

    Films are ordered by ``as_of``, then ``title_id``.
    """
    order = features.select(pl.arg_sort_by("as_of", "title_id")).to_series().to_numpy()
    order = order.astype(np.int64)
    size = max(1, round(share * order.size))
    first = order.size - n_blocks * size
    if n_blocks < 1 or not 0 < share < 1 or first < 1:
        raise ParameterError(
            f"{n_blocks} blocks of {share:g} of {order.size} films leave none to learn from"
        )
    starts = range(first, order.size, size)
    return [(order[:start], order[start : start + size]) for start in starts]


def stratified_folds(outcome: ArrayLike, n_folds: int = 5, seed: int = 0) -> list[Fold]:
    """Random folds that are alike in their outcomes: each gets one of every n_folds neighbors.

    Later films teach about earlier ones here, so figures flatter; for comparison only.
    """
    values = np.asarray(outcome, dtype=np.float64).ravel()
    if not 2 <= n_folds <= values.size:
        raise ParameterError(f"n_folds must be from 2 to the {values.size} films, got {n_folds}")
    rng = np.random.default_rng(seed)
    fold = np.empty(values.size, dtype=np.int64)
    order = rng.permutation(values.size)
    order = order[np.argsort(values[order], kind="stable")]  # ties in random order
    for start in range(0, values.size, n_folds):
        neighbors = order[start : start + n_folds]
        fold[neighbors] = rng.permutation(n_folds)[: neighbors.size]
    return [(np.flatnonzero(fold != each), np.flatnonzero(fold == each)) for each in range(n_folds)]

"""From scores to ranked lists: masking, cutting, and breaking ties, once for every algorithm."""

from __future__ import annotations

from typing import Any, NamedTuple

import numpy as np
from numpy.typing import NDArray

from marquee.errors import ParameterError

RUN = 32
"""Neighbors that are looked at together to find the best few of one row."""


class TopK(NamedTuple):
    """The best k items of each profile."""

    items: NDArray[np.int32]
    """Item positions, shape (n_profiles, k); -1 in empty slots."""
    scores: NDArray[np.float32]
    """Their scores, descending; -inf in empty slots. Equal scores are in order of position."""


def top_k(
    scores: NDArray[np.float32],
    k: int,
    *,
    exclude: Any = None,
    candidates: NDArray[np.bool_] | None = None,
) -> TopK:
    """The k best-scored items of each row.

    Parameters
    ----------
    scores
        Shape (n_profiles, n_items); an item scored -inf never appears.
    k
        Length of the lists; rows with fewer items to offer are padded.
    exclude
        ``csr_array`` of shape (n_profiles, n_items) whose stored entries are left out.
    candidates
        Items that may appear, shape (n_items,) or (n_profiles, n_items).

    Raises
    ------
    ParameterError
        If k is below 1 or ``candidates`` has another shape.
    """
    if k < 1:
        raise ParameterError(f"k must be at least 1, got {k}")
    n_profiles, n_items = scores.shape
    masked = scores.astype(np.float32, copy=True)
    if candidates is not None:
        if candidates.shape not in {(n_items,), (n_profiles, n_items)}:
            raise ParameterError(
                f"candidates of shape {candidates.shape} for scores of shape {scores.shape}"
            )
        np.copyto(masked, np.float32(-np.inf), where=~candidates)
    if exclude is not None:
        rows = np.repeat(np.arange(n_profiles), np.diff(exclude.indptr))
        masked[rows, exclude.indices] = -np.inf
    width = min(k, n_items)
    items = np.full((n_profiles, k), -1, np.int32)
    values = np.full((n_profiles, k), -np.inf, np.float32)
    if width and n_profiles == 1:
        one = _best_of_one(masked[0], width)
        items[0, : len(one)] = one
        values[0, : len(one)] = masked[0, one]
    elif width:
        best = _best(masked, width)
        found = np.take_along_axis(masked, best, axis=1)
        items[:, :width] = np.where(found > -np.inf, best, -1)
        values[:, :width] = found
    return TopK(items, values)


def _best_of_one(scores: NDArray[np.float32], width: int) -> NDArray[np.intp]:
    """As :func:`_best` for one row, without empty slots: a service asks for this at every request.

    Of any items, as many as are wanted, the last is no better than the last of the best: so the
    greatest score of each run of neighbors gives a bound that leaves few to sort.
    """
    greatest, n_runs = scores, len(scores) // RUN
    if n_runs >= width:
        greatest = scores[: n_runs * RUN].reshape(n_runs, RUN).max(axis=1)
    bound = np.partition(greatest, len(greatest) - width)[len(greatest) - width]
    columns = np.flatnonzero((scores >= bound) if bound > -np.inf else (scores > -np.inf))
    order = np.argsort(-scores[columns], kind="stable")[:width]
    best: NDArray[np.intp] = columns[order]
    return best


def _best(scores: NDArray[np.float32], width: int) -> NDArray[np.int64]:
    """Columns of the ``width`` greatest scores of each row, by descending score, then position."""
    if width < scores.shape[1]:
        kth = -np.partition(-scores, width - 1, axis=1)[:, width - 1 : width]
        above = scores > kth
        # Ties at the cut: the first of them by position fill the places that are left.
        tied = scores == kth
        left = width - above.sum(axis=1, keepdims=True)
        chosen = above | (tied & (np.cumsum(tied, axis=1) <= left))
        columns = np.nonzero(chosen)[1].reshape(len(scores), width)
    else:
        columns = np.tile(np.arange(width), (len(scores), 1))
    order = np.argsort(-np.take_along_axis(scores, columns, axis=1), axis=1, kind="stable")
    return np.take_along_axis(columns, order, axis=1)

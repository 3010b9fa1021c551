"""The best products of factors, found without ever holding all scores.

Scores are made in tiles that stay in cache, and most of a tile is passed over by comparing runs of
scores with the least of the best so far.
"""

from __future__ import annotations

from typing import Any, NamedTuple

import numpy as np
from numpy.typing import NDArray

from marquee.models.kernels import compiled
from marquee.models.ranking import TopK

ROWS, COLUMNS = 384, 768
"""Shape of a tile, 1.2 MB of scores: 1.1 times the speed of 128 by 2,048 and of 1,024 by 1,024."""
RUN = 64
"""Scores that are compared at once."""


class Factored(NamedTuple):
    """Scores as products: ``users @ items.T``, plus an offset of the user and one of the item."""

    users: NDArray[np.float32]
    """Shape (n_profiles, n_factors)."""
    items: NDArray[np.float32]
    """Shape (n_items, n_factors)."""
    user_offsets: NDArray[np.float32] | None = None
    """Shape (n_profiles,)."""
    item_offsets: NDArray[np.float32] | None = None
    """Shape (n_items,)."""

    def scores(self) -> NDArray[np.float32]:
        """All of them, shape (n_profiles, n_items)."""
        scores = self.users @ self.items.T
        if self.item_offsets is not None:
            scores += self.item_offsets
        if self.user_offsets is not None:
            scores += self.user_offsets[:, None]
        return scores


def top_k_products(factored: Factored, k: int, *, exclude: Any = None) -> TopK:
    """As :func:`marquee.models.ranking.top_k` of the scores that the factors stand for.

    ``exclude`` is a canonical ``csr_array`` of shape (n_profiles, n_items). Memory beyond the lists
    is one tile and, for offsets, a copy of the factors, however many profiles and items there are.
    """
    P, Q = _widened(factored)
    n_profiles, n_items = len(P), len(Q)
    items = np.full((n_profiles, k), -1, np.int32)
    values = np.full((n_profiles, k), -np.inf, np.float32)
    if exclude is None:
        starts, seen = np.zeros(n_profiles + 1, np.int64), np.empty(0, np.int32)
    else:
        starts = np.require(exclude.indptr, np.int64, ["C", "W"])
        seen = np.require(exclude.indices, np.int32, ["C", "W"])
    room = np.empty(ROWS * COLUMNS, np.float32)
    for row in range(0, n_profiles, ROWS):
        some = slice(row, min(row + ROWS, n_profiles))
        people = P[some]
        unread = starts[some].copy()
        for start in range(0, n_items, COLUMNS):
            tile = Q[start : start + COLUMNS]
            scores = room[: len(people) * len(tile)].reshape(len(people), len(tile))
            np.matmul(people, tile.T, out=scores)
            _merge(scores, start, unread, starts[row + 1 :], seen, items[some], values[some])
    if factored.user_offsets is not None:
        values += factored.user_offsets[:, None]
    return TopK(items, values)


def _widened(factored: Factored) -> tuple[NDArray[np.float32], NDArray[np.float32]]:
    """Factors with the items' offsets as one more column; those of users change no order."""
    P, Q = factored.users, factored.items
    if factored.item_offsets is not None:
        P = np.column_stack([P, np.ones(len(P), np.float32)])
        Q = np.column_stack([Q, factored.item_offsets])
    return np.ascontiguousarray(P, np.float32), np.ascontiguousarray(Q, np.float32)


@compiled(
    "void(float32[:, ::1], int64, int64[::1], int64[::1], int32[::1], int32[:, ::1], "
    "float32[:, ::1])",
    fastmath={"nnan", "nsz"},  # so that the greatest of a run is found in vectors
)
def _merge(
    scores: NDArray[np.float32],
    first: int,
    unread: NDArray[np.int64],
    ends: NDArray[np.int64],
    seen: NDArray[np.int32],
    items: NDArray[np.int32],
    values: NDArray[np.float32],
) -> None:
    """Enters the scores of the items from ``first`` on into the sorted lists of each row.

    ``unread`` is where each row's seen items of this tile begin, and is moved on past them.
    """
    n, k = scores.shape[1], items.shape[1]
    for row in range(scores.shape[0]):
        score, best, best_items = scores[row], values[row], items[row]
        while unread[row] < ends[row] and seen[unread[row]] < first + n:
            score[seen[unread[row]] - first] = -np.inf
            unread[row] += 1
        least = best[k - 1]
        for start in range(0, n, RUN):
            if start + RUN <= n:
                greatest = score[start]
                for column in range(start, start + RUN):
                    greatest = max(greatest, score[column])
                if greatest <= least:
                    continue
            for column in range(start, min(start + RUN, n)):
                value = score[column]
                if value > least:
                    # Items come by position, so an equal one stays behind those that are in.
                    place = k - 1
                    while place > 0 and best[place - 1] < value:
                        best[place], best_items[place] = best[place - 1], best_items[place - 1]
                        place -= 1
                    best[place], best_items[place] = value, first + column
                    least = best[k - 1]

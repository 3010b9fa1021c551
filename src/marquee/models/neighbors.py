"""Similar items and what they say, for pairs of items by the million."""

from __future__ import annotations

from concurrent.futures import ThreadPoolExecutor
from itertools import pairwise

import numpy as np
from numpy.typing import NDArray
from scipy.sparse import csr_array

from marquee.models.kernels import compiled


def similarities(matrix: csr_array, shrinkage: float, n_threads: int = 1) -> NDArray[np.float32]:
    """Shrunk correlation of the deviations of each pair of items over the users they share.

    ``matrix`` holds the deviations of users' ratings from their baseline, of float32, zeros stored.
    Shape (n_items, n_items), symmetric, 0 on the diagonal and for pairs without a user in common.
    """
    n_items, deviations = matrix.shape[1], matrix.data
    by_item = matrix.tocsc()
    ones = np.ones_like(deviations)
    terms = np.stack([deviations, ones, deviations * deviations, ones], axis=1)
    result = np.zeros((n_items, n_items), np.float32)

    def correlate(bounds: tuple[int, int]) -> None:
        _correlate(
            *bounds,
            _writable(by_item.indptr),
            _writable(by_item.indices),
            by_item.data,
            _writable(matrix.indptr),
            _writable(matrix.indices),
            terms,
            shrinkage,
            result,
        )

    # Rows get shorter to the end of the triangle: cut where the work is even.
    work = np.cumsum(np.diff(by_item.indptr) * np.arange(n_items, 0, -1.0))
    n_parts = 1 if n_threads == 1 or not n_items else 4 * n_threads
    cuts = np.searchsorted(work, work[-1:] * np.arange(1, n_parts) / n_parts)
    edges = [0, *cuts.tolist(), n_items]
    with ThreadPoolExecutor(n_threads) as pool:
        list(pool.map(correlate, pairwise(edges)))
    _mirror(result)
    return result


def weighted_means(
    similarity: NDArray[np.float32],
    profiles: csr_array,
    rows: NDArray[np.int32],
    columns: NDArray[np.int32],
    k: int,
) -> NDArray[np.float32]:
    """Mean deviation of the k nearest items of the profile for each pair (row, column).

    ``profiles`` holds the deviations as in :func:`similarities`, over the same items. They are
    weighted by similarity; only items of positive similarity count, and of equals the first. 0
    where there is none. Shape (n_pairs,); fastest if pairs of the same column stand together.
    """
    means = np.zeros(len(rows), np.float32)
    starts, items = _writable(profiles.indptr), _writable(profiles.indices)
    _weigh(rows, columns, similarity, starts, items, profiles.data, k, means)
    return means


def _writable(array: NDArray[np.signedinteger]) -> NDArray[np.int32]:
    """A copy where the array is read-only: a compiled signature takes no read-only array."""
    return np.require(array, np.int32, ["C", "W"])


@compiled(
    "void(int64, int64, int32[::1], int32[::1], float32[::1], int32[::1], int32[::1], "
    "float32[:, ::1], float32, float32[:, ::1])",
    fastmath={"contract", "nsz", "arcp"},
)
def _correlate(
    first: int,
    last: int,
    item_starts: NDArray[np.int32],
    item_users: NDArray[np.int32],
    item_values: NDArray[np.float32],
    user_starts: NDArray[np.int32],
    user_items: NDArray[np.int32],
    user_terms: NDArray[np.float32],
    shrinkage: float,
    result: NDArray[np.float32],
) -> None:
    """Fills ``result[i, j]`` for first <= i < last and j > i.

    ``user_terms`` holds (y, 1, y y, 1) for each value y, so that the four sums that a pair needs,
    of x y, x x, y y and 1, lie in 16 adjacent bytes and grow by one multiplication each.
    """
    sums = np.empty((result.shape[0], 4), np.float32)
    after = np.empty(user_starts.size - 1, np.int64)
    for u in range(after.size):
        mine = user_items[user_starts[u] : user_starts[u + 1]]
        after[u] = user_starts[u] + np.searchsorted(mine, first)
    for i in range(first, last):
        sums[i:] = 0
        for s in range(item_starts[i], item_starts[i + 1]):
            u, x = item_users[s], item_values[s]
            xx = x * x
            after[u] += 1
            for t in range(after[u], user_starts[u + 1]):
                j = user_items[t]
                sums[j, 0] += x * user_terms[t, 0]
                sums[j, 1] += xx * user_terms[t, 1]
                sums[j, 2] += user_terms[t, 2]
                sums[j, 3] += user_terms[t, 3]
        for j in range(i + 1, result.shape[0]):
            variation = sums[j, 1] * sums[j, 2]
            if variation > 0:
                support = sums[j, 3] - np.float32(1)
                # A single user in common always correlates perfectly, which means nothing.
                if support > 0:
                    weight = support / (support + shrinkage)
                    result[i, j] = sums[j, 0] / np.sqrt(variation) * weight


@compiled("void(float32[:, ::1])")
def _mirror(square: NDArray[np.float32]) -> None:
    """Copies the upper triangle to the lower, tile by tile for the sake of the cache."""
    n, tile = square.shape[0], 64
    for top in range(0, n, tile):
        for left in range(0, top + tile, tile):
            for i in range(top, min(top + tile, n)):
                for j in range(left, min(left + tile, i)):
                    square[i, j] = square[j, i]


@compiled(
    "void(int32[::1], int32[::1], float32[:, ::1], int32[::1], int32[::1], float32[::1], int64, "
    "float32[::1])",
    fastmath={"contract", "nsz", "arcp"},
)
def _weigh(
    rows: NDArray[np.int32],
    columns: NDArray[np.int32],
    similarity: NDArray[np.float32],
    starts: NDArray[np.int32],
    items: NDArray[np.int32],
    deviations: NDArray[np.float32],
    k: int,
    means: NDArray[np.float32],
) -> None:
    """Fills ``means`` for each pair of a profile and an item."""
    # The nearest so far, in descending order; of equals the first stay.
    near, deviates = np.empty(k, np.float32), np.empty(k, np.float32)
    for t in range(rows.size):
        row = similarity[columns[t]]
        n = 0
        for s in range(starts[rows[t]], starts[rows[t] + 1]):
            value = row[items[s]]
            if value <= 0 or (n == k and value <= near[k - 1]):
                continue
            n = min(n + 1, k)
            place = n - 1
            while place > 0 and near[place - 1] < value:
                near[place], deviates[place] = near[place - 1], deviates[place - 1]
                place -= 1
            near[place], deviates[place] = value, deviations[s]
        total, weight = np.float32(0), np.float32(0)
        for q in range(n):
            total += near[q] * deviates[q]
            weight += near[q]
        if weight > 0:
            means[t] = total / weight

"""Who is like whom, and what the nearest say, for pairs by the million.

Two rows are compared over the columns that both have an entry in. Items are rows of the matrix of
items by viewers, viewers rows of its transpose; everything here is the same for either.
"""

from __future__ import annotations

from concurrent.futures import ThreadPoolExecutor
from itertools import pairwise
from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray
from scipy.sparse import csr_array

from marquee.models.kernels import compiled

COSINE, MSD, PEARSON, PEARSON_BASELINE = range(4)
KINDS = {
    "cosine": COSINE,
    "msd": MSD,
    "pearson": PEARSON,
    "pearson-baseline": PEARSON_BASELINE,
}
"""The measures of similarity by name."""
BLOCK_CELLS = 1 << 22
"""Similarities held at once while the strongest of them are looked for: 16 MB of float32."""


class Measure(NamedTuple):
    """How similarity is measured."""

    name: str
    """One of :data:`KINDS`."""
    shrinkage: float = 0.0
    """Columns in common, less one, at which a Pearson-baseline correlation counts half."""
    min_support: int = 1
    """Pairs with fewer columns in common are not similar at all."""


def comparable(name: str, ratings: NDArray[np.float32], mean: float) -> NDArray[np.float32]:
    """Ratings as a measure other than Pearson-baseline wants them.

    What is blind to a shift gets ratings about the mean, which keeps the sums small. The shift is
    a whole number: halves of stars stay exact in float32, and so do sums of their products.
    """
    return ratings - np.float32(0 if name == "cosine" else round(mean))


def similarities(left: csr_array, measure: Measure, n_threads: int = 1) -> NDArray[np.float32]:
    """Similarity of each pair of rows, shape (n, n), symmetric, 0 on the diagonal."""
    n = left.shape[0]
    right = left.T.tocsr()
    result = np.zeros((n, n), np.float32)
    # Rows get shorter to the end of the triangle: cut where the work is even.
    work = np.cumsum(np.diff(left.indptr) * np.arange(n, 0, -1.0))
    _related(left, right, measure, result, work, n_threads, half=True)
    _mirror(result)
    return result


def strongest_similarities(
    left: csr_array, measure: Measure, most: int, n_threads: int = 1
) -> csr_array:
    """As :func:`similarities`, of each row only the ``most`` greatest above 0.

    Of equals the first are kept. Never more than a block of rows is held besides.
    """
    n = left.shape[0]
    right = left.T.tocsr()
    rows, terms, code = _parts(left), _terms(right), _coded(measure)
    begins, others, _ = _parts(right)
    step = max(1, BLOCK_CELLS // max(n, 1))
    starts = range(0, n, step)

    def prune(start: int) -> tuple[NDArray[np.int32], NDArray[np.int32], NDArray[np.float32]]:
        stop = min(start + step, n)
        block = np.zeros((stop - start, n), np.float32)
        _relate(start, stop, start, *rows, begins, others, terms, False, *code, block)
        np.fill_diagonal(block[:, start:], 0)  # nobody is their own neighbor
        counts = np.empty(stop - start, np.int32)
        places = np.empty(block.shape[0] * min(most, n), np.int32)
        values = np.empty(places.size, np.float32)
        # The least that is kept; NumPy's selection, since Numba's takes 8 s to compile.
        bounds = np.zeros(stop - start, np.float32)
        if most < n:
            bounds = np.maximum(np.partition(block, n - most, axis=1)[:, n - most], 0)
        _strongest(block, most, bounds, counts, places, values)
        kept = counts.sum()
        return counts, places[:kept].copy(), values[:kept].copy()

    with ThreadPoolExecutor(n_threads) as pool:
        parts = list((map if n_threads == 1 else pool.map)(prune, starts))
    counts, places, values = (
        np.concatenate([np.empty(0, kind), *(part[field] for part in parts)])
        for field, kind in enumerate((np.int32, np.int32, np.float32))
    )
    indptr = np.zeros(n + 1, np.int64)
    np.cumsum(counts, out=indptr[1:])
    narrow = indptr.astype(np.int32) if indptr[-1] < np.iinfo(np.int32).max else indptr
    return csr_array((values, places.astype(narrow.dtype, copy=False), narrow), shape=(n, n))


def similarities_between(
    left: csr_array, right: csr_array, measure: Measure, n_threads: int = 1
) -> NDArray[np.float32]:
    """Similarity of each row of ``left`` to each column of ``right``, shape (n_left, n_right).

    The columns of ``left`` are the rows of ``right``.
    """
    result = np.zeros((left.shape[0], right.shape[1]), np.float32)
    work = np.cumsum(np.diff(left.indptr) + 1.0)
    _related(left, right, measure, result, work, n_threads, half=False)
    return result


def weighted_means(
    similarity: NDArray[np.float32] | csr_array,
    rows: NDArray[np.int32],
    deviations: csr_array,
    lists: NDArray[np.int32],
    k: int,
) -> NDArray[np.float32]:
    """Mean deviation of the k nearest of a list, for each pair of a row and a list.

    ``similarity`` has the candidates as columns, and so has ``deviations``, one list per row. What
    is said is weighted by similarity; only the similar above 0 count, and of equals the first. 0
    where there is none. Shape (n_pairs,); fastest if pairs of the same row stand together.
    """
    means = np.zeros(len(rows), np.float32)
    if isinstance(similarity, np.ndarray):
        dense, sparse = similarity, _parts(csr_array((1, 1), dtype=np.float32))
        wide = np.empty(0, np.float32)
    else:
        dense, sparse = np.empty((0, 0), np.float32), _parts(similarity)
        wide = np.zeros(similarity.shape[1], np.float32)
    _weigh(rows, lists, dense, *sparse, wide, *_parts(deviations), k, means)
    return means


def _related(
    left: csr_array,
    right: csr_array,
    measure: Measure,
    result: NDArray[np.float32],
    work: NDArray[np.float64],
    n_threads: int,
    *,
    half: bool,
) -> None:
    """Fills ``result`` with similarities; ``work`` is what the rows up to each are worth."""
    rows, terms, code = _parts(left), _terms(right), _coded(measure)
    starts, others, _ = _parts(right)

    def relate(bounds: tuple[int, int]) -> None:
        first, last = bounds
        _relate(first, last, 0, *rows, starts, others, terms, half, *code, result)

    n_parts = 1 if n_threads == 1 or not len(work) else 4 * n_threads
    cuts = np.searchsorted(work, work[-1:] * np.arange(1, n_parts) / n_parts)
    with ThreadPoolExecutor(n_threads) as pool:
        list(pool.map(relate, pairwise([0, *cuts.tolist(), len(work)])))


def _terms(matrix: csr_array) -> NDArray[np.float32]:
    """(y, 1, y y, 1) for each value y, shape (n_entries, 4).

    So the four sums of x y, x x, y y and 1 that a pair needs lie in 16 adjacent bytes and grow by
    one multiplication each.
    """
    values = matrix.data
    ones = np.ones_like(values)
    return np.stack([values, ones, values * values, ones], axis=1)


def _coded(measure: Measure) -> tuple[int, float, int]:
    return KINDS[measure.name], measure.shrinkage, measure.min_support


def _parts(matrix: csr_array) -> tuple[NDArray[np.int64], NDArray[np.int32], NDArray[np.float32]]:
    """Starts, columns and values; a compiled signature takes no read-only array."""
    return (
        np.require(matrix.indptr, np.int64, ["C", "W"]),
        np.require(matrix.indices, np.int32, ["C", "W"]),
        np.require(matrix.data, np.float32, ["C", "W"]),
    )


@compiled(
    "void(int64, int64, int64, int64[::1], int32[::1], float32[::1], int64[::1], int32[::1], "
    "float32[:, ::1], boolean, int64, float32, int64, float32[:, ::1])",
    # No reciprocals: perfectly alike is exactly 1, so that the first of equals can be told.
    fastmath={"contract", "nsz"},
)
def _relate(
    first: int,
    last: int,
    offset: int,
    left_starts: NDArray[np.int64],
    left_shared: NDArray[np.int32],
    left_values: NDArray[np.float32],
    right_starts: NDArray[np.int64],
    right_others: NDArray[np.int32],
    right_terms: NDArray[np.float32],
    half: bool,
    kind: int,
    shrinkage: float,
    min_support: int,
    result: NDArray[np.float32],
) -> None:
    """Fills ``result[i - offset, j]`` for first <= i < last and every j, or for j > i."""
    n = result.shape[1]
    sums = np.empty((n, 4), np.float32)
    # Pearson's own means are over the shared columns. Its sums, of x, y, x x, y y, x y and 1, are
    # of float64, since their differences have to tell equal ratings from all others.
    precise = np.empty((n if kind == PEARSON else 0, 6), np.float64)
    after = right_starts[:-1].copy()
    if half:
        for u in range(after.size):
            mine = right_others[right_starts[u] : right_starts[u + 1]]
            after[u] += np.searchsorted(mine, first)
    for i in range(first, last):
        start = i + 1 if half else 0
        sums[start:] = 0
        precise[start:] = 0
        for s in range(left_starts[i], left_starts[i + 1]):
            u, x = left_shared[s], left_values[s]
            xx = x * x
            if half:
                after[u] += 1
            if kind == PEARSON:
                long = np.float64(x)  # Numba's float would keep it of float32
                for t in range(after[u], right_starts[u + 1]):
                    j, y = right_others[t], np.float64(right_terms[t, 0])
                    precise[j, 0] += long
                    precise[j, 1] += y
                    precise[j, 2] += long * long
                    precise[j, 3] += y * y
                    precise[j, 4] += long * y
                    precise[j, 5] += 1
                continue
            for t in range(after[u], right_starts[u + 1]):
                j = right_others[t]
                sums[j, 0] += x * right_terms[t, 0]
                sums[j, 1] += xx * right_terms[t, 1]
                sums[j, 2] += right_terms[t, 2]
                sums[j, 3] += right_terms[t, 3]
        row = result[i - offset]
        if kind == PEARSON:
            for j in range(start, n):
                x_sum, y_sum, x_squares, y_squares, both, n_shared = precise[j]
                if n_shared == 0 or n_shared < min_support:
                    continue
                x_varies = n_shared * x_squares - x_sum * x_sum
                y_varies = n_shared * y_squares - y_sum * y_sum
                # Equal ratings vary by what rounding leaves, and correlate with nothing.
                least = 1e-11 * n_shared
                if x_varies > least * x_squares and y_varies > least * y_squares:
                    row[j] = (n_shared * both - x_sum * y_sum) / np.sqrt(x_varies * y_varies)
            continue
        for j in range(start, n):
            xy, xx, yy, shared = sums[j, 0], sums[j, 1], sums[j, 2], sums[j, 3]
            if shared == 0 or shared < min_support:
                continue
            if kind == MSD:
                row[j] = shared / (xx + yy - 2 * xy + shared)
            elif xx * yy > 0:
                row[j] = xy / np.sqrt(xx * yy)
                if kind == PEARSON_BASELINE:
                    # A single column in common always correlates perfectly, which means nothing.
                    support = shared - np.float32(1)
                    row[j] *= support / (support + shrinkage) if support > 0 else np.float32(0)


@compiled("void(float32[:, ::1])")
def _mirror(square: NDArray[np.float32]) -> None:
    """Copies the upper triangle to the lower, tile by tile for the sake of the cache."""
    n, tile = square.shape[0], 64
    for top in range(0, n, tile):
        for left in range(0, top + tile, tile):
            for i in range(top, min(top + tile, n)):
                for j in range(left, min(left + tile, i)):
                    square[i, j] = square[j, i]


@compiled("void(float32[:, ::1], int64, float32[::1], int32[::1], int32[::1], float32[::1])")
def _strongest(
    block: NDArray[np.float32],
    most: int,
    bounds: NDArray[np.float32],
    counts: NDArray[np.int32],
    places: NDArray[np.int32],
    values: NDArray[np.float32],
) -> None:
    """Writes the greatest values above 0 of each row one after another, by column.

    ``bounds`` holds the least of the ``most`` greatest of each row, or 0 if that is below.
    """
    written = 0
    for i in range(block.shape[0]):
        row, bound, begun = block[i], bounds[i], written
        left = most  # of those at the bound, as many are kept as the greater ones leave
        for j in range(row.size):
            left -= row[j] > bound
        for j in range(row.size):
            if row[j] > bound or (row[j] == bound and bound > 0 and left > 0):
                left -= row[j] == bound
                places[written], values[written] = j, row[j]
                written += 1
        counts[i] = written - begun


@compiled(
    "void(int32[::1], int32[::1], float32[:, ::1], int64[::1], int32[::1], float32[::1], "
    "float32[::1], int64[::1], int32[::1], float32[::1], int64, float32[::1])",
    fastmath={"contract", "nsz", "arcp"},
)
def _weigh(
    rows: NDArray[np.int32],
    lists: NDArray[np.int32],
    dense: NDArray[np.float32],
    near_starts: NDArray[np.int64],
    near_places: NDArray[np.int32],
    near_values: NDArray[np.float32],
    wide: NDArray[np.float32],
    starts: NDArray[np.int64],
    places: NDArray[np.int32],
    deviations: NDArray[np.float32],
    k: int,
    means: NDArray[np.float32],
) -> None:
    """Fills ``means``; a row of sparse similarities is spread out in ``wide`` while it is asked."""
    # The nearest so far, in descending order; of equals the first stay.
    near, deviates = np.empty(k, np.float32), np.empty(k, np.float32)
    spread = -1
    for t in range(rows.size):
        if wide.size == 0:
            row = dense[rows[t]]
        else:
            if rows[t] != spread:
                if spread >= 0:
                    for s in range(near_starts[spread], near_starts[spread + 1]):
                        wide[near_places[s]] = 0
                spread = rows[t]
                for s in range(near_starts[spread], near_starts[spread + 1]):
                    wide[near_places[s]] = near_values[s]
            row = wide
        n = 0
        for s in range(starts[lists[t]], starts[lists[t] + 1]):
            value = row[places[s]]
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

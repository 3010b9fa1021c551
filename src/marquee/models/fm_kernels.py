"""Coordinate draws of a factorization machine over relation blocks, as machine code.

A case is one rating, and a row of a block is what many cases share: all that is known of one
viewer, one title or one session. What a coordinate needs of its cases are sums over the cases of a
row, so they are gathered once per block and then kept per row. ``e`` holds what is left to explain
of each case and is kept right throughout. Noise comes in as ``normals``, one standard normal per
feature; zeros in their place give the conditional means.
"""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from marquee.models.kernels import compiled


@compiled("void(float64[::1], int32[::1], float64[::1])")
def add_rows(
    rows: NDArray[np.float64], index: NDArray[np.int32], totals: NDArray[np.float64]
) -> None:
    """Adds to each case what belongs to its row, in place."""
    for n in range(index.size):
        totals[n] += rows[index[n]]


@compiled("void(float64[:, ::1], int32[::1], float64[:, ::1], float64[:, ::1], float64[:, ::1])")
def group_sums(
    values: NDArray[np.float64],
    groups: NDArray[np.int32],
    means: NDArray[np.float64],
    totals: NDArray[np.float64],
    spread: NDArray[np.float64],
) -> None:
    """Adds up the values of each group, and their squared distances from its mean, in place.

    Values have a row for each factor, and so has the rest.
    """
    for f in range(values.shape[0]):
        for j in range(values.shape[1]):
            group = groups[j]
            off = values[f, j] - means[f, group]
            totals[f, group] += values[f, j]
            spread[f, group] += off * off


@compiled(
    "void(float64[::1], float64[::1], int32[::1], float64[::1], int32[::1], int32[::1], "
    "float64[::1], int32[::1], float64[::1], float64[::1], float64, float64[::1], float64[::1])",
    fastmath=True,
)
def draw_weights(
    e: NDArray[np.float64],
    case_weights: NDArray[np.float64],
    index: NDArray[np.int32],
    row_weights: NDArray[np.float64],
    starts: NDArray[np.int32],
    rows: NDArray[np.int32],
    values: NDArray[np.float64],
    groups: NDArray[np.int32],
    means: NDArray[np.float64],
    precisions: NDArray[np.float64],
    noise_precision: float,
    normals: NDArray[np.float64],
    w: NDArray[np.float64],
) -> None:
    """Draws the weight of each feature of a block given all else, in place, ``e`` along with it."""
    left = np.zeros(row_weights.size)
    moved = np.zeros(row_weights.size)
    for n in range(e.size):
        left[index[n]] += case_weights[n] * e[n]
    for j in range(w.size):
        squares = 0.0
        product = 0.0
        for place in range(starts[j], starts[j + 1]):
            x = values[place]
            squares += x * x * row_weights[rows[place]]
            product += x * left[rows[place]]
        precision = precisions[groups[j]] + noise_precision * squares
        mean = noise_precision * (product + w[j] * squares)
        mean = (mean + precisions[groups[j]] * means[groups[j]]) / precision
        step = mean + normals[j] / np.sqrt(precision) - w[j]
        w[j] += step
        for place in range(starts[j], starts[j + 1]):
            x = values[place] * step
            left[rows[place]] -= x * row_weights[rows[place]]
            moved[rows[place]] += x
    for n in range(e.size):
        e[n] -= moved[index[n]]


@compiled(
    "void(float64[::1], float64[::1], float64[::1], int32[::1], int32[::1], float64[::1], "
    "int32[::1], int32[::1], float64[::1], int32[::1], float64[::1], float64[::1], float64, "
    "float64[::1], float64[::1], float64[::1])",
    fastmath=True,
)
def draw_factor(
    e: NDArray[np.float64],
    totals: NDArray[np.float64],
    case_weights: NDArray[np.float64],
    index: NDArray[np.int32],
    edges: NDArray[np.int32],
    row_weights: NDArray[np.float64],
    starts: NDArray[np.int32],
    rows: NDArray[np.int32],
    values: NDArray[np.float64],
    groups: NDArray[np.int32],
    means: NDArray[np.float64],
    precisions: NDArray[np.float64],
    noise_precision: float,
    normals: NDArray[np.float64],
    v: NDArray[np.float64],
    sums: NDArray[np.float64],
) -> None:
    r"""Draws one factor of each feature of a block given all else, in place.

    ``totals`` holds the factor's sum over all features of each case, ``sums`` over those of each
    row of this block; both are kept right. ``edges`` tells where the cases of each row start, and
    the end, if cases are in the order of rows; else it is empty.

    A feature of value x adds :math:`h = x v` to the total t of its cases, whose slope in v is
    :math:`x (t - h)`. When it moves t by d, e falls by :math:`d (t - h)`.
    """
    n_rows = sums.size
    # All that is kept of a row's cases stands in eight numbers side by side, since features meet
    # rows in any order: the weighted sums of t, t^2, e and e t, the weight, how far t has moved
    # from where it was, and what that takes from e besides the same multiple of the old t.
    kept = np.zeros((n_rows, 8))
    if edges.size:
        for r in range(n_rows):
            total = 0.0
            square = 0.0
            left = 0.0
            both = 0.0
            for n in range(edges[r], edges[r + 1]):
                weighted = case_weights[n] * totals[n]
                total += weighted
                square += weighted * totals[n]
                left += case_weights[n] * e[n]
                both += weighted * e[n]
            kept[r, 0] = total
            kept[r, 1] = square
            kept[r, 2] = left
            kept[r, 3] = both
    else:
        for n in range(e.size):
            r = index[n]
            weighted = case_weights[n] * totals[n]
            kept[r, 0] += weighted
            kept[r, 1] += weighted * totals[n]
            kept[r, 2] += case_weights[n] * e[n]
            kept[r, 3] += weighted * e[n]
    for r in range(n_rows):
        kept[r, 4] = row_weights[r]
    for j in range(v.size):
        old = v[j]
        slopes = 0.0
        product = 0.0
        for place in range(starts[j], starts[j + 1]):
            r = rows[place]
            x = values[place]
            own = x * old
            rest = kept[r, 0] - own * kept[r, 4]
            slopes += x * x * (kept[r, 1] - own * (kept[r, 0] + rest))
            product += x * (kept[r, 3] - own * kept[r, 2])
        precision = precisions[groups[j]] + noise_precision * slopes
        mean = noise_precision * (product + old * slopes)
        mean = (mean + precisions[groups[j]] * means[groups[j]]) / precision
        new = mean + normals[j] / np.sqrt(precision)
        v[j] = new
        for place in range(starts[j], starts[j + 1]):
            r = rows[place]
            x = values[place]
            own = x * old
            step = x * (new - old)
            total = kept[r, 0]
            weight = kept[r, 4]
            left = kept[r, 2] - step * (total - own * weight)
            kept[r, 3] += step * (left - kept[r, 1] + own * total)
            kept[r, 2] = left
            kept[r, 1] += step * (2 * total + step * weight)
            kept[r, 0] = total + step * weight
            kept[r, 6] += step * (kept[r, 5] - own)
            kept[r, 5] += step
    for r in range(n_rows):
        sums[r] += kept[r, 5]
    if edges.size:
        for r in range(n_rows):
            moved = kept[r, 5]
            besides = kept[r, 6]
            for n in range(edges[r], edges[r + 1]):
                e[n] -= besides + totals[n] * moved
                totals[n] += moved
    else:
        for n in range(e.size):
            r = index[n]
            e[n] -= kept[r, 6] + totals[n] * kept[r, 5]
            totals[n] += kept[r, 5]

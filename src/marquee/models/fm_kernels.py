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


@compiled("void(float64[::1], int32[::1], float64[::1], float64[::1], float64[::1])")
def group_sums(
    values: NDArray[np.float64],
    groups: NDArray[np.int32],
    means: NDArray[np.float64],
    totals: NDArray[np.float64],
    spread: NDArray[np.float64],
) -> None:
    """Adds up the values of each group, and their squared distances from its mean, in place."""
    for j in range(values.size):
        group = groups[j]
        off = values[j] - means[group]
        totals[group] += values[j]
        spread[group] += off * off


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
    "void(float64[::1], float64[::1], float64[::1], int32[::1], float64[::1], int32[::1], "
    "int32[::1], float64[::1], int32[::1], float64[::1], float64[::1], float64, float64[::1], "
    "float64[::1], float64[::1], float64[::1])",
    fastmath=True,
)
def draw_factor(
    e: NDArray[np.float64],
    totals: NDArray[np.float64],
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
    v: NDArray[np.float64],
    sums: NDArray[np.float64],
    squares: NDArray[np.float64],
) -> None:
    """Draws one factor of each feature of a block given all else, in place.

    ``totals`` holds the factor's sum over all features of each case, ``sums`` over those of each
    row of this block, ``squares`` the sum of squared terms of each row; all are kept right.
    """
    n_rows = sums.size
    # Per row, over its cases: o, o^2, e, and e o, where o is what other blocks add to the total.
    gathered = np.zeros((n_rows, 4))
    for n in range(e.size):
        r = index[n]
        other = totals[n] - sums[r]
        weight = case_weights[n]
        gathered[r, 0] += weight * other
        gathered[r, 1] += weight * other * other
        gathered[r, 2] += weight * e[n]
        gathered[r, 3] += weight * e[n] * other
    before = sums.copy()
    squares_before = squares.copy()
    for j in range(v.size):
        old = v[j]
        slopes = 0.0
        product = 0.0
        for place in range(starts[j], starts[j + 1]):
            r = rows[place]
            x = values[place]
            rest = sums[r] - x * old
            slopes += x * x * (rest * (rest * row_weights[r] + 2 * gathered[r, 0]) + gathered[r, 1])
            product += x * (rest * gathered[r, 2] + gathered[r, 3])
        precision = precisions[groups[j]] + noise_precision * slopes
        mean = noise_precision * (product + old * slopes)
        mean = (mean + precisions[groups[j]] * means[groups[j]]) / precision
        new = mean + normals[j] / np.sqrt(precision)
        v[j] = new
        for place in range(starts[j], starts[j + 1]):
            r = rows[place]
            x = values[place]
            rest = sums[r] - x * old
            step = x * (new - old)
            gathered[r, 2] -= step * (rest * row_weights[r] + gathered[r, 0])
            gathered[r, 3] -= step * (rest * gathered[r, 0] + gathered[r, 1])
            sums[r] += step
            squares[r] += x * x * (new * new - old * old)
    # What a row moves a case by is a line in what the other blocks add to its total.
    for r in range(n_rows):
        step = sums[r] - before[r]
        half = (sums[r] * sums[r] - before[r] * before[r] - squares[r] + squares_before[r]) / 2
        gathered[r, 0] = half - before[r] * step
        gathered[r, 1] = step
    for n in range(e.size):
        r = index[n]
        e[n] -= gathered[r, 0] + totals[n] * gathered[r, 1]
        totals[n] += gathered[r, 1]

r"""Rows of factors by weighted least squares over all cells of a sparse matrix, as machine code.

Given the factors Y of the other side, a row with confidences c at its observed cells solves

.. math:: \Big(\alpha_0 Y^\top Y + \sum_i (c_i - \alpha_0)\, y_i y_i^\top + \lambda I\Big)\, x
          = \sum_i c_i\, y_i

so that the work is in its few observed cells and one matrix that all rows share. Rows do not know
one another: any number of threads gives the same bits.
"""

from __future__ import annotations

from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from functools import cache
from itertools import pairwise
from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray
from scipy.sparse import csr_array

from marquee.models.kernels import compiled

PARTS = 8
"""Blocks of rows for each thread, of about as many cells each."""


class Side(NamedTuple):
    """The observed cells of users, or of items, and the penalty of each."""

    starts: NDArray[np.int32]
    """Shape (n_rows + 1,)."""
    columns: NDArray[np.int32]
    confidence: NDArray[np.float32]
    """At least 0, aligned with ``columns``."""
    l2: NDArray[np.float32]
    """Shape (n_rows,)."""

    @classmethod
    def of(cls, confidence: csr_array, l2: NDArray[np.float32]) -> Side:
        """The rows of a matrix of confidences, as arrays that a kernel takes."""
        parts = ((confidence.indptr, np.int32), (confidence.indices, np.int32))
        starts, columns = (np.require(array, kind, ["C", "W"]) for array, kind in parts)
        values = np.require(confidence.data, np.float32, ["C", "W"])
        return cls(starts, columns, values, np.require(l2, np.float32, ["C", "W"]))


def solve(
    side: Side,
    X: NDArray[np.float32],
    Y: NDArray[np.float32],
    gram: NDArray[np.float32],
    unobserved: float,
    *,
    steps: int,
    pool: ThreadPoolExecutor | None = None,
    n_threads: int = 1,
) -> None:
    """Replaces each row of X by its solution given Y; rows without an observed cell become 0.

    ``gram`` is Y'Y times ``unobserved``. With ``steps`` of 0 the solution is exact, by Cholesky
    factorization, of k^3/6 + n k^2/2 multiplications for k factors and n cells; else that many
    steps of conjugate gradient lead from the present row towards it, of k^2 + 2 n k each.
    """
    n_parts = PARTS * n_threads if pool is not None and n_threads > 1 else 1
    # A row costs about as much as two cells for each factor, on top of its cells.
    work = side.starts[1:] + np.int64(X.shape[1]) * np.arange(1, len(X) + 1)
    cuts = np.searchsorted(work, work[-1:] * np.arange(1, n_parts) / n_parts).tolist()

    def solve_part(bounds: tuple[int, int]) -> None:
        kernel: Callable[..., None] = _descent(X.shape[1]) if steps else _factorize
        kernel(*bounds, *side, unobserved, X, Y, gram, *([steps] if steps else []))

    bounds = pairwise([0, *cuts, len(X)])
    list(map(solve_part, bounds) if n_parts == 1 or pool is None else pool.map(solve_part, bounds))


SIGNATURE = (
    "void(int64, int64, int32[::1], int32[::1], float32[::1], float32[::1], float32, "
    "float32[:, ::1], float32[:, ::1], float32[:, ::1]"
)
FAST = {"contract", "nsz", "arcp", "reassoc"}


@cache
def _descent(k: int) -> Callable[..., None]:
    """Conjugate gradient on rows ``first`` to ``last``, for exactly k factors.

    Cells are taken four at a time, so that sums are loaded and stored once for the four of them,
    and no product waits for the one before it. A number of factors that is known when it is
    compiled makes it a tenth faster.
    """

    def descend(
        first: int,
        last: int,
        starts: NDArray[np.int32],
        columns: NDArray[np.int32],
        confidence: NDArray[np.float32],
        l2: NDArray[np.float32],
        unobserved: float,
        X: NDArray[np.float32],
        Y: NDArray[np.float32],
        gram: NDArray[np.float32],
        steps: int,
    ) -> None:
        zero, one = np.float32(0), np.float32(1)
        residual, direction, image = (
            np.empty(k, np.float32),
            np.empty(k, np.float32),
            np.empty(k, np.float32),
        )
        for row in range(first, last):
            begin, end = starts[row], starts[row + 1]
            x = X[row]
            if begin == end:
                x[:] = zero
                continue
            direction[:] = x
            size = one
            # Step 0 finds the residual, b - A x; the image of x is made on the way.
            for step in range(steps + 1):
                if size < np.float32(1e-20):
                    break
                target = one if step == 0 else zero
                penalty = l2[row]
                for f in range(k):
                    image[f] = penalty * direction[f]
                g = 0
                while g + 4 <= k:
                    d0, d1, d2, d3 = (
                        direction[g],
                        direction[g + 1],
                        direction[g + 2],
                        direction[g + 3],
                    )
                    r0, r1, r2, r3 = gram[g], gram[g + 1], gram[g + 2], gram[g + 3]
                    for f in range(k):
                        image[f] += (d0 * r0[f] + d1 * r1[f]) + (d2 * r2[f] + d3 * r3[f])
                    g += 4
                while g < k:
                    d0, r0 = direction[g], gram[g]
                    for f in range(k):
                        image[f] += d0 * r0[f]
                    g += 1
                t = begin
                while t + 4 <= end:
                    y0, y1 = Y[columns[t]], Y[columns[t + 1]]
                    y2, y3 = Y[columns[t + 2]], Y[columns[t + 3]]
                    s0, s1, s2, s3 = zero, zero, zero, zero
                    for f in range(k):
                        d = direction[f]
                        s0 += d * y0[f]
                        s1 += d * y1[f]
                        s2 += d * y2[f]
                        s3 += d * y3[f]
                    c0, c1, c2, c3 = (
                        confidence[t],
                        confidence[t + 1],
                        confidence[t + 2],
                        confidence[t + 3],
                    )
                    s0 = (c0 - unobserved) * s0 - target * c0
                    s1 = (c1 - unobserved) * s1 - target * c1
                    s2 = (c2 - unobserved) * s2 - target * c2
                    s3 = (c3 - unobserved) * s3 - target * c3
                    for f in range(k):
                        image[f] += (s0 * y0[f] + s1 * y1[f]) + (s2 * y2[f] + s3 * y3[f])
                    t += 4
                while t < end:
                    y0, s0 = Y[columns[t]], zero
                    for f in range(k):
                        s0 += direction[f] * y0[f]
                    s0 = (confidence[t] - unobserved) * s0 - target * confidence[t]
                    for f in range(k):
                        image[f] += s0 * y0[f]
                    t += 1
                if step == 0:
                    size = zero
                    for f in range(k):
                        value = -image[f]
                        residual[f] = value
                        direction[f] = value
                        size += value * value
                    continue
                curvature = zero
                for f in range(k):
                    curvature += direction[f] * image[f]
                if curvature <= zero:
                    break
                length, after = size / curvature, zero
                for f in range(k):
                    x[f] += length * direction[f]
                    value = residual[f] - length * image[f]
                    residual[f] = value
                    after += value * value
                turn = after / size
                for f in range(k):
                    direction[f] = residual[f] + turn * direction[f]
                size = after

    return compiled(f"{SIGNATURE}, int64)", fastmath=FAST)(descend)


@compiled(f"{SIGNATURE})", fastmath=FAST)
def _factorize(
    first: int,
    last: int,
    starts: NDArray[np.int32],
    columns: NDArray[np.int32],
    confidence: NDArray[np.float32],
    l2: NDArray[np.float32],
    unobserved: float,
    X: NDArray[np.float32],
    Y: NDArray[np.float32],
    gram: NDArray[np.float32],
) -> None:
    """Exact solutions of rows ``first`` to ``last``, by Cholesky factors in the upper triangle."""
    k, zero = X.shape[1], np.float32(0)
    A = np.empty((k, k), np.float32)
    for row in range(first, last):
        begin, end = starts[row], starts[row + 1]
        x = X[row]
        x[:] = zero
        if begin == end:
            continue
        for g in range(k):
            for f in range(g, k):
                A[g, f] = gram[g, f]
            A[g, g] += l2[row]
        t = begin
        while t + 4 <= end:
            y0, y1, y2, y3 = (
                Y[columns[t]],
                Y[columns[t + 1]],
                Y[columns[t + 2]],
                Y[columns[t + 3]],
            )
            c0, c1, c2, c3 = confidence[t], confidence[t + 1], confidence[t + 2], confidence[t + 3]
            for f in range(k):
                x[f] += (c0 * y0[f] + c1 * y1[f]) + (c2 * y2[f] + c3 * y3[f])
            for g in range(k):
                s0, s1 = (c0 - unobserved) * y0[g], (c1 - unobserved) * y1[g]
                s2, s3 = (c2 - unobserved) * y2[g], (c3 - unobserved) * y3[g]
                sums = A[g]
                for f in range(g, k):
                    sums[f] += (s0 * y0[f] + s1 * y1[f]) + (s2 * y2[f] + s3 * y3[f])
            t += 4
        while t < end:
            y0, c0 = Y[columns[t]], confidence[t]
            for f in range(k):
                x[f] += c0 * y0[f]
            for g in range(k):
                s0, sums = (c0 - unobserved) * y0[g], A[g]
                for f in range(g, k):
                    sums[f] += s0 * y0[f]
            t += 1
        for g in range(k):
            pivot, upper = A[g, g], A[g]
            # A direction that is lost in rounding gets no length rather than an endless one.
            inverse = np.float32(1) / np.sqrt(pivot) if pivot > np.float32(1e-30) else zero
            for f in range(g, k):
                upper[f] *= inverse
            for h in range(g + 1, k):
                factor, lower = upper[h], A[h]
                for f in range(h, k):
                    lower[f] -= factor * upper[f]
            # The first substitution goes along: U' z = b.
            x[g] *= inverse
            value = x[g]
            for f in range(g + 1, k):
                x[f] -= value * upper[f]
            upper[g] = inverse
        for g in range(k - 1, -1, -1):
            value, upper = x[g], A[g]
            for f in range(g + 1, k):
                value -= upper[f] * x[f]
            x[g] = value * upper[g]

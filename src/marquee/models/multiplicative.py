"""Factors that stay nonnegative: one multiplicative pass, and least squares for one profile."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from marquee.models.kernels import compiled


@compiled(
    "void(int64[::1], int32[::1], float32[::1], float32[:, ::1], float32[:, ::1], float32[::1], "
    "float32[::1], float32, float32, float32, float32)",
    fastmath=True,
)
def multiplicative_pass(
    starts: NDArray[np.int64],
    columns: NDArray[np.int32],
    ratings: NDArray[np.float32],
    P: NDArray[np.float32],
    Q: NDArray[np.float32],
    b: NDArray[np.float32],
    c: NDArray[np.float32],
    base: float,
    l2: float,
    rate: float,
    l2_offsets: float,
) -> None:
    """Multiplies all factors once, in place; offsets step at each rating where ``rate`` is not 0.

    A prediction is ``base + b + c + p q``.
    """
    n_items, width = Q.shape
    given, told = np.zeros((n_items, width), np.float32), np.zeros((n_items, width), np.float32)
    counts = np.zeros(n_items, np.float32)
    mine, said = np.empty(width, np.float32), np.empty(width, np.float32)
    keep = np.float32(1) - rate * l2_offsets
    for u in range(P.shape[0]):
        p = P[u]
        mine[:] = 0
        said[:] = 0
        for t in range(starts[u], starts[u + 1]):
            i, rating = columns[t], ratings[t]
            q, product = Q[i], np.float32(0)
            for f in range(width):
                product += p[f] * q[f]
            predicted = base + b[u] + c[i] + product
            if rate > 0:
                step = rate * (rating - predicted)
                b[u] = keep * b[u] + step
                c[i] = keep * c[i] + step
            counts[i] += 1
            to, at = given[i], told[i]
            for f in range(width):
                mine[f] += q[f] * rating
                said[f] += q[f] * predicted
                to[f] += p[f] * rating
                at[f] += p[f] * predicted
        n = np.float32(starts[u + 1] - starts[u])
        for f in range(width):
            below = said[f] + n * l2 * p[f]
            # Biased predictions of one factor may sum to less than nothing.
            p[f] = max(np.float32(0), p[f] * mine[f] / below) if below > 0 else np.float32(0)
    for i in range(n_items):
        if counts[i] > 0:
            for f in range(width):
                below = told[i, f] + counts[i] * l2 * Q[i, f]
                above = max(np.float32(0), Q[i, f] * given[i, f])
                Q[i, f] = above / below if below > 0 else np.float32(0)


@compiled(
    "void(int64[::1], int32[::1], float32[::1], float32[:, ::1], float32, float32, "
    "float32[:, ::1], float32[::1])"
)
def fold_in_nonnegative(
    starts: NDArray[np.int64],
    columns: NDArray[np.int32],
    deviations: NDArray[np.float32],
    Q: NDArray[np.float32],
    l2: float,
    l2_offset: float,
    P: NDArray[np.float32],
    b: NDArray[np.float32],
) -> None:
    r"""Fills ``P`` and, where ``l2_offset`` is not 0, ``b``, which come as what is expected of all.

    For each profile they minimize :math:`\sum_i (d_i - b - p^\top q_i)^2 + \lambda \|p - m\|^2 +
    \lambda_b b^2` under p >= 0, where m is what its row of ``P`` held, by coordinate descent.
    """
    width = Q.shape[1]
    gram, gradient = np.empty((width + 1, width + 1)), np.empty(width + 1)
    x = np.empty(width + 1)
    for u in range(P.shape[0]):
        if starts[u] == starts[u + 1]:
            continue
        gram[:] = 0
        for f in range(width):
            x[f] = P[u, f]
            gram[f, f] = l2
        x[width] = 0
        gram[width, width] = l2_offset
        # The gradient at the start is minus what the residuals there say.
        gradient[:] = 0
        for t in range(starts[u], starts[u + 1]):
            q, residual = Q[columns[t]], float(deviations[t])
            for f in range(width):
                residual -= x[f] * q[f]
            for f in range(width):
                gradient[f] -= residual * q[f]
                gram[f, width] += q[f]
                gram[width, f] += q[f]
                for g in range(width):
                    gram[f, g] += q[f] * q[g]
            gradient[width] -= residual
            gram[width, width] += 1
        n_free = width + 1 if l2_offset > 0 else width
        for _ in range(1000):
            furthest = 0.0
            for f in range(n_free):
                moved = x[f] - gradient[f] / gram[f, f]
                if f < width and moved < 0:
                    moved = 0.0
                change = moved - x[f]
                if change != 0:
                    x[f] = moved
                    furthest = max(furthest, abs(change))
                    for g in range(n_free):
                        gradient[g] += change * gram[g, f]
            if furthest < 1e-7:
                break
        for f in range(width):
            P[u, f] = x[f]
        b[u] = x[width]

"""What is best believed of profiles, given one draw of everything else, as machine code.

Of a profile a factorization machine does not know the viewer's own weight and factors, nor those of
the viewer's sessions. Given all else each of these is the solution of a ridge regression, whose
features are 1 and the sum of the factors of everything that the entry meets.
"""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from marquee.models.kernels import compiled


@compiled(
    "void(int32[::1], float64[::1], float64[:, ::1], float64[::1], float64, float64[::1], "
    "float64[::1], float64, float64[:, ::1], float64[::1])",
    fastmath=True,
)
def solve_members(
    edges: NDArray[np.int32],
    e: NDArray[np.float64],
    totals: NDArray[np.float64],
    entry_weights: NDArray[np.float64],
    precision: float,
    means: NDArray[np.float64],
    precisions: NDArray[np.float64],
    noise_prior: float,
    theta: NDArray[np.float64],
    noise: NDArray[np.float64],
) -> None:
    r"""Solves for the weight and factors of each member, in place; ``e`` and ``totals`` follow.

    .. math:: \theta = \Bigl( \alpha \sum_n a_n x_n x_n^\top + \Lambda \Bigr)^{-1}
              \Bigl( \alpha \sum_n a_n x_n (e_n + x_n^\top \theta_{old}) + \Lambda \mu \Bigr)

    Member m has the entries ``edges[m]`` to ``edges[m + 1]``. ``theta`` holds its weight in front
    of its factors, ``noise`` its factor of the precision, which is renewed where ``noise_prior``
    is above 0: the squares that are expected there count the uncertainty of each coordinate alone.
    """
    n_factors = totals.shape[1]
    size = n_factors + 1
    A = np.empty((size, size))
    right = np.empty(size)
    x = np.empty(size)
    x[0] = 1.0
    for m in range(theta.shape[0]):
        own = theta[m]
        for i in range(size):
            right[i] = 0.0
            for j in range(i + 1):
                A[i, j] = 0.0
        scale = precision * noise[m]
        for n in range(edges[m], edges[m + 1]):
            weight = scale * entry_weights[n]
            target = e[n] + own[0]
            for f in range(n_factors):
                x[f + 1] = totals[n, f] - own[f + 1]
                target += x[f + 1] * own[f + 1]
            for i in range(size):
                weighted = weight * x[i]
                right[i] += weighted * target
                for j in range(i + 1):
                    A[i, j] += weighted * x[j]
        known = 0.0
        for i in range(size):
            known += A[i, i] / (A[i, i] + precisions[i])
            A[i, i] += precisions[i]
            right[i] += precisions[i] * means[i]
        for i in range(size):
            for j in range(i + 1):
                total = A[i, j]
                for f in range(j):
                    total -= A[i, f] * A[j, f]
                if i == j:
                    A[i, i] = np.sqrt(total)
                else:
                    A[i, j] = total / A[j, j]
        for i in range(size):
            total = right[i]
            for f in range(i):
                total -= A[i, f] * right[f]
            right[i] = total / A[i, i]
        for i in range(size - 1, -1, -1):
            total = right[i]
            for f in range(i + 1, size):
                total -= A[f, i] * right[f]
            right[i] = total / A[i, i]
        squares = 0.0
        for n in range(edges[m], edges[m + 1]):
            moved = right[0] - own[0]
            for f in range(n_factors):
                moved += (right[f + 1] - own[f + 1]) * (totals[n, f] - own[f + 1])
            e[n] -= moved
            squares += entry_weights[n] * e[n] * e[n]
            for f in range(n_factors):
                totals[n, f] += right[f + 1] - own[f + 1]
        for i in range(size):
            own[i] = right[i]
        if noise_prior > 0:
            count = edges[m + 1] - edges[m]
            noise[m] = (noise_prior + count) / (noise_prior + precision * squares + known)


@compiled(
    "void(int32[::1], float64[::1], float64[:, ::1], float64[::1], float64[::1], float64[::1], "
    "float64[:, ::1])",
    fastmath=True,
)
def sweep_members(
    edges: NDArray[np.int32],
    e: NDArray[np.float64],
    totals: NDArray[np.float64],
    entry_weights: NDArray[np.float64],
    means: NDArray[np.float64],
    precisions: NDArray[np.float64],
    theta: NDArray[np.float64],
) -> None:
    """As :func:`solve_members`, but each coordinate once given the others.

    ``entry_weights`` are precisions.

    For members of few entries, whose prior says most: a tenth of the work, and a few rounds of it
    come to the same.
    """
    for m in range(theta.shape[0]):
        own = theta[m]
        first, last = edges[m], edges[m + 1]
        for i in range(own.size):
            old = own[i]
            slopes = 0.0
            product = 0.0
            for n in range(first, last):
                x = 1.0 if i == 0 else totals[n, i - 1] - old
                slopes += entry_weights[n] * x * x
                product += entry_weights[n] * x * e[n]
            pull = product + slopes * old + precisions[i] * means[i]
            new = pull / (slopes + precisions[i])
            for n in range(first, last):
                x = 1.0 if i == 0 else totals[n, i - 1] - old
                e[n] -= x * (new - old)
                if i > 0:
                    totals[n, i - 1] += new - old
            own[i] = new


@compiled(
    "void(int32[::1], int32[::1], float64[:, ::1], float32[:, ::1], float64[:, ::1], "
    "float64[::1], float64[:, ::1])",
    fastmath=True,
)
def meet(
    rows: NDArray[np.int32],
    columns: NDArray[np.int32],
    users: NDArray[np.float64],
    items: NDArray[np.float32],
    moments: NDArray[np.float64],
    said: NDArray[np.float64],
    totals: NDArray[np.float64],
) -> None:
    """Fills in what is said of each pair of a user and an item at its moment, and sums of factors.

    What each side says alone stands in front of its factors. ``moments`` has a row for each pair,
    or none where there are no moments; ``totals`` may have no row, where nobody asks.
    """
    timed, summed = moments.shape[0] > 0, totals.shape[0] > 0
    n_factors = users.shape[1] - 1
    for n in range(rows.size):
        user, item = users[rows[n]], items[columns[n]]
        value = user[0] + item[0]
        if timed:
            value += moments[n, 0]
        for f in range(1, n_factors + 1):
            both = user[f] + item[f]
            value += user[f] * item[f]
            if timed:
                value += moments[n, f] * both
                both += moments[n, f]
            if summed:
                totals[n, f - 1] = both
        said[n] = value

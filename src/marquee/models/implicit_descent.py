"""One pass of stochastic gradient descent with implicit feedback, as machine code.

While the ratings of one viewer are visited, every y_j of that viewer moves by the same affine map.
So with s = sum of y_j / sqrt(n) and z = p + s, at one learning rate, penalty, and n items,

    z <- keep z + 2 step q,   q <- keep q + step z

is what the ratings do, the cost of plain factorization; the sum A of what was added is then shared
out: p <- keep^n p + A, y_j <- keep^n y_j + A / sqrt(n), where A = (z - keep^n z_before) / 2. This
is no approximation. The module imports Numba; import it where a fit begins.
"""

from __future__ import annotations

from collections.abc import Callable
from functools import cache
from typing import Any

import numpy as np
from numpy.typing import NDArray

from marquee.models.descent import LANES, WIDEST, descent_step
from marquee.models.kernels import compiled

SIGNATURE = (
    "void(int64[::1], int32[::1], float32[::1], float32[:, ::1], float32[:, ::1], "
    "float32[:, ::1], float32[::1], float32[::1], float32, float32)"
)

Descend = Callable[..., None]
"""Called with starts, columns, deviations, P, Q, Y, b, c, learning rate and l2."""


def implicit_descent(width: int) -> Descend:
    """The kernel for factor matrices of so many columns: one visit to each rating, in place."""
    return _vectors(width) if width % LANES == 0 and width <= WIDEST else _plain


@compiled(SIGNATURE, fastmath=True)
def _plain(
    starts: NDArray[np.int64],
    columns: NDArray[np.int32],
    deviations: NDArray[np.float32],
    P: NDArray[np.float32],
    Q: NDArray[np.float32],
    Y: NDArray[np.float32],
    b: NDArray[np.float32],
    c: NDArray[np.float32],
    rate: float,
    l2: float,
) -> None:
    """Viewer by viewer, for any number of factors."""
    width, keep, half = P.shape[1], np.float32(1) - rate * l2, np.float32(0.5)
    z, before = np.empty(width, np.float32), np.empty(width, np.float32)
    for u in range(starts.size - 1):
        first, last = starts[u], starts[u + 1]
        if first == last:
            continue
        share, kept = np.float32(1 / np.sqrt(last - first)), np.float32(1)
        z[:] = 0
        for t in range(first, last):
            y = Y[columns[t]]
            for f in range(width):
                z[f] += y[f]
        for f in range(width):
            z[f] = P[u, f] + z[f] * share
            before[f] = z[f]
        for t in range(first, last):
            i = columns[t]
            q, product = Q[i], np.float32(0)
            for f in range(width):
                product += z[f] * q[f]
            step = rate * (deviations[t] - b[u] - c[i] - product)
            b[u] = keep * b[u] + step
            c[i] = keep * c[i] + step
            for f in range(width):
                old = z[f]
                z[f] = keep * old + 2 * step * q[f]
                q[f] = keep * q[f] + step * old
            kept *= keep
        for f in range(width):
            added = (z[f] - kept * before[f]) * half
            P[u, f] = kept * P[u, f] + added
            z[f] = added * share
        for t in range(first, last):
            y = Y[columns[t]]
            for f in range(width):
                y[f] = kept * y[f] + z[f]


@cache
def _vectors(width: int) -> Descend:
    """The kernel for exactly that many factors."""

    def vectors(
        starts: Any,
        columns: Any,
        deviations: Any,
        P: Any,
        Q: Any,
        Y: Any,
        b: Any,
        c: Any,
        rate: Any,
        l2: Any,
    ) -> None:
        one, two, half = np.float32(1), np.float32(2), np.float32(0.5)
        keep = one - rate * l2
        z, before = np.empty((1, width), np.float32), np.empty(width, np.float32)
        for u in range(starts.size - 1):
            first, last = starts[u], starts[u + 1]
            if first == last:
                continue
            share, kept = np.float32(1 / np.sqrt(last - first)), one
            z[:] = 0
            for t in range(first, last):
                i = columns[t]
                for f in range(width):
                    z[0, f] += Y[i, f]
            for f in range(width):
                z[0, f] = P[u, f] + z[0, f] * share
                before[f] = z[0, f]
            own = b[u]
            for t in range(first, last):
                i = columns[t]
                other = c[i]
                residual = deviations[t] - own - other
                step = descent_step(z, 0, Q, i, residual, rate, keep, two, width)
                own = keep * own + step
                c[i] = keep * other + step
                kept *= keep
            b[u] = own
            for f in range(width):
                added = (z[0, f] - kept * before[f]) * half
                P[u, f] = kept * P[u, f] + added
                z[0, f] = added * share
            for t in range(first, last):
                i = columns[t]
                for f in range(width):
                    Y[i, f] = kept * Y[i, f] + z[0, f]

    return compiled(SIGNATURE, fastmath=True)(vectors)

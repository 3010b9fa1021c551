"""Whether paired differences are chance, alone and among several, and how large they are."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import numpy as np
from numpy.typing import ArrayLike, NDArray

N_FLIPS = 9_999
EXACT = 13
"""Up to so many viewers every way of swapping is tried: 8,192 of them."""
_BATCH = 500


def sign_flip_tests(
    apart: Sequence[NDArray[np.float64]], *, n: int = N_FLIPS, seed: int = 0
) -> NDArray[np.float64]:
    """Two-sided p-value of each column of paired differences having mean 0, shape (n_columns,).

    The share of ways to flip the signs of a viewer's differences that make their sum at least as
    far from 0 as it is. Up to 13 viewers all ways are tried; of more, ``n`` at random, and the way
    things are counts as one more, so that p is never below 1 / (n + 1). NaN counts as no
    difference; a column of nothing else has p 1. All columns of one length see the same flips.
    """
    found = np.ones(len(apart))
    for length in {len(own) for own in apart}:
        places = [place for place, own in enumerate(apart) if len(own) == length]
        columns = np.nan_to_num(np.stack([apart[place] for place in places], axis=1))
        # Sums are compared up to rounding: a flip that changes nothing is as far as it is.
        bound = np.abs(columns.sum(axis=0)) - 1e-12 * np.abs(columns).sum(axis=0)
        far, tried = np.zeros(len(places)), 0
        for signs in _signs(length, n, seed):
            far += (np.abs(signs @ columns) >= bound).sum(axis=0)
            tried += len(signs)
        exact = length <= EXACT
        found[places] = far / tried if exact else (far + 1) / (tried + 1)
    return found


def _signs(length: int, n: int, seed: int) -> Any:
    if length <= EXACT:
        ways = np.arange(1 << length)[:, None] >> np.arange(length)
        yield 1.0 - 2.0 * (ways & 1)
        return
    rng = np.random.default_rng(seed)
    for start in range(0, n, _BATCH):
        size = min(_BATCH, n - start)
        yield 1.0 - 2.0 * rng.integers(0, 2, (size, length), dtype=np.int8)


def holm(p: ArrayLike) -> NDArray[np.float64]:
    """P-values corrected for being several, by Holm's method, in their order; NaN ones stay NaN.

    With m of them ascending, the i-th is the greatest of (m - j + 1) p_j over j <= i, at most 1.
    """
    values = np.asarray(p, np.float64)
    corrected = np.full(values.shape, np.nan)
    known = np.flatnonzero(~np.isnan(values))
    order = known[np.argsort(values[known], kind="stable")]
    steps = values[order] * np.arange(len(order), 0, -1)
    corrected[order] = np.minimum(np.maximum.accumulate(steps), 1.0)
    return corrected


def effect_size(apart: NDArray[np.float64]) -> float:
    """Mean over standard deviation (n - 1) of paired differences, Cohen's d for pairs.

    0 where all are 0; NaN for fewer than two.

    References
    ----------
    J. Cohen, "Statistical Power Analysis for the Behavioral Sciences", 1988, section 2.3.5 (d_z).
    """
    if apart.size < 2:
        return float("nan")
    if not apart.any():
        return 0.0
    spread = float(apart.std(ddof=1))
    return float(apart.mean()) / spread if spread else float("inf") * float(np.sign(apart.mean()))

"""Factors of a profile given those of its items: ridge regression in closed form."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray
from scipy.sparse import csr_array

PAIRS_AT_ONCE = 1 << 16


def fold_in(
    deviations: csr_array,
    item_factors: NDArray[np.float32],
    *,
    l2: float,
    l2_offset: float,
) -> tuple[NDArray[np.float32], NDArray[np.float32]]:
    r"""Offsets, shape (n_profiles,), and factors, (n_profiles, factors), of profiles.

    For each row they minimize :math:`\sum_i (d_i - b - p^\top q_i)^2 + \lambda \|p\|^2 +
    \lambda_b b^2` over its entries :math:`d_i`, zeros included; both are 0 for an empty one.
    """
    n_factors = item_factors.shape[1]
    penalty = np.full(n_factors + 1, l2, np.float32)
    penalty[-1] = l2_offset
    solved = np.zeros((deviations.shape[0], n_factors + 1), np.float32)
    for row in np.flatnonzero(np.diff(deviations.indptr)):
        entries = slice(deviations.indptr[row], deviations.indptr[row + 1])
        factors = item_factors[deviations.indices[entries]]
        # One more column, of ones, carries the offset.
        X = np.column_stack([factors, np.ones(len(factors), np.float32)])
        solved[row] = np.linalg.solve(X.T @ X + np.diag(penalty), X.T @ deviations.data[entries])
    return solved[:, -1], solved[:, :-1]


def products(
    left: NDArray[np.float32],
    right: NDArray[np.float32],
    rows: NDArray[np.integer],
    columns: NDArray[np.integer],
) -> NDArray[np.float32]:
    """Product of a row of each, for each pair, shape (n_pairs,)."""
    result = np.empty(len(rows), np.float32)
    for start in range(0, len(rows), PAIRS_AT_ONCE):
        some = slice(start, start + PAIRS_AT_ONCE)
        result[some] = np.einsum("ij,ij->i", left[rows[some]], right[columns[some]])
    return result


def noise(
    rng: np.random.Generator, shape: tuple[int, int], width: int, std: float
) -> NDArray[np.float32]:
    """Random factors to start from; columns beyond ``shape`` are zero and stay so in a descent."""
    start = np.zeros((shape[0], width), np.float32)
    start[:, : shape[1]] = rng.standard_normal(shape, np.float32)
    return start * np.float32(std)

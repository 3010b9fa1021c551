"""What cases share, in blocks, and the model that a factorization machine puts on them."""

from __future__ import annotations

from collections.abc import Sequence
from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray
from scipy.sparse import csr_array, hstack


class Block(NamedTuple):
    """Rows that many cases share: one for each viewer, say, with a column for each feature.

    References
    ----------
    S. Rendle, "Scaling factorization machines to relational data", PVLDB 6(5), 2013.
    """

    case_rows: NDArray[np.int32]
    """Row of each case, shape (n_cases,)."""
    edges: NDArray[np.int32]
    """Where the cases of each row start, and the end, if they are in the order of rows; else empty.
    """
    matrix: csr_array
    """Features of each row, float64, shape (n_rows, n_features)."""
    groups: NDArray[np.int32]
    """Group of each feature; a group's weights and factors share one prior."""
    starts: NDArray[np.int32]
    rows: NDArray[np.int32]
    values: NDArray[np.float64]
    """The columns of ``matrix`` one after the other; j's entries are starts[j] to starts[j+1]."""
    n_groups: int
    """Number of groups; some may have no feature."""


def block(parts: Sequence[csr_array], case_rows: NDArray[np.int32]) -> Block:
    """The block whose groups of features are the parts, side by side."""
    sizes = [part.shape[1] for part in parts]
    matrix = csr_array(hstack(parts, format="csr", dtype=np.float64))
    columns = matrix.tocsc()
    edges = np.zeros(0, np.int32)
    if (case_rows[1:] >= case_rows[:-1]).all():
        edges = np.searchsorted(case_rows, np.arange(matrix.shape[0] + 1)).astype(np.int32)
    return Block(
        case_rows=np.array(case_rows, np.int32),
        edges=edges,
        matrix=matrix,
        groups=np.repeat(np.arange(len(parts), dtype=np.int32), sizes),
        starts=np.array(columns.indptr, np.int32),
        rows=np.array(columns.indices, np.int32),
        values=np.array(columns.data, np.float64),
        n_groups=len(parts),
    )


def one_hot(codes: NDArray[np.int32], n: int) -> csr_array:
    """A row for each code with a one in its column; none for a code of -1.  Shape (n_codes, n)."""
    known = codes >= 0
    starts = np.append(0, np.cumsum(known, dtype=np.int32))
    return csr_array((np.ones(starts[-1]), codes[known], starts), shape=(len(codes), n))


def over_root(matrix: csr_array) -> csr_array:
    """Ones over the square root of their number in each row, where entries are stored."""
    counts = np.diff(matrix.indptr)
    ones = np.repeat(1 / np.sqrt(np.maximum(counts, 1)), counts)
    return csr_array((ones, matrix.indices.copy(), matrix.indptr.copy()), shape=matrix.shape)


def outcomes(
    blocks: Sequence[Block],
    weights: Sequence[NDArray[np.float64]],
    factors: Sequence[NDArray[np.float64]],
) -> NDArray[np.float64]:
    r"""What the machine says of each case, less the intercept, shape (n_cases,).

    .. math:: \sum_j w_j x_j + \tfrac12 \sum_f \Bigl[ \bigl( \sum_j v_{jf} x_j \bigr)^2
              - \sum_j v_{jf}^2 x_j^2 \Bigr]

    ``factors`` hold one factor per row, shape (n_factors, n_features of the block).
    """
    said: NDArray[np.float64] = np.zeros(len(blocks[0].case_rows))
    totals = np.zeros((len(said), len(factors[0])))
    for part, w, V in zip(blocks, weights, factors, strict=True):
        own = part.matrix @ w - part.matrix.power(2) @ (V**2).sum(axis=0) / 2
        said += own[part.case_rows]
        totals += (part.matrix @ V.T)[part.case_rows]
    return np.asarray(said + (totals**2).sum(axis=1) / 2)

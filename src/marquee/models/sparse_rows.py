"""Sparse rows: their lengths, their products with one another, and lists without near-copies."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray
from scipy.sparse import csr_array

from marquee.models.kernels import compiled
from marquee.models.ranking import TopK


def lengths_of(rows: csr_array) -> NDArray[np.float64]:
    """Length of each row."""
    squares = csr_array((rows.data**2, rows.indices, rows.indptr), rows.shape)
    lengths: NDArray[np.float64] = np.sqrt(squares.sum(axis=1))
    return lengths


def inverse(lengths: NDArray[np.floating]) -> NDArray[np.floating]:
    """One over each length; 0 where there is none."""
    found = np.zeros_like(lengths)
    np.divide(1, lengths, out=found, where=lengths > 1e-6)
    return found


def without_copies(vectors: csr_array, lists: TopK, k: int, most_alike: float) -> TopK:
    """The first k of each list, without what has a cosine above ``most_alike`` to one before it.

    ``vectors`` holds a row for each item.
    """
    scale = inverse(lengths_of(vectors))
    items = np.full((len(lists.items), k), -1, np.int32)
    scores = np.full(items.shape, -np.inf, np.float32)
    for row, listed in enumerate(lists.items):
        own = listed[listed >= 0]
        directions = vectors[own].toarray() * scale[own, None]
        alike = directions @ directions.T > most_alike
        kept: list[int] = []
        for place in range(len(own)):
            if len(kept) < k and not alike[place, kept].any():
                kept.append(place)
        items[row, : len(kept)] = own[kept]
        scores[row, : len(kept)] = lists.scores[row, kept]
    return TopK(items, scores)


def arrays_of(
    matrix: csr_array,
) -> tuple[NDArray[np.int32], NDArray[np.int32], NDArray[np.float32]]:
    """Starts, columns and values, of the kinds for which the kernels are compiled."""
    kinds = ((matrix.indptr, np.int32), (matrix.indices, np.int32), (matrix.data, np.float32))
    starts, columns, values = (np.require(array, kind, ["C", "W"]) for array, kind in kinds)
    return starts, columns, values


@compiled("void(int32[::1], int32[::1], float32[::1], int32[::1], float32[::1], float64[::1])")
def add_up(
    starts: NDArray[np.int32],
    words: NDArray[np.int32],
    weights: NDArray[np.float32],
    rows: NDArray[np.int32],
    counts: NDArray[np.float32],
    total: NDArray[np.float64],
) -> None:
    """Adds the rows, each times its count, to the total."""
    for place in range(len(rows)):
        for entry in range(starts[rows[place]], starts[rows[place] + 1]):
            total[words[entry]] += weights[entry] * counts[place]


@compiled(
    "void(int32[::1], int32[::1], float32[::1], int32[::1], int32[::1], float32[::1], "
    "float32[:, ::1])"
)
def products(
    starts: NDArray[np.int32],
    words: NDArray[np.int32],
    weights: NDArray[np.float32],
    asked: NDArray[np.int32],
    own: NDArray[np.int32],
    laid: NDArray[np.float32],
    found: NDArray[np.float32],
) -> None:
    """Products of the rows asked about with one's own; ``laid`` is a row of zeros to work in."""
    # One row is laid out over the vocabulary: the others then only look theirs up.
    for place in range(len(asked)):
        there = range(starts[asked[place]], starts[asked[place] + 1])
        for entry in there:
            laid[words[entry]] = weights[entry]
        for other in range(len(own)):
            total = np.float32(0)
            for entry in range(starts[own[other]], starts[own[other] + 1]):
                total += weights[entry] * laid[words[entry]]
            found[place, other] = total
        for entry in there:
            laid[words[entry]] = np.float32(0)

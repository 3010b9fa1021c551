"""Trying a model forward in time: learned from earlier films, asked about the next ones."""

from __future__ import annotations

from itertools import pairwise

import numpy as np
from numpy.typing import NDArray

FEWEST = 5
"""Films in a part; with fewer there are fewer parts."""


def forward_parts(
    n: int, share: float, n_parts: int
) -> list[tuple[NDArray[np.int64], NDArray[np.int64]]]:
    """Pairs of earlier rows and of the rows that come next, for n rows in the order of time.

    The latest ``share`` of the rows is cut into ``n_parts`` of nearly the same size, or fewer where
    they would hold less than five; each is paired with all rows before it. At least two rows come
    before the first part.
    """
    n_tried = int(np.clip(round(share * n), 1, max(n - 2, 1)))
    parts = max(1, min(n_parts, n_tried // FEWEST))
    edges = np.linspace(n - n_tried, n, parts + 1).round().astype(np.int64)
    return [(np.arange(low), np.arange(low, high)) for low, high in pairwise(edges)]

"""Trying a model forward in time: learned from earlier films, asked about the next ones."""

from __future__ import annotations

from itertools import pairwise

import numpy as np
from numpy.typing import NDArray

FEWEST = 5
"""Films in a part; with fewer there are fewer parts."""


def forward_parts(
    days: NDArray[np.int64], share: float, n_parts: int, lag_days: int
) -> list[tuple[NDArray[np.int64], NDArray[np.int64]]]:
    """Pairs of earlier rows and of the rows that come next, for rows whose days ascend.

    The latest ``share`` of the rows is cut into ``n_parts`` of nearly the same size, or fewer where
    they would hold less than five. Each is paired with the rows at least ``lag_days`` before its
    first one: the outcomes of those in between were not known then. Where that leaves fewer than
    two rows, it is paired with all rows before it, of which there are two or more.
    """
    n_tried = int(np.clip(round(share * days.size), 1, max(days.size - 2, 1)))
    parts = max(1, min(n_parts, n_tried // FEWEST))
    edges = np.linspace(days.size - n_tried, days.size, parts + 1).round().astype(np.int64)
    found = []
    for low, high in pairwise(edges):
        n_known = int(np.searchsorted(days, days[low] - lag_days, side="right"))
        found.append((np.arange(n_known if n_known > 1 else low), np.arange(low, high)))
    return found

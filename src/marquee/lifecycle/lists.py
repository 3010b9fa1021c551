"""What the lists of many viewers are like together, whatever anybody thinks of them."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

HEAD = 0.1
"""Share of the catalog that counts as its most popular titles."""


@dataclass(frozen=True, kw_only=True)
class ListFigures:
    """Figures of the lists of some viewers, each from 0 to 1; NaN where there are no lists."""

    coverage: float
    """Share of the catalog that is in any of the lists."""
    head_share: float
    """Share of the places that the most popular tenth of the catalog takes."""
    overlap: float
    """Share of a list that another viewer's list holds too, on average over pairs of viewers."""
    gini: float
    """How unequally the places are given to the titles of the catalog: 0 alike, 1 all to one."""


def list_figures(items: NDArray[np.int32], n_ratings: NDArray[Any]) -> ListFigures:
    """What those lists are like.

    Parameters
    ----------
    items
        Positions of the titles of each list, shape (n_viewers, k); -1 in empty places.
    n_ratings
        Ratings of each title that the model learned from, shape (n_items,).
    """
    shown = items[items >= 0]
    n_items, n_viewers = len(n_ratings), len(items)
    if not shown.size:
        nan = float("nan")
        return ListFigures(coverage=nan, head_share=nan, overlap=nan, gini=nan)
    counts = np.bincount(shown, minlength=n_items).astype(np.float64)
    head = np.argsort(-n_ratings, kind="stable")[: max(1, int(n_items * HEAD))]
    pairs = n_viewers * (n_viewers - 1)
    shared = float(counts @ (counts - 1)) / pairs if pairs else float("nan")
    ranks = np.arange(1, n_items + 1)
    ascending = np.sort(counts)
    gini = float((2 * ranks - n_items - 1) @ ascending / (n_items * ascending.sum()))
    return ListFigures(
        coverage=float(np.count_nonzero(counts) / n_items),
        head_share=float(counts[head].sum() / counts.sum()),
        overlap=shared / (shown.size / n_viewers),
        gini=gini,
    )

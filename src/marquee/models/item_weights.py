"""Scores that are sums of sparse weights from the items of a profile to all items."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray
from scipy.sparse import csr_array

from marquee.data.interactions import Interactions
from marquee.models.ranking import TopK, top_k


def scored(profiles: csr_array, weights: csr_array) -> NDArray[np.float32]:
    """What the items of each profile say for every item, shape (n_profiles, n_items)."""
    scores: NDArray[np.float32] = (profiles @ weights).toarray()
    return scores


def added(
    profiles: Interactions,
    targets: NDArray[np.int32],
    weights: csr_array,
    told: NDArray[np.float32],
) -> NDArray[np.float32]:
    """What each stored interaction added to the score of its profile's target.

    ``told`` is what the interaction counts, aligned with ``profiles.matrix.data`` as is the result.
    """
    by_target = weights[:, targets].toarray()
    parts: NDArray[np.float32] = by_target[profiles.matrix.indices, profiles.rows] * told
    return parts


def strongest(weights: csr_array, items: NDArray[np.int32], k: int) -> TopK:
    """The k greatest positive weights of each item's row."""
    rows = weights[items].toarray()
    rows[rows <= 0] = -np.inf
    rows[np.arange(len(items)), items] = -np.inf
    return top_k(rows, k)

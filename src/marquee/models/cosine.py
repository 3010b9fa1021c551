"""Items whose factors point the same way."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from marquee.models.ranking import TopK, top_k


def nearest(factors: NDArray[np.float32], items: NDArray[np.int32], k: int) -> TopK:
    """The k items of the greatest positive cosine with each given one, which is left out.

    ``factors`` has the shape (n_items, n_factors). Items without factors are near to none.
    """
    lengths = np.linalg.norm(factors, axis=1, keepdims=True)
    directions = factors / np.maximum(lengths, np.float32(1e-30))
    cosines: NDArray[np.float32] = directions[items] @ directions.T
    cosines[cosines <= 0] = -np.inf
    cosines[np.arange(len(items)), items] = -np.inf
    return top_k(cosines, k)

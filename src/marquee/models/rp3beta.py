"""Random walks of three steps from the items of a profile, with popular ends held back."""

from __future__ import annotations

from dataclasses import dataclass, field

import numpy as np
from numpy.typing import ArrayLike, NDArray
from scipy.sparse import csr_array, vstack

from marquee.data.interactions import Interactions
from marquee.models.base import Recommender, checked_positions
from marquee.models.item_weights import added, scored, strongest
from marquee.models.kernels import compiled
from marquee.models.likes import liked
from marquee.models.ranking import TopK, top_k

BLOCK_CELLS = 1 << 22
"""Weights held dense at once while the strongest of each row are picked: 16 MB."""


@dataclass(kw_only=True, eq=False)
class RP3beta(Recommender):
    r"""Scores each item by how often a walk from the profile ends at it.

    From the user a walk goes to an item of the profile, on to one of that item's users, and ends at
    one of their items; each step takes its probability to the power :math:`\alpha`. The count of
    users of the end, to the power :math:`\beta`, divides the result:

    .. math:: W_{ij} = \frac{1}{n_j^\beta} \sum_{v \in U_i \cap U_j}
              \Big(\frac{1}{n_i}\Big)^\alpha \Big(\frac{1}{n_v}\Big)^\alpha, \qquad
              s_{uj} = \frac{1}{n_u^\alpha} \sum_{i \in I_u} W_{ij}

    With ``beta`` 0 this is P3alpha. An item says nothing for itself, and only the ``neighbors``
    greatest weights of each row are kept, of equals the first. A profile, known or new, is scored
    by its likes times W; an empty one scores 0 everywhere. The defaults were chosen by NDCG@100 on
    validation viewers of MovieLens 1M (``python benchmarks/rankers.py --choose``).

    References
    ----------
    B. Paudel, F. Christoffel, C. Newell and A. Bernstein, "Updatable, accurate, diverse, and
    scalable recommendations for interactive applications", TiiS 7(1), 2017, equation 3.
    C. Cooper, S. H. Lee, T. Radzik and Y. Siantos, "Random walks in recommender systems: exact
    computation and simulations", WWW 2014 (P3alpha).
    """

    alpha: float = 1.0
    """Power of the probability of a step."""
    beta: float = 0.6
    """Power of an item's count of users that holds it back."""
    neighbors: int = 200
    """Most items for which an item may speak."""
    liked_from: float = 0.0
    """Only interactions with at least this value count as liked; the rest are seen but say
    nothing."""

    weights_: csr_array = field(init=False, repr=False)
    """What a walk over the row's item adds to the column's score, shape (n_items, n_items)."""

    def __post_init__(self) -> None:
        self.check_at_least(1, "neighbors")
        self.check_at_least(0, "alpha", "beta", "liked_from")

    def _fit(self, train: Interactions) -> None:
        by_user = liked(train, self.liked_from)
        by_item = by_user.T.tocsr()
        step = np.maximum(np.diff(by_user.indptr), 1) ** -float(self.alpha)
        n_users = np.maximum(np.diff(by_item.indptr), 1).astype(np.float64)
        first, last = n_users**-self.alpha, n_users**-self.beta
        arrays = (by_item.indptr, by_item.indices, by_user.indptr, by_user.indices)
        item_starts, item_users, user_starts, user_items = (
            np.require(array, np.int32, ["C", "W"]) for array in arrays
        )
        n_items, blocks = train.n_items, []
        rows = max(1, BLOCK_CELLS // max(n_items, 1))
        for start in range(0, n_items, rows):
            ends = np.zeros((min(rows, n_items - start), n_items), np.float32)
            _walk(start, item_starts, item_users, user_starts, user_items, step, first, last, ends)
            blocks.append(_pruned(ends, self.neighbors))
        self.weights_ = csr_array(vstack(blocks, format="csr"))

    def _score(self, profiles: Interactions) -> NDArray[np.float32]:
        likes = liked(profiles, self.liked_from)
        likes.data = self._starts(likes)
        return scored(likes, self.weights_)

    def contributions(self, profiles: Interactions, columns: ArrayLike) -> NDArray[np.float32]:
        """What each stored interaction added to the score of one item per profile.

        Aligned with ``profiles.matrix.data``; 0 for interactions below ``liked_from``.
        """
        _, targets = self.checked_pairs(profiles, np.arange(profiles.n_users), columns)
        told = np.zeros(len(profiles), np.float32)
        kept = profiles.matrix.data >= np.float32(self.liked_from)
        told[kept] = self._starts(liked(profiles, self.liked_from))
        return added(profiles, targets, self.weights_, told)

    def similar(self, columns: ArrayLike, k: int = 10) -> TopK:
        """The k items at which most walks over the given one end, popular ones held back."""
        self.check_fitted()
        wanted = checked_positions(columns, len(self.items_), "columns")
        return strongest(self.weights_, wanted, k)

    def _starts(self, likes: csr_array) -> NDArray[np.float32]:
        """Weight of a profile's step to each of its items."""
        counts = np.diff(likes.indptr)
        weights = np.maximum(counts, 1) ** -float(self.alpha)
        return np.repeat(weights, counts).astype(np.float32)


def _pruned(ends: NDArray[np.float32], neighbors: int) -> csr_array:
    """The greatest positive weights of each row."""
    best = top_k(np.where(ends > 0, ends, np.float32(-np.inf)), min(neighbors, ends.shape[1]))
    kept = best.items >= 0
    rows = np.nonzero(kept)[0]
    pruned = csr_array((best.scores[kept], (rows, best.items[kept])), shape=ends.shape)
    pruned.sort_indices()
    return pruned


@compiled(
    "void(int64, int32[::1], int32[::1], int32[::1], int32[::1], float64[::1], float64[::1], "
    "float64[::1], float32[:, ::1])"
)
def _walk(
    start: int,
    item_starts: NDArray[np.int32],
    item_users: NDArray[np.int32],
    user_starts: NDArray[np.int32],
    user_items: NDArray[np.int32],
    step: NDArray[np.float64],
    first: NDArray[np.float64],
    last: NDArray[np.float64],
    ends: NDArray[np.float32],
) -> None:
    """Fills ``ends``, whose rows are those of W from ``start`` on, with a diagonal of 0."""
    sums = np.empty(ends.shape[1])
    for place in range(ends.shape[0]):
        item = start + place
        sums[:] = 0
        for t in range(item_starts[item], item_starts[item + 1]):
            user = item_users[t]
            weight = step[user]
            for s in range(user_starts[user], user_starts[user + 1]):
                sums[user_items[s]] += weight
        sums[item] = 0
        for other in range(sums.size):
            ends[place, other] = first[item] * last[other] * sums[other]

"""Ratings that the viewer gave to the most similar items."""

from __future__ import annotations

from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, field

import numpy as np
from numpy.typing import ArrayLike, NDArray

from marquee.data.interactions import Interactions
from marquee.models.base import Recommender, checked_positions
from marquee.models.neighbors import similarities, weighted_means
from marquee.models.offsets import Scale, fit_offsets, on_scale, user_offsets
from marquee.models.ranking import TopK, top_k

PAIRS_AT_ONCE = 1 << 20


@dataclass(kw_only=True, eq=False)
class ItemKNN(Recommender):
    r"""Scores an item by its baseline plus what the k most similar items of the profile say.

    .. math:: \hat r_{ui} = b_{ui} +
              \frac{\sum_{j \in N_k(i; u)} s_{ij} (r_{uj} - b_{uj})}{\sum_{j \in N_k(i; u)} s_{ij}}

    where :math:`b_{ui} = \mu + b_u + b_i` is the baseline of :class:`Bias` and :math:`s_{ij}` the
    correlation of deviations from it over the users who rated both, multiplied by
    :math:`(n_{ij} - 1) / (n_{ij} - 1 + \lambda)`. Only positive similarities count.

    Similarities are held for all pairs: 4 bytes times the square of the number of items.

    References
    ----------
    Y. Koren, "Factor in the neighbors: scalable and accurate collaborative filtering", TKDD 2010,
    section 2.2. With the defaults this is Surprise's item-based ``KNNBaseline``.
    """

    k: int = 40
    """Most neighbors to ask."""
    shrinkage: float = 100.0
    """Users in common, less one, at which a correlation counts half."""
    l2_users: float = 15.0
    """Penalty on user offsets, in ratings."""
    l2_items: float = 10.0
    """Penalty on item offsets, in ratings."""
    passes: int = 10
    """Rounds of alternating least squares for the offsets."""
    n_threads: int = 1

    scale_: NDArray[np.float64] = field(init=False, repr=False)
    """Mean, lowest and highest rating of the training data."""
    item_offsets_: NDArray[np.float64] = field(init=False, repr=False)
    """Offset of each item from the mean, shape (n_items,)."""
    similarity_: NDArray[np.float32] = field(init=False, repr=False)
    """Shrunk correlation of each pair of items, shape (n_items, n_items), 0 on the diagonal."""

    def __post_init__(self) -> None:
        self.check_at_least(1, "k", "passes", "n_threads")
        self.check_at_least(0, "shrinkage", "l2_users", "l2_items")

    def _fit(self, train: Interactions) -> None:
        scale = Scale.of(train)
        self.scale_ = np.array(scale)
        self.item_offsets_ = fit_offsets(
            train, scale.mean, l2_users=self.l2_users, l2_items=self.l2_items, passes=self.passes
        ).items
        _, deviations = self._baseline(train)
        self.similarity_ = similarities(train, deviations, self.shrinkage, self.n_threads)

    def _score(self, profiles: Interactions) -> NDArray[np.float32]:
        means, deviations = self._baseline(profiles)
        scores = np.empty((profiles.n_items, profiles.n_users), np.float32)
        people = np.arange(profiles.n_users, dtype=np.int32)
        step = max(1, PAIRS_AT_ONCE // max(profiles.n_users, 1))

        def fill(start: int) -> None:
            items = np.arange(start, min(start + step, profiles.n_items), dtype=np.int32)
            at, to = np.tile(people, len(items)), np.repeat(items, len(people))
            said = weighted_means(self.similarity_, profiles, deviations, at, to, self.k)
            scores[items] = said.reshape(len(items), len(people))

        with ThreadPoolExecutor(self.n_threads) as pool:
            list(pool.map(fill, range(0, profiles.n_items, step)))
        return np.asarray(scores.T + self.item_offsets_ + means[:, None], np.float32)

    def predict_ratings(
        self, profiles: Interactions, rows: ArrayLike, columns: ArrayLike
    ) -> NDArray[np.float32]:
        """Predicted ratings of the pairs, within the range of the training data."""
        at, to = self.checked_pairs(profiles, rows, columns)
        means, deviations = self._baseline(profiles)
        # Item by item, so that its row of similarities stays in cache.
        order = np.argsort(to, kind="stable")
        ratings = means[at] + self.item_offsets_[to]
        ratings[order] += weighted_means(
            self.similarity_, profiles, deviations, at[order], to[order], self.k
        )
        return on_scale(ratings, self.scale_)

    def similar(self, columns: ArrayLike, k: int = 10) -> TopK:
        """The k items most similar to each of the given ones, of positive similarity only."""
        self.check_fitted()
        rows = self.similarity_[checked_positions(columns, len(self.items_), "columns")]
        return top_k(np.where(rows > 0, rows, np.float32(-np.inf)), k)

    def _baseline(self, profiles: Interactions) -> tuple[NDArray[np.float64], NDArray[np.float32]]:
        """Mean plus offset of each user, and each rating's deviation from its baseline."""
        mean, items = float(self.scale_[0]), self.item_offsets_
        means = mean + user_offsets(profiles, mean, items, l2_users=self.l2_users)
        baseline = means[profiles.rows] + items[profiles.matrix.indices]
        return means, (profiles.matrix.data - baseline).astype(np.float32)

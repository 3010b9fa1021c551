"""Ratings that the viewer gave to the most similar items."""

from __future__ import annotations

from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, field

import numpy as np
from numpy.typing import ArrayLike, NDArray
from scipy.sparse import csr_array

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

    Similarities are held for all pairs of the n items that somebody rated: 4 n^2 bytes, which is
    55 MB for 3,706 items. The others are predicted by their baseline, which is the user's alone,
    and are nobody's neighbors.

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
    rated_items_: NDArray[np.int32] = field(init=False, repr=False)
    """Positions of the n items that somebody rated, ascending."""
    similarity_: NDArray[np.float32] = field(init=False, repr=False)
    """Shrunk correlation of each pair of items, shape (n, n), rows and columns as in
    ``rated_items_``, 0 on the diagonal."""

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
        counts = np.bincount(train.matrix.indices, minlength=train.n_items)
        self.rated_items_ = np.flatnonzero(counts).astype(np.int32)
        self.similarity_ = similarities(
            self._narrowed(train, deviations), self.shrinkage, self.n_threads
        )

    def _score(self, profiles: Interactions) -> NDArray[np.float32]:
        means, deviations = self._baseline(profiles)
        known = self._narrowed(profiles, deviations)
        n_rated = len(self.rated_items_)
        scores = np.zeros((profiles.n_items, profiles.n_users), np.float32)
        people = np.arange(profiles.n_users, dtype=np.int32)
        step = max(1, PAIRS_AT_ONCE // max(profiles.n_users, 1))

        def fill(start: int) -> None:
            places = np.arange(start, min(start + step, n_rated), dtype=np.int32)
            at, to = np.tile(people, len(places)), np.repeat(places, len(people))
            said = weighted_means(self.similarity_, known, at, to, self.k)
            scores[self.rated_items_[places]] = said.reshape(len(places), len(people))

        with ThreadPoolExecutor(self.n_threads) as pool:
            list(pool.map(fill, range(0, n_rated, step)))
        return np.asarray(scores.T + self.item_offsets_ + means[:, None], np.float32)

    def predict_ratings(
        self, profiles: Interactions, rows: ArrayLike, columns: ArrayLike
    ) -> NDArray[np.float32]:
        """Predicted ratings of the pairs, within the range of the training data."""
        at, to = self.checked_pairs(profiles, rows, columns)
        means, deviations = self._baseline(profiles)
        ratings = means[at] + self.item_offsets_[to]
        places = self._places()[to]
        # Item by item, so that its row of similarities stays in cache.
        order = np.argsort(places, kind="stable")
        order = order[places[order] >= 0]
        known = self._narrowed(profiles, deviations)
        ratings[order] += weighted_means(self.similarity_, known, at[order], places[order], self.k)
        return on_scale(ratings, self.scale_)

    def similar(self, columns: ArrayLike, k: int = 10) -> TopK:
        """The k items most similar to each of the given ones, of positive similarity only."""
        self.check_fitted()
        wanted = self._places()[checked_positions(columns, len(self.items_), "columns")]
        near = self.similarity_[wanted[wanted >= 0]]
        found = np.full((len(wanted), len(self.items_)), -np.inf, np.float32)
        found[np.ix_(wanted >= 0, self.rated_items_)] = np.where(near > 0, near, -np.inf)
        return top_k(found, k)

    def _baseline(self, profiles: Interactions) -> tuple[NDArray[np.float64], NDArray[np.float32]]:
        """Mean plus offset of each user, and each rating's deviation from its baseline."""
        mean, items = float(self.scale_[0]), self.item_offsets_
        means = mean + user_offsets(profiles, mean, items, l2_users=self.l2_users)
        baseline = means[profiles.rows] + items[profiles.matrix.indices]
        return means, (profiles.matrix.data - baseline).astype(np.float32)

    def _places(self) -> NDArray[np.int32]:
        """Place of each item in ``rated_items_``, -1 for the others."""
        places = np.full(len(self.items_), -1, np.int32)
        places[self.rated_items_] = np.arange(len(self.rated_items_), dtype=np.int32)
        return places

    def _narrowed(self, profiles: Interactions, deviations: NDArray[np.float32]) -> csr_array:
        """The deviations from the baseline as a matrix whose columns are ``rated_items_``."""
        matrix = profiles.matrix
        whole = csr_array((deviations, matrix.indices, matrix.indptr), matrix.shape)
        # Indexing keeps stored zeros, which are ratings, and the order of the columns.
        return whole if len(self.rated_items_) == profiles.n_items else whole[:, self.rated_items_]

"""Ratings that the most similar viewers gave to the item."""

from __future__ import annotations

from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, field
from itertools import pairwise
from typing import Any

import numpy as np
from numpy.typing import ArrayLike, NDArray
from scipy.sparse import csr_array

from marquee.data.interactions import Interactions
from marquee.models.neighborhood import Neighborhood, with_values
from marquee.models.neighbors import comparable, similarities_between, weighted_means
from marquee.models.offsets import Scale, fit_offsets, on_scale, user_offsets

CELLS_AT_ONCE = 1 << 24
"""Similarities of profiles to viewers held at once: 64 MB of float32."""
PAIRS_AT_ONCE = 1 << 20


@dataclass(kw_only=True, eq=False)
class UserKNN(Neighborhood):
    r"""Scores an item by its baseline plus what the k most similar viewers who rated it say.

    .. math:: \hat r_{ui} = b_{ui} +
              \frac{\sum_{v \in N_k(u; i)} s_{uv} (r_{vi} - b_{vi})}{\sum_{v \in N_k(u; i)} s_{uv}}

    where :math:`b_{ui} = \mu + b_u + b_i` is the baseline of :class:`Bias` and :math:`s_{uv}`, by
    default, the correlation of deviations from it over the items that both rated, multiplied by
    :math:`(n_{uv} - 1) / (n_{uv} - 1 + \lambda)`. Only positive similarities count. With another
    ``center`` the mean rating of the viewer, or the mean of all, stands for the baseline.

    What is kept is the training ratings. The similarities of a profile to every training viewer are
    computed when it is scored, from the profile alone, so nothing sets a known viewer apart from a
    new one; memory grows with the ratings, never with pairs of viewers, and all neighbors are exact
    at any size. A profile that is also in the training data meets itself there among those who
    rated the items that it holds, and nowhere else.

    References
    ----------
    J. Herlocker, J. Konstan, A. Borchers and J. Riedl, "An algorithmic framework for performing
    collaborative filtering", SIGIR 1999; with baselines after Y. Koren, TKDD 2010, section 2.2.
    This is Surprise's user-based ``KNNBaseline``, whose own shrinkage is 100; ``center="mean"`` is
    its ``KNNWithMeans`` and ``center="none"`` its ``KNNBasic``.
    """

    user_offsets_: NDArray[np.float64] = field(init=False, repr=False)
    """Offset from the mean of each of the n training viewers, shape (n,)."""
    ratings_: Any = field(init=False, repr=False)
    """The training ratings by item, ``csr_array`` of float32 of shape (n_items, n)."""
    deviations_: NDArray[np.float32] = field(init=False, repr=False)
    """What each of them deviates by from what it was expected to be."""

    def _fit(self, train: Interactions) -> None:
        scale = Scale.of(train)
        self.scale_ = np.array(scale)
        offsets = fit_offsets(
            train, scale.mean, l2_users=self.l2_users, l2_items=self.l2_items, passes=self.passes
        )
        self.item_offsets_, self.user_offsets_ = offsets.items, offsets.users
        expected = self._expected(train)[train.rows]
        if self.center == "baseline":
            expected += self.item_offsets_[train.matrix.indices]
        deviations = (train.matrix.data - expected).astype(np.float32)
        self.ratings_ = train.matrix.T.tocsr()
        self.deviations_ = with_values(train.matrix, deviations).T.tocsr().data

    def _score(self, profiles: Interactions) -> NDArray[np.float32]:
        expected = self._expected(profiles)
        scores = np.tile(expected.astype(np.float32)[:, None], profiles.n_items)
        if self.center == "baseline":
            scores += self.item_offsets_.astype(np.float32)
        rated = np.flatnonzero(np.diff(self.ratings_.indptr)).astype(np.int32)
        step = max(1, min(self._profiles_at_once(), PAIRS_AT_ONCE // max(len(rated), 1)))
        for start in range(0, profiles.n_users, step):
            some = np.arange(start, min(start + step, profiles.n_users), dtype=np.int32)
            at, to = np.repeat(some - start, len(rated)), np.tile(rated, len(some))
            said = self._said(profiles.take(some), at.astype(np.int32), to)
            scores[start : start + len(some), rated] += said.reshape(len(some), len(rated))
        return scores

    def predict_ratings(
        self, profiles: Interactions, rows: ArrayLike, columns: ArrayLike
    ) -> NDArray[np.float32]:
        """Predicted ratings of the pairs, within the range of the training data."""
        at, to = self.checked_pairs(profiles, rows, columns)
        people, person = np.unique(at, return_inverse=True)
        asked = profiles.take(people)
        ratings = self._expected(asked)[person]
        if self.center == "baseline":
            ratings += self.item_offsets_[to]
        # Viewer by viewer, so that their row of similarities stays in cache.
        order = np.argsort(person, kind="stable")
        step = self._profiles_at_once()
        edges = np.searchsorted(person[order], np.arange(0, len(people) + step, step))
        for part, (first, last) in enumerate(pairwise(edges)):
            pairs, start = order[first:last], part * step
            some = asked.take(np.arange(start, min(start + step, len(people))))
            ratings[pairs] += self._said(some, (person[pairs] - start).astype(np.int32), to[pairs])
        return on_scale(ratings, self.scale_)

    def _said(
        self, profiles: Interactions, rows: NDArray[np.int32], columns: NDArray[np.int32]
    ) -> NDArray[np.float32]:
        """Mean deviation of the nearest viewers for each pair of a profile and an item."""
        known = np.unique(profiles.matrix.indices)
        raters = self.ratings_[known]
        mine = with_values(profiles.matrix, self._compared(profiles))[:, known]
        theirs = with_values(raters, self._compared_raters(raters, known))
        near = similarities_between(mine, theirs, self.measure, self.n_threads)
        lists = with_values(self.ratings_, self.deviations_)
        said = np.zeros(len(rows), np.float32)
        step = max(1, -(-len(rows) // (4 * self.n_threads)))

        def ask(start: int) -> None:
            some = slice(start, start + step)
            said[some] = weighted_means(near, rows[some], lists, columns[some], self.k)

        with ThreadPoolExecutor(self.n_threads) as pool:
            list(pool.map(ask, range(0, len(rows), step)))
        return said

    def _compared(self, profiles: Interactions) -> NDArray[np.float32]:
        """The ratings of the profiles as the measure of similarity wants them."""
        if self.similarity == "pearson-baseline":
            return self._from_baseline(profiles)
        return comparable(self.similarity, profiles.matrix.data, self.scale_[0])

    def _compared_raters(self, raters: csr_array, items: NDArray[np.int32]) -> NDArray[np.float32]:
        """The training ratings of those items likewise."""
        if self.similarity != "pearson-baseline":
            return comparable(self.similarity, raters.data, self.scale_[0])
        baseline = self.scale_[0] + self.user_offsets_[raters.indices]
        baseline += np.repeat(self.item_offsets_[items], np.diff(raters.indptr))
        deviations: NDArray[np.float32] = (raters.data - baseline).astype(np.float32)
        return deviations

    def _expected(self, profiles: Interactions) -> NDArray[np.float64]:
        """What each profile's ratings are expected to be but for the item, (n_profiles,)."""
        mean = float(self.scale_[0])
        if self.center == "baseline":
            return self._means(profiles)
        if self.center == "none":
            return np.full(profiles.n_users, mean)
        return mean + user_offsets(profiles, mean, np.zeros(profiles.n_items), l2_users=0)

    def _profiles_at_once(self) -> int:
        return max(1, CELLS_AT_ONCE // max(len(self.user_offsets_), 1))

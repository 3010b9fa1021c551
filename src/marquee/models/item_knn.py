"""Ratings that the viewer gave to the most similar items."""

from __future__ import annotations

from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, field
from itertools import pairwise

import numpy as np
from numpy.typing import ArrayLike, NDArray

from marquee.data.interactions import Interactions
from marquee.models.base import Recommender, checked_positions
from marquee.models.kernels import compiled
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
        for start in range(0, profiles.n_items, step):
            items = np.arange(start, min(start + step, profiles.n_items), dtype=np.int32)
            at, to = np.tile(people, len(items)), np.repeat(items, len(people))
            asked = self._neighbors_say(profiles, deviations, at, to)
            scores[items] = asked.reshape(len(items), len(people))
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
        ratings[order] += self._neighbors_say(profiles, deviations, at[order], to[order])
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

    def _neighbors_say(
        self,
        profiles: Interactions,
        deviations: NDArray[np.float32],
        at: NDArray[np.int32],
        to: NDArray[np.int32],
    ) -> NDArray[np.float32]:
        """The mean deviation of the neighbors for each pair, weighted by similarity."""
        indptr, indices = _writable(profiles.matrix.indptr), _writable(profiles.matrix.indices)
        said = np.zeros(len(at), np.float32)
        _weigh(at, to, self.similarity_, indptr, indices, deviations, self.k, said)
        return said


def similarities(
    train: Interactions, deviations: NDArray[np.float32], shrinkage: float, n_threads: int = 1
) -> NDArray[np.float32]:
    """Shrunk correlation of the deviations of each pair of items over the users they share.

    Shape (n_items, n_items), symmetric, 0 on the diagonal and for pairs without a user in common.
    """
    n_items, matrix = train.n_items, train.matrix
    by_item = type(matrix)((deviations, matrix.indices, matrix.indptr), matrix.shape).tocsc()
    ones = np.ones_like(deviations)
    terms = np.stack([deviations, ones, deviations * deviations, ones], axis=1)
    result = np.zeros((n_items, n_items), np.float32)

    def correlate(bounds: tuple[int, int]) -> None:
        _correlate(
            *bounds,
            _writable(by_item.indptr),
            _writable(by_item.indices),
            by_item.data,
            _writable(matrix.indptr),
            _writable(matrix.indices),
            terms,
            shrinkage,
            result,
        )

    # Rows get shorter to the end of the triangle: cut where the work is even.
    work = np.cumsum(np.diff(by_item.indptr) * np.arange(n_items, 0, -1.0))
    n_parts = 1 if n_threads == 1 else 4 * n_threads
    cuts = np.searchsorted(work, work[-1:] * np.arange(1, n_parts) / n_parts)
    edges = [0, *cuts.tolist(), n_items]
    with ThreadPoolExecutor(n_threads) as pool:
        list(pool.map(correlate, pairwise(edges)))
    _mirror(result)
    return result


def _writable(array: NDArray[np.signedinteger]) -> NDArray[np.int32]:
    """A copy where the array is read-only: a compiled signature takes no read-only array."""
    return np.require(array, np.int32, ["C", "W"])


@compiled(
    "void(int64, int64, int32[::1], int32[::1], float32[::1], int32[::1], int32[::1], "
    "float32[:, ::1], float32, float32[:, ::1])",
    fastmath={"contract", "nsz", "arcp"},
)
def _correlate(
    first: int,
    last: int,
    item_starts: NDArray[np.int32],
    item_users: NDArray[np.int32],
    item_values: NDArray[np.float32],
    user_starts: NDArray[np.int32],
    user_items: NDArray[np.int32],
    user_terms: NDArray[np.float32],
    shrinkage: float,
    result: NDArray[np.float32],
) -> None:
    """Fills ``result[i, j]`` for first <= i < last and j > i.

    ``user_terms`` holds (y, 1, y y, 1) for each value y, so that the four sums that a pair needs,
    of x y, x x, y y and 1, lie in 16 adjacent bytes and grow by one multiplication each.
    """
    sums = np.empty((result.shape[0], 4), np.float32)
    after = np.empty(user_starts.size - 1, np.int64)
    for u in range(after.size):
        mine = user_items[user_starts[u] : user_starts[u + 1]]
        after[u] = user_starts[u] + np.searchsorted(mine, first)
    for i in range(first, last):
        sums[i:] = 0
        for s in range(item_starts[i], item_starts[i + 1]):
            u, x = item_users[s], item_values[s]
            xx = x * x
            after[u] += 1
            for t in range(after[u], user_starts[u + 1]):
                j = user_items[t]
                sums[j, 0] += x * user_terms[t, 0]
                sums[j, 1] += xx * user_terms[t, 1]
                sums[j, 2] += user_terms[t, 2]
                sums[j, 3] += user_terms[t, 3]
        for j in range(i + 1, result.shape[0]):
            variation = sums[j, 1] * sums[j, 2]
            if variation > 0:
                support = sums[j, 3] - np.float32(1)
                # A single user in common always correlates perfectly, which means nothing.
                if support > 0:
                    weight = support / (support + shrinkage)
                    result[i, j] = sums[j, 0] / np.sqrt(variation) * weight


@compiled("void(float32[:, ::1])")
def _mirror(square: NDArray[np.float32]) -> None:
    """Copies the upper triangle to the lower, tile by tile for the sake of the cache."""
    n, tile = square.shape[0], 64
    for top in range(0, n, tile):
        for left in range(0, top + tile, tile):
            for i in range(top, min(top + tile, n)):
                for j in range(left, min(left + tile, i)):
                    square[i, j] = square[j, i]


@compiled(
    "void(int32[::1], int32[::1], float32[:, ::1], int32[::1], int32[::1], float32[::1], int64, "
    "float32[::1])",
    fastmath={"contract", "nsz", "arcp"},
)
def _weigh(
    at: NDArray[np.int32],
    to: NDArray[np.int32],
    similarity: NDArray[np.float32],
    starts: NDArray[np.int32],
    items: NDArray[np.int32],
    deviations: NDArray[np.float32],
    k: int,
    said: NDArray[np.float32],
) -> None:
    """Fills ``said`` with the weighted mean deviation of the k nearest items of each profile."""
    # The nearest so far, in descending order; of equals the first stay.
    near, deviates = np.empty(k, np.float32), np.empty(k, np.float32)
    for t in range(at.size):
        row = similarity[to[t]]
        n = 0
        for s in range(starts[at[t]], starts[at[t] + 1]):
            value = row[items[s]]
            if value <= 0 or (n == k and value <= near[k - 1]):
                continue
            n = min(n + 1, k)
            place = n - 1
            while place > 0 and near[place - 1] < value:
                near[place], deviates[place] = near[place - 1], deviates[place - 1]
                place -= 1
            near[place], deviates[place] = value, deviations[s]
        total, weight = np.float32(0), np.float32(0)
        for q in range(n):
            total += near[q] * deviates[q]
            weight += near[q]
        if weight > 0:
            said[t] = total / weight

"""Factors learned from pairs: what a user took up ranks above what the user did not."""

from __future__ import annotations

from dataclasses import dataclass, field

import numpy as np
from numpy.typing import ArrayLike, NDArray

from marquee.data.interactions import Interactions
from marquee.errors import ParameterError
from marquee.models.base import Recommender, checked_positions
from marquee.models.cosine import nearest
from marquee.models.kernels import compiled
from marquee.models.likes import liked
from marquee.models.ranking import TopK


@dataclass(kw_only=True, eq=False)
class BPR(Recommender):
    r"""Scores each item by its offset plus the product of user and item factors.

    Fitting climbs, one sampled triple at a time, with :math:`x = p_u^\top (q_i - q_j) + b_i - b_j`,

    .. math:: \ln \sigma(x)
              - \tfrac{\lambda}{2} (|p_u|^2 + |q_i|^2 + |q_j|^2 + b_i^2 + b_j^2)

    where (u, i) is an interaction drawn at random and j an item, drawn from all alike, that the
    user did not take up. An epoch draws as many triples as there are interactions. The draws are
    counted and hashed, so that they depend on ``seed`` alone.

    What is kept is the item side. A profile is folded in by the maximum of the same objective over
    all pairs of its items with any item, in the quadratic approximation
    :math:`\ln \sigma(x) \approx -\ln 2 + x/2 - x^2/8`, which is a ridge regression in closed form:

    .. math:: \Big(\sum_i \tilde q_i \tilde q_i^\top + n C + 4 n \lambda_f I\Big)\, p
              = \sum_i (2 - b_i + \bar b)\, \tilde q_i - n c

    with :math:`\tilde q_i = q_i - \bar q`, C the covariance of the factors of all items, and c that
    of factors and offsets. An empty profile gets the offsets alone: what is popular.

    References
    ----------
    S. Rendle, C. Freudenthaler, Z. Gantner and L. Schmidt-Thieme, "BPR: Bayesian personalized
    ranking from implicit feedback", UAI 2009, section 4.3.1 and figure 4.
    """

    factors: int = 64
    epochs: int = 60
    """Passes of as many triples as there are interactions."""
    learning_rate: float = 0.05
    l2: float = 0.01
    """Penalty per triple, on factors and offsets."""
    init_std: float = 0.1
    """Standard deviation of the length of the factors that the fit starts from."""
    fold_in_l2: float = 0.01
    """Penalty on the factors of a profile that is folded in, per item of it."""
    liked_from: float = 0.0
    """Only interactions with at least this value count as liked; the rest are seen but say
    nothing."""
    seed: int = 0

    item_factors_: NDArray[np.float32] = field(init=False, repr=False)
    """Factors of each item less their mean over the items, shape (n_items, factors)."""
    item_offsets_: NDArray[np.float32] = field(init=False, repr=False)
    """Offset of each item less their mean, shape (n_items,)."""
    covariance_: NDArray[np.float32] = field(init=False, repr=False)
    """Covariance over the items of factors and, in the last row and column, offsets,
    shape (factors + 1, factors + 1)."""

    def __post_init__(self) -> None:
        self.check_at_least(1, "factors", "epochs")
        self.check_at_least(0, "learning_rate", "l2", "init_std", "liked_from", "seed")
        # Without a penalty a short profile has no unique solution.
        self.check_at_least(1e-9, "fold_in_l2")

    def _fit(self, train: Interactions) -> None:
        likes = liked(train, self.liked_from)
        rng = np.random.default_rng(self.seed)
        std = self.init_std / np.sqrt(self.factors)
        P, Q = (
            (rng.standard_normal((n, self.factors)) * std).astype(np.float32) for n in likes.shape
        )
        b = np.zeros(train.n_items, np.float32)
        starts, columns = (
            np.require(a, np.int32, ["C", "W"]) for a in (likes.indptr, likes.indices)
        )
        rows = np.repeat(np.arange(train.n_users, dtype=np.int32), np.diff(starts))
        for epoch in range(self.epochs):
            first = epoch * len(columns)
            _climb(self.seed, first, rows, starts, columns, P, Q, b, self.learning_rate, self.l2)
            self._epoch_done(epoch + 1, self.epochs)
        if not (np.isfinite(Q).all() and np.isfinite(b).all()):
            raise ParameterError(
                f"learning_rate {self.learning_rate:g} is too high for these interactions: "
                "the factors grew without end; lower it"
            )
        # Moved alike, items keep their order for everybody.
        n_items = max(train.n_items, 1)
        both = np.column_stack([Q, b]).astype(np.float64)
        both -= both.sum(axis=0) / n_items
        self.item_factors_ = np.ascontiguousarray(both[:, :-1], np.float32)
        self.item_offsets_ = np.ascontiguousarray(both[:, -1], np.float32)
        self.covariance_ = (both.T @ both / n_items).astype(np.float32)

    def _score(self, profiles: Interactions) -> NDArray[np.float32]:
        scores: NDArray[np.float32] = self._fold_in(profiles) @ self.item_factors_.T
        scores += self.item_offsets_
        return scores

    def similar(self, columns: ArrayLike, k: int = 10) -> TopK:
        """The k items with the most similar factors, by cosine, of positive similarity only."""
        self.check_fitted()
        wanted = checked_positions(columns, len(self.items_), "columns")
        return nearest(self.item_factors_, wanted, k)

    def _fold_in(self, profiles: Interactions) -> NDArray[np.float32]:
        """Factors of each profile, shape (n_profiles, factors)."""
        likes = liked(profiles, self.liked_from)
        rest = self.covariance_[:-1, :-1].astype(np.float64)
        rest[np.diag_indices_from(rest)] += 4 * self.fold_in_l2
        folded = np.zeros((profiles.n_users, self.factors), np.float32)
        for row in np.flatnonzero(np.diff(likes.indptr)):
            items = likes.indices[likes.indptr[row] : likes.indptr[row + 1]]
            own, offsets = self.item_factors_[items], self.item_offsets_[items]
            A = own.T @ own + len(items) * rest
            wanted = own.T @ (2 - offsets) - len(items) * self.covariance_[:-1, -1]
            folded[row] = np.linalg.solve(A, wanted)
        return folded


@compiled(
    "void(uint64, int64, int32[::1], int32[::1], int32[::1], float32[:, ::1], float32[:, ::1], "
    "float32[::1], float32, float32)",
    fastmath=True,
)
def _climb(
    seed: int,
    first: int,
    rows: NDArray[np.int32],
    starts: NDArray[np.int32],
    columns: NDArray[np.int32],
    P: NDArray[np.float32],
    Q: NDArray[np.float32],
    b: NDArray[np.float32],
    learning_rate: float,
    l2: float,
) -> None:
    """As many triples as there are interactions, drawn by the counters from ``first`` on."""
    n_entries, n_items = np.uint64(columns.size), np.uint64(Q.shape[0])
    half, low = np.uint64(32), np.uint64(0xFFFFFFFF)
    keep = np.float32(1) - learning_rate * l2
    for t in range(columns.size):
        # SplitMix64: a counter, hashed. Of a hash one half draws the interaction, one the item.
        state = (np.uint64(first + t) + seed * np.uint64(0xD1342543DE82EF95)) * np.uint64(
            0x9E3779B97F4A7C15
        )
        i, j, u = np.int32(-1), np.int64(-1), np.int32(-1)
        for attempt in range(32):
            state += np.uint64(0x9E3779B97F4A7C15) * np.uint64(attempt)
            z = (state ^ (state >> np.uint64(30))) * np.uint64(0xBF58476D1CE4E5B9)
            z = (z ^ (z >> np.uint64(27))) * np.uint64(0x94D049BB133111EB)
            z ^= z >> np.uint64(31)
            if attempt == 0:
                entry = np.int64(((z >> half) * n_entries) >> half)
                u, i = rows[entry], columns[entry]
            j = np.int64(((z & low) * n_items) >> half)
            begin, end = starts[u], starts[u + 1]
            while begin < end:
                middle = (begin + end) // 2
                if columns[middle] < j:
                    begin = middle + 1
                else:
                    end = middle
            if begin == starts[u + 1] or columns[begin] != j:
                break
            j = np.int64(-1)
        if j < 0:
            continue  # who took up almost everything says little
        p, q, o = P[u], Q[i], Q[j]
        x = b[i] - b[j]
        for f in range(p.size):
            x += p[f] * (q[f] - o[f])
        step = learning_rate / (np.float32(1) + np.exp(x))
        b[i] = keep * b[i] + step
        b[j] = keep * b[j] - step
        for f in range(p.size):
            mine, wins, loses = p[f], q[f], o[f]
            p[f] = keep * mine + step * (wins - loses)
            q[f] = keep * wins + step * mine
            o[f] = keep * loses - step * mine

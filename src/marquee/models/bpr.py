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

OTHERS = 256
"""Items that a profile's own are compared with when it is folded in."""


@dataclass(kw_only=True, eq=False)
class BPR(Recommender):
    r"""Scores each item by its offset plus the product of user and item factors.

    Fitting climbs, one sampled triple at a time, with :math:`x = p_u^\top (q_i - q_j) + b_i - b_j`,

    .. math:: \ln \sigma(x)
              - \tfrac{\lambda}{2} (|p_u|^2 + |q_i|^2 + |q_j|^2 + b_i^2 + b_j^2)

    where (u, i) is an interaction drawn at random and j an item, drawn from all alike, that the
    user did not take up. An epoch draws as many triples as there are interactions. The draws are
    counted and hashed, so that they depend on ``seed`` alone.

    What is kept is the item side. A profile is folded in by climbing the same objective, over all
    pairs of its items with each of 256 items drawn at the fit. No logistic term bends more than
    1/4, so that each step goes to the top of a parabola that lies below the objective, and no step
    leads down:

    .. math:: p \leftarrow p + H^{-1} \nabla F(p), \qquad
              H = \tfrac14 \sum_i \mathrm{E}_j[(q_i - q_j)(q_i - q_j)^\top] + n \lambda_f I

    An empty profile gets the offsets alone: what is popular. The defaults were chosen by NDCG@100
    on validation viewers of MovieLens 1M (``python benchmarks/rankers.py --choose``).

    References
    ----------
    S. Rendle, C. Freudenthaler, Z. Gantner and L. Schmidt-Thieme, "BPR: Bayesian personalized
    ranking from implicit feedback", UAI 2009, section 4.3.1 and figure 4.
    D. Böhning and B. G. Lindsay, "Monotonicity of quadratic-approximation algorithms", Annals of
    the Institute of Statistical Mathematics 40, 1988 (the steps of folding in).
    """

    factors: int = 64
    epochs: int = 40
    """Passes of as many triples as there are interactions."""
    learning_rate: float = 0.05
    l2: float = 0.01
    """Penalty per triple, on factors and offsets."""
    init_std: float = 0.1
    """Standard deviation of the length of the factors that the fit starts from."""
    fold_in_l2: float = 0.03
    """Penalty on the factors of a profile that is folded in, per item of it."""
    fold_in_steps: int = 10
    """Steps of folding in."""
    liked_from: float = 0.0
    """Only interactions with at least this value count as liked; the rest are seen but say
    nothing."""
    seed: int = 0

    item_factors_: NDArray[np.float32] = field(init=False, repr=False)
    """Factors of each item, shape (n_items, factors)."""
    item_offsets_: NDArray[np.float32] = field(init=False, repr=False)
    """Offset of each item, shape (n_items,)."""
    others_: NDArray[np.int32] = field(init=False, repr=False)
    """Positions of the items that a profile's own are compared with, ascending."""

    def __post_init__(self) -> None:
        self.check_at_least(1, "factors", "epochs", "fold_in_steps")
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
        self.item_factors_, self.item_offsets_ = Q, b
        n_others = min(OTHERS, train.n_items)
        drawn = rng.choice(train.n_items, n_others, replace=False)
        self.others_ = np.sort(drawn).astype(np.int32)

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
        others, other_offsets = self.item_factors_[self.others_], self.item_offsets_[self.others_]
        middle = others.mean(axis=0) if len(others) else np.zeros(self.factors, np.float32)
        spread = (others - middle).T @ (others - middle) / max(len(others), 1)
        folded = np.zeros((profiles.n_users, self.factors), np.float32)
        for row in np.flatnonzero(np.diff(likes.indptr)):
            items = likes.indices[likes.indptr[row] : likes.indptr[row + 1]]
            own, n = self.item_factors_[items], len(items)
            bend = ((own - middle).T @ (own - middle) + n * spread) / 4
            bend[np.diag_indices_from(bend)] += n * self.fold_in_l2
            steps = np.linalg.inv(bend.astype(np.float64))
            p = np.zeros(self.factors)
            for _ in range(self.fold_in_steps):
                wins = own @ p + self.item_offsets_[items]
                losses = others @ p + other_offsets
                # How far each pair is from being told apart: 1 - sigma(x), in (0, 1).
                doubt = 0.5 - 0.5 * np.tanh(0.5 * (wins[:, None] - losses))
                uphill = doubt.mean(axis=1) @ own - doubt.sum(axis=0) / len(others) @ others
                p += steps @ (uphill - n * self.fold_in_l2 * p)
            folded[row] = p
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

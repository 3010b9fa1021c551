"""Nonnegative matrix factorization, by multiplicative updates on the known ratings alone."""

from __future__ import annotations

from dataclasses import dataclass, field

import numpy as np
from numpy.typing import ArrayLike, NDArray

from marquee.data.interactions import Interactions
from marquee.models.base import Recommender
from marquee.models.folding import products
from marquee.models.multiplicative import fold_in_nonnegative, multiplicative_pass
from marquee.models.offsets import Scale, on_scale
from marquee.models.products import Factored


@dataclass(kw_only=True, eq=False)
class NMF(Recommender):
    r"""Scores each item by a product of factors none of which is negative.

    .. math:: \hat r_{ui} = p_u^\top q_i \quad \text{or, biased,} \quad
              \mu + b_u + b_i + p_u^\top q_i, \qquad p, q \ge 0

    Each pass multiplies the factors by what keeps them nonnegative, all at once,

    .. math:: p_{uf} \leftarrow p_{uf}
              \frac{\sum_i q_{if} r_{ui}}{\sum_i q_{if} \hat r_{ui} + \lambda n_u p_{uf}}, \qquad
              q_{if} \leftarrow q_{if}
              \frac{\sum_u p_{uf} r_{ui}}{\sum_u p_{uf} \hat r_{ui} + \lambda n_i q_{if}},

    and, if biased, the offsets take a step of stochastic gradient descent at each rating, as those
    of :class:`SVD` do.

    A profile is folded in by nonnegative least squares on the factors of its items, with a penalty
    on the distance from the mean factors of the training viewers, which are what an empty profile
    gets: the minimum is unique, and found by coordinate descent. An item that nobody rated has the
    mean factors of the others.

    The defaults were chosen on a validation tenth of the training ratings of fold u1 of MovieLens
    100K (``python benchmarks/choose_predictors.py --model nmf``). Those of Surprise are
    ``factors=15, epochs=50, l2=0.06``; ``fold_in_l2=20`` goes with them.

    References
    ----------
    X. Luo, M. Zhou, Y. Xia and Q. Zhu, "An efficient non-negative matrix-factorization-based
    approach to collaborative filtering for recommender systems", IEEE Transactions on Industrial
    Informatics 10(2), 2014, equations 8 and 13. The updates are those of Surprise's ``NMF``.
    """

    factors: int = 30
    epochs: int = 200
    """Passes over the ratings."""
    l2: float = 0.2
    """Penalty per rating on the factors while fitting."""
    biased: bool = False
    """Whether there are offsets besides the factors."""
    learning_rate: float = 0.005
    """Step of the offsets."""
    l2_offsets: float = 0.02
    """Penalty per rating on the offsets while fitting."""
    init_high: float = 1.0
    """Factors start from numbers drawn evenly between 0 and this."""
    fold_in_l2: float = 5.0
    """Penalty on a profile's distance from the mean factors, in ratings."""
    fold_in_l2_offset: float = 5.0
    """Penalty on the offset of a profile that is folded in, in ratings."""
    seed: int = 0

    scale_: NDArray[np.float64] = field(init=False, repr=False)
    """Mean, lowest and highest rating of the training data."""
    item_offsets_: NDArray[np.float32] = field(init=False, repr=False)
    """Offset of each item from the mean, shape (n_items,); zeros unless biased."""
    item_factors_: NDArray[np.float32] = field(init=False, repr=False)
    """Factors of each item, shape (n_items, factors), none negative."""
    mean_factors_: NDArray[np.float32] = field(init=False, repr=False)
    """Mean factors of the training viewers, shape (factors,)."""

    def __post_init__(self) -> None:
        self.check_at_least(1, "factors", "epochs")
        self.check_at_least(0, "l2", "learning_rate", "l2_offsets", "seed")
        # Factors that start from 0 stay there; a short profile needs a penalty.
        self.check_at_least(1e-6, "init_high", "fold_in_l2", "fold_in_l2_offset")

    def _fit(self, train: Interactions) -> None:
        scale, rng = Scale.of(train), np.random.default_rng(self.seed)
        P, Q = (
            rng.random((n, self.factors), np.float32) * np.float32(self.init_high)
            for n in (train.n_users, train.n_items)
        )
        b, c = np.zeros(train.n_users, np.float32), np.zeros(train.n_items, np.float32)
        matrix, base = train.matrix, scale.mean if self.biased else 0.0
        entries = (
            np.require(matrix.indptr, np.int64, ["C", "W"]),
            np.require(matrix.indices, np.int32, ["C", "W"]),
            np.require(matrix.data, np.float32, ["C", "W"]),
        )
        rate = self.learning_rate if self.biased else 0.0
        for epoch in range(self.epochs):
            multiplicative_pass(*entries, P, Q, b, c, base, self.l2, rate, self.l2_offsets)
            self._epoch_done(epoch + 1, self.epochs)
        rated = np.bincount(matrix.indices, minlength=train.n_items) > 0
        if rated.any():
            Q[~rated] = Q[rated].mean(axis=0)
        active = np.diff(matrix.indptr) > 0
        self.scale_ = np.array(scale)
        self.item_offsets_ = c
        self.item_factors_ = Q
        self.mean_factors_ = P[active].mean(axis=0) if active.any() else np.zeros_like(P[0])

    def _score(self, profiles: Interactions) -> NDArray[np.float32]:
        return self._factored(profiles).scores()

    def _factored(self, profiles: Interactions) -> Factored:
        means, P = self._fold_in(profiles)
        return Factored(P, self.item_factors_, means, self.item_offsets_)

    def predict_ratings(
        self, profiles: Interactions, rows: ArrayLike, columns: ArrayLike
    ) -> NDArray[np.float32]:
        """Predicted ratings of the pairs, within the range of the training data."""
        at, to = self.checked_pairs(profiles, rows, columns)
        people, person = np.unique(at, return_inverse=True)
        means, P = self._fold_in(profiles.take(people))
        ratings = means[person] + self.item_offsets_[to]
        ratings += products(P, self.item_factors_, person, to)
        return on_scale(ratings, self.scale_)

    def _fold_in(self, profiles: Interactions) -> tuple[NDArray[np.float32], NDArray[np.float32]]:
        """What is added to every product, shape (n_profiles,), and factors, (n, factors)."""
        matrix = profiles.matrix
        base = np.float32(self.scale_[0] if self.biased else 0)
        P = np.tile(self.mean_factors_, (profiles.n_users, 1))
        b = np.zeros(profiles.n_users, np.float32)
        fold_in_nonnegative(
            np.require(matrix.indptr, np.int64, ["C", "W"]),
            np.require(matrix.indices, np.int32, ["C", "W"]),
            matrix.data - base - self.item_offsets_[matrix.indices],
            self.item_factors_,
            self.fold_in_l2,
            self.fold_in_l2_offset if self.biased else 0.0,
            P,
            b,
        )
        return base + b, P

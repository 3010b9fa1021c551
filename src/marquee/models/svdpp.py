"""Matrix factorization that also learns from which items a viewer rated at all."""

from __future__ import annotations

from dataclasses import dataclass, field

import numpy as np
from numpy.typing import ArrayLike, NDArray
from scipy.sparse import csr_array

from marquee.data.interactions import Interactions
from marquee.errors import ParameterError
from marquee.models.base import Recommender
from marquee.models.folding import fold_in, noise, products
from marquee.models.offsets import Scale, on_scale
from marquee.models.products import Factored


@dataclass(kw_only=True, eq=False)
class SVDpp(Recommender):
    r"""Scores each item by mean, offsets, and a product with explicit and implicit factors.

    .. math:: \hat r_{ui} = \mu + b_u + b_i +
              q_i^\top \Big(p_u + |N(u)|^{-1/2} \sum_{j \in N(u)} y_j\Big)

    where N(u) is what the viewer rated. Fitting takes ``epochs`` passes over the ratings, viewer by
    viewer; with :math:`e = r_{ui} - \hat r_{ui}` each moves :math:`b_u, b_i` by
    :math:`\eta (e - \lambda b)`, :math:`p_u` by :math:`\eta (e q_i - \lambda p_u)`, :math:`q_i` by
    :math:`\eta (e (p_u + |N(u)|^{-1/2} \sum_j y_j) - \lambda q_i)` and every :math:`y_j` of the
    viewer by :math:`\eta (e |N(u)|^{-1/2} q_i - \lambda y_j)`, at the cost of one product (see
    ``implicit_descent``).

    What is kept is the item side. A profile is folded in at once: its y sum up to the implicit
    part, and p and its offset follow by the closed form of ridge regression of what is left of its
    ratings on the factors q of its items.

    The defaults were chosen on a validation tenth of the training ratings of fold u1 of MovieLens
    100K, where they err by 0.9097 and the best of the grid by 0.9094 (``python
    benchmarks/choose_predictors.py --model svdpp``). Those of Surprise are ``factors=20, epochs=20,
    learning_rate=0.007, l2=0.02, init_std=0.1``; ``fold_in_l2=20`` goes with them.

    References
    ----------
    Y. Koren, "Factorization meets the neighborhood: a multifaceted collaborative filtering model",
    KDD 2008, equation 15.
    """

    factors: int = 64
    epochs: int = 30
    """Passes over the ratings."""
    learning_rate: float = 0.007
    l2: float = 0.05
    """Penalty per rating while fitting, on offsets and factors."""
    init_std: float = 0.02
    """Standard deviation of the factors that the fit starts from."""
    fold_in_l2: float = 5.0
    """Penalty on the factors of a profile that is folded in, in ratings."""
    fold_in_l2_offset: float = 5.0
    """Penalty on the offset of a profile that is folded in, in ratings."""
    seed: int = 0

    scale_: NDArray[np.float64] = field(init=False, repr=False)
    """Mean, lowest and highest rating of the training data."""
    item_offsets_: NDArray[np.float32] = field(init=False, repr=False)
    """Offset of each item from the mean, shape (n_items,)."""
    item_factors_: NDArray[np.float32] = field(init=False, repr=False)
    """Factors q of each item, shape (n_items, factors)."""
    implicit_factors_: NDArray[np.float32] = field(init=False, repr=False)
    """Factors y of each item, shape (n_items, factors)."""

    def __post_init__(self) -> None:
        self.check_at_least(1, "factors", "epochs")
        self.check_at_least(0, "learning_rate", "l2", "init_std", "seed")
        # Without a penalty a short profile has no unique solution.
        self.check_at_least(1e-6, "fold_in_l2", "fold_in_l2_offset")

    def _fit(self, train: Interactions) -> None:
        from marquee.models.descent import padded
        from marquee.models.implicit_descent import implicit_descent

        scale, width = Scale.of(train), padded(self.factors)
        rng = np.random.default_rng(self.seed)
        P, Q, Y = (
            noise(rng, (n, self.factors), width, self.init_std)
            for n in (train.n_users, train.n_items, train.n_items)
        )
        b, c = np.zeros(train.n_users, np.float32), np.zeros(train.n_items, np.float32)
        starts = train.matrix.indptr.astype(np.int64)
        columns = np.require(train.matrix.indices, np.int32, ["C", "W"])
        deviations = train.matrix.data - np.float32(scale.mean)
        descend = implicit_descent(width)
        for epoch in range(self.epochs):
            descend(starts, columns, deviations, P, Q, Y, b, c, self.learning_rate, self.l2)
            self._epoch_done(epoch + 1, self.epochs)
        if not all(np.isfinite(learned).all() for learned in (Q, Y, c)):
            raise ParameterError(
                f"learning_rate {self.learning_rate:g} is too high for these ratings: "
                "the factors grew without end; lower it"
            )
        self.scale_ = np.array(scale)
        self.item_offsets_ = c
        self.item_factors_ = np.ascontiguousarray(Q[:, : self.factors])
        self.implicit_factors_ = np.ascontiguousarray(Y[:, : self.factors])

    def _score(self, profiles: Interactions) -> NDArray[np.float32]:
        return self._factored(profiles).scores()

    def _factored(self, profiles: Interactions) -> Factored:
        means, Z = self._fold_in(profiles)
        return Factored(Z, self.item_factors_, means, self.item_offsets_)

    def predict_ratings(
        self, profiles: Interactions, rows: ArrayLike, columns: ArrayLike
    ) -> NDArray[np.float32]:
        """Predicted ratings of the pairs, within the range of the training data."""
        at, to = self.checked_pairs(profiles, rows, columns)
        people, person = np.unique(at, return_inverse=True)
        means, Z = self._fold_in(profiles.take(people))
        ratings = means[person] + self.item_offsets_[to]
        ratings += products(Z, self.item_factors_, person, to)
        return on_scale(ratings, self.scale_)

    def _fold_in(self, profiles: Interactions) -> tuple[NDArray[np.float32], NDArray[np.float32]]:
        """Mean plus offset, shape (n_profiles,), and p plus the implicit part, (n, factors)."""
        matrix, mean = profiles.matrix, np.float32(self.scale_[0])
        counts = np.diff(matrix.indptr)
        shares = np.repeat(1 / np.sqrt(np.maximum(counts, 1)), counts).astype(np.float32)
        implicit = csr_array((shares, matrix.indices, matrix.indptr), matrix.shape)
        S: NDArray[np.float32] = implicit @ self.implicit_factors_
        left = matrix.data - mean - self.item_offsets_[matrix.indices]
        left -= products(S, self.item_factors_, profiles.rows, matrix.indices)
        deviations = csr_array((left, matrix.indices, matrix.indptr), matrix.shape)
        b, P = fold_in(
            deviations, self.item_factors_, l2=self.fold_in_l2, l2_offset=self.fold_in_l2_offset
        )
        return mean + b, P + S

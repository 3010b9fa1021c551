"""EASE on what is left of ratings after their baseline."""

from __future__ import annotations

from dataclasses import dataclass, field

import numpy as np
from numpy.typing import ArrayLike, NDArray
from scipy.sparse import csr_array

from marquee.data.interactions import Interactions
from marquee.errors import ParameterError
from marquee.models.base import Recommender
from marquee.models.offsets import Scale, fit_offsets, on_scale, user_offsets

CELLS_AT_ONCE = 1 << 22


@dataclass(kw_only=True, eq=False)
class EASERatings(Recommender):
    r"""Scores each item by its baseline plus a linear sum of the profile's residuals.

    .. math:: \hat r_{ui} = b_{ui} + \sum_j (r_{uj} - b_{uj}) B_{ji}, \qquad
              B_{ij} = -P_{ij} / P_{jj}, \quad P = (X^\top X + \lambda I)^{-1}

    with the residuals of the training ratings in X, zero where there is none. A profile is folded
    in by the formula; an empty one, and a title that nobody rated, get their baseline.

    References
    ----------
    H. Steck, "Embarrassingly shallow autoencoders for sparse data", WWW 2019, equation 8.
    """

    l2: float = 200.0
    """Penalty on the weights, in squared residuals."""
    l2_users: float = 5.0
    """Penalty on user offsets, in ratings."""
    l2_items: float = 2.0
    """Penalty on item offsets, in ratings."""
    passes: int = 15
    """Rounds of alternating least squares for the offsets."""

    scale_: NDArray[np.float64] = field(init=False, repr=False)
    """Mean, lowest and highest rating of the training data."""
    item_offsets_: NDArray[np.float64] = field(init=False, repr=False)
    """Offset of each item from the mean, shape (n_items,)."""
    weights_: NDArray[np.float32] = field(init=False, repr=False)
    """What a residual of the row's item adds to the column's score, shape (n_items, n_items)."""

    def __post_init__(self) -> None:
        self.check_at_least(0, "l2", "l2_users", "l2_items")
        self.check_at_least(1, "passes")
        if self.l2 == 0:
            raise ParameterError("l2 of EASERatings must be above 0, got 0")

    def _fit(self, train: Interactions) -> None:
        from threadpoolctl import threadpool_limits

        scale = Scale.of(train)
        self.scale_ = np.array(scale)
        self.item_offsets_ = fit_offsets(
            train, scale.mean, l2_users=self.l2_users, l2_items=self.l2_items, passes=self.passes
        ).items
        _, left = self._baseline(train)
        gram = (left.T @ left).toarray().astype(np.float64)
        gram.flat[:: len(gram) + 1] += self.l2
        with threadpool_limits(1, user_api="blas"):
            inverse = np.linalg.inv(gram)
        weights = -inverse / np.diag(inverse)
        np.fill_diagonal(weights, 0)
        self.weights_ = weights.astype(np.float32)

    def _score(self, profiles: Interactions) -> NDArray[np.float32]:
        means, left = self._baseline(profiles)
        scores = left @ self.weights_
        return np.asarray(scores + self.item_offsets_ + means[:, None], np.float32)

    def predict_ratings(
        self, profiles: Interactions, rows: ArrayLike, columns: ArrayLike
    ) -> NDArray[np.float32]:
        """Predicted ratings of the pairs, within the range of the training data."""
        at, to = self.checked_pairs(profiles, rows, columns)
        means, left = self._baseline(profiles)
        ratings = means[at] + self.item_offsets_[to]
        people, person = np.unique(at, return_inverse=True)
        step = max(1, CELLS_AT_ONCE // max(profiles.n_items, 1))
        for start in range(0, len(people), step):
            some = np.flatnonzero((person >= start) & (person < start + step))
            said = left[people[start : start + step]] @ self.weights_
            ratings[some] += said[person[some] - start, to[some]]
        return on_scale(ratings, self.scale_)

    def _baseline(self, profiles: Interactions) -> tuple[NDArray[np.float64], csr_array]:
        """Mean plus offset of each user, and each rating's deviation from its baseline."""
        mean, items, matrix = float(self.scale_[0]), self.item_offsets_, profiles.matrix
        means = mean + user_offsets(profiles, mean, items, l2_users=self.l2_users)
        left = matrix.data - means[profiles.rows] - items[matrix.indices]
        parts = (left.astype(np.float32), matrix.indices, matrix.indptr)
        return means, csr_array(parts, shape=matrix.shape)

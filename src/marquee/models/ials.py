"""Factors for implicit feedback, by alternating least squares over all cells."""

from __future__ import annotations

from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, field
from typing import Self

import numpy as np
from numpy.typing import ArrayLike, NDArray
from scipy.sparse import csr_array

from marquee.data.ids import IdIndex
from marquee.data.interactions import Interactions
from marquee.errors import ParameterError
from marquee.models.abilities import Explained
from marquee.models.base import Recommender, checked_positions
from marquee.models.cosine import nearest
from marquee.models.least_squares import Side, solve
from marquee.models.ranking import TopK

SOLVERS = ("cg", "cholesky")
FITTED = ("cells", "interactions")


@dataclass(kw_only=True, eq=False)
class IALS(Recommender):
    r"""Scores each item by the product of factors that fit 1 where a user interacted, 0 elsewhere.

    .. math:: \sum_{(u,i) \in S} c_{ui} (1 - x_u^\top y_i)^2
              + \alpha_0 \sum_{(u,i) \notin S} (x_u^\top y_i)^2
              + \sum_u \lambda_u |x_u|^2 + \sum_i \lambda_i |y_i|^2

    An interaction of value v has the confidence :math:`c = c_0 + \alpha v`; v may be a rating, a
    share of the film watched, or a count. With ``base`` 0 and ``alpha`` 1 the values are the
    confidences; with ``base`` 1 and ``unobserved`` 1 this is the objective of Hu, Koren and
    Volinsky. The penalty grows with what a row has to fit:
    :math:`\lambda_u = \lambda (\sum_i c_{ui} + \alpha_0 n_{items})^\nu`, and likewise for items.
    With ``l2_by`` of ``interactions`` it grows with their number alone,
    :math:`\lambda_u = \lambda |S_u|^\nu`: that of Zhou et al., and of Spark's ALS.

    Each epoch solves for all users given the items, then for all items given the users. What is
    kept is the item side. A profile is folded in by the exact solution for its row, so that its
    score is a sum of what each of its interactions adds:

    .. math:: \hat x_u^\top y_i = \sum_{j \in S_u} c_{uj}\; y_i^\top A_u^{-1} y_j, \qquad
              A_u = \alpha_0 Y^\top Y + \sum_{j \in S_u} (c_{uj} - \alpha_0) y_j y_j^\top
              + \lambda_u I

    The defaults were chosen by NDCG@100 on validation viewers of MovieLens 1M, likes from 4 stars
    (``python benchmarks/rankers.py --choose``). An empty profile scores 0 everywhere, and so does
    an item that nobody interacted with.

    References
    ----------
    Y. Hu, Y. Koren and C. Volinsky, "Collaborative filtering for implicit feedback datasets",
    ICDM 2008, equations 3 to 5 and section 5 (explanations).
    G. Takács, I. Pilászy and D. Tikk, "Applications of the conjugate gradient method for implicit
    feedback collaborative filtering", RecSys 2011.
    S. Rendle et al., "Revisiting the performance of iALS on item recommendation benchmarks",
    RecSys 2022, equations 4 and 5 (the penalty by frequency).
    Y. Zhou et al., "Large-scale parallel collaborative filtering for the Netflix Prize", AAIM 2008,
    section 3.1 (the penalty by number of ratings).
    """

    factors: int = 64
    epochs: int = 16
    """Rounds of solving for users, then for items."""
    l2: float = 0.003
    """Penalty on the factors, per unit of what they have to fit."""
    l2_exponent: float = 1.0
    """How the penalty grows with what a row has to fit; 0 makes it the same for all rows."""
    l2_by: str = "cells"
    """What a row has to fit: ``cells``, by their weight, or its ``interactions``, by number."""
    unobserved: float = 0.3
    """Weight of a cell without an interaction."""
    base: float = 1.0
    """Confidence of an interaction of value 0."""
    alpha: float = 0.0
    """Confidence that a unit of the value adds; values below 0 count as 0."""
    liked_from: float = 0.0
    """Only interactions with at least this value count; the rest are seen but say nothing."""
    solver: str = "cg"
    """``cg``: steps of conjugate gradient from the last epoch's factors; ``cholesky``: exact."""
    cg_steps: int = 3
    """Steps for each row in each epoch; ``cholesky`` takes none."""
    init_std: float = 0.1
    """Standard deviation of the length of the factors that the fit starts from."""
    seed: int = 0
    n_threads: int = 1

    item_factors_: NDArray[np.float32] = field(init=False, repr=False)
    """Factors of each item, shape (n_items, factors)."""
    gram_: NDArray[np.float32] = field(init=False, repr=False)
    """Products of the item factors with one another times ``unobserved``, (factors, factors)."""

    def __post_init__(self) -> None:
        self.check_at_least(1, "factors", "epochs", "cg_steps", "n_threads")
        self.check_at_least(0, "l2_exponent", "unobserved", "base", "alpha", "liked_from", "seed")
        self.check_at_least(0, "l2", "init_std")
        if self.l2 == 0:
            raise ParameterError("l2 of IALS must be above 0, got 0")
        for name, allowed in (("solver", SOLVERS), ("l2_by", FITTED)):
            if getattr(self, name) not in allowed:
                raise ParameterError(
                    f"{name} of IALS must be one of {', '.join(allowed)}, "
                    f"got {getattr(self, name)!r}"
                )

    def _fit(self, train: Interactions) -> None:
        from threadpoolctl import threadpool_limits

        confidence = self._confidence(train)
        users = Side.of(confidence, self._l2(confidence))
        by_item = confidence.T.tocsr()
        items = Side.of(by_item, self._l2(by_item))
        X = np.zeros((train.n_users, self.factors), np.float32)
        Y = np.random.default_rng(self.seed).standard_normal((train.n_items, self.factors))
        Y = (Y * (self.init_std / np.sqrt(self.factors))).astype(np.float32)
        Y[np.diff(by_item.indptr) == 0] = 0  # or they would weigh on the first users
        steps = self.cg_steps if self.solver == "cg" else 0
        # One thread of BLAS, or its number would decide the last bits.
        with threadpool_limits(1, user_api="blas"), ThreadPoolExecutor(self.n_threads) as pool:
            for epoch in range(self.epochs):
                for side, own, other in ((users, X, Y), (items, Y, X)):
                    solve(
                        side,
                        own,
                        other,
                        self._gram(other),
                        self.unobserved,
                        steps=steps,
                        pool=pool,
                        n_threads=self.n_threads,
                    )
                self._epoch_done(epoch + 1, self.epochs)
            self.item_factors_, self.gram_ = Y, self._gram(Y)

    def adopt(self, items: IdIndex, item_factors: NDArray[np.float32]) -> Self:
        """The model with factors that minimize its objective and were found elsewhere.

        ``item_factors`` has the shape (n_items, factors); items without an interaction have 0.

        Raises
        ------
        ParameterError
            If they have another shape, or are not finite.
        """
        shape = (len(items), self.factors)
        if item_factors.shape != shape or not np.isfinite(item_factors).all():
            raise ParameterError(
                f"item factors must be finite and of shape {shape}, got {item_factors.shape}"
            )
        self.items_ = items
        self.item_factors_ = np.ascontiguousarray(item_factors, np.float32)
        self.gram_ = self._gram(self.item_factors_)
        return self

    def _score(self, profiles: Interactions) -> NDArray[np.float32]:
        scores: NDArray[np.float32] = self._fold_in(profiles) @ self.item_factors_.T
        return scores

    def contributions(self, profiles: Interactions, columns: ArrayLike) -> NDArray[np.float32]:
        """What each stored interaction added to the score of one item per profile.

        Aligned with ``profiles.matrix.data``; 0 for interactions below ``liked_from``. An item
        that the profile holds adds to its own score as well.
        """
        _, targets = self.checked_pairs(profiles, np.arange(profiles.n_users), columns)
        ends = profiles.matrix.indptr
        added = np.zeros(len(profiles), np.float32)
        for row in np.flatnonzero(np.diff(ends)):
            spoken = self._spoken(profiles.take([row]))
            added[ends[row] : ends[row + 1]] = self.item_factors_[targets[row]] @ spoken
        return added

    def explained(self, profile: Interactions) -> Explained:
        """The scores of one profile, and what takes them apart."""
        self.check_fitted(profile)
        spoken = self._spoken(profile)
        scores: NDArray[np.float32] = self.item_factors_ @ spoken.sum(axis=1)

        def parts(columns: NDArray[np.int32]) -> NDArray[np.float32]:
            added: NDArray[np.float32] = self.item_factors_[columns] @ spoken
            return added

        return Explained(scores, parts)

    def similar(self, columns: ArrayLike, k: int = 10) -> TopK:
        """The k items with the most similar factors, by cosine, of positive similarity only."""
        self.check_fitted()
        wanted = checked_positions(columns, len(self.items_), "columns")
        return nearest(self.item_factors_, wanted, k)

    def _confidence(self, profiles: Interactions) -> csr_array:
        """Confidence of each interaction that counts."""
        kept = profiles
        if profiles.matrix.nnz and profiles.matrix.data.min() < self.liked_from:
            kept = profiles.at_least(self.liked_from)
        values = np.float32(self.base) + np.float32(self.alpha) * np.maximum(kept.matrix.data, 0)
        parts = (values, kept.matrix.indices, kept.matrix.indptr)
        return csr_array(parts, shape=kept.matrix.shape)

    def _l2(self, confidence: csr_array) -> NDArray[np.float32]:
        """Penalty of each row."""
        if self.l2_by == "interactions":
            to_fit = np.diff(confidence.indptr).astype(np.float64)
        else:
            to_fit = confidence.sum(axis=1) + self.unobserved * confidence.shape[1]
        return np.asarray(self.l2 * to_fit**self.l2_exponent, np.float32)

    def _gram(self, factors: NDArray[np.float32]) -> NDArray[np.float32]:
        products: NDArray[np.float32] = factors.T @ factors
        return products * np.float32(self.unobserved)

    def _fold_in(self, profiles: Interactions) -> NDArray[np.float32]:
        """Factors of each profile, shape (n_profiles, factors)."""
        confidence = self._confidence(profiles)
        X = np.zeros((profiles.n_users, self.factors), np.float32)
        Y, gram = np.require(self.item_factors_, None, "W"), np.require(self.gram_, None, "W")
        solve(Side.of(confidence, self._l2(confidence)), X, Y, gram, self.unobserved, steps=0)
        return X

    def _spoken(self, profile: Interactions) -> NDArray[np.float32]:
        """What each interaction of one profile adds to its factors, shape (factors, n_entries)."""
        confidence = self._confidence(profile)
        told = np.flatnonzero(profile.matrix.data >= np.float32(self.liked_from))
        own = self.item_factors_[confidence.indices].astype(np.float64)
        c = confidence.data.astype(np.float64)
        A = self.gram_ + own.T @ ((c - self.unobserved)[:, None] * own)
        A[np.diag_indices_from(A)] += self._l2(confidence)[0]
        spoken = np.zeros((self.factors, len(profile)), np.float32)
        spoken[:, told] = np.linalg.solve(A, own.T * c)
        return spoken

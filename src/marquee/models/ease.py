"""A linear model over items whose scores are sums over the profile."""

from __future__ import annotations

from dataclasses import dataclass, field

import numpy as np
from numpy.typing import ArrayLike, NDArray
from scipy.sparse import csr_array

from marquee.data.interactions import Interactions
from marquee.errors import ParameterError
from marquee.models.abilities import Explained
from marquee.models.base import Recommender, checked_positions
from marquee.models.kernels import compiled
from marquee.models.likes import gram, liked
from marquee.models.ranking import TopK, top_k


@dataclass(kw_only=True, eq=False)
class EASE(Recommender):
    r"""Scores each item by the sum of what every liked item says for it.

    The weights B predict each column of the binary matrix X of likes from all the others, by ridge
    regression with a zero diagonal, which has a closed form:

    .. math:: P = (X^\top X + \lambda I)^{-1}, \qquad B_{ij} = -P_{ij} / P_{jj} \; (i \ne j)

    All of it happens in one n x n buffer of float32 over the n items that somebody liked: 55 MB for
    3,706 items, 10 GB for 50,000. Items that nobody liked score 0 and say nothing.

    References
    ----------
    H. Steck, "Embarrassingly shallow autoencoders for sparse data", WWW 2019, equation 8.
    """

    l2: float = 500.0
    """Penalty on the weights, in likes: how often two items must meet before it counts.

    The default was chosen from 50 to 1,200 by NDCG@10 on a validation tenth of the training part of
    ``random:0.1``: within 2 % of the best on MovieLens 100K, MovieLens 1M and the built-in world
    (``python benchmarks/ease.py --choose``); more data wants more.
    """
    liked_from: float = 0.0
    """Only interactions with at least this value count as liked; the rest are seen but say
    nothing."""

    liked_items_: NDArray[np.int32] = field(init=False, repr=False)
    """Positions of the n items that somebody liked, ascending."""
    weights_: NDArray[np.float32] = field(init=False, repr=False)
    """What a like of the row's item adds to the column's score, shape (n, n), rows and columns as
    in ``liked_items_``."""

    def __post_init__(self) -> None:
        self.check_at_least(0, "l2", "liked_from")
        if self.l2 == 0:
            raise ParameterError("l2 of EASE must be above 0, got 0")

    def _fit(self, train: Interactions) -> None:
        likes = liked(train, self.liked_from)
        counts = np.bincount(likes.indices, minlength=train.n_items)
        self.liked_items_ = np.flatnonzero(counts).astype(np.int32)
        self.weights_ = ease_weights(gram(self._narrowed(likes)), self.l2)

    def _score(self, profiles: Interactions) -> NDArray[np.float32]:
        # Sparse times dense: only the rows of liked items are read. Weights must lie in rows.
        scores: NDArray[np.float32] = (
            self._narrowed(liked(profiles, self.liked_from)) @ self.weights_
        )
        if len(self.liked_items_) == profiles.n_items:
            return scores
        return self._widened(scores, 0)

    def contributions(self, profiles: Interactions, columns: ArrayLike) -> NDArray[np.float32]:
        """What each stored interaction added to the score of one item per profile.

        Aligned with ``profiles.matrix.data``; 0 for interactions below ``liked_from``. An item adds
        nothing to its own score.
        """
        _, targets = self.checked_pairs(profiles, np.arange(profiles.n_users), columns)
        places = self._places()
        own, other = places[profiles.matrix.indices], places[targets[profiles.rows]]
        liked = profiles.matrix.data >= np.float32(self.liked_from)
        told = np.flatnonzero(liked & (own >= 0) & (other >= 0))
        parts = np.zeros(len(profiles), np.float32)
        parts[told] = self.weights_[own[told], other[told]]
        return parts

    def explained(self, profile: Interactions) -> Explained:
        """The scores of one profile, and what takes them apart."""
        self.check_fitted(profile)
        places = self._places()
        own = places[profile.matrix.indices]
        told = np.flatnonzero((profile.matrix.data >= np.float32(self.liked_from)) & (own >= 0))
        likes = (np.ones(len(told), np.float32), own[told], np.array([0, len(told)]))
        scores = csr_array(likes, shape=(1, len(self.liked_items_))) @ self.weights_

        def parts(columns: NDArray[np.int32]) -> NDArray[np.float32]:
            other = places[columns]
            known = np.flatnonzero(other >= 0)
            added = np.zeros((len(columns), len(own)), np.float32)
            added[np.ix_(known, told)] = self.weights_[np.ix_(own[told], other[known])].T
            return added

        return Explained(self._widened(scores, 0)[0], parts)

    def similar(self, columns: ArrayLike, k: int = 10) -> TopK:
        r"""The k items most similar to each of the given ones, which are themselves left out.

        The similarity is the partial correlation of the likes of two items given all others,
        :math:`-P_{ij} / \sqrt{P_{ii} P_{jj}}`; items without a positive one are not listed.
        """
        self.check_fitted()
        wanted = self._places()[checked_positions(columns, len(self.items_), "columns")]
        found = np.full((len(wanted), len(self.liked_items_)), -np.inf, np.float32)
        known = wanted[wanted >= 0]
        there, back = self.weights_[known], self.weights_[:, known].T
        # Both weights have the sign of the correlation, and an item's own is 0.
        found[wanted >= 0] = np.sqrt(
            there * back, where=there > 0, out=np.full_like(there, -np.inf)
        )
        return top_k(self._widened(found, -np.inf), k)

    def _places(self) -> NDArray[np.int32]:
        """Place of each item in ``liked_items_``, -1 for the others."""
        places = np.full(len(self.items_), -1, np.int32)
        places[self.liked_items_] = np.arange(len(self.liked_items_), dtype=np.int32)
        return places

    def _narrowed(self, likes: csr_array) -> csr_array:
        """The columns of ``liked_items_``."""
        if len(self.liked_items_) == likes.shape[1]:
            return likes
        places = self._places()[likes.indices]
        before = np.append(0, np.cumsum(places >= 0, dtype=np.int32))
        kept = places[places >= 0]
        parts = (np.ones(len(kept), np.float32), kept, before[likes.indptr])
        return csr_array(parts, shape=(likes.shape[0], len(self.liked_items_)))

    def _widened(self, scores: NDArray[np.float32], other: float) -> NDArray[np.float32]:
        """Scores over the whole catalog, ``other`` for items that nobody liked."""
        wide = np.full((len(scores), len(self.items_)), other, np.float32)
        wide[:, self.liked_items_] = scores
        return wide


def ease_weights(counts: NDArray[np.float32], l2: float) -> NDArray[np.float32]:
    """The weights of EASE from the lower triangle of the Gram matrix, whose memory they take.

    Raises
    ------
    ParameterError
        If l2 is too small for the inverse to exist in float32.
    """
    from scipy.linalg.lapack import spotrf, spotri
    from threadpoolctl import threadpool_limits

    if not len(counts):
        return counts
    counts.flat[:: len(counts) + 1] += np.float32(l2)
    # With more threads OpenBLAS sums in another order, so that the last bits would differ; and its
    # spotrf 0.3.30 ends the process with a segmentation fault for 30,000 items on two.
    with threadpool_limits(1, user_api="blas"):
        # The transposed view is the same memory in LAPACK's order: its upper triangle is our lower.
        factor, info = spotrf(counts.T, lower=0, clean=0, overwrite_a=1)
        if info == 0:
            factor, info = spotri(factor, lower=0, overwrite_c=1)
    if info != 0:
        raise ParameterError(f"l2 of EASE is too small for these {len(counts)} items, got {l2}")
    weights: NDArray[np.float32] = factor.T
    _finish(weights)
    return weights


@compiled("void(float32[:, ::1])")
def _finish(inverse: NDArray[np.float32]) -> None:
    """The lower triangle of P becomes -P / diag(P) with a zero diagonal, in place."""
    n, tile = len(inverse), 64
    scale = np.empty(n, np.float32)
    for j in range(n):
        scale[j] = np.float32(-1) / inverse[j, j]
    # In tiles, so that both a cell and its mirror image stay in the cache.
    for top in range(0, n, tile):
        for left in range(0, top + 1, tile):
            for i in range(top, min(top + tile, n)):
                for j in range(left, min(left + tile, i)):
                    value = inverse[i, j]
                    inverse[i, j] = value * scale[j]
                    inverse[j, i] = value * scale[i]
    for j in range(n):
        inverse[j, j] = np.float32(0)

"""Ratings of all titles as one Gaussian, whose covariance is learned."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import AbstractContextManager
from dataclasses import dataclass, field
from typing import NamedTuple

import numpy as np
import polars as pl
from numpy.typing import ArrayLike, NDArray

from marquee.data.interactions import Interactions
from marquee.errors import ParameterError
from marquee.models.abilities import CLOCKS
from marquee.models.base import Recommender
from marquee.models.offsets import Scale, fit_offsets, on_scale
from marquee.models.side_codes import TitleFacts

L2_USERS, L2_ITEMS, PASSES = 5.0, 2.0, 15
"""How the mean of each title is found, as :func:`fit_offsets` takes it."""
YEARS_APART = 8.0
"""Years after which the likeness of two titles' times has fallen to 1/e."""
HALVINGS = 20
"""Most times that a step is halved until its covariance is one."""


@dataclass(kw_only=True, eq=False)
class GaussianItems(Recommender):
    r"""Scores each item by its mean given the profile, all ratings of a viewer being one Gaussian.

    .. math:: \hat r_{uj} = m_j + K_{jO} \bigl( K_{OO} + T + \sigma^2 I \bigr)^{-1} (r_u - m_O)

    where O are the items of the profile. The covariance K has an inverse Wishart prior, centered on
    a kernel of genres and years, and is found by expectation and maximization over the viewers,
    each step lengthened by ``relaxation``, from ``steps`` of them: stopping early is part of what
    keeps K general. With the clock ``full``, T adds what ratings near in time have in common:
    ``time_share`` for each of ``time_scales``, :math:`e^{-|t - t'| / \tau}`, and once more at
    ``genre_time_scale`` for titles of like genres and years. The other clocks look at no time.

    A profile is folded in by the formula; an empty one gets the means. A title that nobody rated
    has the mean rating of all and what its genres and year have in common with others.

    Takes 4 n^2 bytes for n items, and as much again a few times while fitting.

    References
    ----------
    K. Yu, S. Zhu, J. Lafferty and Y. Gong, "Fast nonparametric matrix factorization for large-scale
    collaborative filtering", SIGIR 2009, section 3.
    """

    steps: int = 14
    """Steps of expectation and maximization."""
    relaxation: float = 2.5
    """Length of a step; 1 is the plain one, which is always safe and slower."""
    prior_weight: float = 60.0
    """Viewers that the prior counts as."""
    common: float = 0.25
    """Prior variance that all titles share."""
    genre: float = 0.08
    """Prior variance that titles of the same genres share."""
    year: float = 0.04
    """Prior variance that titles of the same year share."""
    own: float = 0.15
    """Prior variance of each title alone."""
    noise: float = 0.72
    """Variance of a rating around what the viewer thinks."""
    clock: str = "none"
    time_share: float = 0.05
    """Variance that ratings near in time share, at each scale."""
    time_scales: tuple[float, ...] = (30.0, 200.0, 2_000.0, 400_000.0)
    """Seconds after which what two ratings share has fallen to 1/e; none for no part of time."""
    genre_time_scale: float = 60_000.0
    """As ``time_scales``, for what ratings of titles of like genres and years share besides."""

    scale_: NDArray[np.float64] = field(init=False, repr=False)
    """Mean, lowest and highest rating of the training data."""
    means_: NDArray[np.float32] = field(init=False, repr=False)
    """Mean rating of each item, shape (n_items,)."""
    covariance_: NDArray[np.float32] = field(init=False, repr=False)
    """Covariance of the ratings of a viewer, shape (n_items, n_items)."""
    likeness_: NDArray[np.float32] = field(init=False, repr=False)
    """Likeness of genres and years of each pair of items, shape (n_items, n_items); (0, 0) where
    no clock asks for it."""

    _titles: pl.DataFrame | None = field(init=False, repr=False, default=None)

    def __post_init__(self) -> None:
        self.check_at_least(1, "steps")
        self.check_at_least(0, "common", "genre", "year", "time_share", "prior_weight")
        self.check_at_least(1e-6, "own", "noise", "relaxation", "genre_time_scale")
        if self.clock not in CLOCKS:
            raise ParameterError(
                f"clock of GaussianItems must be one of {', '.join(CLOCKS)}, got {self.clock!r}"
            )
        if not all(0 < scale < np.inf for scale in self.time_scales):
            raise ParameterError(
                f"time_scales of GaussianItems must be seconds above 0, got {self.time_scales}"
            )

    def use_titles(self, titles: pl.DataFrame) -> GaussianItems:
        """Takes in ``title_id`` and, where they are known, ``genres`` and ``year``."""
        self._titles = titles
        return self

    def _fit(self, train: Interactions) -> None:
        genres, years = _kernels(TitleFacts.of(self._titles, train.items))
        prior = np.float32(self.common) + np.float32(self.genre) * genres
        prior += np.float32(self.year) * years
        prior.flat[:: len(prior) + 1] += np.float32(self.own)
        timed = self.clock == "full" and train.times is not None and self.time_scales
        self.likeness_ = genres * years if timed else np.zeros((0, 0), np.float32)
        scale = Scale.of(train)
        offsets = fit_offsets(
            train, scale.mean, l2_users=L2_USERS, l2_items=L2_ITEMS, passes=PASSES
        )
        self.scale_ = np.array(scale)
        self.means_ = (scale.mean + offsets.items).astype(np.float32)
        self.covariance_ = prior.copy()
        counts = np.bincount(train.matrix.indices, minlength=train.n_items)
        n_active = int(np.count_nonzero(np.diff(train.matrix.indptr)))
        for step in range(self.steps if n_active else 0):
            with _one_thread():
                pull, change = self._expected(train)
                moved = self.covariance_ @ pull / n_active * (counts / (counts + 1))
                step_to = self.covariance_ @ change @ self.covariance_
            self.means_ = np.asarray(self.means_ + moved, np.float32)
            # Of n viewers: n times the lengthened step, and the prior for as many as it counts.
            total = n_active * self.covariance_ + self.relaxation * step_to
            aim = (total + self.prior_weight * prior) / (n_active + self.prior_weight)
            self.covariance_ = self._safe(np.asarray((aim + aim.T) / 2, np.float32))
            self._epoch_done(step + 1, self.steps)

    def _expected(self, train: Interactions) -> tuple[NDArray[np.float32], NDArray[np.float32]]:
        """How the ratings pull the means, and the covariance, in the coordinates of their dual."""
        n = train.n_items
        pull, change = np.zeros(n, np.float32), np.zeros((n, n), np.float32)
        for known in _each(train):
            inverse = _inverse(self._among(known))
            weights = inverse @ (known.ratings - self.means_[known.items])
            pull[known.items] += weights
            change[np.ix_(known.items, known.items)] += np.outer(weights, weights) - inverse
        return pull, change

    def _safe(self, aim: NDArray[np.float32]) -> NDArray[np.float32]:
        """The covariance aimed at, or one on the way to it under which every profile is possible.

        A plain step is always possible, a lengthened one need not be.
        """
        from scipy.linalg.lapack import spotrf

        shift = np.float32(self.noise / 2)
        for _ in range(HALVINGS):
            tried = aim.copy()
            tried.flat[:: len(aim) + 1] += shift
            with _one_thread():
                possible = spotrf(tried, lower=1, overwrite_a=1, clean=0)[1] == 0
            if possible:
                return aim
            aim = np.asarray((aim + self.covariance_) / 2, np.float32)
        return self.covariance_

    def _among(self, known: Known) -> NDArray[np.float32]:
        """Covariance of the ratings of one profile, noise included."""
        among = self._between(known, known)
        among.flat[:: len(among) + 1] += np.float32(self.noise)
        return among

    def _between(self, some: Known, others: Known) -> NDArray[np.float32]:
        """Covariance of what one viewer thinks of some items, then, and of others."""
        cells = np.ix_(some.items, others.items)
        shared = self.covariance_[cells]
        if len(self.likeness_) and some.times is not None and others.times is not None:
            apart = np.abs(some.times[:, None] - others.times[None]).astype(np.float32)
            share = np.float32(self.time_share)
            for scale in self.time_scales:
                shared += share * np.exp(apart / np.float32(-scale))
            near = np.exp(apart / np.float32(-self.genre_time_scale))
            shared += share * near * self.likeness_[cells]
        return np.ascontiguousarray(shared)

    def _score(self, profiles: Interactions) -> NDArray[np.float32]:
        scores = np.tile(self.means_, (profiles.n_users, 1))
        with _one_thread():
            for known in _each(profiles):
                scores[known.row] += self._weights(known) @ self.covariance_[known.items]
        return scores

    def _weights(self, known: Known) -> NDArray[np.float32]:
        """What each rating of a profile counts for."""
        from scipy.linalg.lapack import sposv

        deviations = known.ratings - self.means_[known.items]
        weights: NDArray[np.float32] = sposv(self._among(known), deviations, lower=1)[1]
        return weights

    def predict_ratings(
        self, profiles: Interactions, rows: ArrayLike, columns: ArrayLike
    ) -> NDArray[np.float32]:
        """Predicted ratings of the pairs at no known moment, within the range of the data."""
        at, to = self.checked_pairs(profiles, rows, columns)
        return self._predicted(profiles, at, to, None)

    def predict_ratings_at(
        self, profiles: Interactions, rows: ArrayLike, columns: ArrayLike, times: ArrayLike
    ) -> NDArray[np.float32]:
        """Predicted ratings of the pairs at those Unix seconds, within the range of the data."""
        at, to = self.checked_pairs(profiles, rows, columns)
        moments = np.asarray(times, np.int64)
        if moments.shape != at.shape:
            raise ParameterError(f"{moments.size} times for {at.size} pairs; they are aligned")
        return self._predicted(profiles, at, to, moments)

    def _predicted(
        self,
        profiles: Interactions,
        rows: NDArray[np.int32],
        columns: NDArray[np.int32],
        times: NDArray[np.int64] | None,
    ) -> NDArray[np.float32]:
        ratings = self.means_[columns].astype(np.float64)
        order = np.argsort(rows, kind="stable")
        edges = np.searchsorted(rows[order], np.arange(profiles.n_users + 1))
        with _one_thread():
            for known in _each(profiles):
                some = order[edges[known.row] : edges[known.row + 1]]
                if len(some):
                    moments = None if times is None else times[some]
                    pairs = Known(known.row, columns[some], np.empty(0, np.float32), moments)
                    ratings[some] += self._between(pairs, known) @ self._weights(known)
        return on_scale(ratings, self.scale_)


class Known(NamedTuple):
    """Items of one profile, with what is known of them."""

    row: int
    items: NDArray[np.int32]
    ratings: NDArray[np.float32]
    times: NDArray[np.int64] | None


def _each(profiles: Interactions) -> Iterator[Known]:
    """The profiles that are not empty."""
    matrix, times = profiles.matrix, profiles.times
    for row in np.flatnonzero(np.diff(matrix.indptr)).tolist():
        own = slice(matrix.indptr[row], matrix.indptr[row + 1])
        yield Known(
            row, matrix.indices[own], matrix.data[own], None if times is None else times[own]
        )


def _kernels(facts: TitleFacts) -> tuple[NDArray[np.float32], NDArray[np.float32]]:
    """How alike items are by genres (the cosine) and by years, 0 for what is not told of either."""
    genres = facts.genres.toarray()
    genres /= np.sqrt(np.maximum(genres.sum(axis=1, keepdims=True), 1))
    apart = np.abs(facts.years[:, None] - facts.years[None])
    years = np.nan_to_num(np.exp(-apart / YEARS_APART))
    return (genres @ genres.T).astype(np.float32), years.astype(np.float32)


def _one_thread() -> AbstractContextManager[object]:
    """Holds matrix products to one thread: sums in another order are other bits."""
    from threadpoolctl import threadpool_limits

    limits: AbstractContextManager[object] = threadpool_limits(1, user_api="blas")
    return limits


def _inverse(matrix: NDArray[np.float32]) -> NDArray[np.float32]:
    """The inverse of a positive definite matrix, whose memory it takes."""
    from scipy.linalg.lapack import spotrf, spotri

    # The transposed view is the same memory in LAPACK's order, and the matrix is symmetric.
    factor, _ = spotrf(matrix.T, lower=1, overwrite_a=1, clean=0)
    lower: NDArray[np.float32] = spotri(factor, lower=1, overwrite_c=1)[0]
    below = np.tril(lower, -1)
    return below + below.T + np.diag(np.diag(lower))

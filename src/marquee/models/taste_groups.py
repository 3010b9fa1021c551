"""Viewers in groups of like taste, and what each group likes."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Any, NamedTuple, Self

import numpy as np
import polars as pl
from numpy.typing import NDArray
from scipy.sparse import csr_array

from marquee.data.interactions import Interactions
from marquee.errors import ParameterError
from marquee.models.base import Recommender
from marquee.models.clustering import (
    most_stable,
    nearest,
    spherical_means,
    stability,
    unit,
)
from marquee.models.likes import liked

NAMED_BY = 20
"""Items and genres that are kept of each group, the most telling first."""
PRIOR_LIKES = 10.0
"""Likes as expected that stand beside those counted when a lift is taken."""


class TasteGroup(NamedTuple):
    """What a group of viewers likes."""

    share: float
    """Share of the viewers with likes who are in it."""
    title_ids: list[Any]
    """What it likes more than everybody does, the most telling first."""
    lifts: list[float]
    """How many times as often as everybody it likes each of them."""
    genres: list[str]
    """Genres of its likes by falling lift, those above 1; empty where genres are not known."""


@dataclass(kw_only=True, eq=False)
class TasteGroups(Recommender):
    r"""Scores each item by the share of viewers of like taste who liked it.

    Likes X, each viewer's brought to length 1, are cut to the factors V of the greatest singular
    values; the directions of :math:`x_u V` are clustered by k-means on the sphere, and

    .. math:: s_{ui} = \frac{n_{gi} + m \, p_i}{n_g + m}, \qquad
              g = \arg\max_h \; x_u V c_h^\top

    where :math:`n_{gi}` of the :math:`n_g` viewers of the group g liked the item, :math:`p_i` is
    the share of all viewers who did, and m is ``shrinkage``. Everybody in a group gets the same
    order, less what they have seen.

    The number of groups is the greatest that comes back about as well as any when the viewers are
    drawn again: ``pairs`` pairs of draws of 80 % are clustered each, and the clusterings compared
    on all viewers by the adjusted Rand index; within one standard error of the best counts.

    Few groups are stable, and more of them make better lists: on the validation viewers of
    MovieLens 1M stability chooses 3, whose NDCG@100 is 0.250; 12 groups have 0.293, 25 have 0.313,
    everybody as one 0.208. Factors and shrinkage were chosen at 25, where they change it by 0.008
    at most (``python benchmarks/rankers.py --choose --only taste-groups``).

    A profile is folded in by its own factors, which choose the nearest group; one without likes of
    a known item gets what everybody likes. :meth:`describe` names the groups.

    References
    ----------
    A. Ben-Hur, A. Elisseeff and I. Guyon, "A stability based method for discovering structure in
    clustered data", PSB 2002. B. Sarwar, G. Karypis, J. Konstan and J. Riedl, "Recommender systems
    for large-scale e-commerce: scalable neighborhood formation using clustering", ICCIT 2002.
    W. DuMouchel, "Bayesian data mining in large frequency tables", The American Statistician 53,
    1999 (lifts drawn to 1 where little was expected).
    """

    groups: int = 0
    """Number of groups; 0 to choose it by stability."""
    most_groups: int = 12
    """Greatest number that is tried."""
    pairs: int = 6
    """Pairs of draws for each number that is tried."""
    factors: int = 16
    """Factors in which viewers are compared."""
    shrinkage: float = 20.0
    """How many viewers of everybody's taste stand beside those of the group."""
    liked_from: float = 0.0
    """Only interactions with at least this value count as liked."""
    seed: int = 0

    factors_: NDArray[np.float64] = field(init=False, repr=False)
    """Factors of each item, shape (n_items, factors)."""
    centers_: NDArray[np.float64] = field(init=False, repr=False)
    """Direction of each group, shape (n_groups, factors)."""
    shares_: NDArray[np.float32] = field(init=False, repr=False)
    """Scores of the items in each group, the last row those of everybody; shape
    (n_groups + 1, n_items)."""
    sizes_: NDArray[np.int64] = field(init=False, repr=False)
    """Viewers with likes in each group, shape (n_groups,)."""
    stability_: NDArray[np.float64] = field(init=False, repr=False)
    """Number of groups, mean adjusted Rand index and its standard error, shape (n_tried, 3)."""
    telling_: NDArray[np.int64] = field(init=False, repr=False)
    """Positions of the most telling items of each group, -1 for none."""
    lifts_: NDArray[np.float64] = field(init=False, repr=False)
    """Their lifts, in the shape of ``telling_``."""
    genres_: NDArray[np.str_] = field(init=False, repr=False)
    """Names of genres, ascending; empty where they are not known."""
    genre_lifts_: NDArray[np.float64] = field(init=False, repr=False)
    """Lift of each genre in each group, shape (n_groups, n_genres)."""

    _titles: pl.DataFrame | None = field(init=False, repr=False, default=None)

    def __post_init__(self) -> None:
        self.check_at_least(0, "groups", "shrinkage", "liked_from", "seed")
        self.check_at_least(2, "most_groups")
        self.check_at_least(1, "pairs", "factors")

    def use_titles(self, titles: pl.DataFrame) -> Self:
        """Takes in ``title_id`` and ``genres``, by which groups are named; others are left alone.

        Raises
        ------
        ParameterError
            If ``title_id`` is missing.
        """
        if "title_id" not in titles.columns:
            raise ParameterError(f"titles need a column title_id, got {titles.columns}")
        self._titles = titles
        return self

    def _fit(self, train: Interactions) -> None:
        from threadpoolctl import threadpool_limits

        likes = liked(train, self.liked_from)
        active = np.flatnonzero(np.diff(likes.indptr))
        rng = np.random.default_rng(self.seed)
        # Sums of other libraries' threads would depend on how many there are.
        with threadpool_limits(1):
            self.factors_ = _item_factors(likes[active], self.factors, rng)
            people = self._directions(likes[active])
            tried = self._numbers(len(people))
            found = stability(people, tried, rng, pairs=self.pairs)
            number = most_stable(found) if len(tried) else min(max(self.groups, 1), len(people))
            if number:
                self.centers_ = spherical_means(people, number, rng)
            else:
                self.centers_ = np.zeros((0, self.factors_.shape[1]))
            labels = nearest(people, self.centers_) if number else np.zeros(0, np.int64)
        self.stability_ = np.stack([tried, found.means, found.errors], axis=1).astype(np.float64)
        self._describe(likes[active], labels)

    def _numbers(self, n_people: int) -> NDArray[np.int64]:
        """The numbers of groups that are tried; none where there is nothing to choose."""
        if self.groups or n_people < 4:
            return np.empty(0, np.int64)
        return np.arange(2, min(self.most_groups, n_people // 2) + 1)

    def _directions(self, likes: csr_array) -> NDArray[np.float64]:
        """Factors of the profiles, each of length 1 or 0, shape (n_profiles, factors)."""
        return unit(np.asarray(likes.astype(np.float64) @ self.factors_))

    def _describe(self, likes: csr_array, labels: NDArray[np.int64]) -> None:
        """Learns what each group likes, and more than everybody does."""
        n_groups = len(self.centers_)
        self.sizes_ = np.bincount(labels, minlength=n_groups)
        member = csr_array(
            (np.ones(len(labels)), (labels, np.arange(len(labels)))), (n_groups, len(labels))
        )
        counts = np.asarray((member @ likes).toarray(), np.float64)
        everybody = counts.sum(axis=0) / max(len(labels), 1)
        own = (counts + self.shrinkage * everybody) / np.maximum(
            self.sizes_ + self.shrinkage, 1e-9
        )[:, None]
        self.shares_ = np.vstack([own, everybody]).astype(np.float32)
        lifts = _lifts(counts)
        width = min(NAMED_BY, likes.shape[1])
        order = np.argsort(-np.round(lifts, 9), axis=1, kind="stable")[:, :width]
        self.lifts_ = np.take_along_axis(lifts, order, axis=1)
        self.telling_ = np.where(self.lifts_ > 1, order, -1)
        self.genres_, of_items = self._genres()
        self.genre_lifts_ = _lifts(counts @ of_items)

    def _genres(self) -> tuple[NDArray[np.str_], NDArray[np.float64]]:
        """Names of the genres, and which items carry them, shape (n_items, n_genres)."""
        if self._titles is None or "genres" not in self._titles.columns:
            return np.empty(0, "<U1"), np.zeros((len(self.items_), 0))
        known = self._titles.select("title_id", "genres").explode("genres").drop_nulls()
        rows = self.items_.find(np.asarray(known["title_id"].to_list()))
        names, columns = np.unique(
            np.array(known["genres"].to_list(), np.str_), return_inverse=True
        )
        carries = np.zeros((len(self.items_), len(names)))
        carries[rows[rows >= 0], columns[rows >= 0]] = 1
        return names, carries

    def _score(self, profiles: Interactions) -> NDArray[np.float32]:
        return self.shares_[self.group_of(profiles)]

    def group_of(self, profiles: Interactions) -> NDArray[np.int64]:
        """The group of each profile, -1 for one without likes that say anything.

        Raises
        ------
        NotFittedError, ParameterError
            As :meth:`score`.
        """
        self.check_fitted(profiles)
        likes = liked(profiles, self.liked_from).astype(np.float64)
        # Products row by row, as the sums of a block depend on how it is cut.
        found = np.asarray(likes @ self.factors_)
        known = (np.abs(found) > 1e-9).any(axis=1) & (len(self.centers_) > 0)
        groups = np.full(profiles.n_users, -1)
        if known.any():
            groups[known] = nearest(unit(found[known]), self.centers_)
        return groups

    def describe(self, n: int = 5) -> list[TasteGroup]:
        """What each group likes more than everybody does: up to n titles and n genres.

        Raises
        ------
        NotFittedError
            Before ``fit``.
        """
        self.check_fitted()
        total = max(int(self.sizes_.sum()), 1)
        found = []
        for group, size in enumerate(self.sizes_.tolist()):
            telling = self.telling_[group][:n]
            telling = telling[telling >= 0]
            of_genres = self.genre_lifts_[group]
            order = [g for g in np.argsort(-of_genres, kind="stable")[:n] if of_genres[g] > 1]
            found.append(
                TasteGroup(
                    size / total,
                    self.items_.ids[telling].tolist(),
                    self.lifts_[group][: len(telling)].tolist(),
                    self.genres_[order].tolist(),
                )
            )
        return found


def _lifts(counts: NDArray[np.float64]) -> NDArray[np.float64]:
    """How often each column comes up in a group against what its size lets expect."""
    of_group = counts.sum(axis=1, keepdims=True)
    expected = of_group * counts.sum(axis=0) / max(float(counts.sum()), 1.0)
    return np.asarray((counts + PRIOR_LIKES) / (expected + PRIOR_LIKES))


def _item_factors(likes: csr_array, factors: int, rng: np.random.Generator) -> NDArray[np.float64]:
    """Right singular vectors of the likes in rows of length 1, shape (n_items, n_factors).

    There are fewer where the likes have not as many; the sign makes the largest entry positive.
    """
    from scipy.sparse.linalg import svds

    lengths = np.maximum(np.diff(likes.indptr), 1)
    scale = np.repeat(1 / np.sqrt(lengths), np.diff(likes.indptr))
    X = csr_array((likes.data * scale, likes.indices, likes.indptr), likes.shape)
    if not min(X.shape):
        return np.zeros((X.shape[1], 0))
    if min(X.shape) > factors + 1:
        values, right = svds(
            X, k=factors, v0=rng.random(min(X.shape)), return_singular_vectors="vh"
        )[1:]
    else:
        _, values, right = np.linalg.svd(X.toarray(), full_matrices=False)
    order = np.argsort(-values)[: min(factors, len(values))]
    order = order[values[order] > 1e-9]
    found = right[order].T
    signs = np.sign(found[np.abs(found).argmax(axis=0), np.arange(found.shape[1])])
    return np.ascontiguousarray(found * np.where(signs < 0, -1.0, 1.0))

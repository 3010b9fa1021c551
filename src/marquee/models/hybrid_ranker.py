"""Several rankers as one: each says what to look at, and how they did before says in what order."""

from __future__ import annotations

import dataclasses
from dataclasses import dataclass, field
from typing import NamedTuple

import numpy as np
import polars as pl
from numpy.typing import NDArray

from marquee.data.interactions import Interactions
from marquee.errors import ParameterError
from marquee.models.abilities import UsesTitles, UsesViewers
from marquee.models.base import Recommender
from marquee.models.held_out_lists import HOLDOUTS, HeldOut, held_out
from marquee.models.listwise import OBJECTIVES, Lists, Trees, grown, list_weights, tree_scores
from marquee.models.ranking_features import Facts, item_facts, profile_facts, ranks, scaled

PROFILES_AT_ONCE = 128
NEW_OF = 5
"""A member that reads titles names one item that nobody rated for so many others."""


class _Seen(NamedTuple):
    """What is seen of some profiles."""

    scores: NDArray[np.float32]
    """Scaled scores of the members, shape (n_profiles, n_items, n_members)."""
    rows: NDArray[np.int64]
    """Profiles of the candidates, ascending."""
    columns: NDArray[np.int64]
    """Items of the candidates."""
    features: NDArray[np.float32]
    """What is seen of each candidate, shape (n_candidates, n_features)."""


@dataclass(kw_only=True, eq=False)
class HybridRanker(Recommender):
    r"""Scores the best items of several members by what became of such items on lists held out.

    .. math:: s_{ui} = \sum_m w_m \, s^m_{ui} / \sigma^m_u + g(z_{ui}), \qquad i \in C_u

    The candidates :math:`C_u` are the best of each member. The weights w are those under which what
    was wanted is most likely among them; g are boosted trees on lambdas of NDCG, which see of each
    candidate the members' scores in units of their spread :math:`\sigma^m_u` over the catalog and
    the ranks they give, the item's popularity, mean value, popularity of late and age in the data,
    and the length and the mean popularity of the profile.

    Weights and trees are learned on lists that their members had not seen: of the last ``share`` of
    the training data in time (where it has times), by members fitted on what was before; or of
    viewers held out whole, who are told four fifths of what they liked. Then the members are fitted
    once more on everything. In each such part some items are hidden as if they were new, so
    that the ranker learns where those belong that only their text speaks for.

    The defaults were chosen on validation data of MovieLens 1M and 100K
    (``python benchmarks/rank_hybrid.py --choose``).

    Items outside the candidates follow after all of them, in the order of the weighted sum. A
    profile is folded in by the members. Members are templates, of which ``fit`` fits copies,
    folds + 1 times; titles and viewers are handed on to those that use them.

    References
    ----------
    C. J. C. Burges, "From RankNet to LambdaRank to LambdaMART: an overview", MSR-TR-2010-82.
    P. Covington, J. Adams and E. Sargin, "Deep neural networks for YouTube recommendations",
    RecSys 2016 (candidates first, then their order). D. H. Wolpert, "Stacked generalization",
    Neural Networks 5, 1992.
    """

    members: tuple[Recommender, ...] = ()
    """The recommenders that name candidates."""
    candidates: int = 150
    """How many items each member names."""
    liked_from: float = 0.0
    """Only interactions of at least this value are what a list should have held."""
    holdout: str = "auto"
    """What is held out to learn from: ``time``, ``viewers``, or ``auto``, which is ``time`` where
    the training data has times."""
    folds: int = 3
    """Parts that are held out in turn."""
    share: float = 0.1
    """Share of the interactions in each part by time, or of the viewers if there is one fold."""
    new_share: float = 0.02
    """Share of the items that are hidden in each part as if they were new."""
    l2: float = 10.0
    """Penalty on weights of members other than equal ones, in lists."""
    rounds: int = 80
    """Trees; 0 for the weighted sum alone."""
    depth: int = 4
    """Most splits between the root of a tree and a leaf."""
    tree_rate: float = 0.1
    """Share of a tree that is added."""
    min_leaf: float = 20.0
    """Least sum of second derivatives in a leaf."""
    tree_l2: float = 10.0
    """Penalty on a leaf's value."""
    objective: str = "rank:ndcg"
    """What trees are grown for, ``rank:ndcg`` or ``binary:logistic``."""
    seed: int = 0

    members_: tuple[Recommender, ...] = field(init=False, repr=False)
    """The fitted members."""
    weights_: NDArray[np.float64] = field(init=False, repr=False)
    """Weight of each member's score, shape (n_members,)."""
    trees_: NDArray[np.uint8] = field(init=False, repr=False)
    """The boosted trees in XGBoost's binary format; empty for none."""
    facts_: Facts = field(init=False, repr=False)
    """What features need to know of the items."""

    _titles: pl.DataFrame | None = field(init=False, repr=False, default=None)
    _viewers: pl.DataFrame | None = field(init=False, repr=False, default=None)

    def __post_init__(self) -> None:
        if not self.members:
            raise ParameterError(
                "HybridRanker needs members, as in HybridRanker(members=(EASE(), Popularity()))"
            )
        self.check_at_least(1, "candidates", "folds", "depth")
        self.check_at_least(0, "liked_from", "l2", "rounds", "min_leaf", "tree_l2", "seed")
        self.check_at_least(0, "new_share")
        self.check_at_least(1e-6, "tree_rate", "share")
        if self.folds * self.share >= 1 and self.holdout != "viewers":
            raise ParameterError(
                f"folds times share of HybridRanker must be below 1, got {self.folds} x "
                f"{self.share:g}: nothing would be left to learn from"
            )
        if self.new_share >= 1:
            raise ParameterError(
                f"new_share of HybridRanker must be below 1, got {self.new_share:g}"
            )
        for name, known in (("holdout", HOLDOUTS), ("objective", OBJECTIVES)):
            if getattr(self, name) not in known:
                raise ParameterError(
                    f"{name} of HybridRanker must be one of {', '.join(known)}, "
                    f"got {getattr(self, name)!r}"
                )
        # Abilities are asked with isinstance, so a ranker has a method only where it can keep it.
        if any(isinstance(m, UsesTitles) for m in self.members):
            self.use_titles = self._use_titles
        if any(isinstance(m, UsesViewers) for m in self.members):
            self.use_viewers = self._use_viewers

    def _use_titles(self, titles: pl.DataFrame) -> HybridRanker:
        """Takes in ``title_id`` and, where they are known, ``text``, ``genres`` and ``year``."""
        self._titles = titles
        return self

    def _use_viewers(self, viewers: pl.DataFrame) -> HybridRanker:
        """Takes in ``viewer_id`` and what is known of each, one row per viewer."""
        self._viewers = viewers
        return self

    def _fit(self, train: Interactions) -> None:
        parts = self.parts(train)
        lists = [self.lists(self.fitted(part.train), part) for part in parts]
        self.learn(lists)
        self.members_ = self.fitted(train)
        self.facts_ = item_facts(train)

    def parts(self, train: Interactions) -> list[HeldOut]:
        """The parts of the training data that are learned from, and what became of them."""
        return held_out(
            train,
            self.holdout,
            folds=self.folds,
            share=self.share,
            new_share=self.new_share,
            liked_from=self.liked_from,
            rng=np.random.default_rng(self.seed),
        )

    def fitted(self, train: Interactions) -> tuple[Recommender, ...]:
        """Copies of the members, fitted on this part of the training data."""
        copies = []
        for member in self.members:
            copy = dataclasses.replace(member)
            if isinstance(copy, UsesTitles) and self._titles is not None:
                copy.use_titles(self._titles)
            if isinstance(copy, UsesViewers) and self._viewers is not None:
                copy.use_viewers(self._viewers)
            copies.append(copy.fit(train))
        return tuple(copies)

    def lists(self, members: tuple[Recommender, ...], part: HeldOut) -> Lists:
        """The candidates of every held-out profile and which of them were wanted."""
        facts = item_facts(part.train)
        found = []
        for start in range(0, part.profiles.n_users, PROFILES_AT_ONCE):
            rows = np.arange(start, min(start + PROFILES_AT_ONCE, part.profiles.n_users))
            seen = self._seen(members, facts, part.profiles.take(rows))
            wanted = part.wanted.take(rows).matrix.toarray() > 0
            found.append(
                Lists(
                    seen.features,
                    seen.scores[seen.rows, seen.columns],
                    wanted[seen.rows, seen.columns],
                    np.bincount(seen.rows, minlength=len(rows)),
                )
            )
        return _joined(found)

    def learn(self, lists: list[Lists]) -> None:
        """Learns weights and trees from lists that were held out."""
        n_members = len(self.members)
        if not lists:
            self.weights_ = np.full(n_members, 1 / n_members)
            self.trees_ = np.empty(0, np.uint8)
            return
        every = _joined(lists)
        every = every._replace(lengths=every.lengths[every.lengths > 0])
        self.weights_ = list_weights(every, self.l2)
        settings = Trees(
            self.rounds,
            self.depth,
            self.tree_rate,
            self.min_leaf,
            self.tree_l2,
            self.objective,
            self.seed,
        )
        self.trees_ = grown(every, self.weights_, settings)

    def _score(self, profiles: Interactions) -> NDArray[np.float32]:
        scores = np.empty((profiles.n_users, profiles.n_items), np.float32)
        for start in range(0, profiles.n_users, PROFILES_AT_ONCE):
            rows = np.arange(start, min(start + PROFILES_AT_ONCE, profiles.n_users))
            seen = self._seen(self.members_, self.facts_, profiles.take(rows))
            scores[rows] = self.ranked(seen)
        return scores

    def ranked(self, seen: _Seen) -> NDArray[np.float32]:
        """Scores of all items: the candidates' own, and the others below them."""
        linear = (seen.scores @ self.weights_).astype(np.float32)
        of_lists = linear[seen.rows, seen.columns]
        own = tree_scores(self.trees_, seen.features, of_lists)
        lowest = np.full(len(linear), np.inf, np.float32)
        np.minimum.at(lowest, seen.rows, own)
        outside = np.ones(linear.shape, np.bool_)
        outside[seen.rows, seen.columns] = False
        best = np.where(outside, linear, -np.inf).max(axis=1, initial=-np.inf)
        shift = np.where(np.isfinite(best), np.minimum(lowest - 1 - best, 0), 0)
        scores = linear + shift[:, None].astype(np.float32)
        scores[seen.rows, seen.columns] = own
        return scores

    def _seen(
        self, members: tuple[Recommender, ...], facts: Facts, profiles: Interactions
    ) -> _Seen:
        """Scores of the members, their candidates, and the features of these."""
        shape = (profiles.n_users, profiles.n_items)
        scores = np.empty((*shape, len(members)), np.float32)
        places = np.empty_like(scores)
        named = np.zeros(shape, np.bool_)
        limit = np.float32(np.log1p(self.candidates - 1))
        limit_of_new = np.float32(np.log1p(max(self.candidates // NEW_OF, 1) - 1))
        unrated = np.flatnonzero(facts["unrated"])
        for at, member in enumerate(members):
            scores[:, :, at] = scaled(member.score(profiles))
            places[:, :, at] = ranks(scores[:, :, at], profiles)
            # A member whose scores are all equal names nobody.
            told = (scores[:, :, at] != 0).any(axis=1, keepdims=True)
            named |= (places[:, :, at] <= limit) & told
            if isinstance(member, UsesTitles) and len(unrated):
                among = ranks(np.ascontiguousarray(scores[:, unrated, at]), None)
                named[:, unrated] |= (among <= limit_of_new) & told
        named[profiles.rows, profiles.matrix.indices] = False
        rows, columns = np.nonzero(named)
        features = np.hstack(
            [
                scores[rows, columns],
                places[rows, columns],
                facts["table"][columns],
                profile_facts(profiles, facts)[rows],
            ]
        )
        return _Seen(scores, rows, columns, features)


def _joined(lists: list[Lists]) -> Lists:
    """The lists one after another."""
    return Lists(*(np.concatenate(arrays) for arrays in zip(*lists, strict=True)))

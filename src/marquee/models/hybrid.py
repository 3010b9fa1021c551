"""Several rating predictors as one, blended by how they err on ratings held out from them."""

from __future__ import annotations

import dataclasses
from dataclasses import dataclass, field
from typing import NamedTuple

import numpy as np
import polars as pl
from numpy.typing import ArrayLike, NDArray

from marquee.data.ids import IdIndex
from marquee.data.interactions import Interactions
from marquee.errors import ParameterError
from marquee.models.abilities import (
    CLOCKS,
    PredictsRatings,
    PredictsRatingsAt,
    UsesTitles,
    UsesViewers,
)
from marquee.models.base import Recommender
from marquee.models.offsets import Scale, on_scale
from marquee.models.side_codes import TitleFacts, Traits
from marquee.models.stacking import TreeSettings, blended, corrections, grown, inner_folds, ridge
from marquee.models.stacking_features import (
    Pairs,
    Titles,
    pair_features,
    residuals,
    title_statistics,
)
from marquee.models.time_neighbors import time_features

PAIRS_AT_ONCE = 1 << 17
LATER = 86_400
"""Seconds after the last rating of a profile at which a pair is asked for unless told when."""


class Asked(NamedTuple):
    """Pairs of profile and item, and when they are asked about."""

    rows: NDArray[np.int32]
    columns: NDArray[np.int32]
    times: NDArray[np.int64] | None


@dataclass(kw_only=True, eq=False)
class Hybrid(Recommender):
    r"""Scores each item by a blend of its members' ratings, learned on ratings they had not seen.

    .. math:: \hat r_{ui} = w_0 + \sum_m w_m \hat r^m_{ui} + g(\hat r_{ui}, z_{ui})

    The training ratings are dealt into ``folds``. Each is predicted by members fitted on the
    others; on these predictions the weights w are learned by ridge regression, and on what it
    leaves boosted trees g, which see the predictions and features z of the pair: support, shrunk
    means and variances, residuals of the viewer's traits for the title and of the viewer for its
    genres and years. A clock adds what the viewer rated around the moment (``full``) or strictly
    before it (``past``). Features of a held out rating come from the other folds alone. Then the
    members are fitted once more on everything.

    The members given are templates: ``fit`` fits copies of them, folds + 1 times, with the clock of
    the hybrid. They must predict ratings; titles and viewers are handed on to those that use them.
    A profile is folded in by its members, and its features are computed from it; an empty one gets
    what they say of it. A title that nobody rated is predicted by those that know its genres and
    year.

    References
    ----------
    L. Breiman, "Stacked regressions", Machine Learning 24, 1996.
    M. Jahrer, A. Töscher and R. Legenstein, "Combining predictions for accurate recommender
    systems", KDD 2010.
    """

    members: tuple[Recommender, ...] = ()
    """The rating predictors to blend."""
    timed_members: tuple[Recommender, ...] = ()
    """More of them, for the clock ``full`` alone."""
    folds: int = 5
    """Parts of the training ratings that are held out in turn."""
    l2: float = 10.0
    """Penalty on weights of members other than equal ones, in squared ratings."""
    rounds: int = 500
    """Trees in a bag; 0 for ridge regression alone."""
    bags: int = 3
    """Bags of trees, each drawn from another seed, that are averaged."""
    leaves: int = 14
    """Most leaves of a tree."""
    tree_rate: float = 0.03
    """Share of a tree that is added."""
    min_leaf: int = 150
    """Fewest ratings in a leaf."""
    tree_l2: float = 20.0
    """Penalty on a leaf's value, in ratings."""
    clock: str = "none"
    seed: int = 0

    members_: tuple[Recommender, ...] = field(init=False, repr=False)
    """The fitted members."""
    weights_: NDArray[np.float64] = field(init=False, repr=False)
    """Intercept, then the weight of each member."""
    trees_: dict[str, NDArray[np.uint8]] = field(init=False, repr=False)
    """Bags of boosted trees in XGBoost's binary format; none for ridge regression alone."""
    titles_: Titles = field(init=False, repr=False)
    """What features need to know of the items."""
    scale_: NDArray[np.float64] = field(init=False, repr=False)
    """Mean, lowest and highest rating of the training data."""
    viewers_: IdIndex = field(init=False, repr=False)
    """The viewers that were told of."""
    traits_: NDArray[np.int32] = field(init=False, repr=False)
    """Group of each of them in each trait, -1 for none; shape (n_viewers, n_traits)."""
    timed_: bool = field(init=False, repr=False)
    """Whether features of time were learned from."""

    _titles: pl.DataFrame | None = field(init=False, repr=False, default=None)
    _viewers: pl.DataFrame | None = field(init=False, repr=False, default=None)

    def __post_init__(self) -> None:
        if not self.members:
            raise ParameterError("Hybrid needs members, as in Hybrid(members=(SVD(), ItemKNN()))")
        for member in (*self.members, *self.timed_members):
            if not isinstance(member, PredictsRatings):
                raise ParameterError(
                    f"members of Hybrid must predict ratings, got {type(member).__name__}"
                )
        self.check_at_least(2, "folds")
        self.check_at_least(0, "l2", "rounds", "min_leaf", "tree_l2", "seed")
        self.check_at_least(1, "bags")
        self.check_at_least(2, "leaves")
        self.check_at_least(1e-6, "tree_rate")
        if self.clock not in CLOCKS:
            raise ParameterError(
                f"clock of Hybrid must be one of {', '.join(CLOCKS)}, got {self.clock!r}"
            )

    def use_titles(self, titles: pl.DataFrame) -> Hybrid:
        """Takes in ``title_id`` and, where they are known, ``text``, ``genres`` and ``year``."""
        self._titles = titles
        return self

    def use_viewers(self, viewers: pl.DataFrame) -> Hybrid:
        """Takes in ``viewer_id`` and any of age, gender, occupation and zip_code."""
        self._viewers = viewers
        return self

    def _fit(self, train: Interactions) -> None:
        self.timed_ = self.clock != "none" and train.times is not None
        self.viewers_, self.traits_ = Traits.of(self._viewers)
        self.scale_ = np.array(Scale.of(train))
        members = self.asked_members()
        n_steps = (self.folds + 1) * len(members)
        done = 0

        def fitted(part: Interactions) -> tuple[Recommender, ...]:
            nonlocal done
            found = []
            for member in members:
                found.append(self.told(self.copy_of(member)).fit(part))
                done += 1
                self._epoch_done(done, n_steps)
            return tuple(found)

        labels = inner_folds(train, self.folds, self.seed)
        predictions = np.zeros((len(train), len(members)))
        features: list[NDArray[np.float32]] = []
        ratings = train.matrix.data.astype(np.float64)
        order: list[NDArray[np.int64]] = []
        for fold in range(self.folds):
            held = np.flatnonzero(labels == fold)
            rest = train.where(labels != fold)
            times = train.times[held] if self.timed_ and train.times is not None else None
            asked = Asked(train.rows[held], np.array(train.matrix.indices)[held], times)
            predictions[held] = self.predictions(fitted(rest), rest, asked)
            features.append(self.features(self.statistics(rest), rest, asked))
            order.append(held)
        rows = np.concatenate(order)
        self.learn(predictions[rows], np.vstack(features), ratings[rows])
        self.members_ = fitted(train)
        self.titles_ = self.statistics(train)

    def learn(
        self,
        predictions: NDArray[np.float64],
        features: NDArray[np.float32],
        ratings: NDArray[np.float64],
    ) -> None:
        """Learns weights and trees from predictions of held out ratings and their features."""
        self.weights_ = ridge(predictions, ratings, self.l2)
        left = ratings - blended(predictions, self.weights_)
        settings = TreeSettings(
            self.rounds, self.leaves, self.tree_rate, self.min_leaf, self.tree_l2
        )
        seeds = range(self.seed, self.seed + self.bags)
        self.trees_ = grown(self._beside(predictions, features), left, settings, seeds)

    def blend(
        self, predictions: NDArray[np.float64], features: NDArray[np.float32]
    ) -> NDArray[np.float64]:
        """Ratings of pairs from the members' predictions of them and their features."""
        said = blended(predictions, self.weights_)
        return said + corrections(self.trees_, self._beside(predictions, features))

    def _beside(
        self, predictions: NDArray[np.float64], features: NDArray[np.float32]
    ) -> NDArray[np.float32]:
        """The blend, each member's distance from it, and the features, as the trees see them."""
        said = blended(predictions, self.weights_)[:, None]
        return np.hstack([said, predictions - said, features]).astype(np.float32)

    def statistics(self, train: Interactions) -> Titles:
        """What features need to know of the items, from this part of the training data."""
        facts = TitleFacts.of(self._titles, train.items)
        return title_statistics(train, facts, Traits(self.viewers_, self.traits_))

    def features(self, titles: Titles, profiles: Interactions, asked: Asked) -> NDArray[np.float32]:
        """Features of the pairs, shape (n_pairs, n_features)."""
        pairs = Pairs(asked.rows, asked.columns)
        found = pair_features(profiles, titles, Traits(self.viewers_, self.traits_), pairs)
        if asked.times is None:
            return found
        around = time_features(
            profiles,
            residuals(profiles, titles),
            titles["offset"],
            float(titles["mean"][0]),
            (asked.rows, asked.columns, asked.times),
            past=self.clock == "past",
        )
        return np.hstack([found, around])

    def predictions(
        self, members: tuple[Recommender, ...], profiles: Interactions, asked: Asked
    ) -> NDArray[np.float64]:
        """What each fitted member predicts for the pairs, shape (n_pairs, n_members)."""
        said = [predicted(member, profiles, asked) for member in members]
        return np.stack(said, axis=1).astype(np.float64)

    def asked_members(self) -> tuple[Recommender, ...]:
        """The templates of the members that the clock asks for."""
        return (*self.members, *(self.timed_members if self.clock == "full" else ()))

    def copy_of(self, member: Recommender) -> Recommender:
        """An unfitted copy with the clock of the hybrid."""
        params = member.params()
        if "clock" in params:
            params["clock"] = self.clock
        return type(member)(**params)

    def told(self, member: Recommender) -> Recommender:
        """The member, told of titles and viewers where it uses them."""
        if isinstance(member, UsesTitles) and self._titles is not None:
            member.use_titles(self._titles)
        if isinstance(member, UsesViewers) and self._viewers is not None:
            member.use_viewers(self._viewers)
        return member

    def _score(self, profiles: Interactions) -> NDArray[np.float32]:
        scores = np.empty((profiles.n_users, profiles.n_items), np.float32)
        # Profile by profile, since a member may fold in all that it is asked about.
        step = max(1, PAIRS_AT_ONCE // max(profiles.n_items, 1))
        for start in range(0, profiles.n_users, step):
            part = profiles.take(np.arange(start, min(start + step, profiles.n_users)))
            shape = (part.n_users, part.n_items)
            rows, columns = (side.ravel().astype(np.int32) for side in np.indices(shape))
            scores[start : start + step] = self._predicted(part, rows, columns, None).reshape(shape)
        return scores

    def predict_ratings(
        self, profiles: Interactions, rows: ArrayLike, columns: ArrayLike
    ) -> NDArray[np.float32]:
        """Predicted ratings of the pairs, asked for a day after each profile's last entry."""
        at, to = self.checked_pairs(profiles, rows, columns)
        return on_scale(self._predicted(profiles, at, to, None), self.scale_)

    def predict_ratings_at(
        self, profiles: Interactions, rows: ArrayLike, columns: ArrayLike, times: ArrayLike
    ) -> NDArray[np.float32]:
        """Predicted ratings of the pairs at those Unix seconds, within the range of the data."""
        at, to = self.checked_pairs(profiles, rows, columns)
        moments = np.asarray(times, np.int64)
        if moments.shape != at.shape:
            raise ParameterError(f"{moments.size} times for {at.size} pairs; they are aligned")
        return on_scale(self._predicted(profiles, at, to, moments), self.scale_)

    def _predicted(
        self,
        profiles: Interactions,
        rows: NDArray[np.int32],
        columns: NDArray[np.int32],
        times: NDArray[np.int64] | None,
    ) -> NDArray[np.float64]:
        if self.timed_ and profiles.times is None:
            nothing = np.zeros(len(profiles), np.int64)
            profiles = dataclasses.replace(profiles, times=nothing)
        if self.timed_ and times is None:
            times = _last(profiles)[rows] + LATER
        found = np.zeros(len(rows))
        for start in range(0, len(rows), PAIRS_AT_ONCE):
            some = slice(start, start + PAIRS_AT_ONCE)
            moments = times[some] if self.timed_ and times is not None else None
            asked = Asked(rows[some], columns[some], moments)
            found[some] = self.blend(
                self.predictions(self.members_, profiles, asked),
                self.features(self.titles_, profiles, asked),
            )
        return found


def predicted(member: Recommender, profiles: Interactions, asked: Asked) -> NDArray[np.float32]:
    """What a fitted member predicts for the pairs, at their time where it can."""
    if asked.times is not None and isinstance(member, PredictsRatingsAt):
        return member.predict_ratings_at(profiles, asked.rows, asked.columns, asked.times)
    assert isinstance(member, PredictsRatings)
    return member.predict_ratings(profiles, asked.rows, asked.columns)


def _last(profiles: Interactions) -> NDArray[np.int64]:
    """Time of each profile's last entry, 0 for an empty one."""
    last = np.zeros(profiles.n_users, np.int64)
    if profiles.times is not None:
        np.maximum.at(last, profiles.rows, profiles.times)
    return last

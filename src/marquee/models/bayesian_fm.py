"""A factorization machine of which many are drawn, and their answers averaged."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, field

import numpy as np
import polars as pl
from numpy.typing import ArrayLike, NDArray
from scipy.sparse import csr_array, hstack

from marquee.data.ids import IdIndex
from marquee.data.interactions import Interactions
from marquee.errors import ParameterError
from marquee.models.abilities import CLOCKS
from marquee.models.base import Recommender
from marquee.models.fm_chain import Draws, Settings, kept_draws, sides
from marquee.models.fm_profiles import (
    Folded,
    OneDraw,
    Profiles,
    asked_pairs,
    at_no_moment,
    folded,
    said_of,
)
from marquee.models.fm_responses import GaussianResponse, OrderedResponse, expected_rating
from marquee.models.offsets import Scale, on_scale
from marquee.models.sessions import KINDS, Moments, calendar
from marquee.models.side_codes import TitleFacts, Traits, trait_parts

USES = ("implicit", "flipped", "viewers", "titles")
TASKS = ("regression", "probit")


@dataclass(kw_only=True, eq=False)
class BayesianFM(Recommender):
    r"""Scores each item by weights and pairwise products of factors of all that is known of a pair.

    .. math:: \hat r = w_0 + \sum_j w_j x_j + \sum_{j < l} x_j x_l \, v_j^\top v_l

    The features x of a viewer are the viewer, the set of rated titles (over the root of its size)
    and, where :meth:`use_viewers` told them, bins of age, gender, occupation and the first
    character of the postal code; those of a title are the title, the set of its viewers, the bin
    of its year and its genres (:meth:`use_titles`). The clock ``full`` adds the hour and week of
    the rating and the viewer's sessions: runs of ratings without a pause longer than each of
    ``session_gaps``. The sessions of a profile are cut from its own entries; a pair that is asked
    for joins the nearest one within the gap. With the other clocks no time is looked at.

    Parameters are drawn from their posterior by a Gibbs chain, each group of features with a prior
    of its own. With ``task="regression"`` ratings have Gaussian noise, each viewer and title an own
    amount of it; with ``"probit"`` they are ordered levels and the mean level is predicted.

    What is kept of a draw is all but the viewers and their sessions, float32. A profile is folded
    in by closed form: given a draw its viewer's weight and factors are the solution of a ridge
    regression, the draw's own priors its penalty; predictions are averaged over the draws, since
    the mean of a product is not the product of means. For viewers of the training data this is the
    posterior mean, with less noise than the viewer's own draws would give; for others it leaves out
    only what their ratings would have taught of the titles. Sessions, own noise and latent levels
    are believed in turn with it, a few rounds of conditional means. An empty profile is the average
    viewer of its traits; a title that nobody has rated is the average of its year and genres.

    The defaults were chosen on inner parts of the training ratings of fold u1 of MovieLens 100K
    (``python benchmarks/stack.py --folds u1 --inner`` prints the errors there).

    References
    ----------
    S. Rendle, "Factorization machines with libFM", ACM TIST 3(3), 2012, equation 1.
    S. Rendle, L. Zhang and Y. Koren, "On the difficulty of evaluating baselines: a study on
    recommender systems", arXiv 1905.01395, 2019 (the features, there "timeSVD++ flipped").
    """

    factors: int = 10
    burn_in: int = 20
    """Passes of the chain before the first draw that may be kept."""
    samples: int = 50
    """Draws that are kept and averaged."""
    thinning: int = 3
    """Passes from one kept draw to the next."""
    task: str = "regression"
    """``regression`` or ``probit``."""
    noise_prior: float = 20.0
    """Ratings at which a viewer's or title's own noise counts half; 0 for one noise for all."""
    use: tuple[str, ...] = USES
    """Which of ``implicit``, ``flipped``, ``viewers`` and ``titles`` to learn from."""
    clock: str = "none"
    """Which times may be looked at: those of all entries with ``full``, else none."""
    session_gaps: tuple[int, ...] = (30, 120, 900)
    """Seconds without a rating after which a new session starts."""
    calendar: tuple[str, ...] = ("week", "hour")
    """Which of ``hour``, ``day`` and ``week`` to learn from."""
    seed: int = 0

    scale_: NDArray[np.float64] = field(init=False, repr=False)
    """Mean, lowest and highest rating of the training data."""
    levels_: NDArray[np.float64] = field(init=False, repr=False)
    """The ratings that occur, ascending."""
    draws_: Draws = field(init=False, repr=False)
    """What predictions need of each draw, by name; the draw is the first dimension."""
    viewers_: IdIndex = field(init=False, repr=False)
    """The viewers that were told of."""
    traits_: NDArray[np.int32] = field(init=False, repr=False)
    """Group of each of them in each trait, -1 for none; shape (n_viewers, n_traits)."""
    units_: dict[str, NDArray[np.int64]] = field(init=False, repr=False)
    """By kind of the calendar, the units in which somebody rated."""

    _titles: pl.DataFrame | None = field(init=False, repr=False, default=None)
    _viewers: pl.DataFrame | None = field(init=False, repr=False, default=None)

    def __post_init__(self) -> None:
        self.check_at_least(1, "factors", "samples", "thinning")
        self.check_at_least(0, "burn_in", "noise_prior", "seed")
        for name, known in (("task", TASKS), ("clock", CLOCKS)):
            if getattr(self, name) not in known:
                raise ParameterError(
                    f"{name} of BayesianFM must be one of {', '.join(known)}, "
                    f"got {getattr(self, name)!r}"
                )
        for name, kinds in (("use", USES), ("calendar", tuple(KINDS))):
            for odd in set(getattr(self, name)) - set(kinds):
                raise ParameterError(
                    f"{name} of BayesianFM holds names out of {', '.join(kinds)}, got {odd!r}"
                )
        if any(gap < 0 for gap in self.session_gaps):
            raise ParameterError(
                f"session_gaps of BayesianFM must be seconds, got {self.session_gaps}"
            )

    def use_titles(self, titles: pl.DataFrame) -> BayesianFM:
        """Takes in ``title_id`` and, where they are known, ``genres`` and ``year``."""
        self._titles = titles
        return self

    def use_viewers(self, viewers: pl.DataFrame) -> BayesianFM:
        """Takes in ``viewer_id`` and any of age, gender, occupation and zip_code."""
        self._viewers = viewers
        return self

    def _fit(self, train: Interactions) -> None:
        traits = Traits.of(self._viewers if "viewers" in self.use else None)
        facts = TitleFacts.of(self._titles if "titles" in self.use else None, train.items)
        self.viewers_, self.traits_ = traits
        self.scale_ = np.array(Scale.of(train))
        self.levels_ = np.unique(train.matrix.data).astype(np.float64)
        times = train.times if len(train) and self.clock == "full" else None
        self.units_ = (
            {} if times is None else {k: np.unique(calendar(times, k)) for k in self.calendar}
        )
        settings = Settings(
            n_factors=self.factors,
            burn_in=self.burn_in,
            n_draws=self.samples,
            thinning=self.thinning,
            implicit="implicit" in self.use,
            flipped="flipped" in self.use,
            session_gaps=() if times is None else self.session_gaps,
            calendar=self.units_,
        )
        own = trait_parts(traits.of_users(train.users), traits.sizes)
        blocks = sides(train, own, facts.parts(), settings)
        ratings = train.matrix.data[Moments.of(train).order].astype(np.float64)
        response: GaussianResponse | OrderedResponse
        if self.task == "probit":
            response = OrderedResponse(self._level(ratings), max(len(self.levels_), 1))
        else:
            index = (blocks[0].block.case_rows, blocks[1].block.case_rows)
            response = GaussianResponse(ratings, index, train.matrix.shape, self.noise_prior)
        rng = np.random.default_rng(self.seed)
        self.draws_ = kept_draws(blocks, response, settings, rng, self._epoch_done)

    def _score(self, profiles: Interactions) -> NDArray[np.float32]:
        # The mean of products over the draws is one product of all draws side by side.
        n_draws, gaps = len(self.draws_["items"]), self._gaps()
        people, titles = [], []
        for draw, who in self._folded(self._prepared(profiles)):
            users = at_no_moment(who, draw, tuple(self.units_), gaps)
            people.append(np.insert(users, 0, 1, axis=1))
            titles.append(np.insert(draw["items"], 1, 1, axis=1))
        left = np.concatenate(people, axis=1, dtype=np.float32) / np.float32(n_draws)
        right = np.concatenate(titles, axis=1, dtype=np.float32)
        return np.asarray(left @ right.T, np.float32)

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
        units = self._units(times, len(rows))
        people, person = np.unique(rows, return_inverse=True)
        prepared = self._prepared(profiles.take(people))
        asked = asked_pairs(prepared, person.astype(np.int32), columns, times, self._gaps(), units)
        total = np.zeros(len(rows))
        for draw, who in self._folded(prepared):
            said = said_of(asked, who, draw)
            if self.task == "probit":
                said = expected_rating(said, draw["cuts"].astype(np.float64), self.levels_)
            total += said
        return on_scale(total / len(self.draws_["items"]), self.scale_)

    def _gaps(self) -> tuple[int, ...]:
        """The gaps for which sessions were learned."""
        return tuple(gap for gap in self.session_gaps if f"session_{gap}" in self.draws_)

    def _level(self, ratings: NDArray[np.float64]) -> NDArray[np.int64]:
        """The level nearest to each rating."""
        if not len(self.levels_):
            return np.zeros(len(ratings), np.int64)
        halfway = (self.levels_[1:] + self.levels_[:-1]) / 2
        return np.searchsorted(halfway, ratings)

    def _prepared(self, profiles: Interactions) -> Profiles:
        traits = Traits(self.viewers_, self.traits_)
        parts = trait_parts(traits.of_users(profiles.users), traits.sizes)
        none = csr_array((profiles.n_users, 0), dtype=np.float64)
        told = csr_array(hstack([none, *parts], format="csr"))
        units = self._units(profiles.times, len(profiles))
        return Profiles.of(profiles, told, self._gaps(), units)

    def _units(self, times: NDArray[np.int64] | None, n: int) -> dict[str, NDArray[np.int32]]:
        """For each kind, the unit that each of n moments falls in; -1 where it is not known."""
        found = {}
        for kind, units in self.units_.items():
            found[kind] = np.full(n, -1, np.int32)
            if times is not None:
                wanted = calendar(times, kind)
                place = np.minimum(np.searchsorted(units, wanted), len(units) - 1)
                found[kind] = np.where(units[place] == wanted, place, -1).astype(np.int32)
        return found

    def _folded(self, profiles: Profiles) -> Iterator[tuple[OneDraw, Folded]]:
        """Each draw and what is believed of the profiles given it."""
        levels = self._level(profiles.ratings) if self.task == "probit" else None
        for place in range(len(self.draws_["items"])):
            draw = {name: array[place] for name, array in self.draws_.items()}
            yield draw, folded(profiles, draw, noise_prior=self.noise_prior, levels=levels)

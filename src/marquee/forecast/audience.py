"""Which viewers would want a title that nobody has seen, and how many they are."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import dataclass, field
from datetime import date
from typing import Self

import numpy as np
import polars as pl
from numpy.typing import NDArray

from marquee.data.ids import IdIndex
from marquee.data.tables import Tables
from marquee.errors import NotFittedError, ParameterError
from marquee.forecast.audience_comparing import Comparison, learn_sizes
from marquee.forecast.audience_groups import TasteGroups, taste_groups
from marquee.forecast.audience_pairs import Pairs
from marquee.forecast.audience_segments import SegmentErrors, learn_segments
from marquee.forecast.audience_size import (
    COVERAGE,
    SizeModel,
    log_share,
)
from marquee.forecast.audience_titles import Descriptions, Likeness, describe
from marquee.forecast.audience_viewers import Histories, affinities
from marquee.forecast.audience_who import WhoModel

AUDIENCES = {"liked": 4.0, "seen": 0.5}
"""What it is to be in the audience, and the stars from which on a rating says so."""

FEWEST_TITLES = 20
"""Rated titles that can be learned from at least."""
BLOCK = 32
"""Titles whose affinities to all viewers are held in memory together."""


@dataclass(frozen=True, eq=False)
class Audience:
    """What is forecast of titles, aligned with their ids and with the viewers of the model."""

    title_ids: NDArray[np.int64]
    viewer_ids: NDArray[np.int64]
    chance: NDArray[np.float32]
    """Chance of each viewer to be in the audience, shape (n_titles, n_viewers)."""
    low: NDArray[np.float64]
    """Lower end of the interval of the number of viewers, shape (n_titles,)."""
    high: NDArray[np.float64]
    log_share: NDArray[np.float64]
    """Logarithm of the expected share of viewers, shape (n_titles,)."""

    @property
    def expected(self) -> NDArray[np.float64]:
        """Expected number of viewers of each title: the sum of their chances."""
        return np.asarray(self.chance.sum(axis=1, dtype=np.float64))


@dataclass(frozen=True, eq=False)
class _Learned:
    """What is learned of one meaning of audience."""

    sizes: NDArray[np.float64]
    """Log share of each title of the catalog."""
    size: SizeModel
    who: WhoModel
    segments: SegmentErrors


@dataclass(kw_only=True, eq=False)
class AudienceModel:
    """Forecasts the audience of a title from its description and the viewers' other ratings.

    Each viewer is described by what they watched and liked among titles like the one asked about
    (:func:`~marquee.forecast.audience_viewers.affinities`); a regression on titles that viewers
    have rated, each looked at as if it were new, says what that is worth. The number is forecast
    for itself, from the description alone, with an interval from errors on titles left out.

    A title that the model knows ratings of is answered without them in the viewers' histories, but
    the regressions have seen it: for an honest test hold it out in :meth:`fit`.
    """

    n_titles: int = 300
    """Titles that the regression of who comes is learned from at most, drawn at random."""
    n_pairs: int = 300
    """Viewers of each such title that enter at most; one in three from the audience."""
    l2: float = 1.0
    """Penalty on the regression of who comes."""
    n_groups: int = 8
    """Taste groups."""
    seed: int = 0

    histories_: Histories = field(init=False, repr=False)
    likeness_: Likeness = field(init=False, repr=False)
    groups_: TasteGroups = field(init=False, repr=False)
    learned_: dict[str, _Learned] = field(init=False, repr=False)
    n_learned_: int = field(init=False, repr=False)
    """Titles that were learned from."""

    def __post_init__(self) -> None:
        for name in ("n_titles", "n_pairs", "n_groups"):
            if getattr(self, name) < 1:
                raise ParameterError(f"{name} must be at least 1, got {getattr(self, name)}")
        if self.l2 <= 0:
            raise ParameterError(f"l2 must be above 0, got {self.l2}")

    def fit(
        self, tables: Tables, *, held_out: Iterable[int] = (), as_of: date | None = None
    ) -> Self:
        """Learns from the titles that viewers rated.

        Of titles in ``held_out`` no rating is read, nor their descriptions. With ``as_of`` only
        ratings given before that day count, and titles known before it; ratings without a moment
        are left out then. Where enough rated titles have a plot, the regressions learn from these
        alone: a title that is asked about will have one. The histories hold all.

        Who has stopped coming is not told from who has not. Fitted as of the first day of a year
        and asked about titles of that year, the model finds less of the audience than a ranking of
        viewers by their ratings of the year before: ``benchmarks/audience.py --year`` measures it.

        Raises
        ------
        ParameterError
            If there are fewer than 20 rated titles to learn from.
        """
        known = tables if as_of is None else tables.before(as_of)
        left_out = pl.Series(list(held_out), dtype=pl.Int64)
        usable = known.titles.filter(~pl.col("title_id").is_in(left_out.implode()))
        rated = known.ratings.join(usable.select("title_id"), on="title_id", how="semi")
        catalog = rated["title_id"].unique().sort().to_numpy()
        plots = usable.filter(pl.col("overview").is_not_null())["title_id"].to_numpy()
        learn_from = np.intersect1d(catalog, plots)
        if len(learn_from) < FEWEST_TITLES:
            learn_from = catalog
        if len(learn_from) < FEWEST_TITLES:
            raise ParameterError(
                f"an audience is learned from at least {FEWEST_TITLES} titles that viewers rated, "
                f"got {len(learn_from)}"
            )
        rng = np.random.default_rng(self.seed)
        self.histories_ = Histories.of(known.replace(ratings=rated), catalog)
        self.likeness_ = Likeness.of(describe(known, catalog))
        self.groups_ = taste_groups(
            self.histories_, self.likeness_, n_groups=self.n_groups, seed=self.seed
        )
        self.n_learned_ = len(learn_from)
        chosen = np.sort(rng.permutation(len(learn_from))[: self.n_titles])
        pairs = {name: Pairs(self.n_pairs, rng) for name in AUDIENCES}
        for affinity, ids in self._blocks(self._rows(learn_from[chosen])):
            for name, sample in pairs.items():
                sample.add(affinity, self.audience(name, ids))
        asked = self._rows(learn_from)
        kernels = self.likeness_.kernels(asked)
        self.learned_ = {}
        for number, name in enumerate(AUDIENCES):
            sizes = log_share(self._counts(name), self._n_viewers)
            compared = Comparison(self.likeness_, asked, kernels, sizes, self._mean_stars())
            size = learn_sizes(compared, np.random.default_rng([self.seed, number]))
            self.learned_[name] = _Learned(
                sizes, size, pairs[name].learn(self.l2), SegmentErrors.none()
            )
        spread_on = np.sort(rng.permutation(chosen)[: max(self.n_titles // 2, 1)])
        self._learn_segments(learn_from, spread_on)
        return self

    def forecast(self, tables: Tables, title_ids: Iterable[int]) -> dict[str, Audience]:
        """The audiences of titles by their meaning, ``liked`` and ``seen``, in the order asked.

        Only the titles' own rows and credits are read from the tables.

        Raises
        ------
        NotFittedError, UnknownIdError
            Before :meth:`fit`, or if the tables lack a title.
        """
        if not hasattr(self, "learned_"):
            raise NotFittedError("AudienceModel is not fitted; call fit() first")
        ids = np.array(list(title_ids), np.int64)
        asked = describe(tables, ids)
        kernels = self.likeness_.kernels(asked)
        centers = {}
        for name, learned in self.learned_.items():
            compared = Comparison(self.likeness_, asked, kernels, learned.sizes, self._mean_stars())
            centers[name] = learned.size.center(compared.columns())
        chances = self._chances(asked, centers)
        found = {}
        for name, learned in self.learned_.items():
            low, high = learned.size.interval(centers[name], COVERAGE)
            found[name] = Audience(
                ids,
                self.histories_.viewers.ids,
                chances[name],
                np.clip(np.exp(low) * (self._n_viewers + 1) - 0.5, 0, self._n_viewers),
                np.clip(np.exp(high) * (self._n_viewers + 1) - 0.5, 0, self._n_viewers),
                centers[name],
            )
        return found

    @property
    def _n_viewers(self) -> int:
        return len(self.histories_.viewers)

    def _rows(self, title_ids: NDArray[np.int64]) -> Descriptions:
        catalog = self.likeness_.catalog
        return catalog.take(catalog.ids.positions(title_ids))

    def _counts(self, name: str) -> NDArray[np.int64]:
        """Viewers in the audience of each title of the catalog."""
        stars = self.histories_.stars
        inside = stars.data >= AUDIENCES[name]
        return np.bincount(stars.indices[inside], minlength=len(self.histories_.titles))

    def _mean_stars(self) -> NDArray[np.float64]:
        stars = self.histories_.stars
        n = len(self.histories_.titles)
        total = np.bincount(stars.indices, stars.data, n)
        return np.asarray(total / np.maximum(np.bincount(stars.indices, minlength=n), 1))

    def audience(self, name: str, title_ids: NDArray[np.int64]) -> NDArray[np.bool_]:
        """Who was in the audience of titles of the catalog, shape (n_titles, n_viewers)."""
        column = self.histories_.titles.positions(title_ids)
        stars = self.histories_.stars.tocsc()[:, column]
        return np.asarray((stars.toarray() >= AUDIENCES[name]).T)

    def _blocks(
        self, asked: Descriptions
    ) -> Iterator[tuple[NDArray[np.float32], NDArray[np.int64]]]:
        """Affinities and title ids of a block of titles after the other."""
        for start in range(0, len(asked), BLOCK):
            some = asked.take(np.arange(start, min(start + BLOCK, len(asked))))
            ids: IdIndex = some.ids
            yield affinities(self.histories_, self.likeness_.kernels(some), ids), ids.ids

    def _chances(
        self, asked: Descriptions, centers: dict[str, NDArray[np.float64]]
    ) -> dict[str, NDArray[np.float32]]:
        found: dict[str, list[NDArray[np.float32]]] = {name: [] for name in self.learned_}
        done = 0
        for affinity, ids in self._blocks(asked):
            part = slice(done, done + len(ids))
            done += len(ids)
            for name, learned in self.learned_.items():
                share = np.exp(centers[name][part])
                found[name].append(learned.who.probabilities(affinity, share))
        empty = np.zeros((0, self._n_viewers), np.float32)
        return {name: np.concatenate([empty, *parts]) for name, parts in found.items()}

    def _learn_segments(self, learn_from: NDArray[np.int64], rows: NDArray[np.int64]) -> None:
        """Learns how far off the numbers of segments are, on titles of which the size is unseen."""
        ids = learn_from[rows]
        centers = {name: own.size.tried[rows] for name, own in self.learned_.items()}
        chances = self._chances(self._rows(ids), centers)
        for name, own in self.learned_.items():
            errors = learn_segments(
                self.segments(), chances[name], self.audience(name, ids), centers[name], own.size
            )
            self.learned_[name] = _Learned(own.sizes, own.size, own.who, errors)

    def segments(self) -> dict[str, tuple[NDArray[np.int32], tuple[str, ...]]]:
        """Number of each viewer's segment, and what segments are called, by the kind of segment.

        The kinds are taste (the groups that were found) and the facts of viewers that are known.
        """
        found = {"taste": (self.groups_.member, self.groups_.names)}
        for fact, number in self.histories_.segments.items():
            labels = self.histories_.labels[fact]
            if len(labels) > 1:
                found[fact] = (number, labels)
        return found

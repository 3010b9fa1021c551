"""A built world and its truth: what is expected of every rating and of every film's revenue."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from typing import NamedTuple

import numpy as np
import polars as pl
from numpy.typing import ArrayLike, NDArray
from scipy.special import ndtr

from marquee.data import schema
from marquee.data.tables import Tables
from marquee.data.world import effects
from marquee.data.world.credits import credits_table, people_names
from marquee.data.world.people import People, cast_titles
from marquee.data.world.ratings import latent, n_blocks, rate_block
from marquee.data.world.services import availability_table
from marquee.data.world.success import Success, become, outcomes_table
from marquee.data.world.texts import titles_table
from marquee.data.world.titles import Plan, plan_titles
from marquee.data.world.viewers import Viewers, invite_viewers, viewers_table
from marquee.data.world.watching import Market, open_market
from marquee.errors import ParameterError, UnknownIdError

NORMAL_90 = 1.2815515655446004
"""The 90 % quantile of the standard normal: an 80 % interval reaches so many deviations out."""


class BestInterval(NamedTuple):
    """The narrowest 80 % interval of log revenue that keeps its promise."""

    sigma: float
    """Standard deviation of what cannot be known, log points."""
    width: float
    """From its lower to its upper end, log points."""
    factor: float
    """The same as a ratio of dollars."""
    coverage: float


def best_interval() -> BestInterval:
    """The best 80 % interval of log revenue: around the expectation, 2.56 deviations wide."""
    sigma = effects.REVENUE_NOISE_SD
    width = 2 * NORMAL_90 * sigma
    return BestInterval(sigma, width, float(np.exp(width)), 0.8)


@dataclass(frozen=True, eq=False)
class World:
    """A fictional film world: the hidden truth, and the tables that follow from it.

    Made by :func:`make_world`; the same size and seed give the same world in every process.
    """

    seed: int
    plan: Plan
    people: People
    success: Success
    viewers: Viewers
    market: Market

    def catalog(self) -> dict[str, pl.DataFrame]:
        """Every table but the ratings, by name; titles and what hangs on them by title number."""
        plan, success, seed = self.plan, self.success, self.seed
        frames = {
            "titles": titles_table(plan, success, seed).sort("title_id"),
            "credits": credits_table(plan, self.people, seed).sort("title_id", maintain_order=True),
            "viewers": viewers_table(self.viewers, seed),
            "availability": availability_table(plan, success, seed).sort(
                "title_id", maintain_order=True
            ),
            "outcomes": outcomes_table(plan, success, seed).sort("title_id", maintain_order=True),
        }
        return {name: schema.conform(frame, schema.SCHEMAS[name]) for name, frame in frames.items()}

    def rating_blocks(self) -> Iterator[pl.DataFrame]:
        """The ratings in order of viewer and time, a block of viewers at a time."""
        for block in range(n_blocks(self.viewers)):
            yield rate_block(block, self.market, self.plan.title_ids, self.viewers, self.seed)

    def tables(self) -> Tables:
        """All tables in memory."""
        return Tables(**self.catalog(), ratings=pl.concat(list(self.rating_blocks())))

    def expected_ratings(
        self, viewer_ids: ArrayLike, title_ids: ArrayLike, rated_at: ArrayLike | None = None
    ) -> NDArray[np.float64]:
        """The mean of the stars that each viewer would give each title, shape (n_pairs,).

        Rounding and the ends of the scale are accounted for, so no prediction has a smaller
        expected squared error. ``rated_at`` holds Unix seconds; without it the middle of each
        viewer's history is meant.

        Raises
        ------
        UnknownIdError
            If the world has no such viewer or title.
        """
        rows, titles = self._positions(viewer_ids, title_ids)
        when = None if rated_at is None else np.asarray(rated_at, np.int64)
        return mean_stars(latent(self.market, self.viewers, rows, titles, when))

    def best_rmse(self, ratings: pl.DataFrame) -> float:
        """RMSE of the truth itself on those ratings: no model can be expected to beat it."""
        expected = self.expected_ratings(
            ratings["viewer_id"].to_numpy(),
            ratings["title_id"].to_numpy(),
            ratings["rated_at"].dt.epoch("s").to_numpy(),
        )
        return float(np.sqrt(np.mean((ratings["rating"].to_numpy() - expected) ** 2)))

    def title_truth(self) -> pl.DataFrame:
        """Per title: expected log revenue (null for shows), quality, and the talents behind it."""
        plan, people = self.plan, self.people
        return pl.DataFrame(
            {
                "title_id": plan.title_ids,
                "expected_log_revenue": self.success.expected_log_revenue,
                "log_budget": plan.log_budget,
                "quality": self.success.quality,
                "log_popularity": self.success.log_popularity,
                "director_talent": people.talent[people.directors[:, 0]],
                "star_talent": people.talent[people.cast[:, 0]],
                "sequel": plan.part > 1,
            },
            nan_to_null=True,
        ).sort("title_id")

    def viewer_truth(self) -> pl.DataFrame:
        """Per viewer: taste group by name, bias, and the stars per unit of each trait."""
        groups = np.array([group.name for group in effects.TASTE_GROUPS])
        traits = {
            f"likes_{trait.name}": self.viewers.tastes[:, place]
            for place, trait in enumerate(effects.TRAITS)
        }
        return pl.DataFrame(
            {
                "viewer_id": np.arange(1, len(self.viewers) + 1),
                "taste_group": groups[self.viewers.group],
                "bias": self.viewers.bias,
                "drift_per_year": self.viewers.drift,
                **traits,
            }
        )

    def people_truth(self) -> pl.DataFrame:
        """Per person: trade, career and talent, whether or not they have a credit."""
        people = self.people
        return pl.DataFrame(
            {
                "person": people_names(people, self.seed),
                "trade": people.trade,
                "first_year": people.first_year,
                "last_year": people.last_year,
                "talent": people.talent,
            }
        ).select(pl.format("world:p{}", pl.int_range(1, pl.len() + 1)).alias("person_id"), pl.all())

    def _positions(
        self, viewer_ids: ArrayLike, title_ids: ArrayLike
    ) -> tuple[NDArray[np.int64], NDArray[np.int64]]:
        viewers, titles = np.asarray(viewer_ids, np.int64), np.asarray(title_ids, np.int64)
        for ids, size, what in (
            (viewers, len(self.viewers), "viewer"),
            (titles, len(self.plan), "title"),
        ):
            bad = ids[(ids < 1) | (ids > size)]
            if bad.size:
                raise UnknownIdError(f"the world has no {what} {bad[0]}; it has 1 to {size}")
        place = np.empty(len(self.plan), np.int64)
        place[self.plan.title_ids - 1] = np.arange(len(self.plan))
        return viewers - 1, place[titles - 1]


def mean_stars(felt: NDArray[np.float64]) -> NDArray[np.float64]:
    """The mean of the stars given where the noise is added to what is felt, then rounded."""
    step = 0.5
    mean = np.full(felt.shape, step)
    # A mean is the sum over levels of the chance to reach the level.
    for cut in np.arange(0.75, 5.0, step):
        mean += step * ndtr((felt - cut) / effects.RATING_NOISE_SD)
    return mean


def make_world(
    n_titles: int = 2000, n_viewers: int = 3000, n_ratings: int = 300_000, seed: int = 7
) -> World:
    """The world of that size and seed, its ratings not yet made.

    Raises
    ------
    ParameterError
        If a size is too small, the seed negative, or so many ratings do not fit.
    """
    for name, value, least in (
        ("n_titles", n_titles, 30),
        ("n_viewers", n_viewers, 1),
        ("n_ratings", n_ratings, 0),
        ("seed", seed, 0),
    ):
        if value < least:
            raise ParameterError(f"{name} must be at least {least}, got {value}")
    plan = plan_titles(n_titles, seed)
    people = cast_titles(plan, seed)
    success = become(plan, people, seed)
    watchable = plan.released[np.isfinite(success.log_popularity)]
    viewers = invite_viewers(n_viewers, n_ratings, watchable, seed)
    return World(seed, plan, people, success, viewers, open_market(plan, success))

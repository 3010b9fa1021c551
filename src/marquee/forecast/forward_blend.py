"""The forecaster that is used where nobody names another."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Any, get_args

import numpy as np
import polars as pl
from numpy.typing import NDArray

from marquee.errors import ParameterError
from marquee.features.asking import LAG_DAYS
from marquee.forecast.conformal import FEWEST
from marquee.forecast.distribution import LEVELS, Forecast
from marquee.forecast.forward import forward_parts
from marquee.forecast.members import AfterRidge, Loss, MemberForecaster
from marquee.forecast.recency import in_order, recency_weights
from marquee.forecast.scales import OutcomeScale, forecast_on_scale, to_scale
from marquee.forecast.spread import learn_spread, scales, told_by

TELLING = (
    "budget_usd",
    "budget_to_median",
    "company_count",
    "cast_count",
    "from_united_states",
    "release_year",
)
"""Columns that tell how far off a center may be: dear films of busy studios are the surest."""


@dataclass(kw_only=True, eq=False)
class ForwardBlend(MemberForecaster):
    """A blend of boosted trees, a forest and ridge, with a spread tried forward in time.

    Later films weigh more. The latest half of the training films is forecast part by part from the
    films whose outcome was known before each part; the residuals tell the median and the spread
    around the center, wider for the kinds of films that were further off. Then the center is
    learned from all films.
    """

    outcome_scale: OutcomeScale = "log"
    """Scale on which the center is learned and residuals are taken."""
    half_life_years: float | None = 12.0
    """Age at which a training film weighs half; None lets all weigh the same."""
    tried_share: float = 0.5
    """Share of the training films, the latest, whose residuals tell the spread."""
    n_parts: int = 5
    """Number of parts in which these are forecast."""
    telling: tuple[str, ...] = TELLING
    """Columns by which the spread differs, besides the center and how the members differ."""

    spread_: Any = field(init=False, repr=False)
    """Fitted forest of scales; None where films are few."""
    shared_: NDArray[np.float64] = field(init=False, repr=False)
    """Quantiles of residual over scale at the usual levels."""
    residuals_: NDArray[np.float64] = field(init=False, repr=False)
    """Outcome less center of the films forecast forward, on the scale, in the order of time."""

    def __post_init__(self) -> None:
        if not 0 < self.tried_share < 1:
            raise ParameterError(f"tried_share must lie inside (0, 1), got {self.tried_share}")
        for name, words in (("after_ridge", AfterRidge), ("loss", Loss)):
            if getattr(self, name) not in get_args(words):
                raise ParameterError(
                    f"{name} must be one of {get_args(words)}, got {getattr(self, name)!r}"
                )

    def _fit(self, features: pl.DataFrame, outcome: NDArray[np.float64]) -> None:
        values = to_scale(outcome, self.outcome_scale)
        if values.size < FEWEST:
            raise ParameterError(
                f"{type(self).__name__} needs at least {FEWEST} films to learn how far off it may "
                f"be, got {values.size}"
            )
        order = in_order(features)
        features, values = features[order], values[order]
        days = features["as_of"].cast(pl.Date).to_physical().to_numpy().astype(np.int64)
        parts = forward_parts(days, self.tried_share, self.n_parts, LAG_DAYS)
        known, residuals = [], []
        for done, (earlier, later) in enumerate(parts):
            self._learn(features[earlier], values[earlier])
            centers = self._centers(features[later])
            known.append(self._known(features[later], centers))
            residuals.append(values[later] - centers @ self._shares())
            self._epoch_done(done + 1, len(parts) + 1)
        self.residuals_ = np.concatenate(residuals)
        self.spread_, self.shared_ = learn_spread(np.concatenate(known), self.residuals_, self.seed)
        self._learn(features, values)
        self._epoch_done(len(parts) + 1, len(parts) + 1)

    def _predict(self, features: pl.DataFrame) -> Forecast:
        return forecast_on_scale(LEVELS, self._quantiles(features), self.outcome_scale)

    def contributions(
        self, features: pl.DataFrame
    ) -> tuple[NDArray[np.float64], NDArray[np.float64]]:
        """What is left without the columns, shape (n,), and what each adds, (n, n_columns).

        They sum to the median on ``outcome_scale``. The first holds the mean over the films, the
        way from center to median, and what a center lies beyond its bounds.
        """
        known = self._known_columns(features)
        added = self._added(known)
        median = self._quantiles(known)[:, LEVELS == 0.5][:, 0]
        return median - added.sum(axis=1), added

    def _quantiles(self, features: pl.DataFrame) -> NDArray[np.float64]:
        """Quantiles at the usual levels on the scale, shape (n, n_levels)."""
        centers = self._centers(features)
        scale = scales(self.spread_, self._known(features, centers))
        center = centers @ self._shares()
        return np.asarray(center[:, None] + scale[:, None] * self.shared_)

    def _learn(self, features: pl.DataFrame, values: NDArray[np.float64]) -> None:
        self._learn_members(
            features, values, recency_weights(features["as_of"], self.half_life_years)
        )

    def _known(self, features: pl.DataFrame, centers: NDArray[np.float64]) -> NDArray[np.float64]:
        """What tells how unsure a film is: center, how members differ, the telling columns."""
        center = centers @ self._shares()
        differ = centers.std(axis=1)
        return np.column_stack([center, differ, told_by(features, self.telling)])

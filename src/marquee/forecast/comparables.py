"""Rules of thumb that every model must beat: like films, and all films."""

from __future__ import annotations

from dataclasses import dataclass, field

import numpy as np
import polars as pl
from numpy.typing import NDArray

from marquee.errors import ParameterError, SchemaError
from marquee.forecast.base import Forecaster
from marquee.forecast.conformal import residual_quantiles
from marquee.forecast.distribution import LEVELS, Forecast
from marquee.forecast.scales import OutcomeScale, forecast_on_scale, to_scale

BUDGET = "budget_usd"
GENRES = "genres"
FEW = 10
"""Films of unknown budget below which they are no group of their own."""


@dataclass(kw_only=True, eq=False)
class Mean(Forecaster):
    """The distribution of the training films' outcomes, the same for every title."""

    outcome_scale: OutcomeScale = "log"
    """Scale between whose values the distribution is told."""

    spread_: NDArray[np.float64] = field(init=False, repr=False)
    """Quantiles on the scale at the usual levels."""

    def _fit(self, features: pl.DataFrame, outcome: NDArray[np.float64]) -> None:  # noqa: ARG002  # the same for all
        self.spread_ = residual_quantiles(to_scale(outcome, self.outcome_scale), LEVELS)

    def _predict(self, features: pl.DataFrame) -> Forecast:
        spread = np.tile(self.spread_, (features.height, 1))
        return forecast_on_scale(LEVELS, spread, self.outcome_scale)


@dataclass(kw_only=True, eq=False)
class BudgetMultiple(Forecaster):
    """Budget times the multiple that the training films made of theirs; the median is the center.

    A title whose budget is unknown gets the outcomes of the training films of unknown budget, or
    of all where they are fewer than ten. Budgets and outcomes must be positive.
    """

    spread_: NDArray[np.float64] = field(init=False, repr=False)
    """Logarithms of the multiples at the usual levels."""
    unknown_: NDArray[np.float64] = field(init=False, repr=False)
    """Logarithms of the outcomes of titles of unknown budget."""

    def _fit(self, features: pl.DataFrame, outcome: NDArray[np.float64]) -> None:
        values, budget = to_scale(outcome, "log"), log_budget(features)
        known = np.isfinite(budget)
        few = np.count_nonzero(~known) < FEW
        self.unknown_ = residual_quantiles(values if few else values[~known], LEVELS)
        multiples = (values - budget)[known]
        self.spread_ = residual_quantiles(multiples if known.any() else [0.0], LEVELS)
        self._group(features[np.flatnonzero(known)], multiples)

    def _predict(self, features: pl.DataFrame) -> Forecast:
        budget = log_budget(features)[:, None]
        quantiles = np.where(np.isfinite(budget), budget + self._multiples(features), self.unknown_)
        return forecast_on_scale(LEVELS, quantiles, "log")

    def _group(self, features: pl.DataFrame, multiples: NDArray[np.float64]) -> None:
        """Learns what groups of films of known budget have of their own: here nothing."""

    def _multiples(self, features: pl.DataFrame) -> NDArray[np.float64]:
        """Logarithms of the multiples at the usual levels, to be broadcast over the titles."""
        return np.broadcast_to(self.spread_, (features.height, LEVELS.size))


@dataclass(kw_only=True, eq=False)
class Comparables(BudgetMultiple):
    """Budget times the multiple of like films: of the same main genre and class of budget.

    The classes are thirds of the training budgets. A group of fewer than ``min_films`` films gives
    way to all films of its genre, and these to all films. The quantiles of a group of n films are
    shrunk toward those of all films, as if ``shrinkage`` films more had them.
    """

    min_films: int = 15
    shrinkage: float = 100.0

    cuts_: NDArray[np.float64] = field(init=False, repr=False)
    """Logarithms of the two budgets between the classes."""
    groups_: dict[str, NDArray[np.float64]] = field(init=False, repr=False)
    """Shrunk quantiles of the log multiples of each group, by genre, or by genre and class."""

    def __post_init__(self) -> None:
        if self.min_films < 1 or self.shrinkage < 0:
            raise ParameterError(
                f"min_films must be at least 1 and shrinkage at least 0, got {self.min_films} and "
                f"{self.shrinkage}"
            )

    def _group(self, features: pl.DataFrame, multiples: NDArray[np.float64]) -> None:
        self.groups_ = {}
        self.cuts_ = np.zeros(2)
        if multiples.size == 0:
            return
        self.cuts_ = np.quantile(log_budget(features), [1 / 3, 2 / 3])
        films = pl.DataFrame({"multiple": multiples}).hstack(self._keys(features))
        for key in ("genre", "cell"):
            known = films.filter(pl.col(key).is_not_null())
            for (name,), group in known.group_by(key, maintain_order=True):
                if group.height >= self.min_films:
                    own = residual_quantiles(group["multiple"].to_numpy(), LEVELS)
                    weight = group.height / (group.height + self.shrinkage)
                    self.groups_[str(name)] = weight * own + (1 - weight) * self.spread_

    def _multiples(self, features: pl.DataFrame) -> NDArray[np.float64]:
        each = np.tile(self.spread_, (features.height, 1))
        for row, (genre, cell) in enumerate(self._keys(features).iter_rows()):
            each[row] = self.groups_.get(cell, self.groups_.get(genre, self.spread_))
        return each

    def _keys(self, features: pl.DataFrame) -> pl.DataFrame:
        """Name of the genre and of the genre with the class of budget; null without a genre."""
        if GENRES not in features.columns:
            raise SchemaError(f"comparables need the feature {GENRES!r}; ask for its theme too")
        place = np.searchsorted(self.cuts_, np.nan_to_num(log_budget(features)))
        return features.select(
            pl.col(GENRES).cast(pl.List(pl.String)).list.first().alias("genre")
        ).with_columns(
            pl.concat_str("genre", pl.lit("/"), pl.Series(place).cast(pl.String)).alias("cell")
        )


def log_budget(features: pl.DataFrame) -> NDArray[np.float64]:
    """Logarithm of each title's budget in dollars, NaN where it is unknown or not positive."""
    if BUDGET not in features.columns:
        raise SchemaError(f"multiples of the budget need the feature {BUDGET!r}; ask for its theme")
    budget = features[BUDGET].cast(pl.Float64).fill_null(np.nan).to_numpy()
    return np.log(np.where(np.isfinite(budget) & (budget > 0), budget, np.nan))

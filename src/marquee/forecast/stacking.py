"""Several forecasters as one, weighed by how they do on films that they have not seen."""

from __future__ import annotations

import dataclasses
from dataclasses import dataclass, field

import numpy as np
import polars as pl
from numpy.typing import NDArray
from scipy.optimize import nnls

from marquee.errors import ParameterError
from marquee.forecast.base import Forecaster
from marquee.forecast.conformal import (
    FEWEST,
    CenteredForecaster,
    residual_quantiles,
    width_line,
    widths,
)
from marquee.forecast.distribution import LEVELS, Forecast
from marquee.forecast.folds import rolling_blocks
from marquee.forecast.pipelines import MLP, RandomForest, Ridge, XGBoost
from marquee.forecast.scales import OutcomeScale, forecast_on_scale, to_scale


def _usual_members() -> tuple[Forecaster, ...]:
    return (Ridge(), MLP(n_networks=1), RandomForest(n_trees=100), XGBoost())


@dataclass(kw_only=True, eq=False)
class Stacking(Forecaster):
    """A weighted mean of the medians of its members on the scale of the outcome.

    Each of the latest blocks of training films is forecast by members fitted on the films before
    it. On these forecasts the weights are those of least squares, at least 0 and 1 in sum. The
    spread is that of the last block about weights learned on the blocks before it. Then the weights
    are learned from all blocks and the members from all films.

    The members given are templates: ``fit`` fits copies, without a calibration of their own.

    References
    ----------
    L. Breiman, "Stacked regressions", Machine Learning 1996.
    """

    members: tuple[Forecaster, ...] = field(default_factory=_usual_members)
    n_blocks: int = 4
    share: float = 0.15
    """Share of the training films in each block."""
    outcome_scale: OutcomeScale = "log"

    members_: tuple[Forecaster, ...] = field(init=False, repr=False)
    """The fitted members."""
    weights_: NDArray[np.float64] = field(init=False, repr=False)
    """Weight of each member, shape (n_members,)."""
    residuals_: NDArray[np.float64] = field(init=False, repr=False)
    """Outcome less center of the films of the last block, over their width, ascending."""
    widths_: NDArray[np.float64] = field(init=False, repr=False)
    """Slope and mean center from which the width of a film follows."""

    def __post_init__(self) -> None:
        if not self.members:
            raise ParameterError("Stacking needs members, as in Stacking(members=(OLS(), MLP()))")
        if self.n_blocks < 2 or not 0 < self.n_blocks * self.share < 1:
            raise ParameterError(
                f"n_blocks must be at least 2, one of which tells the spread, and the blocks less "
                f"than all films, got {self.n_blocks} of {self.share:g} each"
            )

    def _fit(self, features: pl.DataFrame, outcome: NDArray[np.float64]) -> None:
        values = to_scale(outcome, self.outcome_scale)
        fewest = int(np.ceil((FEWEST + self.n_blocks) / (1 - self.n_blocks * self.share)))
        if values.size < fewest:
            raise ParameterError(
                f"Stacking needs at least {fewest} films to learn from and to weigh its members "
                f"on, got {values.size}"
            )
        blocks = rolling_blocks(features, self.n_blocks, self.share)
        total = len(blocks) + 1
        unseen = []
        for done, (before, block) in enumerate(blocks, 1):
            fitted = self._fitted(features[before], outcome[before])
            unseen.append(self._medians(fitted, features[block]))
            self._epoch_done(done, total)
        tried = [values[block] for _, block in blocks]
        weights = convex_weights(np.vstack(unseen[:-1]), np.concatenate(tried[:-1]))
        center = unseen[-1] @ weights
        self.widths_ = width_line(center, tried[-1] - center)
        self.residuals_ = np.sort((tried[-1] - center) / widths(center, self.widths_))
        self.weights_ = convex_weights(np.vstack(unseen), np.concatenate(tried))
        self.members_ = self._fitted(features, outcome)
        self._epoch_done(total, total)

    def _predict(self, features: pl.DataFrame) -> Forecast:
        center = self._medians(self.members_, features) @ self.weights_
        spread = residual_quantiles(self.residuals_, LEVELS)
        quantiles = center[:, None] + widths(center, self.widths_)[:, None] * spread
        return forecast_on_scale(LEVELS, quantiles, self.outcome_scale)

    def _fitted(
        self, features: pl.DataFrame, outcome: NDArray[np.float64]
    ) -> tuple[Forecaster, ...]:
        return tuple(_bare(member).fit(features, outcome) for member in self.members)

    def _medians(
        self, members: tuple[Forecaster, ...], features: pl.DataFrame
    ) -> NDArray[np.float64]:
        """Median of each member on the scale, shape (n_titles, n_members)."""
        medians = [member.predict(features).median for member in members]
        return np.column_stack([to_scale(median, self.outcome_scale) for median in medians])


def convex_weights(
    forecasts: NDArray[np.float64], values: NDArray[np.float64]
) -> NDArray[np.float64]:
    """Weights of least squares that are at least 0 and add up to 1, shape (n_members,)."""
    # One more equation, that the weights add up to 1, which outweighs all films together. Errors
    # instead of forecasts, for weights that add up to 1, keep the numbers small.
    errors = forecasts - values[:, None]
    heavy = 1e4 * max(float(np.abs(errors).max()), 1e-9) * np.sqrt(values.size)
    equations = np.vstack([errors, np.full((1, errors.shape[1]), heavy)])
    weights, _ = nnls(equations, np.append(np.zeros(values.size), heavy))
    return np.asarray(weights / weights.sum())


def _bare(member: Forecaster) -> Forecaster:
    """A copy for the center alone, which takes half the time to fit."""
    if isinstance(member, CenteredForecaster):
        return dataclasses.replace(member, calibration=0.0)
    return dataclasses.replace(member)

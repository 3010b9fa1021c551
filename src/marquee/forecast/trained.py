"""A fitted forecaster together with what must be kept of its training to speak about new films."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field
from datetime import date

import numpy as np
import polars as pl
from numpy.typing import ArrayLike, NDArray

from marquee.errors import ParameterError
from marquee.features.base import Horizon
from marquee.forecast.base import Forecaster
from marquee.forecast.scales import OutcomeScale
from marquee.forecast.seen import Seen, seen

BACKGROUND = 64
"""Training films that a forecast is explained against."""


@dataclass(frozen=True, eq=False, kw_only=True)
class Trained:
    """A fitted forecaster, and what it saw.

    Everything but the forecasters is a frame, an array of numbers, a string or a day, so that it
    can be saved beside them.
    """

    target: str
    """What it forecasts: revenue, popularity or audience."""
    horizon: Horizon
    """Stage of a film's life that its columns belong to."""
    forecaster: Forecaster
    version: str
    """Which fit it is; stands in every answer."""
    snapshot: str
    """Which data it was fitted on."""
    background: pl.DataFrame
    """Feature rows of some training films, spread evenly over time."""
    seen: Seen
    """What the training films had in each column."""
    title_ids: NDArray[np.int64]
    """Numbers of the training films, ascending."""
    until: date
    """Latest ``as_of`` of a training film."""
    witnesses: tuple[Forecaster, ...] = field(default=())
    """Small models of resampled training films; how far they differ tells how sure a change is."""

    @property
    def columns(self) -> tuple[str, ...]:
        """The feature columns that the forecaster was fitted on."""
        return self.forecaster.columns_


def trained(
    forecaster: Forecaster,
    features: pl.DataFrame,
    *,
    target: str,
    horizon: Horizon,
    version: str,
    snapshot: str,
    n_background: int = BACKGROUND,
    witnesses: Sequence[Forecaster] = (),
) -> Trained:
    """The fitted forecaster with what is kept of the feature rows that it was fitted on.

    Raises
    ------
    NotFittedError
        If the forecaster is not fitted.
    ParameterError
        If there are no rows.
    """
    forecaster.check_fitted()
    if features.height == 0 or n_background < 1:
        raise ParameterError("the feature rows that the forecaster was fitted on must be given")
    ordered = features.sort("as_of", "title_id")
    rows = np.unique(np.linspace(0, ordered.height - 1, n_background).round().astype(np.int64))
    return Trained(
        target=target,
        horizon=horizon,
        forecaster=forecaster,
        version=version,
        snapshot=snapshot,
        background=ordered[rows].select("title_id", "as_of", *forecaster.columns_),
        seen=seen(features.select("title_id", "as_of", *forecaster.columns_)),
        title_ids=np.unique(features["title_id"].to_numpy()),
        until=ordered["as_of"][-1],
        witnesses=tuple(witnesses),
    )


def fit_witnesses(
    features: pl.DataFrame,
    outcome: ArrayLike,
    n: int = 16,
    *,
    scale: OutcomeScale = "log",
    seed: int = 0,
) -> tuple[Forecaster, ...]:
    """``n`` small models, each fitted on its own resample of the films: trees and lines in turn.

    Boosted trees and ridge regressions disagree where a change goes beyond what the films tell, and
    resamples where the films tell little.
    """
    from marquee.forecast.pipelines import Ridge, XGBoost

    values = np.asarray(outcome, dtype=np.float64).ravel()
    rng = np.random.default_rng(seed)
    found: list[Forecaster] = []
    for number in range(n):
        rows = rng.integers(0, values.size, values.size)
        small: Forecaster = (
            Ridge(calibration=0.0, outcome_scale=scale, l2=100.0)
            if number % 2
            else XGBoost(calibration=0.0, outcome_scale=scale, n_trees=100, seed=seed + number)
        )
        found.append(small.fit(features[rows], values[rows]))
    return tuple(found)

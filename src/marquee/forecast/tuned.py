"""Forecasters that choose their own hyperparameters on the latest training films."""

from __future__ import annotations

import dataclasses
from abc import abstractmethod
from dataclasses import dataclass, field
from typing import Any, ClassVar, Literal

import numpy as np
import polars as pl
from numpy.typing import NDArray

from marquee.errors import ParameterError
from marquee.forecast.base import Forecaster
from marquee.forecast.conformal import FEWEST
from marquee.forecast.distribution import Forecast
from marquee.forecast.folds import rolling_blocks
from marquee.forecast.pipelines import MLP, PipelineForecaster, RandomForest
from marquee.forecast.scales import OutcomeScale
from marquee.forecast.search import grid_search
from marquee.forecast.space import Space


@dataclass(kw_only=True, eq=False)
class Tuned(Forecaster):
    """A forecaster fitted with the hyperparameters that did best on the latest training films.

    The films are put in order of time; each of the latest ``n_blocks`` tenths is tried by what the
    films before it teach.
    """

    outcome_scale: OutcomeScale = "log"
    method: Literal["grid", "optuna"] = "grid"
    """Every combination of a grid, or ``n_trials`` chosen by Optuna from the model's space."""
    n_trials: int = 20
    n_blocks: int = 2
    min_count: int = 10
    """Training rows that must hold a word for it to get a column."""
    seed: int = 0

    grid: ClassVar[Space] = {}

    chosen_: dict[str, Any] = field(init=False, repr=False)
    """The hyperparameters chosen."""
    model_: PipelineForecaster = field(init=False, repr=False)
    """The model fitted with them on all training films."""

    def __post_init__(self) -> None:
        if self.method not in ("grid", "optuna"):
            raise ParameterError(f"method must be 'grid' or 'optuna', got {self.method!r}")

    def _fit(self, features: pl.DataFrame, outcome: NDArray[np.float64]) -> None:
        if outcome.size < FEWEST * (self.n_blocks + 1):
            raise ParameterError(
                f"{type(self).__name__} needs at least {FEWEST * (self.n_blocks + 1)} films to "
                f"learn from and to choose on, got {outcome.size}"
            )
        # The spread takes a second fit, and says nothing about which center is the best.
        bare = dataclasses.replace(self._template(), calibration=0.0)
        folds = rolling_blocks(features, self.n_blocks)
        if self.method == "grid":
            search = grid_search(
                bare, features, outcome, self.grid, folds=folds, on_trial=self._epoch_done
            )
        else:
            from marquee.forecast.optuna_search import optuna_search

            search = optuna_search(
                bare,
                features,
                outcome,
                bare.space,
                folds=folds,
                n_trials=self.n_trials,
                seed=self.seed,
                on_trial=self._epoch_done,
            )
        self.chosen_ = search.best.params
        self.model_ = dataclasses.replace(self._template(), **self.chosen_).fit(features, outcome)

    def _predict(self, features: pl.DataFrame) -> Forecast:
        return self.model_.predict(features)

    @abstractmethod
    def _template(self) -> PipelineForecaster:
        """The model to tune, unfitted, with the settings that are not searched."""


@dataclass(kw_only=True, eq=False)
class TunedRandomForest(Tuned):
    """A random forest whose leaves and splits are chosen on the latest training films."""

    n_trees: int = 100

    grid: ClassVar[Space] = {"min_leaf": (3, 5, 10), "max_features": (0.1, 0.3)}

    def _template(self) -> PipelineForecaster:
        return RandomForest(
            n_trees=self.n_trees,
            outcome_scale=self.outcome_scale,
            min_count=self.min_count,
            seed=self.seed,
        )


@dataclass(kw_only=True, eq=False)
class TunedMLP(Tuned):
    """A multilayer perceptron whose layers and penalty are chosen on the latest training films."""

    grid: ClassVar[Space] = {
        "hidden": ((64,), (32, 16)),
        "l2": (3.0, 10.0, 30.0),
        "n_epochs": (15, 30),
    }

    n_networks: int = 2

    def _template(self) -> PipelineForecaster:
        return MLP(
            n_networks=self.n_networks,
            outcome_scale=self.outcome_scale,
            min_count=self.min_count,
            seed=self.seed,
        )

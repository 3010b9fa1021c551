"""Regressions of the field as scikit-learn pipelines: an encoder, then an estimator.

Each class says what a library's estimator is asked for; the rest is shared.
"""

from __future__ import annotations

import logging
import warnings
from abc import abstractmethod
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any, ClassVar

import numpy as np
import polars as pl
from numpy.typing import NDArray

from marquee.forecast.conformal import CenteredForecaster
from marquee.forecast.settings import BoostedTrees, EncoderSettings
from marquee.forecast.space import Range, Space

if TYPE_CHECKING:
    from marquee.forecast.encoding import Impute, Scale

_log = logging.getLogger(__name__)


@dataclass(kw_only=True, eq=False)
class PipelineForecaster(EncoderSettings, CenteredForecaster):
    """A center learned by a scikit-learn pipeline of an encoder and an estimator."""

    space: ClassVar[Space] = {}
    """Hyperparameters worth a search, with what to try."""

    pipeline_: Any = field(init=False, repr=False)
    """The fitted pipeline, steps ``encoder`` and ``estimator``."""

    def _learn(self, features: pl.DataFrame, values: NDArray[np.float64]) -> None:
        from sklearn.exceptions import ConvergenceWarning
        from sklearn.pipeline import Pipeline

        pipeline = Pipeline([("encoder", self._encoder()), ("estimator", self._estimator())])
        with warnings.catch_warnings(record=True) as said:
            warnings.simplefilter("always", ConvergenceWarning)
            self.pipeline_ = pipeline.fit(features, values)
        for warning in said:
            _log.info("%s: %s", type(self).__name__, warning.message)

    def _center(self, features: pl.DataFrame) -> NDArray[np.float64]:
        return np.asarray(self.pipeline_.predict(features), dtype=np.float64)

    @abstractmethod
    def _estimator(self) -> Any:
        """The estimator to fit on the encoded features."""


@dataclass(kw_only=True, eq=False)
class OLS(PipelineForecaster):
    """Ordinary least squares; of many solutions, where columns depend on one another, the least."""

    scale: Scale | None = "standard"

    def _estimator(self) -> Any:
        from sklearn.linear_model import LinearRegression

        return LinearRegression()


@dataclass(kw_only=True, eq=False)
class Ridge(PipelineForecaster):
    """Least squares with a penalty on the squared coefficients."""

    scale: Scale | None = "standard"
    l2: float = 300.0
    """Weight of the penalty; numbers enter with variance 1, words as 0 and 1."""

    space: ClassVar[Space] = {"l2": Range(1.0, 10_000.0, log=True)}

    def _estimator(self) -> Any:
        from sklearn.linear_model import Ridge as Estimator

        return Estimator(alpha=self.l2)


@dataclass(kw_only=True, eq=False)
class RandomForest(PipelineForecaster):
    """Mean of trees grown on resampled films, each split the best of some columns."""

    impute: Impute | None = None
    n_trees: int = 200
    min_leaf: int = 5
    max_features: float = 0.2
    """Share of the columns tried at each split."""

    space: ClassVar[Space] = {
        "min_leaf": (1, 2, 3, 5, 10),
        "max_features": (0.1, 0.2, 0.33, 0.5),
    }

    def _estimator(self) -> Any:
        from sklearn.ensemble import RandomForestRegressor

        return RandomForestRegressor(
            self.n_trees,
            min_samples_leaf=self.min_leaf,
            max_features=self.max_features,
            random_state=self.seed,
            n_jobs=1,
        )


@dataclass(kw_only=True, eq=False)
class AdaBoost(PipelineForecaster):
    """Weighted median of small trees, each grown on the films that those before it got wrong."""

    n_trees: int = 50
    depth: int = 5
    learning_rate: float = 0.1

    space: ClassVar[Space] = {"depth": (3, 4, 6), "learning_rate": (0.03, 0.1, 0.3, 1.0)}

    def _estimator(self) -> Any:
        from sklearn.ensemble import AdaBoostRegressor
        from sklearn.tree import DecisionTreeRegressor

        return AdaBoostRegressor(
            DecisionTreeRegressor(max_depth=self.depth),
            n_estimators=self.n_trees,
            learning_rate=self.learning_rate,
            random_state=self.seed,
        )


@dataclass(kw_only=True, eq=False)
class XGBoost(BoostedTrees, PipelineForecaster):
    """Sum of trees, each grown on the gradient of the loss of those before it, by XGBoost."""

    impute: Impute | None = None

    space: ClassVar[Space] = {
        "n_trees": (150, 300, 600),
        "learning_rate": Range(0.01, 0.1, log=True),
        "depth": Range(2, 6, whole=True),
        "columns": Range(0.1, 0.8),
        "min_weight": Range(1.0, 40.0, log=True),
        "l2": Range(0.5, 50.0, log=True),
    }

    def _estimator(self) -> Any:
        from xgboost import XGBRegressor

        return XGBRegressor(**self._boosting(self.seed))


@dataclass(kw_only=True, eq=False)
class GradientBoosting(PipelineForecaster):
    """Sum of trees over binned columns, each grown on the gradient of the loss."""

    impute: Impute | None = None
    n_trees: int = 200
    learning_rate: float = 0.05
    depth: int = 4
    min_leaf: int = 20
    l2: float = 5.0
    columns: float = 0.4
    """Share of the columns tried at each split."""

    space: ClassVar[Space] = {
        "n_trees": (100, 200, 400),
        "learning_rate": Range(0.01, 0.1, log=True),
        "depth": Range(2, 6, whole=True),
        "min_leaf": (5, 10, 20, 40),
    }

    def _estimator(self) -> Any:
        from sklearn.ensemble import HistGradientBoostingRegressor

        return HistGradientBoostingRegressor(
            max_iter=self.n_trees,
            learning_rate=self.learning_rate,
            max_depth=self.depth,
            min_samples_leaf=self.min_leaf,
            l2_regularization=self.l2,
            max_features=self.columns,
            early_stopping=False,
            random_state=self.seed,
        )


@dataclass(kw_only=True, eq=False)
class MLP(PipelineForecaster):
    """Multilayer perceptrons on scaled inputs and the standard score of the outcome; their mean."""

    scale: Scale | None = "standard"
    hidden: tuple[int, ...] = (64,)
    """Units of each hidden layer."""
    l2: float = 10.0
    learning_rate: float = 0.002
    n_epochs: int = 30
    n_networks: int = 3
    """Networks, each from random weights of its own."""

    space: ClassVar[Space] = {
        "hidden": ((16,), (64,), (32, 16), (64, 32)),
        "l2": Range(0.1, 100.0, log=True),
        "learning_rate": Range(0.0003, 0.01, log=True),
        "n_epochs": (15, 30, 60),
    }

    def _estimator(self) -> Any:
        from sklearn.compose import TransformedTargetRegressor
        from sklearn.ensemble import VotingRegressor
        from sklearn.neural_network import MLPRegressor
        from sklearn.preprocessing import StandardScaler

        networks = [
            (
                f"network_{number}",
                MLPRegressor(
                    hidden_layer_sizes=self.hidden,
                    alpha=self.l2,
                    learning_rate_init=self.learning_rate,
                    max_iter=self.n_epochs,
                    random_state=self.seed + number,
                ),
            )
            for number in range(self.n_networks)
        ]
        return TransformedTargetRegressor(VotingRegressor(networks), transformer=StandardScaler())


@dataclass(kw_only=True, eq=False)
class Neighbors(PipelineForecaster):
    """Mean of the k nearest training films, by Euclidean distance of scaled inputs."""

    scale: Scale | None = "standard"
    min_count: int = 50  # a rare word is a distance from nearly all films, and says little
    max_words: int = 30
    k: int = 25
    """Neighbors, or all training films where there are fewer."""
    by_distance: bool = True
    """Whether nearer films count for more, by the inverse of the distance."""

    space: ClassVar[Space] = {"k": (10, 15, 25, 40, 60), "by_distance": (False, True)}

    _k: int = field(init=False, repr=False, default=0)

    def _learn(self, features: pl.DataFrame, values: NDArray[np.float64]) -> None:
        self._k = min(self.k, values.size)
        super()._learn(features, values)

    def _estimator(self) -> Any:
        from sklearn.neighbors import KNeighborsRegressor

        weights = "distance" if self.by_distance else "uniform"
        return KNeighborsRegressor(self._k, weights=weights, n_jobs=1)

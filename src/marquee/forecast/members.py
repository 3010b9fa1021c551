"""Three ways to a center, learned side by side: boosted trees, a forest, a ridge regression."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Any, Literal

import numpy as np
import polars as pl
from numpy.typing import NDArray

from marquee.forecast.base import Forecaster

Loss = Literal["huber", "squared"]
_OBJECTIVE = {"huber": "reg:pseudohubererror", "squared": "reg:squarederror"}

RISING = ("budget_usd", "budget_real_usd", "budget_rank", "budget_to_median")
"""Columns along which boosted trees may only rise: of two films that differ in nothing else, the
dearer one is not expected to take less."""


@dataclass(kw_only=True, eq=False)
class MemberForecaster(Forecaster):
    """A forecaster whose center is blended from three members.

    Each member has an encoder of its own. The boosted trees are the mean of ``n_seeds`` runs.
    """

    n_trees: int = 250
    learning_rate: float = 0.04
    depth: int = 4
    rows: float = 0.7
    """Share of the films that each boosted tree sees."""
    columns: float = 0.25
    """Share of the columns that each boosted tree sees."""
    min_weight: float = 10.0
    """Weight of films that a leaf of a boosted tree must hold; the latest film weighs 1."""
    l2: float = 1.0
    """Penalty on the values of the boosted trees' leaves."""
    loss: Loss = "huber"
    """Loss of the boosted trees; huber minds a miss beyond 1 on the scale in proportion only."""
    n_seeds: int = 3
    rising: tuple[str, ...] = RISING
    """Columns along which the boosted trees may only rise."""
    forest_trees: int = 150
    forest_columns: float = 0.3
    """Share of the columns tried at each split of the forest."""
    min_leaf: int = 3
    """Films that a leaf of the forest must hold."""
    ridge_l2: float = 100.0
    """Penalty of the ridge regression on numbers of variance 1 and on words as 0 and 1."""
    min_count: int = 10
    """Training films that must hold a word for it to become a column."""
    after_ridge: bool = False
    """Whether the trees learn what the ridge regression leaves, and follow its trends further than
    the films go; else they learn the values themselves."""
    shares: tuple[float, float, float] = (0.5, 0.25, 0.25)
    """Shares of boosted trees, forest and ridge regression in the center."""
    seed: int = 0

    middle_: float = field(init=False, repr=False)
    """Weighted mean of the values, about which all members learn."""
    bounds_: NDArray[np.float64] = field(init=False, repr=False)
    """Lowest and highest center: as far beyond the values as these reach."""
    boosted_: list[Any] = field(init=False, repr=False)
    """Fitted pipelines of the boosted trees, one per run."""
    forest_: Any = field(init=False, repr=False)
    """Fitted pipeline of the forest."""
    ridge_: Any = field(init=False, repr=False)
    """Fitted pipeline of the ridge regression."""

    def _learn_members(
        self, features: pl.DataFrame, values: NDArray[np.float64], weights: NDArray[np.float64]
    ) -> None:
        self.middle_ = float(np.average(values, weights=weights))
        low, high = values.min(), values.max()
        self.bounds_ = np.array([2 * low - high, 2 * high - low])
        about = values - self.middle_
        asked = {"estimator__sample_weight": weights}
        self.ridge_ = self._ridge().fit(features, about, **asked)
        if self.after_ridge:
            about = about - _ask(self.ridge_, features)
        self.forest_ = self._forest().fit(features, about, **asked)
        self.boosted_ = [
            pipeline.fit(features, about, **asked) for pipeline in self._boosters(features)
        ]

    def _centers(self, features: pl.DataFrame) -> NDArray[np.float64]:
        """Center of the boosted trees, the forest and the ridge regression, shape (n, 3)."""
        if features.height == 0:
            return np.empty((0, 3))
        line = _ask(self.ridge_, features)
        trees = [
            np.mean([_ask(pipeline, features) for pipeline in self.boosted_], axis=0),
            _ask(self.forest_, features),
        ]
        if self.after_ridge:
            trees = [tree + line for tree in trees]
        return np.clip(self.middle_ + np.stack([*trees, line], axis=1), *self.bounds_)

    def _boosters(self, features: pl.DataFrame) -> list[Any]:
        from xgboost import XGBRegressor

        names = self._encoder().fit(features).names_
        rising = tuple(int(name in self.rising) for name in names)
        settings: dict[str, Any] = {
            "objective": _OBJECTIVE[self.loss],
            "base_score": 0.0,
            "n_estimators": self.n_trees,
            "learning_rate": self.learning_rate,
            "max_depth": self.depth,
            "subsample": self.rows,
            "colsample_bytree": self.columns,
            "min_child_weight": self.min_weight,
            "reg_lambda": self.l2,
            "monotone_constraints": rising,
            "max_bin": 64,
            "n_jobs": 1,
        }
        return [
            _pipeline(self._encoder(), XGBRegressor(**settings, random_state=self.seed + run))
            for run in range(self.n_seeds)
        ]

    def _forest(self) -> Any:
        from sklearn.ensemble import ExtraTreesRegressor

        forest = ExtraTreesRegressor(
            self.forest_trees,
            min_samples_leaf=self.min_leaf,
            max_features=self.forest_columns,
            random_state=self.seed,
            n_jobs=1,
        )
        return _pipeline(self._encoder(impute="median"), forest)

    def _ridge(self) -> Any:
        from sklearn.linear_model import Ridge

        encoder = self._encoder(impute="median", scale="standard")
        return _pipeline(encoder, Ridge(alpha=self.ridge_l2))

    def _encoder(self, **settings: Any) -> Any:
        from marquee.forecast.encoding import Encoder

        return Encoder(min_count=self.min_count, **settings)


def _pipeline(encoder: Any, estimator: Any) -> Any:
    from sklearn.pipeline import Pipeline

    return Pipeline([("encoder", encoder), ("estimator", estimator)])


def _ask(pipeline: Any, features: pl.DataFrame) -> NDArray[np.float64]:
    return np.asarray(pipeline.predict(features), dtype=np.float64)

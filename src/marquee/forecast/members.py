"""Three ways to a center, learned side by side: boosted trees, a forest, a ridge regression."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any, Literal

import numpy as np
import polars as pl
from numpy.typing import NDArray

from marquee.forecast.attributions import by_source, of_boosted, of_forest, of_line
from marquee.forecast.base import Forecaster
from marquee.forecast.forests import forest_answer
from marquee.forecast.outcome_records import OutcomeRecords
from marquee.forecast.settings import BoostedTrees

if TYPE_CHECKING:
    from marquee.forecast.encoding import Encoder

Loss = Literal["huber", "squared"]
AfterRidge = Literal["none", "forest", "both"]
_OBJECTIVE = {"huber": "reg:pseudohubererror", "squared": "reg:squarederror"}

RISING = ("budget_usd", "budget_real_usd", "budget_rank", "budget_to_median")
"""Columns along which boosted trees may only rise: of two films that differ in nothing else, the
dearer one is not expected to take less."""


@dataclass(kw_only=True, eq=False)
class MemberForecaster(BoostedTrees, Forecaster):
    """A forecaster whose center is blended from three members.

    The boosted trees are the mean of ``n_seeds`` runs, and see gaps as such; the forest and the
    ridge regression see the median in their place. A leaf of a boosted tree must hold films of
    weight ``min_weight``, where the latest film weighs 1.
    """

    n_trees: int = 300
    learning_rate: float = 0.02
    columns: float = 0.12
    l2: float = 1.0
    loss: Loss = "huber"
    """Loss of the boosted trees; huber minds a miss beyond 1 on the scale in proportion only."""
    n_seeds: int = 3
    rising: tuple[str, ...] = RISING
    """Columns along which the boosted trees may only rise."""
    forest_trees: int = 100
    forest_columns: float = 0.15
    """Share of the columns tried at each split of the forest."""
    min_leaf: int = 5
    """Films that a leaf of the forest must hold."""
    ridge_l2: float = 100.0
    """Penalty of the ridge regression on numbers of variance 1 and on words as 0 and 1."""
    min_count: int = 10
    """Training films that must hold a word for it to become a column."""
    after_ridge: AfterRidge = "forest"
    """Which of the forest and the boosted trees learn what the ridge regression leaves, and follow
    its trends further than the films go; the others learn the values themselves."""
    shares: tuple[float, float, float] = (0.6, 0.2, 0.2)
    """Shares of boosted trees, forest and ridge regression in the center."""
    records: tuple[str, ...] = ()
    """Lists of people and companies of whom the members are told how their earlier films did in the
    outcome itself."""
    records_prior: float = 3.0
    """Films of the usual outcome that are added to a record."""
    seed: int = 0

    records_: OutcomeRecords = field(init=False, repr=False)
    middle_: float = field(init=False, repr=False)
    """Weighted mean of the values, about which all members learn."""
    bounds_: NDArray[np.float64] = field(init=False, repr=False)
    """Lowest and highest center: as far beyond the values as these reach."""
    encoder_: Any = field(init=False, repr=False)
    """Fitted encoder of the boosted trees."""
    filled_: Any = field(init=False, repr=False)
    """Fitted encoder of the forest and the ridge regression."""
    usual_: NDArray[np.float64] = field(init=False, repr=False)
    """Weighted mean of each column of that one, shape (n_columns,)."""
    boosted_: list[Any] = field(init=False, repr=False)
    """Fitted boosted trees, one per run."""
    forest_: Any = field(init=False, repr=False)
    """The fitted forest."""
    ridge_: Any = field(init=False, repr=False)
    """The fitted ridge regression."""

    def _learn_members(
        self, features: pl.DataFrame, values: NDArray[np.float64], weights: NDArray[np.float64]
    ) -> None:
        self.middle_ = float(np.average(values, weights=weights))
        low, high = values.min(), values.max()
        self.bounds_ = np.array([2 * low - high, 2 * high - low])
        about = values - self.middle_
        self.records_ = OutcomeRecords(self.records, self.records_prior).fit(features, values)
        features = self.records_.told(features)
        self.encoder_ = self._encoder().fit(features)
        self.filled_ = self._encoder(impute="median", scale="standard").fit(features)
        inputs, filled = self.encoder_.transform(features), self.filled_.transform(features)
        self.usual_ = np.average(filled, axis=0, weights=weights)
        self.ridge_ = self._ridge().fit(filled, about, sample_weight=weights)
        boosted, forest = (about - after * self.ridge_.predict(filled) for after in self._after())
        self.forest_ = self._forest().fit(filled, forest, sample_weight=weights)
        self.boosted_ = [
            booster.fit(inputs, boosted, sample_weight=weights) for booster in self._boosters()
        ]

    def _centers(self, features: pl.DataFrame) -> NDArray[np.float64]:
        """Center of the boosted trees, the forest and the ridge regression, shape (n, 3)."""
        if features.height == 0:
            return np.empty((0, 3))
        features = self.records_.told(features)
        inputs, filled = self.encoder_.transform(features), self.filled_.transform(features)
        line = self.ridge_.predict(filled)
        boosted = np.mean([booster.predict(inputs) for booster in self.boosted_], axis=0)
        trees = np.stack(
            [boosted, forest_answer(self.forest_, filled), np.zeros(len(line))], axis=1
        )
        center = self.middle_ + trees + line[:, None] * [*self._after(), 1]
        return np.asarray(np.clip(center, *self.bounds_))

    def _added(self, features: pl.DataFrame) -> NDArray[np.float64]:
        """What each column of the fit adds to the center, shape (n, n_columns), before any clip.

        Each member is taken apart by its own structure, and the parts are blended as the members
        are: boosted trees by their tree Shapley values, the forest by the steps of its mean along
        each path, the ridge regression by its terms, against the mean film.
        """
        features = self.records_.told(features)
        inputs, filled = self.encoder_.transform(features), self.filled_.transform(features)
        trees, forest, line = self._shares()
        line += self._shares()[:2] @ self._after()
        boosted = np.mean([of_boosted(booster, inputs) for booster in self.boosted_], axis=0)
        others = forest * of_forest(self.forest_, filled)
        others += line * of_line(self.ridge_.coef_, filled, self.usual_)
        of_trees, of_others = (
            self.records_.sources(each.sources_) for each in (self.encoder_, self.filled_)
        )
        return by_source(trees * boosted, of_trees, self.columns_) + by_source(
            others, of_others, self.columns_
        )

    def _after(self) -> tuple[bool, bool]:
        """Whether the boosted trees, and whether the forest, come after the ridge regression."""
        return self.after_ridge == "both", self.after_ridge != "none"

    def _shares(self) -> NDArray[np.float64]:
        shares = np.asarray(self.shares, dtype=np.float64)
        return np.asarray(shares / shares.sum())

    def _boosters(self) -> list[Any]:
        from xgboost import XGBRegressor

        rising = tuple(int(name in self.rising) for name in self.encoder_.names_)
        return [
            XGBRegressor(
                **self._boosting(self.seed + run),
                objective=_OBJECTIVE[self.loss],
                base_score=0.0,
                monotone_constraints=rising,
                max_bin=64,
            )
            for run in range(self.n_seeds)
        ]

    def _forest(self) -> Any:
        from sklearn.ensemble import ExtraTreesRegressor

        return ExtraTreesRegressor(
            self.forest_trees,
            min_samples_leaf=self.min_leaf,
            max_features=self.forest_columns,
            random_state=self.seed,
            n_jobs=1,
        )

    def _ridge(self) -> Any:
        from sklearn.linear_model import Ridge

        return Ridge(alpha=self.ridge_l2)

    def _encoder(self, **settings: Any) -> Encoder:
        from marquee.forecast.encoding import Encoder

        return Encoder(min_count=self.min_count, **settings)

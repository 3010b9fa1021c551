"""Classes of success out of a forecaster of revenue."""

from __future__ import annotations

import dataclasses
from dataclasses import dataclass, field
from typing import Self

import numpy as np
import polars as pl
from numpy.typing import ArrayLike, NDArray

from marquee.errors import NotFittedError
from marquee.forecast.base import Forecaster, OnEpoch
from marquee.forecast.targets import class_probabilities


@dataclass(kw_only=True, eq=False)
class SuccessFromRevenue:
    """Nine classes of success that follow from one distribution of revenue and the budget.

    It is no ``Classifier``: it learns from revenue, which says more than the class, and is asked
    with budgets. What it says never contradicts what its forecaster says of revenue.
    """

    forecaster: Forecaster
    """A template: ``fit`` fits a copy of it."""

    forecaster_: Forecaster = field(init=False, repr=False)
    """The fitted copy."""

    def fit(
        self, features: pl.DataFrame, revenue_usd: ArrayLike, *, on_epoch: OnEpoch | None = None
    ) -> Self:
        """Learns revenue, which must be known and positive for every row of the features."""
        fresh = dataclasses.replace(self.forecaster)
        self.forecaster_ = fresh.fit(features, revenue_usd, on_epoch=on_epoch)
        return self

    def probabilities(self, features: pl.DataFrame, budget_usd: ArrayLike) -> NDArray[np.float64]:
        """Probability of each class, shape (n_titles, 9); NaN where the budget is unknown."""
        if not hasattr(self, "forecaster_"):
            raise NotFittedError("SuccessFromRevenue is not fitted; call fit() first")
        return class_probabilities(self.forecaster_.predict(features), budget_usd)

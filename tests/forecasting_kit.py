"""Films with known outcomes, and models simple enough to know what they must answer."""

from __future__ import annotations

from dataclasses import dataclass, field
from datetime import date

import numpy as np
import polars as pl
from numpy.typing import NDArray

from marquee.evaluation.forecasting.frames import Labeled, Target, outcome_of_money
from marquee.forecast.base import Classifier, Forecaster
from marquee.forecast.distribution import Forecast

LEVELS = np.array([0.05, 0.1, 0.25, 0.5, 0.75, 0.9, 0.95])
SPREAD = np.array([-1.64, -1.28, -0.67, 0.0, 0.67, 1.28, 1.64])


def made_up(
    target: Target, n: int = 300, *, seed: int = 0, noise: float = 1.0, unknown: float = 0.0
) -> Labeled:
    """Films of 2000 to 2009 whose log revenue is log budget + signal + noise.

    Budgets are tied and skewed, many films share a day, some budgets are unknown if asked. The
    column ``secret`` is the outcome itself.
    """
    rng = np.random.default_rng(seed)
    released = np.array(
        [np.datetime64(date(2000 + int(year), 6, 1)) for year in rng.integers(0, 10, n)]
    )
    budget = np.exp(rng.normal(16.5, 1.5, n)).round(-6) + 1e6
    signal = rng.normal(0, 1, n)
    revenue = budget * np.exp(0.5 + signal + noise * rng.normal(0, 1, n))
    if target in ("popularity", "audience"):
        outcome = revenue / revenue.mean()
        budget = np.where(rng.random(n) < unknown, np.nan, budget)
    else:
        outcome = outcome_of_money(target, revenue, budget)
    features = pl.DataFrame(
        {
            "title_id": rng.permutation(n) + 1,
            "as_of": pl.Series(released).cast(pl.Date),
            "log_budget": np.log(budget),
            "signal": signal,
            "secret": np.log(revenue),
        }
    )
    return Labeled(
        target=target,
        horizon="pre_release",
        features=features,
        outcome=outcome,
        budget_usd=budget,
        revenue_usd=revenue,
        released=released,
        steps=(("films", n),),
    )


@dataclass(kw_only=True, eq=False)
class Straight(Forecaster):
    """A line through log outcomes over some columns, with a normal spread."""

    inputs: tuple[str, ...] = ("log_budget", "signal")

    weights_: NDArray[np.float64] = field(init=False, repr=False)
    spread_: float = field(init=False, repr=False)
    learned_: list[int] = field(init=False, repr=False)

    def _fit(self, features: pl.DataFrame, outcome: NDArray[np.float64]) -> None:
        solved = np.linalg.lstsq(self._inputs(features), np.log(outcome), rcond=None)
        self.weights_ = np.asarray(solved[0], np.float64)
        self.spread_ = float(np.std(np.log(outcome) - self._inputs(features) @ self.weights_))
        self.learned_ = features["title_id"].to_list()

    def _predict(self, features: pl.DataFrame) -> Forecast:
        center = self._inputs(features) @ self.weights_
        return Forecast(LEVELS, np.exp(center[:, None] + self.spread_ * SPREAD), log=True)

    def _inputs(self, features: pl.DataFrame) -> NDArray[np.float64]:
        columns = features.select(self.inputs).to_numpy()
        with_constant: NDArray[np.float64] = np.hstack([np.ones((len(columns), 1)), columns])
        return np.nan_to_num(with_constant)


@dataclass(kw_only=True, eq=False)
class Shares(Classifier):
    """Shares of the classes among training films with a signal on the same side of zero."""

    shares_: NDArray[np.float64] = field(init=False, repr=False)

    def _fit(self, features: pl.DataFrame, classes: NDArray[np.int64]) -> None:
        high = features["signal"].to_numpy() > 0
        self.shares_ = np.array(
            [
                np.bincount(classes[high == side], minlength=self.n_classes) / (high == side).sum()
                for side in (False, True)
            ]
        )

    def _probabilities(self, features: pl.DataFrame) -> NDArray[np.float64]:
        high = (features["signal"].to_numpy() > 0).astype(np.int64)
        return np.take(self.shares_, high, axis=0)

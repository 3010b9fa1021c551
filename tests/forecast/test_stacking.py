"""What a stack of forecasters promises beyond the contract."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import polars as pl
import pytest
from numpy.typing import NDArray
from scipy.optimize import minimize

from forecast_kit import films
from marquee.errors import ParameterError
from marquee.forecast.base import Forecaster
from marquee.forecast.comparables import BudgetMultiple, Mean
from marquee.forecast.distribution import LEVELS, Forecast
from marquee.forecast.folds import rolling_blocks
from marquee.forecast.pipelines import OLS, Ridge
from marquee.forecast.stacking import Stacking, convex_weights

pytestmark = pytest.mark.slow


def test_convex_weights_are_those_of_a_general_optimizer() -> None:
    rng = np.random.default_rng(0)
    truth = rng.normal(17, 2, 60)
    forecasts = truth[:, None] + rng.normal(0, [1.0, 0.7, 2.0], (60, 3))
    got = convex_weights(forecasts, truth)
    slow = minimize(
        lambda w: np.sum((truth - forecasts @ w) ** 2),
        np.full(3, 1 / 3),
        bounds=[(0, 1)] * 3,
        constraints={"type": "eq", "fun": lambda w: w.sum() - 1},
        tol=1e-12,
    )
    np.testing.assert_allclose(got, slow.x, atol=1e-4)
    assert got.sum() == pytest.approx(1)


def test_members_that_never_err_or_always_agree_are_no_obstacle() -> None:
    truth = np.arange(5.0)
    assert convex_weights(np.column_stack([truth + 9, truth]), truth)[1] == pytest.approx(1)
    for same in (np.zeros((5, 2)), np.tile(truth[:, None], 2)):
        weights = convex_weights(same, truth)
        assert weights.sum() == pytest.approx(1)
        assert (weights >= 0).all()


@dataclass(kw_only=True, eq=False)
class Guess(Forecaster):
    """Says its number of every film."""

    value: float

    def _fit(self, features: pl.DataFrame, outcome: NDArray[np.float64]) -> None:
        pass

    def _predict(self, features: pl.DataFrame) -> Forecast:
        return Forecast(LEVELS, np.full((features.height, LEVELS.size), self.value), log=True)


def test_weights_come_from_all_blocks_and_the_spread_from_the_last_about_those_before() -> None:
    features, _ = films(100)
    order = features.with_row_index("row").sort("as_of", "title_id")["row"].to_numpy()
    logs = np.empty(100)
    logs[order] = np.r_[np.zeros(40), np.full(45, 2.0), np.full(15, 6.0)]
    stack = Stacking(members=(Guess(value=1.0), Guess(value=np.exp(10.0))))
    stack.fit(features, np.exp(logs))
    # Before the last block the best center is 2, so its films lie 4 above; over all blocks it is 3.
    np.testing.assert_allclose(stack.residuals_, 4.0, rtol=1e-6)
    np.testing.assert_allclose(stack.weights_, [0.7, 0.3], atol=1e-6)
    np.testing.assert_allclose(np.log(stack.predict(features).median), 7.0, rtol=1e-6)


def test_the_better_member_outweighs_and_members_given_stay_unfitted() -> None:
    features, revenue = films(200)
    members = (Mean(), Ridge(min_count=3))
    stack = Stacking(members=members).fit(features, revenue)
    assert stack.weights_[1] > 0.9
    assert not hasattr(members[1], "pipeline_")
    assert members[1].calibration == Ridge().calibration


def test_a_stack_is_not_much_worse_than_its_best_member() -> None:
    features, revenue = films(300)
    later, truth = films(200, seed=5)
    members: tuple[Forecaster, ...] = (OLS(min_count=3), BudgetMultiple(), Mean())
    errors = [
        np.sqrt(np.mean(np.log(model.fit(features, revenue).predict(later).median / truth) ** 2))
        for model in (Stacking(members=members), *members)
    ]
    assert errors[0] < min(errors[1:]) + 0.03


def test_progress_is_told_and_folds_are_in_order_of_time() -> None:
    features, revenue = films(100)
    told: list[tuple[int, int]] = []
    stack = Stacking(members=(Mean(),), n_blocks=3, share=0.2)
    stack.fit(features, revenue, on_epoch=lambda done, total: told.append((done, total)))
    assert told == [(1, 4), (2, 4), (3, 4), (4, 4)]
    assert stack.residuals_.size == rolling_blocks(features, 3, 0.2)[-1][1].size


def test_a_stack_that_cannot_be_is_refused() -> None:
    with pytest.raises(ParameterError, match="needs members"):
        Stacking(members=())
    for wrong in ({"n_blocks": 1}, {"n_blocks": 4, "share": 0.25}):
        with pytest.raises(ParameterError, match="n_blocks must be"):
            Stacking(**wrong)
    with pytest.raises(ParameterError, match="needs at least"):
        Stacking().fit(*films(30))

"""Quantiles and probabilities of a forecast are each other's inverse, heaps and ends included."""

from __future__ import annotations

import numpy as np
import pytest

from marquee.forecast.distribution import LEVELS, Forecast


@pytest.mark.parametrize("log", [True, False])
def test_a_quantile_never_leaves_its_stored_neighbors(log: bool) -> None:
    rng = np.random.default_rng(0)
    quantiles = np.sort(10 ** rng.uniform(4, 9, (20, LEVELS.size)), axis=1)
    quantiles[:, 30:60] = quantiles[:, [30]]  # one value at many levels
    forecast = Forecast(LEVELS, quantiles, log)
    np.testing.assert_array_equal(forecast.at(LEVELS), quantiles)
    between = forecast.at((LEVELS[1:] + LEVELS[:-1]) / 2)
    assert (between >= quantiles[:, :-1]).all()
    assert (between <= quantiles[:, 1:]).all()
    np.testing.assert_array_equal(between[:, 30:59], quantiles[:, 30:59])


def test_below_and_at_most_differ_by_the_weight_of_a_heap_alone() -> None:
    forecast = Forecast(np.array([0.1, 0.3, 0.8, 0.9]), np.array([[1.0, 2.0, 2.0, 5.0]]))
    assert forecast.below(2.0) == pytest.approx(0.3)
    assert forecast.cdf(2.0) == pytest.approx(0.8)
    for value in (-3.0, 1.0, 1.7, 3.0, 5.0, 90.0):
        assert forecast.below(value) == forecast.cdf(value)


def test_a_sure_value_has_nothing_below_it_and_everything_up_to_it() -> None:
    forecast = Forecast(np.array([0.1, 0.9]), np.array([[7.0, 7.0]]), log=True)
    assert forecast.below([[6.9, 7.0, 7.1]]).tolist() == [[0, 0, 1]]
    assert forecast.cdf([[6.9, 7.0, 7.1]]).tolist() == [[0, 1, 1]]

"""Quantiles and probabilities of a forecast are each other's inverse, heaps and ends included."""

from __future__ import annotations

import numpy as np
import pytest
from numpy.typing import NDArray
from scipy.stats import norm

from marquee.errors import ParameterError
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


def lognormal(n: int = 4) -> tuple[Forecast, NDArray[np.float64], NDArray[np.float64]]:
    """Lognormal distributions told by their quantiles, with their means and deviations."""
    center, spread = np.linspace(14, 20, n), np.linspace(0.2, 2, n)
    quantiles = np.exp(center[:, None] + spread[:, None] * norm.ppf(LEVELS))
    return Forecast(LEVELS, quantiles, log=True), center, spread


def test_a_lognormal_is_read_back_exactly_between_and_beyond_its_levels() -> None:
    forecast, center, spread = lognormal()
    for level in (0.0001, 0.004, 0.1234, 0.5, 0.777, 0.999):
        expected = np.exp(center + spread * norm.ppf(level))
        np.testing.assert_allclose(forecast.at(level)[:, 0], expected, rtol=1e-9)
        np.testing.assert_allclose(forecast.cdf(expected), level, rtol=1e-6)
    np.testing.assert_allclose(forecast.median, np.exp(center))
    values = np.exp(np.array([10.0, 15, 17, 25]))
    probability = norm.cdf((np.log(values) - center[:, None]) / spread[:, None])
    np.testing.assert_allclose(forecast.cdf(np.tile(values, (4, 1))), probability, atol=1e-9)


def test_a_plain_normal_may_be_negative() -> None:
    forecast = Forecast(LEVELS, -3 + 2 * norm.ppf(LEVELS)[None, :])
    assert forecast.cdf(-3) == pytest.approx(0.5)
    np.testing.assert_allclose(forecast.interval(0.6827)[0], -5, atol=1e-3)
    np.testing.assert_allclose(forecast.interval(0.6827)[1], -1, atol=1e-3)


def test_money_is_never_zero_or_less_and_beyond_the_ends_probability_goes_on() -> None:
    forecast, _, _ = lognormal()
    assert forecast.cdf(0.0).tolist() == [0, 0, 0, 0]
    assert forecast.cdf(-1.0).tolist() == [0, 0, 0, 0]
    assert (forecast.cdf(np.inf) == 1).all()
    assert (forecast.at(1e-9) > 0).all()
    tail = forecast.cdf(forecast.quantiles[:, -1] * 10)
    assert ((tail > 0.995) & (tail <= 1)).all()


def test_times_and_take_move_the_whole_distribution() -> None:
    forecast, _, _ = lognormal()
    by = np.array([1.0, 0.5, 2.0, 10.0])
    np.testing.assert_allclose(forecast.times(by).median, forecast.median * by)
    np.testing.assert_allclose(forecast.times(by).cdf(by * 1e7), forecast.cdf(1e7))
    assert forecast.take([2, 0, 2]).median.tolist() == forecast.median[[2, 0, 2]].tolist()
    assert len(forecast.take([])) == 0
    with pytest.raises(ParameterError, match="positive"):
        forecast.times(0.0)


@pytest.mark.parametrize(
    ("levels", "quantiles", "log", "said"),
    [
        ([0.5], [[1.0]], False, "two or more"),
        ([0.5, 0.4], [[1.0, 2.0]], False, "ascending numbers"),
        ([0.0, 0.5], [[1.0, 2.0]], False, "inside"),
        ([0.1, 0.9], [[1.0, 2.0, 3.0]], False, "do not fit 2 levels"),
        ([0.1, 0.9], [[2.0, 1.0]], False, "ascending along"),
        ([0.1, 0.9], [[1.0, np.inf]], False, "finite"),
        ([0.1, 0.9], [[0.0, 1.0]], True, "positive"),
    ],
)
def test_what_is_no_distribution_is_refused(
    levels: list[float], quantiles: list[list[float]], log: bool, said: str
) -> None:
    with pytest.raises(ParameterError, match=said):
        Forecast(np.array(levels), np.array(quantiles), log)


def test_what_cannot_be_asked_is_refused() -> None:
    forecast, _, _ = lognormal()
    for level in (0.0, 1.0, -0.1):
        with pytest.raises(ParameterError, match="inside"):
            forecast.at(level)
    with pytest.raises(ParameterError, match="coverage"):
        forecast.interval(1.0)
    with pytest.raises(ParameterError, match="4 titles"):
        forecast.cdf(np.ones((3, 2)))

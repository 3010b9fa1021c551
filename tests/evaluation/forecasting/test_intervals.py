"""Distribution metrics against loops over films, levels and ends."""

from __future__ import annotations

import math
import statistics

import numpy as np
import pytest
from numpy.typing import NDArray
from sklearn.metrics import mean_pinball_loss

from marquee.errors import ParameterError
from marquee.evaluation.forecasting import intervals
from marquee.forecast.distribution import Forecast

SEEDS = range(5)
LEVELS = np.array([0.05, 0.1, 0.25, 0.5, 0.75, 0.9, 0.95])


def forecasts(seed: int) -> tuple[Forecast, NDArray[np.float64]]:
    """Distributions of money, some of them a single point, and outcomes, some exactly on an end."""
    rng = np.random.default_rng(seed)
    center = np.exp(rng.normal(17, 2, 60))
    spread = rng.uniform(0, 2, 60)
    spread[:8] = 0
    quantiles = center[:, None] * np.exp(spread[:, None] * np.linspace(-1.6, 1.6, LEVELS.size))
    actual = center * np.exp(rng.normal(0, 1, 60))
    actual[4:20] = quantiles[4:20, rng.integers(LEVELS.size)]
    return Forecast(LEVELS, quantiles, log=True), actual


@pytest.mark.parametrize("seed", SEEDS)
def test_pinball_loss_is_the_mean_over_films_and_levels(seed: int) -> None:
    forecast, actual = forecasts(seed)
    at = forecast.at(LEVELS)
    raw = [mean_pinball_loss(actual, at[:, i], alpha=a) for i, a in enumerate(LEVELS)]
    assert intervals.pinball(forecast, actual) == pytest.approx(statistics.fmean(raw))
    log = [
        mean_pinball_loss(np.log(actual), np.log(at[:, i]), alpha=a) for i, a in enumerate(LEVELS)
    ]
    assert intervals.pinball(forecast, actual, "log") == pytest.approx(statistics.fmean(log))


@pytest.mark.parametrize("seed", SEEDS)
def test_coverage_width_and_winkler_agree_with_a_loop(seed: int) -> None:
    forecast, actual = forecasts(seed)
    low, high = (side.tolist() for side in forecast.interval(0.8))
    inside, ratios, scores, widths = [], [], [], []
    for bottom, top, truth in zip(low, high, actual.tolist(), strict=True):
        inside.append(bottom <= truth <= top)
        ratios.append(top / bottom)
        score = math.log(top) - math.log(bottom)
        widths.append(score)
        if truth < bottom:
            score += 10 * (math.log(bottom) - math.log(truth))
        if truth > top:
            score += 10 * (math.log(truth) - math.log(top))
        scores.append(score)
    assert intervals.coverage(low, high, actual) == pytest.approx(statistics.fmean(inside))
    assert intervals.mean_width(low, high, "log") == pytest.approx(statistics.fmean(widths))
    # The median of an even number of films lies between two, midway on the logarithm.
    assert intervals.width_ratio(low, high) == pytest.approx(
        math.exp(statistics.median(map(math.log, ratios)))
    )
    assert intervals.winkler(low, high, actual, 0.8, "log") == pytest.approx(
        statistics.fmean(scores)
    )


def test_an_outcome_on_the_end_of_an_interval_is_covered() -> None:
    assert intervals.coverage([1.0, 2.0, 3.0], [2.0, 3.0, 4.0], [1.0, 3.0, 4.1]) == pytest.approx(
        2 / 3
    )


def test_the_true_quantiles_have_the_least_pinball_loss() -> None:
    rng = np.random.default_rng(0)
    actual = rng.normal(size=4000)
    true = np.tile(np.quantile(rng.normal(size=100_000), LEVELS), (actual.size, 1))
    loss = {
        shift: intervals.pinball(Forecast(LEVELS, true * shift), actual) for shift in (0.6, 1, 1.6)
    }
    assert loss[1] < min(loss[0.6], loss[1.6])


def test_intervals_that_run_backwards_or_do_not_fit_are_refused() -> None:
    with pytest.raises(ParameterError, match="ends below"):
        intervals.coverage([2.0], [1.0], [1.5])
    with pytest.raises(ParameterError, match="shape"):
        intervals.coverage([2.0, 1.0], [2.0, 1.0], [1.5])
    with pytest.raises(ParameterError, match="level"):
        intervals.winkler([1.0], [2.0], [1.5], 80)
    forecast, actual = forecasts(0)
    with pytest.raises(ParameterError, match="60 forecasts"):
        intervals.pinball(forecast, actual[:-1])

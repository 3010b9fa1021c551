"""Point metrics against independent derivations, on ties, constants and money that is skewed."""

from __future__ import annotations

import math
import statistics
from collections.abc import Sequence

import numpy as np
import pytest
from numpy.typing import NDArray
from scipy.stats import rankdata, spearmanr
from sklearn.metrics import (
    mean_absolute_error,
    r2_score,
    root_mean_squared_error,
    root_mean_squared_log_error,
)

from marquee.errors import ParameterError
from marquee.evaluation.forecasting import point

SEEDS = range(6)


def money(seed: int) -> tuple[NDArray[np.float64], NDArray[np.float64]]:
    """Skewed positive amounts with many ties, some hit exactly, some off by exactly two."""
    rng = np.random.default_rng(seed)
    actual = np.exp(rng.normal(17, 2, 80)).round(-5) + 1e5
    predicted = actual * np.exp(rng.normal(0.2, 1, 80))
    predicted[:20] = actual[:20] * rng.choice([0.5, 1, 2], 20)
    predicted[60:] = predicted[60]
    return predicted, actual


@pytest.mark.parametrize("seed", SEEDS)
def test_errors_agree_with_an_independent_library(seed: int) -> None:
    predicted, actual = money(seed)
    logs = np.log(actual), np.log(predicted)
    assert point.rmse(predicted, actual) == pytest.approx(
        root_mean_squared_error(actual, predicted)
    )
    assert point.rmse(predicted, actual, "log") == pytest.approx(root_mean_squared_error(*logs))
    assert point.rmse(predicted, actual, "log1p") == pytest.approx(
        root_mean_squared_log_error(actual, predicted)
    )
    assert point.mae(predicted, actual, "log") == pytest.approx(mean_absolute_error(*logs))
    assert point.r2(predicted, actual) == pytest.approx(r2_score(actual, predicted))
    assert point.r2(predicted, actual, "log") == pytest.approx(r2_score(*logs))


@pytest.mark.parametrize("seed", SEEDS)
def test_rank_correlation_counts_ties_as_an_independent_library_does(seed: int) -> None:
    predicted, actual = money(seed)
    assert point.spearman(predicted, actual) == pytest.approx(spearmanr(predicted, actual)[0])
    rough = np.round(np.log10(actual))
    assert point.spearman(rough, actual) == pytest.approx(spearmanr(rough, actual)[0])


@pytest.mark.parametrize("seed", SEEDS)
def test_tied_values_share_the_mean_of_their_ranks(seed: int) -> None:
    predicted, actual = money(seed)
    for values in (predicted, actual, -actual, np.zeros(5)):
        assert (point.mean_ranks(values) == rankdata(values)).all()


@pytest.mark.parametrize("seed", SEEDS)
def test_shares_and_bias_agree_with_a_loop(seed: int) -> None:
    predicted, actual = money(seed)
    pairs = list(zip(predicted.tolist(), actual.tolist(), strict=True))
    near = [1 / 2 <= guess / truth <= 2 for guess, truth in pairs]
    assert point.within_factor(predicted, actual) == pytest.approx(sum(near) / len(near))
    logs = [math.log(guess / truth) for guess, truth in pairs]
    assert point.bias(predicted, actual, "log") == pytest.approx(statistics.fmean(logs))


def test_a_prediction_off_by_exactly_the_factor_is_within_it() -> None:
    assert point.within_factor([50.0, 200.0, 201.0, 49.0], [100.0] * 4) == 0.5


def test_a_constant_explains_nothing_and_orders_nothing() -> None:
    actual = [1.0, 2.0, 6.0]
    assert point.r2([3.0, 3.0, 3.0], actual) == 0
    assert point.r2([9.0, 9.0, 9.0], actual) < 0
    assert math.isnan(point.spearman([3.0, 3.0, 3.0], actual))
    assert math.isnan(point.r2(actual, [2.0, 2.0, 2.0]))


@pytest.mark.parametrize("scale", ["raw", "log", "log1p"])
def test_a_perfect_prediction_is_perfect_on_every_scale(scale: point.Scale) -> None:
    actual = [1.0, 1.0, 40.0, 1e9]
    assert point.rmse(actual, actual, scale) == point.bias(actual, actual, scale) == 0
    assert point.r2(actual, actual, scale) == 1


@pytest.mark.parametrize(
    ("predicted", "actual", "scale"),
    [
        ([1.0, 2.0], [1.0], "raw"),
        ([[1.0]], [[1.0]], "raw"),
        ([], [], "raw"),
        ([1.0], [math.nan], "raw"),
        ([1.0], [0.0], "log"),
        ([-1.0], [0.0], "log1p"),
    ],
)
def test_what_cannot_be_measured_is_refused(
    predicted: Sequence[float], actual: Sequence[float], scale: point.Scale
) -> None:
    with pytest.raises(ParameterError):
        point.rmse(predicted, actual, scale)


def test_a_factor_below_one_is_refused() -> None:
    with pytest.raises(ParameterError, match=r"0\.5"):
        point.within_factor([1.0], [1.0], 0.5)

"""Event probabilities against scikit-learn and loops, with ties, borders of bins, certainty."""

from __future__ import annotations

import math
import statistics

import numpy as np
import pytest
from numpy.typing import NDArray
from sklearn.metrics import brier_score_loss, roc_auc_score

from marquee.errors import ParameterError
from marquee.evaluation.forecasting import probabilities

SEEDS = range(6)


def events(seed: int) -> tuple[NDArray[np.float64], NDArray[np.bool_]]:
    """Many probabilities in tenths, 0 and 1 among them, so that they are tied and on borders."""
    rng = np.random.default_rng(seed)
    chance = np.where(rng.random(90) < 0.7, rng.integers(0, 11, 90) / 10, rng.random(90) ** 2)
    return chance, rng.random(90) < 0.3 + 0.4 * chance


@pytest.mark.parametrize("seed", SEEDS)
def test_auc_and_brier_agree_with_an_independent_library(seed: int) -> None:
    chance, happened = events(seed)
    assert probabilities.auc(chance, happened) == pytest.approx(roc_auc_score(happened, chance))
    assert probabilities.auc(-5 * chance, happened) == pytest.approx(
        roc_auc_score(happened, -chance)
    )
    assert probabilities.brier(chance, happened) == pytest.approx(
        brier_score_loss(happened, chance)
    )


@pytest.mark.parametrize("seed", SEEDS)
@pytest.mark.parametrize("n_bins", [1, 4, 10])
def test_calibration_error_agrees_with_a_loop_over_bins(seed: int, n_bins: int) -> None:
    chance, happened = events(seed)
    total = 0.0
    for place in range(n_bins):
        inside = [
            (p, h)
            for p, h in zip(chance.tolist(), happened.tolist(), strict=True)
            if (place <= p * n_bins < place + 1) or (p == 1 and place == n_bins - 1)
        ]
        if inside:
            gap = statistics.fmean(p for p, _ in inside) - statistics.fmean(h for _, h in inside)
            total += len(inside) / chance.size * abs(gap)
    assert probabilities.expected_calibration_error(chance, happened, n_bins) == pytest.approx(
        total
    )


def test_every_film_is_in_one_bin() -> None:
    chance, happened = events(1)
    bins = probabilities.reliability(chance, happened)
    assert sum(each.n for each in bins) == chance.size
    assert all(each.low - 1e-12 <= each.promised <= each.high for each in bins)


def test_true_probabilities_are_nearly_calibrated_and_false_ones_are_not() -> None:
    rng = np.random.default_rng(0)
    chance = rng.random(20_000)
    happened = rng.random(20_000) < chance
    assert probabilities.expected_calibration_error(chance, happened) < 0.02
    assert probabilities.expected_calibration_error(chance**2, happened) > 0.1


def test_the_best_tenth_does_not_depend_on_the_order_of_tied_films() -> None:
    chance = np.array([0.9] + [0.5] * 9 + [0.1] * 10)
    happened = np.array([True] + [True, False, False] * 3 + [False] * 10)
    rng = np.random.default_rng(0)
    for _ in range(5):
        order = rng.permutation(20)
        rate = probabilities.top_share_hit_rate(chance[order], happened[order])
        assert rate == pytest.approx((1 + 1 / 3) / 2)


def test_films_that_are_all_alike_have_no_auc() -> None:
    assert math.isnan(probabilities.auc([0.1, 0.9], [True, True]))


def test_what_is_no_probability_or_no_event_is_refused() -> None:
    with pytest.raises(ParameterError, match=r"\[0, 1\]"):
        probabilities.brier([1.2], [True])
    with pytest.raises(ParameterError, match="finite"):
        probabilities.auc([math.nan, 0.5], [True, False])
    with pytest.raises(ParameterError, match="event"):
        probabilities.auc([0.1, 0.5], [2, 0])
    with pytest.raises(ParameterError, match="aligned"):
        probabilities.auc([0.1, 0.5], [True])

"""The rule of alarms: each step against what it rests on, and its promise by counting."""

from __future__ import annotations

import math

import numpy as np
import pytest
from scipy import integrate, stats

from marquee.evaluation.drift.alarm import (
    LEAST_P,
    LEAST_WEEKS,
    MOST_WEEKS,
    QUIET_WEEKS,
    limit,
    raised,
    surprise,
    weight,
)


def test_a_weight_is_one_on_average_over_quiet_weeks() -> None:
    mean, _ = integrate.quad(weight, 0, 1)
    assert mean == pytest.approx(1, abs=1e-6)


def test_surprise_is_students_prediction_of_the_next_week() -> None:
    rng = np.random.default_rng(0)
    logs = rng.normal(0.2, 0.4, 40)
    now = 1.1
    spread = logs.std(ddof=1) * math.sqrt(1 + 1 / 40)
    expected = stats.t(39).sf((now - logs.mean()) / spread)
    assert surprise(math.exp(now), np.exp(logs).tolist()) == pytest.approx(expected)


def test_surprise_is_uniform_where_ratios_are_lognormal() -> None:
    rng = np.random.default_rng(1)
    weeks = np.exp(rng.normal(0, 0.3, (3_000, LEAST_WEEKS + 1)))
    told = [surprise(row[-1], row[:-1].tolist()) for row in weeks]
    assert stats.kstest(told, "uniform").pvalue > 0.001


@pytest.mark.slow
def test_of_distances_of_quiet_weeks_the_weights_are_at_most_one_on_average() -> None:
    # Distances of many viewers follow Kolmogorov's distribution; the weights of what Student's
    # prediction makes of them must not be above 1 on average, or nothing that follows is promised.
    rng = np.random.default_rng(2)
    for n_weeks in (LEAST_WEEKS, MOST_WEEKS):
        ratios = stats.kstwobign.rvs(size=(20_000, n_weeks + 1), random_state=rng)
        told = np.array([weight(surprise(row[-1], row[:-1].tolist())) for row in ratios])
        assert told.mean() + 3 * told.std() / math.sqrt(told.size) < 1.05
        assert told.mean() < 1


def test_what_is_not_known_is_not_told() -> None:
    few = [1.0, 1.2] * ((LEAST_WEEKS - 1) // 2)
    assert math.isnan(surprise(5.0, few))
    assert math.isnan(surprise(float("nan"), few * 3))
    assert math.isnan(surprise(0.0, few * 3))
    with_gaps = [float("nan"), 0.0, float("inf"), *few]
    assert math.isnan(surprise(5.0, with_gaps))
    assert surprise(5.0, [*with_gaps, *few]) == LEAST_P


def test_weeks_that_are_all_alike_make_any_farther_one_a_surprise() -> None:
    assert surprise(1.0, [1.0] * 30) == 1
    assert surprise(1.1, [1.0] * 30) == LEAST_P


def test_only_the_last_year_tells_what_is_usual() -> None:
    year = np.exp(np.random.default_rng(3).normal(0, 0.3, MOST_WEEKS)).tolist()
    assert surprise(2.0, [50.0] * 100 + year) == surprise(2.0, year)


def test_a_level_rises_with_surprises_falls_with_quiet_weeks_and_starts_anew_after_an_alarm() -> (
    None
):
    most = limit(4)
    assert most == 4 * QUIET_WEEKS
    level, alarm = raised(0.0, LEAST_P, most)
    assert not alarm  # one week alone never is
    level, alarm = raised(level, LEAST_P, most)
    assert alarm
    assert level >= most
    after, again = raised(level, 0.5, most)
    assert (after, again) == (weight(0.5), False)
    assert raised(3.0, 1.0, most)[0] < 3
    assert raised(3.0, float("nan"), most) == (3.0, False)


@pytest.mark.slow
def test_false_alarms_are_no_more_than_the_limit_allows() -> None:
    # 8 features that all say the same, which is the worst dependence, and a low limit, so that
    # there is much to count: one alarm in 10 quiet weeks is promised.
    rng = np.random.default_rng(4)
    most, n_weeks, n_features = limit(8, 10), 4_000, 8
    counts = []
    for together in (True, False):
        p = rng.random((n_weeks, 1 if together else n_features))
        p = np.broadcast_to(p, (n_weeks, n_features))
        n_alarms = 0
        for column in p.T:
            level = 0.0
            for each in column:
                level, alarm = raised(level, each, most)
                n_alarms += alarm
        counts.append(n_alarms)
    # At most 400 on average; all eight at once are one cause, so their count spreads by as much.
    assert counts[0] < 400 + 3 * math.sqrt(400 * 8)
    assert 20 < counts[1] < 400 + 3 * math.sqrt(400)

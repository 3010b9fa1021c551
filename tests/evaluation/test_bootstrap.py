"""Bootstrap intervals: films resampled whole, the same films for both sides of a difference."""

from __future__ import annotations

import math

import numpy as np
import pytest

from marquee.errors import ParameterError
from marquee.evaluation.bootstrap import (
    bootstrap,
    percentile_interval,
    resamples,
)


def test_a_film_brings_all_of_its_rows_or_none() -> None:
    films = np.array([7, 3, 7, 7, 9, 3])
    rows_of = {film: set(np.flatnonzero(films == film)) for film in films}
    for rows in resamples(films, 50, seed=0):
        drawn = films[rows]
        for film in np.unique(drawn):
            times = np.bincount(rows[drawn == film])
            counts = {int(times[row]) for row in rows_of[film]}
            assert len(counts) == 1
        assert sum((drawn == film).sum() / len(rows_of[film]) for film in rows_of) == 3


def test_the_same_seed_draws_the_same_films() -> None:
    first = [rows.tolist() for rows in resamples(np.arange(8), 5, seed=3)]
    assert first == [rows.tolist() for rows in resamples(np.arange(8), 5, seed=3)]
    assert first != [rows.tolist() for rows in resamples(np.arange(8), 5, seed=4)]


def test_the_interval_of_a_mean_is_that_of_the_textbook() -> None:
    values = np.random.default_rng(1).normal(5, 2, 400)
    intervals, drawn = bootstrap(
        {"mean": lambda rows: float(values[rows].mean())}, np.arange(400), seed=0, n=4000
    )
    half = 1.96 * values.std() / math.sqrt(400)
    assert intervals["mean"].value == values.mean()
    assert intervals["mean"].low == pytest.approx(values.mean() - half, abs=0.02)
    assert intervals["mean"].high == pytest.approx(values.mean() + half, abs=0.02)
    assert drawn["mean"].std() == pytest.approx(values.std() / math.sqrt(400), rel=0.05)


def test_intervals_hold_the_truth_about_as_often_as_they_promise() -> None:
    rng = np.random.default_rng(0)
    held = 0
    for trial in range(200):
        values = rng.exponential(1.0, 60)
        drawn = [float(values[rows].mean()) for rows in resamples(np.arange(60), 200, trial)]
        interval = percentile_interval(float(values.mean()), drawn, coverage=0.9)
        held += interval.low <= 1 <= interval.high
    assert 0.82 <= held / 200 <= 0.95


def test_repeating_every_row_does_not_make_a_figure_surer() -> None:
    values = np.random.default_rng(2).normal(size=50)
    films = np.arange(50)
    once, _ = bootstrap({"m": lambda rows: float(values[rows].mean())}, films, seed=0)
    many_values, many_films = np.repeat(values, 10), np.repeat(films, 10)
    many, _ = bootstrap({"m": lambda rows: float(many_values[rows].mean())}, many_films, seed=0)
    assert many["m"].low == pytest.approx(once["m"].low)
    assert many["m"].high == pytest.approx(once["m"].high)


def test_a_difference_on_the_same_films_is_surer_than_two_figures_side_by_side() -> None:
    rng = np.random.default_rng(3)
    hard = rng.normal(0, 10, 200)
    first, second = hard + rng.normal(0, 0.1, 200), hard + 0.5

    def mean_of(values: np.ndarray) -> float:
        return float(values.mean())

    _, drawn = bootstrap(
        {
            "first": lambda rows: mean_of(first[rows]),
            "second": lambda rows: mean_of(second[rows]),
        },
        np.arange(200),
        seed=0,
    )
    value = float(second.mean() - first.mean())
    paired = percentile_interval(value, drawn["second"] - drawn["first"])
    assert 0.4 < paired.low < value < paired.high < 0.6
    assert np.ptp(drawn["first"]) > 1


def test_values_that_could_not_be_measured_are_left_out() -> None:
    found = percentile_interval(1.0, [math.nan, 1.0, 1.0])
    assert (found.low, found.high) == (1.0, 1.0)
    assert math.isnan(percentile_interval(math.nan, [1.0]).low)
    assert math.isnan(percentile_interval(1.0, [math.nan]).low)


def test_nothing_to_resample_is_refused() -> None:
    with pytest.raises(ParameterError):
        next(resamples(np.array([], np.int64), 5, seed=0))
    with pytest.raises(ParameterError):
        next(resamples(np.arange(3), 0, seed=0))

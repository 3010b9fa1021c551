"""The regression says what a change goes along with, and how sure of it the films make it."""

from __future__ import annotations

import numpy as np
import polars as pl
import pytest

from forecast_kit import films
from marquee.errors import NotFittedError, ParameterError
from marquee.forecast.bayesian_ridge import BayesianRidge
from marquee.forecast.pipelines import Ridge

BUDGET_EFFECT, GENRE_EFFECT, NOISE = 0.6, 0.3, 0.8


def drawn(seed: int, n: int = 150) -> tuple[pl.DataFrame, np.ndarray]:
    """Films of known effects: of the log of the budget and of one genre; the rest is noise."""
    rng = np.random.default_rng(seed)
    day = pl.Series(np.arange(n), dtype=pl.Int32).cast(pl.Date)
    log_budget = rng.normal(17, 1.2, n)
    horror = rng.random(n) < 0.3
    features = pl.DataFrame(
        {
            "title_id": np.arange(n),
            "as_of": day,
            "budget_usd": np.exp(log_budget),
            "genre": np.where(horror, "Horror", "Drama"),
            "runtime_min": rng.normal(100, 15, n),
            "certificate": rng.choice(["R", "PG", "G"], n),
        }
    )
    log_revenue = BUDGET_EFFECT * log_budget + GENRE_EFFECT * horror + rng.normal(0, NOISE, n)
    return features, np.exp(log_revenue)


def test_intervals_of_planted_effects_hold_at_their_nominal_rate() -> None:
    held: dict[str, list[bool]] = {"budget": [], "genre": [], "runtime": []}
    for seed in range(200):
        features, revenue = drawn(seed)
        line = BayesianRidge(calibration=0.0, l2=1.0).fit(features, revenue)
        first = features[:1].with_columns(genre=pl.lit("Drama"))
        rows = pl.concat(
            [
                first,
                first.with_columns(pl.col("budget_usd") * 2),
                first.with_columns(genre=pl.lit("Horror")),
                first.with_columns(pl.col("runtime_min") + 10),
            ]
        )
        value, error = line.change(rows)
        truth = (BUDGET_EFFECT * np.log(2), GENRE_EFFECT, 0.0)
        inside = np.abs(value - truth) <= 1.2816 * error
        for name, is_in in zip(held, inside.tolist(), strict=True):
            held[name].append(is_in)
    rates = {name: np.mean(each) for name, each in held.items()}
    assert all(0.73 <= rate <= 0.87 for rate in rates.values()), rates


def test_rows_that_are_alike_differ_by_nothing_for_sure() -> None:
    features, revenue = films(60)
    line = BayesianRidge(calibration=0.0, min_count=3).fit(features, revenue)
    value, error = line.change(features[[3, 3, 3]])
    assert value.tolist() == error.tolist() == [0.0, 0.0]
    assert line.change(features[:1])[0].shape == (0,)


def test_the_center_is_that_of_ridge_regression_and_changes_are_its_differences() -> None:
    features, revenue = films(80)
    line = BayesianRidge(calibration=0.0, min_count=3, l2=7.0).fit(features, revenue)
    ridge = Ridge(calibration=0.0, min_count=3, l2=7.0).fit(features, revenue)
    np.testing.assert_allclose(line.center(features), ridge.center(features), rtol=1e-8)
    value, _ = line.change(features)
    centers = ridge.pipeline_.predict(features)
    np.testing.assert_allclose(value, centers[1:] - centers[0], atol=1e-8)


def test_more_films_make_it_surer_and_a_stronger_prior_too() -> None:
    errors = []
    for n, l2 in ((60, 1.0), (600, 1.0), (60, 100.0)):
        features, revenue = drawn(1, n)
        line = BayesianRidge(calibration=0.0, l2=l2).fit(features, revenue)
        first = features[:1]
        _, error = line.change(pl.concat([first, first.with_columns(pl.col("budget_usd") * 2)]))
        errors.append(error[0])
    assert errors[1] < errors[0] / 2
    assert errors[2] < errors[0]


def test_a_prior_without_precision_and_an_unfitted_one_are_refused() -> None:
    with pytest.raises(ParameterError, match="l2 must be positive, got 0"):
        BayesianRidge(l2=0.0)
    with pytest.raises(NotFittedError):
        BayesianRidge().change(films(9)[0])

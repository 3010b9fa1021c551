"""Ordinal models against slow second derivations, and data whose truth is known."""

from __future__ import annotations

from datetime import date

import numpy as np
import polars as pl
import pytest
from numpy.typing import NDArray

from forecast_kit import films
from marquee.forecast.ordinal import (
    FrankHall,
    OrdinalLogistic,
    nearest_descending,
    ordinal_loss,
    thresholds_of,
)
from marquee.forecast.targets import success_class


def problem(
    n: int = 60, n_labels: int = 4, seed: int = 0
) -> tuple[NDArray[np.float64], NDArray[np.int64], NDArray[np.float64]]:
    """Inputs, labels with unlike shares, and uneven weights."""
    rng = np.random.default_rng(seed)
    X = rng.normal(0, 1, (n, 3))
    score = X @ [1.0, -0.5, 0.0] + rng.logistic(0, 1, n)
    labels = np.searchsorted(np.linspace(-1, 1.6, n_labels - 1), score)
    labels[:n_labels] = np.arange(n_labels)
    return X, labels, rng.uniform(0.2, 3, n)


def plain_loss(
    beta: NDArray[np.float64],
    thresholds: NDArray[np.float64],
    X: NDArray[np.float64],
    labels: NDArray[np.int64],
    weights: NDArray[np.float64],
    l2: float,
) -> float:
    """The penalized likelihood written out film by film."""
    total = l2 / 2 * float(beta @ beta)
    edges = [-np.inf, *thresholds, np.inf]
    for x, label, weight in zip(X, labels, weights, strict=True):
        up_to = [1 / (1 + np.exp(-(edge - float(x @ beta)))) for edge in edges]
        total -= weight * np.log(up_to[label + 1] - up_to[label])
    return float(total)


@pytest.mark.parametrize("n_labels", [2, 3, 9])
def test_the_loss_is_the_likelihood_written_out_film_by_film(n_labels: int) -> None:
    X, labels, weights = problem(n_labels=n_labels)
    parameters = np.random.default_rng(1).normal(0, 0.7, 3 + n_labels - 1)
    loss, _ = ordinal_loss(parameters, X, labels, weights, l2=2.5)
    expected = plain_loss(parameters[:3], thresholds_of(parameters[3:]), X, labels, weights, l2=2.5)
    assert loss == pytest.approx(expected, rel=1e-12)


@pytest.mark.parametrize("n_labels", [2, 3, 9])
def test_the_gradient_is_that_of_finite_differences(n_labels: int) -> None:
    X, labels, weights = problem(n_labels=n_labels)
    parameters = np.random.default_rng(2).normal(0, 0.7, 3 + n_labels - 1)
    _, gradient = ordinal_loss(parameters, X, labels, weights, l2=2.5)
    for place in range(parameters.size):
        step = np.zeros(parameters.size)
        step[place] = 1e-6
        up, _ = ordinal_loss(parameters + step, X, labels, weights, l2=2.5)
        down, _ = ordinal_loss(parameters - step, X, labels, weights, l2=2.5)
        assert gradient[place] == pytest.approx((up - down) / 2e-6, rel=1e-6, abs=1e-6)


def test_the_loss_stays_finite_far_from_the_data() -> None:
    X, labels, weights = problem()
    loss, gradient = ordinal_loss(np.array([400.0, 0, 0, 0, 1, 1]), X, labels, weights, l2=0)
    assert np.isfinite(loss)
    assert np.isfinite(gradient).all()


def frame(X: NDArray[np.float64]) -> pl.DataFrame:
    """Features of mean 0 and variance 1 under names, so that the encoder leaves them alone."""
    scaled = (X - X.mean(axis=0)) / X.std(axis=0)
    columns = {f"x{place}": scaled[:, place] for place in range(X.shape[1])}
    return pl.DataFrame({"title_id": np.arange(len(X)), "as_of": date(2001, 2, 3), **columns})


def test_the_fit_is_the_optimum_that_a_slow_search_finds() -> None:
    from scipy.optimize import minimize

    X, labels, _ = problem(n=50)
    features = frame(X)
    model = OrdinalLogistic(n_classes=4, l2=1.0, min_count=1).fit(features, labels)
    inputs = features.select("x0", "x1", "x2").to_numpy()

    def loss(free: NDArray[np.float64]) -> float:
        ascending = np.sort(free[3:])
        return plain_loss(free[:3], ascending, inputs, labels, np.ones(50), l2=1.0)

    start = np.array([0.0, 0, 0, -1, 0, 1])
    options = {"maxiter": 6000, "maxfev": 6000, "xatol": 1e-7, "fatol": 1e-10, "adaptive": True}
    found = minimize(loss, start, method="Nelder-Mead", options=options).x
    np.testing.assert_allclose(model.coefficients_, found[:3], atol=1e-4)
    np.testing.assert_allclose(model.thresholds_, np.sort(found[3:]), atol=1e-4)


def test_planted_effects_are_found_again() -> None:
    rng = np.random.default_rng(4)
    X = rng.normal(0, 1, (6000, 3))
    thresholds = np.array([-2.0, -1.0, 0.0, 0.2, 3.0])
    score = X @ [1.5, -0.7, 0.0] + rng.logistic(0, 1, 6000)
    labels = np.searchsorted(thresholds, score)
    model = OrdinalLogistic(n_classes=6, l2=1e-3, min_count=1).fit(frame(X), labels)
    np.testing.assert_allclose(model.coefficients_, [1.5, -0.7, 0.0], atol=0.1)
    np.testing.assert_allclose(model.thresholds_, thresholds, atol=0.15)


def test_without_use_of_inputs_the_probabilities_are_the_shares() -> None:
    X, labels, _ = problem(n=80)
    model = OrdinalLogistic(n_classes=9, l2=1e9, min_count=1).fit(frame(X), labels * 2)
    shares = np.bincount(labels * 2, minlength=9) / 80
    np.testing.assert_allclose(model.probabilities(frame(X)), np.tile(shares, (80, 1)), atol=1e-5)


def slow_descending(row: NDArray[np.float64]) -> NDArray[np.float64]:
    """Pool adjacent violators, one row."""
    blocks: list[list[float]] = []
    for value in row:
        blocks.append([float(value)])
        while len(blocks) > 1 and np.mean(blocks[-2]) < np.mean(blocks[-1]):
            last = blocks.pop()
            blocks[-1] += last
    return np.concatenate([np.full(len(block), np.mean(block)) for block in blocks])


def test_the_nearest_descending_row_is_that_of_pooled_violators() -> None:
    rng = np.random.default_rng(6)
    rows = np.round(rng.random((300, 8)), 1)  # with ties
    expected = np.array([slow_descending(row) for row in rows])
    np.testing.assert_allclose(nearest_descending(rows), expected, atol=1e-12)
    np.testing.assert_allclose(nearest_descending(rows[:, :1]), rows[:, :1])


def test_frank_hall_answers_are_the_differences_of_its_members_in_order() -> None:
    features, revenue = films(120)
    classes = success_class(revenue, np.full(120, 2e7))
    model = FrankHall(
        n_trees=20, min_count=3, min_weight=0.1, learning_rate=0.5, smoothing=0.1
    ).fit(features, classes)
    X = model.encoder_.transform(features)
    above = np.column_stack([each.predict_proba(X)[:, 1] for each in model.members_])
    assert (np.diff(above, axis=1) > 0).any()  # they do contradict each other
    shares = np.bincount(classes, minlength=9) / 120
    for p, answers in zip(model.probabilities(features), above, strict=True):
        edges = np.concatenate([[1], slow_descending(answers.astype(np.float64)), [0]])
        expected = 0.1 * shares
        expected[model.occurring_] += 0.9 * -np.diff(edges)
        np.testing.assert_allclose(p, expected, atol=1e-6)


def test_a_boundary_is_learned_from_all_films_on_both_sides_of_it() -> None:
    from xgboost import XGBClassifier

    features, revenue = films(120)
    classes = success_class(revenue, np.full(120, 2e7))
    model = FrankHall(n_trees=10, min_count=3, min_weight=1.0).fit(features, classes)
    X = model.encoder_.transform(features)
    settings = {k: v for k, v in model.members_[2].get_params().items() if v is not None}
    alone = XGBClassifier(**settings).fit(X, classes > model.occurring_[2])
    np.testing.assert_array_equal(alone.predict_proba(X), model.members_[2].predict_proba(X))

"""Rules of decision are chosen on the latest training films, and the test films have no say."""

from __future__ import annotations

import dataclasses

import numpy as np
import pytest

from forecasting_kit import Straight, made_up
from marquee.evaluation.forecasting.compare import compare
from marquee.evaluation.forecasting.splits import by_time, k_folds, rolling
from marquee.evaluation.forecasting.thresholds import CUTS, chosen, chosen_on
from marquee.forecast.decisions import best_threshold, mean_position
from marquee.forecast.targets import class_probabilities, probability_of_multiple


def test_the_latest_fifth_of_the_training_films_chooses() -> None:
    films = made_up("revenue", 100)
    train = np.random.default_rng(1).permutation(by_time(films, 2007).train)
    earlier, latest = chosen_on(films, train)
    assert sorted([*earlier, *latest]) == sorted(train)
    assert latest.size == round(0.2 * train.size)
    assert films.released[earlier].max() <= films.released[latest].min()
    one, other = chosen_on(films, train[:2])
    assert one.size == other.size == 1


def test_the_threshold_and_the_cuts_are_those_that_serve_the_chosen_rows() -> None:
    for target in ("revenue", "success"):
        films = made_up(target, 400)
        rows = np.arange(300, 400)
        model = Straight().fit(films.features[:300], films.revenue_usd[:300])
        forecast = model.predict(films.features[rows])
        told = chosen(films, rows, forecast, None, 2.0)
        budget = films.budget_usd[rows]
        if target == "revenue":
            chance = probability_of_multiple(forecast, budget, 2.0)
            happened = films.revenue_usd[rows] >= 2 * budget
            assert told.threshold == best_threshold(chance, happened, "balanced_accuracy")
            assert told.cuts is None
        else:
            assert told.threshold is None
            assert told.cuts is not None
            given = class_probabilities(forecast, budget)
            position = mean_position(given)
            expected = np.searchsorted(told.cuts.cuts, position, side="right")
            np.testing.assert_array_equal(told.cuts(given), expected)


@pytest.mark.parametrize("kind", ["time", "rolling", "kfold"])
def test_outcomes_of_test_films_do_not_move_the_rules(kind: str) -> None:
    films = made_up("revenue", 300)
    splits = {
        "time": [by_time(films, 2007)],
        "rolling": rolling(films, 2008, 2009),
        "kfold": k_folds(films, 2, 0),
    }[kind]
    turned = films.revenue_usd.copy()
    last = splits[-1].test
    turned[last] = turned[last][::-1]
    other = dataclasses.replace(films, revenue_usd=turned, outcome=turned)
    told = [
        compare(each, splits[-1:], {"line": Straight()}, thresholds=True, n_resamples=5)
        .result("line")
        .metrics
        for each in (films, other)
    ]
    assert told[0]["threshold_2x"] == told[1]["threshold_2x"]
    assert told[0]["balanced_accuracy_2x"] != told[1]["balanced_accuracy_2x"]


def test_classes_get_a_row_with_chosen_cuts_that_serves_kappa() -> None:
    films = made_up("success", 900, noise=1.5)
    split = by_time(films, 2007)
    report = compare(films, [split], {"line": Straight()}, thresholds=True, n_resamples=5)
    cut = report.result("line", CUTS)
    kappa = {
        result.rule: result.metrics["quadratic_kappa"]
        for result in report.results
        if result.name == "line"
    }
    assert list(kappa) == ["most-likely", "within-one", "median", "expected", CUTS]
    assert kappa[CUTS] > kappa["most-likely"]
    assert cut.metrics["rps"] == report.result("line", "expected").metrics["rps"]
    assert cut.per_class is not None
    scores = [each.rps for each in cut.per_class if each.rps is not None]
    counts = [each.n for each in cut.per_class if each.n]
    assert np.average(scores, weights=counts) == pytest.approx(cut.metrics["rps"])


def test_nothing_is_chosen_unless_asked_for_or_where_no_rule_is_needed() -> None:
    films = made_up("revenue", 200)
    split = by_time(films, 2007)
    plain = compare(films, [split], {"line": Straight()}, n_resamples=5)
    assert "threshold_2x" not in plain.result("line").metrics
    other = made_up("popularity", 200)
    told = compare(other, [by_time(other, 2007)], {"line": Straight()}, thresholds=True)
    assert "threshold_2x" not in told.result("line").metrics

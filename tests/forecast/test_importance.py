"""Shuffling tells what an input is worth, and nothing of inputs that no model looks at."""

from __future__ import annotations

import numpy as np
import polars as pl
import pytest

from forecast_kit import films
from forecasting_kit import Straight, made_up
from marquee.errors import NotFittedError, ParameterError
from marquee.forecast import CLASSIFIERS, FORECASTERS
from marquee.forecast.importance import permutation_importance

GROUPS = {"budget_usd": "budget", "genres": "genre", "plot_text": "plot"}


def test_a_straight_line_loses_what_its_weights_say() -> None:
    told = made_up("revenue", 2000, seed=1)
    model = Straight().fit(told.features, told.outcome)
    found = permutation_importance(model, told.features, told.outcome, n_repeats=20)
    error = np.log(model.predict(told.features).median) - np.log(told.outcome)
    assert found.base == pytest.approx(np.sqrt(np.mean(error**2)))
    by_name = {each.name: each for each in found.inputs}
    for place, name in enumerate(("log_budget", "signal"), start=1):
        # Values of two films differ by twice the variance.
        added = 2 * (model.weights_[place] * told.features[name].to_numpy().std()) ** 2
        expected = np.sqrt(found.base**2 + added) - found.base
        assert by_name[name].increase == pytest.approx(expected, rel=0.05)
        assert 0 < by_name[name].low < by_name[name].increase < by_name[name].high
    assert by_name["secret"].increase == by_name["secret"].low == by_name["secret"].high == 0
    assert [each.increase for each in found.inputs] == sorted(
        (each.increase for each in found.inputs), reverse=True
    )


def test_the_interval_is_wider_on_fewer_films() -> None:
    widths = []
    for n in (60, 2000):
        told = made_up("revenue", n, seed=2)
        model = Straight().fit(told.features, told.outcome)
        first = permutation_importance(model, told.features, told.outcome).inputs[0]
        widths.append(first.high - first.low)
    assert widths[0] > 2 * widths[1]


def test_columns_that_say_the_same_are_missed_only_together() -> None:
    told = made_up("revenue", 600, seed=3)
    twice = told.features.with_columns(pl.col("signal").alias("again"))
    model = Straight(inputs=("log_budget", "signal", "again")).fit(twice, told.outcome)
    alone = permutation_importance(model, twice, told.outcome)
    groups = {"signal": "signal", "again": "signal"}
    both = permutation_importance(model, twice, told.outcome, groups)
    by_name = {each.name: each.increase for each in alone.inputs}
    together = {each.name: each.increase for each in both.inputs}["signal"]
    assert together > 2 * max(by_name["signal"], by_name["again"])


@pytest.mark.parametrize("name", ["ridge", "xgboost", "comparables"])
def test_any_forecaster_can_be_asked(name: str) -> None:
    features, revenue = films(120)
    model = FORECASTERS[name]().fit(features[:80], revenue[:80])
    found = permutation_importance(model, features[80:], revenue[80:], GROUPS)
    by_name = {each.name: each.increase for each in found.inputs}
    assert found.loss == "log-RMSE"
    assert found.inputs[0].name == "budget"
    assert by_name["always_one"] == by_name["never_known"] == 0
    again = permutation_importance(model, features[80:], revenue[80:], GROUPS)
    assert again == found


def test_a_classifier_is_asked_for_its_log_loss() -> None:
    features, revenue = films(120)
    classes = (revenue > np.median(revenue)).astype(int)
    model = CLASSIFIERS["logistic"](n_classes=2).fit(features, classes)
    found = permutation_importance(model, features, classes, GROUPS)
    chances = model.probabilities(features)[np.arange(120), classes]
    assert found.loss == "log loss"
    assert found.base == pytest.approx(-np.log(chances).mean())
    assert found.inputs[0].name == "budget"


def test_what_cannot_be_shuffled_is_refused() -> None:
    features, revenue = films(40)
    model = FORECASTERS["ridge"]()
    with pytest.raises(NotFittedError):
        permutation_importance(model, features, revenue)
    model.fit(features, revenue)
    with pytest.raises(ParameterError, match="two films or more"):
        permutation_importance(model, features[:1], revenue[:1])
    with pytest.raises(ParameterError, match="40 films, 39 outcomes"):
        permutation_importance(model, features, revenue[1:])
    with pytest.raises(ParameterError, match="n_repeats=0"):
        permutation_importance(model, features, revenue, n_repeats=0)

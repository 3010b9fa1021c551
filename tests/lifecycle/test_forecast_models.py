"""Models by the names that people type."""

from __future__ import annotations

import pytest

from marquee.errors import ParameterError
from marquee.evaluation.forecasting.frames import TARGETS, Target
from marquee.forecast import CLASSIFIERS, DEFAULT_FORECASTER, FORECASTERS
from marquee.forecast.base import Classifier, Forecaster
from marquee.lifecycle.forecast_models import (
    BASELINE_TWINS,
    forecast_models,
    known_models,
    with_settings,
)


@pytest.mark.parametrize("target", TARGETS)
def test_every_known_name_makes_a_model(target: Target) -> None:
    names = known_models(target)
    made = forecast_models(names, target, seed=5)
    assert tuple(made) == names
    assert {model.params().get("seed", 5) for model in made.values()} == {5}


def test_a_name_of_both_kinds_is_a_classifier_of_success_unless_said_otherwise() -> None:
    made = forecast_models(["xgboost", "forecaster:xgboost", "classifier:mlp", "ols"], "success")
    kinds = [isinstance(model, Classifier) for model in made.values()]
    assert kinds == [True, False, True, False]
    assert isinstance(forecast_models(["xgboost"], "revenue")["xgboost"], Forecaster)


def test_all_is_every_model_that_fits_but_those_of_the_baselines() -> None:
    revenue = set(forecast_models(["all"], "revenue"))
    assert revenue == set(FORECASTERS) - set(BASELINE_TWINS)
    assert "comparables" not in forecast_models(["all"], "popularity")
    success = set(forecast_models(["all"], "success"))
    assert success <= {*CLASSIFIERS, DEFAULT_FORECASTER}
    assert {"logistic", "frank-hall", DEFAULT_FORECASTER} <= success


@pytest.mark.parametrize(
    ("target", "scale"), [("revenue", "log"), ("popularity", "log1p"), ("audience", "plain")]
)
def test_a_model_and_its_members_learn_on_the_scale_of_the_target(
    target: Target, scale: str
) -> None:
    made = forecast_models(["ridge", "stacking", DEFAULT_FORECASTER], target)
    assert {model.params()["outcome_scale"] for model in made.values()} == {scale}
    members = made["stacking"].params()["members"]
    assert {member.params()["outcome_scale"] for member in members} == {scale}


@pytest.mark.parametrize(
    ("name", "target"),
    [
        ("xgbost", "revenue"),
        ("logistic", "revenue"),
        ("comparables", "popularity"),
        ("classifier:ridge", "success"),
        ("classifier:xgboost", "revenue"),
        ("model:xgboost", "revenue"),
        (":xgboost", "revenue"),
    ],
)
def test_a_name_that_does_not_fit_is_answered_with_those_that_do(name: str, target: Target) -> None:
    with pytest.raises(ParameterError, match=r"there is no model .* there are .*random-forest"):
        forecast_models([name], target)


def test_no_name_is_no_comparison() -> None:
    with pytest.raises(ParameterError, match="name a model"):
        forecast_models([], "revenue")


def test_settings_are_words_and_reach_all_models_that_have_them() -> None:
    models = forecast_models(["logistic", "xgboost"], "success")
    words = {"class_weight": "balanced", "impute": "iterative", "depth": "3", "rows": "0.5"}
    given = with_settings(models, words)
    for model in given.values():
        params = model.params()
        assert (params["class_weight"], params["impute"]) == ("balanced", "iterative")
    assert given["xgboost"].params()["depth"] == 3
    assert given["xgboost"].params()["rows"] == 0.5
    assert "depth" not in given["logistic"].params()
    assert models["logistic"].params()["class_weight"] is None
    back = with_settings(given, {"impute": "none"})
    assert back["xgboost"].params()["impute"] is None


@pytest.mark.parametrize("word", ["none", "forest", "both"])
def test_none_is_a_word_where_a_setting_has_no_none(word: str) -> None:
    given = with_settings(forecast_models(["forward-blend"], "revenue"), {"after_ridge": word})
    assert given["forward-blend"].params()["after_ridge"] == word


@pytest.mark.parametrize(("word", "value"), [("0.3", 0.3), ("log2", "log2")])
def test_a_setting_of_a_number_or_a_word_takes_either(word: str, value: object) -> None:
    given = with_settings(forecast_models(["random-forest"], "success"), {"max_features": word})
    assert given["random-forest"].params()["max_features"] == value


@pytest.mark.parametrize(
    ("settings", "says"),
    [
        ({"wings": "2"}, "no model has a setting 'wings'; there are for ridge: .*l2"),
        ({"l2": "much"}, "l2 must be a number of 0 or more, got 'much'"),
        ({"l2": "none"}, "l2 must be a number of 0 or more, got 'none'"),
        ({"l2": "-1"}, "l2 must be a number of 0 or more, got '-1'"),
        ({"l2": "inf"}, "l2 must be a number of 0 or more, got 'inf'"),
        ({"min_count": "2.5"}, "min_count must be a whole number of 0 or more, got '2.5'"),
        ({"min_count": "-2"}, "min_count must be a whole number of 0 or more, got '-2'"),
        ({"calibration": "2"}, "calibration must be a share"),
        ({"seed": "3"}, "no model has a setting 'seed'"),
    ],
)
def test_a_wrong_setting_is_refused(settings: dict[str, str], says: str) -> None:
    with pytest.raises(ParameterError, match=says):
        with_settings(forecast_models(["ridge"], "revenue"), settings)

"""Each regression gives what its definition, or its library asked directly, gives."""

from __future__ import annotations

import io
from dataclasses import replace
from typing import Any

import numpy as np
import polars as pl
import pytest
from numpy.typing import NDArray

from forecast_kit import films
from marquee.forecast.encoding import Encoder
from marquee.forecast.pipelines import (
    MLP,
    OLS,
    AdaBoost,
    GradientBoosting,
    Neighbors,
    PipelineForecaster,
    RandomForest,
    Ridge,
    XGBoost,
)
from marquee.forecast.space import Range

pytestmark = pytest.mark.slow

EACH: tuple[PipelineForecaster, ...] = (
    OLS(),
    Ridge(),
    RandomForest(n_trees=10),
    AdaBoost(n_trees=5),
    XGBoost(n_trees=10),
    GradientBoosting(n_trees=10),
    MLP(n_epochs=5),
    Neighbors(),
)

each_model = pytest.mark.parametrize("model", EACH, ids=lambda model: type(model).__name__)


def encoded(
    model: PipelineForecaster,
) -> tuple[pl.DataFrame, NDArray[np.float64], NDArray[np.float64], NDArray[np.float64]]:
    """Later films, their matrix, the training matrix and log revenues, encoded as for the model."""
    features, revenue = films(120)
    later, _ = films(30, seed=5)
    encoder = Encoder(impute=model.impute, scale=model.scale, min_count=model.min_count)
    X = encoder.fit(features).transform(features)
    model.fit(features, revenue)
    return later, encoder.transform(later), X, np.log(revenue)


def test_ols_is_the_least_squares_solution_of_least_length() -> None:
    model = OLS(min_count=3)
    later, X_later, X, y = encoded(model)
    centered = X - X.mean(axis=0)
    coefficients = np.linalg.lstsq(centered, y - y.mean(), rcond=None)[0]
    expected = y.mean() + (X_later - X.mean(axis=0)) @ coefficients
    np.testing.assert_allclose(model.center(later), expected, rtol=1e-6)


def test_ridge_is_its_closed_form_with_a_free_intercept() -> None:
    model = Ridge(min_count=3, l2=7.0)
    later, X_later, X, y = encoded(model)
    centered = X - X.mean(axis=0)
    gram = centered.T @ centered + 7.0 * np.eye(X.shape[1])
    coefficients = np.linalg.solve(gram, centered.T @ (y - y.mean()))
    expected = y.mean() + (X_later - X.mean(axis=0)) @ coefficients
    np.testing.assert_allclose(model.center(later), expected, rtol=1e-8)


@pytest.mark.parametrize("by_distance", [False, True])
def test_neighbors_are_the_nearest_films_by_hand(by_distance: bool) -> None:
    model = Neighbors(min_count=3, k=6, by_distance=by_distance)
    later, X_later, X, y = encoded(model)
    for row, got in zip(X_later, model.center(later), strict=True):
        distance = np.sqrt(((X - row) ** 2).sum(axis=1))
        nearest = np.argsort(distance)[:6]
        weights = 1 / distance[nearest] if by_distance else np.ones(6)
        assert got == pytest.approx(np.average(y[nearest], weights=weights))


def test_k_is_at_most_the_films_there_are() -> None:
    features, revenue = films(20)
    model = Neighbors(min_count=3, k=500, by_distance=False).fit(features, revenue)
    np.testing.assert_allclose(model.center(features), np.log(revenue).mean())


def direct(model: PipelineForecaster) -> Any:
    """The library's estimator, asked for directly with the model's defaults."""
    from sklearn.ensemble import (
        AdaBoostRegressor,
        HistGradientBoostingRegressor,
        RandomForestRegressor,
    )
    from sklearn.tree import DecisionTreeRegressor
    from xgboost import XGBRegressor

    if isinstance(model, RandomForest):
        return RandomForestRegressor(
            n_estimators=10, min_samples_leaf=5, max_features=0.2, random_state=4
        )
    if isinstance(model, AdaBoost):
        trees = DecisionTreeRegressor(max_depth=5)
        return AdaBoostRegressor(trees, n_estimators=5, learning_rate=0.1, random_state=4)
    if isinstance(model, XGBoost):
        return XGBRegressor(
            n_estimators=10, learning_rate=0.04, max_depth=4, subsample=0.7, colsample_bytree=0.4,
            min_child_weight=10, reg_lambda=5, random_state=4, n_jobs=1,
        )  # fmt: skip
    return HistGradientBoostingRegressor(
        max_iter=10, learning_rate=0.05, max_depth=4, min_samples_leaf=20, l2_regularization=5,
        max_features=0.4, early_stopping=False, random_state=4,
    )  # fmt: skip


@pytest.mark.parametrize(
    "model",
    [
        RandomForest(n_trees=10, seed=4),
        AdaBoost(n_trees=5, seed=4),
        XGBoost(n_trees=10, seed=4),
        GradientBoosting(n_trees=10, seed=4),
    ],
    ids=lambda model: type(model).__name__,
)
def test_trees_are_those_of_the_library(model: PipelineForecaster) -> None:
    later, X_later, X, y = encoded(model)
    expected = direct(model).fit(X, y).predict(X_later)
    np.testing.assert_allclose(model.center(later), expected, rtol=1e-6)


@pytest.mark.filterwarnings("ignore:Stochastic Optimizer")
def test_the_perceptrons_learn_the_standard_score_and_are_averaged() -> None:
    from sklearn.neural_network import MLPRegressor

    model = MLP(n_epochs=200, hidden=(8,), l2=1.0, n_networks=2, seed=4)
    later, X_later, X, y = encoded(model)
    scores = []
    for seed in (4, 5):
        network = MLPRegressor(
            hidden_layer_sizes=(8,),
            alpha=1,
            learning_rate_init=0.002,
            max_iter=200,
            random_state=seed,
        )
        scores.append(network.fit(X, (y - y.mean()) / y.std()).predict(X_later))
    expected = y.mean() + y.std() * np.mean(scores, axis=0)
    np.testing.assert_allclose(model.center(later), expected, rtol=1e-6)


@each_model
def test_a_fitted_pipeline_is_saved_without_pickle_and_comes_back_the_same(
    model: PipelineForecaster,
) -> None:
    import skops.io

    features, revenue = films(120)
    fitted = replace(model, text="tfidf-svd").fit(features, revenue)
    stream = io.BytesIO(skops.io.dumps(fitted.pipeline_))
    unknown = skops.io.get_untrusted_types(data=stream.getvalue())
    known = ("marquee.forecast.encoding.", "numpy.", "sklearn.", "xgboost.")
    assert all(name.startswith(known) for name in unknown)
    again = skops.io.loads(stream.getvalue(), trusted=unknown)
    np.testing.assert_array_equal(again.predict(features), fitted.pipeline_.predict(features))


@each_model
def test_the_space_beside_a_model_can_be_set(model: PipelineForecaster) -> None:
    for name, choice in model.space.items():
        values = (choice.low, choice.high) if isinstance(choice, Range) else choice
        for value in values:
            kind = type(model.params()[name])
            given = kind(value) if kind in (int, float) else value
            changed: dict[str, Any] = {name: given}
            assert replace(model, **changed).params()[name] == given


def test_settings_of_the_encoder_reach_it() -> None:
    features, revenue = films(80)
    settings = {
        "impute": "iterative", "scale": "minmax", "text": "tfidf-svd", "min_count": 4,
        "max_words": 3, "seed": 9,
    }  # fmt: skip
    model = OLS(**settings).fit(features, revenue)  # type: ignore[arg-type]  # of several types
    used = model.pipeline_["encoder"].get_params()
    assert {name: used[name] for name in settings} == settings

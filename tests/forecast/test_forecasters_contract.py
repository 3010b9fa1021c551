"""What every forecaster promises, whatever it learns."""

from __future__ import annotations

import dataclasses
from datetime import timedelta
from typing import Any

import numpy as np
import polars as pl
import pytest
from numpy.typing import NDArray

from forecast_kit import films, members
from marquee.errors import MarqueeError, NotFittedError, ParameterError, SchemaError
from marquee.forecast import DEFAULT_FORECASTER, FORECASTERS
from marquee.forecast.base import Forecaster
from marquee.forecast.comparables import BudgetMultiple
from marquee.forecast.distribution import Forecast
from marquee.forecast.pipelines import Ridge, XGBoost

SMALL: dict[str, dict[str, Any]] = {
    "adaboost": {"n_trees": 5},
    "forward-blend": {"n_trees": 40, "n_seeds": 1, "forest_trees": 10, "min_weight": 1.0},
    "gradient-boosting": {"n_trees": 20, "min_leaf": 5},
    "mlp": {"n_epochs": 40, "l2": 0.1, "n_networks": 1},
    "random-forest": {"n_trees": 20},
    "stacking": {"members": (Ridge(min_count=3), BudgetMultiple())},
    "tuned-mlp": {"n_blocks": 1, "n_networks": 1},
    "tuned-random-forest": {"n_trees": 15},
    "xgboost": {"n_trees": 30, "min_weight": 1.0},
}
"""Settings that make the slow ones quick."""

BASELINES = {"mean"}
"""Those that say the same of every title."""

LIGHT = {"budget-multiple", "comparables", "mean", "ridge"}
"""Those that `make check` tries; the whole suite tries all."""

each_forecaster = pytest.mark.parametrize("name", members(FORECASTERS, LIGHT))


def small(name: str) -> Forecaster:
    """An unfitted forecaster, quick to fit."""
    kind = FORECASTERS[name]
    settings = dict(SMALL.get(name, {}))
    if "min_count" in {f.name for f in dataclasses.fields(kind)}:
        settings["min_count"] = 3
    return kind(**settings)


@pytest.fixture(scope="module", params=members(FORECASTERS, LIGHT))
def fitted(request: pytest.FixtureRequest) -> Forecaster:
    """A forecaster fitted on the small films; tests that fit make their own."""
    return small(request.param).fit(*films())


def same(one: Forecast, other: Forecast) -> None:
    np.testing.assert_allclose(one.quantiles, other.quantiles, rtol=1e-9)


@each_forecaster
def test_it_says_what_it_is_and_what_it_is_told(name: str) -> None:
    model = small(name)
    assert FORECASTERS[name].__doc__
    assert type(model)(**model.params()).params() == model.params()
    assert set(model.params()) == {f.name for f in dataclasses.fields(model) if f.init}


def test_the_default_is_one_of_them() -> None:
    assert DEFAULT_FORECASTER in FORECASTERS


def test_quantiles_are_positive_ascending_and_one_row_per_title(fitted: Forecaster) -> None:
    later, _ = films(23, seed=5)
    forecast = fitted.predict(later)
    assert len(forecast) == 23
    assert forecast.log
    assert (forecast.quantiles > 0).all()
    assert (np.diff(forecast.quantiles, axis=1) >= 0).all()
    low, high = forecast.interval(0.8)
    assert (low < forecast.median).all()
    assert (forecast.median < high).all()


def test_no_title_asked_about_is_no_forecast(fitted: Forecaster) -> None:
    assert len(fitted.predict(films()[0].clear())) == 0


def test_neither_the_order_nor_the_company_of_the_asked_matters(fitted: Forecaster) -> None:
    later, _ = films(23, seed=5)
    whole = fitted.predict(later)
    order = np.random.default_rng(1).permutation(23)
    same(fitted.predict(later[order.tolist()]), whole.take(order))
    same(fitted.predict(later[[4]]), whole.take([4]))


def test_columns_may_come_in_another_order_and_with_others(fitted: Forecaster) -> None:
    later, _ = films(23, seed=5)
    other = later.select(reversed(later.columns)).with_columns(pl.lit(1.0).alias("unheard_of"))
    same(fitted.predict(other), fitted.predict(later))


def test_a_missing_column_is_named(fitted: Forecaster) -> None:
    later, _ = films(23, seed=5)
    with pytest.raises(SchemaError, match="genres"):
        fitted.predict(later.drop("genres"))
    with pytest.raises(SchemaError, match="as_of"):
        fitted.predict(later.drop("as_of"))


def test_new_words_and_unknown_columns_are_no_obstacle(fitted: Forecaster) -> None:
    later, _ = films(23, seed=5)
    strange = later.with_columns(
        pl.lit("X‑絵文字🎬").alias("certificate"),
        pl.lit(["Ciné-roman", "Ω"], dtype=pl.List(pl.String)).alias("genres"),
        pl.lit(50.0).alias("never_known"),
    )
    nothing = later.with_columns(
        pl.lit(None).alias(name) for name in later.columns if name not in ("title_id", "as_of")
    )
    for frame in (strange, nothing):
        assert np.isfinite(fitted.predict(frame).quantiles).all()


def test_numbers_beyond_all_bounds_give_a_forecast(fitted: Forecaster) -> None:
    later, _ = films(23, seed=5)
    huge = later.with_columns(pl.lit(1e12).alias("budget_usd"), pl.lit(1e9).alias("runtime_min"))
    assert np.isfinite(fitted.predict(huge).quantiles).all()


@each_forecaster
def test_the_pattern_in_the_data_is_learned(name: str) -> None:
    if name in BASELINES:
        pytest.skip("says the same of every title")
    features, revenue = films(160)
    later, truth = films(60, seed=5)
    got = np.log(small(name).fit(features, revenue).predict(later).median)
    mean = np.log(revenue).mean()
    error = np.sqrt(np.mean((got - np.log(truth)) ** 2))
    assert error < 0.85 * np.sqrt(np.mean((mean - np.log(truth)) ** 2))


@each_forecaster
def test_the_same_seed_gives_the_same_answer(name: str) -> None:
    features, revenue = films()
    later, _ = films(23, seed=5)
    same(
        small(name).fit(features, revenue).predict(later),
        small(name).fit(features, revenue).predict(later),
    )


@each_forecaster
def test_a_refit_forgets(name: str) -> None:
    features, revenue = films()
    other, its_revenue = films(50, seed=9)
    later, _ = films(23, seed=5)
    twice = small(name).fit(other.drop("debut"), 50 * its_revenue).fit(features, revenue)
    same(twice.predict(later), small(name).fit(features, revenue).predict(later))


@each_forecaster
def test_a_copy_with_other_settings_is_unfitted_and_leaves_the_first_alone(name: str) -> None:
    features, revenue = films()
    model = small(name).fit(features, revenue)
    before = model.predict(features)
    copy = dataclasses.replace(model)
    assert copy.params() == model.params()
    with pytest.raises(NotFittedError):
        copy.predict(features)
    copy.fit(features, 2 * revenue)
    same(model.predict(features), before)


@each_forecaster
def test_a_constant_outcome_is_foretold(name: str) -> None:
    features, revenue = films()
    if name in ("comparables", "budget-multiple"):
        features = features.with_columns(pl.lit(1e7).alias("budget_usd"))
    forecast = small(name).fit(features, np.full(revenue.size, 3e7)).predict(features)
    np.testing.assert_allclose(forecast.quantiles, 3e7, rtol=1e-6)


@each_forecaster
def test_one_film_to_learn_from_gives_an_answer_or_says_why_not(name: str) -> None:
    features, revenue = films()
    one = features[[0]]
    try:
        forecast = small(name).fit(one, revenue[:1]).predict(one)
    except MarqueeError as error:
        assert "needs at least" in str(error)  # noqa: PT017  # an answer is as good
    else:
        np.testing.assert_allclose(forecast.median, revenue[:1])


@each_forecaster
def test_what_cannot_be_learned_is_refused(name: str) -> None:
    features, revenue = films()
    broken: NDArray[np.float64] = revenue.copy()
    broken[3] = np.nan
    for outcome, said in ((broken, "not finite"), (revenue[1:], "80 rows"), (0 * revenue, "0 has")):
        with pytest.raises(ParameterError, match=said):
            small(name).fit(features, outcome)
    with pytest.raises(ParameterError, match="got none"):
        small(name).fit(features.clear(), [])
    with pytest.raises(NotFittedError):
        small(name).predict(features)


@each_forecaster
def test_the_order_of_training_rows_does_not_choose_the_latest(name: str) -> None:
    features, revenue = films()
    if not hasattr(small(name), "calibration") or name == "stacking":
        pytest.skip("calibrates nothing")
    order = np.random.default_rng(2).permutation(features.height)
    shifted = features.with_columns(pl.col("as_of") + timedelta(days=3))
    one = small(name).fit(shifted, revenue)
    other = small(name).fit(shifted[order.tolist()], revenue[order])
    assert one.residuals_.size == other.residuals_.size == 16  # type: ignore[attr-defined]  # asked above


@pytest.mark.parametrize(
    ("model", "words"),
    [
        (Ridge(l2=-1.0), "Ridge cannot be fitted: .*alpha.*-1"),
        (XGBoost(rows=2.0), "XGBoost cannot be fitted: value 2 .*subsample"),
    ],
)
def test_a_setting_that_a_library_refuses_is_told_as_such(model: Forecaster, words: str) -> None:
    with pytest.raises(ParameterError, match=words):
        model.fit(*films())
    with pytest.raises(NotFittedError):
        model.predict(films()[0])

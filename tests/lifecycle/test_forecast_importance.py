"""What inputs are worth is asked of late training films, and of no test film."""

from __future__ import annotations

import dataclasses

import numpy as np
import polars as pl
import pytest

from forecasting_kit import Straight, made_up
from marquee.errors import ParameterError
from marquee.evaluation.forecasting.frames import Labeled, Target
from marquee.features.frame import column
from marquee.forecast import CLASSIFIERS
from marquee.lifecycle.forecast_importance import measure_importance


def films(target: Target = "revenue", n: int = 400) -> Labeled:
    """Films with columns that have a group."""
    made = made_up(target, n)
    features = made.features.select(
        "title_id",
        "as_of",
        pl.col("log_budget").exp().alias("budget_usd"),
        pl.col("signal").alias("runtime_min"),
    )
    return dataclasses.replace(made, features=features)


def test_late_training_films_are_asked_about_and_the_budget_is_worth_most() -> None:
    model = Straight(inputs=("budget_usd", "runtime_min"))
    told = measure_importance(films(), "line", model, last_year=2007)
    assert (told.learned_until, told.asked) == (2004, (2005, 2007))
    assert told.n_learned + told.n_asked == (films().years <= 2007).sum()
    names = {each.name for each in told.importances.inputs}
    assert names == {column("budget_usd").group, column("runtime_min").group}
    assert told.importances.loss == "log-RMSE"


def test_whether_test_films_were_read_can_be_told() -> None:
    model = Straight(inputs=("budget_usd",))
    usual = measure_importance(films(), "line", model)
    assert usual.asked[1] < usual.test_from
    later = measure_importance(films(), "line", model, last_year=usual.test_from + 1)
    assert later.asked[1] >= later.test_from == usual.test_from


def test_later_films_have_no_say() -> None:
    own = films()
    spoiled = own.revenue_usd.copy()
    spoiled[own.years > 2007] *= 1e3
    other = dataclasses.replace(own, revenue_usd=spoiled, outcome=spoiled)
    first, second = (
        measure_importance(each, "line", Straight(inputs=("runtime_min",)), last_year=2007)
        for each in (own, other)
    )
    assert first == second


def test_a_classifier_is_measured_by_its_log_loss() -> None:
    told = measure_importance(films("success"), "prior", CLASSIFIERS["prior"](), last_year=2007)
    assert told.importances.loss == "log loss"
    assert all(each.increase == 0 for each in told.importances.inputs)


def test_too_few_years_are_refused() -> None:
    own = films()
    early = own.take(np.flatnonzero(own.years <= 2002))
    with pytest.raises(ParameterError, match="more than 3 years are needed up to 2002"):
        measure_importance(early, "line", Straight(), last_year=2002)

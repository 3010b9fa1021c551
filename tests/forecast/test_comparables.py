"""The rules of thumb, against sums by hand."""

from __future__ import annotations

from datetime import date

import numpy as np
import polars as pl
import pytest

from forecast_kit import films
from marquee.data.tables import Tables
from marquee.errors import ParameterError, SchemaError
from marquee.evaluation.forecasting.frames import labeled
from marquee.forecast.comparables import BudgetMultiple, Comparables, Mean
from marquee.forecast.conformal import residual_quantiles
from marquee.forecast.distribution import LEVELS


def catalog(
    budget: list[float | None], genres: list[list[str] | None] | None = None
) -> pl.DataFrame:
    n = len(budget)
    return pl.DataFrame(
        {
            "title_id": range(n),
            "as_of": [date(2001, 1, 1)] * n,
            "budget_usd": pl.Series(budget, dtype=pl.Float64),
            "genres": pl.Series(genres or [None] * n, dtype=pl.List(pl.String)),
        }
    )


def test_the_rule_is_the_budget_times_the_median_multiple() -> None:
    train = catalog([10.0, 20.0, 30.0, 40.0, 50.0])
    model = BudgetMultiple().fit(train, [5.0, 40.0, 90.0, 160.0, 500.0])  # ½, 2, 3, 4, 10
    forecast = model.predict(catalog([7.0, 100.0]))
    np.testing.assert_allclose(forecast.median, [21, 300])
    np.testing.assert_allclose(forecast.at([0.1, 0.9])[0], [3.5, 70])
    np.testing.assert_allclose(forecast.quantiles[1] / forecast.quantiles[0], 100 / 7)


def test_films_without_a_budget_get_the_outcomes_of_such_films_or_of_all() -> None:
    known, unknown = [10.0] * 20, [None] * 11
    train = catalog(known + unknown)
    outcome = np.r_[np.full(20, 1000.0), np.arange(1.0, 12.0)]
    asked = catalog([None, 0.0, -5.0, float("nan"), 1.0])
    got = BudgetMultiple().fit(train, outcome).predict(asked).median
    np.testing.assert_allclose(got, [6, 6, 6, 6, 100])
    few = BudgetMultiple().fit(train.head(29), outcome[:29]).predict(asked).median
    np.testing.assert_allclose(few[0], 1000)
    none = BudgetMultiple().fit(catalog([None] * 3), [1.0, 2.0, 3.0])
    np.testing.assert_allclose(none.predict(asked).median, [2, 2, 2, 2, 1])


def test_the_mean_is_the_distribution_of_the_training_films() -> None:
    features, revenue = films(199)
    forecast = Mean().fit(features, revenue).predict(features.head(3))
    for row in forecast.quantiles:
        np.testing.assert_allclose(row[[1, 50, 99]], np.sort(revenue)[[1, 99, 197]])
    plain = Mean(outcome_scale="plain").fit(features, revenue - revenue.max())
    assert not plain.predict(features).log


def test_like_films_are_those_of_the_main_genre_and_the_class_of_budget() -> None:
    # Three classes of ten budgets; small horror makes 8 times its budget, other horror 2 times,
    # drama 1 time; 10 films per cell.
    budgets = [10.0, 100.0, 1000.0]
    rows = [(b, g) for b in budgets for g in ("Horror", "Drama") for _ in range(10)]
    multiple = np.array(
        [8.0 if g == "Horror" and b == 10 else 2.0 if g == "Horror" else 1.0 for b, g in rows]
    )
    train = catalog([b for b, _ in rows], [[g, "Thriller"] for _, g in rows])
    outcome = multiple * [b for b, _ in rows]
    asked = catalog(
        [10.0, 100.0, 1000.0, 10.0, 10.0, 10.0],
        [["Horror"], ["Horror", "Drama"], ["Drama"], ["Thriller"], [], None],
    )
    sharp = Comparables(min_films=10, shrinkage=0.0).fit(train, outcome).predict(asked)
    np.testing.assert_allclose(
        sharp.median / asked["budget_usd"].to_numpy(), [8, 2, 1, 1.5, 1.5, 1.5], rtol=0.06
    )
    by_genre = Comparables(min_films=11, shrinkage=0.0).fit(train, outcome).predict(asked)
    np.testing.assert_allclose(by_genre.median[:3] / asked["budget_usd"].to_numpy()[:3], [2, 2, 1])
    plain = Comparables(min_films=31).fit(train, outcome).predict(asked)
    np.testing.assert_array_equal(
        plain.quantiles, BudgetMultiple().fit(train, outcome).predict(asked).quantiles
    )


def test_a_group_is_shrunk_toward_all_by_as_many_films_as_asked() -> None:
    features, revenue = films(300)
    features = features.with_columns(pl.lit(1e7).alias("budget_usd"))
    genre = features["genres"].list.first()
    mine = (genre == "Action").fill_null(False).to_numpy()
    log_multiple = np.log(revenue / 1e7)
    own, everybody = (residual_quantiles(x, LEVELS) for x in (log_multiple[mine], log_multiple))
    weight = mine.sum() / (mine.sum() + 50)
    forecast = Comparables(shrinkage=50).fit(features, revenue).predict(features)
    expected = 1e7 * np.exp(weight * own + (1 - weight) * everybody)
    np.testing.assert_allclose(forecast.quantiles[mine], np.tile(expected, (mine.sum(), 1)))


def test_what_a_rule_needs_is_asked_for_by_name() -> None:
    features, revenue = films(40)
    with pytest.raises(SchemaError, match="budget_usd"):
        BudgetMultiple().fit(features.drop("budget_usd"), revenue)
    with pytest.raises(SchemaError, match="genres"):
        Comparables().fit(features.drop("genres"), revenue)
    with pytest.raises(ParameterError, match="min_films"):
        Comparables(min_films=0)


@pytest.mark.real
@pytest.mark.slow
def test_on_tmdb_5000_the_rule_errs_as_measured_elsewhere(tmdb_5000: Tables) -> None:
    films = labeled(tmdb_5000, "revenue", themes=["budget"])
    train, test = np.flatnonzero(films.years <= 2011), np.flatnonzero(films.years > 2011)
    model = BudgetMultiple().fit(films.features[train], films.outcome[train])
    truth = np.log(films.outcome[test])
    errors = np.log(model.predict(films.features[test]).median) - truth
    r2 = 1 - np.sum(errors**2) / np.sum((truth - truth.mean()) ** 2)
    within_two = np.mean(np.abs(errors) <= np.log(2))
    assert (train.size, test.size) == (2557, 604)
    assert np.sqrt(np.mean(errors**2)) == pytest.approx(1.127, abs=0.002)
    assert r2 == pytest.approx(0.507, abs=0.002)
    assert within_two == pytest.approx(0.530, abs=0.002)

"""Success, return and profit agree with each other, because they are read off one distribution."""

from __future__ import annotations

import numpy as np
import polars as pl
import pytest
from hypothesis import given
from hypothesis import strategies as st
from numpy.typing import NDArray

from marquee.errors import ParameterError
from marquee.forecast.decisions import median_class
from marquee.forecast.distribution import LEVELS, Forecast
from marquee.forecast.targets import (
    CUTS,
    NO_CLASS,
    SUCCESS,
    class_probabilities,
    probability_of_multiple,
    profit_quantiles,
    return_forecast,
    success_class,
)

NAMES = [each.name for each in SUCCESS]
NAN = float("nan")


def spread(n_titles: int = 30, seed: int = 3) -> tuple[Forecast, NDArray[np.float64]]:
    """Skewed revenues of very different spread, some with one value at many levels; budgets."""
    rng = np.random.default_rng(seed)
    budget = np.round(10 ** rng.uniform(5, 8.5, n_titles))
    scores = np.sort(rng.standard_gamma(0.7, (n_titles, LEVELS.size)), axis=1)
    quantiles = budget[:, None] * rng.uniform(0.1, 2, (n_titles, 1)) * (0.01 + scores)
    quantiles[::5, 20:70] = 2.0 * budget[::5, None]  # a heap exactly on a cut-off
    return Forecast(LEVELS, np.sort(quantiles, axis=1), log=True), budget


def single(quantiles: list[float], levels: list[float]) -> Forecast:
    return Forecast(np.array(levels), np.array([quantiles]), log=True)


def test_the_classes_cover_every_return_once_and_in_order() -> None:
    assert SUCCESS[0].low == 0
    assert SUCCESS[-1].high == np.inf
    assert [each.high for each in SUCCESS[:-1]] == [each.low for each in SUCCESS[1:]]
    assert CUTS.tolist() == [0.5, 1, 1.5, 2, 2.5, 3.5, 5, 8]
    assert len(set(NAMES)) == 9


@pytest.mark.parametrize(
    ("multiple", "name"),
    [
        (0.1, "disaster"),
        (0.499, "disaster"),
        (0.5, "flop"),
        (1.0, "below average"),
        (1.5, "average"),
        (1.999, "average"),
        (2.0, "above average"),
        (2.5, "hit"),
        (3.5, "super hit"),
        (5.0, "blockbuster"),
        (7.999, "blockbuster"),
        (8.0, "all-time blockbuster"),
        (400.0, "all-time blockbuster"),
    ],
)
@pytest.mark.parametrize("budget", [100_000.0, 7.0, 49.0, 237_000_000.0, 0.1, 1e-300])
def test_a_film_on_a_cut_off_belongs_to_the_class_above(
    multiple: float, name: str, budget: float
) -> None:
    assert NAMES[success_class(multiple * budget, budget)[0]] == name


@pytest.mark.parametrize("unknown", [NAN, 0.0, -0.0, np.inf])
def test_unknown_money_is_no_class_and_never_a_disaster(unknown: float) -> None:
    assert success_class(unknown, 1e6).tolist() == [NO_CLASS]
    assert success_class(1e6, unknown).tolist() == [NO_CLASS]
    assert success_class([unknown, 5e6], [unknown, 1e6]).tolist() == [NO_CLASS, 7]


def test_columns_of_a_table_with_nulls_are_taken_as_they_are() -> None:
    films = pl.DataFrame({"revenue": [None, 30, 10], "budget": [10, None, 10]})
    assert success_class(films["revenue"], films["budget"]).tolist() == [-1, -1, 2]


def test_negative_money_is_refused() -> None:
    with pytest.raises(ParameterError, match="budget must not be negative, got -5"):
        success_class(3.0, [1.0, -5.0])
    with pytest.raises(ParameterError, match="revenue must not be negative"):
        success_class(-3.0, 1.0)


def test_probabilities_are_shares_of_many_draws_classed_one_by_one() -> None:
    revenue, budget = spread()
    levels = (np.arange(20_000) + 0.5) / 20_000
    draws = revenue.at(levels)
    for row, p in enumerate(class_probabilities(revenue, budget)):
        classes = success_class(draws[row], budget[row])
        shares = np.bincount(classes, minlength=9) / levels.size
        np.testing.assert_allclose(p, shares, atol=2e-4)


def test_probabilities_sum_to_one_and_none_is_negative() -> None:
    p = class_probabilities(*spread())
    assert p.shape == (30, 9)
    np.testing.assert_allclose(p.sum(axis=1), 1, atol=1e-14)
    assert (p >= 0).all()


def test_the_median_revenue_has_the_median_class() -> None:
    for seed in range(20):
        revenue, budget = spread(seed=seed)
        expected = success_class(revenue.median, budget)
        np.testing.assert_array_equal(median_class(class_probabilities(revenue, budget)), expected)


@pytest.mark.parametrize("cut", CUTS.tolist())
@pytest.mark.parametrize("budget", [49.0, 3e6, 0.1])
def test_a_median_exactly_on_a_cut_off_counts_above_it_everywhere(
    cut: float, budget: float
) -> None:
    on_cut = cut * budget
    for quantiles in ([on_cut / 3, on_cut, on_cut * 2], [on_cut] * 3):
        revenue = single(quantiles, [0.2, 0.5, 0.9])
        above = success_class(on_cut, budget)
        assert success_class(revenue.median, budget) == above
        assert median_class(class_probabilities(revenue, budget)) == above
        assert probability_of_multiple(revenue, budget, cut)[0] >= 0.5


def test_a_sure_revenue_on_a_cut_off_puts_all_probability_above() -> None:
    p = class_probabilities(single([2e6, 2e6], [0.1, 0.9]), 1e6)
    assert p.tolist() == [[0, 0, 0, 0, 1, 0, 0, 0, 0]]


@pytest.mark.parametrize("position", range(1, 9))
def test_at_least_a_multiple_is_the_sum_of_the_classes_from_there_up(position: int) -> None:
    revenue, budget = spread()
    np.testing.assert_allclose(
        probability_of_multiple(revenue, budget, SUCCESS[position].low),
        class_probabilities(revenue, budget)[:, position:].sum(axis=1),
        atol=1e-14,
    )


def test_twice_the_budget_is_what_is_asked_for_by_default() -> None:
    revenue, budget = spread()
    np.testing.assert_array_equal(
        probability_of_multiple(revenue, budget), probability_of_multiple(revenue, budget, 2.0)
    )


def test_return_and_profit_are_those_of_each_quantile_of_revenue() -> None:
    revenue, budget = spread()
    levels = [0.1, 0.333, 0.5, 0.9]
    quantiles = revenue.at(levels)
    np.testing.assert_allclose(
        return_forecast(revenue, budget).at(levels), quantiles / budget[:, None], rtol=1e-12
    )
    np.testing.assert_allclose(
        profit_quantiles(revenue, budget, levels), quantiles - budget[:, None]
    )


def test_an_unknown_budget_leaves_that_title_unknown_and_the_others_alone() -> None:
    revenue, budget = spread()
    holes = budget.copy()
    holes[[2, 9]] = [NAN, 0.0]
    known = np.setdiff1d(np.arange(budget.size), [2, 9])
    for ask in (class_probabilities, probability_of_multiple):
        answer = ask(revenue, holes)
        assert np.isnan(answer[[2, 9]]).all()
        np.testing.assert_array_equal(answer[known], ask(revenue, budget)[known])
    assert np.isnan(profit_quantiles(revenue, holes, [0.5])[[2, 9]]).all()
    with pytest.raises(ParameterError, match=r"2 title\(s\) have no known budget, first in row 2"):
        return_forecast(revenue, holes)


def test_budgets_that_do_not_fit_the_titles_are_refused() -> None:
    revenue, budget = spread()
    with pytest.raises(ParameterError, match="29 budgets for 30 titles"):
        class_probabilities(revenue, budget[1:])
    with pytest.raises(ParameterError, match="must be positive, got 0"):
        probability_of_multiple(revenue, budget, 0)


@given(
    median=st.floats(1e3, 1e10),
    width=st.floats(0.0, 4.0),
    budget=st.floats(1e3, 1e9),
    more=st.floats(1.0, 100.0),
)
def test_a_film_that_earns_more_never_has_worse_chances(
    median: float, width: float, budget: float, more: float
) -> None:
    levels = np.array([0.1, 0.5, 0.9])
    quantiles = median * np.exp(width * np.array([[-1.0, 0.0, 1.0]]))
    poor = Forecast(levels, quantiles, log=True)
    rich = Forecast(levels, quantiles * more, log=True)
    below_poor, below_rich = (
        class_probabilities(each, budget).cumsum(axis=1) for each in (poor, rich)
    )
    assert (below_rich <= below_poor + 1e-12).all()

"""The default forecaster: what it may look at, and that its spread is tried forward in time."""

from __future__ import annotations

from datetime import date, timedelta
from typing import Any, get_args

import numpy as np
import polars as pl
import pytest
from numpy.typing import NDArray

from forecast_kit import films
from marquee.errors import ParameterError
from marquee.forecast.conformal import residual_quantiles
from marquee.forecast.defaults import SETTINGS, default_forecaster
from marquee.forecast.distribution import LEVELS
from marquee.forecast.forward import forward_parts
from marquee.forecast.forward_blend import ForwardBlend
from marquee.forecast.members import AfterRidge
from marquee.forecast.recency import in_order, recency_weights
from marquee.forecast.spread import learn_spread, scales, told_by

pytestmark = pytest.mark.slow

QUICK: dict[str, Any] = {
    "n_trees": 40,
    "learning_rate": 0.2,
    "n_seeds": 1,
    "forest_trees": 15,
    "min_weight": 1.0,
    "min_count": 3,
}


def uneven_films(n: int, seed: int) -> tuple[pl.DataFrame, NDArray[np.float64]]:
    """Films whose revenue is four times as uncertain, in logs, where the budget is small."""
    rng = np.random.default_rng(seed)
    budget = np.exp(rng.normal(16.5, 1.2, n))
    noise = np.where(budget < np.exp(16.5), 1.2, 0.3) * rng.normal(0, 1, n)
    frame = pl.DataFrame(
        {
            "title_id": rng.permutation(n),
            "as_of": [date(2000, 1, 1) + timedelta(days=2 * (row // 3)) for row in range(n)],
            "budget_usd": budget,
        }
    )
    return frame, 2 * budget * np.exp(noise)


def test_parts_ask_about_the_latest_rows_once_and_learn_from_what_was_known_before() -> None:
    days = np.arange(20) // 2 * 50
    parts = forward_parts(days, 0.5, 2, 100)
    assert [(earlier.tolist(), later.tolist()) for earlier, later in parts] == [
        (list(range(8)), list(range(10, 15))),  # row 10 is of day 250, and day 150 is known then
        (list(range(12)), list(range(15, 20))),  # row 15 is of day 350
    ]
    assert [earlier.size for earlier, _ in forward_parts(days, 0.5, 2, 0)] == [12, 16]


def test_where_nothing_was_known_in_time_a_part_learns_from_all_rows_before() -> None:
    [(earlier, later)] = forward_parts(np.arange(10), 0.5, 1, 180)
    assert (earlier.tolist(), later.tolist()) == ([0, 1, 2, 3, 4], [5, 6, 7, 8, 9])


@pytest.mark.parametrize("n", [2, 3, 10, 13, 29])
def test_few_films_make_fewer_parts_and_never_an_empty_one(n: int) -> None:
    parts = forward_parts(90 * np.arange(n), 0.7, 4, 180)
    assert all(earlier.size and later.size for earlier, later in parts)
    asked = np.concatenate([later for _, later in parts])
    assert (np.diff(asked) == 1).all()
    assert asked[-1] == n - 1


def test_the_order_of_time_is_that_of_the_day_then_of_the_number() -> None:
    frame = pl.DataFrame(
        {
            "title_id": [9, 3, 7, 1],
            "as_of": [date(2001, 5, 1), date(2001, 5, 1), date(1999, 1, 1), date(2003, 1, 1)],
        }
    )
    assert in_order(frame).tolist() == [2, 1, 0, 3]


def test_weights_halve_with_each_half_life() -> None:
    days = pl.Series([date(2012, 1, 1), date(2000, 1, 1), date(1988, 1, 1)])
    np.testing.assert_allclose(recency_weights(days, 12.0), [1, 0.5, 0.25], rtol=1e-3)
    assert recency_weights(days, None).tolist() == [1, 1, 1]


def test_each_residual_is_of_a_film_that_the_center_was_not_learned_from() -> None:
    features, revenue = films(60)
    model = ForwardBlend(**QUICK, tried_share=0.5, n_parts=2).fit(features, revenue)
    order = in_order(features)
    features, revenue = features[order], revenue[order]
    expected = []
    # Films of the three days asked about before a part came out less than half a year before it.
    for earlier, later in ((slice(0, 24), slice(30, 45)), (slice(0, 39), slice(45, 60))):
        # With few residuals the forecast is the center and their quantiles about it.
        part = ForwardBlend(**QUICK).fit(features[earlier], revenue[earlier])
        center = np.log(part.predict(features[later]).median) - np.median(part.residuals_)
        expected.append(np.log(revenue[later]) - center)
    np.testing.assert_allclose(model.residuals_, np.concatenate(expected), atol=1e-5)


def test_where_films_are_few_the_spread_is_that_of_the_residuals() -> None:
    features, revenue = films(60)
    model = ForwardBlend(**QUICK).fit(features, revenue)
    quantiles = np.log(model.predict(features).quantiles)
    spread = residual_quantiles(model.residuals_, LEVELS)
    np.testing.assert_allclose(np.diff(quantiles, axis=1), np.tile(np.diff(spread), (60, 1)))


def test_the_order_of_the_rows_does_not_matter() -> None:
    features, revenue = films(60)
    shuffled = np.random.default_rng(2).permutation(60)
    one = ForwardBlend(**QUICK).fit(features, revenue)
    other = ForwardBlend(**QUICK).fit(features[shuffled.tolist()], revenue[shuffled])
    np.testing.assert_array_equal(
        one.predict(features).quantiles, other.predict(features).quantiles
    )


def test_surer_kinds_of_films_get_narrower_intervals_that_hold_their_share() -> None:
    features, revenue = uneven_films(900, seed=1)
    later, truth = uneven_films(600, seed=2)
    model = ForwardBlend(**QUICK).fit(features, revenue)
    low, high = model.predict(later).interval(0.8)
    inside = (truth >= low) & (truth <= high)
    small = later["budget_usd"].to_numpy() < np.exp(16.5)
    assert np.median((high / low)[small]) > 3 * np.median((high / low)[~small])
    assert 0.75 < inside.mean() < 0.87
    for kind in (small, ~small):
        assert 0.68 < inside[kind].mean() < 0.93


def test_scales_follow_the_size_of_residuals_and_quantiles_are_shared() -> None:
    rng = np.random.default_rng(0)
    kind = rng.integers(0, 2, 1000).astype(float)
    residuals = np.where(kind == 1, 2.0, 0.5) * rng.standard_t(5, 1000)
    forest, shared = learn_spread(kind[:, None], residuals, seed=0)
    calm, wild = scales(forest, np.array([[0.0], [1.0]]))
    assert 3.2 < wild / calm < 4.8
    beyond = residuals > np.where(kind == 1, wild, calm) * shared[np.searchsorted(LEVELS, 0.9)]
    assert abs(beyond.mean() - 0.1) < 0.02


def test_what_tells_the_spread_is_read_as_numbers_and_gaps_are_allowed() -> None:
    frame = pl.DataFrame(
        {
            "budget_usd": [np.e**2, None, 0.0],
            "from_united_states": [True, None, False],
            "genres": ["Drama", "Ω", None],
        }
    )
    told = told_by(frame, ("budget_usd", "from_united_states", "genres", "absent"))
    expected = np.full((3, 4), np.nan)
    expected[0, :2], expected[2, 1] = (2.0, 1.0), 0.0
    np.testing.assert_allclose(told, expected)


@pytest.mark.parametrize("after_ridge", get_args(AfterRidge))
def test_what_the_columns_add_sums_to_the_median(after_ridge: AfterRidge) -> None:
    features, revenue = films(60)
    model = ForwardBlend(**QUICK, after_ridge=after_ridge).fit(features, revenue)
    base, added = model.contributions(features)
    assert added.shape == (60, len(model.columns_))
    median = np.log(model.predict(features).median)
    np.testing.assert_allclose(base + added.sum(axis=1), median, atol=1e-9)
    # With few films median and center lie apart by the same for all, and so do base and mean.
    np.testing.assert_allclose(base, base[0], atol=1e-4)
    assert np.ptp(added, axis=0)[model.columns_.index("budget_usd")] > 0.3
    assert not added[:, model.columns_.index("always_one")].any()


def test_records_of_those_who_make_a_film_are_learned_and_told_of_their_columns() -> None:
    n = 240
    stars = np.random.default_rng(1).integers(0, 12, n)
    frame = pl.DataFrame(
        {
            "title_id": range(n),
            "as_of": [date(1990, 1, 1) + timedelta(days=30 * row) for row in range(n)],
            "always_one": np.ones(n),
            "cast_people": [[str(star), f"new {row}"] for row, star in enumerate(stars)],
        }
    )
    values = 20.0 + stars + np.random.default_rng(2).normal(0, 0.5, n)
    settings: dict[str, Any] = QUICK | {"outcome_scale": "log1p", "rising": ()}
    with_records, without = (
        ForwardBlend(**settings, records=records).fit(frame[:200], values[:200])
        for records in (("cast_people",), ())
    )
    told, blind = (model.predict(frame[200:]).median for model in (with_records, without))
    assert np.corrcoef(told, stars[200:])[0, 1] > 0.9
    assert np.ptp(blind) < 1e-6
    base, added = with_records.contributions(frame[200:])
    np.testing.assert_allclose(base + added.sum(axis=1), np.log1p(told), atol=1e-6)
    assert np.ptp(added, axis=0)[with_records.columns_.index("cast_people")] > 0.2


def test_boosted_trees_do_not_fall_with_the_budget() -> None:
    features, revenue = uneven_films(200, seed=3)
    budget = features["budget_usd"].to_numpy()
    falling = 1e15 / revenue * np.random.default_rng(0).uniform(0.5, 2, 200)
    dearer = features[np.argsort(budget).tolist()]
    bound, free = (
        ForwardBlend(**QUICK, rising=rising).fit(features, falling)._centers(dearer)[:, 0]
        for rising in (("budget_usd",), ())
    )
    assert (np.diff(bound) >= 0).all()
    assert (np.diff(free) < -0.1).any()


def test_trees_after_a_line_follow_a_trend_beyond_the_films() -> None:
    frame = pl.DataFrame(
        {
            "title_id": range(120),
            "as_of": [date(2000, 1, 1) + timedelta(days=30 * row) for row in range(120)],
            "release_year": 2000 + np.arange(120) / 12,
        }
    )
    values = np.exp(np.arange(120) / 12)
    earlier, later = frame[:60], frame[60:]
    orders: tuple[AfterRidge, ...] = ("none", "forest", "both")
    reached = [
        ForwardBlend(**QUICK, after_ridge=after, ridge_l2=0.1)
        .fit(earlier, values[:60])
        ._centers(later)
        .max(axis=0)
        for after in orders
    ]
    # Boosted trees, then the forest, of the three ways.
    beyond = [(centers[:2] > 9.0).tolist() for centers in reached]
    assert beyond == [[False, False], [False, True], [True, True]]
    assert all(center < 5.0 or center > 9.0 for centers in reached for center in centers)


@pytest.mark.parametrize("target", ["revenue", "return", "profit", "success", *SETTINGS])
def test_there_is_a_default_for_every_outcome(target: str) -> None:
    model = default_forecaster(target, seed=3)
    assert isinstance(model, ForwardBlend)
    assert model.seed == 3
    assert model.outcome_scale == {"popularity": "log1p", "audience": "plain"}.get(target, "log")


def test_no_default_for_what_nobody_forecasts() -> None:
    with pytest.raises(ParameterError, match=r"'awards'.*revenue, popularity, audience"):
        default_forecaster("awards")


@pytest.mark.parametrize("name", ["after_ridge", "loss"])
def test_an_unknown_word_is_refused_with_those_that_there_are(name: str) -> None:
    with pytest.raises(ParameterError, match=rf"{name} must be one of \('.*got 'ridge'"):
        ForwardBlend(**{name: "ridge"})  # type: ignore[arg-type]  # that is what is tested


@pytest.mark.parametrize("share", [0.0, 1.0, -0.3])
def test_a_share_must_leave_films_on_both_sides(share: float) -> None:
    with pytest.raises(ParameterError, match="tried_share"):
        ForwardBlend(tried_share=share)

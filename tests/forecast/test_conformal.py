"""Intervals hold what they promise."""

from __future__ import annotations

from dataclasses import dataclass, field, replace
from fractions import Fraction

import numpy as np
import polars as pl
import pytest
from numpy.typing import NDArray

from forecast_kit import films
from marquee.errors import ParameterError
from marquee.forecast.conformal import (
    CenteredForecaster,
    earlier_and_latest,
    residual_quantiles,
    width_line,
    widths,
)
from marquee.forecast.distribution import LEVELS
from marquee.forecast.pipelines import OLS, RandomForest

pytestmark = pytest.mark.slow


@pytest.mark.parametrize("n", [1, 2, 7, 9, 10, 99, 199, 250])
def test_residual_quantiles_are_the_order_statistics_that_the_theorem_asks_for(n: int) -> None:
    rng = np.random.default_rng(n)
    residuals = np.round(rng.standard_t(3, n), 1)  # with ties
    got = residual_quantiles(residuals, LEVELS)
    ordered = sorted(residuals.tolist())
    for level, value in zip(LEVELS, got, strict=True):
        place = (n + 1) * Fraction(str(level))
        if level == 0.5:
            expected = (ordered[(n - 1) // 2] + ordered[n // 2]) / 2
        elif level > 0.5:
            expected = ordered[min(-((-place) // 1), n) - 1]
        else:
            expected = ordered[max(place // 1, 1) - 1]
        assert value == expected, level
    assert (np.diff(got) >= 0).all()


@pytest.mark.parametrize(("n", "coverage"), [(19, 0.8), (39, 0.9), (79, 0.5)])
def test_the_interval_of_exchangeable_residuals_covers_at_its_rate(n: int, coverage: float) -> None:
    rng = np.random.default_rng(5)
    draws = np.exp(rng.normal(0, 1, (8000, n + 1)))
    held = 0
    for known, new in zip(draws[:, :n], draws[:, n], strict=True):
        low, high = residual_quantiles(known, [(1 - coverage) / 2, (1 + coverage) / 2])
        held += low <= new <= high
    # Exact at these n: (n + 1) (1 - coverage) / 2 is whole. Two standard errors of 8000 draws.
    assert held / 8000 == pytest.approx(coverage, abs=2 * np.sqrt(0.25 / 8000))


def noisy(n: int, n_columns: int, seed: int) -> tuple[pl.DataFrame, NDArray[np.float64]]:
    """Films of which five numbers carry the revenue and the others nothing."""
    rng = np.random.default_rng(seed)
    X = rng.normal(size=(n, n_columns))
    frame = pl.DataFrame({f"x{j}": X[:, j] for j in range(n_columns)}).with_columns(
        pl.Series("title_id", np.arange(n)),
        pl.date(2000, 1, 1).dt.offset_by(pl.format("{}d", pl.int_range(n))).alias("as_of"),
    )
    return frame, np.exp(15 + X[:, :5].sum(axis=1) + rng.normal(0, 1, n))


def coverage_of(model: CenteredForecaster, n_columns: int) -> float:
    """Share of new films inside the 80 % interval, over ten worlds."""
    shares = []
    for seed in range(10):
        features, revenue = noisy(460, n_columns, seed)
        fitted = replace(model).fit(features[:160], revenue[:160])
        low, high = fitted.predict(features[160:]).interval(0.8)
        shares.append(np.mean((low <= revenue[160:]) & (revenue[160:] <= high)))
    return float(np.mean(shares))


@pytest.mark.parametrize("model", [OLS(), RandomForest(n_trees=20)], ids=lambda m: type(m).__name__)
def test_calibrated_intervals_cover_and_those_of_the_films_learned_from_do_not(
    model: CenteredForecaster,
) -> None:
    # Learning from all films after the calibration makes the center better than it was when it
    # was tried, so coverage may lie above the promise, most for a model with many coefficients.
    assert 0.77 <= coverage_of(model, 40) <= 0.88
    assert coverage_of(replace(model, calibration=0.0), 40) < 0.72


def test_the_width_follows_the_center_where_residuals_do() -> None:
    rng = np.random.default_rng(0)
    center = rng.uniform(12, 20, 40_000)
    line = width_line(center, rng.normal(0, np.exp(-0.15 * center)))
    # What keeps residuals near 0 from counting for much flattens the slope a little.
    assert -0.15 < line[0] < -0.11
    assert line[1] == pytest.approx(16, abs=0.02)
    np.testing.assert_allclose(
        widths(np.array([16.0, 12, 20, -900, 900]), np.array([-0.15, 16])),
        [1, np.exp(0.6), np.exp(-0.6), 3, 1 / 3],
    )
    alike = width_line(center, rng.normal(0, 1, 40_000))
    np.testing.assert_allclose(alike[0], 0, atol=0.01)


@pytest.mark.parametrize("n", [1, 99])
def test_few_or_equal_films_do_not_tell_a_width(n: int) -> None:
    rng = np.random.default_rng(0)
    center, residuals = rng.normal(17, 2, n), rng.normal(0, 1, n)
    assert width_line(center, residuals)[0] == 0
    many = np.tile(center, 200)
    assert width_line(many, np.zeros(many.size))[0] == 0
    assert width_line(np.full(500, 17.0), rng.normal(0, 1, 500))[0] == 0


def test_intervals_hold_for_small_and_big_films_alike() -> None:
    rng = np.random.default_rng(1)

    def drawn(n: int) -> tuple[pl.DataFrame, NDArray[np.float64]]:
        features, _ = films(n, seed=int(rng.integers(1000)))
        log_budget = rng.normal(16.5, 1.5, n)
        log_revenue = log_budget + 1 + rng.normal(0, np.exp(-0.25 * (log_budget - 16.5)))
        return features.with_columns(pl.Series("budget_usd", np.exp(log_budget))), np.exp(
            log_revenue
        )

    model = OLS(calibration=0.5).fit(*drawn(1600))
    later, revenue = drawn(3000)
    low, high = model.predict(later).interval(0.8)
    held = (low <= revenue) & (revenue <= high)
    third = np.searchsorted(np.quantile(later["budget_usd"], [1 / 3, 2 / 3]), later["budget_usd"])
    assert [bool(0.74 <= held[third == k].mean() <= 0.86) for k in range(3)] == [True] * 3


def test_the_latest_films_are_those_of_the_latest_days_ties_by_title() -> None:
    features, _ = films(40)
    shuffled = features.sample(fraction=1, shuffle=True, seed=3)
    earlier, latest = earlier_and_latest(shuffled, 0.25)
    order = shuffled.sort("as_of", "title_id")["title_id"].to_list()
    assert shuffled["title_id"].gather(earlier).to_list() == order[:30]
    assert shuffled["title_id"].gather(latest).to_list() == order[30:]
    assert [part.size for part in earlier_and_latest(features.head(2), 0.99)] == [1, 1]


@dataclass(kw_only=True, eq=False)
class Spy(CenteredForecaster):
    """Forecasts the mean, and remembers which films it was shown."""

    seen: list[list[int]] = field(default_factory=list)
    mean_: float = field(init=False)

    def _learn(self, features: pl.DataFrame, values: NDArray[np.float64]) -> None:
        self.seen.append(features["title_id"].to_list())
        self.mean_ = float(values.mean())

    def _center(self, features: pl.DataFrame) -> NDArray[np.float64]:
        return np.full(features.height, self.mean_)


def test_the_spread_is_tried_on_films_that_the_center_has_not_seen() -> None:
    features, revenue = films(40)
    order = features.with_row_index("row").sort("as_of", "title_id")
    spy = Spy(calibration=0.25).fit(features, revenue)
    assert [len(seen) for seen in spy.seen] == [30, 40]
    assert set(spy.seen[0]) == set(order["title_id"].head(30))
    rows = order["row"].to_numpy()
    values = np.log(revenue)[rows]
    np.testing.assert_allclose(spy.residuals_, np.sort(values[30:] - values[:30].mean()))
    expected = np.exp(np.log(revenue).mean() + np.median(spy.residuals_))
    np.testing.assert_allclose(spy.predict(features).median, expected)


def test_a_center_is_not_followed_far_out_of_the_range_of_the_training_films() -> None:
    features, revenue = films(80)
    model = OLS(min_count=3, scale=None).fit(features, revenue)
    huge = features.with_columns(pl.lit(1e300).alias("budget_usd"))
    low, high = np.log(revenue).min(), np.log(revenue).max()
    np.testing.assert_allclose(model.center(huge), 2 * high - low)


@pytest.mark.parametrize("scale", ["log1p", "plain"])
def test_other_scales_take_outcomes_that_have_no_logarithm(scale: str) -> None:
    features, revenue = films(80)
    outcome = np.where(np.arange(80) % 9 == 0, 0.0, revenue / 1e6)
    model = OLS(min_count=3, outcome_scale=scale)  # type: ignore[arg-type]  # parametrized
    forecast = model.fit(features, outcome).predict(features)
    assert not forecast.log
    assert (forecast.quantiles[:, 0] >= 0).all() == (scale == "log1p")
    with pytest.raises(ParameterError, match="give outcome_scale='plain'"):
        OLS(outcome_scale="log1p").fit(features, outcome - 1)
    with pytest.raises(ParameterError, match="must be one of"):
        OLS(outcome_scale="sqrt").fit(features, outcome)  # type: ignore[arg-type]  # wrong on purpose


def test_what_cannot_be_calibrated_is_refused() -> None:
    with pytest.raises(ParameterError, match="calibration must be"):
        OLS(calibration=1.0)
    with pytest.raises(ParameterError, match="at least 10 films"):
        OLS().fit(*films(9))
    with pytest.raises(ParameterError, match="got none"):
        residual_quantiles([], [0.5])

"""How many will come: the errors are honest, and the intervals hold what they promise."""

from __future__ import annotations

import numpy as np
import pytest

from marquee.forecast.audience_size import (
    PENALTIES,
    error_spread,
    learn_size,
    learn_spread,
    log_share,
)


def test_leave_one_out_is_what_leaving_one_out_gives() -> None:
    rng = np.random.default_rng(0)
    columns = rng.normal(size=(40, 5)) * [1, 10, 0.1, 3, 0]
    sizes = -4 + columns[:, 0] + rng.normal(0, 0.7, 40)
    found = learn_size(columns, sizes)
    Z = columns - columns.mean(axis=0)
    spread = Z.std(axis=0)
    Z = Z[:, spread > 0] / spread[spread > 0]

    def left_out(penalty: float) -> list[float]:
        tried = []
        for row in range(40):
            keep = np.arange(40) != row
            X = np.column_stack([np.ones(39), Z[keep]])
            P = penalty * np.eye(X.shape[1])
            P[0, 0] = 0
            b = np.linalg.solve(X.T @ X + P, X.T @ sizes[keep])
            tried.append(float(np.r_[1, Z[row]] @ b))
        return tried

    every = {penalty: left_out(penalty) for penalty in PENALTIES}
    best = min(every, key=lambda p: float(np.mean((sizes - every[p]) ** 2)))
    np.testing.assert_allclose(found.tried, every[best], atol=1e-8)


def test_intervals_hold_eight_titles_of_ten_that_were_not_learned_from() -> None:
    held, n = [], 400
    for seed in range(30):
        rng = np.random.default_rng(seed)
        columns = rng.normal(size=(n, 6))
        # Small audiences are harder to foresee, and chance comes on top.
        true = -5 + columns @ [0.6, 0.3, 0, 0, 0, -0.4]
        felt = true + rng.standard_t(5, n) * np.where(true < -5, 1.0, 0.5)
        sizes = log_share(rng.binomial(3000, np.minimum(np.exp(felt), 1)), 3000)
        found = learn_size(columns[:200], sizes[:200])
        low, high = found.interval(found.center(columns[200:]))
        held.append(np.mean((sizes[200:] >= low) & (sizes[200:] <= high)))
    assert np.mean(held) == pytest.approx(0.8, abs=0.02)


def test_small_audiences_get_wider_intervals_only_where_errors_say_so() -> None:
    rng = np.random.default_rng(4)
    center = rng.uniform(-7, -1, 500)
    width = learn_spread(center, rng.normal(0, 1, 500) * np.exp(-0.4 * (center + 4)))
    assert error_spread(np.array([-6.0]), width) > 2 * error_spread(np.array([-2.0]), width)
    flat = learn_spread(center, rng.normal(0, 1, 500))
    ratio = error_spread(np.array([-6.0]), flat) / error_spread(np.array([-2.0]), flat)
    assert ratio == pytest.approx(1, abs=0.35)
    assert learn_spread(center[:10], np.ones(10))[1] == 0


def test_unknown_numbers_count_as_the_usual_ones() -> None:
    rng = np.random.default_rng(5)
    columns = rng.normal(3, 1, size=(60, 2))
    columns[rng.random((60, 2)) < 0.3] = np.nan
    sizes = rng.normal(-3, 1, 60)
    found = learn_size(columns, sizes)
    gap = found.center(np.array([[np.nan, np.nan]]))
    assert gap == pytest.approx(found.center(found.middle[None, :]))
    assert gap == pytest.approx(sizes.mean())


def test_no_forecast_leaves_the_range_far_nor_exceeds_everybody() -> None:
    rng = np.random.default_rng(6)
    columns = rng.normal(size=(50, 1))
    found = learn_size(columns, -2 + columns[:, 0])
    assert (found.center(np.array([[1e6], [-1e6]])) <= 0).all()
    assert np.isfinite(found.center(np.array([[1e6], [-1e6]]))).all()

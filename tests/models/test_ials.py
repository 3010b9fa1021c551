"""IALS: against normal equations over all cells of dense matrices, in float64."""

from __future__ import annotations

from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from typing import Any

import numpy as np
import pytest
from numpy.typing import NDArray

from marquee.data.ids import IdIndex
from marquee.data.interactions import Interactions
from marquee.errors import ParameterError
from marquee.models.ials import IALS
from marquee.models.least_squares import Side, solve
from recommender_kit import ragged

Dense = NDArray[np.float64]


def skewed(n_users: int = 90, n_items: int = 60) -> Interactions:
    """A few items with most of the users, values from 0.5 to 5, and rows of 0 to 40 entries."""
    rng = np.random.default_rng(11)
    chance = np.outer(rng.beta(0.7, 2, n_users), 12 / (1 + np.arange(n_items)))
    chance[-3:] = 0
    chance[:, -2:] = 0
    cells = rng.random(chance.shape) < np.minimum(chance, 0.9)
    users, items = np.nonzero(cells)
    return Interactions.from_arrays(
        *(users, items, rng.integers(1, 11, len(users)) / 2),
        user_index=IdIndex(np.arange(n_users)),
        item_index=IdIndex(np.arange(n_items)),
    )


def cells(train: Interactions, model: IALS) -> tuple[Dense, Dense]:
    """Weight and wanted value of every cell of the matrix, dense."""
    wanted = np.zeros(train.matrix.shape)
    weight = np.full(train.matrix.shape, model.unobserved)
    counts = train.matrix.data >= model.liked_from
    rows, columns = train.rows[counts], train.matrix.indices[counts]
    wanted[rows, columns] = 1
    weight[rows, columns] = model.base + model.alpha * train.matrix.data[counts]
    return weight, wanted


def solved(weight: Dense, wanted: Dense, Y: Dense, model: IALS) -> Dense:
    """Each row's weighted ridge regression on Y, over all of its cells."""
    rows = []
    for w, t in zip(weight, wanted, strict=True):
        if not t.any():
            rows.append(np.zeros(Y.shape[1]))
            continue
        by_weight = w[t > 0].sum() + model.unobserved * len(t)
        size = by_weight if model.l2_by == "cells" else np.count_nonzero(t)
        penalty = model.l2 * size**model.l2_exponent
        # Ridge as plain least squares with one more row per factor.
        A = np.vstack([np.sqrt(w)[:, None] * Y, np.sqrt(penalty) * np.eye(Y.shape[1])])
        b = np.concatenate([np.sqrt(w) * t, np.zeros(Y.shape[1])])
        rows.append(np.linalg.lstsq(A, b, rcond=None)[0])
    return np.array(rows)


def alternating(train: Interactions, model: IALS) -> Dense:
    """Item factors after the epochs, by exact solutions in float64 from the same start."""
    weight, wanted = cells(train, model)
    rng = np.random.default_rng(model.seed)
    Y = rng.standard_normal((train.n_items, model.factors))
    Y *= model.init_std / np.sqrt(model.factors)
    Y[~wanted.any(axis=0)] = 0
    for _ in range(model.epochs):
        X = solved(weight, wanted, Y, model)
        Y = solved(weight.T, wanted.T, X, model)
    return Y


VARIANTS: list[dict[str, Any]] = [
    {"factors": 5},
    {"factors": 7, "l2_exponent": 0.0, "l2": 0.5},
    {"factors": 3, "unobserved": 1.0, "alpha": 2.0},
    {"factors": 4, "base": 0.0, "alpha": 1.0, "unobserved": 0.5, "l2_exponent": 0.5},
    {"factors": 4, "liked_from": 3.5},
    {"factors": 1, "unobserved": 0.0, "l2": 0.1},
    {"factors": 4, "l2_by": "interactions", "l2": 0.2, "liked_from": 2.0},
    {"factors": 3, "l2_by": "interactions", "l2": 0.1, "l2_exponent": 0.5, "alpha": 0.5},
]


@pytest.mark.parametrize("params", VARIANTS)
@pytest.mark.parametrize("make", [ragged, skewed])
def test_exact_epochs_are_those_of_regressions_over_all_cells(
    make: Callable[[], Interactions], params: dict[str, Any]
) -> None:
    train = make()
    model = IALS(solver="cholesky", epochs=3, init_std=1.0, **params).fit(train)
    expected = alternating(train, model)
    np.testing.assert_allclose(model.item_factors_, expected, rtol=2e-3, atol=2e-4)


@pytest.mark.parametrize("params", VARIANTS)
def test_a_profile_is_folded_in_by_its_own_regression(params: dict[str, Any]) -> None:
    train = skewed()
    model = IALS(epochs=4, solver="cholesky", **params).fit(train)
    newcomers = train.take(np.arange(train.n_users)[::-3])
    weight, wanted = cells(newcomers, model)
    Y = model.item_factors_.astype(np.float64)
    expected = solved(weight, wanted, Y, model) @ Y.T
    np.testing.assert_allclose(model.score(newcomers), expected, rtol=1e-3, atol=2e-5)


def test_enough_steps_of_conjugate_gradient_are_the_exact_solution() -> None:
    train = skewed()
    exact = IALS(factors=6, epochs=2, solver="cholesky", l2=0.05).fit(train)
    steps = IALS(factors=6, epochs=2, cg_steps=40, l2=0.05).fit(train)
    few = IALS(factors=6, epochs=2, cg_steps=1, l2=0.05).fit(train)
    np.testing.assert_allclose(steps.item_factors_, exact.item_factors_, rtol=2e-3, atol=2e-4)
    assert np.abs(few.item_factors_ - exact.item_factors_).max() > 1e-3


@pytest.mark.parametrize("width", [1, 4, 16, 19, 32])
def test_a_step_of_conjugate_gradient_is_that_of_the_textbook(width: int) -> None:
    rng = np.random.default_rng(width)
    train = skewed()
    model = IALS(unobserved=0.3, alpha=0.7)
    confidence = model._confidence(train)
    l2 = rng.random(train.n_users).astype(np.float32) + np.float32(0.1)
    X = rng.standard_normal((train.n_users, width)).astype(np.float32)
    Y = rng.standard_normal((train.n_items, width)).astype(np.float32)
    expected = []
    weight, wanted = cells(train, model)
    for w, t, penalty, x in zip(weight, wanted, l2, X.astype(float), strict=True):
        A = Y.T @ (w[:, None] * Y) + penalty * np.eye(width)
        r = Y.T @ (w * t) - A @ x
        p = r
        for _ in range(2):
            if r @ r < 1e-20:
                break
            step = r @ r / (p @ A @ p)
            x = x + step * p
            after = r - step * (A @ p)
            p = after + (after @ after) / (r @ r) * p
            r = after
        expected.append(x if t.any() else np.zeros(width))
    solve(Side.of(confidence, l2), X, Y, (Y.T @ Y) * np.float32(0.3), 0.3, steps=2)
    np.testing.assert_allclose(X, expected, rtol=5e-3, atol=2e-3)


@pytest.mark.parametrize("steps", [0, 3])
def test_blocks_of_threads_solve_every_row_once_with_the_same_bits(steps: int) -> None:
    rng = np.random.default_rng(0)
    train = skewed(500)
    confidence = IALS()._confidence(train)
    side = Side.of(confidence, np.ones(500, np.float32))
    Y = rng.standard_normal((60, 16)).astype(np.float32)
    results = []
    for n_threads in (1, 2, 3):
        X = np.full((500, 16), np.float32(0.5))
        with ThreadPoolExecutor(n_threads) as pool:
            solve(side, X, Y, Y.T @ Y, 1.0, steps=steps, pool=pool, n_threads=n_threads)
        results.append(X.tobytes())
    assert results[0] == results[1] == results[2]


def test_contributions_are_the_closed_form_and_follow_the_confidence() -> None:
    train = skewed()
    model = IALS(factors=5, epochs=5, alpha=1.0, liked_from=2.0).fit(train)
    profile = train.take([int(np.argmax(np.diff(train.matrix.indptr)))])
    told = model.explained(profile)
    columns = np.array([0, 5, 58], np.int32)
    parts = told.parts(columns)
    np.testing.assert_allclose(told.scores, model.score(profile)[0], rtol=1e-3, atol=1e-5)
    np.testing.assert_allclose(parts.sum(axis=1), told.scores[columns], rtol=1e-3, atol=1e-5)
    for column, row in zip(columns, parts, strict=True):
        np.testing.assert_allclose(model.contributions(profile, [column]), row, atol=1e-6)
    assert (parts[:, profile.matrix.data < 2] == 0).all()
    assert (told.scores[58], parts[2].any()) == (0, False), "nobody took up item 58"


def test_factors_found_elsewhere_score_as_those_of_a_fit() -> None:
    train = skewed()
    fitted = IALS(factors=6, epochs=2, l2_by="interactions", l2=0.1).fit(train)
    found = IALS(factors=6, epochs=2, l2_by="interactions", l2=0.1)
    found.adopt(train.items, fitted.item_factors_.copy())
    assert found.score(train).tobytes() == fitted.score(train).tobytes()
    for wrong in (np.zeros((60, 5), np.float32), np.full((60, 6), np.nan, np.float32)):
        with pytest.raises(ParameterError, match=r"finite and of shape \(60, 6\)"):
            IALS(factors=6).adopt(train.items, wrong)


def test_a_solver_that_is_none_and_an_l2_of_nothing_are_refused() -> None:
    with pytest.raises(ParameterError, match="solver of IALS must be one of cg, cholesky, got 'x'"):
        IALS(solver="x")
    with pytest.raises(ParameterError, match="l2_by of IALS must be one of cells, interactions, "):
        IALS(l2_by="rows")
    with pytest.raises(ParameterError, match="l2 of IALS must be above 0, got 0"):
        IALS(l2=0)

"""SVD++: against a literal loop that moves every y at every rating, and ridge regression."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import numpy as np
import pytest
from numpy.typing import NDArray

from marquee.data.interactions import Interactions
from marquee.errors import ParameterError
from marquee.models.svdpp import SVDpp
from recommender_kit import movielens_fold, ragged, rmse, silence

Table = NDArray[np.float64]


def literal_descent(train: Interactions, model: SVDpp) -> tuple[Table, Table, Table]:
    """Item offsets and both factors of items in float64, each y moved at each rating."""
    rng = np.random.default_rng(model.seed)
    P, Q, Y = (
        rng.standard_normal((n, model.factors), np.float32).astype(float) * model.init_std
        for n in (train.n_users, train.n_items, train.n_items)
    )
    b, c = np.zeros(train.n_users), np.zeros(train.n_items)
    mean = train.matrix.data.mean(dtype=float)
    eta, l2 = model.learning_rate, model.l2
    for _ in range(model.epochs):
        for u in range(train.n_users):
            profile = train.take([u]).matrix
            root = np.sqrt(profile.nnz)
            for i, rating in zip(profile.indices, profile.data, strict=True):
                implicit = sum((Y[j] / root for j in profile.indices), np.zeros(model.factors))
                error = rating - (mean + b[u] + c[i] + Q[i] @ (P[u] + implicit))
                b[u] += eta * (error - l2 * b[u])
                c[i] += eta * (error - l2 * c[i])
                p, q = P[u].copy(), Q[i].copy()
                P[u] += eta * (error * q - l2 * p)
                Q[i] += eta * (error * (p + implicit) - l2 * q)
                for j in profile.indices:
                    Y[j] += eta * (error * q / root - l2 * Y[j])
    return c, Q, Y


@pytest.mark.parametrize("factors", [1, 16, 20, 130])
def test_fit_is_the_literal_loop_over_ratings_and_implicit_factors(factors: int) -> None:
    train = ragged()
    model = SVDpp(factors=factors, epochs=9, learning_rate=0.03, l2=0.2, init_std=0.3, seed=11)
    model.fit(train)
    c, Q, Y = literal_descent(train, model)
    assert np.abs(Y).max() > 0.3
    np.testing.assert_allclose(model.item_offsets_, c, atol=2e-5)
    np.testing.assert_allclose(model.item_factors_, Q, atol=2e-5)
    np.testing.assert_allclose(model.implicit_factors_, Y, atol=2e-5)


def test_a_profile_is_folded_in_by_its_implicit_part_and_ridge_regression() -> None:
    train = ragged()
    model = SVDpp(factors=3, epochs=30, learning_rate=0.03, fold_in_l2=0.7, fold_in_l2_offset=0.4)
    model.fit(train)
    mean = train.matrix.data.mean(dtype=float)
    scores = model.score(train)
    Q, Y = model.item_factors_.astype(float), model.implicit_factors_.astype(float)
    for row in range(train.n_users):
        profile = train.take([row]).matrix
        implicit = Y[profile.indices].sum(axis=0) / np.sqrt(max(profile.nnz, 1))
        X = np.c_[Q[profile.indices], np.ones(profile.nnz)]
        y = profile.data - mean - model.item_offsets_[profile.indices]
        y -= Q[profile.indices] @ implicit
        # The penalty as extra rows of a least squares problem.
        rows = np.diag(np.sqrt([0.7, 0.7, 0.7, 0.4]))
        solution = np.linalg.lstsq(np.r_[X, rows], np.r_[y, np.zeros(4)])[0]
        expected = mean + solution[3] + model.item_offsets_ + Q @ (solution[:3] + implicit)
        np.testing.assert_allclose(scores[row], expected, atol=1e-4)


def test_what_was_rated_speaks_beside_how_it_was_rated() -> None:
    train = ragged()
    model = SVDpp(factors=4, epochs=60, learning_rate=0.03, init_std=0.2).fit(train)
    ridge_alone = SVDpp(factors=4, epochs=60, learning_rate=0.03, init_std=0.2).fit(train)
    ridge_alone.implicit_factors_ = np.zeros_like(model.implicit_factors_)
    assert np.abs(model.score(train) - ridge_alone.score(train)).max() > 0.1


def test_another_seed_starts_elsewhere() -> None:
    one, other = (SVDpp(factors=4, seed=seed).fit(ragged()).item_factors_ for seed in (1, 2))
    assert not np.array_equal(one, other)


def test_a_fit_that_diverges_says_which_number_to_lower() -> None:
    with pytest.raises(ParameterError, match=r"learning_rate 4 is too high .* lower it"):
        SVDpp(factors=4, epochs=40, learning_rate=4.0).fit(ragged())


def test_every_pass_is_reported() -> None:
    passes: list[tuple[int, int]] = []
    SVDpp(factors=2, epochs=3).fit(silence(), on_epoch=lambda *done: passes.append(done))
    assert passes == [(1, 3), (2, 3), (3, 3)]


@pytest.mark.real
@pytest.mark.slow
def test_movielens_errors_are_no_greater_than_the_reference(data_root: Path) -> None:
    # Surprise 1.1.5: SVDpp with its defaults, mean of the five folds.
    folds = [movielens_fold(data_root, f"u{number}") for number in range(1, 6)]
    same: dict[str, Any] = {
        "factors": 20,
        "epochs": 20,
        "learning_rate": 0.007,
        "l2": 0.02,
        "init_std": 0.1,
    }
    ours: dict[str, Any] = {}
    for params in (same | {"fold_in_l2": 20.0}, ours):
        errors = [rmse(SVDpp(**params).fit(train), train, test) for train, test in folds]
        assert np.mean(errors) <= 0.9218

"""NMF: against literal sums over the ratings, and nonnegative least squares by another solver."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import numpy as np
import pytest
from numpy.typing import NDArray
from scipy.optimize import lsq_linear, nnls

from marquee.data.interactions import Interactions
from marquee.models.nmf import NMF
from recommender_kit import movielens_fold, ragged, rmse, silence

Table = NDArray[np.float64]


def literal_passes(train: Interactions, model: NMF) -> tuple[Table, Table, Table]:
    """Viewers' and items' factors and the items' offsets by sums of one rating at a time."""
    rng = np.random.default_rng(model.seed)
    P, Q = (
        rng.random((n, model.factors), np.float32).astype(float) * model.init_high
        for n in (train.n_users, train.n_items)
    )
    b, c = np.zeros(train.n_users), np.zeros(train.n_items)
    base = train.matrix.data.mean(dtype=float) if model.biased else 0.0
    rows, columns = train.rows, train.matrix.indices
    for _ in range(model.epochs):
        P_up, P_down, Q_up, Q_down = (np.zeros_like(M) for M in (P, P, Q, Q))
        for u, i, rating in zip(rows, columns, train.matrix.data.astype(float), strict=True):
            predicted = base + b[u] + c[i] + P[u] @ Q[i]
            if model.biased:
                error = rating - predicted
                b[u] += model.learning_rate * (error - model.l2_offsets * b[u])
                c[i] += model.learning_rate * (error - model.l2_offsets * c[i])
            P_up[u] += Q[i] * rating
            P_down[u] += Q[i] * predicted
            Q_up[i] += P[u] * rating
            Q_down[i] += P[u] * predicted
        n_of_user = np.bincount(rows, minlength=train.n_users)[:, None]
        n_of_item = np.bincount(columns, minlength=train.n_items)[:, None]
        P_down, Q_down = P_down + n_of_user * model.l2 * P, Q_down + n_of_item * model.l2 * Q
        P = np.divide(P * P_up, P_down, out=np.zeros_like(P), where=P_down > 0)
        Q = np.where(n_of_item > 0, Q * Q_up / np.where(Q_down > 0, Q_down, 1), Q)
    return P, Q, c


@pytest.mark.parametrize("biased", [False, True])
def test_fit_is_the_literal_multiplication_by_sums(biased: bool) -> None:
    train = ragged()
    model = NMF(factors=3, epochs=40, biased=biased, learning_rate=0.02, seed=5).fit(train)
    P, Q, c = literal_passes(train, model)
    rated = np.bincount(train.matrix.indices, minlength=train.n_items) > 0
    active = np.diff(train.matrix.indptr) > 0
    np.testing.assert_allclose(model.item_factors_[rated], Q[rated], rtol=1e-3, atol=1e-4)
    np.testing.assert_allclose(model.mean_factors_, P[active].mean(axis=0), rtol=1e-3, atol=1e-4)
    np.testing.assert_allclose(model.item_offsets_, c, atol=1e-4)
    assert bool(c.any()) == biased


@pytest.mark.parametrize("biased", [False, True])
def test_a_profile_is_folded_in_by_nonnegative_least_squares(biased: bool) -> None:
    train = ragged()
    model = NMF(
        factors=3, epochs=60, biased=biased, init_high=1.4, fold_in_l2=0.3, fold_in_l2_offset=0.4
    ).fit(train)
    base = train.matrix.data.mean(dtype=float) if biased else 0.0
    scores, at_zero = model.score(train), 0
    Q, c = model.item_factors_.astype(float), model.item_offsets_.astype(float)
    prior = model.mean_factors_.astype(float)
    for row in range(train.n_users):
        profile = train.take([row]).matrix
        y = profile.data - base - c[profile.indices]
        # The distance from the mean factors as extra rows of a least squares problem.
        X = np.r_[Q[profile.indices], np.sqrt(0.3) * np.eye(3)]
        target = np.r_[y, np.sqrt(0.3) * prior]
        offset = 0.0
        if biased:
            ones = np.r_[np.ones(profile.nnz), np.zeros(3)]
            X = np.r_[np.c_[X, ones], [[0, 0, 0, np.sqrt(0.4)]]]
            bounds = ([0, 0, 0, -np.inf], np.inf)
            found = lsq_linear(X, np.r_[target, 0], bounds, tol=1e-14).x
            p, offset = found[:3], found[3]
        else:
            p = nnls(X, target)[0]
        at_zero += (p < 1e-6).sum()
        np.testing.assert_allclose(scores[row], base + offset + c + Q @ p, atol=2e-4)
    assert at_zero > 3


@pytest.mark.parametrize("biased", [False, True])
def test_no_factor_is_negative(biased: bool) -> None:
    model = NMF(factors=4, biased=biased, init_high=3.0).fit(ragged())
    assert (model.item_factors_ >= 0).all()
    assert (model.mean_factors_ >= 0).all()
    assert (model._fold_in(ragged())[1] >= 0).all()


def test_nobody_in_particular_has_the_mean_factors_and_so_has_an_item_that_nobody_rated() -> None:
    train = ragged()
    model = NMF(factors=3).fit(train)
    empty = np.flatnonzero(np.diff(train.matrix.indptr) == 0)
    expected = model.item_factors_ @ model.mean_factors_
    np.testing.assert_allclose(model.score(train)[empty[0]], expected, rtol=1e-5)
    rated = np.bincount(train.matrix.indices, minlength=train.n_items) > 0
    assert not rated.all()
    for unrated in np.flatnonzero(~rated):
        np.testing.assert_allclose(
            model.item_factors_[unrated], model.item_factors_[rated].mean(axis=0), rtol=1e-5
        )


def test_every_pass_is_reported() -> None:
    passes: list[tuple[int, int]] = []
    NMF(factors=2, epochs=3).fit(silence(), on_epoch=lambda *done: passes.append(done))
    assert passes == [(1, 3), (2, 3), (3, 3)]


@pytest.mark.real
def test_movielens_errors_are_no_greater_than_the_reference(data_root: Path) -> None:
    # Surprise 1.1.5: NMF with its defaults, and biased, on fold u1 with random_state 0.
    train, test = movielens_fold(data_root, "u1")
    same: dict[str, Any] = {
        "factors": 15,
        "epochs": 50,
        "l2": 0.06,
        "learning_rate": 0.005,
        "init_high": 1.0,
    }
    for biased, reference in ((False, 0.9798), (True, 0.9501)):
        model = NMF(**same, biased=biased, l2_offsets=0.02, fold_in_l2=20.0)
        assert rmse(model.fit(train), train, test) <= reference
    assert rmse(NMF().fit(train), train, test) <= 0.925

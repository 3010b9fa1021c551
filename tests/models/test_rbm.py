"""The Boltzmann machine: against loops over units, and against all states of hidden units."""

from __future__ import annotations

from itertools import product
from pathlib import Path

import numpy as np
import pytest

from marquee.data.ids import IdIndex
from marquee.data.interactions import Interactions
from marquee.errors import ParameterError
from marquee.models.rbm import RBM, Batch, Machine, divergence
from recommender_kit import movielens_fold, ragged, rmse

torch = pytest.importorskip("torch")


def sigmoid(x: float) -> float:
    return float(1 / (1 + np.exp(-x)))


@pytest.mark.parametrize("n_steps", [1, 3])
def test_the_divergence_is_that_of_loops_over_units_with_the_same_chance(n_steps: int) -> None:
    rng = np.random.default_rng(3)
    n_items, n_levels, n_hidden = 5, 3, 4
    W, b, D, c = (
        rng.normal(size=(n_items * n_levels, n_hidden)),
        rng.normal(size=n_items * n_levels),
        rng.normal(size=(n_items, n_hidden)),
        rng.normal(size=n_hidden),
    )
    # The second viewer rated one title; two viewers gave the first title the same level.
    rows, items = [0, 0, 0, 1, 2, 2], [0, 2, 4, 0, 0, 3]
    levels, tilts = [1, 0, 2, 1, 1, 2], rng.normal(size=(6, n_levels))
    heard = np.array([[1.5], [0.0], [1.5], [1.5], [1.5], [0.0]])  # two ratings are hidden
    chance = torch.Generator().manual_seed(9)
    drawn = [
        draw
        for _ in range(n_steps)
        for draw in (
            torch.rand((3, n_hidden), generator=chance).numpy(),
            torch.rand((6, 1), generator=chance).numpy(),
        )
    ]

    def hidden(said: list[int]) -> np.ndarray:
        h = np.zeros((3, n_hidden))
        for u in range(3):
            for f in range(n_hidden):
                total = c[f]
                for entry, row in enumerate(rows):
                    if row == u:
                        told = D[items[entry], f] + W[items[entry] * n_levels + said[entry], f]
                        total += heard[entry, 0] * told
                h[u, f] = sigmoid(total)
        return h

    first = last = hidden(levels)
    made = levels
    for step in range(n_steps):
        h = (drawn[2 * step] < last).astype(float)
        made = []
        for entry, (row, item) in enumerate(zip(rows, items, strict=True)):
            odds = [
                b[item * n_levels + k]
                + tilts[entry, k]
                + sum(h[row, f] * W[item * n_levels + k, f] for f in range(n_hidden))
                for k in range(n_levels)
            ]
            shares = np.exp(odds) / np.exp(odds).sum()
            u, level = float(drawn[2 * step + 1][entry, 0]), 0
            while level < n_levels - 1 and shares[: level + 1].sum() < u:
                level += 1
            made.append(level)
        last = hidden(made)
    dW, db, dD, dc = (np.zeros_like(each) for each in (W, b, D, c))
    for entry, (row, item) in enumerate(zip(rows, items, strict=True)):
        dW[item * n_levels + levels[entry]] += first[row]
        dW[item * n_levels + made[entry]] -= last[row]
        db[item * n_levels + levels[entry]] += 1
        db[item * n_levels + made[entry]] -= 1
        dD[item] += first[row] - last[row]
    dc = (first - last).sum(axis=0)
    assert made != levels
    slopes = divergence(
        torch,
        Machine(*(torch.from_numpy(each) for each in (W, b, D, c))),
        Batch(*(torch.tensor(each) for each in (rows, items, levels, tilts, heard))),
        n_levels,
        n_steps,
        torch.Generator().manual_seed(9),
    )
    for ours, theirs in zip(slopes, (dW, db, dD, dc), strict=True):
        np.testing.assert_allclose(ours.numpy(), theirs, atol=1e-12)


def test_a_prediction_is_the_mean_level_given_marginals_over_all_hidden_states() -> None:
    train = ragged()
    model = RBM(hidden=3, epochs=4, batch=4, init_std=0.4, learning_rate=0.2, n_machines=2)
    model.fit(train)
    n_levels = len(model.levels_)
    W = model.weights_.reshape(2, train.n_items, n_levels, 3).astype(float)
    b = model.biases_.reshape(2, train.n_items, n_levels).astype(float)
    scores, mean = model.score(train), train.matrix.data.mean(dtype=float)
    for row in range(train.n_users):
        profile = train.take([row]).matrix
        chosen = [int(np.argmin(np.abs(model.levels_ - rating))) for rating in profile.data]
        left = profile.data - mean - model.item_offsets_[profile.indices]
        offset = left.sum() / (len(left) + model.l2_offset)
        states, expected = np.array(list(product([0, 1], repeat=3))), np.zeros(train.n_items)
        for place in range(2):
            weights = []
            for h in states:
                energy = -(model.hidden_biases_[place] @ h)
                for item, level in zip(profile.indices, chosen, strict=True):
                    energy -= b[place, item, level] + offset * model.tilts_[level]
                    energy -= W[place, item, level] @ h + model.rated_[place, item] @ h
                weights.append(np.exp(-energy))
            marginal = np.array(weights) @ states / np.sum(weights)
            for item in range(train.n_items):
                odds = W[place, item] @ marginal + b[place, item] + offset * model.tilts_
                expected[item] += np.exp(odds) @ model.levels_ / np.exp(odds).sum() / 2
        above = profile.data - expected[profile.indices]
        expected += above.sum() / (len(above) + 15)
        np.testing.assert_allclose(scores[row], expected, rtol=1e-4)


def test_ratings_asked_for_are_the_scores() -> None:
    train = ragged()
    model = RBM(hidden=5, epochs=3).fit(train)
    rows, columns = np.indices(train.matrix.shape).reshape(2, -1)
    np.testing.assert_allclose(
        model.predict_ratings(train, rows, columns),
        np.clip(model.score(train).ravel(), train.matrix.data.min(), train.matrix.data.max()),
        rtol=1e-5,
    )


def test_without_hidden_units_at_work_strict_viewers_are_told_less_by_their_offset() -> None:
    rng = np.random.default_rng(0)
    strict = rng.random(60) < 0.5
    users, items = np.nonzero(rng.random((60, 30)) < 0.5)
    ratings = np.clip(
        np.round(np.where(strict[users], 2.6, 3.4) + rng.normal(0, 0.7, users.size)), 1, 5
    )
    train = Interactions.from_arrays(
        users, items, ratings, user_index=IdIndex(range(60)), item_index=IdIndex(range(30))
    )
    scores = RBM(hidden=2, epochs=1, learning_rate=0.0, init_std=0.0).fit(train).score(train)
    gap = scores[~strict].mean() - scores[strict].mean()
    assert 0.5 < gap < 1.0


def test_the_distinct_ratings_are_the_levels_and_a_finer_scale_is_binned() -> None:
    coarse = RBM(hidden=2, epochs=1).fit(ragged())
    np.testing.assert_array_equal(coarse.levels_, np.unique(ragged().matrix.data))
    train = ragged()
    rng = np.random.default_rng(1)
    train = Interactions.from_arrays(
        train.rows,
        train.matrix.indices,
        rng.gamma(2.0, 20.0, len(train)),  # skewed, and no two alike
        user_index=IdIndex(range(train.n_users)),
        item_index=IdIndex(range(train.n_items)),
    )
    fine = RBM(hidden=2, epochs=2).fit(train)
    assert len(fine.levels_) == 10
    assert (np.diff(fine.levels_) > 0).all()
    assert np.isfinite(fine.score(train)).all()


def test_which_titles_were_rated_speaks_beside_how() -> None:
    model = RBM(hidden=4, epochs=20, batch=4).fit(ragged())
    deaf = RBM(hidden=4, epochs=20, batch=4).fit(ragged())
    deaf.rated_ = np.zeros_like(deaf.rated_)
    assert np.abs(model.rated_).max() > 0
    assert not np.array_equal(model.score(ragged()), deaf.score(ragged()))


def test_a_momentum_of_one_is_refused() -> None:
    with pytest.raises(ParameterError, match=r"momentum of RBM must be below 1, got 1"):
        RBM(momentum=1.0)


def test_a_fit_that_diverges_says_which_number_to_lower() -> None:
    with pytest.raises(ParameterError, match=r"learning_rate 1e\+30 is too high .* lower it"):
        RBM(hidden=3, epochs=9, learning_rate=1e30).fit(ragged())


@pytest.mark.real
@pytest.mark.slow
def test_it_errs_less_than_offsets_on_the_hardest_fold_of_movielens(data_root: Path) -> None:
    train, test = movielens_fold(data_root, "u1")
    assert rmse(RBM().fit(train), train, test) <= 0.94

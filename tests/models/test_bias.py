"""Bias: a hand-worked example and the normal equations."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest

from marquee.data.interactions import Interactions
from marquee.models.bias import Bias
from recommender_kit import movielens_fold, ragged, rmse


def penalized_least_squares(
    train: Interactions, l2_users: float, l2_items: float
) -> tuple[np.ndarray, np.ndarray]:
    """User and item offsets by solving for both at once, one rating after another."""
    dense = train.matrix.toarray()
    given = np.zeros(dense.shape, bool)
    given[train.rows, train.matrix.indices] = True
    mean = dense[given].mean(dtype=np.float64)
    n_users, n_items = dense.shape
    A = np.diag(np.r_[np.full(n_users, l2_users), np.full(n_items, l2_items)])
    b = np.zeros(n_users + n_items)
    for user in range(n_users):
        for item in range(n_items):
            if given[user, item]:
                pair = [user, n_users + item]
                A[np.ix_(pair, pair)] += 1
                b[pair] += float(dense[user, item]) - mean
    offsets = np.linalg.solve(A, b)
    return offsets[:n_users], offsets[n_users:]


def test_many_passes_solve_the_penalized_least_squares() -> None:
    train = ragged()
    model = Bias(l2_users=2.5, l2_items=4, passes=300).fit(train)
    users, items = penalized_least_squares(train, 2.5, 4)
    np.testing.assert_allclose(model.item_offsets_, items, atol=1e-9)
    mean = train.matrix.data.mean(dtype=np.float64)
    np.testing.assert_allclose(
        model.score(train), mean + np.add.outer(users, items), rtol=1e-5, atol=1e-5
    )


def test_one_pass_worked_out_by_hand() -> None:
    # Mean 3. Items first: film 1 has deviations 2 and 0, film 2 has -2.
    train = Interactions.from_arrays([1, 2, 2], [1, 1, 2], [5, 3, 1])
    model = Bias(l2_users=1, l2_items=2, passes=1).fit(train)
    np.testing.assert_allclose(model.item_offsets_, [2 / 4, -2 / 3])
    # User 1: (2 - 1/2) / (1 + 1); user 2: (0 - 1/2 - 2 + 2/3) / (1 + 2).
    users = np.array([1.5 / 2, (-0.5 - 2 + 2 / 3) / 3])
    expected = 3 + np.add.outer(users, model.item_offsets_)
    np.testing.assert_allclose(model.score(train), expected, rtol=1e-6)


def test_scores_are_not_cut_but_ratings_are() -> None:
    train = Interactions.from_arrays([1, 1, 2, 2, 3], [1, 2, 1, 3, 1], [5, 5, 5, 1, 5])
    model = Bias(l2_users=0.1, l2_items=0.1).fit(train)
    rows, columns = np.indices((3, 3)).reshape(2, -1)
    scores = model.score(train).ravel()
    assert scores.max() > 5
    np.testing.assert_array_equal(
        model.predict_ratings(train, rows, columns), np.clip(scores, 1, 5)
    )


def test_a_visitor_is_judged_by_the_profile_alone() -> None:
    train = ragged()
    model = Bias().fit(train)
    stern = Interactions.from_arrays(
        ["new"] * 3, train.items.ids[:3], [0.5, 0.5, 0.5], item_index=train.items
    )
    kind = Interactions.from_arrays(
        ["new"] * 3, train.items.ids[:3], [5, 5, 5], item_index=train.items
    )
    assert (model.score(stern) < model.score(kind)).all()


@pytest.mark.real
def test_movielens_errors_are_those_of_the_reference(data_root: Path) -> None:
    # Surprise 1.1.5: BaselineOnly.
    train, test = movielens_fold(data_root, "u1")
    assert rmse(Bias().fit(train), train, test) == pytest.approx(0.9599, abs=1e-4)

"""EASE against slow second derivations."""

from __future__ import annotations

import numpy as np
import pytest
from numpy.typing import NDArray

from marquee.data.ids import IdIndex
from marquee.data.interactions import Interactions
from marquee.errors import NotFittedError, ParameterError
from marquee.models.ease import EASE
from marquee.models.likes import gram
from recommender_kit import checkerboard, ragged


def likes(train: Interactions, liked_from: float = 0.0) -> NDArray[np.float64]:
    """The binary matrix, dense: stored entries of at least that value."""
    dense = np.zeros(train.matrix.shape)
    dense[train.rows, train.matrix.indices] = train.matrix.data >= liked_from
    return dense


def weights_of(model: EASE) -> NDArray[np.float32]:
    """The weights over the whole catalog, 0 for items that nobody liked."""
    n_items = len(model.items_)
    weights = np.zeros((n_items, n_items), np.float32)
    weights[np.ix_(model.liked_items_, model.liked_items_)] = model.weights_
    return weights


def skewed(n_users: int = 300, n_items: int = 150) -> Interactions:
    """A few items with most of the users, and some with none."""
    rng = np.random.default_rng(11)
    chance = 1 / (1 + np.arange(n_items))
    chance[-5:] = 0
    users, items = np.nonzero(rng.random((n_users, n_items)) < np.minimum(8 * chance, 0.9))
    return Interactions.from_arrays(
        users,
        items,
        rng.integers(1, 11, len(users)) / 2,
        user_index=IdIndex(np.arange(n_users)),
        item_index=IdIndex(np.arange(n_items)),
    )


@pytest.mark.parametrize("liked_from", [0.0, 3.5])
def test_each_column_is_the_ridge_regression_on_all_other_items(liked_from: float) -> None:
    train = ragged()
    weights = weights_of(EASE(l2=1.5, liked_from=liked_from).fit(train))
    X = likes(train, liked_from)
    for column in range(train.n_items):
        others = np.arange(train.n_items) != column
        A = X[:, others]
        # Ridge as plain least squares with one more row per weight.
        stacked = np.vstack([A, np.sqrt(1.5) * np.eye(A.shape[1])])
        target = np.concatenate([X[:, column], np.zeros(A.shape[1])])
        expected = np.linalg.lstsq(stacked, target, rcond=None)[0]
        np.testing.assert_allclose(weights[others, column], expected, atol=2e-6)
        assert weights[column, column] == 0


def test_weights_are_those_of_the_inverse_in_float64() -> None:
    train = skewed()
    X = likes(train)
    P = np.linalg.inv(X.T @ X + 20.0 * np.eye(train.n_items))
    expected = -P / np.diag(P)
    np.fill_diagonal(expected, 0)
    model = EASE(l2=20.0).fit(train)
    assert model.weights_.dtype == np.float32
    assert model.weights_.flags.c_contiguous
    np.testing.assert_allclose(weights_of(model), expected, atol=1e-5)


def test_pairs_are_counted_in_the_lower_triangle() -> None:
    train = skewed()
    X = likes(train)
    matrix = train.matrix.copy()
    matrix.data[:] = 1
    np.testing.assert_array_equal(gram(matrix), np.tril(X.T @ X))


def test_scores_are_the_likes_times_the_weights() -> None:
    train = skewed()
    model = EASE(l2=20.0, liked_from=3.0).fit(train)
    expected = likes(train, 3.0) @ weights_of(model).astype(np.float64)
    np.testing.assert_allclose(model.score(train), expected, atol=1e-5)


def test_what_is_not_liked_says_nothing_and_is_still_seen() -> None:
    train = ragged()
    model = EASE(l2=2.0, liked_from=4.0).fit(train)
    below = train.matrix.data < 4
    columns = np.arange(train.n_users)
    parts = model.contributions(train, columns)
    assert below.any()
    assert (parts[below] == 0).all()
    assert parts[~below].any()
    liked = train.where(~below)
    np.testing.assert_array_equal(model.score(train), model.score(liked))
    seen = set(zip(train.rows.tolist(), train.matrix.indices.tolist(), strict=True))
    items = model.recommend(train, k=24).items
    listed = {(row, int(item)) for row in range(train.n_users) for item in items[row] if item >= 0}
    assert not listed & seen


def test_items_that_nobody_liked_take_no_room_and_say_nothing() -> None:
    train = ragged()
    model = EASE(l2=1.0, liked_from=4.5).fit(train)
    liked = likes(train, 4.5).any(axis=0)
    assert 0 < liked.sum() < train.n_items
    np.testing.assert_array_equal(model.liked_items_, np.flatnonzero(liked))
    assert model.weights_.shape == (liked.sum(), liked.sum())
    assert (model.score(train)[:, ~liked] == 0).all()
    everything = Interactions.from_arrays(
        np.zeros(train.n_items, np.int64),
        train.items.ids,
        np.full(train.n_items, 5.0),
        item_index=train.items,
    )
    for column in range(train.n_items):
        parts = model.contributions(everything, [column])
        assert (parts[~liked] == 0).all()
        np.testing.assert_allclose(parts.sum(), model.score(everything)[0, column], atol=1e-5)


def test_an_item_adds_nothing_to_its_own_score() -> None:
    train = checkerboard()
    model = EASE(l2=1.0).fit(train)
    first = train.matrix.indices[train.matrix.indptr[:-1]]
    parts = model.contributions(train, first)
    assert (parts[train.matrix.indptr[:-1]] == 0).all()


def test_similarity_is_the_partial_correlation() -> None:
    train = skewed()
    X = likes(train)
    P = np.linalg.inv(X.T @ X + 20.0 * np.eye(train.n_items))
    partial = -P / np.sqrt(np.outer(np.diag(P), np.diag(P)))
    np.fill_diagonal(partial, 0)
    columns = [3, 0, 77, 149, 3]
    items, values = EASE(l2=20.0).fit(train).similar(columns, k=5)
    expected = np.sort(partial[columns])[:, ::-1][:, :5]
    listed = expected > 0
    assert listed[0].all()
    np.testing.assert_allclose(values[listed], expected[listed], atol=1e-5)
    assert (items[~listed] == -1).all()
    assert items[0].tolist() == items[4].tolist() == np.argsort(-partial[3])[:5].tolist()
    assert (items[3] == -1).all(), "nobody has seen item 149"


def test_an_l2_of_nothing_is_refused() -> None:
    with pytest.raises(ParameterError, match="l2 of EASE must be above 0, got 0"):
        EASE(l2=0)


def test_an_l2_lost_in_rounding_is_refused_with_its_value() -> None:
    twins = Interactions.from_arrays(
        np.repeat(np.arange(3000), 2), np.tile([0, 1], 3000), np.ones(6000)
    )
    with pytest.raises(ParameterError, match="too small for these 2 items, got 1e-07"):
        EASE(l2=1e-7).fit(twins)


def test_abilities_ask_for_a_fit_and_for_positions_in_the_catalog() -> None:
    train = ragged()
    for ask in (lambda: EASE().similar([0]), lambda: EASE().contributions(train, [0])):
        with pytest.raises(NotFittedError, match="EASE is not fitted"):
            ask()
    model = EASE().fit(train)
    with pytest.raises(ParameterError, match="columns must be positions from 0 to 23, got 24"):
        model.similar([0, 24])
    with pytest.raises(ParameterError, match="20 rows for 1 columns"):
        model.contributions(train, [0])

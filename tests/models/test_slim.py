"""SLIM: against scikit-learn's elastic net, column by column."""

from __future__ import annotations

import numpy as np
import pytest
from numpy.typing import NDArray
from sklearn.linear_model import ElasticNet

from marquee.data.ids import IdIndex
from marquee.data.interactions import Interactions
from marquee.errors import ParameterError
from marquee.models import slim
from marquee.models.slim import SLIM
from recommender_kit import ragged, silence


def dense(train: Interactions, liked_from: float = 0.0) -> NDArray[np.float64]:
    """The binary matrix of likes."""
    likes = np.zeros(train.matrix.shape)
    likes[train.rows, train.matrix.indices] = train.matrix.data >= liked_from
    return likes


def skewed(n_users: int = 200, n_items: int = 80) -> Interactions:
    """A few items with most of the users, some with none, and users of two tastes."""
    rng = np.random.default_rng(11)
    chance = np.minimum(6 / (1 + np.arange(n_items)), 0.7) + np.zeros((n_users, 1))
    chance[:, -3:] = 0
    alike = np.equal.outer(np.arange(n_users) % 2, np.arange(n_items) % 2)
    users, items = np.nonzero(rng.random(chance.shape) < np.where(alike, chance, 0.3 * chance))
    return Interactions.from_arrays(
        users,
        items,
        rng.integers(1, 11, len(users)) / 2,
        user_index=IdIndex(np.arange(n_users)),
        item_index=IdIndex(np.arange(n_items)),
    )


def elastic_net(A: NDArray[np.float64], model: SLIM) -> NDArray[np.float64]:
    """The weights by scikit-learn, whose objective is ours divided by the number of users."""
    n_users, n_items = A.shape
    weights = np.zeros((n_items, n_items))
    for column in range(n_items):
        others = np.arange(n_items) != column
        if not A[:, column].any():
            continue  # all weights are 0, which scikit-learn finds only with a warning
        regression = ElasticNet(
            alpha=(model.l1 + model.l2) / n_users,
            l1_ratio=model.l1 / (model.l1 + model.l2),
            positive=model.non_negative,
            fit_intercept=False,
            tol=1e-10,
            max_iter=100_000,
        )
        weights[others, column] = regression.fit(A[:, others], A[:, column]).coef_
    return weights


@pytest.mark.parametrize("non_negative", [True, False])
@pytest.mark.parametrize(("l1", "l2"), [(2.0, 5.0), (0.5, 20.0), (6.0, 1.0)])
def test_weights_are_those_of_the_elastic_net(l1: float, l2: float, non_negative: bool) -> None:
    train = skewed()
    model = SLIM(l1=l1, l2=l2, non_negative=non_negative, tolerance=1e-7, sweeps=5000).fit(train)
    expected = elastic_net(dense(train), model)
    assert (expected > 0).any()
    np.testing.assert_allclose(model.weights_.toarray(), expected, atol=2e-5)


def test_an_item_speaks_against_another_only_where_it_may() -> None:
    train = skewed()
    kept, free = (SLIM(l1=0.5, l2=5.0, non_negative=only).fit(train) for only in (True, False))
    assert (kept.weights_.data > 0).all()
    assert (free.weights_.data < 0).any()


def test_likes_begin_where_it_is_said() -> None:
    train = ragged()
    model = SLIM(l1=0.2, l2=1.0, liked_from=3.0, tolerance=1e-7, sweeps=5000).fit(train)
    likes = dense(train, 3.0)
    expected = elastic_net(likes, model)
    assert expected.any()
    np.testing.assert_allclose(model.weights_.toarray(), expected, atol=2e-5)
    np.testing.assert_allclose(model.score(train), likes @ expected, atol=1e-4)


def test_what_is_kept_is_sparse_and_sparser_for_more_l1() -> None:
    train = skewed()
    kept = [SLIM(l1=l1, l2=5.0).fit(train).weights_ for l1 in (1.0, 4.0, 16.0, 1000.0)]
    assert [weights.nnz for weights in kept] == sorted((w.nnz for w in kept), reverse=True)
    assert 0 < kept[1].nnz < kept[0].nnz < train.n_items**2 / 2
    assert kept[3].nnz == 0
    assert all((weights.data != 0).all() for weights in kept)
    assert not any(weights.diagonal().any() for weights in kept)


def test_the_default_tolerance_is_near_enough_to_the_optimum() -> None:
    train = skewed()
    exact = SLIM(l2=20.0, tolerance=1e-7, sweeps=5000).fit(train)
    quick = SLIM(l2=20.0).fit(train)
    assert np.abs(exact.score(train) - quick.score(train)).max() < 5e-3


def test_the_gram_matrix_is_made_whole_in_place() -> None:
    lower = np.tril(np.random.default_rng(0).random((700, 700), np.float32))
    expected = lower + np.tril(lower, -1).T
    whole = slim._whole(lower)
    assert whole is lower
    np.testing.assert_array_equal(whole, expected)


def test_without_interactions_there_are_no_weights() -> None:
    assert SLIM().fit(silence()).weights_.nnz == 0


def test_an_l2_of_nothing_is_refused() -> None:
    with pytest.raises(ParameterError, match="l2 of SLIM must be above 0, got 0"):
        SLIM(l2=0)

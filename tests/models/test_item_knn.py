"""ItemKNN: against nested loops over users and pairs of items."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest
from numpy.typing import NDArray

from marquee.data.ids import IdIndex
from marquee.data.interactions import Interactions
from marquee.models.bias import Bias
from marquee.models.item_knn import ItemKNN
from recommender_kit import movielens_fold, ragged, rated_checkerboard, rmse


def baseline(train: Interactions) -> NDArray[np.float64]:
    """The baseline of every user and item, from the model of the same offsets."""
    return Bias().fit(train).score(train).astype(float)


def slow_similarities(train: Interactions, shrinkage: float) -> NDArray[np.float64]:
    """Similarities pair by pair, user by user."""
    dense, base = train.matrix.toarray().astype(float), baseline(train)
    seen = dense > 0
    S = np.zeros((train.n_items, train.n_items))
    for i in range(train.n_items):
        for j in range(train.n_items):
            both = [u for u in range(train.n_users) if seen[u, i] and seen[u, j]]
            x = [dense[u, i] - base[u, i] for u in both]
            y = [dense[u, j] - base[u, j] for u in both]
            if i != j and len(both) > 1 and np.any(x) and np.any(y):
                correlation = np.dot(x, y) / np.sqrt(np.dot(x, x) * np.dot(y, y))
                S[i, j] = correlation * (len(both) - 1) / (len(both) - 1 + shrinkage)
    return S


def slow_scores(train: Interactions, S: NDArray[np.float64], k: int) -> NDArray[np.float64]:
    """Scores user by user, item by item, neighbor by neighbor."""
    dense, base = train.matrix.toarray().astype(float), baseline(train)
    scores = base.copy()
    for u in range(train.n_users):
        profile = [j for j in range(train.n_items) if dense[u, j] > 0]
        for i in range(train.n_items):
            nearest = sorted((j for j in profile if S[i, j] > 0), key=lambda j: -S[i, j])[:k]
            weight = sum(S[i, j] for j in nearest)
            if weight > 0:
                said = sum(S[i, j] * (dense[u, j] - base[u, j]) for j in nearest)
                scores[u, i] += said / weight
    return scores


@pytest.mark.parametrize("shrinkage", [0.0, 3.0, 100.0])
@pytest.mark.parametrize("n_threads", [1, 2])
def test_similarities_are_shrunk_correlations(shrinkage: float, n_threads: int) -> None:
    train = ragged()
    model = ItemKNN(shrinkage=shrinkage, n_threads=n_threads).fit(train)
    expected = slow_similarities(train, shrinkage)
    assert (expected > 0).any()
    assert (expected < 0).any()
    rated = model.rated_items_
    np.testing.assert_allclose(model.similarity_, expected[np.ix_(rated, rated)], atol=2e-5)
    assert np.count_nonzero(expected) == np.count_nonzero(expected[np.ix_(rated, rated)])


@pytest.mark.parametrize("k", [1, 2, 5, 40])
def test_scores_are_the_weighted_mean_of_the_nearest(k: int) -> None:
    train = ragged()
    model = ItemKNN(k=k, shrinkage=2).fit(train)
    similarity = np.zeros((train.n_items, train.n_items))
    similarity[np.ix_(model.rated_items_, model.rated_items_)] = model.similarity_
    expected = slow_scores(train, similarity, k)
    assert np.abs(expected - baseline(train)).max() > 0.5
    np.testing.assert_allclose(model.score(train), expected, atol=1e-4)


def test_scores_are_the_same_in_small_steps(monkeypatch: pytest.MonkeyPatch) -> None:
    model = ItemKNN().fit(ragged())
    whole = model.score(ragged())
    monkeypatch.setattr("marquee.models.item_knn.PAIRS_AT_ONCE", 47)
    np.testing.assert_array_equal(model.score(ragged()), whole)


def among_unrated(train: Interactions) -> Interactions:
    """The same ratings in a catalog where nine titles that nobody rated stand before each."""
    ids = np.empty((train.n_items, 10), object)
    ids[:] = [[*(f"unrated {n} of {item}" for n in range(9)), item] for item in train.items]
    return train.with_items(IdIndex(ids.ravel().tolist()))


def test_titles_that_nobody_rated_take_no_memory_and_change_nothing() -> None:
    small, large = ragged(), among_unrated(ragged())
    n_rated = len(np.unique(small.matrix.indices))
    model, wide = ItemKNN(k=3, n_threads=2).fit(small), ItemKNN(k=3, n_threads=2).fit(large)
    assert large.n_items == 10 * small.n_items > 10 * n_rated
    assert wide.similarity_.shape == (n_rated, n_rated)
    np.testing.assert_array_equal(wide.similarity_, model.similarity_)
    same = large.items.positions(small.items.ids)
    np.testing.assert_array_equal(wide.score(large)[:, same], model.score(small))
    rows, columns = np.indices((small.n_users, small.n_items)).reshape(2, -1)
    np.testing.assert_array_equal(
        wide.predict_ratings(large, rows, same[columns]),
        model.predict_ratings(small, rows, columns),
    )


def test_titles_that_nobody_rated_keep_the_baseline_and_have_no_neighbors() -> None:
    # The most rated title comes last: its row must not answer for titles that have none.
    train = among_unrated(ragged().with_items(IdIndex(ragged().items.ids[::-1])))
    model = ItemKNN(k=3).fit(train)
    unrated = np.setdiff1d(np.arange(train.n_items), model.rated_items_)
    base = baseline(train)
    np.testing.assert_allclose(model.score(train)[:, unrated], base[:, unrated], atol=1e-6)
    rows, columns = np.repeat(np.arange(train.n_users), 2), np.tile(unrated[[0, -1]], train.n_users)
    np.testing.assert_allclose(
        model.predict_ratings(train, rows, columns), base[rows, columns].clip(0.5, 5), atol=1e-6
    )
    # Rated by the viewer who asks, yet by nobody in training: says nothing about any other.
    asks = Interactions.from_arrays(
        ["new"], train.items.ids[unrated[:1]], [5.0], item_index=train.items
    )
    assert np.ptp(model.score(asks) - model.item_offsets_) == pytest.approx(0, abs=1e-6)
    items, scores = model.similar([unrated[0], model.rated_items_[-1]], k=5)
    assert (items[0] == -1).all()
    assert np.isneginf(scores[0]).all()
    assert np.isin(items[1][items[1] >= 0], model.rated_items_).all()
    assert items[1, 0] >= 0


def test_ratings_are_scores_cut_to_the_scale() -> None:
    train = ragged()
    model = ItemKNN(k=3).fit(train)
    rng = np.random.default_rng(8)
    rows, columns = rng.integers(0, train.n_users, 300), rng.integers(0, train.n_items, 300)
    expected = np.clip(model.score(train)[rows, columns], 0.5, 5)
    np.testing.assert_allclose(model.predict_ratings(train, rows, columns), expected, atol=1e-6)


def test_items_rated_the_other_way_round_are_not_similar() -> None:
    model = ItemKNN().fit(rated_checkerboard())
    items, _ = model.similar([0, 5], k=9)
    assert set(items[0]) == {2, 4, 6, 8, -1}
    assert set(items[1]) == {1, 3, 7, 9, -1}


@pytest.mark.real
def test_movielens_errors_are_those_of_the_reference(data_root: Path) -> None:
    # Surprise 1.1.5: KNNBaseline, item-based, pearson_baseline, shrinkage 100.
    train, test = movielens_fold(data_root, "u1")
    model = ItemKNN(shrinkage=100).fit(train)
    assert rmse(model, train, test) == pytest.approx(0.935885, abs=1e-5)

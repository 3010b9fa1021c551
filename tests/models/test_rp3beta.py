"""RP3beta: against walks taken one by one."""

from __future__ import annotations

import numpy as np
import pytest
from numpy.typing import NDArray

from marquee.data.interactions import Interactions
from marquee.models import rp3beta
from marquee.models.rp3beta import RP3beta
from recommender_kit import ragged, silence


def histories(train: Interactions, liked_from: float) -> list[list[int]]:
    """The liked items of each user."""
    return [
        [
            int(item)
            for item, value in zip(
                train.take([row]).matrix.indices, train.take([row]).matrix.data, strict=True
            )
            if value >= liked_from
        ]
        for row in range(train.n_users)
    ]


def walked(train: Interactions, model: RP3beta) -> NDArray[np.float64]:
    """The weights, added up over every single way from an item over a user to another item."""
    taken = histories(train, model.liked_from)
    fans = [[u for u, items in enumerate(taken) if i in items] for i in range(train.n_items)]
    weights = np.zeros((train.n_items, train.n_items))
    for start in range(train.n_items):
        for user in fans[start]:
            for end in taken[user]:
                if end != start:
                    chance = (1 / len(fans[start])) ** model.alpha
                    chance *= (1 / len(taken[user])) ** model.alpha
                    weights[start, end] += chance / len(fans[end]) ** model.beta
    for row in weights:
        order = sorted(range(len(row)), key=lambda column: (-row[column], column))
        row[order[model.neighbors :]] = 0
    return weights


@pytest.mark.parametrize("alpha", [1.0, 0.6])
@pytest.mark.parametrize("beta", [0.0, 0.4])
@pytest.mark.parametrize("liked_from", [0.0, 3.5])
@pytest.mark.parametrize("rows_at_once", [5, 1 << 20])
def test_weights_are_the_sum_over_all_walks(
    alpha: float, beta: float, liked_from: float, rows_at_once: int, monkeypatch: pytest.MonkeyPatch
) -> None:
    train = ragged()
    monkeypatch.setattr(rp3beta, "BLOCK_CELLS", rows_at_once * train.n_items)
    model = RP3beta(alpha=alpha, beta=beta, liked_from=liked_from, neighbors=24).fit(train)
    expected = walked(train, model)
    assert expected.any()
    np.testing.assert_allclose(model.weights_.toarray(), expected, rtol=1e-5, atol=1e-7)


def test_a_profile_walks_on_from_its_items_each_as_likely() -> None:
    train = ragged()
    model = RP3beta(alpha=0.7, beta=0.3, neighbors=24, liked_from=2.0).fit(train)
    weights = walked(train, model)
    scores = model.score(train)
    for row, items in enumerate(histories(train, 2.0)):
        expected = sum(weights[item] / len(items) ** 0.7 for item in items)
        np.testing.assert_allclose(scores[row], expected, rtol=1e-5, atol=1e-7)


def test_without_powers_the_ends_of_walks_are_probabilities() -> None:
    train = ragged()
    model = RP3beta(alpha=1.0, beta=0.0, neighbors=24).fit(train)
    totals = np.asarray(model.weights_.sum(axis=1)).ravel()
    # A walk that comes back to where it started counts for nothing.
    assert (totals < 1).all()
    assert totals.max() > 0.5


@pytest.mark.parametrize("neighbors", [1, 3])
def test_only_the_strongest_of_each_row_are_kept_and_of_equals_the_first(neighbors: int) -> None:
    train = ragged()
    every = RP3beta(neighbors=24).fit(train)
    few = RP3beta(neighbors=neighbors).fit(train)
    assert np.diff(every.weights_.indptr).max() > neighbors
    assert np.diff(few.weights_.indptr).max() == neighbors
    model = RP3beta(neighbors=neighbors).fit(train)
    whole = every.weights_.toarray()
    for row, kept in zip(whole, model.weights_.toarray(), strict=True):
        order = np.argsort(-row, kind="stable")[:neighbors]
        np.testing.assert_array_equal(np.flatnonzero(kept), np.sort(order[row[order] > 0]))


def test_a_greater_beta_holds_popular_items_back() -> None:
    train = ragged()
    counts = np.bincount(train.matrix.indices, minlength=train.n_items)
    told = [
        counts[RP3beta(beta=beta, neighbors=24).fit(train).recommend(train, k=3).items[4:16]].mean()
        for beta in (0.0, 0.5, 1.5)
    ]
    assert told[0] > told[1] > told[2]


def test_without_interactions_there_are_no_walks() -> None:
    assert RP3beta().fit(silence()).weights_.nnz == 0

"""Ranked products of factors: against a full sort of all scores."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from scipy.sparse import csr_array

from marquee.data.ids import IdIndex
from marquee.data.interactions import Interactions
from marquee.models import base, products
from marquee.models.products import Factored, top_k_products
from marquee.models.ranking import top_k
from recommender_kit import build, ragged


@settings(deadline=None)
@given(data=st.data())
def test_lists_are_those_of_all_scores(data: st.DataObject) -> None:
    rng = np.random.default_rng(data.draw(st.integers(0, 10**6)))
    n_profiles, n_items = data.draw(st.tuples(st.integers(0, 9), st.integers(0, 300)))
    k = data.draw(st.sampled_from([1, 2, 10, 301]))
    with pytest.MonkeyPatch.context() as patch:
        # Tiles of every shape, and runs of 64 with and without a tail.
        patch.setattr(products, "ROWS", data.draw(st.sampled_from([1, 2, 9])))
        patch.setattr(products, "COLUMNS", data.draw(st.sampled_from([1, 64, 100, 300])))
        # Whole numbers, so that products are exact and ties abound.
        users, items = (
            rng.integers(-2, 3, (n, 2)).astype(np.float32) for n in (n_profiles, n_items)
        )
        offsets = [rng.integers(-2, 3, n).astype(np.float32) for n in (n_profiles, n_items)]
        given_offsets = offsets if data.draw(st.booleans()) else [None, None]
        factored = Factored(users, items, *given_offsets)
        share = data.draw(st.sampled_from([0, 0.3, 1]))
        seen = csr_array((rng.random((n_profiles, n_items)) < share).astype(np.float32))
        exclude = seen if data.draw(st.booleans()) else None
        found = top_k_products(factored, k, exclude=exclude)
    expected = top_k(factored.scores(), k, exclude=exclude)
    np.testing.assert_array_equal(found.items, expected.items)
    np.testing.assert_array_equal(found.scores, expected.scores)


@pytest.mark.parametrize("name", ["svd", "svdpp", "nmf"])
def test_a_crowd_gets_the_lists_that_each_gets_alone(
    name: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    train = ragged()
    model = build(name).fit(train)
    assert train.n_users < base.MANY
    for options in ({}, {"exclude_seen": False}, {"k": 30}):
        arguments: dict[str, Any] = options
        monkeypatch.setattr(base, "MANY", 10**9)
        alone = model.recommend(train, **arguments)
        monkeypatch.setattr(base, "MANY", 1)
        monkeypatch.setattr(base, "top_k", None)  # not by way of all scores
        crowd = model.recommend(train, **arguments)
        monkeypatch.undo()
        np.testing.assert_array_equal(crowd.items, alone.items)
        np.testing.assert_allclose(crowd.scores, alone.scores, rtol=1e-5)


def test_items_that_are_alike_are_listed_by_position() -> None:
    items = np.tile(np.array([[1.0, 2.0]], np.float32), (1000, 1))
    found = top_k_products(Factored(np.ones((3, 2), np.float32), items), 4)
    assert found.items.tolist() == [[0, 1, 2, 3]] * 3


def test_candidates_are_heeded_in_a_crowd() -> None:
    n_users, n_items = base.MANY, 12
    rng = np.random.default_rng(3)
    users, columns = np.nonzero(rng.random((n_users, n_items)) < 0.5)
    train = Interactions.from_arrays(
        users,
        columns,
        rng.integers(1, 6, len(users)),
        user_index=IdIndex(np.arange(n_users)),
        item_index=IdIndex(np.arange(n_items)),
    )
    candidates = np.arange(n_items) % 3 == 0
    listed = build("svd").fit(train).recommend(train, k=12, candidates=candidates).items
    assert set(np.unique(listed)) <= {-1, 0, 3, 6, 9}

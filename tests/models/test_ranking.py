"""Ranked lists: against a full sort of every row."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from numpy.typing import NDArray
from scipy.sparse import csr_array

from marquee.errors import ParameterError
from marquee.models.ranking import top_k


def full_sort(
    scores: NDArray[np.float32], k: int, allowed: NDArray[np.bool_]
) -> tuple[list[list[int]], list[list[float]]]:
    """Items and scores of each row by descending score, then position; padded to length k."""
    items, values = [], []
    for row, free in zip(scores.tolist(), allowed, strict=True):
        found = [(-score, i) for i, score in enumerate(row) if free[i] and score > -np.inf]
        best = sorted(found)[:k]
        padding = k - len(best)
        items.append([i for _, i in best] + [-1] * padding)
        values.append([-score for score, _ in best] + [-np.inf] * padding)
    return items, values


@given(data=st.data())
def test_lists_are_those_of_a_full_sort(data: st.DataObject) -> None:
    rng = np.random.default_rng(data.draw(st.integers(0, 10**6)))
    shape = data.draw(st.tuples(st.integers(0, 5), st.integers(0, 12)))
    n_levels = data.draw(st.sampled_from([1, 2, 3, 1000]))
    k = data.draw(st.integers(1, 14))
    # Few levels, so that ties fall on every place of the list, the cut included.
    scores = rng.integers(-n_levels, n_levels, shape).astype(np.float32)
    scores[rng.random(shape) < data.draw(st.sampled_from([0, 0.5]))] = -np.inf
    excluded = rng.random(shape) < data.draw(st.sampled_from([0, 0.4, 1]))
    candidates = rng.random(shape) < data.draw(st.sampled_from([0.5, 1]))
    items, values = top_k(scores, k, exclude=csr_array(excluded), candidates=candidates)
    expected_items, expected_values = full_sort(scores, k, candidates & ~excluded)
    assert items.shape == values.shape == (shape[0], k)
    assert items.tolist() == expected_items
    assert values.tolist() == expected_values


def test_equal_scores_are_in_order_of_position() -> None:
    scores = np.array([[1, 2, 2, 1, 2, 1]], np.float32)
    assert top_k(scores, 2).items.tolist() == [[1, 2]]
    assert top_k(scores, 5).items.tolist() == [[1, 2, 4, 0, 3]]


def test_one_mask_serves_every_profile() -> None:
    scores = np.array([[3, 2, 1], [1, 2, 3]], np.float32)
    mask = np.array([False, True, True])
    assert top_k(scores, 2, candidates=mask).items.tolist() == [[1, 2], [2, 1]]


def test_scores_are_left_alone() -> None:
    scores = np.array([[3, 2, 1]], np.float32)
    top_k(scores, 1, exclude=csr_array(np.array([[1, 0, 0]])), candidates=np.ones(3, bool))
    assert scores.tolist() == [[3, 2, 1]]


def test_bad_arguments_are_refused_by_name() -> None:
    scores = np.zeros((2, 3), np.float32)
    with pytest.raises(ParameterError, match="k must be at least 1, got 0"):
        top_k(scores, 0)
    with pytest.raises(ParameterError, match=r"candidates of shape \(2,\) for scores"):
        top_k(scores, 1, candidates=np.ones(2, bool))


@given(data=st.data())
def test_a_long_single_row_is_ranked_as_a_full_sort_ranks_it(data: st.DataObject) -> None:
    rng = np.random.default_rng(data.draw(st.integers(0, 10**6)))
    n_items = data.draw(st.integers(1, 400))
    n_levels = data.draw(st.sampled_from([1, 2, 30, 10**6]))
    k = data.draw(st.sampled_from([1, 2, 3, 11, 12, 13, 200, 401]))
    scores = rng.integers(-n_levels, n_levels, (1, n_items)).astype(np.float32)
    allowed = rng.random(n_items) < data.draw(st.sampled_from([0, 0.02, 0.3, 1]))
    items, values = top_k(scores, k, candidates=allowed)
    expected_items, expected_values = full_sort(scores, k, allowed[None])
    assert items.tolist() == expected_items
    assert values.tolist() == expected_values

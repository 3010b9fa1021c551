"""What inputs add, read off a model's structure: it sums to the answer, and is where it belongs."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest
from numpy.typing import NDArray
from sklearn.ensemble import ExtraTreesRegressor
from xgboost import XGBRegressor

from marquee.forecast.attributions import by_source, of_boosted, of_forest, of_line


def made(n: int = 80) -> tuple[NDArray[np.float64], NDArray[np.float64]]:
    """Four inputs with ties, of which the first two matter, together too, and an outcome."""
    rng = np.random.default_rng(4)
    X = rng.integers(0, 5, (n, 4)).astype(float)
    return X, X[:, 0] + 2 * (X[:, 1] > 2) * (X[:, 0] > 1) + rng.normal(0, 0.1, n)


def slow_steps(tree: Any, row: NDArray[np.float64]) -> NDArray[np.float64]:
    """The steps of one row down one tree, one node after another."""
    added, node = np.zeros(row.size), 0
    while tree.children_left[node] >= 0:
        cause = tree.feature[node]
        left = np.float32(row[cause]) <= tree.threshold[node]
        child = tree.children_left[node] if left else tree.children_right[node]
        added[cause] += tree.value[child, 0, 0] - tree.value[node, 0, 0]
        node = child
    return added


def test_steps_of_a_forest_are_those_of_walking_down_each_tree() -> None:
    X, y = made()
    forest = ExtraTreesRegressor(7, min_samples_leaf=3, random_state=0).fit(X, y)
    added = of_forest(forest, X[:9])
    walked = [
        np.mean([slow_steps(each.tree_, row) for each in forest.estimators_], axis=0)
        for row in X[:9]
    ]
    np.testing.assert_allclose(added, walked, atol=1e-12)
    roots = np.mean([each.tree_.value[0, 0, 0] for each in forest.estimators_])
    np.testing.assert_allclose(roots + added.sum(axis=1), forest.predict(X[:9]))


def test_a_forest_of_one_leaf_adds_nothing() -> None:
    X, _ = made(5)
    forest = ExtraTreesRegressor(2, random_state=0).fit(X, np.ones(5))
    assert not of_forest(forest, X).any()


def test_values_of_boosted_trees_sum_to_the_answer_but_a_constant() -> None:
    X, y = made()
    trees = XGBRegressor(n_estimators=20, max_depth=3, base_score=0.0).fit(X, y)
    rest = trees.predict(X) - of_boosted(trees, X).sum(axis=1)
    np.testing.assert_allclose(rest, rest[0], atol=1e-4)


def test_the_usual_row_of_a_line_adds_nothing() -> None:
    weights, usual = np.array([2.0, -1.0]), np.array([1.0, 3.0])
    added = of_line(weights, np.array([[1.0, 3.0], [2.0, 1.0]]), usual)
    assert added.tolist() == [[0, 0], [2, 2]]


@pytest.mark.parametrize("n", [0, 1, 3])
def test_inputs_are_summed_by_the_column_that_they_come_from(n: int) -> None:
    added = np.tile([1.0, 10.0, 100.0], (n, 1))
    told = by_source(added, ["genres", "budget", "genres"], ["budget", "unused", "genres"])
    assert told.tolist() == [[10, 0, 101]] * n

"""What each input adds to the answer of a fitted model, read off its own structure, exactly.

The parts of a row and a constant sum to the model's answer. They cost no more than a few answers,
where watching a model from outside takes hundreds.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import numpy as np
from numpy.typing import NDArray


def of_boosted(booster: Any, inputs: NDArray[np.float64]) -> NDArray[np.float64]:
    """Tree Shapley values of an XGBoost regressor, shape (n, n_inputs); the rest is its constant.

    References
    ----------
    S. Lundberg et al., "From local explanations to global understanding with explainable AI for
    trees", Nature Machine Intelligence 2020.
    """
    from xgboost import DMatrix

    told = booster.get_booster().predict(DMatrix(inputs, nthread=1), pred_contribs=True)
    return np.asarray(told[:, :-1], dtype=np.float64)


def of_forest(forest: Any, inputs: NDArray[np.float64]) -> NDArray[np.float64]:
    """Steps along the paths of a scikit-learn forest, shape (n, n_inputs).

    A step from a node to its child is the difference of their mean values, and is due to the input
    that the node asks about; the mean over the trees is taken. The rest is the mean of the roots.

    References
    ----------
    A. Palczewska, J. Palczewski, R. Marchese Robinson and D. Neagu, "Interpreting random forest
    classification models using a feature contribution method", 2014.
    """
    visited, _ = forest.decision_path(inputs)
    steps = [_steps(tree.tree_) for tree in forest.estimators_]
    cause = np.concatenate([each[0] for each in steps])[visited.indices]
    size = np.concatenate([each[1] for each in steps])[visited.indices]
    row = np.repeat(np.arange(len(inputs)), np.diff(visited.indptr))
    added = np.zeros(inputs.shape)
    np.add.at(added, (row, cause), size / len(forest.estimators_))
    return added


def of_line(
    weights: NDArray[np.float64], inputs: NDArray[np.float64], usual: NDArray[np.float64]
) -> NDArray[np.float64]:
    """Terms of a linear model against a usual row, shape (n, n_inputs)."""
    return np.asarray(weights * (inputs - usual))


def by_source(
    added: NDArray[np.float64], sources: Sequence[str], columns: Sequence[str]
) -> NDArray[np.float64]:
    """The same by the column that each input comes from, shape (n, n_columns)."""
    place = {name: column for column, name in enumerate(columns)}
    summed = np.zeros((len(added), len(columns)))
    np.add.at(summed.T, [place[source] for source in sources], added.T)
    return summed


def _steps(tree: Any) -> tuple[NDArray[np.int64], NDArray[np.float64]]:
    """Of each node the input that led to it and the step from its parent; 0 for the root."""
    value = tree.value[:, 0, 0]
    cause, size = np.zeros(tree.node_count, dtype=np.int64), np.zeros(tree.node_count)
    parents = np.flatnonzero(tree.children_left >= 0)
    for children in (tree.children_left[parents], tree.children_right[parents]):
        cause[children] = tree.feature[parents]
        size[children] = value[children] - value[parents]
    return cause, size

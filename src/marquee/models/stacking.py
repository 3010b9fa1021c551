"""A blender: ridge regression on predictions, then small trees on what it leaves."""

from __future__ import annotations

from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from marquee.data.interactions import Interactions


class TreeSettings(NamedTuple):
    """How trees are grown on the residual of the ridge regression."""

    rounds: int
    leaves: int
    learning_rate: float
    min_leaf: int
    l2: float
    seed: int


def inner_folds(train: Interactions, n_folds: int, seed: int) -> NDArray[np.int64]:
    """The fold that each stored entry is held out in; sizes differ by 1 at most."""
    return np.random.default_rng(seed).permutation(len(train)) % n_folds


def ridge(
    predictions: NDArray[np.float64], ratings: NDArray[np.float64], l2: float
) -> NDArray[np.float64]:
    """Intercept, then a weight for each column of predictions, shape (1 + n_members,).

    The penalty, in ratings, pulls the weights to the plain mean of the members.
    """
    from threadpoolctl import threadpool_limits

    n_members = predictions.shape[1]
    even = np.full(n_members, 1 / n_members)
    if not len(ratings):
        return np.append(0.0, even)
    center, mean = predictions.mean(axis=0), ratings.mean()
    X = predictions - center
    with threadpool_limits(1, user_api="blas"):
        gram = X.T @ X + l2 * np.eye(n_members)
        weights = even + np.linalg.solve(gram, X.T @ (ratings - mean - X @ even))
    return np.append(mean - center @ weights, weights)


def blended(predictions: NDArray[np.float64], weights: NDArray[np.float64]) -> NDArray[np.float64]:
    """The intercept plus the weighted sum of the predictions."""
    return np.asarray(weights[0] + predictions @ weights[1:])


def grown(
    features: NDArray[np.float32], left: NDArray[np.float64], settings: TreeSettings
) -> NDArray[np.uint8]:
    """Boosted trees that predict what is left, as XGBoost's own bytes; empty for no round."""
    import xgboost

    if not settings.rounds or not len(left):
        return np.empty(0, np.uint8)
    trees = xgboost.train(
        {
            "objective": "reg:squarederror",
            "tree_method": "hist",
            "grow_policy": "lossguide",
            "max_depth": 0,
            "max_leaves": settings.leaves,
            "max_bin": 128,
            "learning_rate": settings.learning_rate,
            # The second derivative of half a squared error is 1 for each rating.
            "min_child_weight": settings.min_leaf,
            "reg_lambda": settings.l2,
            "subsample": 0.7,
            "colsample_bytree": 0.5,
            "base_score": 0.0,
            "nthread": 1,
            "seed": settings.seed,
        },
        xgboost.DMatrix(features, left, nthread=1),
        settings.rounds,
    )
    return np.frombuffer(trees.save_raw("ubj"), np.uint8).copy()


def corrections(trees: NDArray[np.uint8], features: NDArray[np.float32]) -> NDArray[np.float64]:
    """What the trees add to each pair, shape (n_pairs,)."""
    import xgboost

    if not trees.size or not len(features):
        return np.zeros(len(features))
    booster = xgboost.Booster({"nthread": 1})
    booster.load_model(bytearray(trees.tobytes()))
    return np.asarray(booster.predict(xgboost.DMatrix(features, nthread=1)), np.float64)

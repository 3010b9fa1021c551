"""A blender: ridge regression on predictions, then small trees on what it leaves."""

from __future__ import annotations

from collections.abc import Iterable
from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from marquee.data.interactions import Interactions

Bags = dict[str, NDArray[np.uint8]]
"""Bags of boosted trees by name, each in XGBoost's binary format."""


class TreeSettings(NamedTuple):
    """How trees are grown on the residual of the ridge regression."""

    rounds: int
    leaves: int
    learning_rate: float
    min_leaf: int
    l2: float


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
    features: NDArray[np.float32],
    left: NDArray[np.float64],
    settings: TreeSettings,
    seeds: Iterable[int],
) -> Bags:
    """A bag of boosted trees for each seed, which predict what is left; none for no round."""
    import xgboost

    if not settings.rounds or not len(left):
        return {}
    params = {
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
    }
    data = xgboost.QuantileDMatrix(features, left, nthread=1, max_bin=params["max_bin"])
    bags = {}
    for place, seed in enumerate(seeds):
        trees = xgboost.train({**params, "seed": seed}, data, settings.rounds)
        bags[f"bag_{place}"] = np.frombuffer(trees.save_raw("ubj"), np.uint8).copy()
    return bags


def corrections(bags: Bags, features: NDArray[np.float32]) -> NDArray[np.float64]:
    """What the trees add to each pair, the mean over bags, shape (n_pairs,)."""
    import xgboost

    total = np.zeros(len(features))
    if not bags or not len(features):
        return total
    data = xgboost.DMatrix(features, nthread=1)
    for trees in bags.values():
        booster = xgboost.Booster({"nthread": 1})
        booster.load_model(bytearray(trees.tobytes()))
        total += booster.predict(data)
    return total / len(bags)

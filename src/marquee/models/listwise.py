"""A ranker of lists: a linear part learned by the likelihood of lists, and boosted trees on it."""

from __future__ import annotations

from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

OBJECTIVES = ("rank:ndcg", "binary:logistic")
"""What trees are grown for: lambdas of NDCG over pairs of a list, or the odds of each item."""


class Lists(NamedTuple):
    """Items of several lists, one after another."""

    features: NDArray[np.float32]
    """Shape (n, n_features)."""
    scores: NDArray[np.float32]
    """What the linear part sees, shape (n, n_members)."""
    wanted: NDArray[np.bool_]
    lengths: NDArray[np.int64]
    """Length of each list; their sum is n."""


class Trees(NamedTuple):
    """How trees are grown."""

    rounds: int
    depth: int
    rate: float
    min_leaf: float
    l2: float
    objective: str
    seed: int


def list_weights(lists: Lists, l2: float) -> NDArray[np.float64]:
    r"""Weights w of the scores s, shape (n_members,), by the likelihood of what was wanted.

    .. math:: \max_w \sum_u \frac{1}{|W_u|} \sum_{i \in W_u}
        \ln \frac{e^{w^\top s_{ui}}}{\sum_{j \in C_u} e^{w^\top s_{uj}}}
        - \frac{\lambda}{2} \lVert w - e \rVert^2

    with :math:`W_u` the wanted ones of the list :math:`C_u` and e equal weights that sum to 1.
    Weights are not below 0: each member is meant to rank what is wanted first.
    """
    from scipy.optimize import minimize

    n_members = lists.scores.shape[1]
    even = np.full(n_members, 1 / max(n_members, 1))
    if not lists.wanted.any():
        return even
    X = lists.scores.astype(np.float64)
    starts = np.append(0, np.cumsum(lists.lengths))[:-1]
    owner = np.repeat(np.arange(len(starts)), lists.lengths)
    n_wanted = np.bincount(owner, lists.wanted, len(starts))
    told = (n_wanted > 0).astype(np.float64)
    share = lists.wanted / np.maximum(n_wanted, 1)[owner]
    hoped = share @ X

    def loss(weights: NDArray[np.float64]) -> tuple[float, NDArray[np.float64]]:
        own = X @ weights
        top = np.maximum.reduceat(own, starts)
        odds = np.exp(own - top[owner])
        totals = np.add.reduceat(odds, starts)
        chance = odds * (told / totals)[owner]
        away = weights - even
        value = told @ (np.log(totals) + top) - hoped @ weights + l2 / 2 * away @ away
        return float(value), chance @ X - hoped + l2 * away

    bounds = [(0, None)] * n_members
    found = minimize(loss, even, jac=True, method="L-BFGS-B", bounds=bounds)
    return np.asarray(found.x, np.float64)


def grown(lists: Lists, weights: NDArray[np.float64], trees: Trees) -> NDArray[np.uint8]:
    """Boosted trees on top of the linear part, as XGBoost's own bytes; empty for none."""
    import xgboost

    owner = np.repeat(np.arange(len(lists.lengths)), lists.lengths)
    told = np.bincount(owner, lists.wanted, len(lists.lengths)) > 0
    if not trees.rounds or not told.any():
        return np.empty(0, np.uint8)
    kept = told[owner]
    data = xgboost.DMatrix(
        lists.features[kept],
        lists.wanted[kept],
        base_margin=(lists.scores[kept] @ weights).astype(np.float32),
        nthread=1,
    )
    settings = {
        "objective": trees.objective,
        "tree_method": "hist",
        "max_depth": trees.depth,
        "max_bin": 64,
        "learning_rate": trees.rate,
        "min_child_weight": trees.min_leaf,
        "reg_lambda": trees.l2,
        "subsample": 0.8,
        "colsample_bytree": 0.7,
        "base_score": 0.5 if trees.objective == "binary:logistic" else 0.0,
        "nthread": 1,
        "seed": trees.seed,
    }
    if trees.objective.startswith("rank:"):
        data.set_group(lists.lengths[told])
        settings |= {"lambdarank_pair_method": "topk", "lambdarank_num_pair_per_sample": 50}
    booster = xgboost.train(settings, data, trees.rounds)
    return np.frombuffer(booster.save_raw("ubj"), np.uint8).copy()


def tree_scores(
    trees: NDArray[np.uint8], features: NDArray[np.float32], linear: NDArray[np.float32]
) -> NDArray[np.float32]:
    """The linear part plus what the trees add, shape (n,)."""
    import xgboost

    if not trees.size or not len(features):
        return linear
    booster = xgboost.Booster({"nthread": 1})
    booster.load_model(bytearray(trees.tobytes()))
    data = xgboost.DMatrix(features, base_margin=linear, nthread=1)
    return np.asarray(booster.predict(data, output_margin=True), np.float32)

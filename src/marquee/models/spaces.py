"""What a search tries for the hyperparameters of each recommender.

A space holds what matters most, about the default and within what a fit of seconds to minutes
allows; it is chosen from once, by validation data. Recommenders that take others as members, or
that draw so long that a search is no use on one machine, have none.
"""

from __future__ import annotations

from typing import Any

from marquee.search.space import Range, Space

_LIKED = (0.0, 3.0, 4.0)
_NEIGHBORS: dict[str, Any] = {
    "k": Range(10, 200, log=True, whole=True),
    "shrinkage": Range(1.0, 1_000.0, log=True),
    "similarity": ("pearson-baseline", "pearson", "cosine", "msd"),
}

SPACES: dict[str, Space] = {
    "bias": {"l2_users": Range(1.0, 60.0, log=True), "l2_items": Range(1.0, 60.0, log=True)},
    "bpr": {
        "factors": Range(16, 128, log=True, whole=True),
        "learning_rate": Range(0.01, 0.2, log=True),
        "l2": Range(0.001, 0.1, log=True),
        "liked_from": _LIKED,
    },
    "content": {
        "taste": Range(0.1, 3.0, log=True),
        "prior": Range(1.0, 30.0, log=True),
        "slope": Range(0.0, 1.0),
    },
    "ease": {"l2": Range(10.0, 5_000.0, log=True), "liked_from": _LIKED},
    "ease-ratings": {
        "l2": Range(20.0, 2_000.0, log=True),
        "l2_users": Range(1.0, 30.0, log=True),
        "l2_items": Range(0.5, 20.0, log=True),
    },
    "gaussian-items": {
        "prior_weight": Range(5.0, 300.0, log=True),
        "common": Range(0.05, 0.6),
        "noise": Range(0.4, 1.2),
    },
    "ials": {
        "factors": Range(16, 256, log=True, whole=True),
        "l2": Range(0.0005, 0.05, log=True),
        "unobserved": Range(0.03, 1.0, log=True),
        "liked_from": _LIKED,
    },
    "item-knn": _NEIGHBORS,
    "mult-vae": {
        "latent": Range(32, 256, log=True, whole=True),
        "dropout": Range(0.1, 0.8),
        "kl_cap": Range(0.05, 1.0, log=True),
        "liked_from": _LIKED,
    },
    "nmf": {
        "factors": Range(5, 60, log=True, whole=True),
        "l2": Range(0.02, 2.0, log=True),
    },
    "rbm": {
        "hidden": Range(30, 300, log=True, whole=True),
        "learning_rate": Range(0.01, 0.2, log=True),
        "l2": Range(0.002, 0.2, log=True),
    },
    "recent-popularity": {
        "days": Range(1.0, 365.0, log=True),
        "shape": ("window", "exponential"),
    },
    "rp3beta": {
        "alpha": Range(0.3, 2.0),
        "beta": Range(0.0, 1.0),
        "neighbors": Range(20, 1_000, log=True, whole=True),
        "liked_from": _LIKED,
    },
    "slim": {
        "l1": Range(0.1, 20.0, log=True),
        "l2": Range(10.0, 2_000.0, log=True),
        "liked_from": _LIKED,
    },
    "svd": {
        "factors": Range(8, 128, log=True, whole=True),
        "learning_rate": Range(0.002, 0.03, log=True),
        "l2": Range(0.01, 0.3, log=True),
        "epochs": Range(10, 60, whole=True),
    },
    "svdpp": {
        "factors": Range(8, 128, log=True, whole=True),
        "learning_rate": Range(0.002, 0.03, log=True),
        "l2": Range(0.01, 0.3, log=True),
        "epochs": Range(10, 60, whole=True),
    },
    "taste-groups": {
        "groups": Range(2, 60, log=True, whole=True),
        "shrinkage": Range(2.0, 100.0, log=True),
    },
    "user-knn": _NEIGHBORS,
}
"""The space of each recommender that has one, by its public name."""

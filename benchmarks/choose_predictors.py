"""Validation errors behind the defaults of the rating predictors: a grid per model.

Nothing here sees a test row: a random tenth of the *training* part is held out, of fold u1 of
MovieLens 100K and of the 90/10 split of MovieLens 1M. Run as ``MARQUEE_DATA=FOLDER python
benchmarks/choose_predictors.py [--data ml-1m] [--model NAME]``.
"""

from __future__ import annotations

import argparse
from functools import partial
from itertools import product
from typing import Any

import numpy as np

from marquee.data.sources import read_source
from marquee.evaluation.splits import Split
from marquee.features.side_information import titles_frame, viewers_frame
from marquee.models import ALGORITHMS
from marquee.models.abilities import PredictsRatings, UsesTitles, UsesViewers
from marquee.models.base import Recommender
from peers import SPLITS, data_root, our_rmse, splits_of, timed

GRIDS: dict[str, list[dict[str, list[Any]]]] = {
    "item-knn": [
        {
            "similarity": ["pearson-baseline"],
            "k": [20, 30, 40, 60],
            "shrinkage": [30, 60, 100, 200],
        },
        {"similarity": ["cosine", "msd", "pearson"], "k": [40]},
    ],
    "user-knn": [
        {
            "similarity": ["pearson-baseline"],
            "k": [40, 60, 80, 120],
            "shrinkage": [30, 60, 100, 200],
        },
        {"similarity": ["cosine", "msd", "pearson"], "k": [40, 80]},
    ],
    "svdpp": [
        {
            "factors": [64],
            "epochs": [20, 30, 40],
            "learning_rate": [0.005, 0.007, 0.01],
            "l2": [0.05, 0.07],
            "init_std": [0.02],
            "fold_in_l2": [5.0, 10.0],
        },
        {
            "factors": [20],
            "epochs": [20],
            "learning_rate": [0.007],
            "l2": [0.02],
            "init_std": [0.1],
            "fold_in_l2": [5.0, 10.0, 20.0, 30.0],
        },
    ],
    "nmf": [
        {
            "biased": [False],
            "factors": [30, 50],
            "epochs": [50, 80, 120, 200],
            "l2": [0.1, 0.2, 0.3],
            "fold_in_l2": [5.0, 10.0, 20.0],
        },
        {
            "biased": [True],
            "epochs": [50, 80],
            "l2": [0.1, 0.2],
            "fold_in_l2": [10.0, 20.0],
        },
    ],
    "rbm": [
        {"epochs": [30], "learning_rate": [0.03, 0.05], "l2": [0.03, 0.05], "steps": [1, 3]},
    ],
    "stacked-autoencoder": [
        {"l2": [20.0, 30.0, 40.0], "fold_in_l2": [40.0, 80.0], "n_networks": [1, 2]},
        {"side": ["user"], "noise": [0.3, 0.5]},
    ],
    "neural-ratings": [
        {"l2": [250.0, 300.0], "epochs": [4, 5, 6], "dropout": [0.1, 0.2], "n_networks": [2]},
        {"hidden": [8, 32], "n_networks": [2]},
    ],
}


def main() -> None:
    """Prints the settings of each model by their error on the held-out tenth, the best first."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--data", choices=sorted(SPLITS), default="ml-100k")
    parser.add_argument("--model", choices=sorted(GRIDS), action="append")
    parser.add_argument("--most", type=int, default=12, help="settings shown per model")
    options = parser.parse_args()
    inner = _inner(splits_of(options.data)[0])
    for name in options.model or sorted(GRIDS):
        found = []
        for grid in GRIDS[name]:
            for values in product(*grid.values()):
                params = dict(zip(grid, values, strict=True))
                model = told(ALGORITHMS[name](**params), options.data)
                assert isinstance(model, PredictsRatings)
                seconds, _ = timed(partial(model.fit, inner.train))
                found.append((our_rmse(model, inner), seconds, params))
        found.sort(key=lambda each: each[0])
        defaults = told(ALGORITHMS[name](), options.data).fit(inner.train)
        assert isinstance(defaults, PredictsRatings)
        print(f"{name} on {options.data}: defaults {our_rmse(defaults, inner):.4f}", flush=True)
        for error, seconds, params in found[: options.most]:
            print(f"  {error:.4f} {seconds:7.3f} s  {params}", flush=True)


def told(model: Recommender, data: str) -> Recommender:
    """The model, told of titles and viewers where it asks."""
    if isinstance(model, UsesTitles | UsesViewers):
        tables = read_source(data_root() / data, data)[1].tables
        if isinstance(model, UsesTitles):
            model.use_titles(titles_frame(tables))
        if isinstance(model, UsesViewers):
            model.use_viewers(viewers_frame(tables))
    return model


def _inner(split: Split) -> Split:
    """A tenth of the training part to validate on, the rest to fit."""
    held = np.random.default_rng(0).random(len(split.train)) < 0.1
    return Split("inner", split.train.where(~held), split.train.where(held))


if __name__ == "__main__":
    main()

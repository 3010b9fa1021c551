"""Rankers on viewers of whom nothing was learned: strong generalization, by Liang et al. (2018).

Likes are ratings of at least 4 stars. Of MovieLens 1M, 500 viewers are held out for the test and
as many for validation; four fifths of the likes of each are told, the others are to be found
among all titles. Recall has the denominator min(k, n_relevant), as in the authors' table.

* ``python benchmarks/rankers.py``: the table on the test viewers, defaults throughout; means over
  ``--seeds`` of models that draw at random, standard errors over viewers.
* ``--choose``: how the defaults were chosen, on the validation viewers and on these alone: NDCG@100
  for a grid of hyperparameters around them. Recent popularity is asked of the last tenth in time
  of the training part of ``time:0.9``.

``--data`` is ``world`` (the built-in one), ``ml-1m`` or ``ml-100k``; the latter are read from the
folder that ``MARQUEE_DATA`` names. ``--only`` takes public names of models.
"""

from __future__ import annotations

import argparse
import json
import os
import sys
import time
from collections.abc import Iterator
from itertools import product
from pathlib import Path
from typing import Any

import numpy as np
import polars as pl
from numpy.typing import NDArray

from marquee.data.interactions import Interactions
from marquee.data.sources import read_source
from marquee.data.world.build import build_world
from marquee.evaluation.metrics import mean_over_users, ndcg, recall_capped
from marquee.evaluation.splits import Split, parse_split, split_by_time
from marquee.models import ALGORITHMS
from marquee.models.base import Recommender
from marquee.models.ranking import TopK

TESTED = ("popularity", "rp3beta", "bpr", "slim", "ease", "ials")
GRIDS: dict[str, tuple[dict[str, tuple[Any, ...]], ...]] = {
    "ease": ({"l2": (100.0, 200.0, 300.0, 500.0, 800.0)},),
    "ials": (
        {"unobserved": (0.1, 0.3, 1.0), "l2": (0.001, 0.003, 0.01)},
        {"factors": (32, 128, 256)},
        {"l2_exponent": (0.0, 0.5)},
        {"epochs": (8, 32)},
        {"solver": ("cholesky",)},
    ),
    "slim": (
        {"l1": (1.0, 2.0, 5.0), "l2": (100.0, 200.0, 500.0)},
        {"non_negative": (False,)},
    ),
    "rp3beta": (
        {"alpha": (0.6, 0.8, 1.0, 1.3), "beta": (0.0, 0.2, 0.4, 0.6, 0.8)},
        {"neighbors": (50, 1000)},
    ),
    "taste-groups": (
        {"groups": (0, 6, 12, 25, 50)},
        {"groups": (25,), "shrinkage": (5.0, 60.0)},
        {"groups": (25,), "factors": (8, 32)},
    ),
    "bpr": (
        {"learning_rate": (0.05, 0.1), "l2": (0.003, 0.01, 0.03)},
        {"fold_in_l2": (0.01, 0.03, 0.1)},
        {"epochs": (20, 80)},
        {"factors": (32, 128)},
    ),
}
"""Values tried; a group is tried in all its combinations, the rest at the defaults."""
WINDOWS = {"days": (1.0, 3.0, 7.0, 14.0, 30.0, 90.0), "shape": ("window", "exponential")}


def main() -> None:
    """Prints one of the two tables."""
    options = _options()
    ratings = _ratings(options.data)
    if options.choose:
        _choose(ratings, options.data, options.only)
    else:
        _test(ratings, options)


def _test(ratings: pl.DataFrame, options: argparse.Namespace) -> None:
    """The table on the test viewers."""
    split = _strong(ratings, "strong")
    print(
        f"{options.data}, {split.name}: {split.train.n_users} viewers learned from, "
        f"{split.test.n_users} asked, {split.train.n_items} titles; split {split.fingerprint[:12]}"
    )
    rows = []
    for name in options.only or TESTED:
        algorithm: Any = ALGORITHMS[name]
        if "seed" in algorithm().params():
            models = [algorithm(seed=seed) for seed in range(options.seeds)]
        else:
            models = [algorithm()]
        runs = [_measured(model, split) for model in models]
        means = {key: np.mean([run[key] for run in runs], axis=0) for key in runs[0]}
        row: dict[str, Any] = {"model": name, "fit_cpu_s": float(means.pop("fit_cpu_s"))}
        for measure, values in means.items():
            counted = values[~np.isnan(values)]
            row[measure] = float(counted.mean())
            row[f"{measure}_se"] = float(counted.std(ddof=1) / np.sqrt(len(counted)))
        row["ndcg@100_by_seed"] = [mean_over_users(run["ndcg@100"]) for run in runs]
        rows.append(row)
        if not options.json:
            told = "  ".join(
                f"{m} {row[m]:.4f} ± {row[f'{m}_se']:.4f}"
                for m in ("ndcg@100", "recall@20", "recall@50")
            )
            print(f"{name:<12} {told}  fit {row['fit_cpu_s']:.2f} CPU s", flush=True)
    if options.json:
        json.dump(rows, sys.stdout, indent=2)
        print()


def _measured(model: Recommender, split: Split) -> dict[str, Any]:
    """CPU seconds of the fit, and each measure by viewer."""
    start = time.process_time()
    model.fit(split.train)
    seconds = time.process_time() - start
    lists = model.recommend(split.history, 100)
    shorter = {k: TopK(lists.items[:, :k], lists.scores[:, :k]) for k in (20, 50)}
    relevant = split.test.matrix
    by_viewer: dict[str, NDArray[np.float64]] = {
        "ndcg@100": ndcg(lists, relevant),
        **{f"recall@{k}": recall_capped(some, relevant) for k, some in shorter.items()},
    }
    return {"fit_cpu_s": seconds, **by_viewer}


def _choose(ratings: pl.DataFrame, data: str, only: list[str]) -> None:
    """NDCG on validation data for each of the hyperparameters tried."""
    split = _strong(ratings, "strong-validation")
    print(f"{data}, {split.name}, NDCG@100 of {split.test.n_users} viewers")
    for name in only or GRIDS:
        for group in GRIDS.get(name, ()):
            for params in _combinations(group):
                run = _measured(ALGORITHMS[name](**params), split)
                score, seconds = mean_over_users(run["ndcg@100"]), run["fit_cpu_s"]
                print(f"{score:.4f}  {seconds:6.2f} s  {name} {params}", flush=True)
    if (only and "recent-popularity" not in only) or ratings["rated_at"].null_count():
        return
    learned = split_by_time(Interactions.from_ratings(ratings), 0.9).train
    last = split_by_time(learned, 0.9)
    asked = np.flatnonzero(np.diff(last.test.matrix.indptr))
    history, test = last.train.take(asked), last.test.take(asked)
    print(f"{data}, last tenth of the training part of time:0.9, NDCG@10 of {len(asked)} viewers")
    models = [("popularity", {}), *(("recent-popularity", p) for p in _combinations(WINDOWS))]
    for name, params in models:
        lists = ALGORITHMS[name](**params).fit(last.train).recommend(history, 10)
        print(f"{mean_over_users(ndcg(lists, test.matrix)):.4f}  {name} {params}", flush=True)


def _combinations(group: dict[str, tuple[Any, ...]]) -> Iterator[dict[str, Any]]:
    for values in product(*group.values()):
        yield dict(zip(group, values, strict=True))


def _strong(ratings: pl.DataFrame, word: str) -> Split:
    interactions = Interactions.from_ratings(ratings)
    return parse_split(word, interactions, seed=0, ratings=ratings)[0]


def _ratings(data: str) -> pl.DataFrame:
    if data == "world":
        return build_world().ratings
    root = os.environ.get("MARQUEE_DATA")
    if not root:
        raise SystemExit("MARQUEE_DATA is not set; it names the folder of the real data sets")
    return read_source(Path(root) / data, data)[1].tables.ratings


def _options() -> argparse.Namespace:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--data", default="ml-1m", help="world, ml-1m or ml-100k")
    parser.add_argument("--choose", action="store_true", help="print how defaults were chosen")
    parser.add_argument("--only", nargs="*", default=[], help="public names of models")
    parser.add_argument("--seeds", type=int, default=3, help="fits of a model that draws at random")
    parser.add_argument("--json", action="store_true", help="print JSON")
    return parser.parse_args()


if __name__ == "__main__":
    main()

"""SVD++ and NMF beside Surprise's: the same rows, one thread each.

As ``surprise_svd.py``: CPU time of fits in this process, at the parameters that are Surprise's
defaults, errors beside it. An SVD++ of Surprise takes minutes on MovieLens 1M, so that it is fitted
``--peer-seeds`` times there, once unless asked otherwise, and ours with as many seeds as asked.
With ``--peer-passes`` it makes only so many of its 20 passes, its time is multiplied by what is
missing, and no errors are compared.

Run as ``MARQUEE_DATA=FOLDER python benchmarks/surprise_svdpp.py [--data ml-1m] [--model nmf]`` with
Surprise and pandas installed (the extra ``bench``).
"""

from __future__ import annotations

import argparse
from functools import partial
from typing import Any

import numpy as np
import surprise

from marquee.evaluation.splits import Split
from marquee.models.nmf import NMF
from marquee.models.svdpp import SVDpp
from peers import (
    SPLITS,
    Row,
    machine,
    our_rmse,
    splits_of,
    surprise_rmse,
    timed,
    trainset,
    verdict,
)

MODELS: dict[str, tuple[Any, dict[str, Any], Any]] = {
    "svdpp": (
        SVDpp,
        {
            "factors": 20,
            "epochs": 20,
            "learning_rate": 0.007,
            "l2": 0.02,
            "init_std": 0.1,
            "fold_in_l2": 20.0,
        },
        surprise.SVDpp,
    ),
    "nmf": (
        NMF,
        {"factors": 15, "epochs": 50, "l2": 0.06, "init_high": 1.0, "fold_in_l2": 20.0},
        surprise.NMF,
    ),
}
"""Ours, Surprise's defaults by our names with a penalty for folding in, and theirs."""
TARGETS = {("svdpp", "ml-100k"): 120.0, ("svdpp", "ml-1m"): 200.0}
"""Times that a fit is to be faster."""
PARITY = 0.003
"""Most by which the mean RMSE may be above theirs."""


def main() -> None:
    """Measures every split and prints a table."""
    options = _options()
    print("model  split       RMSE: ours  Surprise  defaults    fit CPU s: ours  Surprise  ratio")
    for name in options.model or MODELS:
        rows = []
        for split in splits_of(options.data)[: options.folds]:
            rows.append(_compare(name, split, options))
            _print(rows[-1])
        mean: Row = {
            key: float(np.mean([row[key] for row in rows]))
            for key in rows[0]
            if key not in ("split", "model")
        }
        if len(rows) > 1:
            _print({"model": name, "split": "mean", **mean})
        target = TARGETS.get((name, options.data), 1.0)
        told = f"{name}: times as fast: {verdict(mean['speedup'], target)}"
        if not options.peer_passes:
            worse = mean["rmse"] - mean["surprise_rmse"]
            told += f"; RMSE less Surprise's: {verdict(worse, PARITY, at_least=False)}"
        print(told)
    print(f"{options.data}, {machine()}, Surprise {surprise.__version__}")


def _compare(name: str, split: Split, options: argparse.Namespace) -> Row:
    """Mean RMSE over the seeds, and the fastest fit of them, at Surprise's parameters."""
    kind, same, peer = MODELS[name]
    kind(**same | {"epochs": 1}).fit(split.train)  # may compile
    ours, theirs, our_errors, their_errors, tuned = [], [], [], [], []
    for seed in range(options.seeds):
        seconds, model = timed(partial(kind(**same, seed=seed).fit, split.train))
        ours.append(seconds)
        our_errors.append(our_rmse(model, split))
        tuned.append(our_rmse(kind(seed=seed).fit(split.train), split))
    for seed in range(options.peer_seeds):
        rows = trainset(split.train, seed)
        passes = options.peer_passes or same["epochs"]
        seconds, model = timed(partial(peer(random_state=seed, n_epochs=passes).fit, rows))
        theirs.append(seconds * same["epochs"] / passes)
        whole = passes == same["epochs"]
        their_errors.append(surprise_rmse(model, split.test) if whole else float("nan"))
    return {
        "model": name,
        "split": split.name,
        "rmse": float(np.mean(our_errors)),
        "surprise_rmse": float(np.mean(their_errors)),
        "tuned": float(np.mean(tuned)),
        "ours": min(ours),
        "theirs": min(theirs),
        "speedup": min(theirs) / min(ours),
    }


def _print(row: Row) -> None:
    print(
        f"{row['model']:<6} {row['split']:<11} {row['rmse']:10.4f}  {row['surprise_rmse']:8.4f}  "
        f"{row['tuned']:8.4f}  {row['ours']:17.4f}  {row['theirs']:8.3f}  {row['speedup']:.1f}x",
        flush=True,
    )


def _options() -> argparse.Namespace:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--data", choices=sorted(SPLITS), default="ml-100k")
    parser.add_argument("--model", choices=sorted(MODELS), action="append")
    parser.add_argument("--seeds", type=int, default=5, help="fits of ours per split")
    parser.add_argument("--peer-seeds", type=int, default=1, help="fits of Surprise per split")
    parser.add_argument("--peer-passes", type=int, help="passes of Surprise, for its speed alone")
    parser.add_argument("--folds", type=int, default=5, help="splits, the first so many")
    return parser.parse_args()


if __name__ == "__main__":
    main()

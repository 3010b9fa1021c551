"""SVD and ItemKNN beside Surprise's SVD and KNNBaseline: the same rows, one thread each.

Both libraries fit and predict in this process, one after the other; a fit is timed by the CPU time
of the process, least of the repeats. The first fit of ours, which may compile, is not timed.

* ``--data ml-100k``: the publisher's folds u1 to u5.
* ``--data ml-1m``: a seeded 90/10 split, as ``--split random:0.1`` of the command line draws it.

Surprise keeps a Python tuple per rating, so that its speed hangs on where those lie in memory. Its
SVD is timed on two orders of the same rows: random, as its own ``train_test_split`` and
``cross_validate`` leave them, and sorted by user, as in the publisher's files. To ours the order of
the rows is nothing.

Run as ``MARQUEE_DATA=FOLDER python benchmarks/surprise_svd.py [--data ml-1m] [--seeds 3] [--json]``
with Surprise and pandas installed (the extra ``bench``).
"""

from __future__ import annotations

import argparse
import json
import os
import platform
import sys
import time
from collections.abc import Callable
from functools import partial
from pathlib import Path
from typing import Any, TypeVar

import numpy as np
import pandas as pd
import surprise
from numpy.typing import NDArray

from marquee.data.interactions import Interactions
from marquee.data.sources import SOURCES, Files, read_source
from marquee.evaluation.splits import Split, parse_split
from marquee.models.item_knn import ItemKNN
from marquee.models.svd import SVD

SURPRISE_SVD: dict[str, Any] = {
    "factors": 100,
    "epochs": 20,
    "learning_rate": 0.005,
    "l2": 0.02,
    "init_std": 0.1,
    "fold_in_l2": 20.0,
}
"""The defaults of Surprise's SVD, by our names, and the penalty for folding in that goes with them.

It was chosen, out of 10, 15, 20, 30 and 40, on a tenth of the training part of u1 and of the 90/10
split.
"""
PEARSON = {"name": "pearson_baseline", "user_based": False, "shrinkage": 100}
SPLITS = {"ml-100k": "folds", "ml-1m": "random:0.1"}

T = TypeVar("T")
Row = dict[str, Any]


def main() -> None:
    """Measures every split and prints a table, or JSON."""
    options = _options()
    splits = _splits(Path(os.environ["MARQUEE_DATA"]), options.data, options.split_seed)
    rows: list[Row] = []
    for split in splits:
        rows.append(_compare_svd(split, range(options.seeds)))
        rows.append(_compare_knn(split))
        if not options.json:
            _print(rows[-2:], header=len(rows) == 2)
    if len(splits) > 1:
        rows += [_mean([row for row in rows if row["model"] == name]) for name in ("svd", "knn")]
        if not options.json:
            _print(rows[-2:], header=False)
    if options.json:
        json.dump({"data": options.data, "machine": _machine(), "rows": rows}, sys.stdout, indent=2)
        print()
    else:
        print(f"{options.data}, {options.seeds} seed(s), {_machine()}")


def _compare_svd(split: Split, seeds: range) -> Row:
    """Mean RMSE over the seeds, and the fastest fit of them, at Surprise's parameters."""
    ours, theirs, sorted_theirs = [], [], []
    our_rmse, their_rmse, tuned_rmse = [], [], []
    SVD(**SURPRISE_SVD | {"epochs": 1}).fit(split.train)
    for seed in seeds:
        seconds, model = _timed(partial(SVD(**SURPRISE_SVD, seed=seed).fit, split.train))
        ours.append(seconds)
        our_rmse.append(_our_rmse(model, split))
        tuned_rmse.append(_our_rmse(SVD(seed=seed).fit(split.train), split))
        shuffled, by_user = _trainset(split.train, seed), _trainset(split.train)
        seconds, model = _timed(partial(surprise.SVD(random_state=seed).fit, shuffled))
        theirs.append(seconds)
        their_rmse.append(_their_rmse(model, split.test))
        seconds, _ = _timed(partial(surprise.SVD(random_state=seed).fit, by_user))
        sorted_theirs.append(seconds)
    return {
        "split": split.name,
        "model": "svd",
        "rmse": float(np.mean(our_rmse)),
        "surprise_rmse": float(np.mean(their_rmse)),
        "rmse_by_seed": our_rmse,
        "surprise_rmse_by_seed": their_rmse,
        "rmse_at_our_defaults": float(np.mean(tuned_rmse)),
        "fit_cpu_s": min(ours),
        "surprise_fit_cpu_s": min(theirs),
        "speedup": min(theirs) / min(ours),
        "surprise_fit_cpu_s_sorted_rows": min(sorted_theirs),
        "speedup_sorted_rows": min(sorted_theirs) / min(ours),
    }


def _compare_knn(split: Split) -> Row:
    """RMSE and time of item-based nearest neighbors, which know no seed."""
    ItemKNN().fit(split.train)
    runs = [_timed(partial(ItemKNN().fit, split.train)) for _ in range(3)]
    neighbors = surprise.KNNBaseline(sim_options=PEARSON, verbose=False)
    theirs, model = _timed(partial(neighbors.fit, _trainset(split.train, 0)))
    ours = min(seconds for seconds, _ in runs)
    return {
        "split": split.name,
        "model": "knn",
        "rmse": _our_rmse(runs[-1][1], split),
        "surprise_rmse": _their_rmse(model, split.test),
        "fit_cpu_s": ours,
        "surprise_fit_cpu_s": theirs,
        "speedup": theirs / ours,
    }


def _timed(work: Callable[[], T]) -> tuple[float, T]:
    """CPU seconds of this process while the work was done, and its result."""
    start = time.process_time()
    result = work()
    return time.process_time() - start, result


def _our_rmse(model: SVD | ItemKNN, split: Split) -> float:
    predicted = model.predict_ratings(split.train, split.test.rows, split.test.matrix.indices)
    return _rmse(predicted, split.test)


def _their_rmse(model: Any, test: Interactions) -> float:
    pairs = zip(test.rows.tolist(), test.matrix.indices.tolist(), strict=True)
    return _rmse(np.array([model.predict(user, item).est for user, item in pairs]), test)


def _rmse(predicted: NDArray[Any], test: Interactions) -> float:
    errors = predicted.astype(np.float64) - test.matrix.data
    return float(np.sqrt(np.mean(errors**2)))


def _trainset(train: Interactions, shuffle_seed: int | None = None) -> Any:
    """The training rows as Surprise holds them, by user or in random order; ids are positions."""
    frame = pd.DataFrame(
        {"user": train.rows, "item": train.matrix.indices, "rating": train.matrix.data}
    )
    if shuffle_seed is not None:
        frame = frame.sample(frac=1, random_state=shuffle_seed)
    scale = surprise.Reader(rating_scale=(train.matrix.data.min(), train.matrix.data.max()))
    return surprise.Dataset.load_from_df(frame, scale).build_full_trainset()


def _splits(root: Path, name: str, seed: int) -> list[Split]:
    path, source = root / name, SOURCES[name]
    interactions = Interactions.from_ratings(read_source(path, name)[1].tables.ratings)
    read_fold = source.read_fold
    return parse_split(
        SPLITS[name],
        interactions,
        seed=seed,
        fold_names=source.fold_names,
        read_fold=read_fold and (lambda fold: read_fold(Files(path), fold)),
    )


def _mean(rows: list[Row]) -> Row:
    numbers = {key for key, value in rows[0].items() if isinstance(value, float)}
    means = {key: float(np.mean([row[key] for row in rows])) for key in numbers}
    return {**rows[0], **means, "split": "mean"}


def _print(rows: list[Row], *, header: bool) -> None:
    if header:
        print(
            "split       model     RMSE: ours  Surprise  tuned     fit CPU s: ours  Surprise  ratio"
        )
    for row in rows:
        tuned, by_user = row.get("rmse_at_our_defaults"), row.get("surprise_fit_cpu_s_sorted_rows")
        more = (
            f" (rows by user: {by_user:.3f}, {row['speedup_sorted_rows']:.1f}x)" if by_user else ""
        )
        print(
            f"{row['split']:<11} {row['model']:<5} {row['rmse']:11.4f}  {row['surprise_rmse']:8.4f}"
            f"  {f'{tuned:.4f}' if tuned else '':<6}  {row['fit_cpu_s']:15.4f}  "
            f"{row['surprise_fit_cpu_s']:8.3f}  {row['speedup']:4.1f}x{more}",
            flush=True,
        )


def _machine() -> str:
    return (
        f"{platform.machine()}, Python {platform.python_version()}, NumPy {np.__version__}, "
        f"Surprise {surprise.__version__}"
    )


def _options() -> argparse.Namespace:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--data", choices=sorted(SPLITS), default="ml-100k")
    parser.add_argument("--seeds", type=int, default=3, help="fits per split, each with its seed")
    parser.add_argument("--split-seed", type=int, default=0, help="seed of the 90/10 split")
    parser.add_argument("--json", action="store_true", help="print JSON")
    options = parser.parse_args()
    if not os.environ.get("MARQUEE_DATA"):
        parser.error("MARQUEE_DATA is not set; it names the folder of the real data sets")
    return options


if __name__ == "__main__":
    main()

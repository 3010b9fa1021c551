"""SVD beside Surprise's: the same rows, one thread each, 5 seeds.

Both libraries fit and predict in this process, one after the other; a fit is timed by the CPU time
of the process, least of the seeds. The first fit of ours, which may compile, is not timed.

* ``--data ml-100k``: the publisher's folds u1 to u5.
* ``--data ml-1m``: a seeded 90/10 split, as ``--split random:0.1`` of the command line draws it.

Surprise keeps a Python tuple per rating, so that its speed hangs on where those lie in memory. It
is timed on two orders of the same rows: random, as its own ``train_test_split`` and
``cross_validate`` leave them, and, once, sorted by user, as in the publisher's files. To ours the
order of the rows is nothing.

Run as ``MARQUEE_DATA=FOLDER python benchmarks/surprise_svd.py [--data ml-1m] [--seeds 5] [--json]``
with Surprise and pandas installed (the extra ``bench``).
"""

from __future__ import annotations

import argparse
import json
import sys
from functools import partial
from typing import Any

import numpy as np
import surprise

from marquee.evaluation.splits import Split
from marquee.models.svd import SVD
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
TARGETS = {"ml-100k": 8.0, "ml-1m": 25.0}
"""Times that a fit is to be faster."""
PARITY = 0.002
"""Most by which the mean RMSE may be above theirs."""


def main() -> None:
    """Measures every split and prints a table, or JSON."""
    options = _options()
    rows: list[Row] = []
    for split in splits_of(options.data, options.split_seed)[: options.folds]:
        rows.append(_compare(split, range(options.seeds)))
        if not options.json:
            _print(rows[-1], header=len(rows) == 1)
    if len(rows) > 1:
        rows.append(_mean(rows))
        if not options.json:
            _print(rows[-1], header=False)
    about = f"{machine()}, Surprise {surprise.__version__}"
    if options.json:
        json.dump({"data": options.data, "machine": about, "rows": rows}, sys.stdout, indent=2)
        print()
        return
    faster, worse = rows[-1]["speedup"], rows[-1]["rmse"] - rows[-1]["surprise_rmse"]
    print(
        f"times as fast: {verdict(faster, TARGETS[options.data])}; RMSE less Surprise's: "
        f"{verdict(worse, PARITY, at_least=False)}"
    )
    print(f"{options.data}, {options.seeds} seed(s), {about}")


def _compare(split: Split, seeds: range) -> Row:
    """Mean RMSE over the seeds, and the fastest fit of them, at Surprise's parameters."""
    ours, theirs = [], []
    our_errors, their_errors, tuned = [], [], []
    SVD(**SURPRISE_SVD | {"epochs": 1}).fit(split.train)
    for seed in seeds:
        seconds, model = timed(partial(SVD(**SURPRISE_SVD, seed=seed).fit, split.train))
        ours.append(seconds)
        our_errors.append(our_rmse(model, split))
        tuned.append(our_rmse(SVD(seed=seed).fit(split.train), split))
        shuffled = trainset(split.train, seed)
        seconds, model = timed(partial(surprise.SVD(random_state=seed).fit, shuffled))
        theirs.append(seconds)
        their_errors.append(surprise_rmse(model, split.test))
    by_user, _ = timed(partial(surprise.SVD(random_state=0).fit, trainset(split.train)))
    return {
        "split": split.name,
        "model": "svd",
        "rmse": float(np.mean(our_errors)),
        "surprise_rmse": float(np.mean(their_errors)),
        "rmse_by_seed": our_errors,
        "surprise_rmse_by_seed": their_errors,
        "rmse_at_our_defaults": float(np.mean(tuned)),
        "fit_cpu_s": min(ours),
        "surprise_fit_cpu_s": min(theirs),
        "speedup": min(theirs) / min(ours),
        "surprise_fit_cpu_s_sorted_rows": by_user,
        "speedup_sorted_rows": by_user / min(ours),
    }


def _mean(rows: list[Row]) -> Row:
    numbers = {key for key, value in rows[0].items() if isinstance(value, float)}
    means = {key: float(np.mean([row[key] for row in rows])) for key in numbers}
    return {**rows[0], **means, "split": "mean"}


def _print(row: Row, *, header: bool) -> None:
    if header:
        print("split       RMSE: ours  Surprise  defaults    fit CPU s: ours  Surprise  ratio")
    print(
        f"{row['split']:<11} {row['rmse']:10.4f}  {row['surprise_rmse']:8.4f}  "
        f"{row['rmse_at_our_defaults']:8.4f}  {row['fit_cpu_s']:17.4f}  "
        f"{row['surprise_fit_cpu_s']:8.3f}  {row['speedup']:4.1f}x (rows by user: "
        f"{row['surprise_fit_cpu_s_sorted_rows']:.3f}, {row['speedup_sorted_rows']:.1f}x)",
        flush=True,
    )


def _options() -> argparse.Namespace:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--data", choices=sorted(SPLITS), default="ml-100k")
    parser.add_argument("--seeds", type=int, default=5, help="fits per split, each with its seed")
    parser.add_argument("--split-seed", type=int, default=0, help="seed of the 90/10 split")
    parser.add_argument("--json", action="store_true", help="print JSON")
    parser.add_argument("--folds", type=int, default=5, help="splits, the first so many")
    return parser.parse_args()


if __name__ == "__main__":
    main()

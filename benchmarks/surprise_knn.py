"""Nearest neighbors beside Surprise's: the same rows, fit and predict, and the memory they add.

``KNNBaseline`` by items and by viewers, Pearson-baseline with shrinkage 100 and mean squared
difference, in this process, one thread each: CPU time of the fit and of predicting the test rows,
the least of ``--repeats`` for ours, one run of Surprise. Memory is what fit and predictions add at
their peak, each side in a process of its own (Linux only).

Run as ``MARQUEE_DATA=FOLDER python benchmarks/surprise_knn.py [--data ml-1m] [--only item-msd]``
with Surprise and pandas installed (the extra ``bench``).
"""

from __future__ import annotations

import argparse
from functools import partial
from pathlib import Path
from typing import Any

import numpy as np
import surprise

from marquee.evaluation.splits import Split
from marquee.models.item_knn import ItemKNN
from marquee.models.user_knn import UserKNN
from peers import (
    SPLITS,
    Row,
    in_a_process,
    least,
    machine,
    our_rmse,
    splits_of,
    surprise_rmse,
    timed,
    trainset,
    verdict,
)

CASES: dict[str, tuple[Any, str]] = {
    "item-pearson-baseline": (ItemKNN, "pearson-baseline"),
    "item-msd": (ItemKNN, "msd"),
    "user-pearson-baseline": (UserKNN, "pearson-baseline"),
    "user-msd": (UserKNN, "msd"),
}
TARGET, PARITY, MEMORY = 20.0, 1e-4, 1 / 3
"""Times as fast, greatest difference of RMSE, share of the memory."""
STATUS = Path("/proc/self/status")


def main() -> None:
    """Measures every split and prints a table, or, in a child, the memory that one side adds."""
    options = _options()
    splits = splits_of(options.data)
    if options.memory:
        side, case = options.memory.split(":")
        print(_added_mb(side, case, splits[0]))
        return
    print(
        "neighbors              split       RMSE: ours  Surprise   fit s: ours  Surprise   "
        "predict s: ours  Surprise   both"
    )
    for case in options.only or CASES:
        rows = [_compare(case, split, options.repeats) for split in splits]
        mean: Row = {"split": "mean"}
        mean |= {
            key: float(np.mean([row[key] for row in rows])) for key in rows[0] if key != "split"
        }
        for row in [*rows, mean] if len(rows) > 1 else rows:
            _print(case, row)
        apart = max(abs(row["rmse"] - row["surprise_rmse"]) for row in rows)
        told = (
            f"{case}: times as fast: {verdict(mean['speedup'], TARGET)}; RMSE apart: "
            f"{verdict(apart, PARITY, at_least=False)}"
        )
        if STATUS.exists():
            ours, theirs = (
                in_a_process(
                    "surprise_knn.py", "--data", options.data, "--memory", f"{side}:{case}"
                )
                for side in ("ours", "surprise")
            )
            share = verdict(ours / theirs, MEMORY, at_least=False)
            told += f"; memory added {ours:.0f} MB of {theirs:.0f}: {share}"
        print(told, flush=True)
    print(f"{options.data}, {machine()}, Surprise {surprise.__version__}")


def _ours(case: str) -> ItemKNN | UserKNN:
    kind, similarity = CASES[case]
    model: ItemKNN | UserKNN = kind(similarity=similarity, k=40, shrinkage=100)
    return model


def _theirs(case: str) -> Any:
    kind, similarity = CASES[case]
    by_user = kind is UserKNN
    name = similarity.replace("-", "_")
    return surprise.KNNBaseline(
        sim_options={"name": name, "user_based": by_user, "shrinkage": 100},
        verbose=False,
        bsl_options={"method": "als"},
    )


def _compare(case: str, split: Split, repeats: int) -> Row:
    model = _ours(case)
    model.fit(split.train)  # may compile
    our_rmse(model, split)
    fit, _ = least(partial(model.fit, split.train), repeats)
    predict, error = least(partial(our_rmse, model, split), repeats)
    their_fit, peer = timed(partial(_theirs(case).fit, trainset(split.train)))
    their_predict, their_error = timed(partial(surprise_rmse, peer, split.test))
    return {
        "split": split.name,
        "rmse": error,
        "surprise_rmse": their_error,
        "fit": fit,
        "surprise_fit": their_fit,
        "predict": predict,
        "surprise_predict": their_predict,
        "speedup": (their_fit + their_predict) / (fit + predict),
    }


def _added_mb(side: str, case: str, split: Split) -> float:
    """The most memory that fit and predictions add to the data as the side holds it, in MB."""
    if side == "ours":
        small = split.train.take(np.arange(50))
        _ours(case).fit(small).score(small)  # Numba's own memory is there before
        before = _reset_peak()
        model = _ours(case)
        model.fit(split.train)
        our_rmse(model, split)
    else:
        rows = trainset(split.train)
        before = _reset_peak()
        surprise_rmse(_theirs(case).fit(rows), split.test)
    return _status_mb("VmHWM") - before


def _reset_peak() -> float:
    """Makes the peak so far what is held now, and tells it in MB."""
    Path("/proc/self/clear_refs").write_text("5")
    return _status_mb("VmRSS")


def _status_mb(name: str) -> float:
    line = next(line for line in STATUS.read_text().splitlines() if line.startswith(name))
    return float(line.split()[1]) / 1e3


def _print(case: str, row: Row) -> None:
    print(
        f"{case:<22} {row['split']:<11} {row['rmse']:10.5f}  {row['surprise_rmse']:8.5f}  "
        f"{row['fit']:11.3f}  {row['surprise_fit']:8.2f}  {row['predict']:15.3f}  "
        f"{row['surprise_predict']:8.2f}  {row['speedup']:5.1f}x",
        flush=True,
    )


def _options() -> argparse.Namespace:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--data", choices=sorted(SPLITS), default="ml-100k")
    parser.add_argument("--only", choices=sorted(CASES), action="append")
    parser.add_argument("--repeats", type=int, default=3, help="runs of ours")
    parser.add_argument("--memory", help=argparse.SUPPRESS)
    return parser.parse_args()


if __name__ == "__main__":
    main()

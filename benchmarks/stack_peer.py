"""myFM on the tenths of MovieLens 1M that the stack is tested on, and the two held side by side.

``python benchmarks/stack_peer.py --cache DIR [--folds 0,1,2] [--rank 16] [--passes 150]``, in an
environment with ``myfm==0.4.0``, where Marquee is not needed: the rows of each fold are those that
``benchmarks/stack.py --data ml-1m --cache DIR`` wrote there. Features are viewer and title, the
titles that a viewer rated and the viewers who rated a title, over the root of their number, all
from training rows; with ``--order`` also where in the viewer's history a rating stands: the run of
12, the run of 60 and one of 20 stretches. Predictions are kept, row by row.

``--compare``: RMSE of both and the difference, with an interval from 2,000 draws of viewers.
"""

from __future__ import annotations

import argparse
import time
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray
from scipy.sparse import csr_matrix, hstack, identity, vstack

DRAWS = 2_000
BURN_IN = 15
RUNS = (12, 60)
STRETCHES = 20
PLACE = 60
"""Seconds between two places of a history, as Marquee writes them."""


def main() -> None:
    """Fits what is not there yet, or prints the comparison."""
    options = _options()
    differences = []
    for fold in options.folds.split(","):
        rows = dict(np.load(options.cache / f"ml-1m-{fold}.npz"))
        kind = "order" if options.order else "none"
        file = options.cache / f"ml-1m-{fold}-{kind}-myfm-{options.rank}-{options.passes}.npy"
        if not file.exists():
            start = time.process_time()
            machine, asked = learned(rows, options.rank, options.passes, order=options.order)
            np.save(file, said(machine, asked, rows["train_ratings"]))
            print(f"{fold}: myFM {time.process_time() - start:.0f} CPU s", flush=True)
        theirs, truth = np.load(file), rows["test_ratings"].astype(np.float64)
        print(f"{fold}: myFM RMSE {_rmse(theirs - truth):.4f}", flush=True)
        if options.compare:
            clock = "full" if options.order else "none"
            ours = np.load(options.cache / f"ml-1m-{fold}-{clock}-hybrid.npy")
            differences.append(compared(ours - truth, theirs - truth, rows["test_users"]))
            print(f"{fold}: hybrid RMSE {_rmse(ours - truth):.4f}, {_told(differences[-1])}")
    if len(differences) > 1:
        print(f"mean of the folds: {_told(np.mean(differences, axis=0))}")


def learned(
    rows: dict[str, NDArray[Any]], rank: int, passes: int, *, order: bool = False, seed: int = 0
) -> tuple[Any, list[Any]]:
    """A regression of myFM fitted on the training rows, and the blocks of the test rows."""
    import myfm

    users, items = rows["train_users"], rows["train_items"]
    n_users = int(max(users.max(), rows["test_users"].max())) + 1
    n_items = int(max(items.max(), rows["test_items"].max())) + 1
    rated = csr_matrix((np.ones(len(users)), (users, items)), shape=(n_users, n_items))
    sides = []
    for name, n, seen in (("users", n_users, rated), ("items", n_items, rated.T.tocsr())):
        counts = np.maximum(np.diff(seen.indptr), 1)
        over_root = seen.multiply(1 / np.sqrt(counts)[:, None])
        index = {part: rows[f"{part}_{name}"] for part in ("train", "test")}
        sides.append((index, hstack([identity(n), over_root]), [n, seen.shape[1]]))
    if order:
        sides += [_one_hot(codes) for codes in _order_codes(rows)]
    made = {
        part: [
            myfm.RelationBlock(index[part].astype(np.int64), csr_matrix(matrix, dtype=np.float64))
            for index, matrix, _ in sides
        ]
        for part in ("train", "test")
    }
    groups = [size for _, _, sizes in sides for size in sizes]
    machine = myfm.MyFMRegressor(rank=rank, random_seed=seed)
    ratings = rows["train_ratings"].astype(np.float64)
    machine.fit(
        None,
        ratings,
        X_rel=made["train"],
        group_shapes=groups,
        n_iter=passes,
        n_kept_samples=passes - BURN_IN,
    )
    return machine, made["test"]


def said(machine: Any, asked: list[Any], ratings: NDArray[np.float32]) -> NDArray[np.float64]:
    """What it predicts, within the range of the ratings."""
    predicted = machine.predict(None, X_rel=asked)
    return np.clip(np.asarray(predicted, np.float64), ratings.min(), ratings.max())


def _order_codes(rows: dict[str, NDArray[Any]]) -> list[dict[str, NDArray[np.int64]]]:
    """Runs of the own history, and how far along it on a logarithmic scale."""
    places = {part: rows[f"{part}_places"] // PLACE for part in ("train", "test")}
    own = {part: rows[f"{part}_users"].astype(np.int64) << 32 for part in places}
    found = [{part: own[part] + places[part] // run for part in places} for run in RUNS]
    along = np.quantile(np.log1p(places["train"]), np.linspace(0, 1, STRETCHES + 1)[1:-1])
    stretch = {part: np.searchsorted(along, np.log1p(places[part])) for part in places}
    return [*found, stretch]


def _one_hot(
    codes: dict[str, NDArray[np.int64]],
) -> tuple[dict[str, NDArray[np.int64]], csr_matrix, list[int]]:
    """A column for each code of the training rows; the last row, of zeros, for others."""
    known = np.unique(codes["train"])
    index = {}
    for part, own in codes.items():
        place = np.minimum(np.searchsorted(known, own), len(known) - 1)
        index[part] = np.where(known[place] == own, place, len(known))
    matrix = csr_matrix(vstack([identity(len(known)), csr_matrix((1, len(known)))]))
    return index, matrix, [len(known)]


def compared(
    ours: NDArray[np.float64], theirs: NDArray[np.float64], users: NDArray[np.int32]
) -> NDArray[np.float64]:
    """Difference of the errors, then that of each draw of viewers, shape (1 + DRAWS,)."""
    _, viewer = np.unique(users, return_inverse=True)
    counts = np.bincount(viewer).astype(np.float64)
    squares = [np.bincount(viewer, off**2).astype(np.float64) for off in (ours, theirs)]
    drawn = np.random.default_rng(0).integers(0, len(counts), (DRAWS, len(counts)))
    every = np.arange(len(counts))
    return np.array([_apart(squares, counts, draw) for draw in (every, *drawn)])


def _apart(
    squares: list[NDArray[np.float64]], counts: NDArray[np.float64], draw: NDArray[np.int64]
) -> float:
    ours, theirs = (np.sqrt(own[draw].sum() / counts[draw].sum()) for own in squares)
    return float(ours - theirs)


def _told(differences: NDArray[np.float64]) -> str:
    low, high = np.quantile(differences[1:], (0.025, 0.975))
    return f"difference {differences[0]:+.4f} ({low:+.4f} to {high:+.4f})"


def _rmse(off: NDArray[np.float64]) -> float:
    return float(np.sqrt((off**2).mean()))


def _options() -> argparse.Namespace:
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("--cache", type=Path, default=Path(".stack-cache"))
    parser.add_argument("--folds", default="0,1,2")
    parser.add_argument("--rank", type=int, default=16)
    parser.add_argument("--passes", type=int, default=150)
    parser.add_argument("--order", action="store_true", help="learn from the order of histories")
    parser.add_argument("--compare", action="store_true", help="beside what the stack predicted")
    return parser.parse_args()


if __name__ == "__main__":
    main()

"""The Gibbs chain of BayesianFM beside myFM's: the same rows, features, rank and passes.

Features are viewer and title, the titles that a viewer rated and the viewers who rated a title;
a regression with one noise for all, 15 passes before the first draw that is kept, and all draws
after. Times are CPU time of this process, one thread each, both sides in turn, the least over
seeds and folds, which are of one size; RMSE is the mean over them.

Run as ``MARQUEE_DATA=FOLDER python benchmarks/bayesian_fm.py [--data ml-1m] [--seeds 3] [--folds 5]
[--rank 10] [--passes 200]`` with ``OMP_NUM_THREADS=1`` and ``myfm==0.4.0`` installed.
"""

from __future__ import annotations

import argparse
import importlib.util
import sys
from typing import Any

import numpy as np
from numpy.typing import NDArray

from marquee.data.interactions import Interactions
from marquee.evaluation.splits import Split
from marquee.models.bayesian_fm import BayesianFM
from peers import SPLITS, machine, rmse, splits_of, timed, verdict
from stack_peer import BURN_IN, learned, said


def main() -> None:
    """Measures both sides on each fold and prints a table."""
    options = _options()
    if importlib.util.find_spec("myfm") is None:
        sys.exit("myfm is not installed; run: pip install myfm==0.4.0 'setuptools<81'")
    print(f"# {machine()}; {options.data}, rank {options.rank}, {options.passes} passes")
    splits = splits_of(options.data)[: options.folds]
    _ours(splits[0], options.rank, BURN_IN + 1, 0)  # which may compile
    found = []
    for split in splits:
        for seed in range(options.seeds):
            ours = _ours(split, options.rank, options.passes, seed)
            theirs = _theirs(split, options.rank, options.passes, seed)
            found.append((*ours, *theirs))
            print(
                f"{split.name}, seed {seed}: ours fit {ours[0]:.1f} s, predict {ours[1]:.1f} s, "
                f"RMSE {ours[2]:.4f}; myFM {theirs[0]:.1f}, {theirs[1]:.1f}, {theirs[2]:.4f}",
                flush=True,
            )
    fit, ask, _, their_fit, their_ask, _ = np.min(found, axis=0)
    error, their_error = np.mean(found, axis=0)[[2, 5]]
    ratio = (their_fit + their_ask) / (fit + ask)
    print(f"fit: {their_fit / fit:.2f} times; with predictions: {verdict(ratio, 1.5)} times")
    apart = verdict(error - their_error, 0.001, at_least=False)
    print(f"RMSE {error:.4f} against {their_error:.4f}, difference {apart}")


def _ours(split: Split, rank: int, passes: int, seed: int) -> tuple[float, float, float]:
    model = BayesianFM(
        factors=rank,
        burn_in=BURN_IN,
        samples=passes - BURN_IN,
        thinning=1,
        noise_prior=0.0,
        use=("implicit", "flipped"),
        session_gaps=(),
        calendar=(),
        seed=seed,
    )
    fit, _ = timed(lambda: model.fit(split.train))
    test = split.test
    pairs = (split.train, test.rows, test.matrix.indices)
    ask, predicted = timed(lambda: model.predict_ratings(*pairs))
    return fit, ask, rmse(predicted, test)


def _theirs(split: Split, rank: int, passes: int, seed: int) -> tuple[float, float, float]:
    rows = _rows("train", split.train) | _rows("test", split.test)
    fit, (theirs, asked) = timed(lambda: learned(rows, rank, passes, seed=seed))
    ask, predicted = timed(lambda: said(theirs, asked, rows["train_ratings"]))
    return fit, ask, rmse(predicted, split.test)


def _rows(name: str, part: Interactions) -> dict[str, NDArray[Any]]:
    matrix = part.matrix
    return {
        f"{name}_users": part.rows,
        f"{name}_items": matrix.indices,
        f"{name}_ratings": matrix.data,
    }


def _options() -> argparse.Namespace:
    assert __doc__ is not None
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--data", choices=sorted(SPLITS), default="ml-100k")
    parser.add_argument("--folds", type=int, default=5)
    parser.add_argument("--seeds", type=int, default=3)
    parser.add_argument("--rank", type=int, default=10)
    parser.add_argument("--passes", type=int, default=200)
    return parser.parse_args()


if __name__ == "__main__":
    main()

"""IALS beside the package implicit: the same likes, objective, solver and number of epochs.

Likes are ratings of at least 4 stars of MovieLens 1M; 500 viewers are held out as in
``benchmarks/rankers.py``, and both sides are asked about them from their told likes alone: ours by
its exact fold-in, implicit by its own ``recalculate_user``. NDCG@100 is the mean over the seeds;
both sides start from the same factors.

The time of an iteration is CPU time of this process, one thread each: that of a fit of several
epochs less that of a fit of one, least of the repeats, both sides in turn. Both take three steps of
conjugate gradient from the factors of the iteration before, on float32.

Run as ``MARQUEE_DATA=FOLDER python benchmarks/ials.py [--seeds 5] [--repeats 5] [--json]`` with
``OPENBLAS_NUM_THREADS=1`` and implicit installed (the extra ``bench``).
"""

from __future__ import annotations

import argparse
import json
import os
import sys
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any

import implicit
import numpy as np
from numpy.typing import NDArray
from scipy.sparse import csr_matrix

from marquee.data.interactions import Interactions
from marquee.data.sources import read_source
from marquee.evaluation.metrics import mean_over_users, ndcg
from marquee.evaluation.splits import Split, parse_split
from marquee.models.ials import IALS
from marquee.models.ranking import top_k

WIDTHS = (64, 128)
EPOCHS = 15
MORE = 5
"""Epochs by which the longer of two timed fits is longer."""
WEIGHT, L2 = 3.0, 5.0
"""Confidence of a like where any other cell has 1, and the penalty on the factors of every row."""


def main() -> None:
    """Measures both sides for each number of factors and prints a table, or JSON."""
    options = _options()
    ratings = read_source(Path(os.environ["MARQUEE_DATA"]) / "ml-1m", "ml-1m")[1].tables.ratings
    split = parse_split("strong", Interactions.from_ratings(ratings), seed=0, ratings=ratings)[0]
    rows = []
    for factors in WIDTHS:
        ours, theirs = _seconds(split, factors, options.repeats)
        quality = [_quality(split, factors, seed) for seed in range(options.seeds)]
        mine, other = np.mean(quality, axis=0)
        rows.append(
            {
                "factors": factors,
                "iteration_cpu_s": ours,
                "implicit_iteration_cpu_s": theirs,
                "ratio": theirs / ours,
                "ndcg@100": float(mine),
                "implicit_ndcg@100": float(other),
                "by_seed": np.round(quality, 4).tolist(),
            }
        )
        if not options.json:
            print(
                f"k={factors}: {1000 * ours:.1f} ms an iteration, implicit {1000 * theirs:.1f} ms, "
                f"{theirs / ours:.2f} times; NDCG@100 {mine:.4f}, implicit {other:.4f}",
                flush=True,
            )
    if options.json:
        json.dump({"implicit": implicit.__version__, "rows": rows}, sys.stdout, indent=2)
        print()


def ours(factors: int, epochs: int, seed: int) -> IALS:
    """IALS with the objective of implicit: a penalty that is the same for all rows."""
    params: dict[str, Any] = {"base": WEIGHT, "unobserved": 1.0, "l2": L2, "l2_exponent": 0.0}
    return IALS(factors=factors, epochs=epochs, seed=seed, **params)


def theirs(factors: int, epochs: int, seed: int) -> Any:
    """The model of implicit with the same parameters."""
    return implicit.als.AlternatingLeastSquares(
        factors=factors,
        regularization=L2,
        alpha=WEIGHT,
        iterations=epochs,
        random_state=seed,
        num_threads=1,
        use_gpu=False,
    )


def _seconds(split: Split, factors: int, repeats: int) -> tuple[float, float]:
    """CPU seconds of an iteration of each side."""
    likes = csr_matrix(split.train.matrix)
    ours(factors, 1, 0).fit(split.train)  # whatever is compiled, is compiled now

    def fit_ours(epochs: int) -> None:
        ours(factors, epochs, 0).fit(split.train)

    def fit_theirs(epochs: int) -> None:
        theirs(factors, epochs, 0).fit(likes, show_progress=False)

    times: tuple[list[list[float]], ...] = ([], [])
    for _ in range(repeats):
        for side, fit in zip(times, (fit_ours, fit_theirs), strict=True):
            side.append([_timed(fit, 1), _timed(fit, 1 + MORE)])
    least = [np.min(side, axis=0) for side in times]
    first, second = ((longer - short) / MORE for short, longer in least)
    return float(first), float(second)


def _timed(fit: Callable[[int], None], epochs: int) -> float:
    start = time.process_time()
    fit(epochs)
    return time.process_time() - start


def _quality(split: Split, factors: int, seed: int) -> tuple[float, float]:
    """NDCG@100 of both sides on the test viewers."""
    model = ours(factors, EPOCHS, seed).fit(split.train)
    other = theirs(factors, EPOCHS, seed)
    # The same start, or its luck would be what is compared: it is worth 0.002 over five seeds.
    start = np.random.default_rng(seed).standard_normal((split.train.n_items, factors))
    other.item_factors = (start * (model.init_std / np.sqrt(factors))).astype(np.float32)
    other.user_factors = np.zeros((split.train.n_users, factors), np.float32)
    other.fit(csr_matrix(split.train.matrix), show_progress=False)
    told = csr_matrix(split.history.matrix)
    users: NDArray[np.float32] = other.recalculate_user(np.arange(told.shape[0]), told)
    lists = top_k(users @ other.item_factors.T, 100, exclude=split.history.matrix)
    return (
        mean_over_users(ndcg(model.recommend(split.history, 100), split.test.matrix)),
        mean_over_users(ndcg(lists, split.test.matrix)),
    )


def _options() -> argparse.Namespace:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--seeds", type=int, default=5, help="fits whose quality is averaged")
    parser.add_argument("--repeats", type=int, default=5, help="timed fits of each side")
    parser.add_argument("--json", action="store_true", help="print JSON")
    options = parser.parse_args()
    if not os.environ.get("MARQUEE_DATA"):
        parser.error("MARQUEE_DATA is not set; it names the folder of the real data sets")
    return options


if __name__ == "__main__":
    main()

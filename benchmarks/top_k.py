"""Ten items for everybody beside implicit: the same factors, one thread each.

* MovieLens 1M, or a data set of its shape where ``MARQUEE_DATA`` is not set: 64 random factors,
  what each viewer has rated left out.
* ``--large``: 100,000 viewers and 60,000 titles, nothing left out; ``--viewers`` takes fewer.

CPU time of this process, the least of ``--repeats``, and how many lists are the same. Run as
``python benchmarks/top_k.py [--large]`` with implicit installed (the extra ``bench``); it and NumPy
want ``OPENBLAS_NUM_THREADS=1``.
"""

from __future__ import annotations

import argparse
import os

import numpy as np
from numpy.typing import NDArray
from scipy.sparse import csr_array, csr_matrix

from marquee.models.products import Factored, top_k_products
from peers import machine, splits_of, timed, verdict

TARGETS = {"with seen removed": 2.5, "large": 1.3}
FACTORS = 64


def main() -> None:
    """Measures both and prints them."""
    import implicit
    from implicit.cpu.topk import topk

    options = _options()
    rng = np.random.default_rng(0)
    seen = None if options.large else _seen(rng)
    shape = (options.viewers, 60_000) if seen is None else seen.shape
    users, items = (rng.standard_normal((n, FACTORS), np.float32) for n in shape)
    theirs = None if seen is None else csr_matrix(seen)

    def ours_do() -> tuple[NDArray[np.int32], NDArray[np.float32]]:
        return top_k_products(Factored(users, items), 10, exclude=seen)

    def theirs_do() -> tuple[NDArray[np.int32], NDArray[np.float32]]:
        ids, scores = topk(items, users, 10, filter_query_items=theirs, num_threads=1)
        return ids, scores

    top_k_products(Factored(users[:1], items), 1)  # may compile
    mine, peers = [], []
    for _ in range(options.repeats):  # in turn, so that a busy machine is as busy for both
        seconds, found = timed(ours_do)
        mine.append(seconds)
        seconds, known = timed(theirs_do)
        peers.append(seconds)
    same = (found[0] == known[0]).all(axis=1)
    ties = np.allclose(found[1][~same], known[1][~same], rtol=1e-5)
    case = "large" if seen is None else "with seen removed"
    print(
        f"{shape[0]} x {shape[1]}, {case}: ours {min(mine):.3f} s, implicit {min(peers):.3f} s; "
        f"times as fast: {verdict(min(peers) / min(mine), TARGETS[case])}; {same.sum()} of "
        f"{len(same)} lists identical, the others {'ties' if ties else 'DIFFER'}"
    )
    print(f"{FACTORS} factors, {machine()}, implicit {implicit.__version__}")


def _seen(rng: np.random.Generator) -> csr_array:
    """Who rated what: of MovieLens 1M, or as many at random."""
    if os.environ.get("MARQUEE_DATA"):
        split = splits_of("ml-1m")[0]
        matrix: csr_array = split.train.matrix
        rated = np.flatnonzero(np.bincount(matrix.indices, minlength=matrix.shape[1]))
        return matrix[:, rated]
    return csr_array((rng.random((6040, 3706)) < 0.04).astype(np.float32))


def _options() -> argparse.Namespace:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--large", action="store_true")
    parser.add_argument("--viewers", type=int, default=100_000, help="viewers of --large")
    parser.add_argument("--repeats", type=int, default=3)
    return parser.parse_args()


if __name__ == "__main__":
    main()

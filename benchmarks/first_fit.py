"""What compiling and a second thread are worth: the first fit of a process, and one or two threads.

* A fresh process imports a model and Numba's cache is warm: CPU and wall seconds of its first fit
  on small data and of the scores of all, and the files of the cache that it added.
* SVD on 10 million synthetic ratings, wall and CPU time with one thread and with two, and whether
  what they learned is identical to the bit. The wall figure means something on idle cores only, so
  the load of the machine is told beside it.

Run as ``python benchmarks/first_fit.py [--ratings 2000000]``.
"""

from __future__ import annotations

import argparse
import os
import subprocess
import sys
import tempfile
import time
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from marquee.data.interactions import Interactions
from marquee.models.svd import SVD
from peers import machine, verdict

FIRST = """
import time
import numpy as np
from marquee.data.interactions import Interactions
from marquee.models import ALGORITHMS
rng = np.random.default_rng(0)
train = Interactions.from_arrays(
    rng.integers(0, 50, 500), rng.integers(0, 40, 500), rng.integers(1, 6, 500)
)
cpu, wall = time.process_time(), time.perf_counter()
ALGORITHMS["{name}"]().fit(train).score(train)
print(time.process_time() - cpu, time.perf_counter() - wall)
"""
MODELS = ("svd", "svdpp", "nmf", "item-knn", "user-knn")
MOST_SECONDS, TIMES = 0.5, 1.6


def main() -> None:
    """Measures and prints both."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--ratings", type=int, default=10_000_000)
    parser.add_argument("--factors", type=int, default=64)
    options = parser.parse_args()
    with tempfile.TemporaryDirectory() as folder:
        for name in MODELS:
            _first_fit(name, Path(folder))
    _two_threads(options.ratings, options.factors)
    print(machine())


def _first_fit(name: str, cache: Path) -> None:
    first, _ = _process(name, cache)
    files = set(cache.rglob("*.nb?"))
    runs = [_process(name, cache) for _ in range(3)]
    added = len(set(cache.rglob("*.nb?")) - files)
    cpu, wall = (min(run[field] for run in runs) for field in (0, 1))
    print(
        f"{name:<9} first fit, compiled before: CPU s {verdict(cpu, MOST_SECONDS, at_least=False)},"
        f" wall {wall:.3f} s, cache files added {added}; with compiling {first:.2f} CPU s",
        flush=True,
    )


def _process(name: str, cache: Path) -> tuple[float, float]:
    """CPU and wall seconds of the fit in a fresh process."""
    done = subprocess.run(
        [sys.executable, "-c", FIRST.replace("{name}", name)],
        env=os.environ | {"NUMBA_CACHE_DIR": str(cache)},
        check=True,
        capture_output=True,
        text=True,
    )
    cpu, wall = map(float, done.stdout.split())
    return cpu, wall


def _two_threads(n_ratings: int, factors: int) -> None:
    rng = np.random.default_rng(0)
    n_users, n_items = n_ratings // 140, 27_000
    popular = np.minimum(n_items * rng.random(n_ratings) ** 3, n_items - 1).astype(np.int64)
    train = Interactions.from_arrays(
        rng.integers(0, n_users, n_ratings), popular, rng.integers(1, 6, n_ratings)
    )
    SVD(factors=factors, epochs=1).fit(train)
    found: dict[int, tuple[list[float], NDArray[np.float32]]] = {}
    for n_threads in (1, 2, 1, 2):
        passed, factors_of_items = _passes(
            train, SVD(factors=factors, epochs=4, n_threads=n_threads)
        )
        if n_threads not in found or passed[0] < found[n_threads][0][0]:
            found[n_threads] = (passed, factors_of_items)
    (one, Q), (two, other) = found[1], found[2]
    same = "identical to the bit" if np.array_equal(Q, other) else "DIFFERENT"
    load = os.getloadavg()[0]
    print(
        f"SVD, {len(train):,} ratings, {factors} factors, 3 passes: wall {one[0]:.2f} and "
        f"{two[0]:.2f} s on 1 and 2 threads: {verdict(one[0] / two[0], TIMES)} at load {load:.1f}; "
        f"CPU {one[1]:.2f} and {two[1]:.2f} s; {same}"
    )


def _passes(train: Interactions, model: SVD) -> tuple[list[float], NDArray[np.float32]]:
    """Wall and CPU seconds of all passes but the first, before which ratings are put in order."""
    marks: list[tuple[float, float]] = []
    model.fit(train, on_epoch=lambda *_: marks.append((time.perf_counter(), time.process_time())))
    return [
        end - start for start, end in zip(marks[0], marks[-1], strict=True)
    ], model.item_factors_


if __name__ == "__main__":
    main()

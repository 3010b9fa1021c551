"""Compiled kernels: lazy, cached between processes, and no burden where nothing can be cached."""

from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path

import pytest

FIT = """
import sys
import numpy as np
from marquee.data.interactions import Interactions
from marquee.models import base
from marquee.models.item_knn import ItemKNN
from marquee.models.nmf import NMF
from marquee.models.svd import SVD
from marquee.models.svdpp import SVDpp
from marquee.models.user_knn import UserKNN
assert "numba" not in sys.modules, "importing a model imported Numba"
train = Interactions.from_arrays([1, 1, 2, 2, 3], [1, 2, 1, 3, 2], [5.0, 1, 4, 2, 3])
base.MANY = 1
models = [SVD(factors=20), SVD(factors=130), SVDpp(factors=20), SVDpp(factors=130), NMF()]
models += [ItemKNN(n_threads=2), ItemKNN(strongest=1), UserKNN()]
for model in models:
    assert np.isfinite(model.fit(train).score(train)).all()
    model.recommend(train, k=2)
assert "numba" in sys.modules
"""


def run(code: str, **environment: str) -> None:
    """Runs the code in a fresh process with the modules of this one and that environment only."""
    environment["PYTHONPATH"] = os.pathsep.join(sys.path)
    subprocess.run(
        [sys.executable, "-W", "error", "-c", code],
        env=environment,
        check=True,
        timeout=300,
    )


def cached(folder: Path) -> dict[str, int]:
    """The files of the cache and the time of their last change."""
    return {str(file): file.stat().st_mtime_ns for file in folder.rglob("*.nb?")}


@pytest.mark.slow
def test_a_second_process_compiles_nothing(tmp_path: Path) -> None:
    run(FIT, NUMBA_CACHE_DIR=str(tmp_path))
    first = cached(tmp_path)
    run(FIT, NUMBA_CACHE_DIR=str(tmp_path))
    assert len(first) >= 22
    assert cached(tmp_path) == first


NOWHERE = """
import numba.core.caching
from marquee.models.kernels import compiled

numba.core.caching.CacheImpl._locator_classes = []

@compiled("float64(float64)")
def doubled(x):
    return 2 * x

assert doubled(4.0) == 8.0
"""


@pytest.mark.slow
def test_a_kernel_runs_where_nothing_can_be_cached() -> None:
    run(NOWHERE)


def test_importing_the_algorithms_imports_no_heavy_library() -> None:
    run(
        "import sys, marquee.models\n"
        "heavy = {'numba', 'sklearn', 'torch', 'pandas', 'llvmlite'} & set(sys.modules)\n"
        "assert not heavy, heavy"
    )

"""Updates per second of the descent behind SVD beside LibMF's, one thread each.

LibMF is built where its source is: ``LIBMF_SOURCE`` names the folder of ``mf.cpp``, ``mf.h`` and
``libmf_interface.cpp`` (``src_cpp`` of the source distribution ``libmf`` 0.9.2), and ``g++`` is
there; otherwise the comparison is skipped, and says why. The rate is that of MovieLens 1M passes
after the set-up: of 24 passes less 4, CPU time, the least of ``--repeats`` in turn. LibMF's
objective differs (no offsets, adaptive rates, its loss summed on the way), so this compares rates
and not equal work.

Run as ``MARQUEE_DATA=FOLDER LIBMF_SOURCE=FOLDER python benchmarks/libmf.py``.
"""

from __future__ import annotations

import argparse
import ctypes
import os
import shutil
import subprocess
import sys
import tempfile
import time
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from marquee.data.interactions import Interactions
from marquee.models.svd import SVD
from peers import machine, splits_of, verdict

TARGETS = {32: 3.0, 64: 2.0, 128: 1.6}
"""Times as fast to be with AVX-512, by number of factors."""
FEW, MANY = 4, 24


class Parameters(ctypes.Structure):
    """``mf_parameter`` of LibMF."""

    _fields_ = (
        ("fun", ctypes.c_int),
        ("k", ctypes.c_int),
        ("nr_threads", ctypes.c_int),
        ("nr_bins", ctypes.c_int),
        ("nr_iters", ctypes.c_int),
        ("lambda_p1", ctypes.c_float),
        ("lambda_p2", ctypes.c_float),
        ("lambda_q1", ctypes.c_float),
        ("lambda_q2", ctypes.c_float),
        ("eta", ctypes.c_float),
        ("do_nmf", ctypes.c_bool),
        ("quiet", ctypes.c_bool),
        ("copy_data", ctypes.c_bool),
    )


def main() -> int:
    """Measures and prints each number of factors."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--repeats", type=int, default=3)
    options = parser.parse_args()
    source, compiler = os.environ.get("LIBMF_SOURCE"), shutil.which("g++")
    if not source or compiler is None:
        missing = "LIBMF_SOURCE is not set" if not source else "g++ is not there"
        print(f"skipped: {missing}; LibMF has no wheel and has to be built")
        return 0
    train = splits_of("ml-1m")[0].train
    triples = np.stack([train.rows, train.matrix.indices, train.matrix.data], axis=1)
    triples = np.ascontiguousarray(triples, np.float32)
    with tempfile.TemporaryDirectory() as folder:
        library = _built(compiler, Path(source), Path(folder))
        for factors, target in TARGETS.items():
            rates = [
                (_ours(train, factors), _theirs(library, triples, factors))
                for _ in range(options.repeats)
            ]
            ours, theirs = (max(rate[side] for rate in rates) for side in (0, 1))
            print(
                f"{factors} factors: ours {ours / 1e6:.0f}, LibMF {theirs / 1e6:.0f} million "
                f"updates/s: {verdict(ours / theirs, target)}",
                flush=True,
            )
    print(machine())
    return 0


def _built(compiler: str, source: Path, folder: Path) -> Any:
    """LibMF with its AVX path, optimized for this processor."""
    target = folder / "libmf.so"
    flags = ["-O3", "-march=native", "-std=c++11", "-DUSEAVX", "-shared", "-fPIC", "-pthread"]
    files = [str(source / name) for name in ("libmf_interface.cpp", "mf.cpp")]
    subprocess.run([compiler, *flags, *files, "-o", str(target)], check=True)
    return ctypes.CDLL(str(target))


def _ours(train: Interactions, factors: int) -> float:
    """Updates per second."""
    marks: list[float] = []
    model = SVD(factors=factors, epochs=MANY)
    model.fit(train, on_epoch=lambda *_: marks.append(time.process_time()))
    return len(train) * (MANY - FEW) / (marks[-1] - marks[FEW - 1])


def _theirs(library: Any, triples: NDArray[np.float32], factors: int) -> float:
    """Updates per second; every fit sets up anew, so that two of them tell it."""
    seconds = []
    for passes in (FEW, MANY):
        parameters = Parameters(
            0, factors, 1, 26, passes, 0, 0.05, 0, 0.05, 0.03, False, True, True
        )
        data = triples.ctypes.data_as(ctypes.POINTER(ctypes.c_float))
        library.fit_interface.restype = ctypes.c_void_p
        start = time.process_time()
        library.fit_interface(ctypes.c_int(len(triples)), data, ctypes.byref(parameters))
        seconds.append(time.process_time() - start)
    return len(triples) * (MANY - FEW) / (seconds[1] - seconds[0])


if __name__ == "__main__":
    sys.exit(main())

"""What the comparisons with other libraries share: the same rows for both sides, and the clock."""

from __future__ import annotations

import gc
import os
import platform
import resource
import subprocess
import sys
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any, TypeVar

import numpy as np
from numpy.typing import NDArray

from marquee.data.interactions import Interactions
from marquee.data.sources import SOURCES, Files, read_source
from marquee.evaluation.splits import Split, parse_split
from marquee.models.abilities import PredictsRatings

SPLITS = {"ml-100k": "folds", "ml-1m": "random:0.1"}

T = TypeVar("T")
Row = dict[str, Any]


def timed(work: Callable[[], T]) -> tuple[float, T]:
    """CPU seconds of this process while the work was done, and its result."""
    gc.collect()
    start = time.process_time()
    result = work()
    return time.process_time() - start, result


def least(work: Callable[[], T], repeats: int) -> tuple[float, T]:
    """The least CPU seconds of so many repeats, and the last result."""
    runs = [timed(work) for _ in range(repeats)]
    return min(seconds for seconds, _ in runs), runs[-1][1]


def splits_of(name: str, seed: int = 0) -> list[Split]:
    """The publisher's folds of MovieLens 100K, or a seeded 90/10 split of MovieLens 1M."""
    path, source = data_root() / name, SOURCES[name]
    interactions = Interactions.from_ratings(read_source(path, name)[1].tables.ratings)
    read_fold = source.read_fold
    return parse_split(
        SPLITS[name],
        interactions,
        seed=seed,
        fold_names=source.fold_names,
        read_fold=read_fold and (lambda fold: read_fold(Files(path), fold)),
    )


def data_root() -> Path:
    """The folder of the real data sets; exits where the environment does not name it."""
    root = os.environ.get("MARQUEE_DATA")
    if not root:
        sys.exit("MARQUEE_DATA is not set; it names the folder of the real data sets")
    return Path(root)


def our_rmse(model: PredictsRatings, split: Split) -> float:
    """Root mean squared error of our model on the test rows."""
    predicted = model.predict_ratings(split.train, split.test.rows, split.test.matrix.indices)
    return rmse(predicted, split.test)


def surprise_rmse(model: Any, test: Interactions) -> float:
    """Root mean squared error of a model of Surprise on the test rows; its ids are positions."""
    return rmse(surprise_predictions(model, test), test)


def surprise_predictions(model: Any, test: Interactions) -> NDArray[np.float64]:
    """What a model of Surprise predicts for the test rows."""
    pairs = zip(test.rows.tolist(), test.matrix.indices.tolist(), strict=True)
    return np.array([model.predict(user, item).est for user, item in pairs])


def rmse(predicted: NDArray[Any], test: Interactions) -> float:
    """Root mean squared error."""
    errors = predicted.astype(np.float64) - test.matrix.data
    return float(np.sqrt(np.mean(errors**2)))


def trainset(train: Interactions, shuffle_seed: int | None = None) -> Any:
    """The training rows as Surprise holds them, by user or in random order; ids are positions."""
    import pandas as pd
    import surprise

    frame = pd.DataFrame(
        {"user": train.rows, "item": train.matrix.indices, "rating": train.matrix.data}
    )
    if shuffle_seed is not None:
        frame = frame.sample(frac=1, random_state=shuffle_seed)
    scale = surprise.Reader(rating_scale=(train.matrix.data.min(), train.matrix.data.max()))
    return surprise.Dataset.load_from_df(frame, scale).build_full_trainset()


def peak_mb() -> float:
    """The most memory that this process has held so far, in MB."""
    peak = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss
    return peak / (1e6 if sys.platform == "darwin" else 1e3)


def in_a_process(script: str, *arguments: str) -> float:
    """The number that a run of the script prints last, in a process of its own."""
    command = [sys.executable, str(Path(__file__).with_name(script)), *arguments]
    done = subprocess.run(command, check=True, capture_output=True, text=True)
    return float(done.stdout.split()[-1])


def verdict(value: float, target: float, *, at_least: bool = True) -> str:
    """A figure beside the one to reach, marked where it is not reached."""
    reached = value >= target if at_least else value <= target
    sign = "≥" if at_least else "≤"
    return f"{value:.4g} ({sign} {target:g}{'' if reached else ', NOT reached'})"


def machine() -> str:
    """Processor, Python and NumPy, in words."""
    return f"{platform.machine()}, Python {platform.python_version()}, NumPy {np.__version__}"

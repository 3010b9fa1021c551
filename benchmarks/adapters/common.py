"""What every adapter reads and writes; NumPy and SciPy alone, for it runs in a peer's environment.

An adapter is ``python with_PEER.py SPLIT OUT MODEL PARAMS``: it reads the folder of a split, learns
from its training part, and writes the answer to the folder ``OUT``: ``ratings.npy`` of shape
(n_pairs,) or ``lists.npy`` of shape (n_asked, k), positions of titles, -1 in empty slots. Beside it
``cost.json`` holds CPU seconds by step and the most memory that the process held. The folder of a
split holds no test rating, so that no adapter can look.
"""

from __future__ import annotations

import json
import resource
import sys
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray
from scipy.sparse import csr_matrix, vstack

Array = NDArray[Any]


@dataclass(frozen=True)
class Entries:
    """Ratings as aligned arrays of positions and values; ``times`` are Unix seconds or None."""

    rows: Array
    columns: Array
    values: Array
    times: Array | None

    def matrix(self, n_rows: int, n_items: int, *, ones: bool = False) -> csr_matrix:
        """The ratings, or ones in their place, as a sparse matrix of float32."""
        values = np.ones(len(self.rows)) if ones else self.values
        shape = (n_rows, n_items)
        return csr_matrix((values.astype(np.float32), (self.rows, self.columns)), shape=shape)

    def at_least(self, value: float) -> Entries:
        """Those of at least that value."""
        keep = self.values >= value
        times = None if self.times is None else self.times[keep]
        return Entries(self.rows[keep], self.columns[keep], self.values[keep], times)


@dataclass(frozen=True)
class Task:
    """A split as its folder tells it."""

    kind: str
    """``ratings``: what the asked pairs were rated. ``lists``: the best titles of each viewer."""
    n_users: int
    """Rows of the training part."""
    n_items: int
    k: int
    scale: tuple[float, float]
    """Least and greatest rating."""
    train: Entries
    asked: Entries | None
    """For ratings: the pairs, whose values are not told (NaN)."""
    profiles: Entries | None
    """For lists: what is known of each viewer asked about; row i is that of viewer i."""
    viewers: Array | None
    """Row of each viewer in the training part; None where nothing was learned of them."""
    n_asked: int

    def seen(self) -> csr_matrix:
        """What each viewer asked about has already: ones, shape (n_asked, n_items)."""
        assert self.profiles is not None
        return self.profiles.matrix(self.n_asked, self.n_items, ones=True)

    def ranked(self, params: dict[str, Any]) -> tuple[csr_matrix, csr_matrix]:
        """What a ranker learns from and the profiles it is asked about, for ``values`` in params.

        ``ratings``: the stars; ``ones``: one for every rating; ``likes``: one for those of at least
        4 stars, or all where all values are one already.
        """
        assert self.profiles is not None
        how = params.get("values", "ones")
        bound = 4.0 if how == "likes" and self.scale[1] > 1 else -np.inf
        train, told = self.train.at_least(bound), self.profiles.at_least(bound)
        ones = how != "ratings"
        return (
            train.matrix(self.n_users, self.n_items, ones=ones),
            told.matrix(self.n_asked, self.n_items, ones=ones),
        )

    def joined(self, params: dict[str, Any]) -> tuple[csr_matrix, Array]:
        """Training rows with the profiles under them, and the row of each viewer asked about.

        For models that answer only for viewers that they learned from. Where nothing was learned
        of the viewers their profiles are learned from too, which is more than others are told.
        """
        train, told = self.ranked(params)
        if self.viewers is not None:
            return train, self.viewers
        return vstack([train, told]).tocsr(), self.n_users + np.arange(self.n_asked)

    def best(self, scores: Array) -> Array:
        """The k best titles of each row of scores, those of the profiles left out."""
        masked = np.array(scores, np.float64)
        seen = self.seen()
        rows = np.repeat(np.arange(self.n_asked), np.diff(seen.indptr))
        masked[rows, seen.indices] = -np.inf
        order = np.argsort(-masked, axis=1, kind="stable")[:, : self.k]
        return np.where(np.take_along_axis(masked, order, 1) == -np.inf, -1, order)


@dataclass
class Clock:
    """CPU seconds by step."""

    seconds: dict[str, float] = field(default_factory=dict)

    @contextmanager
    def __call__(self, step: str) -> Iterator[None]:
        """Counts what is done within it."""
        start = time.process_time()
        yield
        self.seconds[step] = self.seconds.get(step, 0.0) + time.process_time() - start


Work = Callable[[Task, str, dict[str, Any], Clock], Array]


def read_task(folder: Path) -> Task:
    """The split of a folder."""
    told = json.loads((folder / "split.json").read_text(encoding="utf-8"))
    asked, profiles = _entries(folder / "asked.npz"), _entries(folder / "profiles.npz")
    viewers = np.load(folder / "viewers.npy") if (folder / "viewers.npy").exists() else None
    train = _entries(folder / "train.npz")
    assert train is not None
    return Task(
        kind=told["kind"],
        n_users=told["n_users"],
        n_items=told["n_items"],
        k=told["k"],
        scale=(told["scale"][0], told["scale"][1]),
        train=train,
        asked=asked,
        profiles=profiles,
        viewers=viewers,
        n_asked=told["n_asked"],
    )


def _entries(path: Path) -> Entries | None:
    if not path.exists():
        return None
    with np.load(path) as arrays:
        rows, columns = arrays["rows"], arrays["columns"]
        values = arrays.get("values", np.full(len(rows), np.nan))
        return Entries(rows, columns, values, arrays.get("times"))


def run(work: Work) -> None:
    """Does what the command line asks for; the main function of every adapter."""
    split, out, model, params = sys.argv[1:5]
    task, clock = read_task(Path(split)), Clock()
    answer = work(task, model, json.loads(params), clock)
    expected = (task.n_asked, task.k) if task.kind == "lists" else (len(answer),)
    assert answer.shape == expected, f"an answer of shape {answer.shape} where {expected} is asked"
    folder = Path(out)
    folder.mkdir(parents=True, exist_ok=True)
    dtype = np.int32 if task.kind == "lists" else np.float64
    np.save(folder / f"{task.kind}.npy", answer.astype(dtype))
    peak = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss
    cost = {"cpu_s": clock.seconds, "peak_mb": peak / (1e6 if sys.platform == "darwin" else 1e3)}
    (folder / "cost.json").write_text(json.dumps(cost) + "\n", encoding="utf-8")

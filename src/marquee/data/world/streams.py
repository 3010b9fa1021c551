"""Independent random streams of one seed, each called by what it is for."""

from __future__ import annotations

import zlib
from collections.abc import Sequence
from typing import TypeVar

import numpy as np
from numpy.typing import NDArray

T = TypeVar("T")
BUFFER = 4096


def stream(seed: int, purpose: str, block: int = 0) -> np.random.Generator:
    """The generator of that purpose and block: the same numbers in every process.

    Streams of different purposes are independent, so a change in one part of the world leaves the
    others as they were.
    """
    return np.random.default_rng([seed, zlib.crc32(purpose.encode()), block])


class Picks:
    """Single draws from a generator, taken from a buffer: text is made one word at a time."""

    def __init__(self, rng: np.random.Generator) -> None:
        self._rng = rng
        self._left: list[float] = []

    def uniform(self) -> float:
        """A number in [0, 1)."""
        if not self._left:
            self._left = self._rng.random(BUFFER).tolist()
        return self._left.pop()

    def index(self, size: int) -> int:
        """A position in range(size)."""
        return int(self.uniform() * size)

    def of(self, options: Sequence[T]) -> T:
        """One of the options, each as likely as the others."""
        return options[int(self.uniform() * len(options))]


def pick_by_weight(
    rng: np.random.Generator, weights: NDArray[np.float64], size: int
) -> NDArray[np.int64]:
    """Positions drawn with replacement in proportion to the weights, shape (size,)."""
    edges = np.cumsum(weights)
    found = np.searchsorted(edges, rng.random(size) * edges[-1], side="right")
    return np.asarray(np.minimum(found, len(weights) - 1), np.int64)


def pick_in_rows(rng: np.random.Generator, weights: NDArray[np.float64]) -> NDArray[np.int64]:
    """One column per row, drawn in proportion to the row's weights, shape (n_rows,)."""
    edges = np.cumsum(weights, axis=1)
    level = rng.random(len(weights)) * edges[:, -1]
    return np.asarray((edges <= level[:, None]).sum(axis=1), np.int64)

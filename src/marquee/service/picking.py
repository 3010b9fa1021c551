"""Where the next title of a list comes from, once caps say what may stand in it."""

from __future__ import annotations

from typing import Protocol

import numpy as np
from numpy.typing import NDArray

from marquee.service.caps import Caps
from marquee.service.likeness import Similarity


class Offers(Protocol):
    """Titles of which the best that keeps to the caps is taken next."""

    def take(self, caps: Caps, kept: tuple[str, ...]) -> int:
        """The position of that title, which is offered no more; -1 where none is left."""


class Walk:
    """Titles in an order that no pick changes."""

    def __init__(self, titles: list[int]) -> None:
        self._titles = titles

    def take(self, caps: Caps, kept: tuple[str, ...]) -> int:
        """The first title of the order that keeps to the caps."""
        for place, title in enumerate(self._titles):
            if not caps.breaks(title, kept):
                return self._titles.pop(place)
        return -1


class Varied:
    """Titles of a pool by worth less likeness to what was picked: maximal marginal relevance."""

    def __init__(
        self,
        pool: NDArray[np.int32],
        value: NDArray[np.float32],
        before: NDArray[np.int32],
        similarity: Similarity,
        weight: float,
    ) -> None:
        self._pool, self._value, self._weight = pool, value, weight
        self._open = ~np.isin(pool, before)
        # Titles shown before count for variety even where they are no longer in the pool.
        gone = before[~np.isin(before, pool)]
        alike = similarity(np.append(pool, gone).astype(np.int32))
        told = np.append(~self._open, np.ones(len(gone), np.bool_))
        self._alike = alike[: len(pool), : len(pool)]
        self._nearest = np.zeros(len(pool), np.float32)
        if told.any():
            self._nearest = alike[told][:, : len(pool)].max(axis=0)

    def take(self, caps: Caps, kept: tuple[str, ...]) -> int:
        """The title of the pool worth most beside those picked before."""
        allowed = self._open & ~caps.closed(kept)[self._pool]
        if not allowed.any():
            return -1
        worth = (1 - self._weight) * self._value - self._weight * self._nearest
        best = int(np.argmax(np.where(allowed, worth, -np.inf)))
        self._open[best] = False
        self._nearest = np.maximum(self._nearest, self._alike[best])
        return int(self._pool[best])


class Rest:
    """The model's order of what may appear beside the pool; made when it is first asked for."""

    def __init__(
        self,
        scores: NDArray[np.float32],
        taken: NDArray[np.int32],
        candidates: NDArray[np.bool_] | None,
    ) -> None:
        self._made_of = (scores, taken, candidates)
        self._left: NDArray[np.float32] | None = None

    def take(self, caps: Caps, kept: tuple[str, ...]) -> int:
        """The title that the model scores highest of all others."""
        if self._left is None:
            scores, taken, candidates = self._made_of
            self._left = scores.astype(np.float32, copy=True)
            if candidates is not None:
                self._left[~candidates] = -np.inf
            self._left[taken] = -np.inf
        if not len(self._left):
            return -1
        allowed = np.where(caps.closed(kept), -np.inf, self._left)
        best = int(np.argmax(allowed))
        if allowed[best] == -np.inf:
            return -1
        self._left[best] = -np.inf
        return best

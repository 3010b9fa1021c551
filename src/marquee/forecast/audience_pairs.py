"""A sample of viewers and titles that the regression of who comes is learned from."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from marquee.forecast.audience_viewers import NAMES
from marquee.forecast.audience_who import WhoModel, learn_who

FROM_AUDIENCE = 3
"""One in so many of the viewers of a title is drawn from its audience, where that is large enough:
it says more, and there are few."""


class Pairs:
    """A growing sample, at most ``most`` viewers a title, each weighted by how many it stands for.

    The pairs are held as arrays; a title that everybody or nobody came to tells nothing.
    """

    def __init__(self, most: int, rng: np.random.Generator) -> None:
        self.most, self.rng = most, rng
        self.parts: list[tuple[NDArray[np.float64], NDArray[np.float64], NDArray[np.float64]]] = []
        self.values: list[NDArray[np.float32]] = []

    def add(self, affinity: NDArray[np.float32], inside: NDArray[np.bool_]) -> None:
        """Draws viewers of each of the titles.

        ``affinity`` has shape (n_titles, n_viewers, n_names), ``inside`` (n_titles, n_viewers).
        """
        some = max(self.most // FROM_AUDIENCE, 1)
        for row, comes in enumerate(inside):
            sides = (np.flatnonzero(comes), np.flatnonzero(~comes))
            if not all(side.size for side in sides):
                continue
            for label, side in zip((1.0, 0.0), sides, strict=True):
                limit = some if label else max(self.most - some, 1)
                drawn = self.rng.permutation(side)[:limit]
                n = len(drawn)
                share, stands_for = float(comes.mean()), side.size / n
                self.parts.append((np.full(n, label), np.full(n, share), np.full(n, stands_for)))
                self.values.append(affinity[row, drawn])

    def learn(self, l2: float) -> WhoModel:
        """The regression on the sample; without one it tells no viewers apart."""
        if not self.values:
            n = len(NAMES)
            return WhoModel(np.zeros(n), np.ones(n), np.zeros(n), 0.0)
        comes, share, weight = (np.concatenate(part) for part in zip(*self.parts, strict=True))
        return learn_who(np.concatenate(self.values), comes > 0, share, weight, l2)

"""Interactions that are hard to divide by time."""

from __future__ import annotations

import numpy as np

from marquee.data.interactions import Interactions

DAY = 86_400


def ticking(seed: int, n: int = 120) -> Interactions:
    """Distinct pairs whose times tie often, by users of very different activity."""
    rng = np.random.default_rng(seed)
    pairs = np.unique(np.minimum(rng.geometric(0.12, (n, 2)), 25), axis=0)
    times = rng.integers(0, 30, len(pairs)) * DAY + rng.integers(0, 2, len(pairs))
    return Interactions.from_arrays(pairs[:, 0], pairs[:, 1], rng.integers(1, 6, len(pairs)), times)

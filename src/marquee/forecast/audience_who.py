"""How likely each viewer is to be one of a title's audience, given how large it will be.

Logistic regression on what the viewer watched and liked, with the size of the title's audience as
an offset: the regression learns who comes, and not how many.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

SMALLEST, LARGEST = 1e-6, 0.98
"""Bounds of the share of viewers that is the audience."""
ROUNDS = 50
"""Rounds of Newton's method at most."""


@dataclass(frozen=True, eq=False)
class WhoModel:
    """The learned regression; built by :func:`learn_who`."""

    middle: NDArray[np.float64]
    spread: NDArray[np.float64]
    slope: NDArray[np.float64]
    """Change of the log odds per standard deviation of each affinity, shape (n_names,)."""
    busy: float
    """How much more the first affinity, activity, counts per unit of the title's log odds."""

    def probabilities(
        self, affinities: NDArray[np.float32], share: NDArray[np.float64]
    ) -> NDArray[np.float32]:
        """Chance that each viewer is in the audience, shape (n_titles, n_viewers).

        ``affinities`` has shape (n_titles, n_viewers, n_names). The chances of a title sum to
        ``share`` of the viewers, which lies strictly between 0 and 1.
        """
        size = log_odds(share)[:, None]
        # The slopes are divided and not the affinities, which are many.
        scores = affinities @ (self.slope / self.spread).astype(np.float32)
        active = (affinities[..., 0] - self.middle[0]) / self.spread[0]
        scores = scores.astype(np.float64) + self.busy * active * size
        return summing_to(scores, share)


def log_odds(share: NDArray[np.float64]) -> NDArray[np.float64]:
    """Logarithm of the odds of shares, which are kept within bounds."""
    inside = np.clip(share, SMALLEST, LARGEST)
    return np.asarray(np.log(inside / (1 - inside)))


def summing_to(scores: NDArray[np.float64], share: NDArray[np.float64]) -> NDArray[np.float32]:
    """Logistic chances in the order of the scores whose mean is the share, row by row.

    One number is added to the log odds of each row, found by bisection.
    """
    if not scores.shape[1]:
        return scores.astype(np.float32)
    wanted = np.clip(share, SMALLEST, LARGEST)[:, None]
    base = log_odds(share)[:, None]
    low = base - scores.max(axis=1, keepdims=True) - 1
    high = base - scores.min(axis=1, keepdims=True) + 1
    for _ in range(40):
        middle = (low + high) / 2
        above = _logistic(scores + middle).mean(axis=1, keepdims=True) > wanted
        low, high = np.where(above, low, middle), np.where(above, middle, high)
    return _logistic(scores + (low + high) / 2).astype(np.float32)


def learn_who(
    affinities: NDArray[np.float32],
    comes: NDArray[np.bool_],
    share: NDArray[np.float64],
    weight: NDArray[np.float64],
    l2: float,
) -> WhoModel:
    """The regression on pairs of viewers and titles.

    ``affinities`` has shape (n_pairs, n_names); ``comes`` tells who is in the audience, ``share``
    how large the title's is and ``weight`` how many pairs a sampled one stands for, each of shape
    (n_pairs,). Newton's method with a ridge penalty ``l2`` for each standard deviation, the
    constant's left free.
    """
    values = affinities.astype(np.float64)
    middle, spread = values.mean(axis=0), values.std(axis=0)
    spread[spread < 1e-9] = np.inf  # an affinity that never varies tells nothing
    Z = (values - middle) / spread
    offset = log_odds(share)
    Z = np.column_stack([Z, Z[:, 0] * offset, np.ones(len(Z))])
    penalty = np.full(Z.shape[1], l2)
    penalty[-1] = 1e-6
    weight = weight / weight.mean()
    slope = np.zeros(Z.shape[1])
    for _ in range(ROUNDS):
        chance = _logistic(Z @ slope + offset)
        pull = Z.T @ (weight * (comes - chance)) - penalty * slope
        curve = (Z * (weight * chance * (1 - chance))[:, None]).T @ Z + np.diag(penalty)
        step = np.linalg.solve(curve, pull)
        # A long step may overshoot where everybody is told apart.
        slope = slope + step * min(1.0, 2.0 / max(float(np.abs(step).max()), 1e-12))
        if np.abs(step).max() < 1e-8:
            break
    return WhoModel(middle, spread, slope[:-2], float(slope[-2]))


def _logistic(values: NDArray[np.float64]) -> NDArray[np.float64]:
    return np.asarray(0.5 * (1 + np.tanh(values / 2)))

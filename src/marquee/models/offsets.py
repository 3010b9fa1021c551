"""How far users and items lie from the mean rating: the baseline that rating models build on."""

from __future__ import annotations

from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from marquee.data.interactions import Interactions


class Scale(NamedTuple):
    """The ratings a model was trained on: their mean and range; zeros where there were none."""

    mean: float
    lowest: float
    highest: float

    @classmethod
    def of(cls, train: Interactions) -> Scale:
        """The scale of the training data."""
        values = train.matrix.data
        if values.size == 0:
            return cls(0.0, 0.0, 0.0)
        return cls(float(values.mean(dtype=np.float64)), float(values.min()), float(values.max()))


class Offsets(NamedTuple):
    """Offsets from the mean rating, float64."""

    users: NDArray[np.float64]
    """Shape (n_users,); 0 for a user without ratings."""
    items: NDArray[np.float64]
    """Shape (n_items,); 0 for an item without ratings."""


def fit_offsets(
    train: Interactions, mean: float, *, l2_users: float, l2_items: float, passes: int
) -> Offsets:
    r"""Offsets that minimize the squared error plus an l2 penalty, by alternating least squares.

    Each pass solves first for the items, then for the users:

    .. math:: b_i = \frac{\sum_u (r_{ui} - \mu - b_u)}{\lambda_i + n_i}, \qquad
              b_u = \frac{\sum_i (r_{ui} - \mu - b_i)}{\lambda_u + n_u}

    References
    ----------
    Y. Koren, "Factor in the neighbors: scalable and accurate collaborative filtering", TKDD 2010,
    section 2.1.
    """
    rows, columns = train.rows, train.matrix.indices
    deviations = train.matrix.data.astype(np.float64) - mean
    users, items = np.zeros(train.n_users), np.zeros(train.n_items)
    for _ in range(passes):
        items = _shrunk_means(deviations - users[rows], columns, train.n_items, l2_items)
        users = _shrunk_means(deviations - items[columns], rows, train.n_users, l2_users)
    return Offsets(users, items)


def item_means(train: Interactions, mean: float) -> NDArray[np.float64]:
    """Mean rating of each item less ``mean``, shape (n_items,); 0 for an item without ratings."""
    deviations = train.matrix.data.astype(np.float64) - mean
    return _shrunk_means(deviations, train.matrix.indices, train.n_items, 0)


def user_offsets(
    profiles: Interactions, mean: float, items: NDArray[np.floating], *, l2_users: float
) -> NDArray[np.float64]:
    """Offsets of the profiles' users given those of the items, shape (n_profiles,)."""
    deviations = profiles.matrix.data.astype(np.float64) - mean - items[profiles.matrix.indices]
    return _shrunk_means(deviations, profiles.rows, profiles.n_users, l2_users)


def _shrunk_means(
    values: NDArray[np.float64], groups: NDArray[np.int32], n_groups: int, l2: float
) -> NDArray[np.float64]:
    totals = np.bincount(groups, values, n_groups)
    weights = np.bincount(groups, minlength=n_groups) + l2
    # Without a penalty a group without values has weight 0; its offset is 0.
    means = np.zeros(n_groups)
    np.divide(totals, weights, out=means, where=weights > 0)
    return means


def on_scale(ratings: NDArray[np.floating], scale: NDArray[np.float64]) -> NDArray[np.float32]:
    """The ratings cut to the range of the training data; ``scale`` as in :class:`Scale`."""
    lowest, highest = scale[1:].astype(np.float32)
    return np.clip(ratings.astype(np.float32), lowest, highest)

"""Rows and weights that even out classes of unlike size, for use inside a fit."""

from __future__ import annotations

from typing import Literal, get_args

import numpy as np
from numpy.typing import NDArray

from marquee.errors import ParameterError

Resampling = Literal["over", "under"]
ClassWeight = Literal["balanced"]


def checked_options(resampling: str | None, class_weight: str | None) -> None:
    """Nothing.

    Raises
    ------
    ParameterError
        If an option is not one of those allowed.
    """
    options = (("resampling", resampling, Resampling), ("class_weight", class_weight, ClassWeight))
    for name, value, allowed in options:
        if value is not None and value not in get_args(allowed):
            choices = ", ".join(get_args(allowed))
            raise ParameterError(f"{name} must be None or one of: {choices}; got {value!r}")


def resampled_rows(
    classes: NDArray[np.int64], resampling: Resampling | None, rng: np.random.Generator
) -> NDArray[np.int64]:
    """Rows to learn from, ascending, so that each class that occurs has as many as the others.

    ``over`` keeps all rows and draws more, with replacement, up to the size of the largest class;
    ``under`` draws from each class, without replacement, as many as the smallest class has; None
    keeps the rows as they are. To be applied to training rows alone: rows drawn twice before a
    split would lie on both of its sides.
    """
    if resampling is None or classes.size == 0:
        return np.arange(classes.size)
    groups = [np.flatnonzero(classes == each) for each in np.unique(classes)]
    if resampling == "under":
        size = min(group.size for group in groups)
        return np.sort(np.concatenate([rng.choice(g, size, replace=False) for g in groups]))
    size = max(group.size for group in groups)
    more = [rng.choice(g, size - g.size) for g in groups]
    return np.sort(np.concatenate([*groups, *more]))


def class_weights(
    classes: NDArray[np.int64], class_weight: ClassWeight | None
) -> NDArray[np.float64]:
    """Weight of each row, shape (n_rows,), of mean 1.

    Balanced weights are n_rows / (n_occurring_classes * rows of the class), so that the classes
    that occur weigh the same in all; None gives each row the same weight.
    """
    if class_weight is None or classes.size == 0:
        return np.ones(classes.size)
    counts = np.bincount(classes)
    return np.asarray(classes.size / (np.count_nonzero(counts) * counts[classes]))
